package workspace

import (
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Settling computes the record of each object after a run.
type Settling struct {
	Commit  string
	Head    *compile.Result
	Base    *record.Base
	Before  *record.Record // nil: there was none
	Settled map[string]apply.Settlement
	Scope   apply.Scope
	Policy  spec.Policy
	adopt   bool
	Given   *Revision // the base that the plan compared with; nil: none

	Declared map[string]*compile.Job // of head; nil for a template or a removal
	next     map[string]string       // from former to present addresses of jobs
	shared   map[string]bool         // the addresses of head's templates
}

// States returns the state of every object that head or the record's commits declare.
func (s *Settling) States() map[string]record.State {
	s.Declared = addressesOf(s.Head)
	s.next = successors(s.Head, s.Base.Result)
	s.shared = templatesOf(s.Head)
	inScope, touched := s.parts()
	out := map[string]record.State{}
	add := func(address string) {
		if _, known := out[address]; !known {
			out[address] = s.state(address, inScope[address], touched[address])
		}
	}
	for address := range s.Declared {
		add(address)
	}
	for _, address := range s.Base.Addresses() {
		add(address)
	}
	for _, address := range s.Before.Listed() {
		add(address)
	}
	return out
}

// successors maps the former addresses of head's jobs to the present ones, by names and pinned ids.
func successors(head, base *compile.Result) map[string]string {
	out, pinned := map[string]string{}, map[string]string{}
	for _, job := range head.Jobs {
		for _, old := range job.RenamedFrom {
			out[compile.JobAddress(job.Project, old)] = job.Address
		}
		if job.ID != "" {
			pinned[job.ID] = job.Address
		}
	}
	for _, job := range base.Jobs {
		if address := pinned[job.ID]; job.ID != "" && address != "" && address != job.Address {
			out[job.Address] = address
		}
	}
	return out
}

// parts returns the objects in the run's scope, and those of them that differ from the record,
// which --changed has looked at.
func (s *Settling) parts() (inScope, touched map[string]bool) {
	all := s.Scope
	all.Changed = false
	inScope = addressesIn(all.Narrow(s.Head, s.Base.Result))
	gone := &compile.Result{} // tried by a run, and no longer declared
	for address, jobs := range s.Base.Tried() {
		if !inScope[address] && s.Declared[address] == nil {
			gone.Jobs = append(gone.Jobs, jobs[len(jobs)-1])
		}
	}
	_, within := all.Narrow(s.Head, gone)
	for address := range addressesIn(within) {
		inScope[address] = true
	}
	if !s.Scope.Changed {
		return inScope, inScope
	}
	changed := s.Scope
	changed.Policies = func(address string) (head, base spec.Policy) {
		base, _ = s.Base.Policy(address)
		return s.Policy, base
	}
	return inScope, addressesIn(changed.Narrow(s.Head, s.Base.Result))
}

func addressesIn(results ...*compile.Result) map[string]bool {
	out := map[string]bool{}
	for _, r := range results {
		if r == nil {
			continue
		}
		for address := range addressesOf(r) {
			out[address] = true
		}
	}
	return out
}

func addressesOf(r *compile.Result) map[string]*compile.Job {
	out := map[string]*compile.Job{}
	for _, removal := range r.Removals {
		out[removal.Address] = nil
	}
	for _, template := range r.Templates {
		out[template.Address] = nil
	}
	for _, job := range r.Jobs {
		out[job.Address] = job
	}
	return out
}

func templatesOf(r *compile.Result) map[string]bool {
	out := map[string]bool{}
	for _, template := range r.Templates {
		out[template.Address] = true
	}
	return out
}

// state returns the state of one object after the run.
func (s *Settling) state(address string, inScope, touched bool) record.State {
	was := s.Before.Of(address)
	got, listed := s.Settled[address]
	if next := s.next[address]; !listed && next != "" {
		// The job has another name now, and its result is stored there.
		if renamed, planned := s.Settled[next]; planned && !renamed.Done {
			return was
		}
	}
	if !listed {
		if !inScope || s.unseen(address) {
			return was
		}
		if touched && s.Scope.Changed && s.Given != nil && s.Given.Result != s.Base.Result {
			return was // what --changed looked at was chosen by another base
		}
		got.Done = true                  // the plan had nothing to do for it
		if s.Scope.Changed && !touched { // --changed did not look at it
			got.Spelled, got.Rewritten = was.Spelled, was.Rewritten
		}
	}
	switch {
	case got.Done:
		return record.State{Commit: s.Commit, Found: s.found(address, was, got), Unproven: unproven(was, got), Spelled: got.Spelled, Rewritten: got.Rewritten}
	case got.Open:
		was.Tried = record.With(was.Tried, s.Commit)
	}
	was.Unproven = unproven(was, got)
	return was
}

// unproven reports whether an object still needs a smoke build.
func unproven(was record.State, got apply.Settlement) bool {
	if got.Smoked != nil {
		return !got.Smoked.Succeeded()
	}
	return was.Unproven
}

// found reports whether an object was found in step, and neither written from here nor adopted.
func (s *Settling) found(address string, was record.State, got apply.Settlement) bool {
	job := s.Declared[address]
	switch {
	case got.Wrote || s.adopt, job == nil && !s.shared[address], job != nil && job.Adopt:
		return false
	case was.Commit != "":
		return was.Found
	case len(was.Tried) > 0:
		return false
	}
	if s.Given != nil && s.Given.Result != s.Base.Result { // a base that the user named declares it
		for _, declared := range s.Given.Result.Jobs {
			if declared.Address == address {
				return false
			}
		}
		return !templatesOf(s.Given.Result)[address]
	}
	return true
}

// unseen reports whether the policy ignores an object: then its state is unknown.
func (s *Settling) unseen(address string) bool {
	job := s.Declared[address]
	return job != nil && diff.IgnoresJob(s.Policy, job.Name)
}

// Declares reports whether a commit declares an object.
func (s *Settling) Declares(commit, address string) bool {
	if commit == s.Commit {
		_, declared := s.Declared[address]
		return declared
	}
	return s.Base.Declares(commit, address)
}
