package apply

import "github.com/buildsync/buildsync/pkg/diff"

// Settlement is the result of a run for one object: its job or template,
// including the job's notifications.
type Settlement struct {
	Done   bool   // verified as wanted, or stored by the service in another form
	Wrote  bool   // something of it was written
	Open   bool   // partly written, or possibly
	Smoked *Build // its smoke build; nil: none was run

	// Spelled means that the service stores what was sent in another form.
	Spelled bool
	// Rewritten has the paths of fields that the service stored with another meaning than sent.
	Rewritten []string
}

// Settlements returns the result for each object that the plan lists, by address. An object that
// the plan neither lists nor refuses was in step.
func Settlements(plan *diff.Plan, report *Report) map[string]Settlement {
	out := map[string]Settlement{}
	next := 0
	for i := range plan.Changes {
		change := &plan.Changes[i]
		address := change.Object()
		s, known := out[address]
		if !known {
			s.Done = true
		}
		if len(change.Actions) == 0 {
			s.Done = s.Done && change.InStep()
		}
		for range change.Actions {
			result := &report.Results[next]
			next++
			s.Done = s.Done && (result.Outcome.Done() || result.Stored)
			s.Spelled = s.Spelled || result.Spelled
			s.Rewritten = append(s.Rewritten, result.Rewritten...)
			s.Wrote = s.Wrote || result.Outcome.wrote()
			s.Open = s.Open || result.Outcome.wrote() || result.Outcome == Unknown
			if result.Build != nil {
				s.Smoked = result.Build
			}
		}
		out[address] = s
	}
	for i := range report.Results[next:] { // builds of jobs that were not written
		result := &report.Results[next+i]
		s := out[result.Address]
		s.Smoked = result.Build
		out[result.Address] = s
	}
	for _, refusal := range plan.Refusals {
		if refusal.Address != "" {
			s := out[refusal.Address]
			s.Done = false
			out[refusal.Address] = s
		}
	}
	for address, s := range out {
		s.Open = s.Open && !s.Done
		out[address] = s
	}
	return out
}

// Succeeded reports whether the build succeeded.
func (b *Build) Succeeded() bool { return b.Result == buildSucceeded }
