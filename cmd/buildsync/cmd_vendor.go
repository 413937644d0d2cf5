package main

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/vendored"
	"github.com/buildsync/buildsync/pkg/workspace"
)

type vendorOptions struct {
	check  bool // of vendor
	dryRun bool // of vendor update
}

func (p *program) vendorCommand() *cli.Command {
	var o vendorOptions
	return p.command(&cli.Command{
		Name:  "vendor",
		Usage: "copy the templates of other repositories into the workspace",
		Description: about(`Copies the sources of buildsync.yaml to vendor/NAME/, at the commit in vendor/buildsync.lock. A
source that is not in the lock is copied at the commit that its ref names now. Commit both: every
other command reads only the copies and stays offline. Their templates and fragments are called
NAME/…, as in golden/java-service.

--check compares the copies with the lock, and the lock with buildsync.yaml, offline.

Exit codes: 0 done, nothing to do; 1 a source could not be read; 2 differences (--check);
3 invalid input.`,
			"buildsync vendor",
			"buildsync vendor --check",
			"buildsync vendor verify"),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "check", Destination: &o.check, Usage: "compare only, offline", DisableDefaultText: true},
			formatFlag("text", "json"), outFlag(),
		},
		Subcommands: []*cli.Command{p.vendorVerifyCommand(), p.vendorOutdatedCommand(), p.vendorUpdateCommand()},
	}, func(in *invocation) error { return in.vendor(&o) })
}

func (p *program) vendorVerifyCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "verify",
		Usage:     "compare the copies with the sources",
		ArgsUsage: "[NAME…]",
		Description: about(`Reads the sources again at the commits of the lock, and compares the copies with them. It finds a
copy that was changed together with the lock, which --check cannot, and a commit in the lock
that is not in the history of the ref.

Exit codes: 0 the copies are equal to the sources; 1 a source could not be read; 2 differences; 3
invalid input.`,
			"buildsync vendor verify"),
		Flags: []cli.Flag{formatFlag("text", "json"), outFlag()},
	}, (*invocation).vendorVerify)
}

func (p *program) vendorOutdatedCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "outdated",
		Usage:     "list the sources whose ref has moved",
		ArgsUsage: "[NAME…]",
		Description: about(`Asks each source which commit its ref names now, and lists the sources whose copy is of another
commit.

Exit codes: 0 every copy is of the commit that its ref names; 1 a source could not be read; 2 some
are outdated; 3 invalid input.`,
			"buildsync vendor outdated"),
		Flags: []cli.Flag{formatFlag("text", "json"), outFlag()},
	}, (*invocation).vendorOutdated)
}

func (p *program) vendorUpdateCommand() *cli.Command {
	var o vendorOptions
	return p.command(&cli.Command{
		Name:      "update",
		Usage:     "copy the commits that the refs of the sources name now",
		ArgsUsage: "[NAME…]",
		Description: about(`Copies the commits that the refs name now, and shows what changes in the compiled bodies. If the
definitions have errors with the new copies, the copies are written all the same, and the code is 3:
change the definitions then.

Exit codes: 0 done; 1 a source could not be read; 3 invalid input, or the definitions have
errors with the new copies.`,
			"buildsync vendor update",
			"buildsync vendor update golden --dry-run"),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "dry-run", Destination: &o.dryRun, Usage: "show what would change, and write nothing", DisableDefaultText: true},
			formatFlag("text", "json"), outFlag(),
		},
	}, func(in *invocation) error { return in.vendorUpdate(&o) })
}

func (in *invocation) vendor(o *vendorOptions) error {
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
	if o.check {
		return in.printDifferences(outputs, w, spec.CheckVendored(w.Tree, w.Set.Workspace))
	}
	ctx, cancel := in.WithTimeout()
	defer cancel()
	if _, found := spec.ReadLock(w.Tree); len(found) > 0 {
		in.Note("%s is written again; missing entries get the present commits of the refs: %s", spec.LockFile, found[0].Message)
	}
	copies, err := vendored.Sync(ctx, w.Dir, w.Tree, w.Set.Workspace, sources)
	if err != nil {
		return err
	}
	return in.print(outputs, nil, pages.VendorCopies(copies, nil, nil))
}

// openSources reads only buildsync.yaml, because the copies may be missing. It returns the sources
// called names, or all.
func (in *invocation) openSources(names []string) (*workspace.Workspace, []spec.Source, error) {
	w, err := in.openRoot()
	if err != nil {
		return nil, nil, err
	}
	declared := w.Set.Workspace.Sources
	if len(declared) == 0 {
		return nil, nil, &failure{exitInvalid, errors.New("buildsync.yaml declares no sources: write sources: {golden: {git: https://…, ref: v1, path: templates}}")}
	}
	if len(names) == 0 {
		return w, declared, nil
	}
	var sources []spec.Source
	for _, name := range names {
		i := slices.IndexFunc(declared, func(s spec.Source) bool { return s.Name == name })
		if i < 0 {
			var known []string
			for _, s := range declared {
				known = append(known, s.Name)
			}
			return nil, nil, kit.UnknownWord("source", name, known)
		}
		sources = append(sources, declared[i])
	}
	return w, sources, nil
}

// withSources calls do with the sources that the arguments name, or all.
func (in *invocation) withSources(do func(ctx context.Context, outputs []kit.Output, w *workspace.Workspace, sources []spec.Source) error) error {
	outputs, err := in.Outputs("text", "json")
	if err != nil {
		return err
	}
	w, sources, err := in.openSources(in.Flags.Args().Slice())
	if err != nil {
		return err
	}
	ctx, cancel := in.WithTimeout()
	defer cancel()
	return do(ctx, outputs, w, sources)
}

func (in *invocation) vendorVerify() error {
	return in.withSources(func(ctx context.Context, outputs []kit.Output, w *workspace.Workspace, sources []spec.Source) error {
		found, err := vendored.Verify(ctx, w.Tree, w.Set.Workspace, sources)
		if err != nil {
			return err
		}
		return in.printDifferences(outputs, w, found)
	})
}

// printDifferences prints where copies differ from their sources; any difference gives code 2.
func (in *invocation) printDifferences(outputs []kit.Output, w *workspace.Workspace, found spec.Diagnostics) error {
	err := in.Write(outputs, func(to io.Writer, o kit.Output) error {
		if o.Format == "json" {
			return in.printTo(to, o, nil, screen.Reply{Doc: pages.VendorDifferences(found)})
		}
		options := in.formatOptions(w.Tree.DirTree)
		options.Path = w.Shown
		options.Color = o.File == "" && in.Colorful(in.Stdout, in.global.noColor)
		return format.Text(to, found, options)
	})
	if err != nil || len(found) == 0 {
		return err
	}
	return said(exitDifferent)
}

func (in *invocation) vendorOutdated() error {
	return in.withSources(func(ctx context.Context, outputs []kit.Output, w *workspace.Workspace, sources []spec.Source) error {
		outdated, err := vendored.Latest(ctx, w.Tree, sources)
		if err != nil {
			return err
		}
		if err := in.print(outputs, nil, pages.VendorOutdated(outdated)); err != nil || len(outdated) == 0 {
			return err
		}
		return said(exitDifferent)
	})
}

// vendorUpdate takes the newest commits and shows what they change.
func (in *invocation) vendorUpdate(o *vendorOptions) error {
	return in.withSources(func(ctx context.Context, outputs []kit.Output, w *workspace.Workspace, sources []spec.Source) error {
		copies, err := vendored.Fetch(ctx, w.Tree, sources, true)
		if err != nil {
			return err
		}
		vars, err := in.variables()
		if err != nil {
			return err
		}
		declared := w.Set.Workspace.Sources
		change := vendored.ChangeBy(copies, w.Tree, declared, in.global.env, vars)
		switch {
		case change.Found.HasErrors():
			in.Note("with the new copies the definitions have errors")
			if err := in.reportAt(change.Found, change.Tree); err != nil {
				return err
			}
		case change.WasBroken:
			in.Note("the definitions have errors with the present copies, so the changes cannot be shown")
		}
		if !o.dryRun {
			if err := vendored.Write(w.Dir, w.Tree, declared, copies); err != nil {
				return err
			}
		}
		err = in.print(outputs, nil, pages.VendorCopies(copies, change.Effects, change.Catalogue))
		if err == nil && change.Found.HasErrors() {
			return said(exitInvalid)
		}
		return err
	})
}
