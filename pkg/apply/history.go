package apply

import (
	"context"
	"fmt"
	"strconv"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// History reads the numbered changes of a job, newest first. *client.Client implements it if the
// service has the newer routes.
//
// The API has no conditional update, so an edit between our read and our write is overwritten. A
// history shows that: the number has advanced by more than our own writes.
type History interface {
	JobChanges(ctx context.Context, jobID string) ([]wire.JobChange, error)
}

// revision returns the number of a job's newest change and whether it is known.
func (r *run) revision(ctx context.Context, jobID string) (number int64, changes []wire.JobChange, known bool) {
	if r.opts.History == nil {
		return 0, nil, false
	}
	changes, err := r.opts.History.JobChanges(ctx, jobID)
	if err != nil {
		return 0, nil, false
	}
	number, known = newestNumber(changes)
	return number, changes, known
}

// newestNumber returns the highest number of the rows of a history and whether there is one.
func newestNumber(rows []wire.JobChange) (number int64, known bool) {
	for _, row := range rows {
		if n, err := strconv.ParseInt(row.Number.String(), 10, 64); err == nil {
			number, known = max(number, n), true
		}
	}
	return number, known
}

// overwritten returns whose edit an update overwrote; "" if there was none or the history does not
// show it. before is the number read before the update, which was committed at most writes times.
func (s *step) overwritten(ctx context.Context, jobID string, before int64, writes int) string {
	after, changes, known := s.run.revision(ctx, jobID)
	if !known || after-before <= int64(writes) {
		return ""
	}
	// The last change since then is ours; the one before it is somebody else's.
	for _, change := range changes {
		if change.Number.String() == strconv.FormatInt(after-int64(writes), 10) {
			return fmt.Sprintf("an edit by %s between the read and the write was overwritten", who(change))
		}
	}
	return "an edit between the read and the write was overwritten"
}

func who(change wire.JobChange) string {
	for _, name := range []string{change.NickName, change.UserName, change.UserID} {
		if name != "" {
			return sanitize.Line(name, 100)
		}
	}
	return "someone"
}
