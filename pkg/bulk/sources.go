package bulk

import (
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// entry is a value in a file, with its container.
type entry struct {
	value, parent *spec.Node
	key           *spec.Node // nil for an item of a list
	index         int
	in            *entry // the parent's own entry, nil for a file
}

// sources finds the nodes of a workspace's files by their start. A file is indexed when one of its
// places is requested.
type sources struct {
	loaded *compile.Loaded
	files  map[string]nodesByPlace
}

func newSources(loaded *compile.Loaded) *sources {
	return &sources{loaded: loaded, files: map[string]nodesByPlace{}}
}

// at returns the node that starts at a place; ok is false if there is none.
func (s *sources) at(pos spec.Pos) (e entry, ok bool) {
	index, known := s.files[pos.File]
	if !known {
		index = nodesByPlace{}
		if root := s.root(pos.File); root != nil {
			index.read(entry{value: root})
		}
		s.files[pos.File] = index
	}
	e, ok = index[pos]
	return e, ok
}

func (s *sources) root(name string) *spec.Node {
	if name == spec.WorkspaceFile {
		return s.loaded.Set.Workspace.Root
	}
	if file := s.loaded.File(name); file != nil {
		return file.Root
	}
	return nil
}

// nodesByPlace are the nodes of one file.
type nodesByPlace map[spec.Pos]entry

// read records e and everything below it. Aliased and merged values are recorded where they are
// written.
func (s nodesByPlace) read(e entry) {
	start := e.value.Range.Start
	if e.parent != nil && start.Compare(e.parent.Range.Start) < 0 {
		return
	}
	if have, known := s[start]; !known || have.value.Kind != spec.ScalarNode && e.value.Kind == spec.ScalarNode && len(e.value.Text) > 0 {
		s[start] = e
	} else if known && have.value == e.value {
		return
	}
	for _, f := range e.value.Fields {
		if f.Key.Range.Start.Compare(start) >= 0 && f.Value.Range.Start.Compare(f.Key.Range.Start) >= 0 {
			s.read(entry{value: f.Value, parent: e.value, key: f.Key, in: &e})
		}
	}
	for i, item := range e.value.Items {
		s.read(entry{value: item, parent: e.value, index: i, in: &e})
	}
}

// places lists where the value at a path can be changed, starting with its source: for a value from
// a variable, an input or a matrix, that is where it is written.
func (s *sources) places(o *Object, path string) []entry {
	from, ok := o.from[path]
	if !ok {
		return nil
	}
	text := Text(path, o.get(path))
	stations := from.Stations()
	var out []entry
	seen := map[spec.Pos]bool{}
	for i := len(stations) - 1; i >= 0; i-- {
		st := stations[i]
		if st.Kind == spec.FromFragment || st.Kind == spec.FromFamily {
			continue // a use says a name, and no value
		}
		e, known := s.at(st.Pos)
		if !known || seen[st.Pos] || e.value.Kind == spec.ScalarNode && i > 0 && e.value.Text != text {
			continue
		}
		if i > 0 && e.value.Kind != spec.ScalarNode && st.Pos != stations[0].Pos {
			continue
		}
		if i == 0 && (st.Kind == spec.FromCatalogue || isFixed(from)) {
			continue
		}
		seen[st.Pos] = true
		out = append(out, e)
	}
	// A text without references is closer to the source than one with a reference.
	for i := range out {
		if !spec.HasReference(out[i].value.Text) && out[i].value.Kind == spec.ScalarNode {
			out[0], out[i] = out[i], out[0]
			break
		}
	}
	return out
}

// isFixed reports whether the compiler itself set a value.
func isFixed(p compile.Provenance) bool {
	return p.Origin != nil && (p.Origin.Kind == spec.FromCompiler || p.Origin.Kind == spec.FromCatalogue) && p.Origin.Pos == p.Pos
}

// sourceOf returns the place where the value at a path is written.
func (s *sources) sourceOf(o *Object, path string) (spec.Pos, bool) {
	if o.Job == nil {
		return spec.Pos{}, false
	}
	if places := s.places(o, path); len(places) > 0 {
		return places[0].value.Range.Start, true
	}
	return o.placeOf(path)
}

// standing returns the place of a value, with its key or list.
func (s *sources) standing(o *Object, path string) []entry {
	from, ok := o.from[path]
	if !ok || isFixed(from) {
		return nil
	}
	if e, known := s.at(from.Pos); known && e.parent != nil {
		return []entry{e}
	}
	return nil
}
