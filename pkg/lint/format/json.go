package format

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/spec"
)

// jsonVersion is raised if readers of the JSON format must change. New members do not raise it.
const jsonVersion = 1

type jsonReport struct {
	Version  int           `json:"version"`
	Tool     jsonTool      `json:"tool"`
	Summary  jsonSummary   `json:"summary"`
	Findings []jsonFinding `json:"findings"`
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type jsonSummary struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
}

type jsonFinding struct {
	Rule     string        `json:"rule"`
	Severity string        `json:"severity"`
	Message  string        `json:"message"`
	Hint     string        `json:"hint,omitempty"`
	Pointer  string        `json:"pointer,omitempty"`
	Owners   []string      `json:"owners,omitempty"` // of the jobs, for a finding of a policy
	Place    *jsonPlace    `json:"place,omitempty"`
	Related  []jsonRelated `json:"related,omitempty"`
	Fixes    []jsonFix     `json:"fixes,omitempty"`
}

// jsonPlace counts lines and columns in characters from 1; the end is the place
// after the last character.
type jsonPlace struct {
	File  string  `json:"file"`
	Start jsonPos `json:"start"`
	End   jsonPos `json:"end"`
}

type jsonPos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

type jsonRelated struct {
	Message string     `json:"message"`
	Place   *jsonPlace `json:"place,omitempty"`
}

type jsonFix struct {
	Message string     `json:"message"`
	Safe    bool       `json:"safe"`
	Edits   []jsonEdit `json:"edits"`
}

// jsonEdit replaces bytes of the file, counted from 0.
type jsonEdit struct {
	File  string `json:"file"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	New   string `json:"new"`
}

// JSON writes ds as one object with "version", "tool", "summary" and
// "findings".
func JSON(w io.Writer, ds spec.Diagnostics, opts Options) error {
	report := jsonReport{
		Version:  jsonVersion,
		Tool:     jsonTool{Name: "buildsync", Version: opts.Version},
		Summary:  summaryOf(ds),
		Findings: make([]jsonFinding, 0, len(ds)),
	}
	for i := range ds {
		report.Findings = append(report.Findings, jsonFindingOf(&ds[i], &opts))
	}
	return writeJSON(w, report)
}

func summaryOf(ds spec.Diagnostics) (s jsonSummary) {
	for i := range ds {
		switch ds[i].Severity {
		case spec.Error:
			s.Errors++
		case spec.Warning:
			s.Warnings++
		default:
			s.Infos++
		}
	}
	return s
}

func redacted(texts []string) []string {
	var out []string
	for _, text := range texts {
		out = append(out, secret.Redact(text))
	}
	return out
}

func jsonFindingOf(d *spec.Diagnostic, opts *Options) jsonFinding {
	finding := jsonFinding{
		Rule: d.Rule, Severity: d.Severity.String(), Message: secret.Redact(d.Message), Hint: secret.Redact(d.Hint),
		Pointer: secret.Redact(d.Pointer), Place: jsonPlaceOf(d.Range, opts), Owners: redacted(d.Owners),
	}
	for _, r := range d.Related {
		finding.Related = append(finding.Related, jsonRelated{Message: secret.Redact(r.Message), Place: jsonPlaceOf(r.Range, opts)})
	}
	for _, f := range d.Fixes {
		fix := jsonFix{Message: f.Message, Safe: !f.Unsafe}
		for _, e := range f.Edits {
			fix.Edits = append(fix.Edits, jsonEdit{File: opts.path(e.File), Start: e.Start, End: e.End, New: e.New})
		}
		finding.Fixes = append(finding.Fixes, fix)
	}
	return finding
}

func jsonPlaceOf(r spec.Range, opts *Options) *jsonPlace {
	if !r.Start.IsValid() {
		return nil
	}
	return &jsonPlace{
		File:  opts.path(r.Start.File),
		Start: jsonPos{r.Start.Line, r.Start.Column},
		End:   jsonPos{r.End.Line, r.End.Column},
	}
}

// writeJSON writes v indented, in a form that is also safe to print.
func writeJSON(w io.Writer, v any) error {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err // a broken invariant: the structs of this package always encode
	}
	_, err := w.Write(escapeUnprintable(buf.Bytes()))
	return err
}

// escapeUnprintable escapes the unprintable characters of a JSON text, and "##" so that no CI
// system takes it for a command. They are only in strings, so the value does not change.
func escapeUnprintable(text []byte) []byte {
	out := make([]byte, 0, len(text)+16)
	for i := 0; i < len(text); {
		if text[i] == '#' && i+1 < len(text) && text[i+1] == '#' {
			out = append(out, `#\u0023`...)
			i += 2
			continue
		}
		if text[i] < utf8.RuneSelf && text[i] != 0x7f {
			out = append(out, text[i])
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case unicode.IsPrint(r):
			out = append(out, text[i:i+size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = appendEscape(appendEscape(out, high), low)
		default:
			out = appendEscape(out, r)
		}
		i += size
	}
	return out
}

func appendEscape(out []byte, unit rune) []byte {
	const digits = "0123456789abcdef"
	return append(out, '\\', 'u', digits[unit>>12&15], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}
