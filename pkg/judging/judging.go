// Package judging judges jobs by the policies of a workspace: those that the definitions compile
// to, those that are live, and those of a plan.
package judging

import (
	"context"
	"strings"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/exporting"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// Judge judges the jobs of a workspace by its policies.
type Judge struct {
	Policies *policy.Set
	w        *workspace.Workspace
	today    string
}

// Open loads the policies of a workspace. The findings are about their files; with an error among
// them the Judge must not be used. today is the date by which exceptions expire.
func Open(w *workspace.Workspace, today string) (*Judge, spec.Diagnostics) {
	set, found := policy.Load(w.Tree, w.Set.Workspace, w.Catalogue)
	if w.Result != nil {
		found = append(found, set.UnknownNames(w.Result.Declared)...)
	}
	return &Judge{set, w, today}, found
}

// Definitions judges what the selected definitions compile to.
func (j *Judge) Definitions(selection compile.Selection) *policy.Report {
	places := policy.PlacesIn(j.w.Set)
	report, run := j.Policies.NewReport(), j.Policies.NewRun(j.today)
	for _, job := range j.w.Result.Jobs {
		if selection.HasJob(job) {
			subject := j.Policies.OfJob(job)
			report.Add(subject, run.Judge(subject), places)
		}
	}
	report.AddOwn(run.Exceptions(selection.IsAll()))
	if selection.IsAll() {
		report.AddOwn(run.Idle())
	}
	return j.finished(report)
}

// finished completes a report: with the names of files as the user's folder sees them, and sorted.
func (j *Judge) finished(report *policy.Report) *policy.Report {
	for i := range report.Findings {
		if f := &report.Findings[i]; f.File != "" {
			f.File = j.w.Shown(f.File)
		}
	}
	report.Sort()
	return report
}

// Live judges the selected live jobs, managed or not. hide removes the secrets of a body.
func (j *Judge) Live(ctx context.Context, survey *exporting.Survey, selection compile.Selection, hide func(*jsontree.Value) *jsontree.Value) (*policy.Report, error) {
	j.Policies.KnowFragments(j.w.Set.Files)
	survey.Has = func(project export.Project, live *diff.LiveJob) bool {
		return selection.HasLive(live.Name, project.Alias, project.ID, j.w.DefinitionOf(live))
	}
	report, run := j.Policies.NewReport(), j.Policies.NewRun(j.today)
	for live, err := range survey.Jobs(ctx) {
		if err != nil {
			return nil, err
		}
		subject := j.Policies.OfLive(policy.Live{
			Name: live.Name, Project: live.Project.Alias, Address: live.Address, Definition: j.w.DefinitionOf(live.LiveJob),
			Body: hide(live.Body), Notices: live.Notices, Enabled: !live.Item.Disabled,
		})
		report.Add(subject, run.Judge(subject), nil)
	}
	report.AddOwn(run.Exceptions(false)) // a definition that is not applied yet may still need the others
	report.Unread = survey.Problems
	return j.finished(report), nil
}

// OfPlan returns a function that judges the jobs of a plan, or nil without policies. It reports the
// findings that refuse nothing to note.
func (j *Judge) OfPlan(note func(format string, args ...any)) func([]*compile.Job) []diff.Refusal {
	if len(j.Policies.Policies) == 0 {
		return nil
	}
	return func(jobs []*compile.Job) (refusals []diff.Refusal) {
		verdict := j.Policies.Refuse(jobs, j.today)
		for _, r := range verdict.Refusals {
			refusals = append(refusals, diff.Refusal{Rule: diff.RulePolicy, Message: r.Message})
		}
		if verdict.Milder > 0 {
			note("policies: %s in %s; %s", sanitize.Counted(verdict.Milder, "finding"), sanitize.Counted(verdict.Jobs, "job"), remedy.ListFindings)
		}
		return refusals
	}
}

// Since returns which policies of the base were removed or changed. A plan is judged by the
// policies that are checked out, so it names them.
func (j *Judge) Since(ctx context.Context, r *workspace.Revisions, environment string) (notes []string) {
	if r.Base == nil || r.Base.Commit == "" || r.Repo == nil || r.Base.Commit == r.Head.Commit && !r.Head.Dirty {
		return nil
	}
	tree, err := r.Repo.Tree(ctx, r.Base.Commit)
	if err != nil {
		return nil // whoever needs the base reports it
	}
	defer tree.Close()
	then, _ := spec.LoadWorkspace(tree, spec.Options{Environment: environment})
	if then == nil {
		return nil
	}
	before, _ := policy.Load(tree, then, j.w.Catalogue)
	gone, changed := j.Policies.Since(before)
	for _, list := range []struct {
		what  string
		names []string
	}{{"removed", gone}, {"changed", changed}} {
		if len(list.names) > 0 {
			notes = append(notes, "policies "+list.what+" since the base: "+sanitize.Line(strings.Join(list.names, ", "), 500))
		}
	}
	return notes
}
