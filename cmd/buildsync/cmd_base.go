package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) baseCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "base",
		Usage: "show and share what was applied",
		Description: about(`Each apply records in Git at which commit each object was applied last, one record for each
environment and endpoint. The record is what plan and drift compare with. It holds commit ids
and names of objects only, and lies in refs/buildsync/*; that of the built-in emulator never
leaves the clone.`,
			"buildsync base fetch && buildsync apply --yes; buildsync base push"),
		Subcommands: []*cli.Command{p.baseShowCommand(), p.baseFetchCommand(), p.basePushCommand()},
	}, nil)
}

func (p *program) baseShowCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "show",
		Usage: "show what was applied, when and by whom",
		Description: about(`Shows the record of the environment and endpoint: the commit that all objects are at, those that
are at another commit or were not applied yet, and the last runs. It works offline.

Exit codes: 0 done; 1 there is no record; 3 invalid input, or a damaged record.`,
			"buildsync base show --env prod",
			"buildsync base show --format json"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text or json", Value: "text"},
			&cli.IntFlag{Name: "runs", Usage: "show the last `N` runs", Value: 10},
		},
	}, (*invocation).baseShow)
}

func remoteFlag() cli.Flag {
	return &cli.StringFlag{Name: "remote", Usage: "the Git remote: `NAME` or address", Value: "origin"}
}

func (p *program) baseFetchCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "fetch",
		Usage: "bring the records of a remote into this clone",
		Description: about(`Fetches the records of all environments and endpoints, with the commits that they name, and
merges them object by object with what was applied from here. Run it before plan, apply and
drift in CI.

Exit codes: 0 done; 1 the remote could not be read; 3 invalid input.`,
			"buildsync base fetch"),
		Flags: []cli.Flag{remoteFlag()},
	}, (*invocation).baseFetch)
}

func (p *program) basePushCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "push",
		Usage: "bring the records of this clone to a remote",
		Description: about(`Merges what others pushed meanwhile, object by object, and pushes; a lost race is tried again. Run
it after apply in CI, also after one that failed: what it wrote is recorded too.

Exit codes: 0 done; 1 the remote could not be written; 3 invalid input.`,
			"buildsync base push"),
		Flags: []cli.Flag{remoteFlag()},
	}, (*invocation).basePush)
}

// exchange opens the repository around the workspace and calls move for the
// remote.
func (in *invocation) exchange(done string, move func(repo *gitbase.Repo, remote string) ([]record.Moved, error)) error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	remote := in.Text("remote")
	if address, err := url.Parse(remote); err == nil && address.User != nil {
		if _, secret := address.User.Password(); secret {
			return kit.UsageError{Text: "--remote holds a password; give the name of a remote, and let Git find the credentials"}
		}
	}
	dir, err := in.findWorkspace()
	if err != nil {
		return err
	}
	repo, err := gitbase.Open(in.Ctx, dir)
	if err != nil {
		return &failure{exitInvalid, err}
	}
	moved, err := move(repo, remote)
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

func (in *invocation) baseFetch() error {
	ctx, cancel := in.WithTimeout()
	defer cancel()
	return in.exchange("fetched", func(repo *gitbase.Repo, remote string) ([]record.Moved, error) {
		return record.Fetch(ctx, repo, remote)
	})
}

func (in *invocation) basePush() error {
	ctx, cancel := in.WithTimeout()
	defer cancel()
	return in.exchange("pushed", func(repo *gitbase.Repo, remote string) ([]record.Moved, error) {
		return record.Push(ctx, repo, remote)
	})
}

// shownRecord is a record as base show prints it.
type shownRecord struct {
	Ref         string         `json:"ref"`
	Environment string         `json:"environment"`
	Endpoint    string         `json:"endpoint"`
	Record      *record.Record `json:"record"`
	Runs        []shownRun     `json:"runs"`
}

// shownRun is one run that changed a record.
type shownRun struct {
	Time    time.Time `json:"time"`
	By      string    `json:"by"`
	Email   string    `json:"email"`
	What    string    `json:"what"`
	Content string    `json:"commit"` // of the record
}

func (in *invocation) baseShow() error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	format, err := in.OneOf("format", "text", "json")
	if err != nil {
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
		return &failure{exitFailed, fmt.Errorf("no record of an earlier apply to %s in this clone; what others recorded comes with buildsync base fetch", r.Scope)}
	}
	shown := shownRecord{Ref: r.Recorded.Ref, Environment: r.Scope.Environment, Endpoint: r.Scope.Endpoint, Record: r.Recorded.Record, Runs: []shownRun{}}
	if r.Recorded.Commit != "" {
		runs, err := repo.FirstParents(ctx, r.Recorded.Commit, record.File, max(in.Number("runs"), 1))
		if err != nil {
			return err
		}
		for _, run := range runs {
			shown.Runs = append(shown.Runs, shownRun{run.By.When, run.By.Name, run.By.Email, run.Subject, run.Commit})
		}
	}
	if format == "json" {
		encoder := json.NewEncoder(in.Stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(shown)
	}
	return in.printRecord(&shown)
}

func (in *invocation) printRecord(shown *shownRecord) error {
	out := screen.PaperFor(in.Stdout, false)
	r := shown.Record
	fmt.Fprintf(out, "%s\n", shown.Ref)
	switch n := len(r.Except); {
	case r.Commit == "":
		fmt.Fprintf(out, "no run has ended yet\n")
	case n == 0:
		fmt.Fprintf(out, "all objects are at %.12s\n", r.Commit)
	default:
		fmt.Fprintf(out, "all objects are at %.12s, but for %d:\n", r.Commit, n)
	}
	t := screen.NewTable("OBJECT", "STATE")
	for _, address := range r.Listed() {
		t.Add(address, stateText(r, address))
	}
	t.WriteTo(out)
	if len(shown.Runs) > 0 {
		fmt.Fprintf(out, "\n")
		runs := screen.NewTable("TIME", "BY", "WHAT")
		for _, run := range shown.Runs {
			runs.Add(out.Instant(run.Time), run.By, run.What)
		}
		runs.WriteTo(out)
	}
	_, err := in.Stdout.Write([]byte(out.String()))
	return err
}

// stateText says what a record knows of one object.
func stateText(r *record.Record, address string) string {
	s := r.Of(address)
	var parts []string
	switch _, except := r.Except[address]; {
	case !except:
	case s.Commit == "":
		parts = append(parts, "not applied yet")
	default:
		parts = append(parts, fmt.Sprintf("at %.12s", s.Commit))
	}
	for _, commit := range s.Tried {
		parts = append(parts, fmt.Sprintf("may have been written at %.12s", commit))
	}
	if s.Found {
		parts = append(parts, "found in step, never written from here")
	}
	if s.Unproven {
		parts = append(parts, "applied, not proven: no smoke build of it has succeeded")
	}
	if s.Spelled {
		parts = append(parts, "stored by the service in another spelling than it was sent in")
	}
	return strings.Join(parts, "; ")
}
