package apply

import (
	"context"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
)

// Writer is what carrying a plan out needs beyond live.API; *client.Client has
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
	live.API
	Writer
}
