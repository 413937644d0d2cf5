package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/format"
	lintformat "github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/linting"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) fmtCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "fmt",
		Usage:     "format definition files",
		ArgsUsage: "[PATH… | -]",
		Description: about(`Rewrites buildsync.yaml and the definition files of the workspace, or those named: keys in the
order of the schema, an indentation of two, quotes where they are needed, one blank line
between jobs. Comments, scripts, line ends and what a file means stay as they are. The names of
the files that changed are printed. A file that is not a definition file is left as it is, and
named on stderr. A folder stands for the definition files in it, - for stdin, whose
canonical form goes to stdout.

Exit codes: 0 done; 1 a file could not be read or written; 2 --check: a file is not in its
canonical form; 3 a file is not YAML that buildsync reads.`,
			"buildsync fmt",
			"buildsync fmt --check --diff",
			"buildsync fmt jobs/pay.yaml",
			"buildsync fmt - < buffer"),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "check", Usage: "write nothing; exit code 2 if a file would change", DisableDefaultText: true},
			&cli.BoolFlag{Name: "diff", Usage: "write nothing; print what would change as a patch", DisableDefaultText: true},
			&cli.BoolFlag{Name: "hook", Usage: "for commit hooks: pass over the PATHs that no workspace reads", DisableDefaultText: true},
			&cli.StringFlag{Name: "stdin-filename", Usage: "the `NAME` of the text from stdin, for messages", Value: "stdin"},
		},
	}, (*invocation).fmt)
}

func (in *invocation) fmt() error {
	args := in.Flags.Args().Slice()
	if len(args) == 1 && args[0] == "-" {
		return in.fmtStdin()
	}
	files, err := in.fmtFiles(args)
	if err != nil {
		return err
	}
	worst := exitDone
	in.Stops.Changes.Store(!in.On("check") && !in.On("diff"))
	for _, file := range files {
		if err := in.Ctx.Err(); err != nil {
			return err
		}
		code, err := in.fmtFile(file)
		if err != nil {
			in.Printf("buildsync: %s\n", sanitize.Lines(err.Error()))
		}
		worst = worseOf(worst, code)
	}
	if worst == exitDifferent {
		in.Next("%s formats them", in.Again("fmt"))
	}
	return said(worst)
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

// fmtTarget is a file to format: its name in messages and its path.
type fmtTarget struct{ shown, path string }

// fmtFiles lists the files in the arguments, or all of the workspace.
func (in *invocation) fmtFiles(args []string) ([]fmtTarget, error) {
	if len(args) == 0 && !in.On("hook") {
		dir, err := in.findWorkspace()
		if err != nil {
			return nil, err
		}
		return in.workspaceFiles(dir, ".")
	}
	var files []fmtTarget
	if in.On("hook") {
		for _, found := range linting.HookDefinitions(in.Text("dir"), in.Text("env"), args) {
			w := workspace.Workspace{Dir: found.Dir}
			for _, name := range found.Files {
				files = append(files, fmtTarget{shown: w.Shown(name), path: filepath.Join(found.Dir, filepath.FromSlash(name))})
			}
		}
		return files, nil
	}
	for _, arg := range args {
		if arg == "-" {
			return nil, kit.UsageError{Text: "fmt - reads one file from stdin: name no other file"}
		}
		path := arg
		if dir := in.Text("dir"); dir != "" && !filepath.IsAbs(arg) {
			path = filepath.Join(dir, arg)
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, &failure{exitInvalid, fmt.Errorf("formatting %s: %w", arg, errors.Unwrap(err))}
		case !info.IsDir():
			files = append(files, fmtTarget{shown: path, path: path})
			continue
		}
		dir, name, err := linting.Locate(in.Text("dir"), arg)
		if err != nil {
			return nil, err
		}
		below, err := in.workspaceFiles(dir, name)
		if err != nil {
			return nil, err
		}
		files = append(files, below...)
	}
	return files, nil
}

// workspaceFiles lists buildsync.yaml and the definition files of a workspace
// that lie in one of its folders.
func (in *invocation) workspaceFiles(dir, folder string) ([]fmtTarget, error) {
	w, err := in.openFolder(dir)
	if err != nil {
		return nil, err
	}
	root, found := spec.LoadWorkspace(w.Tree, spec.Options{Environment: in.Text("env")})
	if root == nil {
		if err := in.report(found, w); err != nil {
			return nil, err
		}
		return nil, said(exitInvalid)
	}
	var files []fmtTarget
	for _, name := range append([]string{spec.WorkspaceFile}, spec.OwnFiles(w.Tree, root)...) {
		if folder == "." || strings.HasPrefix(name, folder+"/") {
			files = append(files, fmtTarget{shown: w.Shown(name), path: filepath.Join(dir, filepath.FromSlash(name))})
		}
	}
	return files, nil
}

// fmtFile formats one file and returns the exit code that it alone would have.
func (in *invocation) fmtFile(file fmtTarget) (int, error) {
	path, err := filepath.EvalSymlinks(file.path)
	if err != nil {
		return exitFailed, fmt.Errorf("formatting %s: %w", file.shown, err)
	}
	text, mode, err := outfile.ReadSource(path)
	if err != nil {
		return exitFailed, fmt.Errorf("formatting %s: %w", file.shown, err)
	}
	formatted, code, err := in.formatted(file.shown, text)
	if formatted == nil || string(formatted) == string(text) {
		return code, err
	}
	if err := in.announce(file.shown, text, formatted); err != nil {
		return exitFailed, err
	}
	switch {
	case in.On("check"):
		return exitDifferent, nil
	case in.On("diff"):
		return exitDone, nil
	}
	if err := outfile.WriteSource(path, formatted, mode); err != nil {
		return exitFailed, err
	}
	return exitDone, nil
}

// announce prints the result for a file: its name, or the difference.
func (in *invocation) announce(name string, before, after []byte) error {
	text := name + "\n"
	if in.On("diff") {
		text = render.Unified(in.patchName(name), string(before), string(after))
	}
	_, err := io.WriteString(in.Stdout, sanitize.Lines(text))
	return kit.UnlessUnread(err)
}

// patchName is a file's name in a patch, relative to the folder that the command
// runs in: that of -C, where it is given.
func (in *invocation) patchName(name string) string {
	base, err := filepath.Abs(in.Text("dir"))
	if full, absErr := filepath.Abs(name); err == nil && absErr == nil {
		if relative, err := filepath.Rel(base, full); err == nil && filepath.IsLocal(relative) {
			name = relative
		}
	}
	return strings.TrimPrefix(filepath.ToSlash(name), "/")
}

// fmtStdin writes the canonical form of stdin to stdout.
func (in *invocation) fmtStdin() error {
	name := in.Text("stdin-filename")
	text, err := io.ReadAll(io.LimitReader(in.Stdin, spec.MaxFileBytes+1))
	if err != nil {
		return fmt.Errorf("reading stdin: %w", err)
	}
	formatted, code, err := in.formatted(name, text)
	if formatted == nil {
		if err != nil {
			return &failure{code, err}
		}
		return said(code)
	}
	same := string(formatted) == string(text)
	switch {
	case in.On("check") || in.On("diff"):
		if !same {
			err = in.announce(name, text, formatted)
		}
	default:
		_, err = in.Stdout.Write(formatted)
	}
	if err == nil && in.On("check") && !same {
		return said(exitDifferent)
	}
	return err
}

// formatted returns the canonical form of a text, or nil with the exit code.
func (in *invocation) formatted(name string, text []byte) ([]byte, int, error) {
	if reason := format.Foreign(filepath.ToSlash(name), text); reason != "" {
		in.Note("%s is left as it is: %s", sanitize.Line(name, 300), reason)
		return text, exitDone, nil
	}
	formatted, err := format.Source(filepath.ToSlash(name), text, format.KindOf(filepath.ToSlash(name)))
	if err == nil {
		return formatted, exitDone, nil
	}
	invalid := new(format.InvalidError)
	if !errors.As(err, &invalid) {
		return nil, exitInvalid, err
	}
	options := lintformat.Options{
		Color: in.Colorful(in.Stderr, in.On("no-color")), Width: kit.Width(in.Stderr), Version: kit.Version(),
		Source: func(string) []byte { return text },
	}
	return nil, exitInvalid, lintformat.Text(in.Stderr, invalid.Diagnostics, options)
}
