package main

import (
	"context"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// smoke runs each changed job, and shows the log of its build on stderr.
func (in *invocation) smoke(s *service) *apply.Smoke {
	smoke := &apply.Smoke{Runner: s.Client}
	if in.global.quiet {
		return smoke
	}
	smoke.Progress = in.Stderr
	smoke.Log = func(ctx context.Context, address string, record wire.Record) error {
		in.Printf("log of %s, build %s:\n", sanitize.Line(address, 300), sanitize.Line(record.BuildNo.String(), 40))
		lines := screen.NewLog(in.Stderr, "    ", in.knownSecrets())
		_, err := s.FullLog(ctx, record.ID, lines, client.LogOptions{})
		lines.Flush()
		return err
	}
	return smoke
}
