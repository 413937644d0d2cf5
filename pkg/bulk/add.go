package bulk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// holder is a mapping in which a value can be added, and the keys to add.
type holder struct {
	in   *spec.Node
	keys []string
}

// holderOf finds where a value that o lacks would be added.
func (w *world) holderOf(o *Object, path string) (holder, bool) {
	p := valuepath.Own(path)
	names, ok := p.Names()
	if !ok {
		return holder{}, false
	}
	switch names[0] {
	case "steps", "parameters", "scms", "triggers":
		if len(names) < 3 {
			return holder{}, false
		}
		from, known := o.from[p.Prefix(2)]
		if !known {
			return holder{}, false
		}
		at, known := w.sources.at(from.Pos)
		item := at.value
		if !known || item.Kind != spec.MappingNode {
			return holder{}, false
		}
		if names[0] == "steps" {
			return stepHolder(item, names[2:]), true
		}
		return holder{item, valuepath.Words(names[0], names[2:])}, true
	}
	job := w.jobNode(o)
	if job == nil {
		return holder{}, false
	}
	keys := names
	if names[0] == "notifications" && len(names) == 3 && names[2] == "events" {
		keys = names[:2] // the short form
	}
	return holder{job, keys}, true
}

func stepHolder(item *spec.Node, names []string) holder {
	if item.Get("module_id") != nil || len(item.Fields) != 1 || item.Fields[0].Value.Kind != spec.MappingNode {
		return holder{item, names}
	}
	if names[0] == "properties" && len(names) == 2 && names[1] == "image" {
		names = names[1:]
	}
	return holder{item.Fields[0].Value, names}
}

// jobNode returns the definition of a job, nil for a template.
func (w *world) jobNode(o *Object) *spec.Node {
	if o.Job == nil {
		return nil
	}
	if e, ok := w.sources.at(o.Job.Pos); ok && e.value.Kind == spec.MappingNode {
		return e.value
	}
	return nil
}

func (w *world) canAdd(o *Object, path string) bool {
	_, can := w.holderOf(o, path)
	return can
}

// add adds values that the targets lack.
func (w *world) add(r Request, targets, chosen []target, useDefaults bool) (taken []target, err error) {
	if len(targets) == 0 {
		return nil, nil
	}
	if in := w.defaults(targets, chosen); in != nil && useDefaults {
		h, _ := w.holderOf(targets[0].o, targets[0].path)
		return nil, w.edits.insert(in, h.keys, r.want(targets[0].o, targets[0].path))
	}
	return w.intoHolders(r, targets, chosen)
}

// defaults returns defaults.job if adding a value there affects exactly the targets and saves
// edits.
func (w *world) defaults(targets, chosen []target) *spec.Node {
	set := w.Set.Workspace
	if set.JobDefaults == nil || len(set.JobDefaults.Fields) == 0 || set.JobDefaults.Origin != nil {
		return nil
	}
	path := targets[0].path
	names, ok := valuepath.Own(path).Names()
	if !ok || slices.Contains([]string{"steps", "parameters", "scms", "triggers"}, names[0]) || names[0] == "id" || names[0] == "renamed_from" {
		return nil
	}
	nodes := map[*spec.Node]bool{}
	covered := newCover(chosen)
	for _, o := range w.objects {
		if o.Job == nil {
			continue
		}
		if o.get(path) == nil && !covered.holds(o, path) {
			return nil
		}
	}
	for _, t := range targets {
		nodes[w.jobNode(t.o)] = true
	}
	if len(nodes) < 2 {
		return nil
	}
	return set.JobDefaults
}

// intoHolders adds a value to each definition of a target.
func (w *world) intoHolders(r Request, targets, chosen []target) (taken []target, err error) {
	covered := newCover(chosen)
	done := map[*spec.Node]bool{}
	users := map[string]map[*spec.Node][]*Object{} // by path and holder
	for _, t := range targets {
		h, ok := w.holderOf(t.o, t.path)
		if !ok {
			return nil, fmt.Errorf("%s of %s has no definition that it could be written into", t.path, t.o.Address)
		}
		if done[h.in] {
			continue
		}
		done[h.in] = true
		if users[t.path] == nil {
			users[t.path] = w.usersOfHolders(t.path)
		}
		var others []target
		for _, o := range users[t.path][h.in] {
			if has := o.get(t.path) != nil; !covered.holds(o, t.path) && (!has || r.Override) {
				others = append(others, target{o, t.path, has})
			}
		}
		if len(others) > 0 && !r.All {
			shared := &SharedError{At: h.in.Range.Start, Chosen: 1}
			for _, o := range others {
				shared.Others = append(shared.Others, o.o.Address)
			}
			return nil, shared
		}
		taken = append(taken, others...)
		if err := w.edits.insert(h.in, h.keys, r.want(t.o, t.path)); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// usersOfHolders lists the objects by the mapping in which a path would be added.
func (w *world) usersOfHolders(path string) map[*spec.Node][]*Object {
	users := map[*spec.Node][]*Object{}
	for _, o := range w.objects {
		if h, ok := w.holderOf(o, path); ok {
			users[h.in] = append(users[h.in], o)
		}
	}
	return users
}

// override adds values to the jobs themselves, overriding a default.
func (w *world) override(r Request, targets, chosen []target) ([]target, error) {
	for _, t := range targets {
		switch first, _, _ := strings.Cut(t.path, "["); first {
		case "steps", "scms", "triggers", "parameters":
			return nil, fmt.Errorf("%s of %s comes from a shared definition, and a job cannot override a part of a list: "+
				"%s", t.path, t.o.Address, remedy.SetAll)
		}
	}
	return w.intoHolders(r, targets, chosen)
}
