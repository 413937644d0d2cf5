package diff

import (
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Input is all that a plan depends on. Compute reads nothing else: no clock, no
// environment, no network.
type Input struct {
	Head         *compile.Result
	HeadRevision Revision

	// Whole is what all definitions compiled to where Head holds only a part of
	// them (--only, --changed, --shard); nil: Head is all. A live job that Whole
	// declares is not unmanaged, and an empty part is no empty workspace.
	Whole *compile.Result

	// Part is what was asked for, shown to those who read the plan. It selects
	// nothing: Head and Base are that part.
	Part Part

	// Base is what the definitions compiled to at the commit that was applied
	// last; nil for a two-way comparison. BaseRevision names it.
	Base         *compile.Result
	BaseRevision *Revision

	// WholeBase is all that the base declares where Base holds only a part of it;
	// nil: Base is all.
	WholeBase *compile.Result

	// FirstApply says that nothing is known of an earlier apply: a live job of a
	// declared name is compared two ways, although there is a base for others.
	FirstApply bool

	// Tried holds, by address, what the definitions said of a job at commits at
	// which it may have been written, the newest last: a run was killed, or an
	// answer was lost. What of it is live was written by that run.
	Tried map[string][]*compile.Job

	// BasePolicy returns the policy of the commit that an object's base is of; nil:
	// it is not known, and Policy stands for it.
	BasePolicy func(address string) (spec.Policy, bool)

	// Found holds the addresses of jobs that were found in step when they were
	// first seen, and never written from here.
	Found map[string]bool

	// Unproven holds the addresses of jobs whose smoke build has not succeeded yet.
	Unproven map[string]bool

	Live        *Snapshot
	Policy      spec.Policy
	Unread      map[string]string // jobs that files define which no pattern matches, each with its file
	Environment string
	Endpoint    string
	ToolVersion string

	// Modules answers what is known of step modules; nil: nothing is.
	Modules Modules

	// Replacing are the uuids of templates that an earlier run began to replace and
	// did not delete.
	Replacing map[string]bool

	// LeftEnabled holds the ids of the disabled jobs that an earlier run enabled
	// for an update and did not come to disable again.
	LeftEnabled map[string]bool

	Options Options
}

// partial tells whether Head leaves out some of what is defined.
func (in *Input) partial() bool {
	if in.Whole == nil || in.Head == nil {
		return false
	}
	size := func(r *compile.Result) int { return len(r.Jobs) + len(r.Templates) + len(r.Removals) }
	return size(in.Head) < size(in.Whole)
}

// Options are what a user asks of one run.
type Options struct {
	ForceConflicts bool     // the definitions win where both sides changed
	Adopt          bool     // take over live jobs that no base declared
	RefuseDrift    bool     // as policy.drift: fail
	AllowEmpty     bool     // a workspace without definitions is meant
	AllowRemovals  int      // how many removals are meant; 0: the policy's limits hold
	WriteSecrets   []string // names whose values are written anew, or "all"
	ShowUndeclared bool     // list what the definitions do not name and an update keeps
	Explain        bool     // name the rule that made two values equal
	Contents       bool     // list what each new object holds
}

// Modules is what the comparison asks of the step-module catalogue.
type Modules interface {
	// PropertyFacts says what is known of a module's property, and whether
	// anything is.
	PropertyFacts(moduleID, property string) (PropertyFacts, bool)
}

// PropertyFacts is what the comparison has to know of one property of a step
// module.
type PropertyFacts struct {
	Text    bool            // holds text: "true" and true are different values
	Secret  bool            // must not be shown
	Default *jsontree.Value // what the server fills in where it is missing; nil: not known
}
