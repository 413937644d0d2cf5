package export

import (
	"bytes"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// reconcile makes the value of a key say what want says, and changes as little
// of it as it can.
func (ed *editor) reconcile(key, have *spec.Node, want *node) {
	switch {
	case ed.saysSame(have, want):
	case ed.includes.set(have, want):
	case have.Kind == spec.MappingNode && want.kind == mappingNode && !ed.isFlow(have) && sharesKey(have, want):
		ed.reconcileFields(have, want)
	case have.Kind == spec.SequenceNode && want.kind == sequenceNode && !ed.isFlow(have) && ed.reconcileItems(have, want):
	case ed.reconcileFlow(have, want):
	default:
		ed.setValue(key, have, want)
	}
}

// saysSame tells whether a node means what want means as far as its text tells:
// 1 and "1" are one text to the API where a text is wanted, and where none is
// the edit is tried once more in full.
func (ed *editor) saysSame(have *spec.Node, want *node) bool {
	if have.Kind == spec.ScalarNode && ed.keepReferences && strings.Contains(strings.ReplaceAll(have.Text, "$${{", ""), "${{") {
		return true
	}
	if have.Kind == spec.ScalarNode {
		return (want.kind == textNode || want.kind == literalNode) && (have.Text == want.text && !have.IsNull() || have.IsNull() && want.text == "null")
	}
	if included, is := ed.includes.text(have); is && want.kind == textNode {
		return included == unescaped(want.text)
	}
	if len(have.Fields) != len(want.fields) || len(have.Items) != len(want.items) {
		return false
	}
	for _, f := range have.Fields {
		other := want.get(f.Key.Text)
		if other == nil || !ed.saysSame(f.Value, other) {
			return false
		}
	}
	for i, item := range have.Items {
		if !ed.saysSame(item, want.items[i]) {
			return false
		}
	}
	return want.kind == mappingNode && have.Kind == spec.MappingNode || want.kind == sequenceNode && have.Kind == spec.SequenceNode
}

func sharesKey(have *spec.Node, want *node) bool {
	for _, f := range have.Fields {
		if want.get(f.Key.Text) != nil {
			return true
		}
	}
	return false
}

func (ed *editor) reconcileFields(have *spec.Node, want *node) {
	for _, f := range have.Fields {
		if want.get(f.Key.Text) == nil {
			ed.setKey(have, f.Key.Text, nil)
		}
	}
	after := ""
	for _, f := range want.fields {
		if value := have.Get(f.key); value != nil {
			ed.reconcile(have.Key(f.key), value, f.value)
			after = f.key
			continue
		}
		ed.insertKey(have, after, f.key, f.value)
	}
}

// reconcileFlow changes single values of a mapping that stands within brackets.
// It returns false, and changes nothing, where that does not suffice.
func (ed *editor) reconcileFlow(have *spec.Node, want *node) bool {
	edits, included := len(ed.edits), 0
	if ed.includes != nil {
		included = len(ed.includes.changed)
	}
	if ed.exchangeValues(have, want) {
		return true
	}
	if ed.edits = ed.edits[:edits]; ed.includes != nil {
		ed.includes.changed = ed.includes.changed[:included]
	}
	return false
}

func (ed *editor) exchangeValues(have *spec.Node, want *node) bool {
	switch {
	case ed.saysSame(have, want), ed.includes.set(have, want):
		return true
	case have.Kind == spec.ScalarNode && (want.kind == literalNode || want.kind == textNode && !strings.Contains(want.text, "\n")):
		start, end := ed.offset(have.Range.Start), ed.offset(have.Range.End)
		line, ok := flowOf(want)
		if !ok || end <= start {
			return false
		}
		ed.replace(start, end, line)
		return true
	case have.Kind != spec.MappingNode || want.kind != mappingNode || len(have.Fields) != len(want.fields) || !ed.isFlow(have):
		return false
	}
	for _, f := range have.Fields {
		value := want.get(f.Key.Text)
		if value == nil || !ed.exchangeValues(f.Value, value) {
			return false
		}
	}
	return true
}

// reconcileItems pairs the items of a block list by what they are called, in
// order. It returns false, and changes nothing, where none of them is left.
func (ed *editor) reconcileItems(have *spec.Node, want *node) bool {
	pairs := make([]int, len(have.Items)) // the index in want, -1 for none
	next, paired := 0, 0
	for i, item := range have.Items {
		pairs[i] = -1
		for j := next; j < len(want.items); j++ {
			if labelOf(fromSpec(item)) == labelOf(want.items[j]) {
				pairs[i], next = j, j+1
				paired++
				break
			}
		}
	}
	if paired == 0 {
		return false
	}
	indent, done := ed.dashIndent(have.Items[0]), 0
	for i, item := range have.Items {
		start, end := ed.itemLines(item)
		if pairs[i] < 0 {
			ed.replace(start, end, "")
			continue
		}
		ed.insertItems(start, indent, want.items[done:pairs[i]])
		ed.reconcileItem(item, want.items[pairs[i]], indent)
		done = pairs[i] + 1
	}
	_, end := ed.itemLines(have.Items[len(have.Items)-1])
	ed.insertItems(end, indent, want.items[done:])
	return true
}

func (ed *editor) reconcileItem(have *spec.Node, want *node, indent string) {
	switch {
	case ed.saysSame(have, want):
	case have.Kind == spec.MappingNode && want.kind == mappingNode && !ed.isFlow(have) && sharesKey(have, want):
		ed.reconcileFields(have, want)
	case ed.reconcileFlow(have, want):
	default:
		start, end := ed.offset(have.Range.Start), ed.offset(have.Range.End)
		if line := oneLineOf(want, len(indent)+2); line != "" && (have.Kind == spec.ScalarNode && have.Style <= spec.DoubleQuotedStyle || ed.isFlow(have)) {
			ed.replace(start, end, line)
			return
		}
		start, end = ed.itemLines(have)
		ed.replace(start, end, itemText(want, indent))
	}
}

func (ed *editor) insertItems(at int, indent string, items []*node) {
	var out strings.Builder
	if len(items) > 0 && at > 0 && ed.src[at-1] != '\n' {
		out.WriteByte('\n')
	}
	for _, item := range items {
		out.WriteString(itemText(item, indent))
	}
	if out.Len() > 0 {
		ed.replace(at, at, out.String())
	}
}

func itemText(n *node, indent string) string {
	var out bytes.Buffer
	appendBlock(&out, sequence(n), indent)
	return out.String()
}

// labelOf is what an item of a list is called: its name, below an action word
// too, or what it says.
func labelOf(n *node) string {
	for _, key := range []string{"name", "url", "cron"} {
		if v := n.get(key); v != nil {
			return key + "\x00" + v.text
		}
	}
	if len(n.fields) == 1 {
		word := n.fields[0]
		if name := word.value.get("name"); name != nil {
			return "name\x00" + name.text
		}
		return "word\x00" + word.key
	}
	for _, p := range itemsOf(n.get("params")) {
		if name := p.get("name"); name != nil && name.text == "name" && p.get("value") != nil {
			return "name\x00" + p.get("value").text
		}
	}
	return n.text
}
