package shelltool

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/buildsync/buildsync/pkg/lint"
)

const (
	maxOutput = 16 << 20 // bytes that a program may write
	maxMemory = 1 << 30  // bytes that it may use, on Linux
	timeLimit = 30 * time.Second
	// maxLost bounds the time that a program may take in a run of lint without answering.
	maxLost = 2 * time.Minute
)

// program is one program of this machine.
type program struct {
	path, identity string
	bound          func(context.Context) (context.Context, context.CancelFunc) // limits the time of one start
	lost           atomic.Int64                                                // time without an answer
}

// withTimeLimit bounds one start of a program.
func withTimeLimit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, timeLimit)
}

// stopped returns the error of a program that was stopped before it answered.
func (p *program) stopped(format string, args ...any) error {
	return &lint.StoppedError{Program: filepath.Base(p.path), Reason: fmt.Sprintf(format, args...)}
}

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
	return &program{path: path, identity: fmt.Sprintf("%s %d %d", path, info.Size(), info.ModTime().UnixNano()), bound: withTimeLimit}
}

// run runs the program and returns both output streams and the exit code. The error is a
// *lint.StoppedError if the program took too long, wrote too much or was ended by a signal.
func (p *program) run(ctx context.Context, dir, input string, args ...string) (stdout, stderr string, code int, err error) {
	if time.Duration(p.lost.Load()) >= maxLost {
		return "", "", 0, p.stopped("took %v for other scripts without an answer", maxLost)
	}
	bounded, cancel := p.bound(ctx)
	defer cancel()
	cmd := exec.CommandContext(bounded, p.path, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=" + os.DevNull}
	if runtime.GOOS == "windows" {
		cmd.Env = append(cmd.Env, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"))
	}
	cmd.Stdin = strings.NewReader(input)
	out, errOut := &limited{stop: cancel}, &limited{stop: cancel}
	cmd.Stdout, cmd.Stderr = out, errOut
	cmd.WaitDelay = time.Second // a child of it may hold the pipes
	began := time.Now()
	if err = cmd.Start(); err == nil {
		limitMemory(cmd.Process.Pid)
		err = cmd.Wait()
	}
	switch exit := new(exec.ExitError); {
	case out.full || errOut.full:
		return "", "", 0, p.stopped("wrote more than %d MiB", maxOutput>>20)
	case ctx.Err() != nil:
		return "", "", 0, fmt.Errorf("%s: %w", filepath.Base(p.path), ctx.Err())
	case bounded.Err() != nil:
		p.lost.Add(int64(time.Since(began)))
		return "", "", 0, p.stopped("took longer than %v", timeLimit)
	case errors.As(err, &exit) && exit.ExitCode() < 0:
		p.lost.Add(int64(time.Since(began)))
		return "", "", 0, p.stopped("ended without an answer: %s", cmp.Or(firstLine(errOut.text.String()), err.Error()))
	case exit.ProcessState != nil:
		return out.text.String(), errOut.text.String(), exit.ExitCode(), nil
	case err != nil:
		return "", "", 0, fmt.Errorf("starting %s: %w", filepath.Base(p.path), err)
	}
	return out.text.String(), errOut.text.String(), 0, nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
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
