package gitbase

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// ErrNoRepository says that the folder is not inside a Git work tree.
var ErrNoRepository = errors.New("not inside a Git repository")

// ErrMoved says that a ref was moved by somebody else.
var ErrMoved = errors.New("another run moved the ref")

// ErrNoWorkspace says that a commit does not hold the workspace's folder.
var ErrNoWorkspace = errors.New("no buildsync.yaml")

// ErrUnknownRevision says that a revision does not name a commit of this
// clone.
var ErrUnknownRevision = errors.New("unknown revision")

// Repo is the Git repository that contains a workspace.
type Repo struct {
	dir     string // the workspace
	prefix  string // of the workspace inside the repository, "" or "a/b/"
	Shallow bool   // history is cut off: an older commit may be missing
}

// Open finds the repository around the workspace folder dir. The error wraps
// ErrNoRepository if there is none.
func Open(ctx context.Context, dir string) (*Repo, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding the Git repository of %s: %w", dir, err)
	}
	out, err := git(ctx, dir, "rev-parse", "--is-inside-work-tree", "--is-shallow-repository", "--show-prefix")
	var failed *commandError
	if errors.As(err, &failed) && strings.Contains(failed.said, "not a git repository") {
		return nil, fmt.Errorf("%s is %w", dir, ErrNoRepository)
	}
	if err != nil {
		return nil, fmt.Errorf("finding the Git repository of %s: %w", dir, err)
	}
	lines := strings.SplitN(strings.TrimSuffix(string(out), "\n"), "\n", 3)
	if len(lines) != 3 || lines[0] != "true" {
		return nil, fmt.Errorf("%s is %w", dir, ErrNoRepository)
	}
	return &Repo{dir: dir, prefix: lines[2], Shallow: lines[1] == "true"}, nil
}

// Folder returns the workspace's folder inside the repository, "" for its root.
func (r *Repo) Folder() string { return strings.TrimSuffix(r.prefix, "/") }

// Resolve returns the full id of the commit that revision names. The error
// wraps ErrUnknownRevision if there is none, and says so if that may be
// because the clone is shallow.
func (r *Repo) Resolve(ctx context.Context, revision string) (string, error) {
	out, err := git(ctx, r.dir, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	var failed *commandError
	switch {
	case errors.As(err, &failed) && r.Shallow:
		return "", fmt.Errorf("%w %q: this clone is shallow and may not hold it; "+
			"fetch the history first (git fetch --unshallow, or fetch-depth: 0 in CI)", ErrUnknownRevision, revision)
	case errors.As(err, &failed):
		return "", fmt.Errorf("%w %q in this clone; if it exists elsewhere, fetch it first "+
			"(git fetch; for the record of what was applied: buildsync base fetch)", ErrUnknownRevision, revision)
	case err != nil:
		return "", fmt.Errorf("resolving %q: %w", revision, err)
	}
	commit := strings.TrimSpace(string(out))
	if len(commit) != 40 && len(commit) != 64 {
		return "", fmt.Errorf("resolving %q: git answered %q, which is not a commit id", revision, commit)
	}
	return commit, nil
}

// Head returns the commit that is checked out, "" in a repository without one.
func (r *Repo) Head(ctx context.Context) (string, error) {
	commit, err := r.Resolve(ctx, "HEAD")
	if errors.Is(err, ErrUnknownRevision) {
		return "", nil
	}
	return commit, err
}

// MainBranch returns the main branch of the remote origin. Without such a
// remote it returns the current branch, "" if there is none either.
func (r *Repo) MainBranch(ctx context.Context) string {
	for _, ref := range []string{"refs/remotes/origin/HEAD", "HEAD"} {
		if out, err := git(ctx, r.dir, "symbolic-ref", "--quiet", ref); err == nil {
			name := strings.TrimSpace(string(out))
			return strings.TrimPrefix(strings.TrimPrefix(name, "refs/remotes/origin/"), "refs/heads/")
		}
	}
	return ""
}

// MoveRef makes ref name commit, if it still names have ("" for a ref that does
// not exist). If two runs end together, only one succeeds; the error of the
// other wraps ErrMoved.
func (r *Repo) MoveRef(ctx context.Context, ref, commit, have string) error {
	if !strings.HasPrefix(ref, "refs/buildsync") {
		return fmt.Errorf("moving %s: buildsync moves only refs below refs/buildsync", ref)
	}
	if have == "" {
		have = strings.Repeat("0", len(commit))
	}
	_, err := git(ctx, r.dir, "update-ref", "-m", "buildsync apply", "--end-of-options", ref, commit, have)
	if err == nil {
		return nil
	}
	now, lookErr := r.RefCommit(ctx, ref)
	if lookErr == nil && now != have && (now != "" || have != strings.Repeat("0", len(commit))) || strings.Contains(err.Error(), ".lock") {
		return fmt.Errorf("%w: %s", ErrMoved, ref)
	}
	return fmt.Errorf("moving %s to %.12s: %w", ref, commit, err)
}

// RefCommit returns the commit that a full ref names, "" if there is no such
// ref.
func (r *Repo) RefCommit(ctx context.Context, ref string) (string, error) {
	refs, err := r.Refs(ctx, ref)
	return refs[ref], err
}
