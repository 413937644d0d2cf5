// Package live reads the live state: listings, jobs with their notifications,
// and templates. Every command reads through it, so that all of them agree on
// three questions:
//
//   - Is the answer about the object that was asked for? An answer about another
//     job or another project is client.ErrWrongObject.
//   - Does an error concern one object, or all? Where client.EndsRun reports
//     true, or the context has ended, reading stops and returns the error. Any
//     other error makes one object unknown, never absent.
//   - Does an object exist? Only a listing that is complete proves absence. Gone
//     says what an answer about an id means.
package live

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// API is what reading needs of the service; *client.Client implements it.
type API interface {
	// Listing reads a project's whole job listing (reference 4.5) and reports
	// whether it is complete.
	Listing(ctx context.Context, projectID string) (wire.JobList, error)
	JobAPI
	// Templates reads the caller's build templates whose name holds name
	// (reference 4.20).
	Templates(ctx context.Context, name string) iter.Seq2[wire.Template, error]
}

// JobAPI is the part of API that reads one job.
type JobAPI interface {
	// QueryJob reads a job's body with all its parameters (reference 4.26).
	QueryJob(ctx context.Context, jobID string) (*jsontree.Value, error)
	// Notices reads a job's notification channels (reference 4.23).
	Notices(ctx context.Context, jobID string) ([]wire.Notice, error)
}

// fullReader is what an API may have besides: a read of a job over the newer
// route, which shows members that the other leaves out. It returns nil if the
// two routes are one.
type fullReader interface {
	FullJob(ctx context.Context, jobID string) (*jsontree.Value, error)
}

// Gone reports whether err, from a call about an id that the service gave, says
// that the object no longer exists.
func Gone(err error) bool {
	return errors.Is(err, client.ErrNotFound) || errors.Is(err, client.ErrInvalidID)
}

// Body reads a job's body and checks that it is that job's. The check of the
// project is left out for an empty projectID.
func Body(ctx context.Context, api JobAPI, id, projectID string) (*jsontree.Value, error) {
	body, err := api.QueryJob(ctx, id)
	if err != nil {
		return nil, err
	}
	return rightJob(body, id, projectID)
}

// FullBody is Body over the newer route; nil if there is no such route
// beside the one in use.
func FullBody(ctx context.Context, api any, id, projectID string) (*jsontree.Value, error) {
	reader, ok := api.(fullReader)
	if !ok {
		return nil, nil
	}
	body, err := reader.FullJob(ctx, id)
	if body == nil || err != nil {
		return nil, err
	}
	return rightJob(body, id, projectID)
}

// rightJob returns body if it is the job that was asked for, in its project.
// Members that are missing prove nothing.
func rightJob(body *jsontree.Value, id, projectID string) (*jsontree.Value, error) {
	if got := body.Str(wire.KeyJobID); got != "" && got != id {
		return nil, fmt.Errorf("reading job %s: %w: the answer is job %s", id, client.ErrWrongObject, sanitize.Line(got, 100))
	}
	if got := body.Str(wire.KeyProjectID); got != "" && projectID != "" && !strings.EqualFold(got, projectID) {
		return nil, fmt.Errorf("reading job %s of project %s: %w: the answer is of project %s", id, projectID, client.ErrWrongObject, sanitize.Line(got, 100))
	}
	return body, nil
}

// ended returns the error that ends the reading, nil where err concerns one
// object only. A reading that was ended from outside, such as by --timeout,
// keeps what the service said last, since that is the likely reason.
func ended(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		if err != nil && client.EndsRun(err) {
			return err
		}
		return nil
	}
	cause := context.Cause(ctx)
	var said *client.Error
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.As(err, &said) {
		return cause
	}
	return fmt.Errorf("%w; the last call: %s", cause, sanitize.Message(err.Error()))
}
