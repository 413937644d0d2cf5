package exporting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
)

// namesOf chooses the names of live jobs in the definitions: their own, except for jobs with the
// same name, because a name identifies a job there. Jobs that cannot be exported have none, and a
// problem in the report.
func (x *Run) namesOf(project export.Project, jobs []*diff.LiveJob) map[*diff.LiveJob]string {
	byName, names, taken := map[string][]*diff.LiveJob{}, map[*diff.LiveJob]string{}, map[string]bool{}
	for _, job := range jobs {
		byName[job.Name] = append(byName[job.Name], job)
		taken[job.Name] = true
	}
	for _, job := range x.w.Result.Jobs {
		if job.ProjectID == project.ID {
			taken[job.Name] = true
		}
	}
	for _, job := range jobs { // in the order of their names
		twins := byName[job.Name]
		switch {
		case len(twins) == 1:
			names[job] = x.ownName(project, job, taken)
		case job == twins[0]:
			x.nameTwins(project, twins, taken, names)
		}
	}
	return names
}

// ownName returns a live job's name, or the new one that a definition gives it.
func (x *Run) ownName(project export.Project, live *diff.LiveJob, taken map[string]bool) string {
	if job := x.w.Jobs().Renamed(project.ID, live.Name); job != nil && x.declared(project, live, live.Name) == nil {
		return job.Name
	}
	return live.Name
}

// nameTwins chooses the names of live jobs with the same name.
func (x *Run) nameTwins(project export.Project, twins []*diff.LiveJob, taken map[string]bool, names map[*diff.LiveJob]string) {
	twins = slices.Clone(twins)
	slices.SortStableFunc(twins, byUse)
	free := true // no definition has their name
	var unpinned *compile.Job
	for _, job := range x.w.Result.Jobs {
		if job.ProjectID == project.ID && job.Name == twins[0].Name {
			free = false
			if job.ID == "" {
				unpinned = job
			}
		}
	}
	for _, live := range twins {
		x.hasTwin[live.ID] = true
		if pinned := x.pinned(project, live); pinned != nil {
			names[live] = pinned.Name
			continue
		}
		address := project.Alias + "/job/" + live.Name
		switch {
		case !x.only.selects(live.Name) || x.isIgnored(live.Name):
		case unpinned != nil:
			x.problem(address, live.ID, fmt.Sprintf("%s, and its definition in %s does not say which one is meant; give it the id: of that one",
				aboutTwin(live, twins), unpinned.Pos.File))
		case !x.opts.RenameTwins:
			x.problem(address, live.ID, aboutTwin(live, twins)+"; "+x.opts.TwinAdvice)
		case free:
			names[live], free = live.Name, false
		default:
			names[live] = numberedName(live.Name, taken)
			taken[names[live]] = true
		}
	}
}

// pinned returns the definition that names a live job by id.
func (x *Run) pinned(project export.Project, live *diff.LiveJob) *compile.Job {
	return x.w.Jobs().Pinned(project.ID, live.ID)
}

// byUse puts the job first that people most likely mean: enabled, then built last.
func byUse(a, b *diff.LiveJob) int {
	rank := func(job *diff.LiveJob) int {
		if job.Item.Disabled {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), -cmp.Compare(lastBuilt(a), lastBuilt(b)), strings.Compare(a.ID, b.ID))
}

// lastBuilt is when a job was built last, in milliseconds; 0 for never.
func lastBuilt(job *diff.LiveJob) int64 {
	at, err := job.Item.LastBuildTime.Int64()
	if err != nil {
		return 0
	}
	return at
}

// numberedName returns a free name of the form NAME-2.
func numberedName(name string, taken map[string]bool) string {
	for n := 2; ; n++ {
		suffix := fmt.Sprintf("-%d", n)
		runes := []rune(name)
		if numbered := string(runes[:min(len(runes), wire.MaxJobName-len(suffix))]) + suffix; !taken[numbered] {
			return numbered
		}
	}
}

// aboutTwin describes which of several live jobs with the same name a job is.
func aboutTwin(live *diff.LiveJob, twins []*diff.LiveJob) string {
	var others []string
	for _, twin := range twins {
		if twin != live {
			others = append(others, twin.ID)
		}
	}
	use := "never built"
	if at := lastBuilt(live); at > 0 {
		use = "last built " + time.UnixMilli(at).UTC().Format(time.RFC3339)
	}
	if live.Item.Disabled {
		use += ", disabled"
	}
	return fmt.Sprintf("the project has %d live jobs of this name, this one with the id %s (%s; the others: %s)", len(twins), live.ID, use, strings.Join(others, ", "))
}
