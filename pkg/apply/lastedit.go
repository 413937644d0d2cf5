package apply

import (
	"context"
	"errors"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/buildsync/buildsync/internal/crash"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
)

// FindLastEdits asks the service's change history who last edited the jobs of a plan that were edited
// outside, with one request per job, parallel at a time (0: client.MaxInFlight). Missing answers stay empty: this is an extra, so
// its failures do not fail the caller. problem is why some jobs have no answer; the first error
// that concerns all jobs (no such route, no permission) ends it.
func FindLastEdits(ctx context.Context, history History, plan *diff.Plan, parallel int) (problem error) {
	if parallel < 1 {
		parallel = client.MaxInFlight
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	failed := make([]error, len(plan.Changes))
	for i := range plan.Changes {
		c := &plan.Changes[i]
		if c.Kind != diff.KindJob || c.ID == nil || !c.EditedOutside() {
			continue // only existing jobs have a history
		}
		group.Go(func() error {
			return crash.Caught(func() error {
				rows, err := history.JobChanges(ctx, *c.ID)
				switch {
				case err == nil:
					c.LastEdit = lastEdit(rows)
				case client.FailsAgain(err):
					return err
				default:
					failed[i] = err
				}
				return nil
			})
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return errors.Join(failed...)
}

// mostEditors is how many jobs of a plan get the name of their last editor: each costs a request, and
// an edit of more is rather a script's.
const mostEditors = 10

// NameEditors adds to a plan who edited its jobs outside, if they are few. Where the service does not
// know, nothing is said; err is the cause of an interrupted ctx.
func NameEditors(ctx context.Context, history History, plan *diff.Plan, parallel int) (err error) {
	edited := 0
	for i := range plan.Changes {
		if plan.Changes[i].EditedOutside() {
			edited++
		}
	}
	if edited == 0 || edited > mostEditors {
		return nil
	}
	_ = FindLastEdits(ctx, history, plan, parallel)
	return context.Cause(ctx)
}

// lastEdit returns the change with the highest number; nil if there is none. The rows come newest
// first, but that is not guaranteed.
func lastEdit(rows []wire.JobChange) *diff.LastEdit {
	var newest *wire.JobChange
	var number int64
	for i := range rows {
		n, err := strconv.ParseInt(rows[i].Number.String(), 10, 64)
		if err == nil && (newest == nil || n > number) {
			newest, number = &rows[i], n
		}
	}
	if newest == nil {
		return nil
	}
	edit := &diff.LastEdit{User: who(*newest)}
	if ms, err := strconv.ParseInt(newest.Time.String(), 10, 64); err == nil && ms > 0 {
		edit.Time = time.UnixMilli(ms).UTC().Truncate(time.Second)
	}
	return edit
}
