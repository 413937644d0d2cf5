package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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

// TestAnInterruptedCommandPrintsNoResult checks that a command that only computes ends with 130 and
// without its result, and changes no file.
func TestAnInterruptedCommandPrintsNoResult(t *testing.T) {
	t.Parallel()
	const text = "version: 1\njobs: [{name: a, arch: x86-64, steps: []}]\n"
	dir := t.TempDir()
	for name, content := range map[string]string{
		"buildsync.yaml": "version: 1\ndefinitions: [jobs.yaml]\nprojects: {p: 0123456789abcdef0123456789abcdef}\ndefault_project: p\n",
		"jobs.yaml":      text,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(kit.Interrupted{Code: exitInterrupted})
	for _, line := range []string{
		"lint", "lint --format json", "fmt", "fmt --check", "compile", "query name=*", "explain a", "set timeout 5h", "set --dry-run timeout 5h", "policy check", "plan --offline",
	} {
		var out, said bytes.Buffer
		args := append([]string{"buildsync", "-C", dir}, strings.Fields(line)...)
		if code := run(ctx, args, nil, strings.NewReader(""), &out, &said); code != exitInterrupted || out.Len() > 0 || said.String() != "buildsync: interrupted\n" {
			t.Errorf("%s: code %d\n%s%s", line, code, out.String(), said.String())
		}
	}
	if got := readFile(t, filepath.Join(dir, "jobs.yaml")); got != text {
		t.Errorf("the definitions became %q", got)
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
