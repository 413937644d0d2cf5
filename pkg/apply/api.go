package apply

import (
	"context"
	"iter"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
)

// Reader is what making a plan needs of the service; *client.Client has it.
type Reader interface {
	// Listing reads a project's whole job listing (reference 4.5) and says
	// whether it is complete.
	Listing(ctx context.Context, projectID string) (wire.JobList, error)
	// QueryJob reads a job's body with all its parameters (reference 4.26).
	QueryJob(ctx context.Context, jobID string) (*jsontree.Value, error)
	// Notices reads a job's notification channels (reference 4.23).
	Notices(ctx context.Context, jobID string) ([]wire.Notice, error)
	// Templates reads the caller's build templates whose name holds name
	// (reference 4.20).
	Templates(ctx context.Context, name string) iter.Seq2[wire.Template, error]
}

// Writer is what carrying a plan out needs beyond Reader; *client.Client has
// it. No method repeats a call of which it is not proven that the service did
// not process it: deciding about that is this package's work.
type Writer interface {
	CreateJob(ctx context.Context, body *jsontree.Value) (id string, err error)
	UpdateJob(ctx context.Context, body *jsontree.Value) error
	DeleteJob(ctx context.Context, jobID string) error
	DisableJob(ctx context.Context, jobID string) error
	EnableJob(ctx context.Context, jobID string) error
	UpdateNotice(ctx context.Context, jobID string, notice wire.NoticeUpdate) error
	CreateTemplate(ctx context.Context, body *jsontree.Value) (uuid string, err error)
	DeleteTemplate(ctx context.Context, uuid string) error
}

// API is everything that Run calls.
type API interface {
	Reader
	Writer
}

// fullReader is what an API may have besides: a read of a job over the newer
// route, which shows members that the other leaves out. It returns nil where the
// two are one.
type fullReader interface {
	FullJob(ctx context.Context, jobID string) (*jsontree.Value, error)
}

// fullJob reads a job over the newer route, nil where there is none.
func fullJob(ctx context.Context, api any, job *diff.LiveJob) (*jsontree.Value, error) {
	reader, ok := api.(fullReader)
	if !ok {
		return nil, nil
	}
	body, err := reader.FullJob(ctx, job.ID)
	if body == nil || err != nil {
		return nil, err
	}
	return body, live.RightJob(body, job.ID, job.ProjectID)
}
