// Package format writes diagnostics for people and for programs: text with the
// source line, and the formats that CI systems and code hosts read.
//
// Every writer is a pure function of its arguments, linear in the number of
// diagnostics, and a print boundary: file names, messages and source lines pass
// through pkg/sanitize, and what looks like a secret is never written whole.
package format

import (
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Options are what the writers may need to know. The zero value is usable.
type Options struct {
	// Color switches terminal colours on. Whether the stream is a terminal is
	// for the caller to know.
	Color bool
	// Width is how many terminal cells a source line may take; 0 means 120.
	Width int
	// Source returns the bytes of a file, nil where it cannot be read. A nil
	// Source leaves the source lines out.
	Source func(file string) []byte
}

// limits of what is printed of one text.
const (
	maxName    = 200
	maxMessage = 2048
)

// name makes a file's name safe, and quotes it where it could be taken for
// something else: an option, a CI log command, two words.
func name(file string) string {
	clean := sanitize.Line(file, maxName)
	for i, r := range clean {
		plain := r == '_' || r == '.' || r == '/' || r > 127 ||
			'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			i > 0 && (r == '-' || r == '+' || r == '@' || r == '=' || r == ',')
		if !plain {
			return `"` + clean + `"`
		}
	}
	if clean == "" {
		return `""`
	}
	return clean
}

// place is a Pos as text, its file's name made safe.
func place(p spec.Pos) string {
	file := p.File
	p.File = ""
	return name(file) + p.String()
}

// message makes a message or hint safe for one line.
func message(s string) string { return sanitize.Line(s, maxMessage) }
