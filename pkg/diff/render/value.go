package render

import (
	"strings"
	"unicode"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// nameLimit caps a name that is printed, messageLimit a message.
const (
	nameLimit    = 200
	messageLimit = 4096
)

func name(s string) string { return sanitize.Line(s, nameLimit) }

// absent is how a missing value is shown, hidden a sensitive one.
const (
	absent = "(none)"
	hidden = "(sensitive)"
)

// isScript reports whether a field is shown line by line.
func isScript(f diff.Field) bool {
	for _, v := range []*jsontree.Value{f.Before, f.After} {
		if text, ok := v.AsString(); ok && strings.Contains(text, "\n") {
			return !f.Sensitive
		}
	}
	return false
}

// isItem reports whether a field is a whole step, parameter, code source or
// trigger that comes or goes.
func isItem(f diff.Field) bool {
	return !f.Sensitive && (f.Before == nil) != (f.After == nil) &&
		(f.Before.Kind() == jsontree.KindObject || f.After.Kind() == jsontree.KindObject)
}

// scripts returns the texts that are compared line by line, also for values that are not texts.
func scripts(f diff.Field) (before, after string) { return scriptText(f.Before), scriptText(f.After) }

func scriptText(v *jsontree.Value) string {
	if v.IsAbsentOrNull() {
		return ""
	}
	if text, ok := v.AsString(); ok {
		return text
	}
	return string(v.AppendJSON(nil)) + "\n"
}

// short returns a value on one line: text in quotes, everything else as JSON.
func short(v *jsontree.Value) string {
	if v == nil {
		return absent
	}
	return visible(string(v.AppendJSON(nil)))
}

// visible escapes, as JSON does, characters that do not print, and combining marks, which make
// different spellings look alike.
func visible(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var out strings.Builder
	for _, r := range sanitize.Line(s, 0) {
		if unicode.In(r, unicode.Mn, unicode.Me) {
			out.WriteString(escapeRune(r))
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

// escapeRune writes r as sanitize does.
func escapeRune(r rune) string {
	const digits = "0123456789abcdef"
	s := ""
	for ; r > 0 || len(s) < 4; r >>= 4 {
		s = string(digits[r&0xf]) + s
	}
	return `\u{` + s + `}`
}

// pair is two values as they are shown side by side.
type pair struct{ before, after string }

// Shorten cuts two versions of a value to limit characters around their first difference.
func Shorten(before, after string, limit int) (shownBefore, shownAfter string) {
	p := pair{before, after}.shorten(limit)
	return p.before, p.after
}

// shorten cuts both sides to limit characters around their first difference.
func (p pair) shorten(limit int) pair {
	p = p.tellApart()
	a, b := []rune(p.before), []rune(p.after)
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	from := 0
	if len(a) > limit || len(b) > limit {
		from = max(0, same-limit/3)
	}
	return pair{window(a, from, limit), window(b, from, limit)}
}

func window(s []rune, from, limit int) string {
	if from > 0 && from >= len(s) {
		from = max(0, len(s)-limit/3)
	}
	out, more := s[from:], false
	if len(out) > limit {
		out, more = out[:limit], true
	}
	text := string(out)
	if from > 0 {
		text = "…" + text
	}
	if more {
		text += "…"
	}
	return text
}

// tellApart escapes letters of other alphabets where they differ from a Latin letter: a Cyrillic а
// and a Latin a look the same.
func (p pair) tellApart() pair {
	a, b := []rune(p.before), []rune(p.after)
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	middleA, middleB := a[start:len(a)-end], b[start:len(b)-end]
	return pair{
		string(a[:start]) + against(middleA, middleB) + string(a[len(a)-end:]),
		string(b[:start]) + against(middleB, middleA) + string(b[len(b)-end:]),
	}
}

// against escapes the letters of s that look Latin, if other has Latin ones.
func against(s, other []rune) string {
	latin := false
	for _, r := range other {
		latin = latin || unicode.Is(unicode.Latin, r) || r < unicode.MaxASCII
	}
	if !latin {
		return string(s)
	}
	var out strings.Builder
	for _, r := range s {
		if lookalike(r) {
			out.WriteString(escapeRune(r))
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

// lookalike reports whether r belongs to an alphabet, or a width, with letters that look Latin.
func lookalike(r rune) bool {
	return unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee) ||
		r >= 0xff01 && r <= 0xff5e || r >= 0x1d400 && r <= 0x1d7ff
}

// scriptLine returns one line of a script as it is shown. A changed line shows the
// blanks at its end; where marks is set every blank and tab is shown.
func scriptLine(l line, marks bool) string {
	text := visible(strings.ReplaceAll(l.text, "\t", tabMark))
	if l.kind == ' ' {
		return strings.ReplaceAll(text, tabMark, "\t")
	}
	switch trimmed := strings.TrimRight(text, " "+tabMark); {
	case marks:
		text = strings.ReplaceAll(text, " ", "·")
	case trimmed != text:
		text = trimmed + strings.ReplaceAll(text[len(trimmed):], " ", "·")
	default:
		text = strings.ReplaceAll(text, tabMark, "\t")
	}
	return text
}

// tabMark shows a tab. The arrow does not occur in the output of sanitize.
const tabMark = "⇥"

// marksNeeded reports whether the changed lines of a hunk differ in blanks alone.
func marksNeeded(h hunk) bool {
	var removed, added strings.Builder
	for _, l := range h.lines {
		switch l.kind {
		case '-':
			removed.WriteString(strings.Join(strings.Fields(l.text), ""))
		case '+':
			added.WriteString(strings.Join(strings.Fields(l.text), ""))
		}
	}
	return removed.String() == added.String()
}

// shownLine is a line of a hunk ready to print.
type shownLine struct {
	kind byte
	text string
	open bool // the script ends here without a line break
}

// shownLines prepares a hunk for printing. If one line replaces one other, their difference is
// marked.
func shownLines(h hunk) []shownLine {
	marks := marksNeeded(h)
	out := make([]shownLine, len(h.lines))
	for i, l := range h.lines {
		out[i] = shownLine{l.kind, scriptLine(l, marks), l.open}
	}
	for i := 0; i < len(out); {
		minus := i
		for i < len(out) && out[i].kind == '-' {
			i++
		}
		plus := i
		for i < len(out) && out[i].kind == '+' {
			i++
		}
		for k := 0; minus+k < plus && plus+k < i; k++ {
			p := pair{out[minus+k].text, out[plus+k].text}.tellApart()
			out[minus+k].text, out[plus+k].text = p.before, p.after
		}
		if i == minus {
			i++
		}
	}
	return out
}
