package pages

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// Edited is what set has changed, or would change.
type Edited struct {
	Workspace *workspace.Workspace
	Result    *bulk.Result
	Patch     func(name, before, after string) string // not nil: the difference of each file is shown
	Values    bool                                    // each changed value is shown
}

// names lists the changed files.
func (e *Edited) names() []string { return slices.Sorted(maps.Keys(e.Result.Files)) }

// Files lists the changed files, for people.
func (e *Edited) Files() []string {
	files := []string{}
	for _, name := range e.names() {
		files = append(files, e.Workspace.Shown(name))
	}
	return files
}

// Reply returns the change as a document and as text.
func (e *Edited) Reply() screen.Reply {
	jobs := map[string]bool{}
	changed := []map[string]string{}
	for _, c := range e.Result.Changed {
		jobs[c.Job] = true
		changed = append(changed, map[string]string{"job": c.Job, "path": c.Path, "before": c.Before, "after": c.After})
	}
	doc := map[string]any{"format_version": "1.0", "files": e.Files(), "changed": changed, "jobs": len(jobs)}
	return screen.Reply{Doc: doc, Text: func(out *screen.Paper) { e.write(out, len(jobs)) }}
}

func (e *Edited) write(out *screen.Paper, jobs int) {
	files := e.Files()
	if len(files) == 0 {
		out.WriteString("Nothing to change.\n")
		return
	}
	verb := "Changed"
	if e.isDraft() {
		verb = "Would change"
		e.writeDraft(out)
	}
	fmt.Fprintf(out, "%s %s of %s in %s.\n", verb, sanitize.Counted(len(e.Result.Changed), "value"), sanitize.Counted(jobs, "job"), sanitize.Counted(len(files), "file"))
	for _, file := range files {
		fmt.Fprintf(out, "  %s\n", screen.Shown(file, 0))
	}
	if e.isDraft() {
		fmt.Fprintf(out, "Plan: %s\n", render.Summary(e.plan()))
	}
}

// isDraft reports whether nothing was written.
func (e *Edited) isDraft() bool { return e.Patch != nil || e.Values }

// writeDraft shows the files, or the values, before and after.
func (e *Edited) writeDraft(out *screen.Paper) {
	if e.Patch != nil {
		for _, name := range e.names() {
			out.WriteString(sanitize.Lines(e.Patch(e.Workspace.Shown(name), string(e.Result.Before[name]), string(e.Result.Files[name]))))
		}
		out.WriteString("\n")
		return
	}
	t := screen.NewTable("JOB", "PATH", "CHANGE").Whole("JOB", "PATH", "CHANGE")
	for _, c := range e.Result.Changed {
		t.Add(c.Job, c.Path, change(c.Before, c.After, room(out)))
	}
	t.WriteTo(out)
	out.WriteString("\n")
}

// change shows two versions of a value beside each other, each at most limit characters long.
func change(before, after string, limit int) string {
	before, after = render.Shorten(screen.Shown(before, 0), screen.Shown(after, 0), limit)
	switch {
	case before == "":
		return "+ " + after
	case after == "":
		return "- " + before
	}
	return before + " → " + after
}

// room returns how many characters of a version have a place on a line of their own.
func room(out *screen.Paper) int {
	const beside, least = 12, 12 // an indentation, the arrow, the signs of what is left out
	if out.Width == 0 {
		return screen.MaxCell
	}
	return max(least, (out.Width-beside)/2)
}

// plan computes the counts of a plan for the changed definitions. A whole plan of 10,000 changed
// jobs costs several times as much as set, and the changed values are known already.
func (e *Edited) plan() *diff.Plan {
	actions := map[string][]diff.Action{}
	for _, c := range e.Result.Changed {
		switch first, _, _ := strings.Cut(c.Path, "."); {
		case strings.Contains(c.Job, "/template/"):
			actions[c.Job] = append(actions[c.Job], diff.ActionReplace)
		case first == "enabled" && c.After == "false":
			actions[c.Job] = append(actions[c.Job], diff.ActionDisable)
		case first == "enabled" && c.After == "true":
			actions[c.Job] = append(actions[c.Job], diff.ActionEnable)
		case !slices.Contains(neverSent, first):
			actions[c.Job] = append(actions[c.Job], diff.ActionUpdate)
		}
	}
	plan := &diff.Plan{}
	for _, address := range slices.Sorted(maps.Keys(actions)) {
		plan.Changes = append(plan.Changes, diff.Change{Kind: diff.KindJob, Address: address, Verdict: diff.VerdictChange, Actions: actions[address]})
	}
	result := e.Workspace.Result
	plan.Summary.Unchanged = len(result.Jobs) + len(result.Templates) - len(plan.Changes)
	return plan
}

// neverSent are the words of a definition that are in no body.
var neverSent = []string{"enabled", "protect", "adopt", "id", "owner", "labels", "renamed_from"}
