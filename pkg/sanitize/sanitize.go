// Package sanitize is the print boundary: all text from a file, a flag or the
// service passes through here before a person or a program reads it.
package sanitize

import (
	"errors"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes s safe for one line of a terminal or a log: everything that does
// not print (controls, format characters, private use, unassigned, invalid
// UTF-8, line and paragraph separators) becomes \u{…}, line breaks and tabs
// \n, \r and \t, and at most limit characters are kept, with "…" where more
// stood. A limit of 0 keeps all.
func Line(s string, limit int) string {
	if limit == 0 && isPlain(s) {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	count := 0
	for i := 0; i < len(s); {
		if limit > 0 && count == limit {
			out.WriteString("…")
			break
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			out.WriteString(`\x`)
			out.WriteByte(digits[s[i]>>4])
			out.WriteByte(digits[s[i]&0xf])
		case r == ' ' || unicode.IsPrint(r):
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\t':
			out.WriteString(`\t`)
		default:
			writeEscape(&out, r)
		}
		i += size
		count++
	}
	return out.String()
}

const digits = "0123456789abcdef"

// writeEscape writes r as \u{…} with at least four digits.
func writeEscape(out *strings.Builder, r rune) {
	out.WriteString(`\u{`)
	for shift := 20; shift >= 0; shift -= 4 {
		if r>>shift > 0 || shift < 16 {
			out.WriteByte(digits[r>>shift&0xf])
		}
	}
	out.WriteByte('}')
}

// MessageLimit is the length in characters to which Message cuts a text.
const MessageLimit = 2048

// Message is Line for a message: an error, or a text from the service.
func Message(s string) string { return Line(s, MessageLimit) }

// Lines is Line for text of several lines: line feeds and tabs are kept.
func Lines(s string) string {
	parts := strings.Split(s, "\n")
	for i, part := range parts {
		cells := strings.Split(part, "\t")
		for j, cell := range cells {
			cells[j] = Line(cell, 0)
		}
		parts[i] = strings.Join(cells, "\t")
	}
	return strings.Join(parts, "\n")
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// WithoutPath drops the operation and the path from an error of the file system: "no such file or
// directory". The caller says what it was doing, to which file, by the name that the user knows.
func WithoutPath(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
