package export

import (
	"bytes"
	"errors"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// StepsOf lists the steps of a live job as observations for catalog.Harvest.
func StepsOf(alias string, live *diff.LiveJob) []catalog.Observation {
	return observe("job "+alias+"/"+live.Name, live.Body, false)
}

// StepsOfTemplate lists the steps of a template, official ones too.
func StepsOfTemplate(t wire.Template) []catalog.Observation {
	return observe("template "+t.Name, flat(t.Item), t.Scope != "" && t.Scope != wire.ScopeCustom)
}

func observe(source string, body *jsontree.Value, official bool) []catalog.Observation {
	var seen []catalog.Observation
	for _, step := range body.Get(wire.KeySteps).Items() {
		seen = append(seen, catalog.Observation{Source: source, Step: step, Official: official})
	}
	return seen
}

// MergeModules lays harvested modules over a modules file and returns its new
// text. What is new is added line by line: comments, the order and the writer's
// own spelling stay. An empty file stands for none.
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
	added := sequence()
	for _, m := range catalog.Merge(before, harvest) {
		i := indexOf(before, m.ID)
		switch {
		case i < 0:
			added.items = append(added.items, entryOf(m))
		case ed.isFlow(list) || ed.isFlow(list.Items[i]) || len(list.Items) != len(before):
			if !equal(entryOf(m), entryOf(before[i])) {
				return nil, errors.New("write its modules as a block list, one under the other, and try again")
			}
		default:
			ed.addNews(list.Items[i], entryOf(before[i]), entryOf(m))
		}
	}
	switch {
	case len(added.items) == 0:
	case list == nil || len(list.Items) == 0:
		ed.setKey(root, "modules", added)
	case ed.isFlow(list):
		return nil, errors.New("write its modules as a block list, one under the other, and try again")
	default:
		_, end := ed.itemLines(list.Items[len(list.Items)-1])
		ed.insertItems(end, ed.dashIndent(list.Items[0]), added.items)
	}
	return ed.apply(), nil
}

// addNews writes into a module's entry what it says now and did not before. The
// entry may say the same in another way than entryOf would.
func (ed *editor) addNews(entry *spec.Node, before, now *node) {
	after := ""
	for _, f := range now.fields {
		have := entry.Get(f.key)
		switch {
		case equal(before.get(f.key), f.value):
		case have == nil:
			ed.insertKey(entry, after, f.key, f.value)
		case f.value.kind == mappingNode && have.Kind == spec.MappingNode && !ed.isFlow(have) && len(have.Fields) > 0:
			for _, p := range f.value.fields {
				if have.Get(p.key) == nil {
					ed.insertKey(have, "", p.key, p.value)
				}
			}
		default:
			ed.reconcile(entry.Key(f.key), have, f.value)
		}
		if have != nil {
			after = f.key
		}
	}
}

// entryOf is a module as a modules file has it.
func entryOf(m *catalog.Module) *node {
	root, _ := spec.ParseFile("module", catalog.Encode([]*catalog.Module{m}))
	entry := fromSpec(root.Get("modules").Items[0])
	for _, f := range entry.fields {
		oneLine(f.value)
		for _, p := range f.value.fields { // a property a line
			f.value.flow = false
			oneLine(p.value)
		}
	}
	return entry
}

func indexOf(modules []*catalog.Module, id string) int {
	for i, m := range modules {
		if m.ID == id {
			return i
		}
	}
	return -1
}
