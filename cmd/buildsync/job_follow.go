package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jobs"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// followOptions say how a build is followed.
type followOptions struct {
	every time.Duration
	level string
}

func (o *followOptions) flags() []cli.Flag {
	return []cli.Flag{
		&cli.DurationFlag{Name: "every", Destination: &o.every, Usage: "check the build every `D`", Value: 5 * time.Second},
		&cli.StringFlag{Name: "level", Destination: &o.level, Usage: "`LEVEL`: the log's level, INFO or DEBUG", DefaultText: "the service's"},
	}
}

// logLevel is --level, "" for the service's.
func (o *followOptions) logLevel() (string, error) {
	level := strings.ToUpper(o.level)
	if level != "" && level != "INFO" && level != "DEBUG" {
		return "", kit.UnknownWord("--level", o.level, []string{"INFO", "DEBUG"})
	}
	return level, nil
}

// follower makes a follower of a build. Without a log nothing of it is shown.
func (l *live) follower(o *followOptions, b jobs.Build, log *screen.Log) (*jobs.Follower, error) {
	level, err := o.logLevel()
	if err != nil {
		return nil, err
	}
	f := &jobs.Follower{
		API: l.service, Clock: l.clock, Build: b, Every: o.every, Level: level,
		Status: func(b jobs.Build, status string) { l.say("%s: %s", b, status) },
		LogLost: func(err error) {
			l.in.Printf("warning: the rest of the log cannot be shown: %s\n", sanitize.Line(err.Error(), sanitize.MessageLimit))
		},
	}
	if log != nil {
		f.Log = log
	}
	if f.Every <= 0 {
		return nil, kit.UsageError{Text: "--every must be above 0, such as 5s"}
	}
	return f, nil
}

// follow waits for the build to end, and says what goes on where it is left before.
func (l *live) follow(f *jobs.Follower) (wire.Record, error) {
	record, err := f.Wait(l.ctx)
	if err == nil || errors.As(err, new(*jobs.UnsureError)) {
		return record, err
	}
	l.say("%s goes on; %s %s ends it", f.Build, l.in.Again("job stop"), kit.ShellWord(f.Build.Job.String()))
	if errors.As(err, new(kit.Interrupted)) {
		return record, err
	}
	return record, &failure{exitPartial, fmt.Errorf("waiting for %s: %w", f.Build, err)}
}

// say tells how the build comes along, on stderr.
func (l *live) say(format string, args ...any) {
	if !l.in.global.quiet {
		l.in.Printf("%s\n", sanitize.Line(fmt.Sprintf(format, args...), 0))
	}
}
