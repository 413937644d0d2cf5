// Package live reads the live state: listings, jobs with their notifications, and templates. Every
// command reads through it, so all of them agree on three questions:
//
//   - Is the answer about the requested object? An answer about another job or project is
//     client.ErrWrongObject.
//   - Does an error concern one object, or all? If client.EndsRun reports true, or the context
//     has ended, reading stops and returns the error. Any other error makes one object unknown,
//     never absent.
//   - Does an object exist? Only a complete listing proves absence. Gone interprets an error
//     about an id.
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

// API has the calls for reading; *client.Client implements it.
type API interface {
	ListAPI
	JobAPI
	// Templates reads the caller's build templates whose name holds name
	// (reference 4.20).
	Templates(ctx context.Context, name string) iter.Seq2[wire.Template, error]
}

// ListAPI is the part of API that lists jobs.
type ListAPI interface {
	// Listing reads a project's whole job listing (reference 4.5) and reports
	// whether it is complete.
	Listing(ctx context.Context, projectID string) (wire.JobList, error)
}

// JobAPI is the part of API that reads one job.
type JobAPI interface {
	// QueryJob reads a job's body with all its parameters (reference 4.26).
	QueryJob(ctx context.Context, jobID string) (*jsontree.Value, error)
	// Notices reads a job's notification channels (reference 4.23).
	Notices(ctx context.Context, jobID string) ([]wire.Notice, error)
}

// fullReader is an optional part of an API: it reads a job over the newer route, which shows
// members that the other hides. It returns nil if the two routes are the same.
type fullReader interface {
	FullJob(ctx context.Context, jobID string) (*jsontree.Value, error)
}

// Gone reports whether err, from a call with an id of the service, means that the object no longer
// exists.
func Gone(err error) bool {
	return errors.Is(err, client.ErrNotFound) || errors.Is(err, client.ErrInvalidID)
}

// Body reads a job's body and checks that it is that job's. With an empty projectID the project is
// not checked.
func Body(ctx context.Context, api JobAPI, id, projectID string) (*jsontree.Value, error) {
	body, err := api.QueryJob(ctx, id)
	if err != nil {
		return nil, err
	}
	return rightJob(body, id, projectID)
}

// FullBody is Body over the newer route; nil if there is no other route than the one in use.
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

// rightJob returns body if it is the requested job, in its project. Missing members prove nothing.
func rightJob(body *jsontree.Value, id, projectID string) (*jsontree.Value, error) {
	if got := body.Str(wire.KeyJobID); got != "" && got != id {
		return nil, fmt.Errorf("reading job %s: %w: the answer is job %s", id, client.ErrWrongObject, sanitize.Line(got, 100))
	}
	if got := body.Str(wire.KeyProjectID); got != "" && projectID != "" && !strings.EqualFold(got, projectID) {
		return nil, fmt.Errorf("reading job %s of project %s: %w: the answer is of project %s", id, projectID, client.ErrWrongObject, sanitize.Line(got, 100))
	}
	return body, nil
}

// ended returns the error that ends the reading, or nil if err concerns only one object.
func ended(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		if err != nil && client.EndsRun(err) {
			return err
		}
		return nil
	}
	return client.EndedBy(ctx, err)
}
