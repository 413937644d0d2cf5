package diff

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Join makes one plan of the plans of shards. They must speak of the same
// definitions, environment and service. Of an object that several shards speak
// of the first stands; what a shard cannot know of the others' jobs, how many
// live ones are unmanaged, is the same in all.
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
			return nil, fmt.Errorf("plan %d is not of the same run as the first: %w", i+1, err)
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
		return cmp.Or(cmp.Compare(stage(&a), stage(&b)), cmp.Compare(a.Name, b.Name))
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
		return errors.New("its base is another one")
	}
	return nil
}

// stage is when apply comes to a change: templates, jobs, removals.
func stage(c *Change) int {
	switch {
	case c.Verdict == VerdictRemove || c.Verdict == VerdictRemoveEdited:
		return 2
	case c.Kind == KindTemplate:
		return 0
	}
	return 1
}

// joinNeeds lists the secrets that any of the parts takes.
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
