package main

import (
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/spec"
)

// settling works out what the record says of each object after a run.
type settling struct {
	commit  string
	head    *compile.Result
	base    *record.Base
	before  *record.Record // nil: there was none
	settled map[string]apply.Settlement
	scope   apply.Scope
	policy  spec.Policy
	adopt   bool
	given   *revision // the base that the plan compared with; nil: none

	declared map[string]*compile.Job // of head; nil for a template or a removal
	next     map[string]string       // from addresses that jobs had to those that they have
}

// states returns the state of every object that head or the record's commits
// declare.
func (s *settling) states() map[string]record.State {
	s.declared = addressesOf(s.head)
	s.next = successors(s.head, s.base.Result)
	inScope, touched := s.parts()
	out := map[string]record.State{}
	add := func(address string) {
		if _, known := out[address]; !known {
			out[address] = s.state(address, inScope[address], touched[address])
		}
	}
	for address := range s.declared {
		add(address)
	}
	for _, address := range s.base.Addresses() {
		add(address)
	}
	for _, address := range s.before.Listed() {
		add(address)
	}
	return out
}

// successors returns the addresses that jobs of head had before, by their names
// or by the ids that they are pinned to.
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

// parts returns what the run's scope holds, and what of it differs from the
// record, so that --changed looked at it.
func (s *settling) parts() (inScope, touched map[string]bool) {
	all := s.scope
	all.Changed = false
	inScope = addressesIn(all.Narrow(s.head, s.base.Result))
	gone := &compile.Result{} // what a run tried to write, and nothing declares any more
	for address, jobs := range s.base.Tried() {
		if !inScope[address] && s.declared[address] == nil {
			gone.Jobs = append(gone.Jobs, jobs[len(jobs)-1])
		}
	}
	_, within := all.Narrow(s.head, gone)
	for address := range addressesIn(within) {
		inScope[address] = true
	}
	if !s.scope.Changed {
		return inScope, inScope
	}
	changed := s.scope
	changed.Policies = func(address string) (head, base spec.Policy) {
		base, _ = s.base.Policy(address)
		return s.policy, base
	}
	return inScope, addressesIn(changed.Narrow(s.head, s.base.Result))
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

// state returns what is known of one object after the run.
func (s *settling) state(address string, inScope, touched bool) record.State {
	was := s.before.Of(address)
	got, listed := s.settled[address]
	if next := s.next[address]; !listed && next != "" {
		// The job lives on under another name, and what became of it stands there.
		if renamed, planned := s.settled[next]; planned && !renamed.Done {
			return was
		}
	}
	if !listed {
		if !inScope || s.unseen(address) {
			return was
		}
		if touched && s.scope.Changed && s.given != nil && s.given.result != s.base.Result {
			return was // what --changed looked at was chosen by another base
		}
		got.Done = true // the plan had nothing to do for it
	}
	switch {
	case got.Done:
		return record.State{Commit: s.commit, Found: s.found(address, was, got), Unproven: unproven(was, got)}
	case got.Open:
		was.Tried = record.With(was.Tried, s.commit)
	}
	was.Unproven = unproven(was, got)
	return was
}

// unproven reports whether a smoke build of an object is still due.
func unproven(was record.State, got apply.Settlement) bool {
	if got.Smoked != nil {
		return !got.Smoked.Succeeded()
	}
	return was.Unproven
}

// found reports whether an object was found in step, and never written from
// here or taken over by one who said so.
func (s *settling) found(address string, was record.State, got apply.Settlement) bool {
	job := s.declared[address]
	switch {
	case got.Wrote || job == nil || s.adopt || job.Adopt:
		return false
	case was.Commit != "":
		return was.Found
	case len(was.Tried) > 0:
		return false
	}
	if s.given != nil && s.given.result != s.base.Result { // a base that the user named declares it
		for _, declared := range s.given.result.Jobs {
			if declared.Address == address {
				return false
			}
		}
	}
	return true
}

// unseen reports whether the policy lets nobody look at an object: then nothing
// is known of it.
func (s *settling) unseen(address string) bool {
	job := s.declared[address]
	return job != nil && diff.IgnoresJob(s.policy, job.Name)
}

// declares reports whether a commit declares an object.
func (s *settling) declares(commit, address string) bool {
	if commit == s.commit {
		_, declared := s.declared[address]
		return declared
	}
	return s.base.Declares(commit, address)
}
