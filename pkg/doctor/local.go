package doctor

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

	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// workspace loads the workspace. If it cannot be found or loaded, the known
// part is kept; later checks need no more.
func (e *Examination) workspace() {
	const check = "workspace"
	e.w = &workspace.Workspace{Dir: e.setup.Dir}
	dir, err := spec.FindWorkspace(e.setup.Dir)
	if err != nil {
		e.fail(check, err, remedy.FindWorkspace)
		return
	}
	opened, err := workspace.Open(dir)
	if err != nil {
		e.w.Dir = dir
		e.fail(check, err, remedy.ReadFolder)
		return
	}
	e.w = opened
	found, err := e.setup.Load(e.w)
	if e.w.Set == nil {
		if declared, _ := spec.LoadWorkspace(e.w.Tree, spec.Options{}); declared != nil { // without the environment
			e.w.Set = &spec.Set{Tree: e.w.Tree, Workspace: declared}
		}
	}
	if err != nil {
		problem := &Problem{Err: err}
		errors.As(err, &problem)
		e.fail(check, problem.Err, problem.Remedy)
		return
	}
	errs := 0
	for _, one := range found {
		if one.Severity == spec.Error {
			errs++
		}
	}
	if errs > 0 {
		e.fail(check, fmt.Errorf("%s: %s, see above", e.w.Dir, sanitize.Counted(errs, "error")), remedy.MendDefinitions)
		return
	}
	e.ok(check, fmt.Sprintf("%s: %s, %s", e.w.Dir, sanitize.Counted(len(e.w.Result.Jobs), "job"), sanitize.Counted(len(e.w.Result.Templates), "template")))
}

// declared returns what buildsync.yaml says, nil if it was not read; the
// definitions may have errors all the same.
func (e *Examination) declared() *spec.Workspace {
	if e.w.Set == nil {
		return nil
	}
	return e.w.Set.Workspace
}

// aliases returns the projects of buildsync.yaml, none where it was not read.
func (e *Examination) aliases() []string {
	if e.declared() == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(e.declared().Projects))
}

// region returns the region that buildsync.yaml names, "" if it was not read.
func (e *Examination) region() string {
	if e.declared() == nil {
		return ""
	}
	return e.declared().Region
}

// git checks the conditions for a base.
func (e *Examination) git(ctx context.Context) {
	const check, without = "git", ": there is no base, so drift looks like change, and nothing is removed"
	repo, err := gitbase.Open(ctx, e.w.Dir)
	switch {
	case errors.Is(err, gitbase.ErrNoGit):
		e.warn(check, "the program git is not on the PATH"+without, remedy.InstallGit)
		return
	case errors.Is(err, gitbase.ErrNoRepository):
		e.warn(check, err.Error()+without, remedy.InitRepository)
		return
	case err != nil:
		e.warn(check, err.Error()+without, remedy.AskGit)
		return
	}
	if repo.Shallow {
		e.warn(check, "this clone is shallow: the commit applied last may be missing", remedy.FetchHistory)
	}
	if e.declared() == nil {
		e.ok(check, e.w.Dir+" is in a repository")
		return
	}
	r := &workspace.Revisions{Repo: repo}
	switch err := e.w.ReadHead(ctx, r); {
	case err != nil:
		e.fail(check, err, remedy.AskGit)
		return
	case r.Head.Commit == "":
		e.warn(check, "there is no commit yet", remedy.CommitFirst)
	case r.Head.Dirty:
		e.warn(check, fmt.Sprintf("commit %.12s, and definitions that are not committed", r.Head.Commit), remedy.CommitChanges)
	default:
		e.ok(check, fmt.Sprintf("commit %.12s", r.Head.Commit))
	}
	e.repo = repo
}

// base looks for the record of what was applied, as a plan does.
func (e *Examination) base(ctx context.Context) {
	const check = "base"
	switch named := e.setup.Base; {
	case e.repo == nil:
		return
	case named != "":
		commit, err := e.repo.Resolve(ctx, named)
		if err != nil {
			e.fail(check, fmt.Errorf("BUILDSYNC_BASE: %w", err), remedy.NameCommit)
			return
		}
		e.ok(check, fmt.Sprintf("BUILDSYNC_BASE %s is %.12s", named, commit))
		return
	}
	r := &workspace.Revisions{Repo: e.repo, Asked: e.setup.Comparison(e.w)}
	switch err := e.w.FindRecord(ctx, r); {
	case err != nil:
		e.fail(check, err, remedy.FetchOthers)
	case r.Recorded == nil:
		e.warn(check, "no record of an earlier apply is in this clone: plan compares two ways, and nothing is removed", remedy.AwaitRecord)
	default:
		e.tell(Result{Check: check, Status: OK, Text: fmt.Sprintf("the record %s is at %.12s", r.Recorded.Ref, r.Recorded.Record.Commit), Record: r.Recorded})
	}
}

// ciMutexes are the settings that keep a CI system from running two applies at
// once.
var ciMutexes = []struct {
	glob, word string
	advice     remedy.Remedy
}{
	{".github/workflows/*.y*ml", "concurrency:", remedy.GroupConcurrency},
	{".gitlab-ci.yml", "resource_group:", remedy.GroupResources},
}

// ci looks for CI files that apply without a mutex.
func (e *Examination) ci(context.Context) {
	root := cmp.Or(workspace.RepositoryOf(e.w.Dir), e.w.Dir)
	for _, mutex := range ciMutexes {
		names, err := fs.Glob(os.DirFS(root), mutex.glob)
		if err != nil {
			continue
		}
		for _, name := range names {
			content, err := os.ReadFile(filepath.Join(root, name))
			switch {
			case err != nil || !strings.Contains(string(content), remedy.ApplyCommand):
			case strings.Contains(string(content), mutex.word):
				e.ok("ci", name+" applies, one run at a time")
			default:
				e.warn("ci", name+" applies, and two runs may do so at once", mutex.advice)
			}
		}
	}
}
