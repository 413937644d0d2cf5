// Package valuepath is the grammar of paths by which plans, lint, explain, query, set and
// policy.ignore name a value of a job. Each of them reads every path that another prints.
//
//	arch
//	steps["Build with Maven"].properties.command
//	steps[Build].image                         the same as .properties.image
//	steps["Test"#2].enable                     the second step called Test
//	steps[*].properties.image                  of any step
//	parameters["target"].defaultValue
//	scms[0].branch
//	triggers[0].parameters["spec"]
//	notifications["MAIL"].events               the same as notifications.MAIL.events
//	**.command                                 at any depth
//
// A path uses names, not indexes, so that it stays valid when neighbours are added or removed.
// .name, [name] and ["name"] mean the same. In a name, * matches any text. A path may begin with
// its job, in the form of lint (jobs[order].arch) or of explain (shop/job/order.arch).
package valuepath

import (
	"slices"
	"strconv"
	"strings"
)

// kind is how a segment selects.
type kind uint8

const (
	named   kind = iota // a member or item by its name
	indexed             // an item by its index, from 0
	anyone              // [*]: any member or item
	deep                // **: any number of segments
)

// segment is one part of a path.
type segment struct {
	kind  kind
	name  string
	nth   int // among the items of that name, from 1; 0: not written
	index int
}

// Path is a parsed path or pattern.
type Path struct {
	// Job and Template name the object that the path begins with, "" for none.
	Job, Template string

	as   []segment // as it was written
	body []segment // in the API's words, nil if that is the same
}

// IsZero reports whether p names no value: only a job, or nothing.
func (p Path) IsZero() bool { return len(p.as) == 0 }

// IsAbout reports whether p can name a value of the job called name.
func (p Path) IsAbout(name string) bool { return p.Template == "" && (p.Job == "" || p.Job == name) }

// IsPattern reports whether p can match several values of one job.
func (p Path) IsPattern() bool {
	return slices.ContainsFunc(p.as, func(s segment) bool {
		return s.kind == anyone || s.kind == deep || s.kind == named && strings.Contains(s.name, "*")
	})
}

// Matches reports whether p matches the value at path, or every value like it.
func (p Path) Matches(path Path) bool {
	return match(p.as, path.as, true) || p.body != nil && match(p.body, path.as, true)
}

// Covers reports whether p matches the value at path or one that contains it.
func (p Path) Covers(path Path) bool {
	return match(p.as, path.as, false) || p.body != nil && match(p.body, path.as, false)
}

// match compares a pattern with a path, or with its beginning unless whole.
func match(pattern, path []segment, whole bool) bool {
	for i, want := range pattern {
		if want.kind == deep {
			for skip := 0; skip <= len(path)-i; skip++ {
				if match(pattern[i+1:], path[i+skip:], whole) {
					return true
				}
			}
			return false
		}
		if i >= len(path) || !want.matches(&path[i]) {
			return false
		}
	}
	return !whole || len(pattern) == len(path)
}

func (s *segment) matches(have *segment) bool {
	switch {
	case s.kind == anyone:
		return have.kind != deep
	case s.kind != have.kind:
		return false
	case s.kind == indexed:
		return s.index == have.index
	case !hasStar(s.name):
		return s.name == have.name && max(s.nth, 1) == max(have.nth, 1)
	}
	return Glob(s.name, have.name) && (s.nth == 0 || s.nth == max(have.nth, 1))
}

// Glob reports whether pattern, in which * matches any text, matches s.
func Glob(pattern, s string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, first)
	if !ok {
		return false
	}
	for {
		part, more, star := strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(s, part)
		}
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s, rest = s[i+len(part):], more
	}
}

// String returns p as plans print it, without the job.
func (p Path) String() string {
	segments := p.as
	if p.body != nil {
		segments = p.body
	}
	return spell(segments)
}

func spell(segments []segment) string {
	var out strings.Builder
	for i, s := range segments {
		switch {
		case s.kind == indexed:
			out.WriteString(Index(s.index))
		case s.kind == deep:
			out.WriteString(strings.TrimPrefix("."+"**", dotless(i)))
		case isItem(segments, i) && s.kind == anyone:
			out.WriteString("[*]")
		case s.kind == anyone:
			out.WriteString(strings.TrimPrefix(".*", dotless(i)))
		case isItem(segments, i) || s.nth > 1:
			out.WriteString(Name(s.name, s.nth))
		case strings.Contains(s.name, "*") && isIdentifier(strings.ReplaceAll(s.name, "*", "x")):
			out.WriteString(strings.TrimPrefix("."+s.name, dotless(i)))
		default:
			out.WriteString(strings.TrimPrefix(Member(s.name), dotless(i)))
		}
	}
	return out.String()
}

// dotless returns the separator that the first segment lacks.
func dotless(i int) string {
	if i == 0 {
		return "."
	}
	return ""
}

// lists are the members whose items a path names in brackets.
var lists = []string{"steps", "parameters", "notifications", "scms", "triggers"}

// isItem reports whether the i-th segment selects an item of a list.
func isItem(segments []segment, i int) bool {
	switch i {
	case 1:
		return segments[0].kind == named && slices.Contains(lists, segments[0].name)
	case 3:
		return segments[0].name == "triggers" && segments[2].name == "parameters"
	}
	return false
}

// Name returns the segment for the nth item of that name, counted from 1. The name is quoted as in
// Go, with unprintable characters escaped, so that a path is safe to print.
func Name(name string, nth int) string {
	if nth <= 1 && isPlain(name) {
		return `["` + name + `"]`
	}
	buf := make([]byte, 0, len(name)+8)
	buf = append(buf, '[')
	buf = strconv.AppendQuote(buf, name)
	if nth > 1 {
		buf = append(buf, '#')
		buf = strconv.AppendInt(buf, int64(nth), 10)
	}
	return string(append(buf, ']'))
}

// isPlain reports whether a name is the same when it is quoted.
func isPlain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Bare is Name without the quotes if they are not needed, as lint prints it.
func Bare(name string) string {
	if name == "" || strings.ContainsAny(name, "[]\"\\*\n") || isNumber(name) {
		return Name(name, 1)
	}
	return "[" + name + "]"
}

// isNumber reports whether name could be taken for an index. Most names do not look like one, and
// refusing them costs strconv an error.
func isNumber(name string) bool {
	if c := name[0]; c != '+' && c != '-' && (c < '0' || c > '9') {
		return false
	}
	_, err := strconv.Atoi(name)
	return err == nil
}

// Index returns the segment for a list's item by index, from 0.
func Index(i int) string { return "[" + strconv.Itoa(i) + "]" }

// Member returns the segment for an object's member: .name, or ["odd name"] if the name is not an
// identifier.
func Member(name string) string {
	if isIdentifier(name) {
		return "." + name
	}
	return Name(name, 1)
}

// First returns the path of a body's own member: Member without the dot.
func First(name string) string { return strings.TrimPrefix(Member(name), ".") }

// isIdentifier reports whether name needs no quotes in a path.
func isIdentifier(name string) bool {
	if name == "" || len(name) > 128 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '-'), i == 0 && c == '$' && len(name) > 1:
		default:
			return false
		}
	}
	return true
}

// Bound returns how many leading segments p and other share if one of them matches several values:
// in steps[*].image and steps[*].enable both mean the same step. It is 0 if they share none.
func (p Path) Bound(other Path) int {
	a, b := p.segments(), other.segments()
	n, several := 0, 0
	for n < len(a) && n < len(b) && a[n] == b[n] && a[n].kind != deep {
		n++
		if a[n-1].kind == anyone || a[n-1].kind == named && strings.Contains(a[n-1].name, "*") {
			several = n
		}
	}
	return several
}

// Shares reports whether two paths have the same first n segments.
func (p Path) Shares(other Path, n int) bool {
	return len(p.as) >= n && len(other.as) >= n && slices.Equal(p.as[:n], other.as[:n])
}

// segments returns the segments of p in the API's words.
func (p Path) segments() []segment {
	if p.body != nil {
		return p.body
	}
	return p.as
}

// Names lists the names of p, "" for an index; ok is false for a pattern.
func (p Path) Names() (names []string, ok bool) {
	if p.IsPattern() || len(p.as) == 0 {
		return nil, false
	}
	for _, s := range p.as {
		names = append(names, s.name)
	}
	return names, true
}

// Prefix returns the text of the first n segments of p.
func (p Path) Prefix(n int) string { return spell(p.as[:min(n, len(p.as))]) }

// MayMatch reports whether it is worth calling Matches with a path in the form of plans. It
// compares only the first and last name, without splitting the text.
func (p Path) MayMatch(text string) bool {
	return mayMatch(p.as, text) || p.body != nil && mayMatch(p.body, text)
}

func mayMatch(pattern []segment, text string) bool {
	if len(pattern) == 0 {
		return true
	}
	if name, plain := pattern[0].plainName(); plain && isIdentifier(name) {
		rest, ok := strings.CutPrefix(text, name)
		if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' {
			return false
		}
	}
	if name, plain := pattern[len(pattern)-1].plainName(); plain {
		return strings.HasSuffix(strings.TrimSuffix(text, `"]`), name)
	}
	return true
}

// plainName returns the name of a segment that needs no unescaping.
func (s segment) plainName() (string, bool) {
	return s.name, s.kind == named && s.nth == 0 && !strings.ContainsFunc(s.name, func(c rune) bool {
		return c != '_' && c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	})
}
