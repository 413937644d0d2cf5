package pages

import (
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/vendored"
)

// VendorDifferences returns the document of where copies differ from their sources.
func VendorDifferences(found spec.Diagnostics) any {
	texts := []string{}
	for _, d := range found {
		texts = append(texts, d.Message)
	}
	return map[string]any{"format_version": "1.0", "differences": texts}
}

// VendorOutdated returns the result of asking sources for their present commits.
func VendorOutdated(outdated []vendored.Outdated) screen.Reply {
	return screen.Reply{Doc: map[string]any{"format_version": "1.0", "outdated": outdated}, Text: func(out *screen.Paper) {
		if len(outdated) == 0 {
			out.WriteString("Every source is at the commit that its ref names.\n")
			return
		}
		t := screen.NewTable("SOURCE", "REF", "COPIED", "NOW")
		for _, o := range outdated {
			t.Add(o.Source, o.Ref, fmt.Sprintf("%.12s", o.Locked), fmt.Sprintf("%.12s", o.Latest))
		}
		t.WriteTo(out)
	}}
}

// maxEffects is how many changed bodies are shown in full.
const maxEffects = 20

// VendorCopies returns the result of copying sources: the copies, and the bodies that change by them.
func VendorCopies(copies []vendored.Copy, effects []vendored.Effect, modules *catalog.Catalogue) screen.Reply {
	type copied struct {
		Source  string   `json:"source"`
		Ref     string   `json:"ref"`
		From    string   `json:"from,omitempty"`
		Commit  string   `json:"commit"`
		Changed []string `json:"changed"`
	}
	list, addresses := []copied{}, []string{}
	for _, c := range copies {
		list = append(list, copied{c.Source.Name, c.Source.Ref, c.Before.Commit, c.Commit, append([]string{}, c.Changed...)})
	}
	for _, e := range effects {
		addresses = append(addresses, e.Address)
	}
	doc := map[string]any{"format_version": "1.0", "sources": list, "bodies": addresses}
	return screen.Reply{Doc: doc, Text: func(out *screen.Paper) {
		for _, c := range copies {
			what := sanitize.Counted(len(c.Changed), "file") + " changed"
			if c.Files == nil {
				what = "unchanged"
			}
			fmt.Fprintf(out, "%s  %s  %.12s  %s\n", c.Source.Name, screen.Shown(c.Source.Ref, 100), c.Commit, what)
		}
		writeEffects(out, effects, modules)
	}}
}

func writeEffects(out *screen.Paper, effects []vendored.Effect, modules *catalog.Catalogue) {
	for i, e := range effects {
		if i == maxEffects {
			fmt.Fprintf(out, "\n… and %d more\n", len(effects)-i)
			break
		}
		out.WriteString("\n" + render.Unified(e.Address, bodyLines(e.Before, modules), bodyLines(e.After, modules)))
	}
	if len(effects) > 0 {
		fmt.Fprintf(out, "\n%s changed.\n", sanitize.Counted(len(effects), "compiled body"))
	}
}

// bodyLines returns a body as lines, without secrets.
func bodyLines(v *jsontree.Value, modules *catalog.Catalogue) string {
	if v == nil {
		return ""
	}
	return strings.TrimSuffix(string(screen.Redacted(v, modules, nil).Indented()), "\n") + "\n"
}
