package apply

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// PlanInput is what a plan is made from, apart from the live state. MakePlan fills in Input.Live
// and Input.Whole.
type PlanInput struct {
	diff.Input
	Scope    Scope
	Parallel int // reads at a time; 0: client.MaxInFlight

	// Journal is the result of ReadJournal for an earlier, interrupted run; nil if there is none.
	// With it, MakePlan finishes a half-done template replacement and disables a job again that was
	// enabled for an update.
	Journal []JournalEntry

	// OnRead is called after each job with the number of jobs read and the
	// number of all; nil: it is not called. It must be safe for concurrent use.
	OnRead func(done, total int)

	// Note is called with what the service does not show of the declared jobs; nil: it is not
	// called.
	Note func(note string)
}

// MakePlan reads the live state within the scope and compares it with the definitions, job by job.
// It fails only on an error that concerns every call. Objects that could not be read are refused in
// the plan.
func MakePlan(ctx context.Context, api live.API, in PlanInput) (*diff.Plan, error) {
	if err := in.Scope.Validate(); err != nil {
		return nil, err
	}
	// With Scope.Changed, an unchanged job is not read, but its project is listed: the service is
	// asked even if nothing changed.
	listed := in.Scope
	listed.Changed = false
	head, base := listed.Narrow(in.Head, in.Base)
	projects := jobsToRead(head, base, triedJobs(in.Scope.narrowTried(in.Tried, in.Head))).projects
	in.Whole, in.WholeBase = in.Head, in.Base
	in.Head, in.Base = in.Scope.Narrow(in.Head, in.Base)
	in.Tried = in.Scope.narrowTried(in.Tried, in.Head)
	in.Part, in.LeftEnabled, in.Replacing = in.Scope.Part(), leftEnabled(in.Journal), replacing(in.Journal)
	in.KeptTemplates, in.Made = keptTemplates(in.Journal), made(in.Journal)
	risk := atRisk(in.Journal)
	in.Journal = nil // it is large after a long run

	read := newLiveReader(api, &in, projects)
	if err := read.listings(ctx); err != nil {
		return nil, err
	}
	in.Live = read.snap
	in.tellUnseen()
	planner := diff.NewPlanner(in.Input)
	if err := read.jobs(ctx, planner.Compare); err != nil {
		return nil, err
	}
	in.tellLost(ctx, api, risk)
	if published(in.Head) || published(in.Base) {
		if err := read.templates(ctx); err != nil {
			return nil, err
		}
	}
	in.tellUnshown()
	return planner.Plan(), nil
}

// tellLost names the members that an earlier update cleared because the route does not take them.
func (in *PlanInput) tellLost(ctx context.Context, api live.API, risk map[string]JournalEntry) {
	if in.Note == nil {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(risk)) {
		had, err := jsontree.Parse([]byte(risk[id].Body), jsontree.Limits{})
		if err != nil {
			continue
		}
		have, err := live.FullBody(ctx, api, id, risk[id].ProjectID)
		if have == nil && err == nil || client.RouteMissing(err) {
			have, err = live.Body(ctx, api, id, risk[id].ProjectID)
		}
		if err != nil {
			continue // the other route may hide them; a later plan says it
		}
		var lost []string
		for _, m := range had.Members() {
			if wire.NewerOnly(have).Get(m.Key) == nil {
				lost = append(lost, m.Key+" "+valueText(m.Value))
			}
		}
		if len(lost) > 0 {
			in.Note(fmt.Sprintf("an earlier apply updated %s over a route that does not store all members, and it lost %s; %s",
				risk[id].Key, strings.Join(lost, ", "), remedy.SetAgain))
		}
	}
}

// tellUnshown counts the jobs whose notifications, and the templates whose further members, the
// service does not show.
func (in *PlanInput) tellUnshown() {
	unseen, jobs := in.liveJobs(func(job *diff.LiveJob) bool { return job.NoticesUnseen }), 0
	for _, job := range in.Head.Jobs {
		if len(job.Notices) > 0 && unseen[[2]string{job.ProjectID, job.Name}] {
			jobs++
		}
	}
	in.notShown("notifications", jobs, "job", "the service answers null in place of them", "")
	bodies := map[string]*jsontree.Value{}
	for _, template := range in.Live.Templates {
		bodies[template.Name] = template.Body
	}
	var members []string
	templates := 0
	for _, want := range in.Head.Templates {
		if live := bodies[want.Name]; live != nil {
			if unshown := diff.UnshownMembers(live, want.Body); len(unshown) > 0 {
				members = append(members, unshown...)
				templates++
			}
		}
	}
	slices.Sort(members)
	in.notShown(strings.Join(slices.Compact(members), ", "), templates, "template", "the service does not show it", "")
}

// notShown says once that something of n objects cannot be read, and what it is compared with.
func (in *PlanInput) notShown(what string, n int, kind, why string, instead remedy.Remedy) {
	if n == 0 || in.Note == nil {
		return
	}
	compared := "it is compared with what was applied last"
	switch {
	case in.Base != nil:
	case in.FirstApply:
		compared = "it is written now, and later compared with what was applied last"
	default:
		compared = "it is not compared, because there is no base"
		if instead != "" {
			compared += "; " + string(instead)
		}
	}
	in.Note(fmt.Sprintf("%s: of %s cannot be read, because %s; %s", sanitize.Line(what, 200), sanitize.Counted(n, kind), why, compared))
}

// liveJobs returns the live jobs of which something holds, by the id of their project and their name.
func (in *PlanInput) liveJobs(holds func(*diff.LiveJob) bool) map[[2]string]bool {
	found := map[[2]string]bool{}
	for id, project := range in.Live.Projects {
		for _, job := range project.Jobs {
			if holds(job) {
				found[[2]string{id, job.Name}] = true
			}
		}
	}
	return found
}

// tellUnseen counts the jobs that declare a state which the listing does not show.
func (in *PlanInput) tellUnseen() {
	unseen := in.liveJobs(func(job *diff.LiveJob) bool { return job.Item.StateUnseen })
	n := 0
	for _, job := range in.Head.Jobs {
		if job.Enabled != nil && unseen[[2]string{job.ProjectID, job.Name}] {
			n++
		}
	}
	for _, removal := range in.Head.Removals {
		if diff.Action(removal.Action) == diff.ActionDisable && unseen[[2]string{removal.ProjectID, removal.Job}] {
			n++
		}
	}
	in.notShown("enabled", n, "job", "the service does not show whether a job is disabled", remedy.SwitchState)
}
