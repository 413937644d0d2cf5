package bulk

import (
	"fmt"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// keyWithout lists in a job what it does not inherit.
const keyWithout = "without"

// drop deletes inherited values in the chosen jobs alone: each gets an entry under without. It
// returns what else changes, as change does.
func (w *world) drop(r Request, targets, chosen []target) (taken []target, err error) {
	covered := newCover(chosen)
	entries := map[*spec.Node][]string{} // by job
	var order []*spec.Node
	done := map[string]bool{}
	for _, t := range targets {
		job := w.jobNode(t.o)
		entry, ok := withoutEntry(t.path)
		if !ok || job == nil {
			return nil, fmt.Errorf("%s of %s comes from a shared definition, and a job cannot drop a part of a list or value: %s", t.path, t.o.Address, remedy.SetAll)
		}
		if key := fmt.Sprint(job.Range.Start, entry); done[key] {
			continue
		} else {
			done[key] = true
		}
		shared := &SharedError{At: job.Range.Start, Chosen: 1}
		for _, o := range w.objects {
			if w.jobNode(o) == job && o.get(t.path) != nil && !covered.holds(o, t.path) {
				shared.Others = append(shared.Others, o.Address)
				taken = append(taken, target{o, t.path, true})
			}
		}
		if len(shared.Others) > 0 && !r.All {
			return nil, shared
		}
		if entries[job] == nil {
			order = append(order, job)
		}
		entries[job] = append(entries[job], entry)
	}
	for _, job := range order {
		if err := w.edits.appendTexts(job, "", keyWithout, entries[job]...); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// withoutEntry spells the path of an inherited value as without takes it; ok is false for a part of
// what a job can drop.
func withoutEntry(path string) (entry string, ok bool) {
	own := valuepath.Own(path)
	names, ok := own.Names()
	if !ok {
		return "", false
	}
	_, _, isExtra := own.Unknown()
	switch {
	case len(names) == 1 && isExtra:
		return "extra" + valuepath.Member(names[0]), true
	case len(names) == 1:
		return names[0], true
	case len(names) == 2 && names[0] == "parameters":
		return compile.ParameterPath(names[1]), true
	case len(names) == 2 && (names[0] == "notifications" || names[0] == "labels"):
		return names[0] + valuepath.Member(names[1]), true
	}
	return "", false
}

// appendTexts adds texts to the list at a key of a mapping. A new list stands after the key after.
func (e *edits) appendTexts(in *spec.Node, after, key string, texts ...string) error {
	editor, err := e.of(in.Range.Start)
	if err != nil {
		return err
	}
	var items []*yamltext.Node
	switch have := in.Get(key); {
	case have == nil || have.IsNull():
	case have.Kind == spec.SequenceNode:
		for _, item := range have.Items {
			items = append(items, written(item))
		}
	default:
		items = append(items, written(have))
	}
	for _, text := range texts {
		items = append(items, yamltext.Text(text))
	}
	list := yamltext.OneLine(yamltext.Sequence(items...))
	if editor.Owns(in, key) {
		editor.SetKey(in, key, list)
	} else {
		editor.InsertKey(in, after, key, list)
	}
	return nil
}
