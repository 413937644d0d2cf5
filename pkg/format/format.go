package format

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/spec"
)

// Kind is the kind of a file: the name of the schema that its keys are ordered
// by.
type Kind string

// The kinds.
const (
	Definitions Kind = "definitions.schema.json"
	Workspace   Kind = "workspace.schema.json"
	Policies    Kind = "policies.schema.json"
)

// KindOf returns the kind of the file of that name. It returns Definitions for a
// file of policies too; Source detects policies by their content.
func KindOf(name string) Kind {
	if path.Base(name) == spec.WorkspaceFile {
		return Workspace
	}
	return Definitions
}

// InvalidError says that a file cannot be read as YAML, and why.
type InvalidError struct {
	File        string
	Diagnostics spec.Diagnostics
}

func (e *InvalidError) Error() string {
	for _, d := range e.Diagnostics {
		if d.Severity == spec.Error {
			return d.Range.Start.String() + ": " + d.Message
		}
	}
	return e.File + ": this is not YAML that buildsync reads"
}

// UnsupportedError says that a file holds YAML that is left alone because
// writing it again could change it.
type UnsupportedError struct {
	Pos    spec.Pos
	Reason string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s: the file is left as it is: %s", e.Pos, e.Reason)
}

// Foreign returns the reason why a file is not one of buildsync's: folders
// called jobs and templates may have files of other tools. It returns "" for
// our own files, for an empty file, and for text that is not YAML, which Source
// reports.
func Foreign(name string, text []byte) string {
	root, found := spec.ParseFile(name, text)
	switch kind := spec.Foreign(root, text); {
	case kind == spec.ForeignModules, kind == spec.ForeignPolicies, KindOf(name) == Workspace, kind == "" && (found.HasErrors() || root == nil || root.IsNull()), spec.IsDefinitions(root):
		return ""
	case kind != "":
		return "it is " + string(kind) + ", not a definition file"
	}
	return `it is not a definition file: it has no "version: 1" with jobs, templates or removed below it`
}

// documentTop is the name of the collection that is the whole file; no key can
// be called so.
const documentTop = "\x00document"

// Source returns the canonical form of a file. The errors are InvalidError and
// UnsupportedError.
func Source(name string, text []byte, kind Kind) ([]byte, error) {
	src := strings.TrimPrefix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\ufeff")
	before, root, found := spec.ParseWritten(name, []byte(src))
	if strings.Contains(src, "\r\n") { // of \r\r\n: the first one is alone
		_, _, found = spec.ParseWritten(name, text)
	}
	if found.HasErrors() {
		return nil, &InvalidError{name, found}
	}
	if kind == Definitions && spec.Foreign(before, []byte(src)) == spec.ForeignPolicies {
		kind = Policies
	}
	l := &layout{src: src, kind: kind}
	lines, err := l.document(root)
	if refused := new(refusal); errors.As(err, &refused) {
		return nil, &UnsupportedError{l.pos(name, refused.offset), refused.reason}
	}
	formatted := strings.Join(lines, "\n")
	if formatted != "" {
		formatted += "\n"
	}
	if endsLinesWithCRLF(text) {
		formatted = strings.ReplaceAll(formatted, "\n", "\r\n")
	}
	if string(text) == formatted {
		return text, nil
	}
	if reason := l.differs(name, before, root, strings.ReplaceAll(formatted, "\r\n", "\n")); reason != "" {
		return nil, &UnsupportedError{spec.Pos{File: name}, reason}
	}
	return []byte(formatted), nil
}

// endsLinesWithCRLF reports whether most lines end with CRLF: the file keeps the
// line ends that its editor, or Git, gave it.
func endsLinesWithCRLF(text []byte) bool {
	return 2*bytes.Count(text, []byte("\r\n")) > bytes.Count(text, []byte("\n"))
}

// document writes the whole file.
func (l *layout) document(root *spec.Written) ([]string, error) {
	if root != nil && isEmpty(root) && root.Start == root.Value {
		root = nil // a mark and nothing after it
	}
	lines, err := l.prologue(root)
	if err != nil || root == nil {
		return lines, err
	}
	if root.Kind == spec.ScalarNode || root.Start != root.Value {
		return nil, l.refuse(root.Start, "it does not start with a key such as version")
	}
	var head []remark
	var body []string
	open := false
	if root.Flow { // as in a JSON file
		first, rest := l.flow(root, 0, schemaOrder().root(l.kind))
		body, l.at = append([]string{first}, rest...), root.End
		body[len(body)-1] += l.trail()
	} else if head, body, open, err = l.collection(root, 0, schemaOrder().root(l.kind), documentTop); err != nil {
		return nil, err
	}
	lines = append(appendRemarks(lines, head, 0, false), body...)
	end := l.remarks()
	for len(end) > 0 && end[len(end)-1].text == "" {
		end = end[:len(end)-1]
	}
	lines = appendRemarks(lines, end, 0, open)
	lines = appendRemarks(lines, l.behindEnd(), 0, open)
	if rest := strings.TrimSpace(l.src[l.at:]); rest != "" {
		return nil, l.refuse(l.at, "there is text after the end of the definitions: %q", strings.Fields(rest)[0])
	}
	return lines, nil
}

// behindEnd steps over the mark of the document's end, which means nothing in a
// file of one document, and consumes the comments after it.
func (l *layout) behindEnd() []remark {
	rest := l.src[l.at:]
	if !strings.HasPrefix(rest, "...") || l.column(l.at) != 0 || len(rest) > 3 && strings.IndexByte(" \t\n", rest[3]) < 0 {
		return nil
	}
	l.at += len("...")
	var found []remark
	if comment := l.trail(); comment != "" {
		found = append(found, remark{text: strings.TrimLeft(comment, " ")})
	}
	found = append(found, l.remarks()...)
	for len(found) > 0 && found[len(found)-1].text == "" {
		found = found[:len(found)-1]
	}
	return found
}

// prologue writes the lines before the first value: comments, and "---" or a
// directive as it is. Comments above the first key stay there, even if another
// key comes first in the schema's order: they are mostly about the file.
func (l *layout) prologue(root *spec.Written) ([]string, error) {
	start := len(l.src)
	if root != nil {
		start = root.Start - l.column(root.Start)
		if strings.TrimSpace(l.src[start:root.Start]) != "" && l.src[start] == '-' && root.Kind != spec.SequenceNode {
			return nil, l.refuse(start, "the definitions start on the line of ---")
		}
	}
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSuffix(l.src[:start], "\n"), "\n") {
		line = strings.TrimRight(line, " \t")
		if strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") {
			line = strings.TrimLeft(line, " \t")
		}
		if line != "" || len(lines) > 0 && lines[len(lines)-1] != "" {
			lines = append(lines, line)
		}
	}
	if n := len(lines); n > 0 && lines[n-1] == "" && root == nil {
		lines = lines[:n-1]
	}
	l.at = start
	return lines, nil
}

// pos returns the place of an offset of the source.
func (l *layout) pos(name string, offset int) spec.Pos {
	column := utf8.RuneCountInString(l.src[offset-l.column(offset) : offset])
	return spec.Pos{File: name, Line: 1 + strings.Count(l.src[:offset], "\n"), Column: 1 + column}
}
