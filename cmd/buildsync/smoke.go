package main

import (
	"bytes"
	"context"
	"io"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// smoke is what --smoke asks for: each changed job is run, and the log of its
// build is shown on stderr.
func (in *invocation) smoke(s *service) *apply.Smoke {
	if !in.on("smoke") {
		return nil
	}
	smoke := &apply.Smoke{Runner: s.Client}
	if in.on("quiet") {
		return smoke
	}
	smoke.Progress = in.stderr
	smoke.Log = func(ctx context.Context, address string, record wire.Record) error {
		in.printf("log of %s, build %s:\n", sanitize.Line(address, 300), sanitize.Line(record.BuildNo.String(), 40))
		lines := &indented{to: in.stderr}
		_, err := s.FullLog(ctx, record.ID, lines, client.LogOptions{})
		lines.flush()
		return err
	}
	return smoke
}

// indented passes text of the service on line by line, made safe and never at
// the start of a line, where a CI system could take it for a command.
type indented struct {
	to   io.Writer
	rest []byte
}

// maxLogLine is how much of one line is held back until its end comes.
const maxLogLine = 64 << 10

// Write passes on the lines that are complete.
func (i *indented) Write(b []byte) (int, error) {
	i.rest = append(i.rest, b...)
	for {
		end := bytes.IndexByte(i.rest, '\n')
		if end < 0 && len(i.rest) < maxLogLine {
			return len(b), nil
		}
		line, next := i.rest, len(i.rest)
		if end >= 0 {
			line, next = i.rest[:end], end+1
		}
		if err := i.line(line); err != nil {
			return 0, err
		}
		i.rest = i.rest[next:]
	}
}

func (i *indented) line(line []byte) error {
	_, err := io.WriteString(i.to, "    "+sanitize.Line(string(bytes.TrimRight(line, "\r")), 0)+"\n")
	return err
}

// flush passes on a last line that has no end.
func (i *indented) flush() {
	if len(i.rest) > 0 {
		_ = i.line(i.rest) // stderr is gone; there is nowhere to say so
		i.rest = nil
	}
}
