package diff

import (
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// Input holds everything that a plan depends on. Compute reads nothing else: no
// clock, no environment, no network.
type Input struct {
	Head         *compile.Result
	HeadRevision Revision

	// Whole is what all definitions compiled to where Head holds only a part of
	// them (--only, --changed, --shard); nil: Head is all. A live job that Whole
	// declares is not unmanaged, and an empty part is not an empty workspace.
	Whole *compile.Result

	// Part is the part that was asked for, shown to the readers of the plan. It
	// selects nothing: Head and Base are that part already.
	Part Part

	// Base is what the definitions compiled to at the commit that was applied
	// last; nil for a two-way comparison. BaseRevision names it.
	Base         *compile.Result
	BaseRevision *Revision

	// WholeBase is all that the base declares where Base holds only a part of it;
	// nil: Base is all.
	WholeBase *compile.Result

	// FirstApply says that no earlier apply is known. A live job with a
	// declared name is then compared two ways, even if other jobs have a base.
	FirstApply bool

	// Tried holds, by address, the jobs as they were defined at commits that
	// may have written them (the run was killed, or an answer was lost), the
	// newest last. A live value that equals one of them was written by that
	// run.
	Tried map[string][]*compile.Job

	// TriedTemplates is Tried for templates.
	TriedTemplates map[string][]*compile.Template

	// BasePolicy returns the policy of the commit that the base of an object
	// comes from. nil: it is not known, and Policy is used.
	BasePolicy func(address string) (spec.Policy, bool)

	// Found holds the addresses of jobs that were in step when they were first
	// seen, and that buildsync has never written.
	Found map[string]bool

	// Unproven holds the addresses of jobs whose smoke build has not succeeded yet.
	Unproven map[string]bool

	// Spelled holds the addresses of objects that the service stored in another
	// spelling than the one in which they were sent.
	Spelled map[string]bool

	Live        *Snapshot
	Policy      spec.Policy
	Unread      map[string]string // jobs that files define which no pattern matches, each with its file
	Environment string
	Endpoint    string
	ToolVersion string

	// Judge returns what the organisation's policies refuse of the desired jobs; nil:
	// there are none.
	Judge func(jobs []*compile.Job) []Refusal

	// Modules gives the facts about step modules; nil: there are none.
	Modules Modules

	// Replacing are the uuids of templates that an earlier run began to replace and
	// did not delete.
	Replacing map[string]bool

	// LeftEnabled holds the ids of the disabled jobs that an earlier run enabled
	// for an update and did not come to disable again.
	LeftEnabled map[string]bool

	Options Options
}

// partial reports whether Head leaves out some of what is defined.
func (in *Input) partial() bool {
	if in.Whole == nil || in.Head == nil {
		return false
	}
	size := func(r *compile.Result) int { return len(r.Jobs) + len(r.Templates) + len(r.Removals) }
	return size(in.Head) < size(in.Whole)
}

// Options are the choices of a user for one run.
type Options struct {
	ForceConflicts bool     // the definitions win where both sides changed
	Adopt          bool     // take over live jobs that no base declared
	RefuseDrift    bool     // as policy.drift: fail
	AllowEmpty     bool     // a workspace without definitions is meant
	AllowRemovals  int      // how many removals are meant; 0: the policy's limits hold
	WriteSecrets   []string // names whose values are written again, or "all"
	ShowUndeclared bool     // list what the definitions do not name and an update keeps
	Explain        bool     // name the rule that made two values equal
	Contents       bool     // list what each new object holds
	OnlyShown      bool     // the plan is not carried out: its changes hold no whole bodies
}

// Modules gives the comparison the facts of the step-module catalogue.
type Modules interface {
	// PropertyFacts returns the facts about a property of a module, and whether
	// there are any.
	PropertyFacts(moduleID, property string) (PropertyFacts, bool)
}

// PropertyFacts holds what the comparison needs to know about one property of a
// step module.
type PropertyFacts struct {
	Text    bool            // holds text: "true" and true are different values
	Secret  bool            // must not be shown
	Default *jsontree.Value // what the server fills in where it is missing; nil: not known
}

// Offline is the endpoint of a plan for which nothing live was consulted: it
// shows what changed against the base.
const Offline = "offline"

// BuiltInEmulator is the endpoint of a plan that was made with the emulator
// inside the command.
const BuiltInEmulator = "emulator"

// Snapshot is the live state that a plan was made from.
type Snapshot struct {
	Endpoint  string
	Projects  map[string]*LiveProject // by project id
	Templates []*LiveTemplate         // the caller's own

	// TemplatesProblem says why Templates may be incomplete; "" if it is
	// complete. A template that is missing from an incomplete list is unknown,
	// not absent.
	TemplatesProblem string
}

// LiveProject is the listing of one project, with the jobs that were read.
type LiveProject struct {
	ID       string
	Complete bool   // every page was read and the count fits
	Problem  string // why it is not, for people
	ReadErr  error  // the listing failed: there is nothing to judge it by
	Doubted  bool   // a page of it was empty, so that its count may be wrong too
	Jobs     []*LiveJob
}

// LiveJob is one live job. Body and Notices are nil if they were not read.
type LiveJob struct {
	ProjectID string
	ID        string
	Name      string
	Item      wire.JobItem
	Body      *jsontree.Value // result of the query endpoint, as it came
	Notices   []wire.Notice
	ReadErr   error // the read failed: verdict unknown

	// Full reads the body over the newer route, which shows members that the
	// other leaves out; nil if that is the route in use.
	Full      func() (*jsontree.Value, error)
	Completed bool     // Body was completed by Full
	Unseen    []string // members that could not be compared, because Full failed
}

// LiveTemplate is one of the caller's build templates.
type LiveTemplate struct {
	UUID string
	Name string
	Body *jsontree.Value // the item as it came
}

// ignored holds what policy.ignore says about one job.
type ignored struct {
	wholeJob bool
	patterns []valuepath.Path
}

// IgnoresJob reports whether a policy ignores the whole job of a name.
func IgnoresJob(policy spec.Policy, name string) bool { return ignoredBy(policy, name).wholeJob }

func (p *Planner) ignoreFor(name string) ignored { return ignoredBy(p.in.Policy, name) }

func ignoredBy(policy spec.Policy, name string) ignored {
	var out ignored
	for _, fields := range policy.IgnoreRules(name) {
		if len(fields) == 0 {
			out.wholeJob = true
		}
		for _, field := range fields {
			// Loading has refused invalid paths.
			if pattern, err := valuepath.Parse(field); err == nil && pattern.IsAbout(name) {
				out.patterns = append(out.patterns, pattern)
			}
		}
	}
	return out
}

// matches reports whether a path, or a value that encloses it, is ignored.
func (i ignored) matches(path string) bool {
	if len(i.patterns) == 0 {
		return false
	}
	own := valuepath.Own(path)
	for _, pattern := range i.patterns {
		if pattern.Covers(own) {
			return true
		}
	}
	return false
}
