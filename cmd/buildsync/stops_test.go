package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
)

func TestConfirm(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		answer string
		want   bool
	}{
		{"y\n", true}, {"yes\n", true}, {" YES \n", true}, {"yes", true},
		{"\n", false}, {"", false}, {"n\n", false}, {"yess\n", false}, {"sure\n", false},
	} {
		in := &invocation{Invocation: &kit.Invocation{Console: &kit.Console{Stops: &kit.Stops{}, Stdin: strings.NewReader(tc.answer), Stderr: io.Discard}}}
		if got, err := in.Confirm(t.Context(), "Do this?"); got != tc.want || err != nil {
			t.Errorf("the answer %q: %v, %v; want %v", tc.answer, got, err, tc.want)
		}
	}
}

func TestConfirmEndsWithTheRun(t *testing.T) {
	t.Parallel()
	never, hold := io.Pipe()
	defer hold.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(kit.Interrupted{Code: exitInterrupted})
	in := &invocation{Invocation: &kit.Invocation{Console: &kit.Console{Stops: &kit.Stops{}, Stdin: never, Stderr: io.Discard}}}
	_, err := in.Confirm(ctx, "Do this?")
	if code := exitCode(ctx, err); code != exitInterrupted {
		t.Errorf("%v is exit code %d, want 130", err, code)
	}
}

// TestInterruptIsNeverAFailure checks that an interrupt has its own exit code also in the middle of a
// step whose failures have one.
func TestInterruptIsNeverAFailure(t *testing.T) {
	t.Parallel()
	interrupted := fmt.Errorf("recording: %w", kit.Interrupted{Code: exitInterrupted})
	for code, want := range map[int]int{exitFailed: exitInterrupted, exitPartial: exitPartial} {
		if got := exitCode(t.Context(), &failure{code, interrupted}); got != want {
			t.Errorf("code %d: ended with %d, want %d", code, got, want)
		}
	}
}

// brokenPipe is a stream whose reader has gone away.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

func TestAClosedStreamEndsTheRunInOrder(t *testing.T) {
	t.Parallel()
	ctx, stops := kit.WatchSignals(t.Context(), kit.NewLogged(io.Discard))
	defer stops.Release()
	_, _ = stops.Guard(brokenPipe{}).Write([]byte("x"))
	if !errors.Is(context.Cause(ctx), kit.Interrupted{Code: exitInterrupted}) {
		t.Errorf("the run goes on: %v", context.Cause(ctx))
	}
	if stops.Hard.Err() != nil {
		t.Error("writes under way are cut off")
	}
}

// TestAPanicTellsNoValues checks that the report of a panic shows no values, because they may hold
// a secret.
func TestAPanicTellsNoValues(t *testing.T) {
	t.Parallel()
	for _, wrote := range []bool{false, true} {
		var errOut bytes.Buffer
		p := &program{kit.Console{Stderr: &errOut, Stops: &kit.Stops{}}}
		p.Stops.Wrote.Store(wrote)
		code := p.crashed("password=hunter2")
		if want := map[bool]int{false: exitFailed, true: exitPartial}[wrote]; code != want {
			t.Errorf("code %d, want %d", code, want)
		}
		if strings.Contains(errOut.String(), "hunter2") || !strings.Contains(errOut.String(), "bug in buildsync") {
			t.Errorf("it says:\n%s", errOut.String())
		}
	}
}

// TestTheEmulatorsRateHasItsOwnVariable checks that a variable for the client's rate does not set
// the emulator's.
func TestTheEmulatorsRateHasItsOwnVariable(t *testing.T) {
	t.Parallel()
	if client, emulator := kit.VariableOf("plan", "rate"), kit.VariableOf("emulator", "rate"); client == emulator {
		t.Errorf("both take %s", client)
	}
}

// TestEveryFlagNamesAVariable checks that each flag has a variable, and that no two flags of a
// command share one.
func TestEveryFlagNamesAVariable(t *testing.T) {
	t.Parallel()
	eachCommand(allCommands(), nil, func(words []string, c *cli.Command) {
		seen := map[string]string{}
		for _, flag := range c.Flags {
			name := flag.Names()[0]
			variable := kit.VariableOf(c.Name, name)
			if other, taken := seen[variable]; taken {
				t.Errorf("%v: --%s and --%s both take %s", words, name, other, variable)
			}
			seen[variable] = name
			if strings.HasPrefix(variable, "BUILDSYNC_SECRET_") || variable == "BUILDSYNC_TOKEN" {
				t.Errorf("%v: --%s would take the value of a secret from %s", words, name, variable)
			}
		}
	})
}
