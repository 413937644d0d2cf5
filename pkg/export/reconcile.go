package export

import (
	"bytes"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// reconcile makes the value of a key say what want says, and changes as little
// of it as it can.
func (ed *editor) reconcile(key, have *spec.Node, want *yamltext.Node) {
	switch {
	case ed.saysSame(have, want):
	case ed.includes.set(have, want):
	case have.Kind == spec.MappingNode && want.Kind == yamltext.MappingNode && !ed.isFlow(have) && sharesKey(have, want):
		ed.reconcileFields(have, want)
	case have.Kind == spec.SequenceNode && want.Kind == yamltext.SequenceNode && !ed.isFlow(have) && ed.reconcileItems(have, want):
	case ed.reconcileFlow(have, want):
	default:
		ed.setValue(key, have, want)
	}
}

// saysSame tells whether a node means what want means as far as its text tells:
// 1 and "1" are one text to the API where a text is wanted, and where none is
// the edit is tried once more in full.
func (ed *editor) saysSame(have *spec.Node, want *yamltext.Node) bool {
	if have.Kind == spec.ScalarNode && ed.keepReferences && strings.Contains(strings.ReplaceAll(have.Text, "$${{", ""), "${{") {
		return true
	}
	if have.Kind == spec.ScalarNode {
		return (want.Kind == yamltext.TextNode || want.Kind == yamltext.LiteralNode) && (have.Text == want.Text && !have.IsNull() || have.IsNull() && want.Text == "null")
	}
	if included, is := ed.includes.text(have); is && want.Kind == yamltext.TextNode {
		return included == unescaped(want.Text)
	}
	if len(have.Fields) != len(want.Fields) || len(have.Items) != len(want.Items) {
		return false
	}
	for _, f := range have.Fields {
		other := want.Get(f.Key.Text)
		if other == nil || !ed.saysSame(f.Value, other) {
			return false
		}
	}
	for i, item := range have.Items {
		if !ed.saysSame(item, want.Items[i]) {
			return false
		}
	}
	return want.Kind == yamltext.MappingNode && have.Kind == spec.MappingNode || want.Kind == yamltext.SequenceNode && have.Kind == spec.SequenceNode
}

func sharesKey(have *spec.Node, want *yamltext.Node) bool {
	for _, f := range have.Fields {
		if want.Get(f.Key.Text) != nil {
			return true
		}
	}
	return false
}

func (ed *editor) reconcileFields(have *spec.Node, want *yamltext.Node) {
	for _, f := range have.Fields {
		if want.Get(f.Key.Text) == nil {
			ed.setKey(have, f.Key.Text, nil)
		}
	}
	after := ""
	for _, f := range want.Fields {
		if value := have.Get(f.Key); value != nil {
			ed.reconcile(have.Key(f.Key), value, f.Value)
			after = f.Key
			continue
		}
		ed.insertKey(have, after, f.Key, f.Value)
	}
}

// reconcileFlow changes single values of a mapping that stands within brackets.
// It returns false, and changes nothing, where that does not suffice.
func (ed *editor) reconcileFlow(have *spec.Node, want *yamltext.Node) bool {
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

func (ed *editor) exchangeValues(have *spec.Node, want *yamltext.Node) bool {
	switch {
	case ed.saysSame(have, want), ed.includes.set(have, want):
		return true
	case have.Kind == spec.ScalarNode && (want.Kind == yamltext.LiteralNode || want.Kind == yamltext.TextNode && !strings.Contains(want.Text, "\n")):
		start, end := ed.offset(have.Range.Start), ed.offset(have.Range.End)
		line, ok := yamltext.FlowOf(want)
		if !ok || end <= start {
			return false
		}
		ed.replace(start, end, line)
		return true
	case have.Kind != spec.MappingNode || want.Kind != yamltext.MappingNode || len(have.Fields) != len(want.Fields) || !ed.isFlow(have):
		return false
	}
	for _, f := range have.Fields {
		value := want.Get(f.Key.Text)
		if value == nil || !ed.exchangeValues(f.Value, value) {
			return false
		}
	}
	return true
}

// reconcileItems pairs the items of a block list by what they are called, in
// order. It returns false, and changes nothing, where none of them is left.
func (ed *editor) reconcileItems(have *spec.Node, want *yamltext.Node) bool {
	pairs := make([]int, len(have.Items)) // the index in want, -1 for none
	next, paired := 0, 0
	for i, item := range have.Items {
		pairs[i] = -1
		for j := next; j < len(want.Items); j++ {
			if labelOf(fromSpec(item)) == labelOf(want.Items[j]) {
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
		ed.insertItems(start, indent, want.Items[done:pairs[i]])
		ed.reconcileItem(item, want.Items[pairs[i]], indent)
		done = pairs[i] + 1
	}
	_, end := ed.itemLines(have.Items[len(have.Items)-1])
	ed.insertItems(end, indent, want.Items[done:])
	return true
}

func (ed *editor) reconcileItem(have *spec.Node, want *yamltext.Node, indent string) {
	switch {
	case ed.saysSame(have, want):
	case have.Kind == spec.MappingNode && want.Kind == yamltext.MappingNode && !ed.isFlow(have) && sharesKey(have, want):
		ed.reconcileFields(have, want)
	case ed.reconcileFlow(have, want):
	default:
		start, end := ed.offset(have.Range.Start), ed.offset(have.Range.End)
		if line := yamltext.OneLineOf(want, len(indent)+2); line != "" && (have.Kind == spec.ScalarNode && have.Style <= spec.DoubleQuotedStyle || ed.isFlow(have)) {
			ed.replace(start, end, line)
			return
		}
		start, end = ed.itemLines(have)
		ed.replace(start, end, itemText(want, indent))
	}
}

func (ed *editor) insertItems(at int, indent string, items []*yamltext.Node) {
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

func itemText(n *yamltext.Node, indent string) string {
	var out bytes.Buffer
	yamltext.AppendBlock(&out, yamltext.Sequence(n), indent)
	return out.String()
}

// labelOf is what an item of a list is called: its name, below an action word
// too, or what it says.
func labelOf(n *yamltext.Node) string {
	for _, key := range []string{"name", "url", "cron"} {
		if v := n.Get(key); v != nil {
			return key + "\x00" + v.Text
		}
	}
	if len(n.Fields) == 1 {
		word := n.Fields[0]
		if name := word.Value.Get("name"); name != nil {
			return "name\x00" + name.Text
		}
		return "word\x00" + word.Key
	}
	for _, p := range itemsOf(n.Get("params")) {
		if name := p.Get("name"); name != nil && name.Text == "name" && p.Get("value") != nil {
			return "name\x00" + p.Get("value").Text
		}
	}
	return n.Text
}
