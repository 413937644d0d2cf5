package diff

// DriftOnly is the plan that asks one question: did someone edit what we
// declare? Of p it keeps the fields that were edited outside, conflicts among
// them, and the objects that were deleted outside, and drops all else.
// Refusals stay where they say that something could not be known.
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

// standing is 1 for a declared object that is live.
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

// DriftExitCode is the exit status of buildsync drift: 2 where something was
// edited, that of what could not be known, else 0.
func (p *Plan) DriftExitCode() int {
	if code := p.ExitCode(); code != exitOK {
		return code
	}
	if p.Drifted() {
		return exitDifferences
	}
	return exitOK
}
