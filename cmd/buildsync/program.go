package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/term"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/apply"
)

// program is one run of buildsync: its streams and its environment. Nothing of
// it outlives the run.
type program struct {
	env    environment
	stops  *kit.Stops
	stdin  io.Reader
	stdout io.Writer   // the result, in the format asked for, and nothing else
	stderr io.Writer   // everything else
	logged *kit.Logged // stderr for what comes from below, while bars may be drawn there

	mayHaveWritten atomic.Bool // a write to the service has been sent
	changes        atomic.Bool // the command is about more than what it prints
}

// environment is a snapshot of the environment variables.
type environment map[string]string

func newEnvironment(pairs []string) environment {
	env := environment{}
	for _, pair := range pairs {
		if name, value, ok := strings.Cut(pair, "="); ok {
			env[name] = value
		}
	}
	return env
}

// get returns a variable, "" where it is not set.
func (e environment) get(name string) string { return e[name] }

// lookup is get with whether the variable is set.
func (e environment) lookup(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

// secrets returns the values that no message may repeat, whichever of them a
// command uses: a service that has seen one may put it into any answer.
func (e environment) secrets() []string {
	var values []string
	for name, value := range e {
		if strings.HasPrefix(name, apply.SecretEnvPrefix) || slices.Contains(credentialVariables, name) {
			values = append(values, value)
		}
	}
	return values
}

// credentialVariables hold what proves who someone is.
var credentialVariables = []string{
	"HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN",
	"HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN", "HW_USER_PASSWORD", "HW_AUTH_TOKEN", "BUILDSYNC_TOKEN",
}

// printf writes to stderr. A failure to write there has nowhere to be said.
func (p *program) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(p.stderr, format, args...)
}

// isTerminal tells whether a stream is one; stdout and stderr are judged apart.
func isTerminal(stream any) bool {
	file := kit.StreamFile(stream)
	return file != nil && term.IsTerminal(int(file.Fd()))
}

// colorful decides about colour for one stream. NO_COLOR counts where it is not
// empty (no-color.org), FORCE_COLOR where it is neither empty nor 0.
func (p *program) colorful(stream any, disabled bool) bool {
	force := p.env.get("FORCE_COLOR")
	switch {
	case disabled || p.env.get("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	case p.env.get("TERM") == "dumb":
		return false
	}
	return isTerminal(stream)
}

// width is how many cells a line of the stream has; 100 where it is no
// terminal.
func width(stream any) int {
	if columns := terminalWidth(stream); columns > 0 {
		return columns
	}
	return 100
}

// terminalWidth is how many cells a line of the stream has, 0 where it is no
// terminal.
func terminalWidth(stream any) int {
	if file := kit.StreamFile(stream); file != nil {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 20 {
			return columns
		}
	}
	return 0
}
