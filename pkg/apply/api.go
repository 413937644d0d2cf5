package apply

import (
	"context"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
)

// Writer holds the writes that carrying out a plan needs; *client.Client
// implements it. No method sends a call twice unless the first one was provably
// not processed: any other repetition is decided in this package.
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

// API holds all calls of Run.
type API interface {
	live.API
	Writer
}
