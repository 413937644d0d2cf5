package diff

import "github.com/buildsync/buildsync/pkg/jsontree"

// correspondence says which items of one list are one item on all sides. It is
// computed once, by the overlay, so that what is built, what is compared and
// what is shown cannot disagree. An index is none where a side has no such
// item.
type correspondence struct {
	live     []int // of each desired item, the live one
	base     []int // of each desired item, the base's
	declared []int // of each declared item, the desired one
	baseLive []int // of each item of the base, the live one
}

// correspondences are those of a body, by list.
type correspondences map[string]*correspondence

// matchThree pairs the items of three lists, which are canonical. Live and base
// are each paired with want, by what want declares, so that what the service
// adds to live items has no say; what want has not is paired between base and
// live. It returns, for each item of want, its partners in live and base, and
// for each item of base its partner in live.
//
// The partner in base must not depend on live: an apply changes live, and the
// plan after it must find the same partners.
func matchThree(list string, live, want, base []*jsontree.Value) (toLive, toBase, baseLive []int) {
	toLive, toBase = align(list, live, want).partner, align(list, base, want).partner
	baseLive = make([]int, len(base))
	for b := range baseLive {
		baseLive[b] = none
	}
	wantedLive, wantedBase := make([]bool, len(live)), make([]bool, len(base))
	for w, h := range toLive {
		b := toBase[w]
		if h != none {
			wantedLive[h] = true
		}
		if b != none {
			wantedBase[b], baseLive[b] = true, h
		}
	}
	restLive, liveIndex := unmarked(live, wantedLive)
	restBase, baseIndex := unmarked(base, wantedBase)
	for b, h := range align(list, restLive, restBase).partner {
		if h != none {
			baseLive[baseIndex[b]] = liveIndex[h]
		}
	}
	return toLive, toBase, baseLive
}

// unmarked returns the items that are not marked, and their indexes.
func unmarked(items []*jsontree.Value, marked []bool) (rest []*jsontree.Value, index []int) {
	for i, item := range items {
		if !marked[i] {
			rest, index = append(rest, item), append(index, i)
		}
	}
	return rest, index
}

// itself is the correspondence of a list that is carried over as it is.
func itself(list string, live, base []*jsontree.Value) *correspondence {
	c := &correspondence{live: make([]int, len(live)), base: make([]int, len(live)), baseLive: align(list, live, base).partner}
	for i := range live {
		c.live[i], c.base[i] = i, none
	}
	for b, h := range c.baseLive {
		if h != none {
			c.base[h] = b
		}
	}
	return c
}
