package bulk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// AppendStep adds the steps of a text to the chosen jobs, after the step called after, or at the
// end. Jobs without such a step do not change.
func AppendStep(loaded *compile.Loaded, r Request, text []byte, after string) (*Result, error) {
	added, err := readSteps(text)
	if err != nil {
		return nil, err
	}
	all := newWorld(loaded)
	lists := map[*spec.Node]int{} // where to insert, by list of steps
	chosen := map[*Object]bool{}
	for _, o := range all.objects {
		if o.Job == nil || r.Selects != nil && !r.Selects(o) || !holds(o, r.Where) {
			continue
		}
		e, ok := all.stepBefore(o, after)
		if !ok {
			continue
		}
		chosen[o] = true
		lists[e.parent] = e.index
	}
	if len(chosen) == 0 {
		if after != "" {
			return nil, fmt.Errorf("none of the chosen jobs has a step %q that is written in a definition", after)
		}
		return nil, errors.New("none of the chosen jobs has steps that are written in a definition")
	}
	if err := all.sharedSteps(lists, chosen, r.All); err != nil {
		return nil, err
	}
	for list, index := range lists {
		editor, err := all.edits.of(list.Range.Start)
		if err != nil {
			return nil, err
		}
		var items []yamledit.Item
		for i := range list.Items {
			items = append(items, yamledit.Item{Have: i})
			if i == index {
				for _, step := range added {
					items = append(items, yamledit.Item{Have: -1, New: written(step)})
				}
			}
		}
		if !editor.Arrange(list, items) {
			return nil, fmt.Errorf("%s: the list of steps cannot be edited", list.Range.Start)
		}
	}
	return all.provenSteps(chosen, len(added))
}

// readSteps reads a step or a list of steps.
func readSteps(text []byte) ([]*spec.Node, error) {
	n, found := spec.ParseFile("step", text)
	for _, d := range found {
		if d.Severity == spec.Error {
			return nil, fmt.Errorf("the step: %s: %s", d.Range.Start, d.Message)
		}
	}
	switch {
	case n != nil && n.Kind == spec.MappingNode && n.Get("steps") != nil:
		return n.Get("steps").Items, nil
	case n != nil && n.Kind == spec.MappingNode && len(n.Fields) > 0:
		return []*spec.Node{n}, nil
	case n != nil && n.Kind == spec.SequenceNode && len(n.Items) > 0:
		return n.Items, nil
	}
	return nil, errors.New("the file holds no step: write {sh: {name: …}} or a list of steps")
}

// stepBefore finds the step after which to insert: the one called after, or the
// last one.
func (w *world) stepBefore(o *Object, after string) (entry, bool) {
	last, found := entry{}, false
	for i := range o.Values {
		v := &o.Values[i]
		names, ok := v.own().Names()
		if !ok || len(names) != 2 || names[0] != "steps" {
			continue
		}
		if after != "" && v.Path != compile.StepPath(after, 1) {
			continue
		}
		e, known := w.sources.at(o.from[v.Path].Pos)
		if known && e.parent != nil && e.parent.Kind == spec.SequenceNode {
			last, found = e, true
		}
	}
	return last, found
}

// sharedSteps refuses step lists that other objects also use, or adds those objects to the chosen
// ones.
func (w *world) sharedSteps(lists map[*spec.Node]int, chosen map[*Object]bool, take bool) error {
	for _, o := range w.objects {
		if chosen[o] {
			continue
		}
		for path, from := range o.from {
			if !strings.HasPrefix(path, "steps[") {
				continue
			}
			names, ok := valuepath.Own(path).Names()
			e, _ := w.sources.at(from.Pos)
			if _, edited := lists[e.parent]; !ok || len(names) != 2 || names[0] != "steps" || !edited {
				continue
			}
			if !take {
				shared := &SharedError{At: from.Pos, Chosen: len(chosen)}
				shared.Others = w.usersOf(lists, chosen)
				return shared
			}
			chosen[o] = true
			break
		}
	}
	return nil
}

// usersOf names the objects that have steps of the lists and were not chosen.
func (w *world) usersOf(lists map[*spec.Node]int, chosen map[*Object]bool) (names []string) {
	for _, o := range w.objects {
		for path, from := range o.from {
			if chosen[o] || !strings.HasPrefix(path, "steps[") {
				continue
			}
			e, _ := w.sources.at(from.Pos)
			if _, edited := lists[e.parent]; edited {
				names = append(names, o.Address)
				break
			}
		}
	}
	slices.Sort(names)
	return names
}

// provenSteps compiles the result, and refuses unless exactly the chosen jobs have n more steps and
// are otherwise unchanged.
func (w *world) provenSteps(chosen map[*Object]bool, n int) (*Result, error) {
	result, after, err := w.changesOnly(nil, func(o *Object, c Changed) bool {
		return chosen[o] && c.Before == "" && strings.HasPrefix(c.Path, "steps[")
	})
	if err != nil {
		return nil, err
	}
	for _, was := range w.objects {
		if chosen[was] && len(after[was.Address].get("steps").Items()) != len(was.get("steps").Items())+n {
			return nil, fmt.Errorf("%s would not get %d steps more: nothing was written", was.Address, n)
		}
	}
	return result, nil
}

// sortChanged orders changes for people.
func sortChanged(changed []Changed) {
	slices.SortStableFunc(changed, func(a, b Changed) int {
		return cmp.Or(strings.Compare(a.Job, b.Job), strings.Compare(a.Path, b.Path))
	})
}
