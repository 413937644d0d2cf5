package spec

import (
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/buildsync/buildsync/pkg/valuepath"
)

// ItemSegment returns a list item's segment of a pointer, with brackets.
func ItemSegment(item *Node, index int) string {
	if name, has := itemName(item); has {
		return valuepath.Bare(name)
	}
	return valuepath.Index(index)
}

// itemName returns the name of a list item. Pointers use names, so they stay valid when items are
// added or moved.
func itemName(item *Node) (name string, has bool) {
	for _, key := range []string{"name", "job"} {
		if name := item.Str(key); name != "" {
			return name, true
		}
	}
	if item.Kind == MappingNode && len(item.Fields) == 1 && item.Fields[0].Value.Kind == MappingNode { // a step
		if name := item.Fields[0].Value.Str("name"); name != "" {
			return name, true
		}
		return item.Fields[0].Key.Text, true // the action word
	}
	if params := ofKind(item.Get("params"), SequenceNode); params != nil { // a parameter as the API has it
		for _, param := range params.Items {
			if name := param.Str("value"); name != "" && param.Str("name") == "name" {
				return name, true
			}
		}
	}
	return "", false
}

// actionWord reports whether the item of a list called key is a step under its
// action word, which pointers leave out: steps[Build].inputs.command.
func actionWord(key string, item *Node) bool {
	return key == "steps" && item.Kind == MappingNode && len(item.Fields) == 1 && item.Fields[0].Value.Kind == MappingNode
}

// PointInto sets the pointer of each diagnostic that has none to the innermost value at its
// position. All diagnostics are about the file with the given root. It takes linear time.
func (ds Diagnostics) PointInto(root *Node) {
	ds.point(root, func(pointer string, d *Diagnostic) {
		switch {
		case d.Pointer == "":
			d.Pointer = pointer
		case d.Pointer[0] == '.': // a key that is not kept, below the value that it is in
			d.Pointer = strings.TrimPrefix(pointer+d.Pointer, ".")
		}
	})
}

// SharpenInto is PointInto that also extends existing pointers to the innermost value.
func (ds Diagnostics) SharpenInto(root *Node) {
	ds.point(root, func(pointer string, d *Diagnostic) {
		if d.Pointer == "" || within(pointer, d.Pointer) {
			d.Pointer = pointer
		}
	})
}

// PointersAt returns the pointers of the innermost values at places in the file with the given
// root, "" for a place outside of all values.
func PointersAt(root *Node, places []Pos) []string {
	ds := make(Diagnostics, len(places))
	for i, at := range places {
		ds[i].Range = Range{Start: at, End: at}
	}
	ds.PointInto(root)
	pointers := make([]string, len(ds))
	for i := range ds {
		pointers[i] = ds[i].Pointer
	}
	return pointers
}

func (ds Diagnostics) point(root *Node, tell func(pointer string, d *Diagnostic)) {
	if root == nil {
		return
	}
	p := pointing{tell: tell}
	for i := range ds {
		if ds[i].Rule == "missing-key" {
			continue // it is about the mapping whose first key it points at
		}
		if at := ds[i].Range.Start; at.File == root.Range.Start.File && at.Line > 0 {
			p.list = append(p.list, &ds[i])
		}
	}
	if len(p.list) == 0 {
		return
	}
	slices.SortStableFunc(p.list, func(a, b *Diagnostic) int { return a.Range.Start.Compare(b.Range.Start) })
	p.value(root, "", "", root.Range.Start)
	p.upTo(len(p.list), "")
}

// pointing assigns diagnostics, sorted by place, to the values of a file. It walks both in
// parallel, once.
type pointing struct {
	list []*Diagnostic // those without a pointer so far
	tell func(pointer string, d *Diagnostic)
}

// upTo sets the pointer of the first n diagnostics.
func (p *pointing) upTo(n int, pointer string) {
	for _, d := range p.list[:n] {
		p.tell(pointer, d)
	}
	p.list = p.list[n:]
}

// before sets the pointer of those before a place.
func (p *pointing) before(at Pos, pointer string) {
	p.upTo(sort.Search(len(p.list), func(i int) bool { return p.list[i].Range.Start.Compare(at) >= 0 }), pointer)
}

// reach reports whether a remaining diagnostic is before a place.
func (p *pointing) reach(end Pos) bool {
	return len(p.list) > 0 && p.list[0].Range.Start.Compare(end) <= 0
}

// value visits n and the values in it. key is the key of n; from is the earliest possible position:
// an alias refers to a value above.
func (p *pointing) value(n *Node, pointer, key string, from Pos) {
	if n.Range.Start.Compare(from) < 0 {
		return
	}
	switch n.Kind {
	case MappingNode:
		for i, field := range n.Fields {
			start, end, own := fieldExtent(n, i)
			if !own {
				continue
			}
			p.before(start, pointer)
			if p.reach(end) {
				below := strings.TrimPrefix(pointer+valuepath.Member(field.Key.Text), ".")
				p.value(field.Value, below, field.Key.Text, start)
				p.behind(end, below)
			}
		}
	case SequenceNode:
		for i, item := range n.Items {
			if item.Range.Start.Compare(n.Range.Start) < 0 {
				continue
			}
			p.before(item.Range.Start, pointer)
			if p.reach(item.Range.End) {
				below := pointer + ItemSegment(item, i)
				if actionWord(key, item) {
					p.before(item.Fields[0].Value.Range.Start, below)
					p.value(item.Fields[0].Value, below, "", item.Range.Start)
				} else {
					p.value(item, below, "", n.Range.Start)
				}
				p.behind(item.Range.End, below)
			}
		}
	}
}

// behind sets the pointer of those up to the end of a value to the value itself.
func (p *pointing) behind(end Pos, pointer string) {
	p.upTo(sort.Search(len(p.list), func(i int) bool { return p.list[i].Range.Start.Compare(end) > 0 }), pointer)
}

// within reports whether pointer equals from or extends it.
func within(pointer, from string) bool {
	rest, ok := strings.CutPrefix(pointer, from)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// fieldExtent returns the range of a key and its value; own is false if they
// were merged from elsewhere.
func fieldExtent(n *Node, i int) (start, end Pos, own bool) {
	key, value := n.Fields[i].Key.Range, n.Fields[i].Value.Range
	if key.Start.Compare(n.Range.Start) < 0 || key.Start.Compare(n.Range.End) > 0 {
		return key.Start, key.End, false
	}
	end = value.End
	if end.Compare(key.End) < 0 { // an alias
		end = Pos{File: key.End.File, Line: key.End.Line, Column: math.MaxInt}
		if i+1 < len(n.Fields) && n.Fields[i+1].Key.Range.Start.Line == end.Line {
			end = n.Fields[i+1].Key.Range.Start
			end.Column--
		}
	}
	return key.Start, end, true
}
