package yamltext

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fitsBlock reports whether a block scalar can hold a text exactly: any text of
// characters that may be in a file as they are. A carriage return cannot,
// since a reader takes it for the end of a line.
func fitsBlock(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, isBarred) < 0
}

// IsBlock reports whether the value of a key is written as a literal block.
func IsBlock(key string, n *Node) bool {
	return n.Kind == TextNode && strings.Contains(n.Text, "\n") && fitsBlock(n.Text) && (!names[key] || strings.IndexFunc(n.Text, isHidden) < 0)
}

// isBarred reports whether a character cannot be in a file: controls, what
// some reader takes for the end of a line, a byte-order mark, and what is not a
// character.
func isBarred(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < ' ' || r >= 0x7f && r < 0xa0:
		return true
	case r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff:
		return true
	}
	return false
}

// isHidden reports whether a person cannot see a character, although a file may
// hold it. The ideographic space is ordinary in Chinese text.
func isHidden(r rune) bool { return r >= 0x80 && r != 0x3000 && !unicode.IsPrint(r) }

// Header returns what is after | or > for a block scalar with these lines
// of text: the indentation indicator and the chomping indicator. open reports
// that blank lines after the scalar would belong to it. lines are those of the
// text as the file has them, without their indentation of two.
func Header(s string, lines []string) (header string, open bool) {
	for _, line := range lines {
		if line != "" {
			if line[0] == ' ' || line[0] == '\t' {
				header = "2"
			}
			break
		}
	}
	switch {
	case s == "":
	case !strings.HasSuffix(s, "\n"):
		header += "-"
	case strings.HasSuffix(s, "\n\n") || s == "\n":
		header += "+"
		open = true
	}
	return header, open
}

// appendLines writes a text of several lines and ends the line: as a literal
// block where that holds it, else as a double-quoted text with a line of its own
// for each of its lines. A name that holds what a reader cannot see is escaped,
// so that it is seen.
func appendLines(out *bytes.Buffer, s, indent string, isName bool) {
	if !fitsBlock(s) || isName && strings.IndexFunc(s, isHidden) >= 0 {
		appendQuotedLines(out, s, indent)
		return
	}
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	header, _ := Header(s, lines)
	out.WriteString("|" + header + "\n")
	for _, line := range lines {
		if line != "" {
			out.WriteString(indent + line)
		}
		out.WriteByte('\n')
	}
}

// appendQuotedLines writes a double-quoted text over several lines.
func appendQuotedLines(out *bytes.Buffer, s, indent string) {
	lines := strings.SplitAfter(s, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	out.WriteByte('"')
	for i, line := range lines {
		if i > 0 {
			out.WriteString("\\\n" + indent)
			if line[0] == ' ' || line[0] == '\t' {
				// What is before the first character of a line is not part of
				// the text, unless it is escaped.
				out.WriteByte('\\')
				if line[0] == '\t' {
					out.WriteByte('t')
					line = line[1:]
				}
			}
		}
		out.WriteString(escaped(line))
	}
	out.WriteString("\"\n")
}
