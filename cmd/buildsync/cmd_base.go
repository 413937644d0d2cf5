package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) baseCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "base",
		Usage: "show and share what was applied",
		Description: about(`Each apply records in Git the commit of each object's last apply, in one record per environment and
endpoint. plan and drift compare with this record. It holds only commit ids and names of objects,
and is stored in refs/buildsync/*. The record of the built-in emulator never leaves the clone.`,
			"buildsync base fetch && buildsync apply --yes; buildsync base push"),
		Subcommands: []*cli.Command{p.baseShowCommand(), p.baseFetchCommand(), p.basePushCommand()},
	}, nil)
}

type baseShowOptions struct {
	format string
	all    bool
	runs   int
}

func (p *program) baseShowCommand() *cli.Command {
	var o baseShowOptions
	return p.command(&cli.Command{
		Name:  "show",
		Usage: "show what was applied, when and by whom",
		Description: about(`Shows the record of the environment and endpoint: the commit of all objects, the objects that are at
another commit or were not applied yet, and the last runs. It works offline.

Exit codes: 0 done; 1 there is no record; 3 invalid input, or a damaged record.`,
			"buildsync base show --env prod",
			"buildsync base show --format json"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Destination: &o.format, Usage: "`FORMAT`: text or json", Value: "text"},
			&cli.BoolFlag{Name: "all", Destination: &o.all, Usage: "also list each object that an apply found in step and did not write", DisableDefaultText: true},
			&cli.IntFlag{Name: "runs", Destination: &o.runs, Usage: "show the last `N` runs", Value: 10},
		},
	}, func(in *invocation) error { return in.baseShow(&o) })
}

func remoteFlag(remote *string) cli.Flag {
	return &cli.StringFlag{Name: "remote", Destination: remote, Usage: "the Git remote: `NAME` or address", Value: "origin"}
}

func (p *program) baseFetchCommand() *cli.Command {
	var remote string
	return p.command(&cli.Command{
		Name:  "fetch",
		Usage: "fetch the records of a remote into this clone",
		Description: about(`Fetches the records of all environments and endpoints, with the commits that they name, and merges
them object by object with the records of this clone. Run it before plan, apply and drift in CI.

Exit codes: 0 done; 1 the remote could not be read; 3 invalid input.`,
			"buildsync base fetch"),
		Flags: []cli.Flag{remoteFlag(&remote)},
	}, func(in *invocation) error { return in.exchange("fetched", remote, record.Fetch) })
}

func (p *program) basePushCommand() *cli.Command {
	var remote string
	return p.command(&cli.Command{
		Name:  "push",
		Usage: "push the records of this clone to a remote",
		Description: about(`Merges what others have pushed, object by object, and pushes. If someone else pushes at the same
time, it tries again. Run it after apply in CI, also after an apply that failed: the record also
holds what that apply wrote.

Exit codes: 0 done; 1 the remote could not be written; 3 invalid input.`,
			"buildsync base push"),
		Flags: []cli.Flag{remoteFlag(&remote)},
	}, func(in *invocation) error { return in.exchange("pushed", remote, record.Push) })
}

// exchange opens the repository around the workspace and moves records from or to a remote.
func (in *invocation) exchange(done, remote string, move func(ctx context.Context, repo *gitbase.Repo, remote string) ([]record.Moved, error)) error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	if sanitize.MayHoldCredentials(remote) {
		return kit.UsageError{Text: "--remote contains credentials; give the name of a remote or an address without them, and let Git find the credentials"}
	}
	ctx, cancel := in.WithTimeout()
	defer cancel()
	dir, err := in.findWorkspace()
	if err != nil {
		return err
	}
	repo, err := gitbase.Open(in.Ctx, dir)
	if err != nil {
		return &failure{exitInvalid, err}
	}
	moved, err := move(ctx, repo, remote)
	if err != nil {
		return workspace.RecordError(err)
	}
	for _, m := range moved {
		how := ""
		if m.Merged {
			how = ", merged with what was applied from here"
		}
		in.Note("%s %s%s", m.Ref, done, how)
	}
	if len(moved) == 0 {
		in.Note("no record has changed")
	}
	return nil
}

func (in *invocation) baseShow(o *baseShowOptions) error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	if err := kit.CheckWord("format", o.format, "text", "json"); err != nil {
		return err
	}
	ctx, cancel := in.WithTimeout()
	defer cancel()
	w, err := in.openPacked()
	if err != nil {
		return err
	}
	repo, err := gitbase.Open(ctx, w.Dir)
	if err != nil {
		return &failure{exitInvalid, err}
	}
	r := &workspace.Revisions{Repo: repo, Asked: in.comparison(w, workspace.AutoBase)}
	if err := w.FindRecord(ctx, r); err != nil {
		return err
	}
	switch {
	case r.Scope.Endpoint == "":
		_, err := in.recordScope(w)
		return err
	case r.Recorded == nil:
		return &failure{exitFailed, fmt.Errorf("no record of an earlier apply to %s in this clone; run buildsync base fetch to get the record of other clones", r.Scope)}
	}
	shown := pages.ShownRecord{Ref: r.Recorded.Ref, Environment: r.Scope.Environment, Endpoint: r.Scope.Endpoint, Record: r.Recorded.Record, Runs: []pages.ShownRun{}, All: o.all}
	if r.Recorded.Commit != "" {
		runs, err := repo.FirstParents(ctx, r.Recorded.Commit, record.File, max(o.runs, 1))
		if err != nil {
			return err
		}
		for _, run := range runs {
			shown.Runs = append(shown.Runs, pages.ShownRun{Time: run.By.When, By: run.By.Name, Email: run.By.Email, What: run.Subject, Content: run.Commit})
		}
	}
	if o.format == "json" {
		encoder := json.NewEncoder(in.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(shown)
	}
	out := screen.PaperFor(in.Stdout, false)
	pages.WriteShownRecord(out, &shown)
	_, err = in.Stdout.Write([]byte(out.String()))
	return err
}
