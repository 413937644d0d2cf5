package bulk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// proven compiles the edited files, and refuses unless exactly the targets have changed, each to
// the wanted value.
func (w *world) proven(r Request, targets []target) (*Result, error) {
	covered := newCover(targets)
	result, after, err := w.changesOnly(nil, func(o *Object, c Changed) bool { return covered.holds(o, c.Path) })
	if err == nil && !r.Delete {
		err = reached(r, targets, after)
	}
	return result, err
}

// changesOnly compiles the edited files, and refuses every difference that allowed rejects. after
// are the objects by address; rename returns an object's new address.
func (w *world) changesOnly(rename map[string]string, allowed func(before *Object, c Changed) bool) (result *Result, after map[string]*Object, err error) {
	result, objects, err := w.compiled()
	if err != nil {
		return nil, nil, err
	}
	if result.Changed, err = difference(w.objects, objects, rename); err != nil {
		return nil, nil, err
	}
	before := byAddress(w.objects)
	for _, c := range result.Changed {
		if !allowed(before[c.Job], c) {
			return nil, nil, fmt.Errorf("the edit would change %s of %s as well, from %s to %s: nothing was written", c.Path, c.Job, shortened(c.Before), shortened(c.After))
		}
	}
	return result, byAddress(objects), nil
}

func byAddress(objects []*Object) map[string]*Object {
	index := make(map[string]*Object, len(objects))
	for _, o := range objects {
		index[o.Address] = o
	}
	return index
}

// reached checks that each target has the wanted value.
func reached(r Request, targets []target, after map[string]*Object) error {
	for _, t := range targets {
		v := after[t.o.Address].get(t.path)
		if v == nil || !r.is(t.path, v) {
			text := Text(t.path, v)
			return fmt.Errorf("%s of %s would compile to %s, not to %s: nothing was written", t.path, t.o.Address, shortened(text), shortened(r.wish.text))
		}
	}
	return nil
}

// compiled loads the workspace with the edits; errors in it refuse the change.
func (w *world) compiled() (*Result, []*Object, error) {
	result := &Result{Files: w.edits.result(), Before: w.edits.read, Places: w.edits.places}
	after, found := w.With(result.Files)
	for _, d := range found {
		if d.Severity == spec.Error {
			return nil, nil, fmt.Errorf("the edited definitions would be wrong: %s: %s", d.Range.Start, d.Message)
		}
	}
	if after == nil {
		return nil, nil, errors.New("the edited definitions cannot be read")
	}
	result.After = after
	return result, objectsOf(after.Result, w.objects), nil
}

// difference lists the scalar values that differ. It refuses added, removed and reordered objects.
// rename returns an object's new address.
func difference(before, after []*Object, rename map[string]string) (changed []Changed, err error) {
	index := byAddress(after)
	if len(before) != len(after) {
		return nil, errors.New("the edit would add or remove jobs: nothing was written")
	}
	for _, o := range before {
		other := index[cmp.Or(rename[o.Address], o.Address)]
		if other == nil {
			return nil, fmt.Errorf("the edit would remove %s: nothing was written", o.Address)
		}
		if other == o {
			continue
		}
		if list, sameShape := changedLeaves(o, other); sameShape {
			changed = append(changed, list...)
			continue
		}
		list, sameOrder := changedShape(o, other)
		if !sameOrder {
			return nil, fmt.Errorf("the edit would change the order of what %s holds: nothing was written", o.Address)
		}
		changed = append(changed, list...)
	}
	return changed, nil
}

// changedLeaves compares objects with values at the same paths; sameShape is false if the paths
// differ.
func changedLeaves(o, other *Object) (changed []Changed, sameShape bool) {
	if len(o.Values) != len(other.Values) {
		return nil, false
	}
	for i := range o.Values {
		was, is := &o.Values[i], &other.Values[i]
		isLeaf := was.Value.Len() == 0
		if was.Path != is.Path || isLeaf != (is.Value.Len() == 0) {
			return nil, false
		}
		if !isLeaf {
			continue
		}
		before, after := string(was.Value.AppendJSON(nil)), string(is.Value.AppendJSON(nil))
		if before != after {
			changed = append(changed, Changed{o.Address, was.Path, before, after})
		}
	}
	return changed, true
}

// changedShape compares objects with different paths.
func changedShape(o, other *Object) (changed []Changed, sameOrder bool) {
	have, want := leaves(o), leaves(other)
	was, is := map[string]string{}, map[string]string{}
	for _, l := range have {
		was[l.path] = l.text
	}
	for _, l := range want {
		is[l.path] = l.text
	}
	for _, l := range have {
		if text, there := is[l.path]; !there || text != l.text {
			changed = append(changed, Changed{o.Address, l.path, l.text, text})
		}
	}
	for _, l := range want {
		if _, there := was[l.path]; !there {
			changed = append(changed, Changed{o.Address, l.path, "", l.text})
		}
	}
	return changed, slices.Equal(shared(have, is), shared(want, was))
}

// leaf is a value without parts, as JSON.
type leaf struct{ path, text string }

func leaves(o *Object) []leaf {
	list := make([]leaf, 0, len(o.Values))
	for _, v := range o.Values {
		if v.Value.Len() == 0 {
			list = append(list, leaf{v.Path, string(v.Value.AppendJSON(nil))})
		}
	}
	return list
}

// changedValues counts the values, and the jobs, that differ between two results.
func changedValues(before, after *compile.Result) (values, jobs int) {
	was := objectsOf(before, nil)
	changed, err := difference(was, objectsOf(after, was), nil)
	if err != nil {
		return max(1, len(changed)), 1
	}
	names := map[string]bool{}
	for _, c := range changed {
		names[c.Job] = true
	}
	return len(changed), len(names)
}

// shared lists the paths that the other side has too, in order.
func shared(list []leaf, other map[string]string) (paths []string) {
	for _, l := range list {
		if _, both := other[l.path]; both {
			paths = append(paths, l.path)
		}
	}
	return paths
}

func shortened(text string) string {
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:79]) + "…"
	}
	return cmp.Or(text, "nothing")
}
