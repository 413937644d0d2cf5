package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

func (p *program) doctorCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "doctor",
		Usage: "check credentials, endpoint, projects, clock, Git and CI, and say what to do",
		Description: about(`Checks one thing after the other that apply needs, and prints what to do about those that are
not right. It writes nothing, and sends one listing for each project.

Exit codes: 0 all is well; 1 something is not.`,
			"buildsync doctor",
			"buildsync doctor --env prod"),
	}, (*invocation).doctor)
}

// diagnosis prints the checks of doctor as they are made.
type diagnosis struct {
	in     *invocation
	failed bool
}

func (d *diagnosis) print(mark, what, format string, args ...any) {
	_, _ = fmt.Fprintf(d.in.stdout, "%-4s  %-12s %s\n", mark, what, sanitize.Line(fmt.Sprintf(format, args...), 2048))
}

func (d *diagnosis) ok(what, format string, args ...any)   { d.print("ok", what, format, args...) }
func (d *diagnosis) warn(what, format string, args ...any) { d.print("warn", what, format, args...) }

// fail prints a check that failed; advice says what to do.
func (d *diagnosis) fail(what string, err error, advice string) {
	d.failed = true
	d.print("FAIL", what, "%v", err)
	if advice != "" {
		d.print("", "", "→ %s", advice)
	}
}

func (in *invocation) doctor() error {
	if _, err := in.args(0); err != nil {
		return err
	}
	ctx, cancel := in.withTimeout()
	defer cancel()
	d := &diagnosis{in: in}
	w, err := in.open()
	if err != nil {
		if err.Error() == "" {
			err = errors.New("the definitions have errors, see above")
		}
		d.fail("workspace", err, "buildsync lint shows each with its line")
		return said(exitFailed)
	}
	d.ok("workspace", "%s: %d jobs, %d templates", w.dir, len(w.result.Jobs), len(w.result.Templates))
	d.checkGit(ctx, w)
	d.checkCI(w.dir)
	d.checkService(ctx, w)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if d.failed {
		return said(exitFailed)
	}
	return nil
}

// checkGit looks at what --base needs.
func (d *diagnosis) checkGit(ctx context.Context, w *workspace) {
	repo, err := gitbase.Open(ctx, w.dir)
	if err != nil {
		d.warn("git", "%v: without it there is no base, and nothing is removed", err)
		return
	}
	if repo.Shallow {
		d.warn("git", "this clone is shallow: a base may be missing (git fetch --unshallow, or fetch-depth: 0 in CI)")
	}
	var r revisions
	r.repo = repo
	switch err := r.readHead(ctx, w); {
	case err != nil:
		d.fail("git", err, "")
		return
	case r.head.Commit == "":
		d.warn("git", "there is no commit yet")
	case r.head.Dirty:
		d.warn("git", "commit %.12s, and definitions that are not committed", r.head.Commit)
	default:
		d.ok("git", "commit %.12s", r.head.Commit)
	}
	ref := gitbase.Ref(d.in.text("env"))
	commit, err := repo.Resolve(ctx, ref)
	if err != nil {
		d.warn("base", "%s does not exist here: --base auto compares two ways until an apply has succeeded", ref)
		return
	}
	d.ok("base", "%s is %.12s", ref, commit)
}

// ciMutexes are the words by which a CI system is told not to run two applies
// at once.
var ciMutexes = []struct{ glob, word, advice string }{
	{".github/workflows/*.y*ml", "concurrency:", "add a concurrency group without cancel-in-progress"},
	{".gitlab-ci.yml", "resource_group:", "add a resource_group to the job that applies"},
}

// checkCI looks for CI files that apply without a mutex.
func (d *diagnosis) checkCI(dir string) {
	root := cmp.Or(repositoryOf(dir), dir)
	for _, mutex := range ciMutexes {
		names, err := fs.Glob(os.DirFS(root), mutex.glob)
		if err != nil {
			continue
		}
		for _, name := range names {
			content, err := os.ReadFile(filepath.Join(root, name))
			if err != nil || !strings.Contains(string(content), "buildsync apply") {
				continue
			}
			if strings.Contains(string(content), mutex.word) {
				d.ok("ci", "%s applies, one run at a time", name)
			} else {
				d.warn("ci", "%s applies, and two runs may do so at once: %s", name, mutex.advice)
			}
		}
	}
}

// checkService looks at the way to the service and reads each project's
// listing.
func (d *diagnosis) checkService(ctx context.Context, w *workspace) {
	service, err := d.in.connect(w.dir, w.set.Workspace.Region)
	if err != nil {
		d.fail("credentials", err, "")
		return
	}
	defer func() {
		if err := service.close(); err != nil {
			d.fail("service", err, "")
		}
	}()
	d.ok("endpoint", "%s", service.name)
	d.ok("credentials", "%s", service.source)
	if proxy := service.Proxy(); proxy != "" {
		d.ok("proxy", "%s", proxy)
	}
	for _, alias := range slices.Sorted(maps.Keys(w.set.Workspace.Projects)) {
		project := w.set.Workspace.Projects[alias]
		listing, err := service.Listing(ctx, project.ID)
		switch {
		case err != nil:
			d.fail("project "+alias, err, adviceFor(err))
			return // what fails for one project mostly fails for all, and a key can be locked
		case !listing.Complete:
			d.warn("project "+alias, "%d jobs are listed, but not all: %s", len(listing.Jobs), listing.Problem)
		default:
			d.ok("project "+alias, "%d live jobs", len(listing.Jobs))
		}
	}
}

// adviceFor says what to do about a failed call.
func adviceFor(err error) string {
	switch {
	case errors.Is(err, client.ErrUnauthorized):
		return "check the access key or token, that it belongs to this account and region, and this machine's clock"
	case errors.Is(err, client.ErrForbidden):
		return "the key is good, but may not do this: ask for the project role that may view and edit build jobs"
	case errors.Is(err, client.ErrNotFound):
		return "check the project's id in buildsync.yaml; it is not the IAM project's"
	case errors.Is(err, client.ErrNotTheAPI):
		return "something else answers at this address: a proxy, a portal, a wrong endpoint"
	case errors.Is(err, client.ErrRouteMissing):
		return "this region does not have these routes: try --api v1"
	}
	return ""
}
