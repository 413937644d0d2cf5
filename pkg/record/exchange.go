package record

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Moved is a record that was changed by an exchange with a remote.
type Moved struct {
	Ref    string
	Merged bool // both sides had something new
}

// Fetch fetches the records of a remote, with the commits that they name, and merges them with
// those of this clone.
func Fetch(ctx context.Context, repo *gitbase.Repo, remote string) ([]Moved, error) {
	refs, err := fetchRefs(ctx, repo, remote)
	if err != nil {
		return nil, err
	}
	var moved []Moved
	for _, ref := range slices.Sorted(maps.Keys(refs)) {
		change, err := takeOver(ctx, repo, remote, ref, refs[ref])
		if err != nil {
			return moved, err
		}
		if change != nil {
			moved = append(moved, *change)
		}
	}
	return moved, nil
}

// fetchRefs fetches the remote's records and returns their commits by ref name.
func fetchRefs(ctx context.Context, repo *gitbase.Repo, remote string) (map[string]string, error) {
	kept := fmt.Sprintf("%s%x/", fetched, sha256.Sum256([]byte(remote))) // an address may contain private data
	if err := repo.FetchRefs(ctx, remote, sharedRefs, kept); err != nil {
		return nil, err
	}
	refs, err := repo.Refs(ctx, kept)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for ref, commit := range refs {
		out[sharedRefs+strings.TrimPrefix(ref, kept)] = commit
	}
	return out, nil
}

// takeOver merges the remote's version of one ref.
func takeOver(ctx context.Context, repo *gitbase.Repo, remote, ref, theirs string) (*Moved, error) {
	for range attempts {
		ours, err := repo.RefCommit(ctx, ref)
		if err != nil || ours == theirs {
			return nil, err
		}
		next, merged, err := join(ctx, repo, remote, ref, ours, theirs)
		if err != nil || next == ours {
			return nil, err
		}
		switch err := repo.MoveRef(ctx, ref, next, ours); {
		case errors.Is(err, gitbase.ErrMoved):
			continue
		case err != nil:
			return nil, err
		}
		return &Moved{Ref: ref, Merged: merged}, nil
	}
	return nil, fmt.Errorf("%s was moved by others %d times; fetch again", ref, attempts)
}

// join returns the commit with the records of both sides of a ref.
func join(ctx context.Context, repo *gitbase.Repo, remote, ref, ours, theirs string) (next string, merged bool, err error) {
	if ours == "" {
		return theirs, false, nil
	}
	switch behind, err := repo.Contains(ctx, theirs, ours); {
	case err != nil:
		return "", false, err
	case behind:
		return theirs, false, nil
	}
	switch ahead, err := repo.Contains(ctx, ours, theirs); {
	case err != nil:
		return "", false, err
	case ahead:
		return ours, false, nil
	}
	if _, _, _, ok := parts(ref); !ok { // a plain commit from an older version
		return "", false, fmt.Errorf("%s was written by an older version, here and at %s, at commits of different branches; delete the one that is wrong", ref, sanitize.Addresses(remote))
	}
	mine, err := readAt(ctx, repo, ref, ours)
	if err != nil {
		return "", false, err
	}
	other, err := readAt(ctx, repo, ref+" of "+sanitize.Addresses(remote), theirs)
	if err != nil {
		return "", false, err
	}
	base, err := commonRecord(ctx, repo, ref, ours, theirs)
	if err != nil {
		return "", false, err
	}
	both, err := Merge(base, mine, other, newer(ctx, repo))
	if err != nil {
		return "", false, err
	}
	message := fmt.Sprintf("Merge what was applied from %s\n", sanitize.Addresses(remote))
	next, err = commitRecord(ctx, repo, both, []string{ours, theirs}, message)
	return next, true, err
}

// commonRecord returns the common ancestor of two records, nil if there is none.
func commonRecord(ctx context.Context, repo *gitbase.Repo, ref, ours, theirs string) (*Record, error) {
	common, err := repo.CommonFile(ctx, ours, theirs, File)
	if err != nil || common == "" {
		return nil, err
	}
	return readAt(ctx, repo, ref, common)
}

// Push pushes the records of this clone to a remote. If others have pushed meanwhile, it merges and
// tries again.
func Push(ctx context.Context, repo *gitbase.Repo, remote string) ([]Moved, error) {
	var last error
	for attempt := range attempts {
		theirs, err := fetchRefs(ctx, repo, remote)
		if err != nil {
			return nil, err
		}
		for ref, commit := range theirs {
			if _, err := takeOver(ctx, repo, remote, ref, commit); err != nil {
				return nil, err
			}
		}
		ours, err := repo.Refs(ctx, sharedRefs)
		if err != nil {
			return nil, err
		}
		var moved []Moved
		var refs []string
		for _, ref := range slices.Sorted(maps.Keys(ours)) {
			if _, _, _, ok := parts(ref); ok && ours[ref] != theirs[ref] {
				moved, refs = append(moved, Moved{Ref: ref}), append(refs, ref)
			}
		}
		if len(refs) == 0 {
			return nil, nil
		}
		if last = repo.PushRefs(ctx, remote, refs); last == nil {
			return moved, nil
		}
		if !errors.Is(last, gitbase.ErrRejected) {
			return nil, last
		}
		if err := pause(ctx, attempt); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("others pushed before each of %d attempts: %w", attempts, last)
}

// pause waits longer after each lost race, for a random time.
func pause(ctx context.Context, attempt int) error {
	longest := min(50*time.Millisecond<<min(attempt, 6), 2*time.Second)
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
