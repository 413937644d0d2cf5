package yamledit

import (
	"bytes"
	"slices"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Detach gives each alias of an anchor between two offsets a value of its own, and removes those
// anchors. The file then means the same, and what is between the offsets can move or go.
func (e *Editor) Detach(from, to int) {
	if e.root == nil {
		return
	}
	d := &detacher{Editor: e, anchors: map[string]*spec.Written{}, from: from, to: to}
	d.walk(e.root)
}

// Anchored reports whether a value between two offsets has an anchor.
func (e *Editor) Anchored(from, to int) bool {
	if e.root == nil || bytes.IndexByte(e.Src[from:to], '&') < 0 {
		return false
	}
	var has func(w *spec.Written) bool
	has = func(w *spec.Written) bool {
		return from <= w.Start && w.Start < to && e.anchor(w) != "" || slices.ContainsFunc(w.Items, has)
	}
	return has(e.root)
}

// merges reports whether a mapping merges a key, whether it has the key itself or not.
func (e *Editor) merges(in *spec.Written, key string) bool {
	has := func(w *spec.Written) bool {
		w = e.meant(w)
		for i := 0; i < len(w.Items) && w.Kind == spec.MappingNode; i += 2 {
			if w.Items[i].Text == key {
				return true
			}
		}
		return w.Kind == spec.MappingNode && e.merges(w, key)
	}
	for i := 0; i+1 < len(in.Items); i += 2 {
		if in.Items[i].Text != "<<" || in.Items[i].Style != spec.PlainStyle {
			continue
		}
		merged := e.meant(in.Items[i+1])
		if has(merged) || merged.Kind == spec.SequenceNode && slices.ContainsFunc(merged.Items, has) {
			return true
		}
	}
	return false
}

// meant returns the value that an alias stands for, which is the last one above it with that anchor,
// and another value as it is.
func (e *Editor) meant(w *spec.Written) *spec.Written {
	if !w.Alias {
		return w
	}
	target := w
	var find func(n *spec.Written)
	find = func(n *spec.Written) {
		if n.Start < w.Start && e.anchor(n) == w.Text {
			target = n
		}
		for _, item := range n.Items {
			find(item)
		}
	}
	find(e.root)
	return target
}

type detacher struct {
	*Editor
	anchors  map[string]*spec.Written // those that are to go
	from, to int
}

func (d *detacher) walk(w *spec.Written) {
	if name := d.anchor(w); name != "" {
		delete(d.anchors, name) // a name may be given again
		if d.from <= w.Start && w.Start < d.to {
			d.anchors[name] = w
			start := w.Start
			if start > 0 && d.Src[start-1] == ' ' {
				start--
			}
			d.Replace(start, w.Start+len("&"+name), "")
		}
	}
	for i, item := range w.Items {
		if target := d.anchors[item.Text]; item.Alias && target != nil {
			d.detach(w, i, d.value(target))
			continue
		}
		d.walk(item)
	}
}

// anchor returns the name of a value's anchor, "" for none.
func (e *Editor) anchor(w *spec.Written) string {
	if w.Alias || w.Start >= w.Value || e.Src[w.Start] != '&' {
		return ""
	}
	name := e.Src[w.Start+1 : w.Value]
	if end := bytes.IndexAny(name, " \t\r\n,]}"); end >= 0 {
		name = name[:end]
	}
	return string(name)
}

// detach replaces an alias by a value.
func (d *detacher) detach(in *spec.Written, i int, want *yamltext.Node) {
	alias := in.Items[i]
	switch {
	case d.inFlow(alias):
		d.setInFlow(alias, want)
	case in.Kind == spec.SequenceNode:
		d.setItem(in, i, want)
	case i%2 == 1:
		key := in.Items[i-1]
		after := d.endOf(key)
		after += bytes.IndexByte(d.Src[after:], ':') + 1
		d.setBlock(alias, key.Text, after, spaces(d.column(key.Start)), want)
	}
}

// value writes a value anew. Aliases of anchors that stay are kept: those are above it.
func (d *detacher) value(w *spec.Written) *yamltext.Node {
	switch {
	case w.Alias:
		if target := d.anchors[w.Text]; target != nil {
			return d.value(target)
		}
		return yamltext.Literal("*" + w.Text)
	case w.Kind == spec.SequenceNode:
		list := yamltext.Sequence()
		for _, item := range w.Items {
			list.Items = append(list.Items, d.value(item))
		}
		list.Flow = w.Flow
		return list
	case w.Kind == spec.MappingNode:
		fields := yamltext.Mapping()
		for i := 0; i+1 < len(w.Items); i += 2 {
			fields.Add(w.Items[i].Text, d.value(w.Items[i+1]))
		}
		fields.Flow = w.Flow
		return fields
	case w.Style == spec.PlainStyle && d.endOf(w) > w.Value && bytes.IndexByte(d.Src[w.Value:d.endOf(w)], '\n') < 0:
		return yamltext.Literal(string(d.Src[w.Value:d.endOf(w)]))
	case w.Style == spec.PlainStyle && w.Text == "":
		return yamltext.Literal("null")
	}
	return yamltext.Text(w.Text)
}
