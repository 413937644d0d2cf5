package gitbase

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// gitPrefix is before every subcommand. The repository's own configuration
// is the only one that Git still reads. Its settings that could start a program
// are switched off here or in gitEnv. The owner check is off because it
// protects against exactly those programs, and CI containers fail it all the
// time.
var gitPrefix = [...]string{
	"--no-pager", "--literal-pathspecs",
	"-c", "safe.directory=*",
	"-c", "core.hooksPath=" + os.DevNull,
	"-c", "core.fsmonitor=false",
	"-c", "core.quotePath=false",
	"-c", "protocol.allow=never",
	"-c", "gc.auto=0",
}

// gitEnv returns the whole environment of the git command.
func gitEnv() []string {
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_NO_REPLACE_OBJECTS=1",
		"GIT_NO_LAZY_FETCH=1",
		"GIT_ALLOW_PROTOCOL=none",
	}
	if runtime.GOOS == "windows" {
		env = append(env, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"))
	}
	return env
}

func gitCommand(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append(gitPrefix[:len(gitPrefix):len(gitPrefix)], args...)...)
	cmd.Dir = dir
	cmd.Env = gitEnv()
	return cmd
}

// git runs one command and returns its output. The error quotes Git's first
// line.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	return gitInput(ctx, dir, nil, nil, args...)
}

// gitInput is git with an input and with more environment variables.
func gitInput(ctx context.Context, dir string, input []byte, env []string, args ...string) ([]byte, error) {
	cmd := gitCommand(ctx, dir, args...)
	cmd.Env = append(cmd.Env, env...)
	if input != nil {
		cmd.Stdin = bytes.NewReader(input)
	}
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		return nil, gitError(ctx, args[0], errOut.String(), err)
	}
	return out.Bytes(), nil
}

// ErrNoGit says that there is no git command.
var ErrNoGit = errors.New("the git command is not in PATH; install Git")

func gitError(ctx context.Context, subcommand, said string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx) // an interrupt, or --timeout: not the command's fault
	}
	if errors.Is(err, exec.ErrNotFound) {
		return ErrNoGit
	}
	first, _, _ := strings.Cut(strings.TrimSpace(sanitize.Addresses(said)), "\n")
	if first == "" {
		return &commandError{subcommand: subcommand, cause: err}
	}
	return &commandError{subcommand: subcommand, said: sanitize.Line(first, 300), cause: err}
}

// commandError is a git command that ran and failed.
type commandError struct {
	subcommand string
	said       string
	cause      error
}

func (e *commandError) Error() string {
	if e.said == "" {
		return fmt.Sprintf("git %s: %v", e.subcommand, e.cause)
	}
	return fmt.Sprintf("git %s: %s", e.subcommand, e.said)
}

func (e *commandError) Unwrap() error { return e.cause }
