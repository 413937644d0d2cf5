package bulk

import (
	"fmt"
	"maps"
	"slices"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// edits are the byte edits of a change, file by file.
type edits struct {
	loaded  *compile.Loaded
	files   map[string]*yamledit.Editor
	removed map[*entry][]int // items, by their list
	done    map[spec.Pos]bool
	places  []spec.Pos
	others  map[string][]byte // files that hold no YAML, as they are to be
	read    map[string][]byte // all of them, as they were read
}

func newEdits(loaded *compile.Loaded) *edits {
	return &edits{loaded: loaded, files: map[string]*yamledit.Editor{}, removed: map[*entry][]int{}, done: map[spec.Pos]bool{}, others: map[string][]byte{}, read: map[string][]byte{}}
}

// source returns the text of an editable file, nil for another one.
func (e *edits) source(name string) []byte {
	if file := e.loaded.File(name); file != nil {
		return file.Source
	}
	if name != spec.WorkspaceFile {
		return nil
	}
	text, err := e.loaded.Set.Tree.ReadFile(name, spec.MaxFileBytes)
	if err != nil {
		return nil
	}
	return text
}

// refuseCopy refuses to edit files copied from a source.
func (e *edits) refuseCopy(file string) error {
	s := e.loaded.Set.Workspace.SourceOf(file)
	if s == nil {
		return nil
	}
	return fmt.Errorf("%s is a copy from the source %q: %s", file, s.Name, remedy.VendorUpdate)
}

func (e *edits) of(at spec.Pos) (*yamledit.Editor, error) {
	if err := e.refuseCopy(at.File); err != nil {
		return nil, err
	}
	if e.files[at.File] == nil {
		source := e.source(at.File)
		if source == nil {
			return nil, fmt.Errorf("%s is not a definition file", at.File)
		}
		e.read[at.File] = source
		e.files[at.File] = yamledit.New(at.File, source)
	}
	if !e.done[at] {
		e.done[at] = true
		e.places = append(e.places, at)
	}
	return e.files[at.File], nil
}

func (e *edits) setValue(at entry, want *yamltext.Node) error {
	editor, err := e.of(at.value.Range.Start)
	if err == nil {
		editor.SetValue(at.key, at.value, want)
	}
	return err
}

func (e *edits) setItem(at entry, want *yamltext.Node) error {
	editor, err := e.of(at.value.Range.Start)
	if err == nil {
		editor.SetItem(at.parent, at.index, want)
	}
	return err
}

// remove removes a key or item.
func (e *edits) remove(at entry) error {
	editor, err := e.of(at.value.Range.Start)
	switch {
	case err != nil:
		return err
	case at.key != nil:
		editor.SetKey(at.parent, at.key.Text, nil)
	default:
		e.removed[at.in] = append(e.removed[at.in], at.index)
	}
	return nil
}

// insert adds nested keys to a mapping and keeps the existing ones.
func (e *edits) insert(in *spec.Node, keys []string, want *yamltext.Node) error {
	editor, err := e.of(in.Range.Start)
	if err != nil {
		return err
	}
	for len(keys) > 1 && editor.Owns(in, keys[0]) && in.Get(keys[0]).Kind == spec.MappingNode && !editor.IsAlias(in.Key(keys[0])) {
		in, keys = in.Get(keys[0]), keys[1:]
	}
	for _, key := range slices.Backward(keys[1:]) {
		want = yamltext.Mapping(yamltext.Entry(key, want))
	}
	if editor.Owns(in, keys[0]) {
		editor.SetKey(in, keys[0], want)
	} else {
		editor.InsertKey(in, "", keys[0], want)
	}
	return nil
}

// result applies all edits.
func (e *edits) result() map[string][]byte {
	for in, indexes := range e.removed {
		list := in.value
		editor := e.files[list.Range.Start.File]
		var kept []yamledit.Item
		for i := range list.Items {
			if !slices.Contains(indexes, i) {
				kept = append(kept, yamledit.Item{Have: i})
			}
		}
		if len(kept) > 0 {
			editor.Arrange(list, kept)
			continue
		}
		if in.key != nil {
			editor.SetValue(in.key, list, yamltext.Sequence())
		}
	}
	clear(e.removed)
	out := maps.Clone(e.others)
	for name, editor := range e.files {
		if after := editor.Apply(); string(after) != string(e.read[name]) {
			out[name] = after
		}
	}
	return out
}

// written converts a value that was read to one to write.
func written(n *spec.Node) *yamltext.Node {
	switch n.Kind {
	case spec.MappingNode:
		fields := make([]yamltext.Field, 0, len(n.Fields))
		for _, f := range n.Fields {
			fields = append(fields, yamltext.Entry(f.Key.Text, written(f.Value)))
		}
		return yamltext.OneLine(yamltext.Mapping(fields...))
	case spec.SequenceNode:
		items := make([]*yamltext.Node, 0, len(n.Items))
		for _, item := range n.Items {
			items = append(items, written(item))
		}
		return yamltext.OneLine(yamltext.Sequence(items...))
	}
	if n.Type == spec.StringType {
		return yamltext.Text(n.Text)
	}
	return yamltext.Literal(n.Text)
}
