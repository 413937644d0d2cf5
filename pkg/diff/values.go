package diff

import (
	"iter"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// view has a body as a list of values with their paths, so that they can be compared one by one.
type view struct {
	entries []entry
	index   map[string]int
}

type entry struct {
	path      string
	value     *jsontree.Value
	list      string // the list that the value is an item of, or is in: steps, parameters, …
	item      string // the path of that item
	wholeItem bool   // value is the whole item, because the other side has no partner of it
}

func (v *view) add(e entry) {
	if _, twice := v.index[e.path]; twice {
		return
	}
	v.index[e.path] = len(v.entries)
	v.entries = append(v.entries, e)
}

func (v *view) get(path string) *jsontree.Value {
	if i, ok := v.index[path]; ok {
		return v.entries[i].value
	}
	return nil
}

func (v *view) has(path string) bool {
	_, ok := v.index[path]
	return ok
}

// itemPaths has the paths of the items of a body. An item without a partner is one value.
type itemPaths struct {
	paths    map[string][]string // by list, by index
	unpaired map[string][]bool
}

// listMembers are the lists whose items are identified by their content, not by
// their position.
var listMembers = []string{wire.KeySteps, wire.KeySCMs, wire.KeyParameters, wire.KeyTriggers}

func isList(key string) bool {
	for _, list := range listMembers {
		if key == list {
			return true
		}
	}
	return false
}

// ownPaths names the items of body without regard to another side.
func ownPaths(body *jsontree.Value) *itemPaths {
	p := newItemPaths()
	for _, list := range listMembers {
		items := body.Get(list).Items()
		taken := map[string]bool{}
		p.paths[list] = make([]string, len(items))
		p.unpaired[list] = make([]bool, len(items))
		for i, item := range items {
			p.paths[list][i] = freePath(list, item, i, taken)
		}
	}
	return p
}

// freePath returns the first free path for an item and marks it as taken.
func freePath(list string, item *jsontree.Value, i int, taken map[string]bool) string {
	for nth := 1; ; nth++ {
		path := itemPath(list, item, i+nth-1, nth)
		if !taken[path] {
			taken[path] = true
			return path
		}
	}
}

// itemPath returns the path of the nth item of one name. Code sources and
// triggers have no name; they are numbered.
func itemPath(list string, item *jsontree.Value, i, nth int) string {
	switch list {
	case wire.KeySteps:
		return compile.StepPath(item.Str(wire.KeyName), nth)
	case wire.KeyParameters:
		return list + valuepath.Name(paramName(item), nth)
	}
	return list + valuepath.Index(i)
}

func newItemPaths() *itemPaths {
	return &itemPaths{paths: map[string][]string{}, unpaired: map[string][]bool{}}
}

func (p *itemPaths) reserve(list string, n int) {
	p.paths[list], p.unpaired[list] = make([]string, n), make([]bool, n)
}

func (p *itemPaths) set(list string, i int, path string, unpaired bool) {
	p.paths[list][i], p.unpaired[list][i] = path, unpaired
}

// Pairs yields the items of one list of two bodies that a plan takes for the same item.
func Pairs(list string, have, want *jsontree.Value) iter.Seq2[*jsontree.Value, *jsontree.Value] {
	haves, wants := have.Get(list).Items(), want.Get(list).Items()
	return func(yield func(*jsontree.Value, *jsontree.Value) bool) {
		for w, h := range align(list, haves, wants).partner {
			if h != none && !yield(haves[h], wants[w]) {
				return
			}
		}
	}
}

// align pairs the items of one list.
func align(list string, have, want []*jsontree.Value) *alignment {
	switch list {
	case wire.KeySteps:
		return alignSteps(have, want)
	case wire.KeySCMs:
		return alignScms(have, want)
	case wire.KeyParameters:
		return alignParameters(have, want)
	}
	return alignTriggers(have, want)
}

// viewOf returns the values of body; paths names its items.
func viewOf(body *jsontree.Value, paths *itemPaths) *view {
	v := &view{index: map[string]int{}}
	for _, m := range body.Members() {
		if !isList(m.Key) || m.Value.Kind() != jsontree.KindArray {
			v.addTree(entry{path: memberPath("", m.Key)}, m.Value)
			continue
		}
		for i, item := range m.Value.Items() {
			e := entry{path: paths.paths[m.Key][i], list: m.Key, item: paths.paths[m.Key][i]}
			if paths.unpaired[m.Key][i] || item.Kind() != jsontree.KindObject {
				e.value, e.wholeItem = item, true
				v.add(e)
				continue
			}
			v.addItem(e, item)
		}
	}
	return v
}

// addItem lists the values of one item of a list.
func (v *view) addItem(e entry, item *jsontree.Value) {
	for _, m := range item.Members() {
		child := e
		child.path = e.path + valuepath.Member(m.Key)
		switch {
		case e.list == wire.KeyParameters && m.Key == wire.KeyName:
			child.path = e.path + ".definition"
			v.addTree(child, m.Value)
		case e.list == wire.KeyParameters && m.Key == wire.KeyParams:
			v.addParams(e, m.Value)
		case e.list == wire.KeyTriggers && m.Key == wire.KeyParameters:
			v.addNamed(child, m.Value)
		default:
			v.addTree(child, m.Value)
		}
	}
}

// addParams lists a parameter's fields: each field's value under the field's
// name, the options under limits.
func (v *view) addParams(e entry, params *jsontree.Value) {
	for _, field := range params.Items() {
		name := field.Str(wire.KeyName)
		for _, m := range field.Members() {
			child := e
			switch m.Key {
			case "name":
				continue
			case "value":
				child.path = e.path + valuepath.Member(name)
			case "limits":
				child.path = compile.LimitsPath(e.path, name)
			default:
				child.path = e.path + valuepath.Member(name) + valuepath.Member(m.Key)
			}
			child.value = m.Value
			v.add(child)
		}
	}
}

// addNamed adds the values of a list of name and value objects.
func (v *view) addNamed(e entry, list *jsontree.Value) {
	for _, field := range list.Items() {
		child := e
		child.path = e.path + valuepath.Name(field.Str(wire.KeyName), 1)
		child.value = field.Get(wire.KeyValue)
		v.add(child)
	}
}

// addTree adds v's scalars and arrays with their paths; it descends into objects with members.
func (v *view) addTree(e entry, value *jsontree.Value) {
	if value.Kind() != jsontree.KindObject || value.Len() == 0 {
		e.value = value
		v.add(e)
		return
	}
	for _, m := range value.Members() {
		child := e
		child.path = e.path + valuepath.Member(m.Key)
		v.addTree(child, m.Value)
	}
}

// memberPath returns the path of an object's member.
func memberPath(path, key string) string {
	if path == "" {
		if inner, ok := strings.CutPrefix(key, insideTemplate); ok {
			return wire.KeyTemplate + valuepath.Member(inner)
		}
		return valuepath.First(key)
	}
	return path + valuepath.Member(key)
}
