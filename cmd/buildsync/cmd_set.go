package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/valuepath"
	"github.com/buildsync/buildsync/pkg/workspace"
)

type setOptions struct {
	conditionOptions
	missing, all, override             bool
	delete, renameParameter, renameJob bool
	appendStep, after                  string
	diff, dryRun                       bool
}

func (p *program) setCommand() *cli.Command {
	var o setOptions
	return p.command(&cli.Command{
		Name:      "set",
		Usage:     "change a value of many jobs in the fewest places",
		ArgsUsage: "PATH VALUE",
		Description: about(`Edits the definitions so that PATH has VALUE in the jobs that --where and --only choose. It edits
the template, default, variable or job where the value is written, in as few places as possible.
Comments, order and style stay. The definitions are compiled before and after, and nothing is
written unless exactly the chosen values have changed. It works offline; then run plan and apply.

VALUE is YAML: a text, a number, true, or a list such as '[buildJobFail]'. A condition about
the path itself chooses values: --where 'steps[*].image=maven3.5*' leaves other steps alone.
A job that has no value at a path without * gets one; --missing chooses only such jobs.

If other jobs take their value from the same place, set names them and writes nothing. --all changes
these jobs too; --override writes the value into the chosen jobs. With --delete it writes under
without what they do not inherit.

Exit codes: 0 done, also if nothing had to change; 3 invalid input, or a change that would reach
jobs that were not chosen.`,
			`buildsync set 'steps[*].image' NEW --where 'steps[*].image=OLD*' --diff`,
			`buildsync set enabled false --only 'old-*'`,
			`buildsync set notifications.MAIL '[buildJobFail]' --missing`,
			`buildsync set --delete 'parameters[unused]' --all`,
			`buildsync set --append-step scan.yaml --after Build`,
			`buildsync set --rename-parameter target targetEnv`,
			`buildsync set --rename-job 'svc-*' 'service-*'`),
		Flags: []cli.Flag{
			o.whereFlag(), o.onlyFlag("jobs"), o.labelFlag(),
			&cli.BoolFlag{Name: "missing", Destination: &o.missing, Usage: "only jobs that have no value at PATH", DisableDefaultText: true},
			&cli.BoolFlag{Name: "all", Destination: &o.all, Usage: "also change the other jobs that share a place", DisableDefaultText: true},
			&cli.BoolFlag{Name: "override", Destination: &o.override, Usage: "write the value into the chosen jobs if a place is shared", DisableDefaultText: true},
			&cli.BoolFlag{Name: "delete", Destination: &o.delete, Usage: "remove the values at PATH", DisableDefaultText: true},
			&cli.StringFlag{Name: "append-step", Destination: &o.appendStep, Usage: "add the step, or steps, of `FILE`"},
			&cli.StringFlag{Name: "after", Destination: &o.after, Usage: "with --append-step: after the step `NAME`, not at the end"},
			&cli.BoolFlag{Name: "rename-parameter", Destination: &o.renameParameter, Usage: "PATH and VALUE are OLD and NEW: a parameter and its uses in scripts", DisableDefaultText: true},
			&cli.BoolFlag{Name: "rename-job", Destination: &o.renameJob, Usage: "PATH and VALUE are OLD and NEW, patterns with *: adds renamed_from", DisableDefaultText: true},
			&cli.BoolFlag{Name: "diff", Destination: &o.diff, Usage: "print the difference of the files and write nothing", DisableDefaultText: true},
			&cli.BoolFlag{Name: "dry-run", Destination: &o.dryRun, Usage: "print what would change and write nothing", DisableDefaultText: true},
			formatFlag("text", "json", "files"), outFlag(),
		},
	}, func(in *invocation) error { return in.set(&o) })
}

func (in *invocation) set(o *setOptions) error {
	outputs, err := in.Outputs("text", "json", "files")
	if err != nil {
		return err
	}
	change, err := in.requestedChange(o)
	if err != nil {
		return err
	}
	w, err := in.open()
	if err == nil {
		_, err = in.checkedSelection(w, &o.selectionOptions)
	}
	if err != nil {
		return err
	}
	result, err := change(w.Loaded)
	if err != nil {
		return setFailed(w, err)
	}
	in.tellOtherEnvironments(w, result)
	edited := pages.Edited{Workspace: w, Result: result, Values: o.dryRun}
	switch {
	case o.diff:
		edited.Patch = func(name, before, after string) string { return render.Unified(in.patchName(name), before, after) }
	case !o.dryRun:
		var edits []outfile.Edit
		for _, name := range slices.Sorted(maps.Keys(result.Files)) {
			edits = append(edits, outfile.Edit{
				Name: w.Shown(name), Path: filepath.Join(w.Dir, filepath.FromSlash(name)), Before: result.Before[name], After: result.Files[name],
			})
		}
		if err := outfile.Rewrite(edits); err != nil {
			return err
		}
	}
	return in.printOrList(outputs, w.Catalogue, edited.Reply(), edited.Files)
}

// tellOtherEnvironments reports the effect of the edits in other environments, which use the same
// files.
func (in *invocation) tellOtherEnvironments(w *workspace.Workspace, result *bulk.Result) {
	for _, e := range bulk.Elsewhere(w.Loaded, in.global.env, result.Files) {
		if e.Problem != "" {
			in.Printf("warning: with --env %s the definitions would have errors: %s\n", e.Environment, e.Problem)
			continue
		}
		in.Printf("note: with --env %s this changes %s of %s\n", e.Environment, sanitize.Counted(e.Values, "value"), sanitize.Counted(e.Jobs, "job"))
	}
}

// requestedChange reads the requested change.
func (in *invocation) requestedChange(o *setOptions) (change func(*compile.Loaded) (*bulk.Result, error), err error) {
	args, err := in.setArgs(o)
	if err != nil {
		return nil, err
	}
	r := bulk.Request{Delete: o.delete, Missing: o.missing, All: o.all, Override: o.override}
	if r.Where, err = conditions(o.where.Value()); err != nil {
		return nil, err
	}
	selection, err := in.selection(&o.selectionOptions)
	if err != nil {
		return nil, err
	}
	r.Selects = func(object *bulk.Object) bool {
		if object.Job == nil { // a template has neither project nor labels
			return selection.Has(object.Name, "", "")
		}
		return selection.HasJob(object.Job)
	}
	switch {
	case o.renameParameter:
		return func(w *compile.Loaded) (*bulk.Result, error) { return bulk.RenameParameter(w, r, args[0], args[1]) }, nil
	case o.renameJob:
		return func(w *compile.Loaded) (*bulk.Result, error) { return bulk.RenameJob(w, r, args[0], args[1]) }, nil
	case len(args) == 0:
		text, err := os.ReadFile(o.appendStep)
		if err != nil {
			return nil, &failure{exitInvalid, fmt.Errorf("reading the step: %w", err)}
		}
		return func(w *compile.Loaded) (*bulk.Result, error) { return bulk.AppendStep(w, r, text, o.after) }, nil
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

// setArgs returns the arguments, and refuses flags that exclude each other.
func (in *invocation) setArgs(o *setOptions) ([]string, error) {
	if o.diff && o.dryRun {
		return nil, kit.UsageError{Text: "--diff and --dry-run: choose one"}
	}
	kinds, want := 0, 2
	for _, flag := range []string{"delete", "append-step", "rename-parameter", "rename-job"} {
		if in.Set(flag) {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return nil, kit.UsageError{Text: "--delete, --append-step, --rename-parameter and --rename-job: choose one"}
	case o.delete:
		want = 1
	case o.appendStep != "":
		want = 0
	}
	args, err := in.Args(want)
	if err == nil && len(args) < want {
		err = kit.UsageError{Text: "set needs PATH VALUE; with --delete PATH, with --rename-parameter and --rename-job OLD NEW"}
	}
	return args, err
}

// setFailed explains a refused change.
func setFailed(w *workspace.Workspace, err error) error {
	var shared *bulk.SharedError
	if errors.As(err, &shared) {
		err = fmt.Errorf("%s:%d sets the value of the chosen jobs, and also of %s: nothing was written; %s",
			w.Shown(shared.At.File), shared.At.Line, shared.OthersText(), remedy.SetShared)
	}
	return &failure{exitInvalid, err}
}
