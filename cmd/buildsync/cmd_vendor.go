package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/workspace"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/vendored"
)

func (p *program) vendorCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "vendor",
		Usage: "copy the templates of other repositories into the workspace",
		Description: about(`Copies what sources: of buildsync.yaml name to vendor/NAME/, at the commit that
vendor/buildsync.lock holds, or where it holds none at the one that the ref names now. Commit
both: every other command reads the copies only and stays offline. Their templates and fragments
are called NAME/…, as in golden/java-service.

--check compares the copies with the lock, and the lock with buildsync.yaml, offline.

Exit codes: 0 done, nothing to do; 1 a source could not be read; 2 differences (--check);
3 invalid input.`,
			"buildsync vendor",
			"buildsync vendor --check",
			"buildsync vendor verify"),
		Flags:       append([]cli.Flag{&cli.BoolFlag{Name: "check", Usage: "compare only, offline", DisableDefaultText: true}}, vendorOutputs()...),
		Subcommands: []*cli.Command{p.vendorVerifyCommand(), p.vendorOutdatedCommand(), p.vendorUpdateCommand()},
	}, (*invocation).vendor)
}

func vendorOutputs() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text or json", Value: "text"},
		&cli.StringSliceFlag{Name: "out", Usage: "write to `FORMAT=FILE` as well"},
	}
}

func (p *program) vendorVerifyCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "verify",
		Usage:     "compare the copies with the sources",
		ArgsUsage: "[NAME…]",
		Description: about(`Reads the sources again at the commits of the lock, and compares the copies with them. It finds a
copy that was changed together with the lock, which --check cannot, and a commit in the lock
that is not in the history of the ref.

Exit codes: 0 the copies are what the sources hold; 1 a source could not be read;
2 differences; 3 invalid input.`,
			"buildsync vendor verify"),
		Flags: vendorOutputs(),
	}, (*invocation).vendorVerify)
}

func (p *program) vendorOutdatedCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "outdated",
		Usage:     "list the sources whose ref has moved",
		ArgsUsage: "[NAME…]",
		Description: about(`Asks the sources what their refs name now, and lists those whose copy is of another commit.

Exit codes: 0 every copy is of that commit; 1 a source could not be read; 2 some are outdated;
3 invalid input.`,
			"buildsync vendor outdated"),
		Flags: vendorOutputs(),
	}, (*invocation).vendorOutdated)
}

func (p *program) vendorUpdateCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "update",
		Usage:     "copy the commits that the refs of the sources name now",
		ArgsUsage: "[NAME…]",
		Description: about(`Takes the commits that the refs name now, and shows what changes in the compiled bodies. The
copies are written even where the definitions have errors with them, so that both can be
changed together; the code is 3 then.

Exit codes: 0 done; 1 a source could not be read; 3 invalid input, or the definitions have
errors with the new copies.`,
			"buildsync vendor update",
			"buildsync vendor update golden --dry-run"),
		Flags: append([]cli.Flag{&cli.BoolFlag{Name: "dry-run", Usage: "show what would change, and write nothing", DisableDefaultText: true}}, vendorOutputs()...),
	}, (*invocation).vendorUpdate)
}

func (in *invocation) vendor() error {
	outputs, err := in.Outputs("text", "json")
	if err != nil {
		return err
	}
	if words := in.Flags.Args().Slice(); len(words) > 0 {
		return kit.UnknownWord("command", words[0], []string{"verify", "outdated", "update"})
	}
	w, sources, err := in.openSources(nil)
	if err != nil {
		return err
	}
	if in.On("check") {
		return in.printDifferences(outputs, w, spec.CheckVendored(w.Tree, w.Set.Workspace))
	}
	return in.vendorSync(outputs, w, sources)
}

func (in *invocation) vendorVerify() error {
	outputs, w, sources, err := in.namedSources()
	if err != nil {
		return err
	}
	ctx, cancel := in.WithTimeout()
	defer cancel()
	found, err := vendored.Verify(ctx, w.Tree, w.Set.Workspace, sources)
	if err != nil {
		return err
	}
	return in.printDifferences(outputs, w, found)
}

// namedSources opens the sources that the arguments name, or all.
func (in *invocation) namedSources() (outputs []kit.Output, w *workspace.Workspace, sources []spec.Source, err error) {
	if outputs, err = in.Outputs("text", "json"); err == nil {
		w, sources, err = in.openSources(in.Flags.Args().Slice())
	}
	return outputs, w, sources, err
}

// openSources reads only buildsync.yaml, because the copies may be missing. It returns the sources
// called names, or all.
func (in *invocation) openSources(names []string) (*workspace.Workspace, []spec.Source, error) {
	dir, err := in.findWorkspace()
	if err != nil {
		return nil, nil, err
	}
	w, err := in.openFolder(dir)
	if err != nil {
		return nil, nil, err
	}
	declared, found := spec.LoadWorkspace(w.Tree, spec.Options{Environment: in.Text("env")})
	if err := in.unknownEnvironment(found); err != nil {
		return nil, nil, err
	}
	if err := in.report(found, w); err != nil {
		return nil, nil, err
	}
	if found.HasErrors() {
		return nil, nil, said(exitInvalid)
	}
	w.Set = &spec.Set{Tree: w.Tree, Workspace: declared}
	if len(declared.Sources) == 0 {
		return nil, nil, &failure{exitInvalid, errors.New("buildsync.yaml declares no sources: write sources: {golden: {git: https://…, ref: v1, path: templates}}")}
	}
	if len(names) == 0 {
		return w, declared.Sources, nil
	}
	var sources []spec.Source
	for _, name := range names {
		i := slices.IndexFunc(declared.Sources, func(s spec.Source) bool { return s.Name == name })
		if i < 0 {
			var known []string
			for _, s := range declared.Sources {
				known = append(known, s.Name)
			}
			return nil, nil, kit.UnknownWord("source", name, known)
		}
		sources = append(sources, declared.Sources[i])
	}
	return w, sources, nil
}

// printDifferences prints where copies differ from their sources; any difference gives code 2.
func (in *invocation) printDifferences(outputs []kit.Output, w *workspace.Workspace, found spec.Diagnostics) error {
	doc := map[string]any{"format_version": "1.0", "differences": differenceTexts(found)}
	err := in.Write(outputs, func(to io.Writer, o kit.Output) error {
		if o.Format == "json" {
			return in.printTo(to, o, nil, screen.Reply{Doc: doc})
		}
		options := in.formatOptions(w.Tree.DirTree)
		options.Path = w.Shown
		options.Color = o.File == "" && in.Colorful(in.Stdout, in.On("no-color"))
		return format.Text(to, found, options)
	})
	if err != nil || len(found) == 0 {
		return err
	}
	return said(exitDifferent)
}

func differenceTexts(found spec.Diagnostics) []string {
	texts := []string{}
	for _, d := range found {
		texts = append(texts, d.Message)
	}
	return texts
}

func (in *invocation) vendorOutdated() error {
	outputs, w, sources, err := in.namedSources()
	if err != nil {
		return err
	}
	ctx, cancel := in.WithTimeout()
	defer cancel()
	outdated, err := vendored.Latest(ctx, w.Tree, sources)
	if err != nil {
		return err
	}
	err = in.print(outputs, nil, screen.Reply{Doc: map[string]any{"format_version": "1.0", "outdated": outdated}, Text: func(out *screen.Paper) {
		if len(outdated) == 0 {
			out.WriteString("Every source is at the commit that its ref names.\n")
			return
		}
		t := screen.NewTable("SOURCE", "REF", "COPIED", "NOW")
		for _, o := range outdated {
			t.Add(o.Source, o.Ref, short(o.Locked), short(o.Latest))
		}
		t.WriteTo(out)
	}})
	if err != nil || len(outdated) == 0 {
		return err
	}
	return said(exitDifferent)
}

func short(commit string) string { return commit[:min(len(commit), 12)] }

// vendorSync copies sources that are missing or differ from the lock.
func (in *invocation) vendorSync(outputs []kit.Output, w *workspace.Workspace, sources []spec.Source) error {
	ctx, cancel := in.WithTimeout()
	defer cancel()
	if _, found := spec.ReadLock(w.Tree); len(found) > 0 {
		in.Note("%s is written again; missing entries get the present commits of the refs: %s", spec.LockFile, found[0].Message)
	}
	copies, err := vendored.Fetch(ctx, w.Tree, sources, false)
	if err != nil {
		return err
	}
	isChanged := func(c vendored.Copy) bool { return c.Files != nil }
	if slices.ContainsFunc(copies, isChanged) || len(spec.CheckVendored(w.Tree, w.Set.Workspace)) > 0 {
		if err := vendored.Write(w.Dir, w.Tree, w.Set.Workspace.Sources, copies); err != nil {
			return err
		}
	}
	return in.printCopies(outputs, copies, nil, nil)
}

// vendorUpdate takes the newest commits and shows what they change.
func (in *invocation) vendorUpdate() error {
	outputs, w, sources, err := in.namedSources()
	if err != nil {
		return err
	}
	ctx, cancel := in.WithTimeout()
	defer cancel()
	copies, err := vendored.Fetch(ctx, w.Tree, sources, true)
	if err != nil {
		return err
	}
	vars, err := in.variables()
	if err != nil {
		return err
	}
	before, after := &workspace.Workspace{Dir: w.Dir, Tree: w.Tree}, &workspace.Workspace{Dir: w.Dir, Tree: w.Tree}
	wasRight := !before.Load(in.Text("env"), vars).HasErrors()
	next := vendored.Overlay(w.Tree, w.Set.Workspace.Sources, copies)
	found := after.LoadFrom(next, in.Text("env"), vars)
	if found.HasErrors() {
		in.Note("with the new copies the definitions have errors")
		if err := in.reportAt(found, next); err != nil {
			return err
		}
	}
	var effects []vendored.Effect
	switch {
	case found.HasErrors(): // the errors are what matters
	case wasRight:
		effects = vendored.Effects(before.Result, after.Result)
	default:
		in.Note("the definitions have errors with the present copies, so the changes cannot be shown")
	}
	if !in.On("dry-run") {
		if err := vendored.Write(w.Dir, w.Tree, w.Set.Workspace.Sources, copies); err != nil {
			return err
		}
	}
	if err := in.printCopies(outputs, copies, effects, after.Catalogue); err != nil {
		return err
	}
	if found.HasErrors() {
		return said(exitInvalid)
	}
	return nil
}

// mostEffects is how many changed bodies are shown in full.
const mostEffects = 20

func (in *invocation) printCopies(outputs []kit.Output, copies []vendored.Copy, effects []vendored.Effect, modules *catalog.Catalogue) error {
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
	return in.print(outputs, nil, screen.Reply{Doc: doc, Text: func(out *screen.Paper) {
		for _, c := range copies {
			what := sanitize.Counted(len(c.Changed), "file") + " changed"
			if c.Files == nil {
				what = "unchanged"
			}
			fmt.Fprintf(out, "%s  %s  %s  %s\n", c.Source.Name, screen.Shown(c.Source.Ref, 100), short(c.Commit), what)
		}
		for i, e := range effects {
			if i == mostEffects {
				fmt.Fprintf(out, "\n… and %d more\n", len(effects)-i)
				break
			}
			out.WriteString("\n" + render.Unified(e.Address, bodyText(e.Before, modules), bodyText(e.After, modules)))
		}
		if len(effects) > 0 {
			fmt.Fprintf(out, "\n%s changed.\n", pages.Counted2(len(effects), "compiled body", "compiled bodies"))
		}
	}})
}

// bodyText is a body as lines, without secrets.
func bodyText(v *jsontree.Value, modules *catalog.Catalogue) string {
	if v == nil {
		return ""
	}
	return strings.TrimSuffix(string(screen.Redacted(v, modules, nil).Indented()), "\n") + "\n"
}
