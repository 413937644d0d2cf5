package spec

import (
	"errors"
	"strings"
)

// ReferenceStart opens a reference, such as ${{ vars.X }}; with another $ in front it is text.
const ReferenceStart = "${{"

const (
	referenceEnd     = "}}"
	escapedReference = "$" + ReferenceStart
)

// TextPart is a piece of a text: literal, with its escapes resolved, or the inside of a ${{ }}.
type TextPart struct {
	Text        string
	Start, End  int // in the text, the braces included
	IsReference bool
}

// errUnclosedReference is the error of SplitReferences for a ${{ without its end.
var errUnclosedReference = errors.New("this ${{ has no }}")

// SplitReferences splits a text at its references. $${{ is a literal ${{; a single ${ belongs to
// CodeArts and stays. With an error the last part is what is not closed.
func SplitReferences(text string) ([]TextPart, error) {
	var parts []TextPart
	var literal strings.Builder
	at, literalStart := 0, 0
	flush := func(end int) {
		if literal.Len() > 0 {
			parts = append(parts, TextPart{Text: literal.String(), Start: literalStart, End: end})
			literal.Reset()
		}
	}
	for {
		i := strings.Index(text[at:], ReferenceStart)
		if i < 0 {
			literal.WriteString(text[at:])
			flush(len(text))
			return parts, nil
		}
		start := at + i
		if isEscaped(text, start) {
			literal.WriteString(text[at:start])
			literal.WriteString("{{")
			at = start + len(ReferenceStart)
			continue
		}
		literal.WriteString(text[at:start])
		flush(start)
		length := strings.Index(text[start:], referenceEnd)
		if length < 0 {
			return append(parts, TextPart{Start: start, End: start + len(ReferenceStart)}), errUnclosedReference
		}
		at = start + length + len(referenceEnd)
		literalStart = at
		inside := strings.TrimSpace(text[start+len(ReferenceStart) : at-len(referenceEnd)])
		parts = append(parts, TextPart{Text: inside, Start: start, End: at, IsReference: true})
	}
}

// References returns the closed references of a text without the literal parts.
func References(text string) []TextPart {
	if !strings.Contains(text, ReferenceStart) {
		return nil
	}
	parts, _ := SplitReferences(text)
	found := parts[:0]
	for _, p := range parts {
		if p.IsReference {
			found = append(found, p)
		}
	}
	return found
}

// HasReference reports whether a text opens a reference, closed or not.
func HasReference(text string) bool {
	for at := 0; ; at += len(ReferenceStart) {
		i := strings.Index(text[at:], ReferenceStart)
		if i < 0 {
			return false
		}
		if at += i; !isEscaped(text, at) {
			return true
		}
	}
}

// isEscaped reports whether the ${{ at start is text.
func isEscaped(text string, start int) bool { return start > 0 && text[start-1] == '$' }

// EscapeReferences keeps the compiler from taking a ${{ in s for a reference.
func EscapeReferences(s string) string {
	return strings.ReplaceAll(s, ReferenceStart, escapedReference)
}

// UnescapeReferences returns s as it is after compiling if it holds no reference.
func UnescapeReferences(s string) string {
	return strings.ReplaceAll(s, escapedReference, ReferenceStart)
}

// Reference returns the inside of a text that is one ${{ }} and nothing else, such as vars.X; "" for
// other nodes.
func (n *Node) Reference() string {
	if n == nil || n.Kind != ScalarNode || n.Type != StringType || !strings.HasPrefix(n.Text, ReferenceStart) {
		return ""
	}
	if parts, err := SplitReferences(n.Text); err == nil && len(parts) == 1 {
		return parts[0].Text
	}
	return ""
}
