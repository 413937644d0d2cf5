package diff

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Join combines the plans of shards to one plan. They must have the same definitions, environment
// and service. If several shards list an object, the first one counts. The number of unmanaged jobs
// is the same in all shards; of other parts, which may overlap, the largest one counts.
func Join(plans ...*Plan) (*Plan, error) {
	if len(plans) == 0 {
		return nil, errors.New("there is no plan to join")
	}
	first := plans[0]
	out := *first
	out.Changes, out.Refusals = []Change{}, []Refusal{}
	out.Summary = Summary{}
	out.Parts = joinParts(plans)
	out.Partial = len(out.Parts) > 0 && slices.ContainsFunc(plans, func(p *Plan) bool { return p.Partial })
	type object struct {
		kind    Kind
		address string
	}
	seen := map[object]bool{}
	for i, plan := range plans {
		if err := joinable(first, plan); err != nil {
			return nil, fmt.Errorf("plan %d belongs to another run than the first: %w", i+1, err)
		}
		if plan.CreatedAt.Before(out.CreatedAt) {
			out.CreatedAt = plan.CreatedAt // as old as its oldest part
		}
		for _, r := range plan.Refusals {
			if !slices.Contains(out.Refusals, r) {
				out.Refusals = append(out.Refusals, r)
			}
		}
		unlisted := plan.Summary.Unchanged
		for _, c := range plan.Changes {
			if c.Verdict == VerdictUnchanged {
				unlisted--
			}
			if key := (object{c.Kind, c.Address}); !seen[key] {
				seen[key] = true
				out.Changes = append(out.Changes, c)
				out.Summary.count(&c)
			}
		}
		out.Summary.Unchanged += unlisted
		out.Summary.Unmanaged = max(out.Summary.Unmanaged, plan.Summary.Unmanaged)
	}
	slices.SortStableFunc(out.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(stage(&a), stage(&b)), cmp.Compare(place(&a), place(&b)))
	})
	out.Needs = joinNeeds(plans)
	out.PlanID = planID(&out)
	return &out, nil
}

func joinable(a, b *Plan) error {
	switch {
	case a.FormatVersion != b.FormatVersion || a.ToolVersion != b.ToolVersion:
		return fmt.Errorf("it was made by version %.20q, the first by %.20q", b.ToolVersion, a.ToolVersion)
	case a.Environment != b.Environment:
		return fmt.Errorf("its environment is %.40q, the first's %.40q", b.Environment, a.Environment)
	case a.Endpoint != b.Endpoint:
		return fmt.Errorf("its endpoint is %.80q, the first's %.80q", b.Endpoint, a.Endpoint)
	case a.Head != b.Head:
		return fmt.Errorf("its head is %.12q, the first's %.12q", b.Head.Commit, a.Head.Commit)
	case a.Base.Recorded() && b.Base.Recorded():
	case (a.Base == nil) != (b.Base == nil), a.Base != nil && a.Base.Commit != b.Base.Commit:
		return errors.New("it has another base")
	}
	return nil
}

// stage orders changes as apply does: templates, jobs, removals.
func stage(c *Change) int {
	switch {
	case c.Verdict == VerdictRemove || c.Verdict == VerdictRemoveEdited:
		return 2
	case c.Kind == KindTemplate:
		return 0
	}
	return 1
}

// place returns the address by which changes are sorted: notifications stand with their job. A stored
// plan does not hold the definition that Object needs.
func place(c *Change) string {
	if c.Kind == KindNotification {
		return strings.Replace(c.Address, "/notification/", "/job/", 1)
	}
	return c.Address
}

// joinNeeds returns the secrets that any of the parts needs.
func joinNeeds(plans []*Plan) []Need {
	var out []Need
	for _, plan := range plans {
		for _, need := range plan.Needs {
			at := slices.IndexFunc(out, func(n Need) bool { return n.Secret == need.Secret })
			if at < 0 {
				out = append(out, Need{Secret: need.Secret, Addresses: slices.Clone(need.Addresses), Missing: need.Missing})
				continue
			}
			for _, address := range need.Addresses {
				if !slices.Contains(out[at].Addresses, address) {
					out[at].Addresses = append(out[at].Addresses, address)
				}
			}
			out[at].Missing = out[at].Missing || need.Missing
		}
	}
	slices.SortFunc(out, func(a, b Need) int { return cmp.Compare(a.Secret, b.Secret) })
	return out
}

// Part is the requested part of the definitions; its fields are the flags of those names. Each
// narrows the others.
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

// joinParts returns the part that the joined plans cover: nil for everything. A complete set of
// shards counts as the part that was divided.
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

// complete reports whether parts has all the shards to which part belongs.
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
