package diff

import (
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/buildsync/buildsync/pkg/spec"
)

// ignored is what policy.ignore says about one job.
type ignored struct {
	whole    bool
	patterns [][]string // path patterns, cut into segments
}

// IgnoresJob reports whether a policy lets nobody look at the jobs of a name.
func IgnoresJob(policy spec.Policy, name string) bool { return ignoredBy(policy, name).whole }

// IgnoreRules returns the fields that each rule of a policy leaves to others in
// the jobs of a name; none: the whole job.
func IgnoreRules(policy spec.Policy, name string) [][]string {
	var out [][]string
	for _, rule := range policy.Ignore {
		if doublestar.MatchUnvalidated(rule.Job, name) {
			out = append(out, rule.Fields)
		}
	}
	return out
}

func (p *Planner) ignoreFor(name string) ignored { return ignoredBy(p.in.Policy, name) }

func ignoredBy(policy spec.Policy, name string) ignored {
	var out ignored
	for _, fields := range IgnoreRules(policy, name) {
		if len(fields) == 0 {
			out.whole = true
		}
		for _, field := range fields {
			out.patterns = append(out.patterns, segments(field))
		}
	}
	return out
}

// matches tells whether a path, or something that it lies in, is ignored.
func (i ignored) matches(path string) bool {
	if len(i.patterns) == 0 {
		return false
	}
	parts := segments(path)
	for _, pattern := range i.patterns {
		if matchSegments(pattern, parts) {
			return true
		}
	}
	return false
}

// matchSegments tells whether pattern matches the beginning of parts, segment
// by segment; ** stands for any number of them.
func matchSegments(pattern, parts []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			for skip := 0; skip <= len(parts); skip++ {
				if matchSegments(pattern[1:], parts[skip:]) {
					return true
				}
			}
			return false
		}
		if len(parts) == 0 || !wildcard(pattern[0], parts[0]) {
			return false
		}
		pattern, parts = pattern[1:], parts[1:]
	}
	return true
}

// segments cuts a path, or a pattern of paths, into its parts: members by name,
// items with their brackets.
func segments(path string) []string {
	var out []string
	start := 0
	flush := func(end int) {
		if end > start {
			out = append(out, path[start:end])
		}
	}
	for i := 0; i < len(path); i++ {
		switch path[i] {
		case '.':
			flush(i)
			start = i + 1
		case '[':
			flush(i)
			end := closing(path, i)
			out = append(out, path[i:end])
			start, i = end, end-1
		}
	}
	flush(len(path))
	return out
}

// closing is the index behind the bracket that closes the one at i.
func closing(path string, i int) int {
	quoted := false
	for j := i + 1; j < len(path); j++ {
		switch {
		case quoted && path[j] == '\\':
			j++
		case path[j] == '"':
			quoted = !quoted
		case !quoted && path[j] == ']':
			return j + 1
		}
	}
	return len(path)
}

// wildcard tells whether pattern, in which * stands for any text, matches s.
func wildcard(pattern, s string) bool {
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
