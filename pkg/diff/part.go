package diff

import (
	"slices"
	"strconv"
	"strings"
)

// Part is what of the definitions a plan was asked for, by the flags of those
// names. Each narrows the others.
type Part struct {
	Only     []string `json:"only,omitempty"`     // globs over names
	Projects []string `json:"projects,omitempty"` // aliases or ids
	Changed  bool     `json:"changed,omitempty"`  // only what differs between base and head
	Shard    string   `json:"shard,omitempty"`    // "3/8"
	Labels   []string `json:"labels,omitempty"`   // conditions on labels, all of which hold
}

// Equal reports whether p and q ask for the same.
func (p Part) Equal(q Part) bool {
	return slices.Equal(p.Only, q.Only) && slices.Equal(p.Projects, q.Projects) && p.Changed == q.Changed && p.Shard == q.Shard &&
		slices.Equal(p.Labels, q.Labels)
}

// shard returns p's index, from 1, and the count; zeros where it has none.
func (p Part) shard() (index, count int) {
	i, n, _ := strings.Cut(p.Shard, "/")
	index, errIndex := strconv.Atoi(i)
	count, errCount := strconv.Atoi(n)
	if errIndex != nil || errCount != nil || index < 1 || index > count {
		return 0, 0
	}
	return index, count
}

// joinParts is what joined plans are about together: nil where that is
// everything. Shards that are all there make up what they divided.
func joinParts(plans []*Plan) []Part {
	var all []Part
	for _, plan := range plans {
		if len(plan.Parts) == 0 {
			return nil
		}
		for _, part := range plan.Parts {
			if !slices.ContainsFunc(all, part.Equal) {
				all = append(all, part)
			}
		}
	}
	var out []Part
	for _, part := range all {
		whole := part
		whole.Shard = ""
		if !complete(all, part) {
			whole = part
		}
		if whole.Equal(Part{}) {
			return nil
		}
		if !slices.ContainsFunc(out, whole.Equal) {
			out = append(out, whole)
		}
	}
	return out
}

// complete tells whether parts hold every shard of what part is one of.
func complete(parts []Part, part Part) bool {
	_, count := part.shard()
	if count == 0 || count > len(parts) {
		return false
	}
	for i := range count {
		sibling := part
		sibling.Shard = strconv.Itoa(i+1) + "/" + strconv.Itoa(count)
		if !slices.ContainsFunc(parts, sibling.Equal) {
			return false
		}
	}
	return true
}
