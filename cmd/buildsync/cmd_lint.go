package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/linting"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

type lintOptions struct {
	failOn, shellcheck     string
	fix                    fixValue
	baseline, changedSince string
	updateBaseline, hook   bool
	selected, ignored      cli.StringSlice
	statistics, noCache    bool
	stdinFilename          string
}

func (p *program) lintCommand() *cli.Command {
	var o lintOptions
	return p.command(&cli.Command{
		Name:      "lint",
		Usage:     "check definitions: schema, references, compile, rules",
		ArgsUsage: "[PATH… | -]",
		Description: about(`Loads every definition of the workspace, since rules look across files. It reports all findings, or
with a PATH those that the file causes, also in other files. It needs no network and no credentials.
lint.rules in buildsync.yaml turns rules off and on; a comment silences one in place:

   # buildsync:ignore RULE: reason        for the next line, or its own
   # buildsync:ignore-step RULE: reason   for its step; also -job and -file

--fix changes only the named files, or all if none is named. --verbose also prints when each trigger
fires next.

Exit codes: 0 no findings at or above --fail-on; 1 a file could not be written; 2 findings;
3 no workspace that can be read.`,
			"buildsync lint",
			"buildsync lint --format github --changed-since origin/main",
			"buildsync lint --fix jobs/pay.yaml",
			"buildsync lint --stdin-filename jobs/pay.yaml - < buffer"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "`FORMAT`: " + strings.Join(format.Names(), ", "), Value: "text"},
			outFlag(),
			failOnFlag(&o.failOn),
			&cli.GenericFlag{Name: "fix", Usage: "`[=unsafe]`: fix what is safe to fix; =unsafe fixes all that can be fixed", Value: &o.fix},
			&cli.StringFlag{Name: "baseline", Destination: &o.baseline, Usage: "do not report the findings in the baseline `FILE`"},
			&cli.BoolFlag{Name: "update-baseline", Destination: &o.updateBaseline, Usage: "write all findings to the baseline", DisableDefaultText: true},
			&cli.StringFlag{Name: "changed-since", Destination: &o.changedSince, Usage: "report only findings that the changes since the commit `REV` touch or cause"},
			&cli.BoolFlag{Name: "hook", Destination: &o.hook, Usage: "for commit hooks: skip each PATH that no workspace reads, and add the files that were removed since the last commit", DisableDefaultText: true},
			&cli.StringSliceFlag{Name: "select", Destination: &o.selected, Usage: "report only the findings of `RULE`, and those that stop plan"},
			&cli.StringSliceFlag{Name: "ignore", Destination: &o.ignored, Usage: "do not report the findings of `RULE`"},
			&cli.BoolFlag{Name: "statistics", Destination: &o.statistics, Usage: "count the findings by rule instead of listing them, as text or json", DisableDefaultText: true},
			&cli.StringFlag{Name: "shellcheck", Destination: &o.shellcheck, Usage: "ask shellcheck about scripts: `auto`, off or required, in place of lint.shellcheck"},
			&cli.BoolFlag{Name: "no-cache", Destination: &o.noCache, Usage: "check every file again; do not use .buildsync/cache", DisableDefaultText: true},
			&cli.StringFlag{Name: "stdin-filename", Destination: &o.stdinFilename, Usage: "the `NAME` that the text from stdin has in the workspace"},
		},
	}, func(in *invocation) error { return in.lint(&o) })
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
		return errors.New("write safe or unsafe")
	}
	return nil
}

func (f *fixValue) String() string { return "" }

// IsBoolFlag lets the flag be used without a value.
func (f *fixValue) IsBoolFlag() bool { return true }

func (in *invocation) lint(o *lintOptions) error {
	defer kit.CollectLess(in.Env)()
	outputs, err := in.Outputs(format.Names()...)
	if err != nil {
		return err
	}
	if err := o.checkStatistics(outputs); err != nil {
		return err
	}
	if err := checkFailOn(o.failOn); err != nil {
		return err
	}
	groups, refused, err := in.lintTargets(o)
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		return refused
	}
	if err := o.checkRemembering(groups); err != nil {
		return err
	}
	opts, err := in.lintRun(o)
	if err != nil {
		return err
	}
	all := linting.NewFindings(groups)
	code, fixed := exitDone, 0
	for _, group := range groups {
		l, err := linting.New(in.Ctx, group, opts)
		if err == nil {
			in.Stops.AtEnd(l.Close)
			err = l.Run()
		}
		if err != nil {
			return o.failed(err)
		}
		if l.Broken {
			code = exitInvalid
		}
		all.Add(l)
		refused = errors.Join(refused, l.Unread())
		fixed += l.Fixed
	}
	if fixed > 0 {
		in.Note("mended: %s", sanitize.Counted(fixed, "finding"))
	}
	if err := in.Write(outputs, func(w io.Writer, to kit.Output) error { return in.printFindings(w, to, o, all) }); err != nil {
		return err
	}
	if refused != nil {
		return o.failed(refused)
	}
	in.lintSummary(all.List)
	in.nextAfterLint(o, all.List, groups)
	if code == exitDone && reaches(all.List, o.failOn) {
		code = exitDifferent
	}
	return said(code)
}

// lintRun returns the options of a run.
func (in *invocation) lintRun(o *lintOptions) (run linting.Options, err error) {
	if err := kit.CheckWord("shellcheck", o.shellcheck, "", "auto", "off", "required"); err != nil {
		return run, err
	}
	run = linting.Options{
		Environment: in.global.env, Today: today(), Fix: o.fix.mode, NoCache: o.noCache,
		Build: kit.BuildOf(kit.Version()), Since: o.changedSince, Baseline: o.baseline, Remember: o.updateBaseline,
		Stdin: in.Stdin, Note: in.Note, Verbose: in.global.verbose,
	}
	if run.Verbose { // when a trigger fires next is another line each day
		run.Now = time.Now()
	}
	if run.Vars, err = in.variables(); err != nil {
		return run, err
	}
	run.ShellCheck = lint.ShellCheckMode(o.shellcheck)
	if run.Selected, err = linting.SelectRules(o.selected.Value(), o.ignored.Value()); err != nil {
		return run, kit.UsageError{Text: err.Error()}
	}
	return run, nil
}

// failed describes an error in the value of a flag.
func (o *lintOptions) failed(err error) error {
	var input *linting.InputError
	if !errors.As(err, &input) {
		return err
	}
	switch input.About {
	case linting.AboutBaselineFile:
		err = fmt.Errorf("--baseline: %w; --update-baseline writes it", err)
	case linting.AboutBaseline:
		err = fmt.Errorf("--baseline %s: %w", o.baseline, err)
	case linting.AboutForeignFile:
		err = fmt.Errorf("--baseline %s: %w: name another file, or remove it first", o.baseline, err)
	case linting.AboutSince:
		err = fmt.Errorf("--changed-since %w", err)
		if errors.Is(err, gitbase.ErrUnknownRevision) {
			err = fmt.Errorf("--changed-since: %w", input.Err)
		}
	case linting.AboutSinceTree:
		return fmt.Errorf("--changed-since %w", err)
	case linting.AboutFixingStdin:
		err = errors.New("--fix changes files; it cannot fix text from stdin")
	}
	return &failure{exitInvalid, err}
}

// checkRemembering refuses a baseline for a part of a workspace, which would forget the rest.
func (o *lintOptions) checkRemembering(groups []linting.Target) error {
	switch {
	case !o.updateBaseline:
		return nil
	case o.baseline == "":
		return kit.UsageError{Text: "--update-baseline needs the file to write: add --baseline FILE"}
	case o.changedSince != "" || len(groups) != 1 || len(groups[0].Files) > 0:
		return kit.UsageError{Text: "--update-baseline writes the findings of the whole workspace: leave out the paths and --changed-since"}
	case len(o.selected.Value())+len(o.ignored.Value()) > 0:
		return kit.UsageError{Text: "--update-baseline writes all findings: leave out --select and --ignore"}
	}
	return nil
}

// printFindings writes the findings in one format. Code hosts know files by
// their place in the repository; everybody else by the working folder.
func (in *invocation) printFindings(w io.Writer, to kit.Output, o *lintOptions, all *linting.Findings) error {
	options := format.Options{
		Version: kit.Version(),
		Source: func(name string) []byte {
			if read := all.Sources[name]; read != nil {
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
		FailOn: failingSeverity(o.failOn),
	}
	if !slices.Contains([]string{"sarif", "github", "gitlab"}, to.Format) {
		options.Path = all.FromHere
	}
	if to.File == "" {
		options.Color = to.Format == "text" && in.Colorful(in.Stdout, in.global.noColor)
		options.Width = kit.Width(in.Stdout)
	}
	write := format.ByName(to.Format)
	if o.statistics {
		write = statisticsIn[to.Format]
	}
	return write(w, all.List, options)
}

// lintSummary prints counts on a terminal, where silence could look like an error.
func (in *invocation) lintSummary(found spec.Diagnostics) {
	if in.global.quiet || !kit.IsTerminal(in.Stderr) {
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

// reaches reports whether a finding is at least as bad as failOn.
func reaches(found spec.Diagnostics, failOn string) bool {
	if failOn == "never" {
		return false
	}
	least := failingSeverity(failOn)
	return slices.ContainsFunc(found, func(d spec.Diagnostic) bool { return d.Severity >= least })
}

// failOnFlag returns the flag --fail-on; see checkFailOn and failingSeverity.
func failOnFlag(word *string) cli.Flag {
	return &cli.StringFlag{Name: "fail-on", Destination: word, Usage: "end with code 2 from this `SEVERITY` on: info, warning, error, or never", Value: "error"}
}

func checkFailOn(word string) error {
	return kit.CheckWord("fail-on", word, "error", "warning", "info", "never")
}

// failingSeverity returns the mildest severity that fails the run; for never, one that
// no finding has.
func failingSeverity(failOn string) spec.Severity {
	severity, known := spec.ParseSeverity(failOn)
	if !known {
		return spec.Error + 1
	}
	return severity
}

func countedSeverity(n int, severity spec.Severity) string {
	if severity == spec.Info {
		return fmt.Sprintf("%d info", n)
	}
	return sanitize.Counted(n, severity.String())
}

// lintTargets groups the arguments by workspace. refused reports those that cannot be linted; the
// others are linted all the same.
func (in *invocation) lintTargets(o *lintOptions) (groups []linting.Target, refused, err error) {
	args := in.Flags.Args().Slice()
	switch {
	case slices.Contains(args, "-"):
		name := o.stdinFilename
		if len(args) > 1 || name == "" {
			return nil, nil, kit.UsageError{Text: "lint - reads one file from stdin: give its name with --stdin-filename and no other file"}
		}
		dir, name, err := linting.Locate(in.global.dir, name)
		return []linting.Target{{Dir: dir, Files: []string{name}, Stdin: true}}, nil, err
	case o.hook:
		return linting.HookTargets(in.Ctx, in.global.dir, args), nil, nil
	case len(args) == 0:
		dir, err := in.findWorkspace()
		return []linting.Target{{Dir: dir}}, nil, err
	}
	groups, refused = linting.TargetsOf(in.global.dir, in.global.env, args)
	return groups, refused, nil
}
