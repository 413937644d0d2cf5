package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/formatting"
	lintformat "github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

type fmtOptions struct {
	check, diff, hook bool
	stdinFilename     string
}

func (p *program) fmtCommand() *cli.Command {
	var o fmtOptions
	return p.command(&cli.Command{
		Name:      "fmt",
		Usage:     "format definition files",
		ArgsUsage: "[PATH… | -]",
		Description: about(`Rewrites buildsync.yaml and the definition files of the workspace, or those named: keys in the order
of the schema, an indentation of two, quotes where they are needed, one blank line between jobs.
Comments, scripts, line ends and the meaning of a file stay the same. fmt prints the names of the
files that it changed. It does not change a file that is not a definition file, and names it on
stderr. A folder means the definition files in it. - means stdin; the result goes to stdout.

Exit codes: 0 done; 1 a file could not be read or written; 2 --check: a file is not formatted; 3 a
file is not YAML that buildsync reads.`,
			"buildsync fmt",
			"buildsync fmt --check --diff",
			"buildsync fmt jobs/pay.yaml",
			"buildsync fmt - < buffer"),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "check", Destination: &o.check, Usage: "write nothing; exit code 2 if a file would change", DisableDefaultText: true},
			&cli.BoolFlag{Name: "diff", Destination: &o.diff, Usage: "write nothing; print what would change as a patch", DisableDefaultText: true},
			&cli.BoolFlag{Name: "hook", Destination: &o.hook, Usage: "for commit hooks: skip each PATH that no workspace reads", DisableDefaultText: true},
			&cli.StringFlag{Name: "stdin-filename", Destination: &o.stdinFilename, Usage: "the `NAME` of the text from stdin, for messages", Value: "stdin"},
		},
	}, func(in *invocation) error { return in.fmt(&o) })
}

func (in *invocation) fmt(o *fmtOptions) error {
	args := in.Flags.Args().Slice()
	if len(args) == 1 && args[0] == "-" {
		return in.fmtStdin(o)
	}
	files, err := in.fmtTargets(o, args)
	if err != nil {
		return err
	}
	worst := exitDone
	in.Stops.Changes.Store(!o.check && !o.diff)
	for _, file := range files {
		if in.Ctx.Err() != nil {
			return context.Cause(in.Ctx)
		}
		worst = worseOf(worst, in.fmtFile(o, file))
	}
	if worst == exitDifferent {
		in.Next(remedy.Format(in.Again("fmt")))
	}
	return said(worst)
}

// fmtTargets lists the files in the arguments, or all of the workspace.
func (in *invocation) fmtTargets(o *fmtOptions, args []string) ([]formatting.Target, error) {
	find := formatting.Finder{From: in.global.dir, Environment: in.global.env, Open: func(dir string) (*workspace.Workspace, error) {
		return in.openAt(dir, loadToFormat)
	}}
	switch {
	case o.hook:
		return find.OfHook(args), nil
	case slices.Contains(args, "-"):
		return nil, kit.UsageError{Text: "fmt - reads one file from stdin: name no other file"}
	case len(args) > 0:
		return find.Named(args)
	}
	dir, err := in.findWorkspace()
	if err != nil {
		return nil, err
	}
	return find.Below(dir, ".")
}

// loadToFormat reads buildsync.yaml for the names of the files. Other errors in it do not matter.
func loadToFormat(w *workspace.Workspace, environment string, _ map[string]string) spec.Diagnostics {
	found := w.LoadRoot(environment)
	if w.Set != nil {
		return nil
	}
	return found
}

// fmtFile formats one file and returns the exit code that it alone would have.
func (in *invocation) fmtFile(o *fmtOptions, file formatting.Target) int {
	f, err := file.Format()
	if err != nil {
		if err = in.reportUnformatted(f, err); err != nil {
			in.Printf("buildsync: %s\n", sanitize.Lines(err.Error()))
		}
		if errors.As(err, new(*formatting.ReadError)) {
			return exitFailed
		}
		return exitInvalid
	}
	in.tellForeign(file.Shown, f)
	if !f.Differs() {
		return exitDone
	}
	err = in.announce(o.diff, file.Shown, f.Before, f.After)
	switch {
	case err == nil && o.check:
		return exitDifferent
	case err == nil && !o.diff:
		err = f.Write()
	}
	if err != nil {
		in.Printf("buildsync: %s\n", sanitize.Lines(err.Error()))
		return exitFailed
	}
	return exitDone
}

// tellForeign says why a file stays as it is.
func (in *invocation) tellForeign(name string, f *formatting.Formatted) {
	if f.Foreign != "" {
		in.Note("%s is left as it is: %s", sanitize.Line(name, 300), f.Foreign)
	}
}

// reportUnformatted prints what is wrong with an invalid text. It returns any other error.
func (in *invocation) reportUnformatted(f *formatting.Formatted, err error) error {
	invalid := new(format.InvalidError)
	if !errors.As(err, &invalid) {
		return err
	}
	return lintformat.Text(in.Stderr, invalid.Diagnostics, lintformat.Options{
		Color: in.Colorful(in.Stderr, in.global.noColor), Width: kit.Width(in.Stderr), Version: kit.Version(),
		Source: func(string) []byte { return f.Before },
	})
}

// worseOf returns the worse of two exit codes: an invalid file, then one that could not be written,
// then one that differs.
func worseOf(a, b int) int {
	rank := map[int]int{exitDone: 0, exitDifferent: 1, exitFailed: 2, exitInvalid: 3}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// announce prints the result for a file: its name, or the difference.
func (in *invocation) announce(patch bool, name string, before, after []byte) error {
	text := name + "\n"
	if patch {
		text = render.Unified(in.patchName(name), string(before), string(after))
	}
	_, err := io.WriteString(in.Stdout, sanitize.Lines(text))
	return kit.UnlessUnread(err)
}

// patchName returns a file's name in a patch, relative to the folder that the command
// runs in: that of -C, where it is given.
func (in *invocation) patchName(name string) string {
	base, err := filepath.Abs(in.global.dir)
	if full, absErr := filepath.Abs(name); err == nil && absErr == nil {
		if relative, err := filepath.Rel(base, full); err == nil && filepath.IsLocal(relative) {
			name = relative
		}
	}
	return strings.TrimPrefix(filepath.ToSlash(name), "/")
}

// fmtStdin writes the canonical form of stdin to stdout.
func (in *invocation) fmtStdin(o *fmtOptions) error {
	text, err := io.ReadAll(io.LimitReader(in.Stdin, spec.MaxFileBytes+1))
	if err != nil {
		return fmt.Errorf("reading stdin: %w", err)
	}
	f, err := formatting.Text(o.stdinFilename, text)
	if err != nil {
		return &failure{exitInvalid, in.reportUnformatted(f, err)}
	}
	in.tellForeign(o.stdinFilename, f)
	switch {
	case !o.check && !o.diff:
		_, err = in.Stdout.Write(f.After)
	case f.Differs():
		err = in.announce(o.diff, o.stdinFilename, f.Before, f.After)
	}
	if err == nil && o.check && f.Differs() {
		return said(exitDifferent)
	}
	return err
}
