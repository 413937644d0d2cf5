package spec

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// explainSyntax turns the library's error into a diagnostic with line, column and likely cause. The
// library gives no columns, and often only the line where the surrounding mapping starts; see
// locate.
func explainSyntax(src *source, err error, out *report) {
	if several := new(errSeveralDocuments); errors.As(err, &several) {
		start := src.seek(several.line, several.column)
		out.errorf("yaml-syntax", src.at(start, start), "put it into a file of its own", "a second YAML document starts here; one file holds one")
		return
	}
	line, problem := splitError(err)
	if strings.Contains(problem, "exceeded max depth") {
		out.errorf("file-limit", src.at(src.lines[0], src.lines[0]), "", "values are nested more than %d deep", maxDepth)
		return
	}
	f := locate(src, line, problem)
	for _, cause := range causes {
		if cause(f) {
			break
		}
	}
	f.report(out)
}

// pattern returns a regular expression that is compiled when it is first used:
// most runs meet no syntax error.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

var errorLine = pattern(`^yaml: (?:line (\d+): )?(.*)$`)

// splitError splits the library's text. line is 0 if it has none.
func splitError(err error) (line int, problem string) {
	first, _, _ := strings.Cut(err.Error(), "\n")
	parts := errorLine().FindStringSubmatch(first)
	if parts == nil {
		return 0, first
	}
	line, _ = strconv.Atoi(parts[1])
	return line, parts[2]
}

// fault is a syntax error while its message is being found.
type fault struct {
	src     *source
	problem string // the library's words
	line    int    // from 1
	text    string // of the line
	quote   int    // the line on which a quoted text opened that swallowed this one; 0 if none

	start, end int // bytes within text that the message is about
	message    string
	hint       string
}

// say sets the range, message and hint.
func (f *fault) say(start, end int, message, hint string) bool {
	f.start, f.end, f.message, f.hint = start, end, message, hint
	return true
}

// moveTo makes another line the one at fault.
func (f *fault) moveTo(line int) { f.line, f.text = line, string(f.src.lineText(line)) }

func (f *fault) report(out *report) {
	if f.message == "" {
		f.start, f.end, f.message = indentOf(f.text), len(f.text), "this is not YAML: "+f.problem
	}
	start := f.src.lines[f.line-1]
	out.errorf("yaml-syntax", f.src.at(start+min(f.start, len(f.text)), start+min(f.end, len(f.text))), f.hint, "%s", f.message)
}

// inParser matches the problems for which the library gives the first line of the surrounding
// collection, or no line.
var inParser = pattern(`did not find expected (key|'-'|',' or|node content|<document start>)|unknown anchor|undefined tag handle`)

// searchLimit bounds the size of files that are parsed again, about a dozen times, to find the line
// of an error.
const searchLimit = 256 << 10

// locate finds the line of an error: the last line of the shortest beginning of the file that fails
// in the same way.
func locate(src *source, line int, problem string) *fault {
	f := &fault{src: src, problem: problem}
	line = min(max(line, 1), len(src.lines))
	if inParser().MatchString(problem) && len(src.text) <= searchLimit {
		low, high := 1, len(src.lines)
		for low < high {
			middle := (low + high) / 2
			if _, p := src.failure(middle); p == problem {
				high = middle
			} else {
				low = middle + 1
			}
		}
		line = low
		if open, p := src.failure(line - 1); strings.Contains(p, "unexpected end of stream") && line > 1 {
			f.quote = max(open, 1)
		}
	}
	f.moveTo(line)
	return f
}

// failure parses the first lines of the file.
func (s *source) failure(lines int) (line int, problem string) {
	end := len(s.text)
	if lines < len(s.lines) {
		end = s.lines[lines]
	}
	if _, err := decode(bytes.TrimPrefix(s.text[:end], byteOrderMark)); err != nil {
		return splitError(err)
	}
	return 0, ""
}

func indentOf(text string) int { return len(text) - len(strings.TrimLeft(text, " \t")) }

// valueStart finds the places at which a value may start.
var valueStart = pattern(`(?:^\s*|(?:^|\s)[-?]\s+|:\s+|[\[{,]\s*)([^\s\-\[{,]|-\S|\{\{)`)

// startsWith returns where a value starts with one of chars, -1 if none does.
func (f *fault) startsWith(chars string) int {
	for _, match := range valueStart().FindAllStringSubmatchIndex(f.text, -1) {
		if strings.IndexByte(chars, f.text[match[2]]) >= 0 {
			return match[2]
		}
	}
	return -1
}

// restOf returns the value that starts at a place, as a message would quote it.
func (f *fault) restOf(at int) string {
	rest := f.text[at:]
	if end := strings.Index(rest, " #"); end >= 0 {
		rest = rest[:end]
	}
	if strings.ContainsAny(f.text[:at], "[{") {
		if end := strings.IndexAny(rest, ",]}"); end > 0 {
			rest = rest[:end]
		}
	}
	return strings.TrimRight(rest, " \t,]}")
}
