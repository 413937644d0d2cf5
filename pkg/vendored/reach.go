package vendored

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"

	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// resolve returns the commit that the ref of a source names now, and the ref's full name. The error
// says what to do.
func resolve(ctx context.Context, remote *gitbase.Source, source spec.Source) (commit, full string, err error) {
	commit, full, err = remote.Resolve(ctx)
	switch {
	case err == nil || ctx.Err() != nil:
	case !errors.Is(err, gitbase.ErrNoRef):
		err = fmt.Errorf("%w; %s", err, remedy.ReachSource)
	case isShortCommit().MatchString(source.Ref):
		err = fmt.Errorf("%w; %s", err, remedy.WholeCommit)
	}
	return commit, full, err
}

// isShortCommit matches what may be the beginning of a commit's id.
var isShortCommit = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{7,39}$`) })

// fetchCommit fetches a commit by its id. If the server does not allow that, it fetches the ref,
// which may still be at that commit.
func fetchCommit(ctx context.Context, remote *gitbase.Source, source spec.Source, commit, full string) (*gitbase.SourceFiles, error) {
	files, err := remote.Fetch(ctx, commit, full)
	if err == nil || full != "" || ctx.Err() != nil {
		return files, err
	}
	now, full, wrong := resolve(ctx, remote, source)
	switch {
	case wrong != nil:
		return nil, wrong
	case now == commit && full != "":
		return remote.Fetch(ctx, commit, full)
	case spec.IsCommitID(source.Ref):
		return nil, fmt.Errorf("%w; %s", err, remedy.ReachSource)
	}
	return nil, fmt.Errorf("%w; %s", err, remedy.VendorNewest(source.Name))
}
