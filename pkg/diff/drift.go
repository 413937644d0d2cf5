package diff

// DriftOnly returns the part of p that answers one question: did someone edit
// what we declare? It keeps fields that were edited outside, conflicts
// included, objects that were deleted outside, and objects with a field for
// which there is no answer. It keeps the refusals that say that something
// could not be read.
func DriftOnly(p *Plan) *Plan {
	out := *p
	out.Changes, out.Refusals = []Change{}, []Refusal{}
	out.Summary = Summary{Unchanged: p.Summary.Unchanged, Unmanaged: p.Summary.Unmanaged}
	for _, c := range p.Changes {
		if c.Verdict == VerdictUnchanged {
			out.Summary.Unchanged--
		}
		kept := c
		kept.Actions = []Action{}
		kept.Fields = []Field{}
		for _, f := range c.Fields {
			if f.Verdict == VerdictDrift || f.Verdict == VerdictConflict || f.Verdict == VerdictRemoveEdited {
				kept.Fields = append(kept.Fields, f)
			}
		}
		deleted := c.Verdict == VerdictDrift && len(c.Fields) == 0
		if len(kept.Fields) == 0 && !deleted && c.Verdict != VerdictUnknown {
			out.Summary.Unchanged += standing(&c)
			if c.unclear { // its note says what this question has no answer for
				out.Changes = append(out.Changes, kept)
			}
			continue
		}
		out.Changes = append(out.Changes, kept)
		out.Summary.count(&kept)
	}
	for _, r := range p.Refusals {
		switch r.Rule {
		case RuleListingIncomplete, RuleListingUnread, RuleListingEmpty, RuleUnreadable, RuleDuplicateLive, RuleDuplicateTemplate, RulePinnedIDMissing:
			out.Refusals = append(out.Refusals, r)
		}
	}
	out.Needs, out.Question = nil, QuestionDrift
	out.PlanID = planID(&out)
	return &out
}

// standing returns 1 for a declared object that is live, else 0.
func standing(c *Change) int {
	if c.ID != nil && c.Kind != KindNotification && stage(c) < 2 {
		return 1
	}
	return 0
}

// Drifted reports whether anything that the definitions declare was edited
// outside.
func (p *Plan) Drifted() bool {
	for i := range p.Changes {
		c := &p.Changes[i]
		if driftCount(c) > 0 || c.Verdict == VerdictConflict || c.Verdict == VerdictRemoveEdited {
			return true
		}
	}
	return false
}
