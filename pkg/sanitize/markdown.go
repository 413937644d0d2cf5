package sanitize

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// joiner separates two characters without a visible gap: code hosts look for mentions, references and addresses in the text that
// a reader sees, so an entity alone does not stop them.
const joiner = "&#8288;"

// The characters that mean something in running text: those that mark up, and
// those that begin a mention or a reference on GitHub, GitLab or CodeArts Repo.
const (
	markup     = "\\`*_{}[]<>|^\"'"
	references = "@#!$&%~"
)

// MarkdownText is Line for running text of a Markdown document that is rendered
// with HTML, mentions and references: characters with a meaning become entities,
// and references and addresses are broken up.
func MarkdownText(s string, limit int) string {
	safe := Line(s, limit)
	var out strings.Builder
	out.Grow(len(safe))
	numbered := true // only digits so far: what follows could make a list
	for i, r := range safe {
		switch {
		case r >= utf8.RuneSelf:
			out.WriteRune(r)
		case strings.ContainsRune(references, r):
			fmt.Fprintf(&out, "&#%d;%s", r, joiner)
		case strings.ContainsRune(markup, r), i == 0 && strings.ContainsRune("-+=:", r), numbered && (r == '.' || r == ')'):
			fmt.Fprintf(&out, "&#%d;", r)
		case r == ':' && strings.HasPrefix(safe[i:], "://"), r == '.' && endsWithFold(safe[:i], "www"), r == '-' && endsWithFold(safe[:i], "gh"):
			fmt.Fprintf(&out, "&#%d;%s", r, joiner)
		default:
			out.WriteRune(r)
		}
		numbered = numbered && r >= '0' && r <= '9'
	}
	return out.String()
}

func endsWithFold(s, end string) bool {
	return len(s) >= len(end) && strings.EqualFold(s[len(s)-len(end):], end)
}

// MarkdownCode is Line as a code span, which shows every character as it is.
func MarkdownCode(s string, limit int) string {
	safe := Line(s, limit)
	if strings.TrimSpace(safe) == "" {
		return "`" + " " + "`"
	}
	fence := strings.Repeat("`", longestRun(safe, '`')+1)
	if strings.HasPrefix(safe, "`") || strings.HasSuffix(safe, "`") {
		safe = " " + safe + " "
	}
	return fence + safe + fence
}

// MarkdownFence returns s, of several lines, as a fenced block that nothing in
// it can end. language is the fence's own word, such as diff.
func MarkdownFence(s, language string) string {
	safe := strings.TrimSuffix(Lines(s), "\n")
	fence := strings.Repeat("`", max(3, longestRun(safe, '`')+1))
	return fence + language + "\n" + safe + "\n" + fence + "\n"
}

// longestRun returns the length of the longest row of c in s.
func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
