package spec

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/buildsync/buildsync/internal/textedit"
)

// TextPos returns the place in the file of a byte of n's Text: inside scripts,
// whatever the style they are written in. source is the file n was read from;
// where n does not stand in it as it is, the start of n is returned.
func (n *Node) TextPos(source []byte, offset int) Pos {
	start := n.Range.Start
	if n.Kind != ScalarNode || offset < 0 || offset > len(n.Text) || start.Line < 1 {
		return start
	}
	from, ok := textedit.Find(source, start.Line, start.Column)
	if !ok {
		return start
	}
	at, _, ok := align(source, from, n.Style, n.Text, offset)
	if !ok {
		return start
	}
	between := source[from:at]
	if last := bytes.LastIndexByte(between, '\n'); last >= 0 {
		return Pos{start.File, start.Line + bytes.Count(between, []byte("\n")), utf8.RuneCount(between[last+1:]) + 1}
	}
	return Pos{start.File, start.Line, start.Column + utf8.RuneCount(between)}
}

// align follows a scalar's text and its source side by side. It returns where
// the byte at offset want of the text stands and where the scalar ends; ok is
// false where the two do not match.
func align(src []byte, start int, style Style, text string, want int) (at, end int, ok bool) {
	a := aligner{src: src, pos: start, text: text, want: want, at: -1}
	switch style {
	case LiteralStyle, FoldedStyle:
		ok = a.block(style == FoldedStyle)
	case SingleQuotedStyle, DoubleQuotedStyle:
		a.pos++
		ok = a.flow(style) && a.close(style)
	default:
		ok = a.plainLine() || a.flow(style)
	}
	if a.at < 0 {
		a.at = a.pos
	}
	if ok && a.closed {
		return min(a.at, a.pos-1), a.pos, true
	}
	return a.at, a.pos, ok
}

type aligner struct {
	src    []byte
	pos    int // in src
	text   string
	i      int // in text
	want   int
	at     int // where want stands, -1 while unknown
	closed bool
}

// take consumes n bytes of text that stand as size bytes at pos.
func (a *aligner) take(n, size int) {
	if a.at < 0 && a.want < a.i+n {
		a.at = a.pos
		if n == size {
			a.at += a.want - a.i
		}
	}
	a.i += n
	a.pos += size
}

// plainLine is the common case: a plain scalar on one line.
func (a *aligner) plainLine() bool {
	if len(a.src)-a.pos < len(a.text) || string(a.src[a.pos:a.pos+len(a.text)]) != a.text {
		return false
	}
	a.take(len(a.text), len(a.text))
	return true
}

func (a *aligner) flow(style Style) bool {
	for a.i < len(a.text) {
		if a.pos >= len(a.src) {
			return false
		}
		if behind, breaks := foldAt(a.src, a.pos); breaks > 0 {
			n := max(1, breaks-1) // one break reads as a space, more as one less
			if a.i+n > len(a.text) || strings.Trim(a.text[a.i:a.i+n], " \n") != "" {
				return false
			}
			a.take(n, behind-a.pos)
			continue
		}
		c := a.src[a.pos]
		_, size := utf8.DecodeRuneInString(a.text[a.i:])
		switch {
		case style == DoubleQuotedStyle && c == '\\':
			if !a.escape(size) {
				return false
			}
		case style == SingleQuotedStyle && c == '\'':
			a.take(1, 2)
		case c == a.text[a.i]:
			a.take(size, size)
		default:
			return false
		}
	}
	return a.pos <= len(a.src)
}

// escape consumes one escape of a double-quoted text.
func (a *aligner) escape(size int) bool {
	if a.pos+1 >= len(a.src) {
		return false
	}
	switch a.src[a.pos+1] {
	case 'x':
		a.take(size, 4)
	case 'u':
		if surrogates().Match(a.src[a.pos:min(a.pos+12, len(a.src))]) {
			a.take(size, 12)
			return true
		}
		a.take(size, 6)
	case 'U':
		a.take(size, 10)
	case '\n', '\r':
		behind, breaks := foldAt(a.src, a.pos+1)
		a.take(min(breaks-1, len(a.text)-a.i), behind-a.pos)
	default:
		a.take(size, 2)
	}
	return true
}

// close steps over the closing quote and what folds away before it.
func (a *aligner) close(style Style) bool {
	for a.pos < len(a.src) {
		c := a.src[a.pos]
		switch {
		case style == SingleQuotedStyle && c == '\'', style == DoubleQuotedStyle && c == '"':
			a.pos++
			a.closed = true
			return true
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\\':
			a.pos++
		default:
			return false
		}
	}
	return false
}

// foldAt tells how many line breaks, with the blanks around them, stand at pos,
// and where the text goes on.
func foldAt(src []byte, pos int) (behind, breaks int) {
	for i := pos; i < len(src); i++ {
		switch src[i] {
		case '\n':
			breaks++
		case ' ', '\t', '\r':
		default:
			return i, breaks
		}
	}
	return len(src), breaks
}

func (a *aligner) block(folded bool) bool {
	a.pos += len(blockLine(a.src, a.pos)) // the header
	if a.text == "" {
		return true
	}
	leading := len(a.text) - len(strings.TrimLeft(a.text, "\n"))
	if leading == len(a.text) {
		leading--
	}
	first := a.pos
	for range leading + 1 {
		first = nextLine(a.src, first)
	}
	indent := blockIndent(blockLine(a.src, first), a.text[leading:])
	if indent < 0 {
		return false
	}
	if folded {
		return a.foldedLines(indent)
	}
	return a.literalLines(indent)
}

// blockIndent compares the first line of a block scalar with its text.
func blockIndent(raw []byte, text string) int {
	line, _, _ := strings.Cut(text, "\n")
	if strings.Trim(line, " ") == "" {
		return max(len(raw)-len(line), 0)
	}
	count := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	return count(string(raw)) - count(line)
}

// blockLine is the rest of the line at pos, without its end.
func blockLine(src []byte, pos int) []byte {
	rest := src[min(pos, len(src)):]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	return bytes.TrimSuffix(rest, []byte("\r"))
}

// nextLine is where the line behind pos starts, the end of src if none does.
func nextLine(src []byte, pos int) int {
	if end := bytes.IndexByte(src[min(pos, len(src)):], '\n'); end >= 0 {
		return pos + end + 1
	}
	return len(src)
}

func (a *aligner) literalLines(indent int) bool {
	for a.i < len(a.text) {
		line, _, more := strings.Cut(a.text[a.i:], "\n")
		start := nextLine(a.src, a.pos)
		raw := blockLine(a.src, start)
		start += min(indent, len(raw))
		if !bytes.HasPrefix(a.src[start:], []byte(line)) {
			return false
		}
		a.pos = start
		a.take(len(line), len(line))
		if more {
			a.take(1, 0)
		}
	}
	return true
}

func (a *aligner) foldedLines(indent int) bool {
	for a.i < len(a.text) {
		start := nextLine(a.src, a.pos)
		if start >= len(a.src) && a.pos >= len(a.src) {
			return strings.Trim(a.text[a.i:], "\n") == ""
		}
		raw := blockLine(a.src, start)
		if len(raw) <= indent { // an empty line: its break was taken with the line before
			if a.i == 0 || a.text[a.i] == '\n' {
				a.take(1, 0)
			}
			a.pos = start + len(raw)
			continue
		}
		line := string(raw[indent:])
		if !strings.HasPrefix(a.text[a.i:], line) {
			return false
		}
		a.pos = start + indent
		a.take(len(line), len(line))
		if a.i < len(a.text) && (a.text[a.i] == ' ' || a.text[a.i] == '\n') {
			a.take(1, 0)
		}
	}
	return true
}
