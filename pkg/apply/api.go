package apply

import (
	"context"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
)

// Writer has the writes for carrying out a plan; *client.Client implements it. No method sends a
// call twice unless the first one was provably not processed. Every other repetition is decided in
// this package.
type Writer interface {
	CreateJob(ctx context.Context, body *jsontree.Value) (id string, err error)
	UpdateJob(ctx context.Context, body *jsontree.Value) error
	UpdateFullJob(ctx context.Context, body *jsontree.Value) error
	DeleteJob(ctx context.Context, jobID string) error
	DisableJob(ctx context.Context, jobID string) error
	EnableJob(ctx context.Context, jobID string) error
	UpdateNotice(ctx context.Context, jobID string, notice wire.NoticeUpdate) error
	CreateTemplate(ctx context.Context, body *jsontree.Value) (uuid string, err error)
	DeleteTemplate(ctx context.Context, uuid string) error
}

// API has all calls that Run makes.
type API interface {
	live.API
	Writer
}
