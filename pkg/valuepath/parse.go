package valuepath

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// ofAddress matches an object's address before a path.
var ofAddress = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[^\[\]"]*/(job|template|notification)/([\p{Han}A-Za-z0-9_-]+)(?:\.|$)`)
})

// Parse reads a path or pattern in any spelling. The error has the problem and its character.
func Parse(text string) (Path, error) {
	var p Path
	rest := text
	if m := ofAddress().FindStringSubmatch(text); m != nil {
		rest = text[len(m[0]):]
		if p.Job = m[2]; m[1] == "template" {
			p.Job, p.Template = "", m[2]
		}
		if rest == "" {
			return p, nil
		}
	}
	segments, err := cut(rest)
	if err != nil {
		return Path{}, fmt.Errorf("%q is not a valid path: %w", text, err)
	}
	if len(segments) > 1 && segments[1].kind == named && p.Job+p.Template == "" {
		switch segments[0].name {
		case "jobs":
			p.Job, segments = segments[1].name, segments[2:]
		case "templates":
			p.Template, segments = segments[1].name, segments[2:]
		}
	}
	p.as, p.body = segments, inBody(segments)
	return p, nil
}

// Own parses a path that the program itself has made.
func Own(text string) Path {
	segments, err := cut(text)
	if err != nil { // cannot be spelled, so it matches nothing
		return Path{as: []segment{{kind: named, name: text}}}
	}
	return Path{as: segments}
}

// cut splits a path into its segments.
func cut(text string) ([]segment, error) {
	if strings.TrimSpace(text) == "" {
		return nil, fmt.Errorf("it is empty")
	}
	segments := make([]segment, 0, 4)
	at := 0
	if text[0] == '.' {
		at = 1
	}
	for {
		var (
			s    segment
			next int
			err  error
		)
		if at < len(text) && text[at] == '[' {
			s, next, err = bracket(text, at)
		} else {
			s, next, err = member(text, at)
		}
		if err != nil {
			return nil, err
		}
		segments = append(segments, s)
		switch {
		case next == len(text):
			return segments, nil
		case text[next] == '.':
			at = next + 1
		case text[next] == '[':
			at = next
		default:
			return nil, fmt.Errorf("after a bracket comes . or [, not %q (character %d)", text[next], next+1)
		}
	}
}

func member(text string, at int) (segment, int, error) {
	end := len(text)
	if i := strings.IndexAny(text[at:], ".["); i >= 0 {
		end = at + i
	}
	name := text[at:end]
	switch {
	case name == "":
		return segment{}, 0, fmt.Errorf("a name is missing at character %d", at+1)
	case strings.ContainsAny(name, `]"`):
		return segment{}, 0, fmt.Errorf("%q holds a bracket or quote that nothing opens (character %d)", name, at+1)
	case name == "**":
		return segment{kind: deep}, end, nil
	case name == "*":
		return segment{kind: anyone}, end, nil
	}
	return segment{name: name}, end, nil
}

// bracket reads [0], [*], [name], ["name"] and ["name"#2].
func bracket(text string, at int) (segment, int, error) {
	if strings.HasPrefix(text[at:], `["`) {
		return quotedName(text, at)
	}
	for end := at + 1; end < len(text); end++ {
		// A name may contain brackets itself: the closing one is followed by a path or the end.
		if text[end] != ']' || end+1 < len(text) && text[end+1] != '.' && text[end+1] != '[' {
			continue
		}
		name := text[at+1 : end]
		if name == "*" || name == "**" {
			return segment{kind: anyone}, end + 1, nil
		}
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && name[0] != '+' && name[0] != '-' {
			return segment{kind: indexed, index: i}, end + 1, nil
		}
		if name == "" {
			return segment{}, 0, fmt.Errorf("the bracket at character %d is empty", at+1)
		}
		return segment{name: name}, end + 1, nil
	}
	if end := strings.IndexByte(text[at:], ']'); end >= 0 {
		return segment{}, 0, fmt.Errorf("after the bracket at character %d comes a dot, [ or the end", at+end+1)
	}
	return segment{}, 0, fmt.Errorf("the bracket at character %d is not closed", at+1)
}

func quotedName(text string, at int) (segment, int, error) {
	literal, err := strconv.QuotedPrefix(text[at+1:])
	if err != nil {
		return segment{}, 0, fmt.Errorf("the quote at character %d is not closed", at+2)
	}
	name, err := strconv.Unquote(literal)
	if err != nil {
		return segment{}, 0, fmt.Errorf("the name at character %d has a wrong escape", at+2)
	}
	s := segment{name: name}
	end := at + 1 + len(literal)
	if end < len(text) && text[end] == '#' {
		digits := end + 1
		for digits < len(text) && text[digits] >= '0' && text[digits] <= '9' {
			digits++
		}
		if s.nth, err = strconv.Atoi(text[end+1 : digits]); err != nil || s.nth < 1 {
			return segment{}, 0, fmt.Errorf("after # comes a number from 1 (character %d)", end+1)
		}
		end = digits
	}
	if end >= len(text) || text[end] != ']' {
		return segment{}, 0, fmt.Errorf("the bracket at character %d is not closed", at+1)
	}
	if next := end + 1; next < len(text) && text[next] != '.' && text[next] != '[' {
		return segment{}, 0, fmt.Errorf("after the bracket at character %d comes a dot, [ or the end", end+1)
	}
	return s, end + 1, nil
}

// Canonical returns the one spelling of a pointer into a file or a path. Other texts are returned
// as they are.
func Canonical(text string) string {
	segments, err := cut(text)
	if err != nil {
		return text
	}
	return spell(segments)
}
