package export

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lineWidth is how long a line may become before a list or mapping is written
// over several.
const lineWidth = 100

// longKey is how long a written key may be before it needs the explicit form:
// YAML readers look no further than 1,024 characters for a key's colon.
const longKey = 1000

const indentStep = "  "

// appendBlock writes n in block style, each line behind indent. n must be a
// mapping or sequence that is not empty.
func appendBlock(out *bytes.Buffer, n *node, indent string) {
	for _, f := range n.fields {
		out.WriteString(indent)
		key := writtenText(f.key, true)
		if len(key) > longKey {
			out.WriteString("? " + key + "\n" + indent + ":")
		} else {
			out.WriteString(key + ":")
		}
		appendValue(out, f.value, indent)
	}
	for _, item := range n.items {
		out.WriteString(indent + "-")
		if len(item.fields) == 0 || oneLineOf(item, len(indent)+2) != "" {
			appendValue(out, item, indent)
			continue
		}
		// The first key stands behind the dash.
		var block bytes.Buffer
		appendBlock(&block, item, indent+indentStep)
		out.WriteByte(' ')
		out.Write(block.Bytes()[len(indent)+len(indentStep):])
	}
}

// appendValue writes what stands behind a key or a dash, and ends the line.
func appendValue(out *bytes.Buffer, n *node, indent string) {
	if n.kind == textNode && strings.Contains(n.text, "\n") {
		out.WriteByte(' ')
		appendLines(out, n.text, indent+indentStep)
		return
	}
	column := out.Len() - bytes.LastIndexByte(out.Bytes(), '\n')
	if line := oneLineOf(n, column); line != "" {
		out.WriteString(" " + line + "\n")
		return
	}
	out.WriteByte('\n')
	appendBlock(out, n, indent+indentStep)
}

// oneLineOf writes n on one line, "" where it must stand over several.
func oneLineOf(n *node, column int) string {
	switch {
	case n.kind == literalNode:
		return n.text
	case n.kind == textNode && !strings.Contains(n.text, "\n"):
		return writtenText(n.text, false)
	case n.kind == mappingNode && len(n.fields) == 0:
		return "{}"
	case n.kind == sequenceNode && len(n.items) == 0:
		return "[]"
	case !n.flow:
		return ""
	}
	line, ok := flowOf(n)
	if !ok || column+utf8.RuneCountInString(line) > lineWidth {
		return ""
	}
	return line
}

// flowOf writes n in flow style; ok is false where a text of several lines or a
// long key is in the way.
func flowOf(n *node) (line string, ok bool) {
	switch n.kind {
	case literalNode:
		return n.text, true
	case textNode:
		return writtenText(n.text, true), !strings.Contains(n.text, "\n")
	case sequenceNode:
		parts := make([]string, 0, len(n.items))
		for _, item := range n.items {
			part, ok := flowOf(item)
			if !ok {
				return "", false
			}
			parts = append(parts, part)
		}
		return "[" + strings.Join(parts, ", ") + "]", true
	}
	parts := make([]string, 0, len(n.fields))
	for _, f := range n.fields {
		part, ok := flowOf(f.value)
		key := writtenText(f.key, true)
		if !ok || len(key) > longKey {
			return "", false
		}
		parts = append(parts, key+": "+part)
	}
	return "{" + strings.Join(parts, ", ") + "}", true
}

// appendLines writes a text of several lines: as a literal block where that is
// safe, else as a double-quoted text with a line of its own for each of its
// lines.
func appendLines(out *bytes.Buffer, s, indent string) {
	if !isLiteralSafe(s) {
		lines := strings.SplitAfter(s, "\n")
		if lines[len(lines)-1] == "" {
			lines = lines[:len(lines)-1]
		}
		out.WriteByte('"')
		for i, line := range lines {
			if i > 0 {
				out.WriteString("\\\n" + indent)
				if line[0] == ' ' || line[0] == '\t' {
					// What stands before the first character of a line is not part of
					// the text, unless it is escaped.
					out.WriteByte('\\')
					if line[0] == '\t' {
						out.WriteByte('t')
						line = line[1:]
					}
				}
			}
			out.WriteString(escapedText(line))
		}
		out.WriteString("\"\n")
		return
	}
	style := "|-"
	if strings.HasSuffix(s, "\n") {
		s, style = strings.TrimSuffix(s, "\n"), "|"
	}
	out.WriteString(style + "\n")
	for line := range strings.SplitSeq(s, "\n") {
		if line != "" {
			out.WriteString(indent + line)
		}
		out.WriteByte('\n')
	}
}

// isLiteralSafe tells whether every YAML reader, and every editor, keeps a text
// of several lines as a literal block: it does not start with a blank, tab or
// line break, no line ends in a blank or tab, it ends with one line break at
// most, and each character is one that all readers agree on.
func isLiteralSafe(s string) bool {
	if strings.Trim(s[:1], " \t\r\n") == "" || strings.HasSuffix(s, "\n\n") {
		return false
	}
	last := rune(0)
	for _, r := range s {
		if r == '\n' && (last == ' ' || last == '\t') {
			return false
		}
		if r != '\n' && r != '\t' && !isSafe(r) {
			return false
		}
		last = r
	}
	return last != ' ' && last != '\t'
}

// isSafe tells whether a character may stand in a file as it is.
func isSafe(r rune) bool {
	return r == ' ' || r < 0x10000 && r != utf8.RuneError && r != 0xfeff && unicode.IsPrint(r)
}

// notText are the words that some reader takes for a boolean, null or a number.
var notText = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|nan|inf|infinity)$`)

// numberLike is text that some reader takes for a number, a date or a time.
var numberLike = regexp.MustCompile(`^[0-9a-fA-FxXoObB_.:eE+TtZz -]*$`)

// writtenText writes a text on one line: plain where no reader could take it
// for anything else, in single quotes where that spares escapes, else in double
// quotes. inFlow allows it to stand within brackets.
func writtenText(s string, inFlow bool) string {
	switch {
	case isPlain(s, inFlow):
		return s
	case strings.ContainsAny(s, `"\`) && !strings.Contains(s, "'") && isAllSafe(s):
		return "'" + s + "'"
	}
	return `"` + escapedText(s) + `"`
}

func isAllSafe(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !isSafe(r) }) < 0
}

func isPlain(s string, inFlow bool) bool {
	if s == "" || !isAllSafe(s) || notText.MatchString(s) || strings.TrimSpace(s) != s {
		return false
	}
	first, _ := utf8.DecodeRuneInString(s)
	switch {
	case unicode.IsLetter(first), first == '_', first == '/':
	case first == '$', strings.HasPrefix(s, "./"):
	case first >= '0' && first <= '9':
		if numberLike.MatchString(s) {
			return false
		}
	default:
		return false
	}
	if inFlow && strings.ContainsAny(s, ",[]{}?:") {
		return false
	}
	return !strings.Contains(s, ": ") && !strings.Contains(s, " #") && !strings.HasSuffix(s, ":")
}

// escapedText is the inside of a double-quoted text.
func escapedText(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out.WriteString(`\` + string(r))
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == ' ' || unicode.IsPrint(r) && r != 0xfeff && r != utf8.RuneError:
			out.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&out, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			fmt.Fprintf(&out, `\U%08x`, r)
		}
	}
	return out.String()
}
