package format

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// sorted returns the order of a mapping's entries, by index: the schema's, keys
// that it does not list after those that it does, a merge key first and a file's
// x- keys after its version.
func (s *shape) sorted(n *spec.Written) []int {
	order := make([]int, len(n.Items)/2)
	for i := range order {
		order[i] = i
	}
	keys := s.keys()
	if len(keys) == 0 {
		return order
	}
	rank := make([]int, len(order))
	for i := range order {
		name := n.Items[2*i].Text
		switch at := slices.Index(keys, name); {
		case name == "<<":
			rank[i] = -1
		case at < 0 && keys[0] == "version" && strings.HasPrefix(name, "x-"):
			rank[i] = 1 // after the version, before what uses its anchors
		case at < 0:
			rank[i] = 2 * len(keys)
		default:
			rank[i] = 2 * at
		}
	}
	sorted := slices.Clone(order)
	slices.SortStableFunc(sorted, func(a, b int) int { return rank[a] - rank[b] })
	if !keepsAnchors(n, sorted) {
		return order
	}
	return sorted
}

// sort puts the entries of a block mapping into order.
func (s *shape) sort(n *spec.Written, parts []part) []part {
	sorted := make([]part, 0, len(parts))
	for _, i := range s.sorted(n) {
		sorted = append(sorted, parts[i])
	}
	return sorted
}

// keepsAnchors reports whether the entries that hold anchors or aliases stay in
// their order: an alias means the last anchor of its name before it.
func keepsAnchors(n *spec.Written, sorted []int) bool {
	last := -1
	for _, i := range sorted {
		if !anchored(n.Items[2*i]) && !anchored(n.Items[2*i+1]) {
			continue
		}
		if i < last {
			return false
		}
		last = i
	}
	return true
}

// anchored reports whether an anchor or an alias is in a value.
func anchored(n *spec.Written) bool {
	return n.Alias || n.Start != n.Value || slices.ContainsFunc(n.Items, anchored)
}
