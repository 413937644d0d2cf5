package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Console has the streams and the environment of one run of the program.
type Console struct {
	Env    Environment
	Stops  *Stops
	Stdin  io.Reader
	Stdout io.Writer // the result, in the format asked for, and nothing else
	Stderr io.Writer // everything else
	Logged *Logged   // stderr for logs, whose records are JSON already with --log-format json
}

// Environment is a snapshot of the environment variables.
type Environment map[string]string

func NewEnvironment(pairs []string) Environment {
	env := Environment{}
	for _, pair := range pairs {
		if name, value, ok := strings.Cut(pair, "="); ok {
			env[name] = value
		}
	}
	return env
}

// Get returns a variable, "" if it is not set.
func (e Environment) Get(name string) string { return e[name] }

// Lookup is Get that also reports whether the variable is set.
func (e Environment) Lookup(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

// Printf writes a message to stderr, folded to the terminal. An error there cannot be reported
// anywhere.
func (p *Console) Printf(format string, args ...any) {
	_, _ = io.WriteString(p.Stderr, Fold(fmt.Sprintf(format, args...), TerminalWidth(p.Stderr)))
}

// SameReader reports whether two streams have the same reader: both a terminal, or the same file,
// as with 2>&1.
func SameReader(a, b any) bool {
	if IsTerminal(a) && IsTerminal(b) {
		return true
	}
	one, other := StreamFile(a), StreamFile(b)
	if one == nil || other == nil {
		return false
	}
	first, err := one.Stat()
	second, otherErr := other.Stat()
	return err == nil && otherErr == nil && os.SameFile(first, second)
}

// IsTerminal reports whether a stream is a terminal; stdout and stderr are checked separately.
func IsTerminal(stream any) bool {
	file := StreamFile(stream)
	return file != nil && term.IsTerminal(int(file.Fd()))
}

// Draws reports whether a display may be drawn on a stream and drawn again: it is a
// terminal that can move its cursor.
func (p *Console) Draws(stream any) bool {
	return IsTerminal(stream) && p.Env.Get("TERM") != "dumb"
}

// Colorful decides about colour for one stream. NO_COLOR counts if it is not empty (no-color.org),
// FORCE_COLOR and CLICOLOR_FORCE if they are neither empty nor 0, CLICOLOR if it is 0.
func (p *Console) Colorful(stream any, disabled bool) bool {
	forced := func(name string) bool { value := p.Env.Get(name); return value != "" && value != "0" }
	switch {
	case disabled || p.Env.Get("NO_COLOR") != "":
		return false
	case forced("FORCE_COLOR") || forced("CLICOLOR_FORCE"):
		return true
	case p.Env.Get("TERM") == "dumb" || p.Env.Get("CLICOLOR") == "0":
		return false
	}
	return IsTerminal(stream)
}

// Width returns the width of the stream in cells; 100 if it is not a terminal.
func Width(stream any) int {
	if columns := TerminalWidth(stream); columns > 0 {
		return columns
	}
	return 100
}

// TerminalWidth returns the width of the stream in cells, 0 if it is not a terminal.
func TerminalWidth(stream any) int {
	if file := StreamFile(stream); file != nil {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns >= 20 {
			return columns
		}
	}
	return 0
}
