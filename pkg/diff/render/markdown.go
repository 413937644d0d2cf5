package render

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// MarkdownOptions choose the form of a comment.
type MarkdownOptions struct {
	// MaxBytes is the maximum length of the comment; 0: unlimited. Removals, refusals and the plan
	// id are always kept, even if they exceed it.
	MaxBytes int
	// Tag is part of the hidden marker line, by which a bot finds its own comment: letters, digits,
	// and single . _ - / : between them; other characters are dropped.
	Tag string
	// NoGroup lists each of the changes that have one cause.
	NoGroup bool
}

// detail is how much of a change a comment shows.
type detail int

const (
	detailAll    detail = iota // scripts line by line, values, items
	detailValues               // scripts and items as one line
	detailPaths                // the paths that differ
	detailLine                 // the object alone
	detailCount                // counted among others
)

// Markdown writes a plan as a comment for a merge request. All text from files or the service is in
// code spans or fenced blocks, where it cannot be markup or a mention. A comment that is too long
// is shortened change by change: first scripts, then values, then paths, then whole objects,
// beginning with the least important and longest.
func Markdown(w io.Writer, plan *diff.Plan, options MarkdownOptions) error {
	if Unread(plan) {
		plan = withoutChanges(plan)
	}
	m := &markdownWriter{plan: plan, doc: outlineOf(plan, options.NoGroup), tag: tagOf(options.Tag)}
	m.details = make([]detail, len(m.doc.changes))
	m.parts = make([]string, len(m.doc.changes))
	for i := range m.parts {
		m.parts[i] = changeMarkdown(&m.doc.changes[i], detailAll)
	}
	if options.MaxBytes > 0 {
		m.fit(options.MaxBytes)
	}
	_, err := io.WriteString(w, m.text())
	return err
}

type markdownWriter struct {
	plan    *diff.Plan
	doc     document
	tag     string
	details []detail
	parts   []string // a change each
}

// tagOf keeps the characters of s that are allowed in an HTML comment. Punctuation counts only
// between letters or digits, so that -- never ends the comment.
func tagOf(s string) string {
	var tag strings.Builder
	sign := rune(0)
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
			if sign != 0 && tag.Len() > 0 {
				tag.WriteRune(sign)
			}
			sign = 0
			tag.WriteRune(r)
		case strings.ContainsRune("._-/:", r):
			sign = r
		}
	}
	return tag.String()
}

// leftOutReserve is the space for the text of leftOut, in bytes.
const leftOutReserve = 160

// fit shortens changes until the comment is at most limit bytes long.
func (m *markdownWriter) fit(limit int) {
	size := len(m.text())
	if size <= limit {
		return
	}
	limit -= leftOutReserve
	for level := detailValues; level <= detailCount && size > limit; level++ {
		for _, i := range m.order() {
			if size <= limit {
				break
			}
			if m.doc.changes[i].weight == weightRemoval && level > detailLine {
				continue
			}
			before := len(m.parts[i])
			m.details[i] = level
			m.parts[i] = changeMarkdown(&m.doc.changes[i], level)
			size -= before - len(m.parts[i])
		}
		size = len(m.text())
	}
}

// order lists the changes in the order of shortening: least important first, longest first among
// equals.
func (m *markdownWriter) order() []int {
	out := make([]int, len(m.parts))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int {
		return cmp.Or(cmp.Compare(m.doc.changes[a].weight, m.doc.changes[b].weight), cmp.Compare(len(m.parts[b]), len(m.parts[a])))
	})
	return out
}

func (m *markdownWriter) text() string {
	var out strings.Builder
	marker := "<!-- buildsync:plan -->"
	if m.tag != "" {
		marker = "<!-- buildsync:plan:" + m.tag + " -->"
	}
	fmt.Fprintf(&out, "%s\n### %s\n\n%s\n\n", marker, sanitize.MarkdownText(titleOf(m.plan), 0), sanitize.MarkdownText(revisionsOf(m.plan), 0))
	if parts := partsOf(m.plan); len(parts) > 0 {
		for i := range parts {
			parts[i] = "<code>" + sanitize.MarkdownText(parts[i], 0) + "</code>"
		}
		fmt.Fprintf(&out, "%s %s\n\n", onlyAPart, strings.Join(parts, "; "))
	}
	if line := answerOf(m.plan, &m.doc); line != "" {
		fmt.Fprintf(&out, "**%s**\n\n", sanitize.MarkdownText(line, 0))
	}
	for _, line := range needLines(m.plan) {
		fmt.Fprintf(&out, "%s\n\n", sanitize.MarkdownText(line, 0))
	}
	for _, r := range m.doc.refusals(m.plan, 0) {
		fmt.Fprintf(&out, "- **Refused** %s: %s\n", sanitize.MarkdownCode(r.Rule, nameLimit), sanitize.MarkdownText(r.Message, messageLimit))
	}
	if len(m.plan.Refusals) > 0 {
		out.WriteString("\n")
	}
	// Removals come first, for readers who stop early.
	m.write(&out, func(c *changeView) bool { return c.weight == weightRemoval })
	m.write(&out, func(c *changeView) bool { return c.weight != weightRemoval })
	m.leftOut(&out)
	if id := planIDOf(m.plan); id != "" {
		fmt.Fprintf(&out, "Plan id: %s\n", sanitize.MarkdownCode(id, nameLimit))
	}
	return out.String()
}

func (m *markdownWriter) write(out *strings.Builder, chosen func(*changeView) bool) {
	for i := range m.doc.changes {
		if chosen(&m.doc.changes[i]) {
			out.WriteString(m.parts[i])
		}
	}
}

// leftOut lists what was shortened, so that nobody takes the comment for complete.
func (m *markdownWriter) leftOut(out *strings.Builder) {
	shortened, counted := 0, 0
	for _, d := range m.details {
		switch {
		case d == detailCount:
			counted++
		case d > detailAll:
			shortened++
		}
	}
	if counted > 0 {
		fmt.Fprintf(out, "… and %s that %s not listed here.\n\n", manyChanges(counted), areOrIs(counted))
	}
	if shortened > 0 {
		fmt.Fprintf(out, "%s shortened to fit this comment; the plan document has everything.\n\n", capitalized(manyChanges(shortened)+" "+wasOrWere(shortened)))
	}
}

func manyChanges(n int) string {
	if n == 1 {
		return "one change"
	}
	return fmt.Sprintf("%d changes", n)
}

func areOrIs(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func wasOrWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func capitalized(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// changeMarkdown writes one change.
func changeMarkdown(c *changeView, d detail) string {
	if d == detailCount {
		return ""
	}
	head := sanitize.MarkdownCode(c.mark+" "+c.title, 0)
	if c.note != "" {
		head += " (" + sanitize.MarkdownText(c.note, 0) + ")"
	}
	aside := c.aside()
	if aside != "" {
		head += " " + sanitize.MarkdownCode(aside, 0)
	}
	lines := changeLines(c, d)
	if len(lines) == 0 {
		return "- " + head + "\n\n"
	}
	// Code spans do not work inside a summary; entities mean the same in HTML.
	summary := sanitize.MarkdownText(strings.TrimSpace(c.left()), 0)
	if aside != "" {
		summary += " · " + sanitize.MarkdownText(strings.ReplaceAll(aside, "   ", " · "), 0)
	}
	return "<details><summary><code>" + summary + "</code></summary>\n\n" +
		sanitize.MarkdownFence(strings.Join(lines, "\n"), "diff") + "\n</details>\n\n"
}

// changeLines writes a change's fields as lines of a diff block.
func changeLines(c *changeView, d detail) []string {
	if d >= detailLine {
		return nil
	}
	var lines []string
	if c.lastEdit != "" {
		lines = append(lines, "  "+c.lastEdit)
	}
	for i := range c.fields {
		lines = append(lines, fieldLines(&c.fields[i], d)...)
	}
	for _, u := range c.undeclared {
		lines = append(lines, "  "+u)
	}
	if len(c.members) > 0 {
		width := 0
		if d != detailAll {
			width = memberWidth
		}
		lines = append(lines, "  "+c.memberNames(width))
	}
	if c.unchanged != "" {
		lines = append(lines, "  "+c.unchanged)
	}
	return lines
}

// memberWidth is the length of the member list of a group in a shortened comment, in cells.
const memberWidth = 100

// valueLimit caps one value in a comment, in characters.
const valueLimit = 300

func fieldLines(f *fieldView, d detail) []string {
	at := ""
	if f.place != "" {
		at = "   " + f.place
	}
	if d == detailPaths {
		return []string{f.mark + " " + f.path + at}
	}
	switch {
	case f.diff != nil && d == detailValues:
		return []string{f.mark + " " + f.path + f.verdictNote() + "   " + f.stat() + at}
	case f.diff != nil:
		lines := []string{f.mark + " " + f.path + f.verdictNote() + "   " + f.stat() + at}
		for _, h := range f.diff.hunks {
			lines = append(lines, fmt.Sprintf("@@ %d @@", h.start()))
			for _, l := range shownLines(h) {
				lines = append(lines, string(l.kind)+" "+l.text)
				if l.open {
					lines = append(lines, `\ no line break at the end`)
				}
			}
		}
		return lines
	case len(f.item) > 0:
		lines := []string{f.mark + " " + f.path + f.verdictNote() + at}
		if d == detailAll {
			for _, l := range f.item {
				lines = append(lines, f.itemMark+"   "+l)
			}
		}
		return lines
	}
	return []string{f.mark + " " + f.path + "   " + f.values(valueLimit) + at}
}
