package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) lintCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "lint",
		Usage:     "check definitions: schema, references, compile, rules",
		ArgsUsage: "[PATH… | -]",
		Description: about(`Loads every definition of the workspace, since rules look across files, and reports what the
files asked for cause, wherever it stands, or all. It needs no network and no credentials. buildsync.yaml turns
rules off and on (lint.rules), a comment silences one in place:

   # buildsync:ignore RULE: reason        for the next line, or its own
   # buildsync:ignore-step RULE: reason   for its step; also -job and -file

--fix changes only the files that are named, all where none is. With --verbose it also says when each trigger fires next.

Exit codes: 0 no findings at or above --fail-on; 1 a file could not be written; 2 findings;
3 no workspace that can be read.`,
			"buildsync lint",
			"buildsync lint --format github --changed-since origin/main",
			"buildsync lint --fix jobs/pay.yaml",
			"buildsync lint --stdin-filename jobs/pay.yaml - < buffer"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "`FORMAT`: " + strings.Join(format.Names(), ", "), Value: "text"},
			&cli.StringSliceFlag{Name: "out", Usage: "write to `FORMAT=FILE` as well"},
			&cli.StringFlag{Name: "fail-on", Usage: "the mildest `SEVERITY` that ends with code 2: info, warning, error, or never", Value: "error"},
			&cli.GenericFlag{Name: "fix", Usage: "`[=unsafe]`: mend what is safe to mend; with =unsafe all that can be", Value: new(fixValue)},
			&cli.StringFlag{Name: "baseline", Usage: "do not report the findings that `FILE` remembers"},
			&cli.BoolFlag{Name: "update-baseline", Usage: "write the findings of today to the baseline", DisableDefaultText: true},
			&cli.StringFlag{Name: "changed-since", Usage: "report only what the changes since the commit `REV` touch or cause"},
			&cli.BoolFlag{Name: "hook", Usage: "for commit hooks: pass over the PATHs that no workspace reads, and add the files of the last commit that are gone", DisableDefaultText: true},
			&cli.StringSliceFlag{Name: "select", Usage: "report only the findings of `RULE`, and what keeps plan from running"},
			&cli.StringSliceFlag{Name: "ignore", Usage: "do not report the findings of `RULE`"},
			&cli.BoolFlag{Name: "statistics", Usage: "count the findings by rule in place of listing them, in text or json", DisableDefaultText: true},
			&cli.StringFlag{Name: "shellcheck", Usage: "ask shellcheck about scripts: `auto`, off or required, in place of lint.shellcheck"},
			&cli.BoolFlag{Name: "no-cache", Usage: "look at every file again, and keep no result in .buildsync/cache", DisableDefaultText: true},
			&cli.StringFlag{Name: "stdin-filename", Usage: "the `NAME` that the text from stdin has in the workspace"},
		},
	}, (*invocation).lint)
}

// fixValue is the flag --fix, with or without =unsafe.
type fixValue struct{ mode lint.FixMode }

// Set reads --fix, --fix=safe, --fix=unsafe and --fix=false.
func (f *fixValue) Set(text string) error {
	switch text {
	case "true", "safe":
		f.mode = lint.SafeFixes
	case "unsafe":
		f.mode = lint.AllFixes
	case "false":
		f.mode = 0
	default:
		return errors.New("it is safe or unsafe")
	}
	return nil
}

func (f *fixValue) String() string { return "" }

// IsBoolFlag lets the flag stand without a value.
func (f *fixValue) IsBoolFlag() bool { return true }

func (in *invocation) lint() error {
	defer kit.CollectLess(in.Env)()
	outputs, err := in.Outputs(format.Names()...)
	if err != nil {
		return err
	}
	if err := in.checkStatistics(outputs); err != nil {
		return err
	}
	failOn, err := in.OneOf("fail-on", "error", "warning", "info", "never")
	if err != nil {
		return err
	}
	groups, refused, err := in.lintTargets()
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		return refused
	}
	if err := in.checkRemembering(groups); err != nil {
		return err
	}
	all := newFindings(groups)
	code, fixed := exitDone, 0
	for _, group := range groups {
		l, err := in.newLinting(group)
		if err != nil {
			return err
		}
		if err := l.run(); err != nil {
			return err
		}
		if l.broken {
			code = exitInvalid
		}
		all.add(l)
		fixed += l.fixed
	}
	if fixed > 0 {
		in.Note("mended: %s", counted(fixed, "finding"))
	}
	if err := in.Write(outputs, func(w io.Writer, o kit.Output) error { return in.printFindings(w, o, all) }); err != nil {
		return err
	}
	in.lintSummary(all.list)
	in.nextAfterLint(all.list, groups)
	if refused != nil {
		return refused
	}
	if code == exitDone && reaches(all.list, failOn) {
		code = exitDifferent
	}
	return said(code)
}

// checkRemembering refuses a baseline that would hold less than all of one
// workspace, and so forget the rest.
func (in *invocation) checkRemembering(groups []target) error {
	switch {
	case !in.On("update-baseline"):
		return nil
	case in.Text("baseline") == "":
		return kit.UsageError{Text: "--update-baseline needs the file to write: add --baseline FILE"}
	case in.Text("changed-since") != "" || len(groups) != 1 || len(groups[0].files) > 0:
		return kit.UsageError{Text: "--update-baseline remembers the whole workspace: leave out the paths and --changed-since"}
	case len(in.Texts("select"))+len(in.Texts("ignore")) > 0:
		return kit.UsageError{Text: "--update-baseline remembers all findings: leave out --select and --ignore"}
	}
	return nil
}

// findings are those of all workspaces that were linted, their files named from
// one folder, so that what is remembered of them elsewhere stays the same
// wherever the command is run: the repository, where there is one.
type findings struct {
	list    spec.Diagnostics
	root    string
	sources map[string]func() []byte
}

func newFindings(groups []target) *findings {
	f := &findings{sources: map[string]func() []byte{}}
	f.root = workspace.RepositoryOf(groups[0].dir)
	if f.root == "" && len(groups) == 1 {
		f.root = groups[0].dir
	}
	return f
}

// name is how a file is called from the root; a file outside it as a terminal
// would.
func (f *findings) name(w *workspace.Workspace, file string) string {
	if f.root != "" {
		relative, err := filepath.Rel(f.root, filepath.Join(w.Dir, filepath.FromSlash(file)))
		if err == nil && filepath.IsLocal(relative) {
			return filepath.ToSlash(relative)
		}
	}
	return w.Shown(file)
}

// add takes the findings of one workspace.
func (f *findings) add(l *linting) {
	rename := func(name string) string {
		if name == "" {
			return ""
		}
		shown := f.name(l.w, name)
		f.sources[shown] = func() []byte {
			content, err := l.tree.ReadFile(name, spec.MaxFileBytes)
			if err != nil {
				return nil
			}
			return content
		}
		return shown
	}
	move := func(r *spec.Range) {
		r.Start.File = rename(r.Start.File)
		r.End.File = r.Start.File
	}
	for _, d := range l.found {
		move(&d.Range)
		d.Related = slices.Clone(d.Related)
		for i := range d.Related {
			move(&d.Related[i].Range)
		}
		d.Fixes = slices.Clone(d.Fixes)
		for i := range d.Fixes {
			d.Fixes[i].Edits = slices.Clone(d.Fixes[i].Edits)
			for k := range d.Fixes[i].Edits {
				d.Fixes[i].Edits[k].File = rename(d.Fixes[i].Edits[k].File)
			}
		}
		f.list = append(f.list, d)
	}
}

// fromHere names a file as a terminal and the programs started from it
// understand it.
func (f *findings) fromHere(name string) string {
	root := workspace.Workspace{Dir: f.root}
	if f.root == "" {
		return name
	}
	return root.Shown(name)
}

// printFindings writes the findings in one format. Code hosts know files by
// their place in the repository; everybody else by the working folder.
func (in *invocation) printFindings(w io.Writer, o kit.Output, all *findings) error {
	options := format.Options{
		Version: kit.Version(),
		Source: func(name string) []byte {
			if read := all.sources[name]; read != nil {
				return read()
			}
			return nil
		},
		Summary: func(rule string) string {
			r, _ := lint.RuleByName(rule)
			return r.Summary
		},
		Why: func(rule string) string {
			r, _ := lint.RuleByName(rule)
			return r.Why
		},
		FailOn: failingSeverity(in.Text("fail-on")),
	}
	if !slices.Contains([]string{"sarif", "github", "gitlab"}, o.Format) {
		options.Path = all.fromHere
	}
	if o.File == "" {
		options.Color = o.Format == "text" && in.Colorful(in.Stdout, in.On("no-color"))
		options.Width = kit.Width(in.Stdout)
	}
	write := format.ByName(o.Format)
	if in.On("statistics") {
		write = statisticsIn[o.Format]
	}
	return write(w, all.list, options)
}

// lintSummary counts on a terminal, where saying nothing could be taken for
// doing nothing.
func (in *invocation) lintSummary(found spec.Diagnostics) {
	if in.On("quiet") || !kit.IsTerminal(in.Stderr) {
		return
	}
	if len(found) == 0 {
		in.Printf("No findings.\n")
		return
	}
	counts := map[spec.Severity]int{}
	for _, d := range found {
		counts[d.Severity]++
	}
	var parts []string
	for _, severity := range []spec.Severity{spec.Error, spec.Warning, spec.Info} {
		if n := counts[severity]; n > 0 {
			parts = append(parts, countedSeverity(n, severity))
		}
	}
	in.Printf("%s. buildsync explain RULE says more.\n", strings.Join(parts, ", "))
}

// reaches tells whether a finding is at least as bad as failOn.
func reaches(found spec.Diagnostics, failOn string) bool {
	if failOn == "never" {
		return false
	}
	least := failingSeverity(failOn)
	return slices.ContainsFunc(found, func(d spec.Diagnostic) bool { return d.Severity >= least })
}

// failingSeverity is the mildest severity that fails the run; for never, one that
// no finding has.
func failingSeverity(failOn string) spec.Severity {
	severity, known := map[string]spec.Severity{"info": spec.Info, "warning": spec.Warning, "error": spec.Error}[failOn]
	if !known {
		return spec.Error + 1
	}
	return severity
}

func countedSeverity(n int, severity spec.Severity) string {
	if severity == spec.Info {
		return fmt.Sprintf("%d info", n)
	}
	return counted(n, severity.String())
}

// counted writes "1 finding", "2 findings".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
