package format_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

// writer writes random definitions in a random layout: depths of indentation,
// lists below or beside their key, quotes, brackets, scripts, blank lines, and
// comments wherever YAML allows them.
type writer struct {
	t       *rapid.T
	out     strings.Builder
	ids     int
	anchors int
}

func (w *writer) pick(n int) int { return rapid.IntRange(0, n-1).Draw(w.t, "n") }
func (w *writer) chance() bool   { return w.pick(4) == 0 }

func (w *writer) id() string { w.ids++; return fmt.Sprintf("%04d", w.ids) }

// blank writes nothing, or blank lines.
func (w *writer) blank() {
	if w.chance() {
		w.out.WriteString(strings.Repeat("\n", 1+w.pick(3)))
	}
}

// note writes nothing, or a comment on a line of its own.
func (w *writer) note(indent int) {
	w.blank()
	if w.chance() {
		fmt.Fprintf(&w.out, "%s#  note %s\n", strings.Repeat(" ", indent), w.id())
		w.blank()
	}
}

var propertyKeys = []string{
	"name", "project", "arch", "steps", "scms", "parameters", "extra", "matrix", "template", "notifications", "triggers",
	"inputs", "properties", "module_id", "sh", "maven", "default", "options", "secret", "url", "branch", "unknown", "cron", "image",
}

// mapping writes entries at indent; the first follows on the line at hand where
// inline is set.
func (w *writer) mapping(indent, depth int, keys []string, inline bool) {
	for i, key := range w.keys(keys) {
		pad := strings.Repeat(" ", indent)
		above := ""
		if i == 0 && inline {
			pad = ""
		} else {
			w.note(indent)
			if depth > 0 && w.chance() {
				above = w.id()
				fmt.Fprintf(&w.out, "%s# above %s\n", pad, above)
			}
		}
		if w.chance() {
			key = `"` + key + `"`
		}
		w.out.WriteString(pad + key + strings.Repeat(" ", w.pick(2)) + ":")
		w.value(indent, depth, above)
	}
}

func (w *writer) keys(keys []string) []string {
	if keys != nil {
		return keys
	}
	var chosen []string
	for range 1 + w.pick(4) {
		if key := propertyKeys[w.pick(len(propertyKeys))]; !slices.Contains(chosen, key) {
			chosen = append(chosen, key)
		}
	}
	return chosen
}

// beside returns a comment at the end of a line, if there is one above it to be
// found again.
func (w *writer) beside(above string) string {
	switch {
	case above != "":
		return "  # beside " + above
	case w.chance():
		return strings.Repeat(" ", 1+w.pick(3)) + "# note " + w.id()
	}
	return strings.Repeat(" ", w.pick(2))
}

// value writes the text after a colon or a dash, at indent.
func (w *writer) value(indent, depth int, above string) {
	kind := w.pick(8)
	if depth >= 4 && kind >= 5 {
		kind = 0
	}
	switch kind {
	case 0:
		w.out.WriteString(" " + w.scalar(false) + w.beside(above) + "\n")
	case 1:
		w.script(indent, above)
	case 2:
		w.out.WriteString(" " + w.flow(depth) + w.beside(above) + "\n")
	case 3:
		w.out.WriteString(w.beside(above) + "\n")
	case 4:
		w.anchors++
		fmt.Fprintf(&w.out, " &a%d %s%s\n", w.anchors, w.scalar(false), w.beside(above))
	case 5:
		w.list(indent, depth, above)
	default:
		w.out.WriteString(w.beside(above) + "\n")
		w.mapping(indent+1+w.pick(4), depth+1, nil, false)
	}
}

func (w *writer) list(indent, depth int, above string) {
	w.out.WriteString(w.beside(above) + "\n")
	indent += 1 + w.pick(3)
	for range 1 + w.pick(3) {
		w.note(indent)
		gap := 1 + w.pick(3)
		w.out.WriteString(strings.Repeat(" ", indent) + "-")
		switch w.pick(3) {
		case 0:
			w.out.WriteString(strings.Repeat(" ", gap))
			w.mapping(indent+1+gap, depth+1, nil, true)
		case 1:
			w.out.WriteString(w.beside("") + "\n")
			w.mapping(indent+1+gap, depth+1, nil, false)
		default:
			w.value(indent, depth+1, "")
		}
	}
}

var propertyTexts = []string{
	"a", "two words", "x86-64", "1.10", "on", "", "it's", `say "so"`, "a: b", "a #b", "#a", "- a", "**/*.xml", "${{ vars.x }}", "构建", "$x", "a,b",
	"[a", "{a", "null", "~", "2026-01-02", "a:", " a", "./x", "\\d", "none", "@a", "`a`", "%a", "!a", "&a", "*a", "|", ">",
}

var plainEnough = regexp.MustCompile(`^[A-Za-z0-9./$][A-Za-z0-9 ./-]*$`)

// scalar returns a text on one line, in any style that can hold it.
func (w *writer) scalar(inFlow bool) string {
	text := propertyTexts[w.pick(len(propertyTexts))]
	switch style := w.pick(3); {
	case style == 0 && plainEnough.MatchString(text) && !(inFlow && strings.ContainsAny(text, ",{}[]")):
		return text
	case style == 1:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

func (w *writer) flow(depth int) string {
	gap := func() string { return strings.Repeat(" ", w.pick(3)) }
	if depth >= 4 || w.chance() {
		return w.scalar(true)
	}
	var parts []string
	if w.pick(2) == 0 {
		for range w.pick(4) {
			parts = append(parts, gap()+w.flow(depth+1)+gap())
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	for _, key := range w.keys(nil) {
		parts = append(parts, gap()+key+gap()+": "+gap()+w.flow(depth+1)+gap())
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// script writes a text of several lines.
func (w *writer) script(indent int, above string) {
	header := []string{"|", "|-", "|+", ">", ">-", ">+"}[w.pick(6)]
	pad := strings.Repeat(" ", indent+1+w.pick(4))
	w.out.WriteString(" " + header + w.beside(above) + "\n" + pad + "first line\n")
	for range w.pick(4) {
		w.out.WriteString([]string{pad + "line\n", pad + "  deeper\n", pad + "# no comment\n", "\n", pad + "a\tb \n"}[w.pick(5)])
	}
}

// TestPromises checks that for any layout the file means the same, keeps every comment, each above
// comment with its entry, and is its own canonical form.
func TestPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{t: t}
		w.mapping(0, 0, []string{"jobs", "version", "templates"}, false)
		before := w.out.String()
		if w.chance() {
			before = strings.ReplaceAll(before, "\n", "\r\n")
		}
		got, err := format.Source("a.yaml", []byte(before), format.Definitions)
		if err != nil {
			t.Fatalf("%v\n%s", err, before)
		}
		after := string(got)
		again, err := format.Source("a.yaml", got, format.Definitions)
		if err != nil || string(again) != after {
			t.Fatalf("%v: again it is\n%s\nnot\n%s\nof\n%s", err, again, after, before)
		}
		if have, want := meaning(t, after), meaning(t, before); have != want {
			t.Fatalf("it means\n%s\nnot\n%s", have, want)
		}
		if have, want := notes(after), notes(before); !slices.Equal(have, want) {
			t.Fatalf("comments %v, want %v\n%s\n%s", have, want, before, after)
		}
		checkAbove(t, before, after)
	})
}

var anyNote = regexp.MustCompile(`#\s+(?:note|above|beside) \d{4}`)

// notes lists the comments, without regard to their order: keys move.
func notes(text string) []string {
	found := anyNote.FindAllString(text, -1)
	slices.Sort(found)
	return found
}

// checkAbove checks that each comment above an entry is still above it.
func checkAbove(t *rapid.T, before, after string) {
	waiting := ""
	for line := range strings.Lines(after) {
		trimmed := strings.TrimSpace(line)
		if id, ok := strings.CutPrefix(trimmed, "# above "); ok {
			waiting = id
		}
		if trimmed == "" || trimmed[0] == '#' || waiting == "" {
			continue
		}
		if !strings.Contains(line, "# beside "+waiting) {
			t.Fatalf("comment %s left its entry in\n%s\nof\n%s", waiting, after, before)
		}
		waiting = ""
	}
}

// meaning writes the content of a file independently of the order of keys and of style.
func meaning(t *rapid.T, text string) string {
	root, found := spec.ParseFile("a.yaml", []byte(text))
	if found.HasErrors() {
		t.Fatalf("%v\n%s", found, text)
	}
	var write func(n *spec.Node) string
	write = func(n *spec.Node) string {
		switch n.Kind {
		case spec.ScalarNode:
			return fmt.Sprintf("%d %q", n.Type, n.Text)
		case spec.SequenceNode:
			var items []string
			for _, item := range n.Items {
				items = append(items, write(item))
			}
			return fmt.Sprint(items)
		}
		var fields []string
		for _, f := range n.Fields {
			fields = append(fields, fmt.Sprintf("%q=%s", f.Key.Text, write(f.Value)))
		}
		slices.Sort(fields)
		return fmt.Sprint("map", fields)
	}
	return write(root)
}

// TestAnyText checks that a quoted text stays the same text, as a value, in brackets and as a key.
func TestAnyText(t *testing.T) {
	t.Parallel()
	word := rapid.OneOf(rapid.String(), rapid.StringMatching(`[-a-zA-Z0-9 :#,.*&!|>%@\[\]{}?'"$/_~+=]{1,8}`), rapid.SampledFrom(propertyTexts))
	rapid.Check(t, func(t *rapid.T) {
		text := word.Draw(t, "text")
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		single := "'" + strings.ReplaceAll(text, "'", "''") + "'"
		before := fmt.Sprintf("a: %[1]s\nb: [%[1]s, {c: %[1]s}]\nd:\n  - %[1]s\n", quoted)
		if strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0 && strings.TrimSpace(text) == text {
			before += fmt.Sprintf("e: %[1]s\nf: [%[1]s]\n", single)
		}
		if text != "" {
			before += fmt.Sprintf("g: {%s: 1}\n", quoted)
		}
		if _, found := spec.ParseFile("a.yaml", []byte(before)); found.HasErrors() {
			return // characters that no file may have
		}
		after, err := format.Source("a.yaml", []byte(before), format.Definitions)
		if err != nil {
			t.Fatalf("%v\n%s", err, before)
		}
		if have, want := meaning(t, string(after)), meaning(t, before); have != want {
			t.Fatalf("it means\n%s\nnot\n%s", have, want)
		}
	})
}
