package lint

import (
	"errors"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// Bash checks whether bash can parse a script.
type Bash interface {
	// Identity identifies the installed program: results depend on it.
	Identity() string
	// Refusal returns where and why bash refuses a script; message is empty if it accepts it. The
	// error is ErrNoAnswer if this bash cannot be asked, or a *StoppedError.
	Refusal(script string) (line int, message string, err error)
}

// ErrNoAnswer means that a program cannot check scripts on this machine.
var ErrNoAnswer = errors.New("no answer")

// StoppedError reports that a program was stopped before it answered: it took too much time or
// memory. It depends on the machine, so such a result is never an error of the script and never
// cached.
type StoppedError struct{ Program, Reason string }

func (e *StoppedError) Error() string { return e.Program + " " + e.Reason }

// settled returns the faults of a script after asking bash, which happens only if the parser had
// problems. A script that bash accepts has no fault; one that it refuses has one, even if the
// parser only skipped an unclear part. Without bash the parser decides, and its doubts are only
// information. stopped reports whether bash had to be stopped.
func settled(text string, read shellReading, bash Bash) (faults []shellFault, stopped bool) {
	if !read.doubtful {
		return read.faults, false
	}
	line, message, err := 0, "", ErrNoAnswer
	if bash != nil {
		line, message, err = bash.Refusal(text)
	}
	if err != nil {
		return unsettled(read.faults, err)
	}
	return bashSays(text, read.faults, line, message), false
}

// unsettled returns the faults of a script about which bash gave no answer. Where it was stopped,
// none is an error.
func unsettled(read []shellFault, err error) (faults []shellFault, stopped bool) {
	var why *StoppedError
	stopped = errors.As(err, &why)
	faults = slices.Clone(read)
	for i := range faults {
		switch f := &faults[i]; {
		case !f.unsure:
		case stopped && f.severity == spec.Error:
			f.severity = spec.Info
			f.message = "the shell rules cannot read this script and skip it, and " + why.Error() + ": " + strings.TrimPrefix(f.message, notParsed)
			f.hint = "check the script with bash -n"
		case f.severity == spec.Info:
			f.hint = "check the script with bash -n"
		}
	}
	return faults, stopped
}

// bashSays returns the faults of a script after bash's answer.
func bashSays(text string, read []shellFault, line int, message string) []shellFault {
	isError := func(f shellFault) bool { return f.severity == spec.Error }
	if message != "" {
		if slices.ContainsFunc(read, isError) {
			return read
		}
		start, end := lineOf(text, line)
		refused := shellFault{start: start, end: end, message: notParsed + "bash says: " + message, severity: spec.Error}
		return append(slices.Clip(read), refused)
	}
	var kept []shellFault
	for _, f := range read {
		switch {
		case !f.unsure:
			kept = append(kept, f)
		case f.severity == spec.Error:
			said := strings.TrimPrefix(f.message, notParsed)
			kept = append(kept, shellFault{start: f.start, end: f.end, severity: spec.Info, message: "bash reads this script, but the shell rules do not, and skip it: " + said})
		}
	}
	return kept
}

// notParsed begins the message of a fault of the syntax.
const notParsed = "the script does not parse: "

// lineOf returns where a line's text starts and ends; the last line where there is
// no such line.
func lineOf(text string, line int) (start, end int) {
	for n := 1; n < line; n++ {
		next := strings.IndexByte(text[start:], '\n')
		if next < 0 || start+next+1 >= len(text) {
			break
		}
		start += next + 1
	}
	end = start + len(text[start:])
	if stop := strings.IndexByte(text[start:], '\n'); stop >= 0 {
		end = start + stop
	}
	start += len(text[start:end]) - len(strings.TrimLeft(text[start:end], " \t"))
	return start, end
}
