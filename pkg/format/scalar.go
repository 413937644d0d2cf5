package format

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/buildsync/buildsync/pkg/spec"
)

// scalar writes a plain or quoted text. What stands on several lines keeps its
// lines, those behind the first indented as given.
func (l *layout) scalar(n *spec.Written, indent int, place place) (first string, rest []string) {
	source := l.src[n.Value:n.End]
	if !strings.Contains(source, "\n") {
		return l.oneLine(n, source, place), nil
	}
	lines := strings.Split(source, "\n")
	for _, line := range lines[1:] {
		line = strings.Trim(line, " \t")
		if line != "" {
			line = spaces(indent) + line
		}
		rest = append(rest, line)
	}
	return strings.TrimRight(lines[0], " \t"), rest
}

// place is where a text stands: what may stand there without quotes differs.
type place uint8

const (
	inBlock place = iota
	inFlow
	asKey
)

// oneLine chooses the quotes of a text on one line.
func (l *layout) oneLine(n *spec.Written, source string, place place) string {
	if n.Style == spec.PlainStyle || n.Start != n.Value { // a tag decides with the quotes what the text is
		return source
	}
	if isPlain(n.Text, place) {
		return n.Text
	}
	if n.Style == spec.SingleQuotedStyle && !strings.ContainsAny(n.Text, `"\`) {
		return `"` + n.Text + `"`
	}
	return source
}

var (
	plainKey   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
	plainStart = regexp.MustCompile(`^([\pL_/]|\$[^ ]|\.{1,2}/)`)
	// odd are characters that people expect quotes around, such as a glob's.
	odd = "*&!|>%#?`'\"\\"
)

// isPlain tells whether every reader of YAML takes a text without quotes for
// the same text. What starts like a number, a date or an indicator keeps its
// quotes.
func isPlain(text string, place place) bool {
	switch strings.ToLower(text) {
	case "y", "yes", "on", "true", "n", "no", "off", "false", "null", "none":
		return false
	}
	if place == asKey {
		return plainKey.MatchString(text)
	}
	if !plainStart.MatchString(text) || strings.ContainsAny(text, odd) || strings.HasSuffix(text, " ") || strings.HasSuffix(text, ":") ||
		strings.Contains(text, ": ") || place == inFlow && strings.ContainsAny(text, ",[]{}") {
		return false
	}
	return strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r > 0xffff }) < 0
}

// block writes a literal or folded text: the header, and the lines indented as
// given. open tells that the blank lines behind it belong to it.
func (l *layout) block(n *spec.Written, indent int) (header string, lines []string, open bool) {
	body := lineEnd(l.src, n.Value)
	comment := ""
	if i := strings.IndexByte(l.src[n.Value:body], '#'); i >= 0 {
		comment = " " + strings.TrimRight(l.src[n.Value+i:body], " \t")
		blanks := strings.TrimRight(l.src[n.Value:n.Value+i], " \t")
		comment = strings.Repeat(" ", max(0, i-len(blanks)-1)) + comment
	}
	lines = strings.Split(strings.TrimSuffix(n.Text, "\n"), "\n")
	header = "|"
	if n.Style == spec.FoldedStyle {
		header, lines = ">", l.foldedLines(n, body)
	}
	if n.Text == "" {
		return header + comment, nil, false
	}
	for _, line := range lines {
		if strings.HasPrefix(line, " ") {
			header += "2"
		}
		if line != "" {
			break
		}
	}
	for i, line := range lines {
		if line != "" {
			lines[i] = spaces(indent) + line
		}
	}
	switch {
	case !strings.HasSuffix(n.Text, "\n"):
		header += "-"
	case strings.HasSuffix(n.Text, "\n\n") || n.Text == "\n":
		header += "+"
		open = true
	}
	return header + comment, lines, open
}

// foldedLines cuts the lines of a folded text out of the source: where it was
// folded cannot be told from the text.
func (l *layout) foldedLines(n *spec.Written, body int) []string {
	if n.End <= body {
		return nil
	}
	lines := strings.Split(l.src[body+1:n.End], "\n")
	indent := -1
	text := strings.TrimLeft(n.Text, "\n")
	for i, line := range lines {
		if indent < 0 && strings.Trim(line, " ") != "" {
			indent = leadingBlanks(line) - leadingBlanks(text)
		}
		lines[i] = line
	}
	for i, line := range lines {
		lines[i] = line[min(max(indent, 0), leadingBlanks(line)):]
	}
	return lines
}

func leadingBlanks(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

func spaces(n int) string { return strings.Repeat(" ", n) }
