//go:build failpoint

package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// Variable is the environment variable with the place and the number of the pass to end at:
// "send:2". The default is the first.
const Variable = "BUILDSYNC_FAILPOINT"

// panicVariable makes the place panic with the variable's value instead.
const panicVariable = "BUILDSYNC_FAILPOINT_PANIC"

// errorVariable makes an operation on a file fail, written "file.sync=EIO" or
// "journal.write:3=ENOSPC".
const errorVariable = "BUILDSYNC_FAILPOINT_ERROR"

var (
	mu     sync.Mutex
	passes = map[string]int{}
)

// due counts a pass of name and reports whether it is the one that place means.
func due(place, name string) bool {
	place, count, numbered := strings.Cut(place, ":")
	if place != name {
		return false
	}
	pass := 1
	if numbered {
		pass, _ = strconv.Atoi(count)
	}
	mu.Lock()
	defer mu.Unlock()
	passes[name]++
	return passes[name] == pass
}

// At kills the process, as SIGKILL does, if name is the place in the environment: no deferred call
// runs, nothing is flushed.
func At(name string) {
	if !due(os.Getenv(Variable), name) {
		return
	}
	if text := os.Getenv(panicVariable); text != "" {
		panic(text)
	}
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
		select {} // until the kill arrives
	}
}

// Fail returns the error that the environment sets for the operation name.
func Fail(name string) error {
	place, errno, _ := strings.Cut(os.Getenv(errorVariable), "=")
	if !due(place, name) {
		return nil
	}
	number, known := errnos[errno]
	if !known {
		number = syscall.EIO
	}
	return &os.PathError{Op: name, Path: "(failpoint)", Err: number}
}

// Cut returns the part of a write that the environment lets through, and the error.
func Cut(name string, text []byte) ([]byte, error) {
	err := Fail(name)
	if err != nil {
		text = text[:len(text)/2]
	}
	return text, err
}

var errnos = map[string]syscall.Errno{
	"ENOSPC": syscall.ENOSPC, "EACCES": syscall.EACCES, "EROFS": syscall.EROFS, "EIO": syscall.EIO, "EXDEV": syscall.EXDEV, "EDQUOT": syscall.EDQUOT,
}
