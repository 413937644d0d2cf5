package compile

import (
	"strconv"
	"unicode/utf8"
)

// A path names a value in a body by names, not by indexes, so that it stays the
// same when a neighbour comes or goes:
//
//	arch
//	steps["Build with Maven"].properties.command
//	steps["Test"#2].enable                     the second step called Test
//	parameters["target"].defaultValue
//	scms[0].branch
//	triggers[0].parameters["spec"]
//	notifications["MAIL"].events
//
// A name is quoted as in Go, with what does not print escaped, so that a path
// may be shown as it is.

// StepPath is the path of the nth step called name, counted from 1 among the
// steps of that name.
func StepPath(name string, nth int) string { return "steps" + NameSegment(name, nth) }

// ParameterPath is the path of the build parameter called name.
func ParameterPath(name string) string { return "parameters" + NameSegment(name, 1) }

// ScmPath is the path of the i-th code source, from 0.
func ScmPath(i int) string { return "scms" + IndexSegment(i) }

// TriggerPath is the path of the i-th trigger, from 0.
func TriggerPath(i int) string { return "triggers" + IndexSegment(i) }

// NoticePath is the path of a notification channel.
func NoticePath(channel string) string { return "notifications" + NameSegment(channel, 1) }

// NameSegment is the part of a path that chooses a list's nth item of that
// name, counted from 1.
func NameSegment(name string, nth int) string {
	buf := make([]byte, 0, len(name)+8)
	buf = append(buf, '[')
	buf = strconv.AppendQuote(buf, name)
	if nth > 1 {
		buf = append(buf, '#')
		buf = strconv.AppendInt(buf, int64(nth), 10)
	}
	return string(append(buf, ']'))
}

// IndexSegment is the part of a path that chooses a list's item by its index,
// from 0.
func IndexSegment(i int) string { return "[" + strconv.Itoa(i) + "]" }

// MemberSegment is the part of a path that chooses an object's member: .name,
// or ["odd name"] where the name is no identifier.
func MemberSegment(name string) string {
	if isIdentifier(name) {
		return "." + name
	}
	return NameSegment(name, 1)
}

// isIdentifier tells whether name can stand in a path without quotes.
func isIdentifier(name string) bool {
	if name == "" || len(name) > 128 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= utf8.RuneSelf:
			return false
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '-'):
		default:
			return false
		}
	}
	return true
}
