package main

import (
	"context"
	"errors"
	"strconv"
	"syscall"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jobs"
	"github.com/buildsync/buildsync/pkg/linting"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// The exit codes. They are the contract with scripts: the same outcome has the
// same code in every command and every format.
const (
	exitDone        = 0
	exitFailed      = 1
	exitDifferent   = 2
	exitInvalid     = 3
	exitStale       = 4
	exitRefused     = 5
	exitPartial     = 6
	exitInterrupted = kit.CodeInterrupted
	exitTerminated  = kit.CodeTerminated
)

// exitMeanings is the table as `buildsync help` prints it.
var exitMeanings = []struct {
	code    int
	meaning string
}{
	{exitDone, "done; nothing to do; no findings"},
	{exitFailed, "an error, and nothing was written"},
	{exitDifferent, "differences (plan --detailed-exitcode, drift) or findings (lint, fmt --check)"},
	{exitInvalid, "invalid input: flags, arguments, workspace, definitions"},
	{exitStale, "stale: the plan is not what was approved, or an object changed meanwhile"},
	{exitRefused, "refused by a rail: removals, an incredible listing, a conflict, a protected job"},
	{exitPartial, "written in part, unknown, or not converged"},
	{exitInterrupted, "interrupted (143: terminated)"},
}

// failure is an error with its exit code. A nil err means that the message has been printed.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// said ends a command with a code and no further message.
func said(code int) error {
	if code == exitDone {
		return nil
	}
	return &failure{code: code}
}

// exitCode returns the one place where an error becomes an exit code.
func exitCode(ctx context.Context, err error) int {
	var f *failure
	var stopped kit.Interrupted
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &f) && (f.code != exitFailed || !errors.As(err, &stopped)):
		return f.code
	case errors.As(err, new(kit.UsageError)), errors.As(err, new(*outfile.InputError)), errors.As(err, new(*linting.InputError)),
		errors.As(err, new(*jobs.InputError)), errors.As(err, new(*spec.UnknownNameError)), errors.As(err, new(*workspace.Refusal)), errors.As(err, new(*record.DamagedError)):
		return exitInvalid
	case errors.As(err, new(*jobs.UnsureError)):
		return exitPartial
	case errors.As(err, &stopped):
		return stopped.Code
	case errors.Is(err, context.Canceled) && errors.As(context.Cause(ctx), &stopped):
		return stopped.Code
	default:
		return exitFailed
	}
}

// heldCode returns the exit code of a plan that is only shown.
func heldCode(plan *diff.Plan) int {
	switch plan.Hold() {
	case diff.HeldUnread:
		return exitFailed
	case diff.HeldRefused:
		return exitRefused
	}
	return exitDone
}

// differentCode is heldCode, or exitDifferent for a plan that is not held back and
// differs.
func differentCode(plan *diff.Plan, differs bool) int {
	if code := heldCode(plan); code != exitDone || !differs {
		return code
	}
	return exitDifferent
}

// endingCode returns the exit code of a run of apply.
func endingCode(ending apply.Ending) int {
	switch ending {
	case apply.EndDone:
		return exitDone
	case apply.EndStale:
		return exitStale
	case apply.EndPartial:
		return exitPartial
	case apply.EndInterrupted:
		return exitInterrupted
	}
	return exitFailed
}

// exit prints what a command failed with and returns the exit code.
func (p *program) exit(ctx context.Context, err error) int {
	code := exitCode(ctx, err)
	switch {
	case err == nil && p.Stops.Unread.Load() && p.Stops.Changes.Load() && p.Stops.Wrote.Load():
		return exitInterrupted // what became of the writes of an apply is its result, and nobody has read it
	case err == nil:
		return code
	}
	if p.Stops.Unread.Load() && (errors.Is(err, syscall.EPIPE) || code == exitInterrupted || code == exitFailed && errors.Is(err, context.Canceled)) {
		return p.unread(code) // nobody reads on, as in `| head`: that is not a failure to speak of
	}
	if message := err.Error() + adviceOn(err); message != "" {
		p.Printf("buildsync: %s\n", sanitize.Lines(message))
	}
	return code
}

// unread returns the exit code of a command whose reader has gone away. For a command that only reads
// that is a success; one that changes something was stopped.
func (p *program) unread(code int) int {
	switch {
	case code != exitFailed && code != exitInterrupted:
		return code
	case p.Stops.Changes.Load() || p.Stops.Wrote.Load():
		return exitInterrupted
	}
	return exitDone
}

// exitTable is exitMeanings for the help.
func exitTable() [][2]string {
	var rows [][2]string
	for _, row := range exitMeanings {
		rows = append(rows, [2]string{strconv.Itoa(row.code), row.meaning})
	}
	return rows
}

// adviceOn returns the advice for a refusal's remedy, "" if there is none.
func adviceOn(err error) string {
	var refusal *workspace.Refusal
	if !errors.As(err, &refusal) || refusal.Remedy == "" {
		return ""
	}
	return "; " + string(refusal.Remedy)
}
