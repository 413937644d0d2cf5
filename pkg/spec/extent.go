package spec

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/buildsync/buildsync/internal/textedit"
)

// TextPos returns the position in the file of a byte of n's Text, in any style. source is the file
// that n was read from. If the file does not contain the text literally, it returns the start of n.
// It scans the text: use TextPlaces for more than a few positions.
func (n *Node) TextPos(source []byte, offset int) Pos {
	return n.TextPlaces(textedit.Index(source)).At(offset)
}

// TextPlaces finds the positions of the bytes of a scalar's text. It scans the text once, so many
// lookups cost no more than one.
type TextPlaces struct {
	start  Pos
	lines  *textedit.Lines
	length int       // of the text
	runs   []textRun // sorted; none if the file does not have the text unchanged
	end    int       // in the source, of the last character
}

// textRun is a stretch of a text that the source writes in the same way.
type textRun struct {
	text, source int  // where it starts
	asIs         bool // byte for byte, not as an escape or a fold
}

// TextPlaces returns the positions of n's Text in the file that it was read from.
func (n *Node) TextPlaces(lines *textedit.Lines) *TextPlaces {
	p := &TextPlaces{start: n.Range.Start, lines: lines, length: len(n.Text)}
	if n.Kind != ScalarNode || p.start.Line < 1 {
		return p
	}
	from, ok := lines.Offset(p.start.Line, p.start.Column)
	if !ok {
		return p
	}
	a := aligner{src: lines.Src, pos: from, text: n.Text, record: true}
	if !a.follow(n.Style) {
		return p
	}
	p.runs, p.end = a.runs, a.pos
	if a.closed {
		p.end-- // the quote that ends it
	}
	if len(p.runs) == 0 {
		p.runs = []textRun{{source: p.end}}
	}
	return p
}

// At returns the position of a byte of the text, or the start of the scalar if that is unknown.
func (p *TextPlaces) At(offset int) Pos {
	if len(p.runs) == 0 || offset < 0 || offset > p.length {
		return p.start
	}
	at := p.end
	if offset < p.length {
		i, found := slices.BinarySearchFunc(p.runs, offset, func(run textRun, at int) int { return run.text - at })
		if !found {
			i = max(i-1, 0)
		}
		at = p.runs[i].source
		if p.runs[i].asIs {
			at += offset - p.runs[i].text
		}
	}
	line, column := p.lines.Position(at)
	return Pos{p.start.File, line, column}
}

// align follows a scalar's text and its source side by side and returns where the
// scalar ends; ok is false if the two do not match.
func align(src []byte, start int, style Style, text string) (end int, ok bool) {
	a := aligner{src: src, pos: start, text: text}
	ok = a.follow(style)
	return a.pos, ok
}

func (a *aligner) follow(style Style) bool {
	switch style {
	case LiteralStyle, FoldedStyle:
		return a.block(style == FoldedStyle)
	case SingleQuotedStyle, DoubleQuotedStyle:
		a.pos++
		return a.flow(style) && a.close(style)
	}
	return a.plainLine() || a.flow(style)
}

type aligner struct {
	src    []byte
	pos    int // in src
	text   string
	i      int // in text
	closed bool

	record bool // fill in runs
	runs   []textRun
}

// take consumes n bytes of text that are size bytes at pos in the file.
func (a *aligner) take(n, size int) {
	if a.record && n > 0 {
		run := textRun{text: a.i, source: a.pos, asIs: n == size}
		last := len(a.runs) - 1
		goesOn := last >= 0 && run.asIs && a.runs[last].asIs && run.source-a.runs[last].source == run.text-a.runs[last].text
		if !goesOn {
			a.runs = append(a.runs, run)
		}
	}
	a.i += n
	a.pos += size
}

// plainLine takes the common case: a plain scalar on one line.
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

// close skips the closing quote and the blanks before it that folding drops.
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

// foldAt returns how many line breaks are at pos, with the blanks around them, and where the text
// continues.
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

// blockIndent returns the indentation of a block scalar by comparing its first line with its text.
func blockIndent(raw []byte, text string) int {
	line, _, _ := strings.Cut(text, "\n")
	if strings.Trim(line, " ") == "" {
		return max(len(raw)-len(line), 0)
	}
	count := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	return count(string(raw)) - count(line)
}

// blockLine returns the rest of the line at pos, without its end.
func blockLine(src []byte, pos int) []byte {
	rest := src[min(pos, len(src)):]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	return bytes.TrimSuffix(rest, []byte("\r"))
}

// nextLine returns the start of the line after pos, or the end of src.
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
