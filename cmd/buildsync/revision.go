package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// readRevisions asks Git for head and base.
func (in *invocation) readRevisions(ctx context.Context, w *workspace.Workspace, base string) (*workspace.Revisions, error) {
	asked := base
	if named := in.Env.Get("BUILDSYNC_BASE"); base == workspace.AutoBase && named != "" {
		base = named
	}
	r, err := w.Compare(ctx, in.comparison(w, base))
	var unknown *workspace.BaseError
	switch {
	case errors.As(err, &unknown):
		code := exitFailed
		if errors.Is(err, gitbase.ErrUnknownRevision) || unknown.NoGit {
			code = exitInvalid
		}
		return nil, &failure{code, fmt.Errorf("--base %s: %w", unknown.Base, unknown.Err)}
	case err != nil:
		return nil, err
	case r.NoGit != nil && asked == workspace.AutoBase && (in.Set("base") || !errors.Is(r.NoGit, gitbase.ErrNoRepository)):
		in.Note("there is no base, so nothing is removed, and drift looks like change: %v", r.NoGit)
	}
	return r, nil
}
