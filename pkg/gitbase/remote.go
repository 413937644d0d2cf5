package gitbase

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"unicode"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// ErrRejected says that a remote rejected a push because it has a newer commit.
var ErrRejected = errors.New("the remote holds something newer")

// locating are the variables that would make Git use another repository than
// the workspace's.
var locating = []string{
	"GIT_DIR=", "GIT_WORK_TREE=", "GIT_INDEX_FILE=", "GIT_OBJECT_DIRECTORY=", "GIT_COMMON_DIR=", "GIT_NAMESPACE=",
	"GIT_ALTERNATE_OBJECT_DIRECTORIES=", "GIT_PREFIX=", "GIT_CEILING_DIRECTORIES=",
}

// secret are the variables that hold credentials of the service. Git, its
// credential helpers and ssh do not need them.
var secret = []string{"BUILDSYNC_", "HUAWEICLOUD_", "HW_", "OS_"}

// remoteGit runs fetch or push. Unlike every other command these two need the
// user's own Git: its credentials, proxies and rewritten addresses. Hooks stay
// off, nothing asks on the terminal, and the service's keys and secrets are not
// passed on.
func (r *Repo) remoteGit(ctx context.Context, args ...string) error {
	_, err := remoteOutput(ctx, r.dir, args)
	return err
}

// remoteOutput is remoteGit, and returns the command's output; env is added to
// its environment.
func remoteOutput(ctx context.Context, dir string, args []string, env ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{
		"--no-pager", "-c", "core.hooksPath=" + os.DevNull, "-c", "gc.auto=0", "-c", "maintenance.auto=false",
	}, args...)...)
	cmd.Dir = dir
	for _, variable := range os.Environ() {
		if !hasAnyPrefix(variable, locating) && !hasAnyPrefix(variable, secret) && !strings.HasPrefix(variable, "LC_ALL=") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0")
	if os.Getenv("GIT_SSH_COMMAND") == "" && os.Getenv("GIT_SSH") == "" {
		cmd.Env = append(cmd.Env, "GIT_SSH_COMMAND=ssh -oBatchMode=yes") // it must not ask either
	}
	cmd.Env = append(cmd.Env, env...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", gitError(ctx, subcommandOf(args), reason(said.String()+out.String()), err)
	}
	return out.String(), nil
}

// subcommandOf returns the first of args that is not an option.
func subcommandOf(args []string) string {
	for i := 0; i < len(args); i++ {
		if args[i] == "-c" {
			i++
		} else if !strings.HasPrefix(args[i], "-") {
			return args[i]
		}
	}
	return ""
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

// reason returns the line of a command's output that names the error: the first
// rejection or error, else the first line. If Git only reports the end of the
// connection, the cause is the line of ssh or the server before it.
func reason(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	for _, mark := range []string{"[rejected]", "[remote rejected]", "fatal:", "error:"} {
		for i, line := range lines {
			if !strings.Contains(line, mark) {
				continue
			}
			if cause := lastWords(lines[:i]); cause != "" && hasEnded(line) {
				return cause
			}
			return line
		}
	}
	return said
}

// hasEnded reports whether a line of Git says no more than that there is no
// connection any longer.
func hasEnded(line string) bool {
	for _, text := range []string{"Could not read from remote repository", "hung up unexpectedly", "early EOF"} {
		if strings.Contains(line, text) {
			return true
		}
	}
	return false
}

// lastWords returns the last of lines that holds a word.
func lastWords(lines []string) string {
	for _, line := range slices.Backward(lines) {
		line = strings.TrimSpace(strings.TrimPrefix(line, "remote:"))
		if strings.ContainsFunc(line, unicode.IsLetter) {
			return line
		}
	}
	return ""
}

// checkRemote refuses a remote's name that Git could take for an option.
func checkRemote(remote string) error {
	if remote == "" || strings.HasPrefix(remote, "-") {
		return fmt.Errorf("%q is not the name of a remote", sanitize.Addresses(remote))
	}
	return nil
}

// NoRemoteError reports that a repository has no remote of a name.
type NoRemoteError struct {
	Remote string
	Known  []string // the names that it has
	Err    error
}

func (e *NoRemoteError) Error() string {
	if len(e.Known) == 0 {
		return "this clone has no Git remote"
	}
	return fmt.Sprintf("this clone has no Git remote %q", e.Remote)
}

func (e *NoRemoteError) Unwrap() error { return e.Err }

// noRemote returns a *NoRemoteError if err comes from a name that is no remote of r, else err.
func (r *Repo) noRemote(ctx context.Context, remote string, err error) error {
	var failed *commandError
	if !errors.As(err, &failed) || !strings.Contains(failed.said, "does not appear to be a git repository") || strings.ContainsAny(remote, `/\:`) {
		return err
	}
	out, listErr := git(ctx, r.dir, "remote")
	known := strings.Fields(string(out))
	if listErr != nil || slices.Contains(known, remote) {
		return err
	}
	return &NoRemoteError{Remote: remote, Known: known, Err: err}
}

// FetchRefs fetches all refs below from, with what they need, and keeps them
// below to. Refs that the remote no longer has are deleted there too.
func (r *Repo) FetchRefs(ctx context.Context, remote, from, to string) error {
	if err := checkRemote(remote); err != nil {
		return err
	}
	err := r.remoteGit(ctx, "fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
		"--refmap=", "--end-of-options", remote, "+"+from+"*:"+to+"*")
	if err != nil {
		return r.noRemote(ctx, remote, fmt.Errorf("fetching %s* from %s: %w", from, sanitize.Addresses(remote), err))
	}
	return nil
}

// PushRefs pushes refs under their names. The error wraps ErrRejected if the
// remote has commits that the refs lack.
func (r *Repo) PushRefs(ctx context.Context, remote string, refs []string) error {
	if err := checkRemote(remote); err != nil {
		return err
	}
	args := []string{"push", "--quiet", "--no-verify", "--end-of-options", remote}
	for _, ref := range refs {
		args = append(args, ref+":"+ref)
	}
	err := r.remoteGit(ctx, args...)
	var failed *commandError
	switch {
	case errors.As(err, &failed) && strings.Contains(failed.said, "rejected]"):
		return fmt.Errorf("%w: %w", ErrRejected, err)
	case err != nil:
		return r.noRemote(ctx, remote, fmt.Errorf("pushing to %s: %w", sanitize.Addresses(remote), err))
	}
	return nil
}

// userConfigEnv lets Git read the user's own configuration.
func userConfigEnv() []string {
	var env []string
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "USERPROFILE", "GIT_CONFIG_GLOBAL"} {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}
