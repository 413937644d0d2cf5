package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Refusal is a policy that jobs break, in the form of a plan.
type Refusal struct {
	Policy  *Policy
	Jobs    []string
	Message string
}

// Verdict is the result of the policies for the jobs of a plan.
type Verdict struct {
	Refusals []Refusal // of policies with severity error, in the order of the policies
	Milder   int       // findings of the others
	Jobs     int       // that have milder findings
}

// Refuse judges compiled jobs, packed ones too. today is as in NewRun.
func (s *Set) Refuse(jobs []*compile.Job, today string) Verdict {
	var v Verdict
	if len(s.Policies) == 0 {
		return v
	}
	run := s.NewRun(today)
	broken := map[*Policy]*refusing{}
	for _, job := range jobs {
		milder := 0
		for _, b := range run.Judge(s.OfJob(job)) {
			if b.Policy.Severity < spec.Error {
				milder++
				continue
			}
			if broken[b.Policy] == nil {
				broken[b.Policy] = &refusing{}
			}
			broken[b.Policy].add(b)
		}
		v.Milder += milder
		v.Jobs += min(milder, 1)
	}
	for _, p := range s.Policies {
		if r := broken[p]; r != nil {
			v.Refusals = append(v.Refusals, Refusal{p, r.jobs, r.message(p)})
		}
	}
	return v
}

// refusing gathers what one policy refuses.
type refusing struct {
	jobs   []string
	places []*refusedPlace
	more   bool // places that are not told
}

// refusedPlace is one place with the jobs whose refused value comes from it.
type refusedPlace struct {
	at      spec.Pos
	message string // of the first
	jobs    []string
}

// mostRefused is how many places a refusal lists.
const mostRefused = 5

func (r *refusing) add(b Breach) {
	if n := len(r.jobs); n == 0 || r.jobs[n-1] != b.Job.Address {
		r.jobs = append(r.jobs, b.Job.Address)
	}
	from, _ := b.Job.place(b.Path)
	at := slices.IndexFunc(r.places, func(p *refusedPlace) bool { return p.at == from.Pos })
	switch {
	case at < 0 && len(r.places) == mostRefused:
		r.more = true
		return
	case at < 0:
		at = len(r.places)
		r.places = append(r.places, &refusedPlace{at: from.Pos, message: b.Message})
	}
	p := r.places[at]
	if n := len(p.jobs); n == 0 || p.jobs[n-1] != b.Job.Address {
		p.jobs = append(p.jobs, b.Job.Address)
	}
}

func (r *refusing) message(p *Policy) string {
	var parts []string
	for _, place := range r.places {
		parts = append(parts, fmt.Sprintf("%s (%s): %s", sanitize.Line(sanitize.Some(place.jobs, 3), 400), place.at, place.message))
	}
	text := fmt.Sprintf("%s the policy %s of %s: %s", breaking(len(r.jobs)), quoted(p.Name), p.At.Start, strings.Join(parts, "; "))
	if r.more {
		text += "; " + string(remedy.ListBreaches)
	}
	if p.Help != "" {
		text += "; what to do: " + p.Help
	}
	return text
}

// breaking begins the sentence about n jobs that break a policy.
func breaking(n int) string {
	if n == 1 {
		return "1 job breaks"
	}
	return fmt.Sprintf("%d jobs break", n)
}
