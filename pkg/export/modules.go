package export

import (
	"bytes"
	"errors"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// StepsOf returns the steps of a live job as observations for catalog.Harvest.
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

// MergeModules merges harvested modules into a modules file and returns its new text. New facts are
// added line by line: comments, order and spelling stay. An empty file means none.
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
	ed := newEditor(name, file)
	added := yamltext.Sequence()
	for _, m := range catalog.Merge(before, harvest) {
		i := indexOf(before, m.ID)
		switch {
		case i < 0:
			added.Items = append(added.Items, entryOf(m))
		case ed.IsFlow(list) || ed.IsFlow(list.Items[i]) || len(list.Items) != len(before):
			if !yamltext.Equal(entryOf(m), entryOf(before[i])) {
				return nil, errors.New("write its modules as a block list, one under the other, and try again")
			}
		default:
			ed.addNews(list.Items[i], entryOf(before[i]), entryOf(m))
		}
	}
	switch {
	case len(added.Items) == 0:
	case list == nil || len(list.Items) == 0:
		ed.SetKey(root, "modules", added)
	case ed.IsFlow(list):
		return nil, errors.New("write its modules as a block list, one under the other, and try again")
	default:
		items := make([]yamledit.Item, 0, len(list.Items)+len(added.Items))
		for i := range list.Items {
			items = append(items, yamledit.Item{Have: i})
		}
		for _, item := range added.Items {
			items = append(items, yamledit.Item{Have: -1, New: item})
		}
		ed.Arrange(list, items)
	}
	return ed.Apply(), nil
}

// addNews adds the new facts to a module's entry. The entry may have a different form than entryOf
// would give it.
func (ed *editor) addNews(entry *spec.Node, before, now *yamltext.Node) {
	after := ""
	for _, f := range now.Fields {
		have := entry.Get(f.Key)
		switch {
		case yamltext.Equal(before.Get(f.Key), f.Value):
		case have == nil:
			ed.InsertKey(entry, after, f.Key, f.Value)
		case f.Value.Kind == yamltext.MappingNode && have.Kind == spec.MappingNode && !ed.IsFlow(have) && len(have.Fields) > 0:
			for _, p := range f.Value.Fields {
				if have.Get(p.Key) == nil {
					ed.InsertKey(have, "", p.Key, p.Value)
				}
			}
		default:
			ed.reconcile(entry.Key(f.Key), have, f.Value)
		}
		if have != nil {
			after = f.Key
		}
	}
}

// entryOf returns a module as a modules file has it.
func entryOf(m *catalog.Module) *yamltext.Node {
	root, _ := spec.ParseFile("module", catalog.Encode([]*catalog.Module{m}))
	entry := fromSpec(root.Get("modules").Items[0])
	for _, f := range entry.Fields {
		yamltext.OneLine(f.Value)
		for _, p := range f.Value.Fields { // a property a line
			f.Value.Flow = false
			yamltext.OneLine(p.Value)
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
