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

// FindLastEdits asks the service's change history who edited the jobs of a plan
// of drift last, and when, one request for each such job, parallel at a time (0:
// 8). What the history does not say stays empty: it is an extra, so no failure
// of it fails the caller. problem says why nothing was learnt of some jobs; the
// first answer that holds for all (no such route here, no right to read it) ends
// the asking.
func FindLastEdits(ctx context.Context, history History, plan *diff.Plan, parallel int) (problem error) {
	if parallel < 1 {
		parallel = client.MaxInFlight
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	failed := make([]error, len(plan.Changes))
	for i := range plan.Changes {
		c := &plan.Changes[i]
		if c.Kind != diff.KindJob || c.ID == nil || len(c.Fields) == 0 {
			continue // the history knows neither other objects nor what is gone
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

// lastEdit is the change with the highest number; nil if there is none. The
// rows come newest first, but nobody promises it.
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
