package bulk

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// candidate is a place from which some targets can get their value.
type candidate struct {
	entry
	covers []target // of the chosen
	others []target // that it would change besides
	rank   int      // how good it is for the first target
	order  int      // among equals the first counts

	left  int // of covers, those that no edit gives their value yet
	alien int // of others, those that are not taken along
	at    int // left when it was queued
}

// choice selects the places to edit: repeatedly the one that covers most of the remaining values,
// among equals the nearest to the source. Its cost is about linear in the values and their places.
type choice struct {
	candidates []*candidate
	covering   map[target][]*candidate
	sharing    map[*Object][]sharing // with --all
	given      map[target]bool       // targets that an edit gives their value
	taken      map[target]bool       // what changes besides
	left       int
	clean      queue // candidates that change nothing else
	shared     queue // with --all: the others
}

// sharing is a value that a candidate affects besides the targets.
type sharing struct {
	by *candidate
	t  target
}

// choose returns the places for targets, and what else they affect.
func (w *world) choose(r Request, targets []target, covered cover) *choice {
	c := &choice{covering: map[target][]*candidate{}, sharing: map[*Object][]sharing{}, given: map[target]bool{}, taken: map[target]bool{}, left: len(targets)}
	byPos := map[spec.Pos]*candidate{}
	for _, t := range targets {
		places := w.sources.places(t.o, t.path)
		if r.Delete {
			places = w.sources.standing(t.o, t.path)
		}
		for rank, e := range places {
			at := e.value.Range.Start
			if byPos[at] == nil {
				byPos[at] = &candidate{entry: e, rank: rank, order: len(c.candidates)}
				c.candidates = append(c.candidates, byPos[at])
			}
			byPos[at].covers = append(byPos[at].covers, t)
			byPos[at].left++
			c.covering[t] = append(c.covering[t], byPos[at])
		}
	}
	w.findOthers(r, byPos, covered)
	for _, p := range c.candidates {
		slices.SortFunc(p.others, func(a, b target) int {
			return cmp.Or(strings.Compare(a.o.Address, b.o.Address), strings.Compare(a.path, b.path))
		})
		if p.alien = len(p.others); p.alien == 0 {
			c.clean.add(p)
		} else if r.All {
			c.shared.add(p)
			for _, t := range p.others {
				c.sharing[t.o] = append(c.sharing[t.o], sharing{p, t})
			}
		}
	}
	return c
}

// findOthers records what each candidate affects besides the chosen values.
func (w *world) findOthers(r Request, byPos map[spec.Pos]*candidate, covered cover) {
	for _, o := range w.objects {
		for path, from := range o.from {
			for _, station := range from.Stations() {
				c := byPos[station.Pos]
				if c == nil || covered.holds(o, path) || !w.changes(r, o, path) {
					continue
				}
				t := target{o, path, true}
				if n := len(c.others); n == 0 || c.others[n-1] != t { // it may be a station twice
					c.others = append(c.others, t)
				}
			}
		}
	}
}

// next selects a place, and returns it with the targets that it covers first; nil if no editable
// place is left.
func (c *choice) next() (best *candidate, first target) {
	if best = c.clean.best(); best == nil {
		best = c.shared.best()
	}
	if best == nil {
		return nil, first
	}
	for _, t := range slices.Backward(best.covers) {
		if !c.given[t] {
			first, c.given[t] = t, true
			c.left--
			for _, p := range c.covering[t] {
				p.left--
			}
		}
	}
	return best, first
}

// take records that the other values of a candidate change too, and returns the new ones.
func (c *choice) take(others []target) (taken []target) {
	for _, t := range others {
		if c.taken[t] {
			continue
		}
		c.taken[t] = true
		taken = append(taken, t)
		own := valuepath.Own(t.path)
		kept := c.sharing[t.o][:0]
		for _, s := range c.sharing[t.o] {
			other := valuepath.Own(s.t.path)
			if !own.Covers(other) && !other.Covers(own) {
				kept = append(kept, s)
				continue
			}
			if s.by.alien--; s.by.alien == 0 {
				c.clean.add(s.by)
			}
		}
		c.sharing[t.o] = kept
	}
	return taken
}

// rest lists the targets that no edit covers, in order.
func (c *choice) rest(targets []target) []target {
	return slices.DeleteFunc(slices.Clone(targets), func(t target) bool { return c.given[t] })
}

// whyNot explains which place is shared with which objects, or that there is none.
func (c *choice) whyNot(left []target) error {
	var best *candidate
	for _, p := range c.covering[left[0]] {
		if best == nil || p.before(best) {
			best = p
		}
	}
	if best == nil {
		return fmt.Errorf("%s of %s is written in no definition that can be edited: it comes from the compiler, a file or the catalogue", left[0].path, left[0].o.Address)
	}
	chosen := map[*Object]bool{}
	for _, t := range left {
		chosen[t.o] = true
	}
	shared := &SharedError{At: best.value.Range.Start, Chosen: best.left}
	for _, t := range best.others {
		name := t.o.Address
		if chosen[t.o] {
			name += "." + t.path
		}
		shared.Others = append(shared.Others, name)
	}
	slices.Sort(shared.Others)
	shared.Others = slices.Compact(shared.Others)
	return shared
}

// before reports whether p is the better choice.
func (p *candidate) before(q *candidate) bool {
	return cmp.Or(cmp.Compare(q.left, p.left), cmp.Compare(p.rank, q.rank), cmp.Compare(p.order, q.order)) < 0
}

// queue has the candidates, best first. The worth of a candidate only shrinks, so it is put back if
// it is worth less when its turn comes.
type queue struct{ list byWorth }

func (q *queue) add(p *candidate) {
	p.at = p.left
	heap.Push(&q.list, p)
}

func (q *queue) best() *candidate {
	for len(q.list) > 0 {
		p := heap.Pop(&q.list).(*candidate)
		if p.left == 0 {
			continue
		}
		if p.left == p.at {
			return p
		}
		q.add(p)
	}
	return nil
}

// byWorth is a heap of candidates.
type byWorth []*candidate

func (h byWorth) Len() int { return len(h) }

func (h byWorth) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[j].at, h[i].at), cmp.Compare(h[i].rank, h[j].rank), cmp.Compare(h[i].order, h[j].order)) < 0
}

func (h byWorth) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is for package heap.
func (h *byWorth) Push(x any) { *h = append(*h, x.(*candidate)) }

// Pop is for package heap.
func (h *byWorth) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
