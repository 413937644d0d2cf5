package gitbase

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// RefPrefix is where apply remembers the commit that was applied last, one ref
// for each environment.
const RefPrefix = "refs/buildsync/"

// ErrNoRepository says that the folder is not inside a Git work tree.
var ErrNoRepository = errors.New("not inside a Git repository")

// ErrUnknownRevision says that a revision does not name a commit of this
// clone.
var ErrUnknownRevision = errors.New("unknown revision")

// Repo is the Git repository that a workspace lies in.
type Repo struct {
	dir     string // the workspace
	prefix  string // of the workspace inside the repository, "" or "a/b/"
	Shallow bool   // history is cut off: an older commit may be missing
}

// Open finds the repository around the workspace folder dir. The error wraps
// ErrNoRepository where there is none.
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

// Resolve returns the full id of the commit that revision names. The error
// wraps ErrUnknownRevision where there is none, and says so if that may be
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
			"(refs/buildsync/* needs: git fetch origin '+refs/buildsync/*:refs/buildsync/*')", ErrUnknownRevision, revision)
	case err != nil:
		return "", fmt.Errorf("resolving %q: %w", revision, err)
	}
	commit := strings.TrimSpace(string(out))
	if len(commit) != 40 && len(commit) != 64 {
		return "", fmt.Errorf("resolving %q: git answered %q, which is no commit id", revision, commit)
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

// Ref is the ref that holds the commit applied last to environment; a
// workspace without environments uses "default".
func Ref(environment string) string {
	if environment == "" {
		environment = "default"
	}
	return RefPrefix + environment
}

// MoveRef makes ref name commit, if it still names have ("" for a ref that
// does not exist): of two runs that end together only one wins.
func (r *Repo) MoveRef(ctx context.Context, ref, commit, have string) error {
	if !strings.HasPrefix(ref, RefPrefix) {
		return fmt.Errorf("moving %s: only refs below %s are buildsync's to move", ref, RefPrefix)
	}
	if have == "" {
		have = strings.Repeat("0", len(commit))
	}
	if _, err := git(ctx, r.dir, "update-ref", "-m", "buildsync apply", "--end-of-options", ref, commit, have); err != nil {
		return fmt.Errorf("moving %s to %.12s: %w", ref, commit, err)
	}
	return nil
}

// RemovedIn returns the newest commit after base that deleted the file name of
// the workspace, "" where none did.
func (r *Repo) RemovedIn(ctx context.Context, base, name string) (string, error) {
	out, err := git(ctx, r.dir, "log", "-1", "--no-ext-diff", "--no-textconv", "--no-show-signature",
		"--format=%H", "--diff-filter=D", "--end-of-options", base+"..HEAD", "--", name)
	if err != nil {
		return "", fmt.Errorf("looking for the commit that removed %q: %w", name, err)
	}
	return string(bytes.TrimSpace(out)), nil
}
