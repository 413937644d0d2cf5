package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/valuepath"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) setCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "set",
		Usage:     "change a value of many jobs in the fewest places",
		ArgsUsage: "PATH VALUE",
		Description: about(`Edits the definitions so that PATH has VALUE in the jobs that --where and --only choose: at the
template, default, variable or job that says it, in as few places as will do. Comments, order
and style stay. The definitions are compiled before and after, and nothing is written unless
exactly the chosen values have changed. It works offline; plan and apply follow as always.

VALUE is YAML: a text, a number, true, or a list such as '[buildJobFail]'. A condition about
the path itself chooses values: --where 'steps[*].image=maven3.5*' leaves other steps alone.
A job that has no value at a path without * gets one; --missing chooses only such jobs.

Where a place feeds jobs that were not chosen, they are named, and nothing is written: take
them along with --all, or write the value into the chosen jobs with --override.

Exit codes: 0 done, also where nothing had to change; 3 invalid input, or a change that would
reach more than was chosen.`,
			`buildsync set 'steps[*].image' NEW --where 'steps[*].image=OLD*' --diff`,
			`buildsync set enabled false --only 'old-*'`,
			`buildsync set notifications.MAIL '[buildJobFail]' --missing`,
			`buildsync set --delete 'parameters[unused]' --all`,
			`buildsync set --append-step scan.yaml --after Build`,
			`buildsync set --rename-parameter target targetEnv`,
			`buildsync set --rename-job 'svc-*' 'service-*'`),
		Flags: append(selectionFlags(),
			&cli.BoolFlag{Name: "missing", Usage: "only jobs that have no value at PATH", DisableDefaultText: true},
			&cli.BoolFlag{Name: "all", Usage: "take along the jobs that share a place", DisableDefaultText: true},
			&cli.BoolFlag{Name: "override", Usage: "write into the chosen jobs where a place is shared", DisableDefaultText: true},
			&cli.BoolFlag{Name: "delete", Usage: "take the values at PATH away", DisableDefaultText: true},
			&cli.StringFlag{Name: "append-step", Usage: "add the step, or steps, of `FILE`"},
			&cli.StringFlag{Name: "after", Usage: "with --append-step: after the step `NAME`, not at the end"},
			&cli.BoolFlag{Name: "rename-parameter", Usage: "PATH and VALUE are OLD and NEW: a parameter and its uses in scripts", DisableDefaultText: true},
			&cli.BoolFlag{Name: "rename-job", Usage: "PATH and VALUE are OLD and NEW, patterns with *: adds renamed_from", DisableDefaultText: true},
			&cli.BoolFlag{Name: "diff", Usage: "print the difference of the files and write nothing", DisableDefaultText: true},
			&cli.BoolFlag{Name: "dry-run", Usage: "print what would change and write nothing", DisableDefaultText: true},
			&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text, json or files", Value: "text"},
			&cli.StringSliceFlag{Name: "out", Usage: "write to `FORMAT=FILE` as well"}),
	}, (*invocation).setValues)
}

func (in *invocation) setValues() error {
	outputs, err := in.Outputs("text", "json", "files")
	if err != nil {
		return err
	}
	change, err := in.setRequest()
	if err != nil {
		return err
	}
	w, err := in.open()
	if err != nil {
		return err
	}
	result, err := change(w.Loaded)
	if err != nil {
		return in.setFailed(w, err)
	}
	in.tellOtherEnvironments(w, result)
	if in.On("diff") || in.On("dry-run") {
		return in.printSet(outputs, w, result)
	}
	if err := in.writeEdited(w, result); err != nil {
		return err
	}
	return in.printSet(outputs, w, result)
}

// tellOtherEnvironments reports the effect of the edits in other environments, which use the same
// files.
func (in *invocation) tellOtherEnvironments(w *workspace.Workspace, result *bulk.Result) {
	if len(result.Files) == 0 {
		return
	}
	for _, name := range w.Set.Workspace.Environments() {
		if name == in.Text("env") {
			continue
		}
		before, found := w.Loaded.Under(name)
		if found.HasErrors() {
			continue // as it was
		}
		shown := "with --env " + name
		after, found := before.With(result.Files)
		if found.HasErrors() {
			in.Printf("warning: %s the definitions would have errors: %s\n", shown, found[0].Message)
			continue
		}
		if values, jobs := bulk.Count(before.Result, after.Result); values > 0 {
			in.Printf("note: %s this changes %s of %s\n", shown, sanitize.Counted(values, "value"), sanitize.Counted(jobs, "job"))
		}
	}
}

// writeEdited replaces the files, unless one has changed since it was read.
func (in *invocation) writeEdited(w *workspace.Workspace, result *bulk.Result) error {
	type target struct {
		name, path string
		mode       fs.FileMode
	}
	var targets []target
	for _, name := range slices.Sorted(maps.Keys(result.Files)) {
		path, err := filepath.EvalSymlinks(filepath.Join(w.Dir, filepath.FromSlash(name)))
		if err != nil {
			return fmt.Errorf("writing %s: %w", w.Shown(name), err)
		}
		now, mode, err := outfile.ReadSource(path)
		if err != nil {
			return fmt.Errorf("writing %s: %w", w.Shown(name), err)
		}
		if !bytes.Equal(result.Before[name], now) {
			return fmt.Errorf("writing %s: it has changed since it was read, so nothing was written; run set again", w.Shown(name))
		}
		targets = append(targets, target{name, path, mode})
	}
	for _, t := range targets {
		if err := outfile.WriteSource(t.path, result.Files[t.name], t.mode); err != nil {
			return err
		}
	}
	return nil
}

// setRequest reads the requested change.
func (in *invocation) setRequest() (func(*compile.Loaded) (*bulk.Result, error), error) {
	if in.On("diff") && in.On("dry-run") {
		return nil, kit.UsageError{Text: "--diff and --dry-run: choose one"}
	}
	kinds := 0
	for _, name := range []string{"delete", "append-step", "rename-parameter", "rename-job"} {
		if in.Set(name) {
			kinds++
		}
	}
	if kinds > 1 {
		return nil, kit.UsageError{Text: "--delete, --append-step, --rename-parameter and --rename-job: choose one"}
	}
	want := 2
	switch {
	case in.On("delete"):
		want = 1
	case in.Set("append-step"):
		want = 0
	}
	args, err := in.Args(want)
	if err != nil {
		return nil, err
	}
	if len(args) < want {
		return nil, kit.UsageError{Text: "set needs PATH VALUE; with --delete PATH, with --rename-parameter and --rename-job OLD NEW"}
	}
	where, err := conditions(in.Texts("where"))
	if err != nil {
		return nil, err
	}
	labels, err := in.labels()
	if err != nil {
		return nil, err
	}
	a := asked{where: where, only: in.Texts("only"), labels: labels}
	r := bulk.Request{Delete: in.On("delete"), Missing: in.On("missing"), All: in.On("all"), Override: in.On("override"), Where: where,
		Selects: func(o *bulk.Object) bool {
			return in.selects(a, o.Name, o.Address) && (o.Job == nil || labels.Select(o.Job))
		}}
	if len(args) == 0 || in.On("rename-parameter") || in.On("rename-job") {
		return in.specialRequest(r, args)
	}
	if r.Path, err = valuepath.Parse(args[0]); err != nil {
		return nil, kit.UsageError{Text: err.Error()}
	}
	if r.Path.IsZero() {
		return nil, kit.UsageError{Text: fmt.Sprintf("%q names a job, not a value of it", args[0])}
	}
	if len(args) > 1 {
		r.Value = args[1]
	}
	return func(w *compile.Loaded) (*bulk.Result, error) { return bulk.Set(w, r) }, nil
}

// setFailed explains a refused change.
func (in *invocation) setFailed(w *workspace.Workspace, err error) error {
	var shared *bulk.SharedError
	if errors.As(err, &shared) {
		return &failure{exitInvalid, fmt.Errorf("%s:%d says the value of what was chosen, and of %s: nothing was written; "+
			"include those with --all, write the value into the chosen jobs with --override, or give the template, fragment or family an input",
			w.Shown(shared.At.File), shared.At.Line, shared.OthersText())}
	}
	return &failure{exitInvalid, err}
}

// printSet prints what changed, or would change.
func (in *invocation) printSet(outputs []kit.Output, w *workspace.Workspace, result *bulk.Result) error {
	names := slices.Sorted(maps.Keys(result.Files))
	jobs := map[string]bool{}
	for _, c := range result.Changed {
		jobs[c.Job] = true
	}
	files := []string{}
	for _, name := range names {
		files = append(files, w.Shown(name))
	}
	changed := make([]map[string]string, 0, len(result.Changed))
	for _, c := range result.Changed {
		changed = append(changed, map[string]string{"job": c.Job, "path": c.Path, "before": c.Before, "after": c.After})
	}
	r := screen.Reply{Doc: map[string]any{"format_version": "1.0", "files": files, "changed": changed, "jobs": len(jobs)}, Text: func(out *screen.Paper) {
		in.writeSet(out, w, result, names, len(jobs))
	}}
	return in.Write(outputs, func(to io.Writer, o kit.Output) error {
		if o.Format != "files" {
			return in.printTo(to, o, w.Catalogue, r)
		}
		for _, file := range files {
			if _, err := io.WriteString(to, file+"\n"); err != nil {
				return err
			}
		}
		return nil
	})
}

func (in *invocation) writeSet(out *screen.Paper, w *workspace.Workspace, result *bulk.Result, names []string, jobs int) {
	if len(names) == 0 {
		out.WriteString("Nothing to change.\n")
		return
	}
	verb := "Changed"
	switch {
	case in.On("diff"):
		for _, name := range names {
			out.WriteString(sanitize.Lines(render.Unified(in.patchName(w.Shown(name)), string(result.Before[name]), string(result.Files[name]))))
		}
		out.WriteString("\n")
		verb = "Would change"
	case in.On("dry-run"):
		t := screen.NewTable("JOB", "PATH", "BEFORE", "AFTER").Cutting("PATH", "BEFORE", "AFTER")
		for _, c := range result.Changed {
			t.Add(c.Job, c.Path, c.Before, c.After)
		}
		t.WriteTo(out)
		out.WriteString("\n")
		verb = "Would change"
	}
	fmt.Fprintf(out, "%s %s of %s in %s.\n", verb, sanitize.Counted(len(result.Changed), "value"), sanitize.Counted(jobs, "job"), sanitize.Counted(len(names), "file"))
	for _, name := range names {
		fmt.Fprintf(out, "  %s\n", screen.Shown(w.Shown(name), 0))
	}
	if in.On("diff") || in.On("dry-run") {
		fmt.Fprintf(out, "Plan: %s\n", render.Summary(planOfSet(w, result)))
	}
}

// planOfSet computes the counts of a plan for the changed definitions. A whole plan of 10,000
// changed jobs costs several times as much as set, and the changed values are known already.
func planOfSet(w *workspace.Workspace, result *bulk.Result) *diff.Plan {
	actions := map[string][]diff.Action{}
	for _, c := range result.Changed {
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
	plan.Summary.Unchanged = len(w.Result.Jobs) + len(w.Result.Templates) - len(plan.Changes)
	return plan
}

// neverSent are the words of a definition that are in no body.
var neverSent = []string{"enabled", "protect", "adopt", "id", "owner", "labels", "renamed_from"}
