package spec

import (
	"bytes"
	"fmt"
	"sort"
	"unicode"
	"unicode/utf8"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// source is one file's text with an index of its lines. It converts the YAML library's lines and
// columns to offsets and back. Moving forward through the file costs linear time in total, however
// long the lines are.
type source struct {
	name  string
	text  []byte
	lines []int // offset at which each line starts, after a byte-order mark
	ascii bool

	// Where the last conversion ended: the next is mostly further on.
	line, column, offset int

	odd []oddChar // invisible and look-alike characters, by offset
}

// oddChar is a character that a reviewer cannot see.
type oddChar struct {
	offset int
	char   rune
}

// newSource indexes text and reports what makes it unreadable. fatal is true if parsing makes no
// sense.
func newSource(name string, text []byte, out *report) (s *source, fatal bool) {
	s = &source{name: name, text: text, ascii: true, line: 1, column: 1}
	if len(text) > MaxFileBytes {
		out.errorf("file-limit", Range{Start: Pos{File: name}}, "split it into several files",
			"the file has %d bytes; at most %d are read", len(text), MaxFileBytes)
		return s, true
	}
	if bytes.HasPrefix(text, byteOrderMark) {
		s.offset = len(byteOrderMark)
	}
	s.lines = append(make([]int, 0, 64), s.offset)
	if isUTF16(text) {
		out.errorf("yaml-syntax", s.at(s.offset, s.offset), "save it as UTF-8", "the file is encoded as UTF-16, not UTF-8")
		return s, true
	}
	return s, s.scan(out)
}

func isUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) ||
		len(text) >= 2 && (text[0] == 0) != (text[1] == 0)
}

// scan goes through the bytes once: lines, encoding, forbidden characters.
func (s *source) scan(out *report) (fatal bool) {
	text := s.text
	for i := s.offset; i < len(text); {
		c := text[i]
		switch {
		case c >= ' ' && c < 0x7f || c == '\t':
			i++
			continue
		case c == '\n':
			i++
			s.lines = append(s.lines, i)
			continue
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
			i++
			continue
		}
		char, size := utf8.DecodeRune(text[i:])
		s.ascii = s.ascii && size == 1
		if problem, hint := unreadable(char, size); problem != "" {
			fatal = true
			for char == utf8.RuneError && i+size < len(text) && isInvalid(text[i+size:]) {
				size++ // the rest of the same: most often a word in another encoding
			}
			if r := s.kindsRoom(out); r {
				out.errorf("invisible-char", s.at(i, i+size), hint, "%s", problem)
			}
		} else if isOdd(char) && !joinsEmoji(text, i, size) {
			s.odd = append(s.odd, oddChar{i, char})
		}
		i += size
	}
	return fatal
}

// isInvalid reports whether text starts with a byte that is not UTF-8.
func isInvalid(text []byte) bool {
	char, size := utf8.DecodeRune(text)
	return char == utf8.RuneError && size == 1
}

// kindsRoom reports whether a message of the kind would still be shown; otherwise its position need
// not be computed.
func (s *source) kindsRoom(out *report) bool {
	count := out.kinds["invisible-char"]
	if count == nil || count.hidden == 0 {
		return true
	}
	count.hidden++
	return false
}

// unreadable returns why a character is not allowed anywhere in a file.
func unreadable(char rune, size int) (problem, hint string) {
	switch {
	case char == utf8.RuneError && size == 1:
		return "this is not valid UTF-8", "save the file as UTF-8; Chinese text was perhaps saved as GBK"
	case char == 0:
		return "there is a NUL character here", "remove it"
	case char == '\r':
		return "there is a carriage return without a line feed here", "end lines with LF or CRLF"
	case char == 0x85 || char == 0x2028 || char == 0x2029:
		return fmt.Sprintf("there is a %s here, which some readers take for the end of a line", charName(char)),
			fmt.Sprintf(`in a double-quoted text it can be written as \u%04x`, char)
	case char == 0xfeff:
		return "there is a byte-order mark within the file", "remove it: it is allowed only at the very beginning"
	case char < ' ' || char == 0x7f || char >= 0x80 && char < 0xa0:
		return fmt.Sprintf("there is a control character here, U+%04X", char),
			fmt.Sprintf(`in a double-quoted text it can be written as \x%02x`, char)
	case char == 0xfffe || char == 0xffff:
		return fmt.Sprintf("U+%04X is not a character", char), "remove it"
	}
	return "", ""
}

// isOdd reports whether a character is invisible, reorders the text around it, or has no common
// meaning. The ideographic space is ordinary in Chinese text.
func isOdd(char rune) bool {
	return char >= 0x80 && char != 0x3000 && !unicode.IsPrint(char)
}

// joinsEmoji reports whether the zero-width joiner at i joins two emoji to one. Such a joiner has a
// visible effect.
func joinsEmoji(text []byte, i, size int) bool {
	char, _ := utf8.DecodeRune(text[i:])
	if char != 0x200d {
		return false
	}
	before, _ := utf8.DecodeLastRune(text[:i])
	behind, _ := utf8.DecodeRune(text[i+size:])
	return unicode.Is(unicode.So, behind) && (unicode.Is(unicode.So, before) || before == 0xfe0f || before >= 0x1f3fb && before <= 0x1f3ff)
}

// charName names the characters of common attacks and accidents.
func charName(char rune) string {
	switch {
	case char == 0xa0 || char == 0x202f:
		return fmt.Sprintf("non-breaking space (U+%04X)", char)
	case char == 0xad:
		return "soft hyphen (U+00AD)"
	case char == 0x85:
		return "next-line control (U+0085)"
	case char == 0x0a:
		return "line break (U+000A)"
	case char == 0x2028:
		return "line separator (U+2028)"
	case char == 0x2029:
		return "paragraph separator (U+2029)"
	case char >= 0x200b && char <= 0x200d || char == 0x2060 || char == 0xfeff:
		return fmt.Sprintf("zero-width character (U+%04X)", char)
	case unicode.Is(unicode.Bidi_Control, char):
		return fmt.Sprintf("bidirectional control (U+%04X)", char)
	case char >= 0xe0000 && char <= 0xe007f:
		return fmt.Sprintf("tag character (U+%04X)", char)
	case unicode.Is(unicode.Co, char):
		return fmt.Sprintf("private-use character (U+%04X)", char)
	}
	if unicode.IsControl(char) {
		return fmt.Sprintf("control character (U+%04X)", char)
	}
	return fmt.Sprintf("hidden character (U+%04X)", char)
}

// seek returns the offset of a line and column, both from 1, kept within the
// file.
func (s *source) seek(line, column int) int {
	line = min(max(line, 1), len(s.lines))
	start := s.lines[line-1]
	if s.ascii {
		s.line, s.column, s.offset = line, column, min(start+column-1, len(s.text))
		return s.offset
	}
	if line != s.line || column < s.column {
		s.line, s.column, s.offset = line, 1, start
	}
	for s.column < column && s.offset < len(s.text) && s.text[s.offset] != '\n' {
		_, size := utf8.DecodeRune(s.text[s.offset:])
		s.offset += size
		s.column++
	}
	return s.offset
}

// pos returns the place of an offset.
func (s *source) pos(offset int) Pos {
	if s.lines[s.line-1] > offset || s.line < len(s.lines) && s.lines[s.line] <= offset || s.offset > offset {
		s.line = sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > offset })
		s.line = max(s.line, 1)
		s.column, s.offset = 1, s.lines[s.line-1]
	}
	if offset > s.offset {
		if s.ascii {
			s.column += offset - s.offset
		} else {
			s.column += utf8.RuneCount(s.text[s.offset:offset])
		}
		s.offset = offset
	}
	return Pos{File: s.name, Line: s.line, Column: s.column}
}

// at returns the range of a stretch of bytes.
func (s *source) at(start, end int) Range { return Range{s.pos(start), s.pos(end)} }

// lineText returns a line, from 1, without its end.
func (s *source) lineText(line int) []byte {
	if line < 1 || line > len(s.lines) {
		return nil
	}
	start, end := s.lines[line-1], len(s.text)
	if line < len(s.lines) {
		end = s.lines[line] - 1
	}
	return bytes.TrimSuffix(s.text[start:end], []byte("\r"))
}
