package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// followFlags say how a build is followed.
func followFlags() []cli.Flag {
	return []cli.Flag{
		&cli.DurationFlag{Name: "every", Usage: "look after the build every `D`", Value: 5 * time.Second},
		&cli.StringFlag{Name: "level", Usage: "`LEVEL`: the log's level, INFO or DEBUG", DefaultText: "the service's"},
	}
}

// maxLooks is how often a record may fail to be read before a build is given up:
// it lags behind the start, and the client has repeated what passes.
const maxLooks = 5

// follower waits for a build to end.
type follower struct {
	l        *live
	build    pages.BuildRef
	every    time.Duration
	level    string
	log      *screen.Log // where the log goes as it grows; nil: it is not read
	received client.Received
	lost     bool // the log cannot be read on
}

// follower reads followFlags.
func (l *live) follower(b pages.BuildRef, log *screen.Log) (*follower, error) {
	level, err := l.in.logLevel()
	if err != nil {
		return nil, err
	}
	f := &follower{l: l, build: b, every: l.in.Duration("every"), level: level, log: log}
	if f.every <= 0 {
		return nil, kit.UsageError{Text: "--every must be more than nothing, such as 5s"}
	}
	return f, nil
}

// wait returns the record of the build when it has ended. An error of the exit
// code 6 means that what became of the build is not known.
func (f *follower) wait() (wire.Record, error) {
	failures, status := 0, ""
	for {
		record, err := f.l.Record(f.l.ctx, f.build.Job.ID, f.build.Number)
		switch {
		case f.l.ctx.Err() != nil:
			return record, f.leave()
		case err != nil:
			if failures++; failures == maxLooks || client.FailsAgain(err) {
				return record, &failure{exitPartial, fmt.Errorf("%s cannot be followed: %w", f.build, err)}
			}
		default:
			failures = 0
			if now := sanitize.Line(record.Status, 40); now != status {
				status = now
				f.say("%s: %s", f.build, now)
			}
			over, _ := apply.BuildEnded(record)
			f.readOn(record, over)
			if over {
				return record, nil
			}
		}
		if f.l.wait(f.every) != nil {
			return record, f.leave()
		}
	}
}

// say tells how the build comes along, on stderr.
func (f *follower) say(format string, args ...any) {
	if !f.l.in.On("quiet") {
		f.l.in.Printf("%s\n", sanitize.Line(fmt.Sprintf(format, args...), 0))
	}
}

// readOn shows what the log has more than before. A log that does not exist yet
// is not a fault before the build has ended.
func (f *follower) readOn(record wire.Record, over bool) {
	if f.log == nil || f.lost {
		return
	}
	_, err := f.l.FullLog(f.l.ctx, pages.RecordOf(record), f.log, client.LogOptions{Level: f.level, Received: &f.received})
	if over {
		f.log.Flush()
	}
	if err == nil || !over && errors.Is(err, client.ErrNotFound) || f.l.ctx.Err() != nil {
		return
	}
	if f.lost = errors.Is(err, client.ErrChanged) || client.FailsAgain(err); f.lost || over {
		f.l.in.Printf("warning: the log cannot be shown to its end: %s\n", sanitize.Line(err.Error(), sanitize.MessageLimit))
	}
}

// leave ends the waiting before the build has ended.
func (f *follower) leave() error {
	if f.log != nil {
		f.log.Flush()
	}
	f.say("%s goes on; %s %s ends it", f.build, f.l.in.Again("job stop"), kit.ShellWord(f.build.Job.String()))
	cause := context.Cause(f.l.ctx)
	if errors.As(cause, new(kit.Interrupted)) {
		return cause
	}
	return &failure{exitPartial, fmt.Errorf("waiting for %s: %w", f.build, cause)}
}

// verdict is nil for a build that succeeded.
func verdict(b pages.BuildRef, record wire.Record) error {
	if _, succeeded := apply.BuildEnded(record); succeeded {
		return nil
	}
	text := fmt.Sprintf("%s ended with %s", b, screen.Shown(record.Status, 60))
	if record.ErrMsg != "" {
		text += ": " + screen.Shown(record.ErrMsg, sanitize.MessageLimit)
	}
	return &failure{exitPartial, errors.New(text)}
}
