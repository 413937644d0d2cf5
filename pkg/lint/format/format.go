// Package format writes diagnostics for people and for programs: text with the
// source line, and the formats that CI systems and code hosts read.
//
// Every writer is a pure function of its arguments, linear in the number of diagnostics. It makes
// file names, messages and source lines safe for the output, and never writes a suspected secret in
// full.
package format

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Options are the settings of the writers. The zero value is usable.
type Options struct {
	// Color enables terminal colours. The caller knows whether the stream is a terminal.
	Color bool
	// Width is how many terminal cells a line of text may take; 0 means 128.
	Width int
	// Source returns the bytes of a file, nil if it cannot be read. A nil
	// Source leaves the source lines out.
	Source func(file string) []byte
	// Path converts a file's name, which is relative to the workspace, to the one to print:
	// relative to the repository for a code host, or to the working directory for a terminal. Nil
	// keeps names.
	Path func(file string) string
	// Summary returns what a rule is about, in one sentence; may be nil.
	Summary func(rule string) string
	// Why returns the consequences of what a rule reports, in Markdown; may be nil.
	Why func(rule string) string
	// FailOn is the mildest severity that fails the run; 0 stands for errors.
	FailOn spec.Severity
	// Version is the version of buildsync, for the formats that name the tool.
	Version string
}

// Writer writes diagnostics in one format.
type Writer func(w io.Writer, ds spec.Diagnostics, opts Options) error

// Names lists the formats, the default first.
func Names() []string {
	return []string{"text", "json", "sarif", "github", "gitlab", "junit", "checkstyle"}
}

// ByName returns the writer of a format, nil if there is none of that name.
func ByName(format string) Writer {
	switch format {
	case "text":
		return Text
	case "json":
		return JSON
	case "sarif":
		return sarif
	case "github":
		return gitHub
	case "gitlab":
		return gitLab
	case "junit":
		return jUnit
	case "checkstyle":
		return writeCheckstyle
	}
	return nil
}

// homepage is what the formats that name the tool link to.
const homepage = "https://github.com/buildsync/buildsync"

// Limits for one printed text, in characters.
const (
	maxName    = 200
	maxMessage = sanitize.MessageLimit
)

func (o *Options) path(file string) string {
	if o.Path == nil {
		return file
	}
	return o.Path(file)
}

// name makes a file's name safe for text, and quotes it if it could be taken for an option, a CI
// log command or two words.
func name(file string) string {
	clean := neutral(sanitize.Line(file, maxName))
	if clean == "" {
		return `""`
	}
	for i, r := range clean {
		plain := r == '_' || r == '.' || r == '/' || r > 127 ||
			'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			i > 0 && (r == '-' || r == '+' || r == '@' || r == '=' || r == ',')
		if !plain {
			return `"` + clean + `"`
		}
	}
	return clean
}

// place returns a Pos as text, its file's name made safe.
func (o *Options) place(p spec.Pos) string {
	text := name(o.path(p.File))
	if p.Line > 0 {
		text += ":" + strconv.Itoa(p.Line)
	}
	if p.Line > 0 && p.Column > 0 {
		text += ":" + strconv.Itoa(p.Column)
	}
	return text
}

// message makes a message or hint safe for one line of text.
func message(s string) string {
	return neutral(sanitize.Line(secret.Redact(s), maxMessage))
}

// withHint returns a message, its hint and the owners in one line.
func withHint(d *spec.Diagnostic) string {
	text := message(d.Message)
	if d.Hint != "" {
		text += "; " + message(d.Hint)
	}
	if owners := ownersOf(d); owners != "" {
		text += "; " + message(owners)
	}
	return text
}

// maxOwners is how many owners a line of text names.
const maxOwners = 5

// ownersOf returns who answers for the jobs of a finding, "" if nobody is known.
func ownersOf(d *spec.Diagnostic) string {
	switch n := len(d.Owners); {
	case n == 0:
		return ""
	case n == 1:
		return "owner " + d.Owners[0]
	}
	return "owners " + sanitize.Some(d.Owners, maxOwners)
}

// commands are what CI systems take for a command anywhere in a line (Azure Pipelines and Actions,
// Azure Pipelines, TeamCity).
var commands = []string{"##[", "##vso[", "##teamcity["}

// neutral breaks commands by writing their second character as an escape.
func neutral(s string) string {
	if !strings.Contains(s, "##") {
		return s
	}
	for _, command := range commands {
		s = strings.ReplaceAll(s, command, `#\u{0023}`+command[2:])
	}
	return s
}

// fingerprints identifies findings independently of their lines: by rule, file, pointer, and a
// number among equal ones.
type fingerprints struct{ seen map[string]int }

func (f *fingerprints) of(d *spec.Diagnostic) string {
	key := d.Rule + "\x00" + d.Range.Start.File + "\x00" + d.Pointer
	if d.Pointer == "" {
		key += "\x00" + d.Message
	}
	if f.seen == nil {
		f.seen = map[string]int{}
	}
	f.seen[key]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, f.seen[key]))
	return hex.EncodeToString(sum[:16])
}
