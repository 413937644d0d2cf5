package diff

import (
	"cmp"

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

	// Whole is the compilation of all definitions if Head is only a part of them (--only,
	// --changed, --shard); nil: Head is all. A live job declared in Whole is not unmanaged, and an
	// empty part is not an empty workspace.
	Whole *compile.Result

	// Part is the requested part, shown to readers of the plan. Head and Base are already reduced to
	// it. It selects only which of the live jobs that nothing declares count as unmanaged.
	Part Part

	// Base is the compilation at the commit that was applied last; nil for a two-way comparison.
	// BaseRevision names it.
	Base         *compile.Result
	BaseRevision *Revision

	// AssumedBase means that no apply is recorded, and Base is Head, so that an edit shows (drift).
	// The plan then has no base, and nobody knows whether a job that is not live ever was.
	AssumedBase bool

	// WholeBase is everything the base declares if Base is only a part; nil: Base is all.
	WholeBase *compile.Result

	// FirstApply means that no earlier apply is known. A live job with a declared name is then
	// compared two ways, even if other jobs have a base.
	FirstApply bool

	// Tried has, by address, the jobs as defined at commits that may have written them (the run was
	// killed, or an answer was lost), newest last. A live value that equals one of them was written
	// by that run.
	Tried map[string][]*compile.Job

	// TriedTemplates is Tried for templates.
	TriedTemplates map[string][]*compile.Template

	// BasePolicy returns the policy of the commit of an object's base. If it is nil, Policy is
	// used.
	BasePolicy func(address string) (spec.Policy, bool)

	// Found has the addresses of jobs that were in step when first seen and that buildsync has
	// never written.
	Found map[string]bool

	// Unproven has the addresses of jobs without a successful smoke build.
	Unproven map[string]bool

	// Spelled has the addresses of objects that the service stored in another spelling than sent.
	Spelled map[string]bool

	// Rewritten has, by address, the paths of fields that the service stored with another meaning
	// than sent. An edit of such a field cannot be told from what the service made of it.
	Rewritten map[string][]string

	Live        *Snapshot
	Policy      spec.Policy
	Unread      compile.Unread // objects in files that no pattern matches
	Environment string
	Endpoint    string
	ToolVersion string

	// Judge returns the refusals of the organisation's policies for the desired jobs; nil: there
	// are no policies.
	Judge func(jobs []*compile.Job) []Refusal

	// Modules gives the facts about step modules; nil: there are none.
	Modules Modules

	// KeptTemplates has, by address, the templates that an earlier run deleted before it had created
	// the new ones.
	KeptTemplates map[string]*jsontree.Value

	// Replacing has the uuids of templates that an earlier run began to replace and did not delete.
	Replacing map[string]bool

	// Made has the ids of jobs and templates that earlier runs of this workspace created while the
	// definitions were not committed, so that no record knows them. One that the base does not declare
	// is compared two ways, as in a first apply: it is nobody else's.
	Made map[string]bool

	// LeftEnabled has the ids of disabled jobs that an earlier run enabled for an update and did
	// not disable again.
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
	AllowEmpty     bool     // an empty workspace is intended
	AllowRemovals  int      // intended removals; 0: the policy's limits apply
	WriteSecrets   []string // names whose values are written again, or "all"
	ShowUndeclared bool     // list what the definitions do not name and an update keeps
	Explain        bool     // name the rule that made two values equal
	Contents       bool     // list what each new object holds
	OnlyShown      bool     // the plan is not carried out: its changes hold no whole bodies
}

// Modules has the facts of the step-module catalogue for the comparison.
type Modules interface {
	// PropertyFacts returns the facts about a property of a module, and whether
	// there are any.
	PropertyFacts(moduleID, property string) (PropertyFacts, bool)
}

// PropertyFacts describes one property of a step module for the comparison.
type PropertyFacts struct {
	Text    bool            // holds text: "true" and true are different values
	Secret  bool            // must not be shown
	Default *jsontree.Value // what the server fills in where it is missing; nil: not known
}

// Offline is the endpoint of a plan that did not read the live state: it shows the changes against
// the base.
const Offline = "offline"

// BuiltInEmulator is the endpoint of a plan made with the emulator inside the command.
const BuiltInEmulator = "emulator"

// Snapshot is the live state that a plan was made from.
type Snapshot struct {
	Endpoint  string
	Projects  map[string]*LiveProject // by project id
	Templates []*LiveTemplate         // the caller's own

	// TemplatesProblem explains why Templates may be incomplete; "" if it is complete. A template
	// missing from an incomplete list is unknown, not absent.
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

	NoticesUnseen bool // the service does not show the notifications
}

// LiveTemplate is one of the caller's build templates.
type LiveTemplate struct {
	UUID string
	Name string
	Body *jsontree.Value // the item as it came
}

// ignored is what policy.ignore selects in one job.
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

// OfflineSnapshot returns the live state as if exactly base had been applied, for a plan without
// the service. projects are those of the workspace; base may be nil.
func OfflineSnapshot(base *compile.Result, projects map[string]spec.Project) *Snapshot {
	live := &Snapshot{Endpoint: Offline, Projects: map[string]*LiveProject{}}
	for _, project := range projects {
		live.Projects[project.ID] = &LiveProject{ID: project.ID, Complete: true}
	}
	if base == nil {
		return live
	}
	for _, job := range base.Jobs {
		project := live.Projects[job.ProjectID]
		if project == nil {
			project = &LiveProject{ID: job.ProjectID, Complete: true}
			live.Projects[job.ProjectID] = project
		}
		project.Jobs = append(project.Jobs, asLive(job))
	}
	for _, template := range base.Templates {
		live.Templates = append(live.Templates, &LiveTemplate{UUID: Offline + ":" + template.Address, Name: template.Name, Body: template.Body})
	}
	return live
}

// asLive returns a job as the service would have it if exactly this had been applied.
func asLive(job *compile.Job) *LiveJob {
	id := cmp.Or(job.ID, Offline+":"+job.Address) // the real one is not known here
	live := &LiveJob{
		ProjectID: job.ProjectID, ID: id, Name: job.Name, Body: job.CreateBody(),
		Item: wire.JobItem{ID: id, JobName: job.Name, Disabled: job.Enabled != nil && !*job.Enabled},
	}
	for _, notice := range job.Notices {
		row := wire.Notice{NoticeType: notice.Type, EnableMap: map[string]bool{}, ParamConfig: notice.ParamConfig}
		for _, event := range notice.Events {
			row.EnableMap[event] = true
		}
		live.Notices = append(live.Notices, row)
	}
	return live
}
