package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) doctorCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "doctor",
		Usage: "check what apply needs, and say what to do",
		Description: about(`Checks each thing that apply needs, also after one that fails, and prints what to do about those
that are not right. It writes nothing, sends one listing for each project, and stops asking when the
service refuses the credentials: a key is locked after a few failures.

Exit codes: 0 all is well; 1 something is not.`,
			"buildsync doctor",
			"buildsync doctor --env prod"),
	}, (*invocation).doctor)
}

// diagnosis prints the checks of doctor as they are made.
type diagnosis struct {
	in     *invocation
	column int // the width of what is checked, 0 while it is not known
	failed bool
	held   []func() // checks to print once the width is known
}

// layOut makes the column wide enough for every check that is to come, and prints
// those that waited for it.
func (d *diagnosis) layOut(projects map[string]spec.Project) {
	d.column = len("credentials")
	for alias := range projects {
		d.column = min(max(d.column, len("project "+alias)), 32)
	}
	for _, print := range d.held {
		print()
	}
	d.held = nil
}

// print writes a check; on a terminal what does not fit is continued below itself.
func (d *diagnosis) print(mark, what, format string, args ...any) {
	if d.column == 0 {
		d.held = append(d.held, func() { d.print(mark, what, format, args...) })
		return
	}
	text := sanitize.Line(fmt.Sprintf(format, args...), sanitize.MessageLimit)
	lines := []string{text}
	indent := len("FAIL  ") + d.column + 2
	if room := kit.TerminalWidth(d.in.Stdout) - indent; room >= 30 {
		lines = kit.WrapWords(strings.Fields(text), room)
	}
	_, _ = fmt.Fprintf(d.in.Stdout, "%-4s  %-*s  %s\n", mark, d.column, what, strings.Join(lines, "\n"+strings.Repeat(" ", indent)))
}

func (d *diagnosis) ok(what, format string, args ...any)   { d.print("ok", what, format, args...) }
func (d *diagnosis) warn(what, format string, args ...any) { d.print("warn", what, format, args...) }

// fail prints a check that failed; advice says what to do.
func (d *diagnosis) fail(what string, err error, advice string) {
	d.failed = true
	d.print("FAIL", what, "%v%s", err, adviceOn(err))
	if advice != "" {
		d.advise("%s", advice)
	}
}

// advise says what to do about the line before it.
func (d *diagnosis) advise(format string, args ...any) { d.print("", "", "→ "+format, args...) }

func (in *invocation) doctor() error {
	if _, err := in.Args(0); err != nil {
		return err
	}
	ctx, cancel := in.WithTimeout()
	defer cancel()
	d := &diagnosis{in: in}
	w := d.checkWorkspace()
	d.layOut(projectsOf(w))
	d.checkGit(ctx, w)
	d.checkCI(w.Dir)
	d.checkService(ctx, w)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if d.failed {
		return said(exitFailed)
	}
	in.Next("%s", in.Again("plan"))
	return nil
}

// checkWorkspace loads the workspace. One that cannot be found or loaded is
// returned with what is known of it: the checks that come after need no more.
func (d *diagnosis) checkWorkspace() *workspace.Workspace {
	start := cmp.Or(d.in.Text("dir"), ".")
	w := &workspace.Workspace{Dir: start}
	dir, err := spec.FindWorkspace(start)
	if err != nil {
		d.fail("workspace", err, "change to the folder of the workspace, or name it with -C; buildsync init writes a new one")
		return w
	}
	opened, err := workspace.Open(dir)
	if err != nil {
		w.Dir = dir
		d.fail("workspace", err, "see that this user may read the folder")
		return w
	}
	w = opened
	vars, err := d.in.variables()
	if err != nil {
		d.fail("workspace", err, "")
		return w
	}
	diagnostics := w.LoadPacked(d.in.Text("env"), vars)
	if w.Set == nil {
		if declared, _ := spec.LoadWorkspace(w.Tree, spec.Options{}); declared != nil { // without the environment
			w.Set = &spec.Set{Tree: w.Tree, Workspace: declared}
		}
	}
	if err := d.in.unknownEnvironment(diagnostics); err != nil {
		d.fail("workspace", err, "name an environment that buildsync.yaml declares, or declare this one")
		return w
	}
	if err := d.in.report(diagnostics, w); err != nil {
		d.fail("workspace", err, "")
	}
	if diagnostics.HasErrors() {
		errs := 0
		for _, one := range diagnostics {
			if one.Severity == spec.Error {
				errs++
			}
		}
		d.fail("workspace", fmt.Errorf("%s: %s, see above", w.Dir, sanitize.Counted(errs, "error")), "mend them; buildsync lint shows them again, and buildsync explain RULE says more")
		return w
	}
	d.ok("workspace", "%s: %s, %s", w.Dir, sanitize.Counted(len(w.Result.Jobs), "job"), sanitize.Counted(len(w.Result.Templates), "template"))
	return w
}

// isLoadedOf reports whether buildsync.yaml was read; the definitions may have
// errors all the same.
func isLoadedOf(w *workspace.Workspace) bool { return w.Set != nil && w.Set.Workspace != nil }

// projectsOf are the projects of buildsync.yaml, none where it was not read.
func projectsOf(w *workspace.Workspace) map[string]spec.Project {
	if !isLoadedOf(w) {
		return nil
	}
	return w.Set.Workspace.Projects
}

// workspaceRegion is the region that buildsync.yaml names, "" where it was not read.
func workspaceRegion(w *workspace.Workspace) string {
	if !isLoadedOf(w) {
		return ""
	}
	return w.Set.Workspace.Region
}

// checkGit looks at what --base needs.
func (d *diagnosis) checkGit(ctx context.Context, w *workspace.Workspace) {
	const without = "there is no base, so drift cannot be told from changes, and nothing is removed"
	repo, err := gitbase.Open(ctx, w.Dir)
	switch {
	case errors.Is(err, gitbase.ErrNoGit):
		d.warn("git", "the program git is not on the PATH: %s", without)
		d.advise("install Git, or add its folder to PATH")
		return
	case errors.Is(err, gitbase.ErrNoRepository):
		d.warn("git", "%v: %s", err, without)
		d.advise("git init, and commit the definitions")
		return
	case err != nil:
		d.warn("git", "%v: %s", err, without)
		d.advise("see what git -C %s status says", kit.ShellWord(w.Dir))
		return
	}
	if repo.Shallow {
		d.warn("git", "this clone is shallow: the commit applied last may be missing")
		d.advise("git fetch --unshallow; in CI, clone with the whole history (GitHub: fetch-depth: 0, GitLab: GIT_DEPTH: 0)")
	}
	if !isLoadedOf(w) {
		d.ok("git", "%s is in a repository", w.Dir)
		return
	}
	r := &workspace.Revisions{Repo: repo}
	switch err := w.ReadHead(ctx, r); {
	case err != nil:
		d.fail("git", err, "see what git status says in "+w.Dir)
		return
	case r.Head.Commit == "":
		d.warn("git", "there is no commit yet")
		d.advise("git add and git commit the definitions: what is applied is recorded by its commit")
	case r.Head.Dirty:
		d.warn("git", "commit %.12s, and definitions that are not committed", r.Head.Commit)
		d.advise("commit them before apply, or the base cannot be moved")
	default:
		d.ok("git", "commit %.12s", r.Head.Commit)
	}
	d.checkBase(ctx, w, repo)
}

// checkBase looks for the record of what was applied, as --base auto does.
func (d *diagnosis) checkBase(ctx context.Context, w *workspace.Workspace, repo *gitbase.Repo) {
	if named := d.in.Env.Get("BUILDSYNC_BASE"); named != "" && named != workspace.AutoBase {
		commit, err := repo.Resolve(ctx, named)
		if err != nil {
			d.fail("base", fmt.Errorf("BUILDSYNC_BASE: %w", err), "name a commit of this clone, or fetch it first")
			return
		}
		d.ok("base", "BUILDSYNC_BASE %s is %.12s", named, commit)
		return
	}
	r := &workspace.Revisions{Repo: repo, Asked: d.in.comparison(w, workspace.AutoBase)}
	if err := w.FindRecord(ctx, r); err != nil {
		d.fail("base", err, "buildsync base fetch brings the record that others made")
		return
	}
	if r.Recorded == nil {
		d.warn("base", "no record of an earlier apply is in this clone: plan compares two ways, and nothing is removed")
		d.advise("it comes with the first apply; if another clone applies, run buildsync base fetch")
		return
	}
	d.ok("base", "%s", recordText(r.Recorded))
}

// ciMutexes are the words by which a CI system is told not to run two applies
// at once.
var ciMutexes = []struct{ glob, word, advice string }{
	{".github/workflows/*.y*ml", "concurrency:", "add a concurrency group without cancel-in-progress"},
	{".gitlab-ci.yml", "resource_group:", "add a resource_group to the job that applies"},
}

// checkCI looks for CI files that apply without a mutex.
func (d *diagnosis) checkCI(dir string) {
	root := cmp.Or(workspace.RepositoryOf(dir), dir)
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
				d.warn("ci", "%s applies, and two runs may do so at once", name)
				d.advise("%s", mutex.advice)
			}
		}
	}
}
