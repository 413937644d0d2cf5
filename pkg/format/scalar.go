package format

import (
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// scalar writes a plain or quoted text. A text on several lines keeps its
// lines, those after the first indented as given.
func (l *layout) scalar(n *spec.Written, indent int, in yamltext.Place) (first string, rest []string) {
	source := l.src[n.Value:n.End]
	if !strings.Contains(source, "\n") {
		return l.oneLine(n, source, in), nil
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

// oneLine chooses the quotes of a text on one line.
func (l *layout) oneLine(n *spec.Written, source string, in yamltext.Place) string {
	if n.Style == spec.PlainStyle || n.Start != n.Value { // a tag decides with the quotes what the text is
		return source
	}
	if yamltext.IsClearlyPlain(n.Text, in) {
		return n.Text
	}
	if n.Style == spec.SingleQuotedStyle && !strings.ContainsAny(n.Text, `"\`) {
		return `"` + n.Text + `"`
	}
	return source
}

// block writes a literal or folded text: the header, and the lines indented as
// given. open tells that the blank lines after it belong to it.
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
	indicators, open := yamltext.Header(n.Text, lines)
	for i, line := range lines {
		if line != "" {
			lines[i] = spaces(indent) + line
		}
	}
	return header + indicators + comment, lines, open
}

// foldedLines cuts the lines of a folded text out of the source, because the
// text itself does not show where it was folded.
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
