package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// MaxLooks is how often in a row a read may fail before it is given up: records
// lag behind the start of a build, and the client has repeated what passes.
const MaxLooks = 5

// Log takes the log of a build as it grows. Flush ends a line that is not
// complete.
type Log interface {
	io.Writer
	Flush()
}

// FollowAPI is what following needs of the service; *client.Client implements it.
type FollowAPI interface {
	Record(ctx context.Context, jobID string, number int) (wire.Record, error)
	FullLog(ctx context.Context, recordID string, w io.Writer, opts client.LogOptions) (int64, error)
}

// Follower waits for a build to end.
type Follower struct {
	API     FollowAPI
	Clock   apply.Clock
	Build   Build
	Every   time.Duration
	Level   string              // of the log, "" for the service's
	Log     Log                 // nil: the log is not read
	Status  func(Build, string) // is called with each new status
	LogLost func(error)         // is called when the log cannot be read to its end

	received client.Received
	lost     bool
}

// Wait returns the record of the build when it has ended. It is an *UnsureError
// that the build cannot be followed. Where ctx ends first, Wait returns
// client.EndedBy, and the build goes on.
func (f *Follower) Wait(ctx context.Context) (wire.Record, error) {
	failures, status := 0, ""
	for {
		record, err := f.API.Record(ctx, f.Build.Job.ID, f.Build.Number)
		switch {
		case ctx.Err() != nil:
			return record, f.leave(ctx, err)
		case err != nil:
			if failures++; failures == MaxLooks || client.FailsAgain(err) {
				return record, &UnsureError{fmt.Errorf("%s cannot be followed: %w", f.Build, err)}
			}
		default:
			failures = 0
			if now := sanitize.Line(record.Status, 40); now != status {
				status = now
				f.Status(f.Build, now)
			}
			over, _ := apply.BuildEnded(record)
			f.readOn(ctx, record, over)
			if over {
				return record, nil
			}
		}
		if f.Clock.Wait(ctx, f.Every) != nil {
			return record, f.leave(ctx, err)
		}
	}
}

// readOn shows what the log has more than before. A log that does not exist yet
// is not a fault before the build has ended.
func (f *Follower) readOn(ctx context.Context, record wire.Record, over bool) {
	if f.Log == nil || f.lost {
		return
	}
	_, err := f.API.FullLog(ctx, RecordOf(record), f.Log, client.LogOptions{Level: f.Level, Received: &f.received})
	if over {
		f.Log.Flush()
	}
	if err == nil || !over && errors.Is(err, client.ErrNotFound) || ctx.Err() != nil {
		return
	}
	if f.lost = errors.Is(err, client.ErrChanged) || client.FailsAgain(err); f.lost || over {
		f.LogLost(err)
	}
}

// leave ends the waiting before the build has ended. err is the last look's.
func (f *Follower) leave(ctx context.Context, err error) error {
	if f.Log != nil {
		f.Log.Flush()
	}
	return client.EndedBy(ctx, err)
}

// CheckSuccess returns an *UnsureError for the record of a build that did not succeed.
func CheckSuccess(b Build, record wire.Record) error {
	if _, succeeded := apply.BuildEnded(record); succeeded {
		return nil
	}
	text := fmt.Sprintf("%s ended with %s", b, sanitize.Line(secret.Redact(record.Status), 60))
	if record.ErrMsg != "" {
		text += ": " + sanitize.Line(secret.Redact(record.ErrMsg), sanitize.MessageLimit)
	}
	return &UnsureError{errors.New(text)}
}
