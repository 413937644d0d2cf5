package export

import (
	"bytes"
	"errors"
	"strings"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// StepsOf lists the steps of a live job as observations for catalog.Harvest.
func StepsOf(alias string, live *diff.LiveJob) []catalog.Observation {
	return observe("job "+alias+"/"+live.Name, live.Body)
}

// StepsOfTemplate lists the steps of a template, official ones too.
func StepsOfTemplate(t wire.Template) []catalog.Observation {
	return observe("template "+t.Name, flat(t.Item))
}

func observe(source string, body *jsontree.Value) []catalog.Observation {
	var seen []catalog.Observation
	for _, step := range body.Get(wire.KeySteps).Items() {
		seen = append(seen, catalog.Observation{Source: source, Step: step})
	}
	return seen
}

// MergeModules lays harvested modules over a modules file and returns its new
// text. Only the entries that learn something change; comments outside them
// stay. An empty file stands for none.
func MergeModules(name string, file []byte, harvest []*catalog.Module) ([]byte, error) {
	if len(bytes.TrimSpace(file)) == 0 {
		return catalog.Encode(harvest), nil
	}
	before, diagnostics := catalog.Decode(name, file)
	if err := firstError(diagnostics); err != nil {
		return nil, err
	}
	root, _ := spec.ParseFile(name, file)
	list := root.Get("modules")
	ed := newEditor(file)
	if list == nil || len(list.Items) == 0 {
		return catalog.Encode(harvest), nil
	}
	if ed.isFlow(list) || len(list.Items) != len(before) {
		return nil, errors.New("write its modules as a block list, one under the other, and try again")
	}
	entry := func(m *catalog.Module) string { return entryText(m, ed.dashIndent(list.Items[0])) }
	var added strings.Builder
	for _, m := range catalog.Merge(before, harvest) {
		i := indexOf(before, m.ID)
		switch {
		case i < 0:
			added.WriteString(entry(m))
		case entry(m) != entry(before[i]):
			start, end := ed.itemLines(list.Items[i])
			ed.replace(start, end, entry(m))
		}
	}
	if added.Len() > 0 {
		_, end := ed.itemLines(list.Items[len(list.Items)-1])
		text := added.String()
		if end > 0 && file[end-1] != '\n' {
			text = "\n" + text
		}
		ed.replace(end, end, text)
	}
	return ed.apply(), nil
}

func indexOf(modules []*catalog.Module, id string) int {
	for i, m := range modules {
		if m.ID == id {
			return i
		}
	}
	return -1
}

// entryText is a module as an item of a list that stands behind indent.
func entryText(m *catalog.Module, indent string) string {
	const own = "  " // the indentation of Encode's items
	var out strings.Builder
	_, entries, _ := strings.Cut(string(catalog.Encode([]*catalog.Module{m})), "modules:\n")
	for line := range strings.Lines(entries) {
		out.WriteString(indent + strings.TrimPrefix(line, own))
	}
	return out.String()
}
