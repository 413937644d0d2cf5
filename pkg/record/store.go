package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// attempts bounds how often a write or push is repeated after a lost race.
const attempts = 20

// DamagedError reports a ref whose record is not usable.
type DamagedError struct {
	Ref, Commit string
	Cause       error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("the record %s (commit %.12s) cannot be used: %v; %s",
		e.Ref, e.Commit, e.Cause, remedy.FetchRecord(e.Ref))
}

func (e *DamagedError) Unwrap() error { return e.Cause }

// Stored is a record with its own commit.
type Stored struct {
	Ref    string
	Commit string // of the record itself; "" if it is not stored yet
	*Record
}

// Read returns the record at ref, nil if there is no such ref.
func Read(ctx context.Context, repo *gitbase.Repo, ref string) (*Stored, error) {
	commit, err := repo.RefCommit(ctx, ref)
	if err != nil || commit == "" {
		return nil, err
	}
	r, err := readAt(ctx, repo, ref, commit)
	if err != nil {
		return nil, err
	}
	return &Stored{Ref: ref, Commit: commit, Record: r}, nil
}

func readAt(ctx context.Context, repo *gitbase.Repo, ref, commit string) (*Record, error) {
	text, err := repo.FileAt(ctx, commit, File)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &DamagedError{ref, commit, err}
	}
	r, err := Parse(text)
	if err != nil {
		return nil, &DamagedError{ref, commit, fmt.Errorf("%s: %w", File, err)}
	}
	return r, nil
}

// ReadOld returns the record that an older version left for an environment: a plain commit for all
// objects. It returns nil if there is none.
func ReadOld(ctx context.Context, repo *gitbase.Repo, s Scope) (*Stored, error) {
	commit, err := repo.RefCommit(ctx, s.oldRef())
	if err != nil || commit == "" {
		return nil, err
	}
	return &Stored{Ref: s.oldRef(), Record: &Record{Version: formatVersion, Commit: commit}}, nil
}

// Others returns the refs of a workspace's records for other endpoints, in the environment of s.
func Others(ctx context.Context, repo *gitbase.Repo, s Scope) ([]string, error) {
	var out []string
	for _, prefix := range []string{sharedRefs, localRefs} {
		refs, err := repo.Refs(ctx, prefix)
		if err != nil {
			return nil, err
		}
		for ref := range refs {
			environment, _, folder, ok := parts(ref)
			if ok && ref != s.Ref() && folder == s.Folder && (Scope{Environment: environment}).environment() == s.environment() {
				out = append(out, ref)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

// Write stores next at ref. have is the record that next was made from (nil: none). If another run
// has moved ref since, the two records are merged.
func Write(ctx context.Context, repo *gitbase.Repo, ref string, have *Stored, next *Record, message string) (*Stored, error) {
	came := have
	for range attempts {
		merged, parents, at := next, []string(nil), ""
		now, err := Read(ctx, repo, ref)
		if err != nil {
			return nil, err
		}
		if now != nil {
			parents, at = []string{now.Commit}, now.Commit
			if came == nil || now.Commit != came.Commit {
				if merged, err = Merge(recordOf(came), next, now.Record, newer(ctx, repo)); err != nil {
					return nil, err
				}
			}
			if same(merged, now.Record) {
				return now, nil
			}
		}
		commit, err := commitRecord(ctx, repo, merged, parents, message)
		if err != nil {
			return nil, err
		}
		switch err := repo.MoveRef(ctx, ref, commit, at); {
		case errors.Is(err, gitbase.ErrMoved):
			continue
		case err != nil:
			return nil, err
		}
		return &Stored{Ref: ref, Commit: commit, Record: merged}, nil
	}
	return nil, fmt.Errorf("%s was moved by others %d times; apply again", ref, attempts)
}

func recordOf(s *Stored) *Record {
	if s == nil {
		return nil
	}
	return s.Record
}

func same(a, b *Record) bool {
	x, errX := a.Encode()
	y, errY := b.Encode()
	return errX == nil && errY == nil && string(x) == string(y)
}

func newer(ctx context.Context, repo *gitbase.Repo) Newer {
	return func(a, b string) (bool, error) { return repo.Contains(ctx, a, b) }
}

// commitRecord stores a record as a commit. Its parents are the earlier records and the commits
// that it names, so that fetching the record fetches those too.
func commitRecord(ctx context.Context, repo *gitbase.Repo, r *Record, before []string, message string) (string, error) {
	text, err := r.Encode()
	if err != nil {
		return "", err
	}
	parents := slices.Clone(before)
	for _, commit := range r.commits() {
		known := false
		for _, parent := range before {
			if known, err = repo.Contains(ctx, parent, commit); err != nil {
				return "", err
			}
			if known {
				break
			}
		}
		if !known {
			parents = append(parents, commit)
		}
	}
	return repo.CommitFile(ctx, gitbase.NewCommit{
		File: File, Content: text, Parents: parents, Message: message, By: author(ctx, repo),
	})
}

// author returns who applies: Git's name, else that of the machine.
func author(ctx context.Context, repo *gitbase.Repo) gitbase.Person {
	me := repo.Me(ctx)
	clean := func(s string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune("<>\n\r\x00", r) {
				return -1
			}
			return r
		}, sanitize.Line(s, 200))
	}
	return gitbase.Person{
		Name:  cmp.Or(clean(me.Name), clean(accountName()), "buildsync"),
		Email: cmp.Or(clean(me.Email), "buildsync@localhost"),
		When:  time.Now(),
	}
}
