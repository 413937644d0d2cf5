package diff

import "github.com/buildsync/buildsync/pkg/jsontree"

// relateBase names base's items as their partners in want are named, and those
// that want has not as their partners in have are named: what both the base and
// the live state have and the definitions have not any more is one item.
func relateBase(base, have, want *jsontree.Value, havePaths, wantPaths *itemPaths) *itemPaths {
	p := &itemPaths{paths: map[string][]string{}, whole: map[string][]bool{}}
	for _, list := range listMembers {
		items := base.Get(list).Items()
		p.follow(list, items, want.Get(list).Items(), wantPaths)
		a := align(list, items, want.Get(list).Items())
		var restBase, restHave []*jsontree.Value
		var baseIndex, haveIndex []int
		for i, item := range items {
			if !a.used[i] {
				restBase, baseIndex = append(restBase, item), append(baseIndex, i)
			}
		}
		for i, item := range have.Get(list).Items() {
			if havePaths.whole[list][i] {
				restHave, haveIndex = append(restHave, item), append(haveIndex, i)
			}
		}
		for w, h := range align(list, restBase, restHave).partner {
			if h != none {
				p.paths[list][baseIndex[h]] = havePaths.paths[list][haveIndex[w]]
			}
		}
	}
	return p
}
