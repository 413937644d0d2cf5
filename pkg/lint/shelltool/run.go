package shelltool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	maxOutput = 16 << 20 // bytes that a program may write
	timeLimit = time.Minute
)

// program is one program of this machine.
type program struct{ path, identity string }

// find looks up a program in PATH. It returns nil if there is none. Windows' own bash, which starts
// a virtual machine, does not count.
func find(name string) *program {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil
	}
	if root := os.Getenv("SYSTEMROOT"); runtime.GOOS == "windows" && root != "" && strings.HasPrefix(strings.ToLower(path), strings.ToLower(root)) {
		return nil
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return &program{path: path, identity: fmt.Sprintf("%s %d %d", path, info.Size(), info.ModTime().UnixNano())}
}

// run runs the program and returns both output streams and the exit code; err is set if it did not
// run, took too long or wrote too much.
func (p *program) run(ctx context.Context, dir, input string, args ...string) (stdout, stderr string, code int, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=" + os.DevNull}
	if runtime.GOOS == "windows" {
		cmd.Env = append(cmd.Env, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"))
	}
	cmd.Stdin = strings.NewReader(input)
	out, errOut := &limited{stop: cancel}, &limited{stop: cancel}
	cmd.Stdout, cmd.Stderr = out, errOut
	cmd.WaitDelay = time.Second // a child of it may hold the pipes
	err = cmd.Run()
	switch exit := new(exec.ExitError); {
	case out.full || errOut.full:
		return "", "", 0, fmt.Errorf("%s wrote more than %d MiB", filepath.Base(p.path), maxOutput>>20)
	case ctx.Err() != nil:
		return "", "", 0, fmt.Errorf("%s: %w", filepath.Base(p.path), ctx.Err())
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return out.text.String(), errOut.text.String(), exit.ExitCode(), nil
	case err != nil:
		return "", "", 0, fmt.Errorf("starting %s: %w", filepath.Base(p.path), err)
	}
	return out.text.String(), errOut.text.String(), 0, nil
}

// limited stores up to maxOutput bytes, and stops the program after that. The buffer is not
// embedded: its ReadFrom would bypass the limit.
type limited struct {
	text bytes.Buffer
	stop func()
	full bool
}

// Write implements io.Writer.
func (l *limited) Write(text []byte) (int, error) {
	if l.text.Len()+len(text) > maxOutput {
		l.full = true
		l.stop()
		return 0, errors.New("too much output")
	}
	return l.text.Write(text)
}
