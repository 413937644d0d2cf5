package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// displayCells measures text in columns of a terminal, whatever the locale is.
var displayCells = runewidth.Condition{StrictEmojiNeutral: true}

// maxCell is how many characters of one value a table shows.
const maxCell = 160

// table is rows below a heading, aligned by what a terminal shows: a Chinese
// character is two columns wide. A column that is empty in all rows is left out.
type table struct {
	head []string
	rows [][]string
}

func newTable(head ...string) *table { return &table{head: head} }

func (t *table) add(cells ...string) {
	row := make([]string, len(t.head))
	for i := range row {
		row[i] = shownText(cells[i], maxCell)
	}
	t.rows = append(t.rows, row)
}

func (t *table) writeTo(out *strings.Builder) {
	if len(t.rows) == 0 {
		return
	}
	widths := make([]int, len(t.head))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], displayCells.StringWidth(cell))
		}
	}
	for _, row := range append([][]string{t.head}, t.rows...) {
		var line strings.Builder
		for i, cell := range row {
			if widths[i] == 0 {
				continue
			}
			line.WriteString(displayCells.FillRight(cell, max(widths[i], len(t.head[i]))))
			line.WriteString("  ")
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// sheet is names and values below each other. What has no value is left out.
type sheet struct {
	names  []string
	values []string
}

func (s *sheet) add(name, value string) {
	if value != "" {
		s.names = append(s.names, name)
		s.values = append(s.values, shownText(value, 0))
	}
}

func (s *sheet) writeTo(out *strings.Builder) {
	widest := 0
	for _, name := range s.names {
		widest = max(widest, displayCells.StringWidth(name))
	}
	for i, name := range s.names {
		fmt.Fprintf(out, "%s  %s\n", displayCells.FillRight(name+":", widest+1), s.values[i])
	}
}

// shownText makes text of the service fit for a line of a terminal: without
// what acts on it, and without what looks like a secret.
func shownText(s string, limit int) string { return sanitize.Line(secret.Redact(s), limit) }

// reply is what a command has to say, for people and for programs.
type reply struct {
	text func(out *strings.Builder)
	doc  any // its JSON has stable keys: those of the API, or of this program
}

// print writes a reply to stdout and wherever --out says.
func (in *invocation) print(outputs []output, modules *catalog.Catalogue, r reply) error {
	return in.write(outputs, func(w io.Writer, o output) error {
		if o.format == "json" {
			document, err := in.documentOf(r.doc, modules)
			if err != nil {
				return err
			}
			_, err = w.Write(document)
			return err
		}
		var out strings.Builder
		r.text(&out)
		_, err := io.WriteString(w, in.knownSecrets().Replace(out.String()))
		return err
	})
}

// documentOf is a value as JSON, secrets hidden.
func (in *invocation) documentOf(doc any, modules *catalog.Catalogue) ([]byte, error) {
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("writing JSON: %w", err)
	}
	tree, err := jsontree.Parse(raw, jsontree.Limits{Bytes: len(raw) + 1})
	if err != nil {
		return nil, fmt.Errorf("writing JSON: %w", err)
	}
	return in.redacted(tree, modules).Indented(), nil
}
