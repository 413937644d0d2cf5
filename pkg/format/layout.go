package format

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// layout writes a file again, value by value in the order written, and between
// two values accounts for every byte: blanks, comments, one indicator. It
// refuses everything else, so nothing can get lost.
type layout struct {
	src  string
	kind Kind
	at   int // what is before has been written

	keyColumn int // of the key whose value is being written; -1 after a dash
}

// refusal says which line layout does not know how to write.
type refusal struct {
	offset int
	reason string
}

func (r *refusal) Error() string { return r.reason }

func (l *layout) refuse(offset int, format string, args ...any) error {
	return &refusal{offset, fmt.Sprintf(format, args...)}
}

// part is one written value: an entry of a mapping or an item of a list.
type part struct {
	head  []remark // the remarks above it
	tail  []remark // the comments below it that are about it
	lines []string // indented; the first is that of the key or the dash
	open  bool     // blank lines after it would belong to it
	name  string   // an entry's key
}

// skipTo moves to the first byte of a key or value; only blanks may come before
// it.
func (l *layout) skipTo(offset int) error {
	if between := l.src[min(l.at, offset):offset]; strings.TrimSpace(between) != "" {
		return l.refuse(l.at, "a key or a value should start here, not %q; write key: value, or - item", strings.TrimSpace(between))
	}
	l.at = offset
	return nil
}

// collection writes a block mapping or list: its lines, the remarks above its
// first part, and whether blank lines after it would belong to it.
func (l *layout) collection(n *spec.Written, indent int, s *shape, top string) (head []remark, lines []string, open bool, err error) {
	var parts []part
	column := l.column(n.Value)
	if n.Kind == spec.SequenceNode && column <= l.keyColumn {
		column++ // a comment at this column belongs to the key around the list
	}
	if n.Kind == spec.MappingNode {
		parts, err = l.entries(n, indent, s, top)
	} else {
		parts, err = l.items(n, indent, s)
	}
	if err != nil {
		return nil, nil, false, err
	}
	end := l.deeper(column)
	for i := range parts[1:] {
		parts[i].tail, parts[i+1].head = split(parts[i+1].head)
	}
	last := &parts[len(parts)-1]
	last.tail, end = closings(end)
	if n.Kind == spec.MappingNode {
		parts = s.sort(n, parts)
	}
	head, parts[0].head = withoutBlank(parts[0].head), nil
	for i, p := range parts {
		above := p.head
		if i > 0 && l.standsApart(top, parts[i-1], p) {
			above = append([]remark{{}}, above...)
		}
		lines = appendRemarks(lines, above, indent, open)
		lines, open = append(lines, p.lines...), p.open
		if len(p.tail) > 0 {
			lines, open = appendRemarks(lines, p.tail, indent, open), false
		}
	}
	if len(end) > 0 {
		lines, open = appendRemarks(lines, end, indent, open), false
	}
	return head, lines, open, nil
}

// split parts the remarks between two parts: a comment directly below the first
// is about it where a blank line follows, or where it closes something.
func split(between []remark) (tail, head []remark) {
	comments := slices.IndexFunc(between, func(r remark) bool { return r.text == "" })
	if comments < 0 {
		return closings(between)
	}
	return between[:comments], between[comments:]
}

// closings parts the comments that close what is above them from those after.
func closings(below []remark) (tail, rest []remark) {
	comments := 0
	for comments < len(below) && yamltext.ClosesAbove(below[comments].text) {
		comments++
	}
	return below[:comments], below[comments:]
}

// lists are the keys below which parts are set apart by a blank line.
var lists = map[string]bool{"jobs": true, "families": true, "fragments": true, "templates": true, "removed": true}

// standsApart reports whether a blank line is to be between two parts of the
// collection called top: between jobs, and between the lists of a file.
func (l *layout) standsApart(top string, before, after part) bool {
	if l.kind != Definitions {
		return false
	}
	switch {
	case top == documentTop:
		return len(before.lines) > 1 && lists[after.name]
	case lists[top]:
		return len(before.lines) > 1 || len(after.lines) > 1
	}
	return false
}

// appendRemarks writes comments and blank lines, never two of these in a row,
// and none where it would belong to the text before it.
func appendRemarks(lines []string, remarks []remark, indent int, open bool) []string {
	for _, r := range remarks {
		switch {
		case r.text != "":
			lines = append(lines, spaces(indent)+r.text)
			open = false
		case len(lines) > 0 && lines[len(lines)-1] != "" && !open:
			lines = append(lines, "")
		}
	}
	return lines
}

// entries writes the entries of a block mapping in the order written.
func (l *layout) entries(n *spec.Written, indent int, s *shape, top string) ([]part, error) {
	parts := make([]part, 0, len(n.Items)/2)
	for i := 0; i < len(n.Items); i += 2 {
		key, value := n.Items[i], n.Items[i+1]
		p := part{head: l.remarks(), name: key.Text}
		column := l.column(l.at)
		word, explicit, err := l.key(key, &p)
		if err != nil {
			return nil, err
		}
		below := ""
		if top == documentTop {
			below = key.Text
		}
		l.keyColumn = column
		lines, open, err := l.value(value, indent, s.key(key.Text), below)
		if err != nil {
			return nil, err
		}
		lines[0] = spaces(indent) + strings.TrimRight(word+" "+lines[0], " ")
		if explicit != "" {
			lines = append([]string{spaces(indent) + explicit}, lines...)
		}
		p.lines, p.open = lines, open
		if !open {
			p.lines = appendRemarks(p.lines, l.deeper(column+1), indent+2, false)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// longestKey is how many bytes a key may have before its colon; readers look no
// further.
const longestKey = 1000

// key writes the key at the cursor and its colon. One after a question mark
// becomes an ordinary one where it can; explicit is its line where it cannot.
func (l *layout) key(key *spec.Written, p *part) (word, explicit string, err error) {
	marked := l.isQuestion()
	if marked {
		l.at++
		p.head = append(p.head, l.above()...)
	}
	if err := l.skipTo(key.Start); err != nil {
		return "", "", err
	}
	if key.Kind != spec.ScalarNode || key.Alias && marked || key.End < 0 {
		return "", "", l.refuse(key.Start, "a key that is not a text")
	}
	if source := l.src[key.Start:key.End]; !strings.Contains(source, "\n") && key.Style != spec.LiteralStyle && key.Style != spec.FoldedStyle {
		word = l.inline(key, yamltext.AsKey, nil)
	} else if marked && key.Start == key.Value {
		word = yamltext.Inline(key.Text, yamltext.AsKey)
	} else {
		return "", "", l.refuse(key.Start, "a key that is not a text on one line")
	}
	l.at = key.End
	if marked {
		p.head = append(p.head, l.above()...)
	}
	colon := strings.TrimLeft(l.src[l.at:], " \t")
	if !strings.HasPrefix(colon, ":") {
		if !marked {
			return "", "", l.refuse(l.at, "there is no colon after %q", key.Text)
		}
		return word + ":", "", nil // a key without a value
	}
	l.at = len(l.src) - len(colon) + 1
	if marked && len(word) > longestKey {
		return ":", "? " + word, nil
	}
	return word + ":", "", nil
}

// isQuestion reports whether the cursor is at the mark of an explicit key.
func (l *layout) isQuestion() bool {
	rest := l.src[l.at:]
	return strings.HasPrefix(rest, "?") && (len(rest) == 1 || strings.IndexByte(" \t\n", rest[1]) >= 0)
}

// above consumes the comments between the parts of an explicit key: they go
// above it.
func (l *layout) above() []remark {
	var found []remark
	if comment := l.trail(); comment != "" {
		found = append(found, remark{text: strings.TrimLeft(comment, " ")})
	}
	return append(found, withoutBlank(l.remarks())...)
}

// isEmpty reports whether the value is missing.
func isEmpty(n *spec.Written) bool {
	return n.Kind == spec.ScalarNode && !n.Alias && n.Value == n.End
}

// items writes the items of a block list.
func (l *layout) items(n *spec.Written, indent int, s *shape) ([]part, error) {
	parts := make([]part, 0, len(n.Items))
	for _, item := range n.Items {
		p := part{head: l.remarks()}
		if l.at >= len(l.src) || l.src[l.at] != '-' {
			return nil, l.refuse(l.at, "there is no dash before an item")
		}
		column := l.column(l.at)
		l.at++
		l.keyColumn = -1
		lines, open, err := l.item(item, indent, s.item(), &p)
		if err != nil {
			return nil, err
		}
		lines[0] = spaces(indent) + strings.TrimRight("- "+lines[0], " ")
		p.lines, p.open = lines, open
		if !open {
			p.lines = appendRemarks(p.lines, l.deeper(column+1), indent+2, false)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// item writes the text after a dash: a collection starts on its line, and
// remarks before its first part move above the dash.
func (l *layout) item(n *spec.Written, indent int, s *shape, p *part) ([]string, bool, error) {
	if n.Kind == spec.ScalarNode || n.Flow || n.Start != n.Value {
		return l.value(n, indent, s, "")
	}
	comment := l.trail()
	head, lines, open, err := l.collection(n, indent+2, s, "")
	if err != nil {
		return nil, false, err
	}
	if comment != "" {
		first := appendRemarks([]string{comment[1:]}, head, indent+2, false)
		return append(first, lines...), open, nil
	}
	p.head = append(p.head, head...)
	lines[0] = strings.TrimLeft(lines[0], " ")
	return lines, open, nil
}

// value writes the value after a colon, or after a dash at indent. The first
// line is to follow on the same line.
func (l *layout) value(n *spec.Written, indent int, s *shape, top string) (lines []string, open bool, err error) {
	if n.End < 0 {
		return nil, false, l.refuse(n.Start, "a text whose end is not clear")
	}
	if n.Kind != spec.ScalarNode && !n.Flow {
		return l.nested(n, indent, s, top)
	}
	comment := l.trail()
	if isEmpty(n) && n.Start == n.Value {
		return []string{strings.TrimPrefix(comment, " ")}, false, nil
	}
	between := withoutBlank(l.remarks())
	if err := l.skipTo(n.Start); err != nil {
		return nil, false, err
	}
	properties, end := l.properties(n)
	if strings.TrimSpace(l.src[end:n.Value]) != "" {
		return nil, false, l.refuse(n.Start, "there is a comment between an anchor or tag and its value")
	}
	var first string
	var rest []string
	switch {
	case n.Alias:
		first = l.src[n.Start:n.End]
	case n.Flow:
		first, rest = l.flow(n, indent, s)
	case n.Style == spec.LiteralStyle || n.Style == spec.FoldedStyle:
		first, rest, open = l.block(n, indent+2)
	default:
		first, rest = l.scalar(n, indent+2, yamltext.InBlock)
	}
	l.at = n.End
	lines = append([]string{properties + first}, rest...)
	if n.Style != spec.LiteralStyle && n.Style != spec.FoldedStyle {
		lines[len(lines)-1] += l.trail()
	}
	if comment != "" || len(between) > 0 { // the value stays below its comments
		lines[0] = spaces(indent+2) + lines[0]
		lines = append(appendRemarks([]string{strings.TrimPrefix(comment, " ")}, between, indent+2, false), lines...)
	}
	return lines, open, nil
}

// nested writes a block collection below its key, or a dash with an anchor.
func (l *layout) nested(n *spec.Written, indent int, s *shape, top string) ([]string, bool, error) {
	first := strings.TrimPrefix(l.trail(), " ")
	if n.Start != n.Value {
		if err := l.skipTo(n.Start); err != nil || first != "" {
			return nil, false, l.refuse(n.Start, "there is a comment before an anchor or tag")
		}
		first, l.at = l.properties(n)
		if comment := l.trail(); comment != "" {
			first = strings.TrimSuffix(first, " ") + comment
		}
	}
	head, lines, open, err := l.collection(n, indent+2, s, top)
	if err != nil {
		return nil, false, err
	}
	return append(appendRemarks([]string{first}, head, indent+2, false), lines...), open, nil
}

// withoutBlank leaves out the blank lines at the start.
func withoutBlank(remarks []remark) []remark {
	for len(remarks) > 0 && remarks[0].text == "" {
		remarks = remarks[1:]
	}
	return remarks
}
