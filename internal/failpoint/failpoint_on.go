//go:build failpoint

package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
)

// Variable is the environment variable that names the place, with the number of
// the pass that does not survive: "send:2". Without a number it is the first.
const Variable = "BUILDSYNC_FAILPOINT"

var (
	mu     sync.Mutex
	passes = map[string]int{}
)

// PanicVariable makes the place panic with the variable's value instead.
const PanicVariable = "BUILDSYNC_FAILPOINT_PANIC"

// At ends the process with SIGKILL's suddenness if name is the place that the
// environment names: no deferred call runs, nothing is flushed.
func At(name string) {
	place, count, numbered := strings.Cut(os.Getenv(Variable), ":")
	if place != name {
		return
	}
	pass := 1
	if numbered {
		pass, _ = strconv.Atoi(count)
	}
	mu.Lock()
	passes[name]++
	now := passes[name]
	mu.Unlock()
	if text := os.Getenv(PanicVariable); now == pass && text != "" {
		panic(text)
	}
	if now == pass {
		if p, err := os.FindProcess(os.Getpid()); err == nil {
			_ = p.Kill()
			select {} // until the kill arrives
		}
	}
}
