package valuepath

import (
	"iter"
	"math/bits"
)

// State is how far a walk through a body has matched a path, in each of its spellings: bit i is set
// if i segments have matched. With it a walk skips what a path cannot reach.
type State struct{ as, body uint64 }

// maxSegments is the limit of Start.
const maxSegments = 60

// Start returns the state at the root of a body. ok is false if p has more than maxSegments
// segments.
func (p Path) Start() (s State, ok bool) {
	if len(p.as) > maxSegments || len(p.body) > maxSegments {
		return State{}, false
	}
	s.as = skipDeep(p.as, 1)
	if p.body != nil {
		s.body = skipDeep(p.body, 1)
	}
	return s, true
}

// Alive reports whether something below may match.
func (s State) Alive() bool { return s.as|s.body != 0 }

// Matched reports whether p matches the value at s.
func (p Path) Matched(s State) bool {
	return s.as>>len(p.as)&1 == 1 || p.body != nil && s.body>>len(p.body)&1 == 1
}

// First returns the name that p begins with, in the API's words; ok is false if p does not begin
// with a plain name.
func (p Path) First() (name string, ok bool) {
	first := p.segments()[0]
	if first.kind != named || hasStar(first.name) {
		return "", false
	}
	return first.name, true
}

func hasStar(name string) bool {
	for i := range len(name) {
		if name[i] == '*' {
			return true
		}
	}
	return false
}

// Name returns the state at the nth member or item called name.
func (p Path) Name(s State, name string, nth int) State {
	return p.step(s, &segment{kind: named, name: name, nth: nth})
}

// Index returns the state at the i-th item of a list.
func (p Path) Index(s State, i int) State { return p.step(s, &segment{kind: indexed, index: i}) }

// Onward returns the names of the only members that may continue a match at s: one for each
// spelling, "" for none. ok is false if an index, a pattern or the second of a name may continue it
// as well.
func (p Path) Onward(s State) (names [2]string, ok bool) {
	if names[0], ok = onward(p.as, s.as); !ok {
		return names, false
	}
	if names[1], ok = onward(p.body, s.body); names[1] == names[0] {
		names[1] = ""
	}
	return names, ok
}

func onward(pattern []segment, from uint64) (name string, ok bool) {
	for i := range bitsOf(from, len(pattern)) {
		s := &pattern[i]
		if name != "" || s.kind != named || s.nth > 1 || s.name == "" || hasStar(s.name) {
			return "", false
		}
		name = s.name
	}
	return name, true
}

// bitsOf lists the bits of s that are set, below n.
func bitsOf(s uint64, n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; s != 0; s &= s - 1 {
			if i := bits.TrailingZeros64(s); i >= n || !yield(i) {
				return
			}
		}
	}
}

func (p Path) step(s State, have *segment) State {
	return State{advance(p.as, s.as, have), advance(p.body, s.body, have)}
}

// advance matches one segment of a body against a pattern.
func advance(pattern []segment, from uint64, have *segment) (to uint64) {
	for i := range bitsOf(from, len(pattern)) {
		switch s := &pattern[i]; {
		case s.kind == deep:
			to |= 1 << i
		case s.matches(have):
			to |= 1 << (i + 1)
		}
	}
	return skipDeep(pattern, to)
}

// skipDeep adds the states after a ** that matches no segment.
func skipDeep(pattern []segment, s uint64) uint64 {
	for i := range pattern {
		if s>>i == 0 {
			break
		}
		if s>>i&1 == 1 && pattern[i].kind == deep {
			s |= 1 << (i + 1)
		}
	}
	return s
}

// LastItem returns how many segments of p, in the API's words, lead to the last item that p leaves
// open; 0 if p matches only one value. A path that ends with such an item leaves only the item
// itself open.
func (p Path) LastItem() int {
	segments := p.segments()
	for i := len(segments) - 1; i >= 0; i-- {
		if s := segments[i]; s.kind == anyone || s.kind == deep || s.kind == named && hasStar(s.name) {
			return i + 1
		}
	}
	return 0
}

// Head returns the path of the first n segments of p, in the API's words.
func (p Path) Head(n int) Path { return Path{as: p.segments()[:n]} }
