package diff

import (
	"cmp"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// none is the index of an item without a partner.
const none = -1

// maxCandidates bounds how many pairs of items are compared. Beyond it, items with equal names are
// paired in order.
const maxCandidates = 4_000

// similarEnough is the least similarity at which two items with different names
// count as one item that was renamed.
const similarEnough = 0.5

// alignment pairs the items of two lists: partner[i] is the index in have of
// want's i-th item, or none.
type alignment struct {
	partner []int
	used    []bool // which of have's items have a partner
}

func newAlignment(have, want int) *alignment {
	a := &alignment{partner: make([]int, want), used: make([]bool, have)}
	for i := range a.partner {
		a.partner[i] = none
	}
	return a
}

func (a *alignment) pair(have, want int) {
	a.partner[want] = have
	a.used[have] = true
}

// candidate is a possible pair.
type candidate struct {
	have, want int
	score      float64
	distance   int // of their ranks among the items of the key, as others may come or go before them
}

// match pairs unpaired items that have the same key, the most similar first.
// Items with an empty key, and pairs less similar than least, stay unpaired.
func (a *alignment) match(have, want []string, least float64, similarity func(have, want int) float64) {
	free := map[string][]int{}
	for h, key := range have {
		if !a.used[h] && key != "" {
			free[key] = append(free[key], h)
		}
	}
	var candidates []candidate
	weighed, rank := 0, map[string]int{}
	for w, key := range want {
		if a.partner[w] != none || key == "" {
			continue
		}
		if weighed += len(free[key]); weighed > maxCandidates {
			a.matchInOrder(free, want)
			return
		}
		for i, h := range free[key] {
			score := 1.0
			if len(free[key]) > 1 || least > 0 {
				score = similarity(h, w)
			}
			if score >= least {
				candidates = append(candidates, candidate{h, w, score, max(i-rank[key], rank[key]-i)})
			}
		}
		rank[key]++
	}
	slices.SortFunc(candidates, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(y.score, x.score),
			cmp.Compare(x.distance, y.distance), cmp.Compare(x.want, y.want), cmp.Compare(x.have, y.have))
	})
	for _, c := range candidates {
		if !a.used[c.have] && a.partner[c.want] == none {
			a.pair(c.have, c.want)
		}
	}
}

func (a *alignment) matchInOrder(free map[string][]int, want []string) {
	for w, key := range want {
		if a.partner[w] == none && len(free[key]) > 0 {
			a.pair(free[key][0], w)
			free[key] = free[key][1:]
		}
	}
}

// alignSteps pairs steps by module and name, then by module where the content
// is similar (a renamed step), then by name (a step that changed its module).
// Both sides are canonical.
func alignSteps(have, want []*jsontree.Value) *alignment {
	a := newAlignment(len(have), len(want))
	similarity := func(h, w int) float64 { return similarProperties(have[h], want[w]) }
	identity := func(step *jsontree.Value) string {
		return step.Str(wire.KeyModuleID) + "\x00" + step.Str(wire.KeyName)
	}
	module := func(step *jsontree.Value) string { return step.Str(wire.KeyModuleID) }
	name := func(step *jsontree.Value) string { return step.Str(wire.KeyName) }
	a.match(keys(have, identity), keys(want, identity), 0, similarity)
	a.match(keys(have, module), keys(want, module), similarEnough, similarity)
	a.match(keys(have, name), keys(want, name), 0, similarity)
	return a
}

// alignScms pairs code sources by their address, then in order.
func alignScms(have, want []*jsontree.Value) *alignment {
	a := newAlignment(len(have), len(want))
	equal := func(h, w int) float64 { return sameness(have[h], want[w]) }
	url := func(scm *jsontree.Value) string { return scm.Str(wire.KeyURL) }
	any := func(*jsontree.Value) string { return "scm" }
	a.match(keys(have, url), keys(want, url), 0, equal)
	a.matchInOrder(a.free(len(have), "scm"), keys(want, any))
	return a
}

// alignTriggers pairs triggers of the same kind: first those where have contains everything that
// want declares, since the service may add members, then the most similar.
func alignTriggers(have, want []*jsontree.Value) *alignment {
	a := newAlignment(len(have), len(want))
	kind := func(v *jsontree.Value) string { return "kind " + v.Str(wire.KeyName) }
	equal := func(h, w int) float64 { return sameness(have[h], want[w]) }
	a.match(keys(have, kind), keys(want, kind), 1, equal)
	a.match(keys(have, kind), keys(want, kind), 0, equal)
	return a
}

// alignParameters pairs parameters by name, and equal names in order. Parameters without a name are
// paired by equal content, then by position, so that none is added twice.
func alignParameters(have, want []*jsontree.Value) *alignment {
	a := newAlignment(len(have), len(want))
	equal := func(h, w int) float64 { return sameness(have[h], want[w]) }
	nameless := func(v *jsontree.Value) string {
		if paramName(v) != "" {
			return ""
		}
		return "nameless"
	}
	a.match(keys(have, paramName), keys(want, paramName), 0, equal)
	a.match(keys(have, nameless), keys(want, nameless), 1, equal)
	a.match(keys(have, nameless), keys(want, nameless), 0, equal)
	return a
}

// free lists the unpaired items of have under one key.
func (a *alignment) free(have int, key string) map[string][]int {
	var items []int
	for h := range have {
		if !a.used[h] {
			items = append(items, h)
		}
	}
	return map[string][]int{key: items}
}

func keys(items []*jsontree.Value, key func(*jsontree.Value) string) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = key(item)
	}
	return out
}

// sameness returns from 0 to 1 how much of what want declares is in have.
// Members that only have holds do not count, so items that differ only in those
// keep their order.
func sameness(have, want *jsontree.Value) float64 {
	switch {
	case jsontree.Equal(have, want):
		return 1
	case have.Kind() != want.Kind() || want.Len() == 0:
		return 0
	case want.Kind() == jsontree.KindObject:
		sum := 0.0
		for _, m := range want.Members() {
			sum += sameness(have.Get(m.Key), m.Value)
		}
		return sum / float64(want.Len())
	case want.Kind() == jsontree.KindArray:
		named := map[string]*jsontree.Value{}
		for _, item := range have.Items() {
			named[item.Str(wire.KeyName)] = item
		}
		sum := 0.0
		for _, item := range want.Items() {
			sum += sameness(named[item.Str(wire.KeyName)], item)
		}
		return sum / float64(want.Len())
	}
	return 0
}

// similarProperties returns from 0 to 1 how many of the properties of want are
// in have. Properties that only have holds do not count, because the server
// adds some.
func similarProperties(have, want *jsontree.Value) float64 {
	declared := want.Get(wire.KeyProperties).Members()
	if len(declared) == 0 {
		if have.Get(wire.KeyProperties).Len() == 0 {
			return 1
		}
		return 0
	}
	sum := 0.0
	for _, m := range declared {
		other := have.Get(wire.KeyProperties).Get(m.Key)
		switch {
		case jsontree.Equal(m.Value, other):
			sum++
		case other.Kind() == jsontree.KindString && m.Value.Kind() == jsontree.KindString:
			sum += similarText(other.Text(), m.Value.Text())
		}
	}
	return sum / float64(len(declared))
}

// maxSimilarText is the length in bytes up to which texts are compared line by
// line. Finding out whether a step was renamed is not worth more time.
const maxSimilarText = 64 << 10

// similarText returns the share of lines that two texts have in common.
func similarText(a, b string) float64 {
	if len(a) > maxSimilarText || len(b) > maxSimilarText {
		return 0
	}
	linesA, linesB := strings.Split(a, "\n"), strings.Split(b, "\n")
	count := make(map[string]int, len(linesA))
	for _, line := range linesA {
		count[line]++
	}
	common := 0
	for _, line := range linesB {
		if count[line] > 0 {
			count[line]--
			common++
		}
	}
	return float64(common) / float64(max(len(linesA), len(linesB)))
}

// correspondence records which items of one list are the same item on all sides. The overlay
// computes it once, so that the desired body, the comparison and the plan agree. An index is none
// if a side lacks the item.
type correspondence struct {
	live     []int // of each desired item, the live one
	base     []int // of each desired item, the base's
	declared []int // of each declared item, the desired one
	baseLive []int // of each item of the base, the live one
}

// correspondences are the correspondences of all lists of a body.
type correspondences map[string]*correspondence

// matchThree pairs the items of three canonical lists. Live and base are each
// paired with want by what want declares, so members that the service adds to
// live items do not matter. Items that want lacks are paired between base and
// live. It returns for each item of want its partners in live and base, and for
// each item of base its partner in live.
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

// itself returns the correspondence of a list that is kept unchanged.
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
