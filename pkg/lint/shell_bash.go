package lint

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// Bash checks whether bash can parse a script.
type Bash interface {
	// Identity identifies the installed program: results depend on it.
	Identity() string
	// Refusal returns where and why bash refuses a script; message is empty if it accepts it. asked
	// is false if it did not answer.
	Refusal(script string) (line int, message string, asked bool)
}

// settled returns the faults of a script after asking bash, which happens only if the parser had
// problems. A script that bash accepts has no fault; one that it refuses has one, even if the
// parser only skipped an unclear part. Without bash the parser decides, and its doubts are only
// information.
func settled(text string, read shellReading, bash Bash) []shellFault {
	if !read.doubtful {
		return read.faults
	}
	line, message, asked := 0, "", false
	if bash != nil {
		line, message, asked = bash.Refusal(text)
	}
	if !asked {
		faults := slices.Clone(read.faults)
		for i := range faults {
			if f := &faults[i]; f.unsure && f.severity == spec.Info {
				f.hint = "check the script with bash -n"
			}
		}
		return faults
	}
	isError := func(f shellFault) bool { return f.severity == spec.Error }
	if message != "" {
		if slices.ContainsFunc(read.faults, isError) {
			return read.faults
		}
		start, end := lineOf(text, line)
		refused := shellFault{start: start, end: end, message: "the script does not parse: bash says: " + message, severity: spec.Error}
		return append(slices.Clip(read.faults), refused)
	}
	var kept []shellFault
	for _, f := range read.faults {
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
