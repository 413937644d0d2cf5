package format

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/fatih/color"

	"github.com/buildsync/buildsync/pkg/spec"
)

// Text writes ds for people, in the order given:
//
//	jobs/order.yaml:12:9: error: unknown key "comand" [unknown-key]
//	   12 |         comand: mvn package
//	      |         ^~~~~~
//	  help: did you mean "command"?
//	  jobs/order.yaml:3:5: the job is here
func Text(w io.Writer, ds spec.Diagnostics, opts Options) error {
	out := bufio.NewWriter(w)
	t := textWriter{out: out, opts: opts, paint: newPalette(opts.Color), files: sources{read: opts.Source}, hidden: secretRanges(ds)}
	t.hideElsewhere()
	for i := range ds {
		t.diagnostic(&ds[i])
	}
	return out.Flush()
}

type textWriter struct {
	out    *bufio.Writer
	opts   Options
	paint  palette
	files  sources
	hidden map[filePlace][]spec.Range
	same   *strings.Replacer // writes asterisks for what is hidden somewhere; nil for nothing
	shown  shownLine
}

// shownLine caches the last printed line. Findings of a line follow each other, so each line is
// read and searched for secrets only once.
type shownLine struct {
	at    filePlace
	known bool // text is that of the line at this place
	text  []rune
	ok    bool // there is such a line
}

func (t *textWriter) diagnostic(d *spec.Diagnostic) {
	if d.Range.Start.IsValid() {
		fmt.Fprintf(t.out, "%s: ", t.paint.place(t.opts.place(d.Range.Start)))
	}
	fmt.Fprintf(t.out, "%s: %s", t.paint.severity(d.Severity), message(d.Message))
	if d.Rule != "" {
		fmt.Fprintf(t.out, " %s", t.paint.dim("["+message(d.Rule)+"]"))
	}
	t.out.WriteByte('\n')
	t.excerpt(d.Range, d.Severity)
	if d.Hint != "" {
		fmt.Fprintf(t.out, "  %s %s\n", t.paint.help("help:"), message(d.Hint))
	}
	if owners := ownersOf(d); owners != "" {
		fmt.Fprintf(t.out, "  %s\n", message(owners))
	}
	for _, related := range d.Related {
		if !related.Range.Start.IsValid() {
			fmt.Fprintf(t.out, "  %s\n", message(related.Message))
			continue
		}
		fmt.Fprintf(t.out, "  %s: %s\n", t.opts.place(related.Range.Start), message(related.Message))
	}
}

// excerpt writes the first source line of r with a caret under what r covers.
func (t *textWriter) excerpt(r spec.Range, severity spec.Severity) {
	line, ok := t.line(r.Start)
	if !ok || r.Start.Column < 1 {
		return
	}
	end := r.End.Column
	if r.End.Line > r.Start.Line {
		end = len(line) + 1 // the rest of the line
	}
	number := strconv.Itoa(r.Start.Line)
	pad := max(5, len(number)+1)
	shown := cut(line, r.Start.Column, end, t.width(pad+len(" | ")))
	fmt.Fprintf(t.out, "%*s %s %s\n", pad, number, t.paint.dim("|"), shown.text)
	fmt.Fprintf(t.out, "%*s %s %s%s\n", pad, "", t.paint.dim("|"),
		strings.Repeat(" ", shown.before), t.paint.mark(severity, "^"+strings.Repeat("~", max(0, shown.under-1))))
}

// width returns how many cells a line has beside what is before it.
func (t *textWriter) width(before int) int {
	if t.opts.Width <= 0 {
		return 120
	}
	return max(12, t.opts.Width-before)
}

// palette holds the colours; with colour off each returns its text unchanged.
type palette struct {
	bold, red, yellow, blue, green, faint *color.Color
}

func newPalette(on bool) palette {
	make := func(attributes ...color.Attribute) *color.Color {
		c := color.New(attributes...)
		if on {
			c.EnableColor() // each object alone: the library's global looks at stdout only
		} else {
			c.DisableColor()
		}
		return c
	}
	return palette{
		bold: make(color.Bold), red: make(color.FgRed, color.Bold), yellow: make(color.FgYellow, color.Bold),
		blue: make(color.FgBlue, color.Bold), green: make(color.FgGreen), faint: make(color.Faint),
	}
}

func (p palette) place(s string) string { return p.bold.Sprint(s) }
func (p palette) dim(s string) string   { return p.faint.Sprint(s) }
func (p palette) help(s string) string  { return p.green.Sprint(s) }

func (p palette) severity(s spec.Severity) string { return p.mark(s, s.String()) }

func (p palette) mark(s spec.Severity, text string) string {
	switch s {
	case spec.Error:
		return p.red.Sprint(text)
	case spec.Warning:
		return p.yellow.Sprint(text)
	}
	return p.blue.Sprint(text)
}
