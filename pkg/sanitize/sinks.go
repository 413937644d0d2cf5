package sanitize

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON makes a finished JSON document safe to print: unprintable characters,
// which can only be inside JSON strings, become \u escapes. The document means
// the same. Invalid UTF-8 becomes U+FFFD, as readers take it.
func JSON(document []byte) []byte {
	out := make([]byte, 0, len(document))
	for i := 0; i < len(document); {
		if c := document[i]; c < utf8.RuneSelf && c != 0x7f {
			out = append(out, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(document[i:])
		i += size
		switch {
		case r == utf8.RuneError || !unicode.IsPrint(r):
			out = appendJSONEscape(out, r)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

func appendJSONEscape(out []byte, r rune) []byte {
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return appendJSONEscape(appendJSONEscape(out, high), low)
	}
	return append(out, '\\', 'u', digits[r>>12&0xf], digits[r>>8&0xf], digits[r>>4&0xf], digits[r&0xf])
}

// logCommands begin an instruction to a CI system when they are in its log.
var logCommands = []string{"::", "##["}

// LogLine makes s safe for one line of a CI system's log: it is Line, and no
// workflow command, section mark or service message of any of them remains,
// whether s begins the line or not.
func LogLine(s string, limit int) string {
	safe := Line(s, limit)
	trimmed := strings.TrimLeft(safe, " ")
	for _, command := range logCommands {
		if strings.HasPrefix(trimmed, command) {
			safe = safe[:len(safe)-len(trimmed)] + escapeFirst(trimmed)
		}
	}
	for _, command := range []string{"##[", "##vso[", "##teamcity[", "section_start:", "section_end:"} {
		for {
			i := strings.Index(safe, command)
			if i < 0 {
				break
			}
			safe = safe[:i] + escapeFirst(safe[i:])
		}
	}
	return safe
}

// escapeFirst escapes the first character of s.
func escapeFirst(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return fmt.Sprintf(`\u{%04x}`, s[0]) + s[size:]
}
