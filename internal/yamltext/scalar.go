package yamltext

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Place is where a text is: what may be there without quotes differs.
type Place uint8

// The places.
const (
	InBlock Place = iota
	InFlow
	AsKey
)

// notText are the words that some reader takes for a boolean, null or a number.
var notText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|none|nan|inf|infinity)$`)
})

// numberLike is text that some reader takes for a number, a date or a time.
var numberLike = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-fA-FxXoObB_.:eE+TtZz -]*$`) })

// Inline writes a text on one line: plain where no reader could take it for
// anything else, in single quotes where that spares escapes, else in double
// quotes.
func Inline(s string, in Place) string {
	switch {
	case isPlain(s, in):
		return s
	case strings.ContainsAny(s, `"\`) && !strings.Contains(s, "'") && isAllSafe(s):
		return "'" + s + "'"
	}
	return `"` + escaped(s) + `"`
}

// isPlain reports whether every reader of YAML takes a text without quotes for
// the same text.
func isPlain(s string, in Place) bool {
	if IsClearlyPlain(s, in) {
		return true
	}
	if s == "" || !isAllSafe(s) || notText().MatchString(s) || strings.TrimSpace(s) != s {
		return false
	}
	first, _ := utf8.DecodeRuneInString(s)
	switch {
	case unicode.IsLetter(first), first == '_', first == '/':
	case first == '$', strings.HasPrefix(s, "./"):
	case first >= '0' && first <= '9':
		if numberLike().MatchString(s) {
			return false
		}
	default:
		return false
	}
	if in != InBlock && strings.ContainsAny(s, ",[]{}?:") {
		return false
	}
	return !strings.Contains(s, ": ") && !strings.Contains(s, " #") && !strings.HasSuffix(s, ":")
}

var (
	plainKey   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`) })
	plainStart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([\pL_/]|\$[^ ]|\.{1,2}/)`) })
	// odd are characters that people expect quotes around, such as a glob's.
	odd = "*&!|>%#?`'\"\\"
)

// IsClearlyPlain reports whether quotes around a text may be taken away: it is
// plain, and no person could take it for anything but a text. What starts like
// a number, a date or an indicator keeps its quotes.
func IsClearlyPlain(s string, in Place) bool {
	if notText().MatchString(s) {
		return false
	}
	if in == AsKey {
		return plainKey().MatchString(s)
	}
	if !plainStart().MatchString(s) || strings.ContainsAny(s, odd) || strings.HasSuffix(s, " ") || strings.HasSuffix(s, ":") ||
		strings.Contains(s, ": ") || in == InFlow && strings.ContainsAny(s, ",[]{}") {
		return false
	}
	return isAllSafe(s)
}

// isSafe reports whether a character may stand in a text on one line as it is.
func isSafe(r rune) bool {
	return r == ' ' || r < 0x10000 && r != utf8.RuneError && r != 0xfeff && unicode.IsPrint(r)
}

func isAllSafe(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !isSafe(r) }) < 0
}

// escaped returns the inside of a double-quoted text.
func escaped(s string) string {
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
