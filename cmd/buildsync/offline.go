package main

import (
	"cmp"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
)

// offlinePlan compares head with base alone: what is declared at the base is
// taken for live. No credential is read and nothing is connected to.
func (in *invocation) offlinePlan(p *planning) *diff.Plan {
	input := in.planInput(p).Input
	input.Endpoint = diff.Offline
	input.Live = &diff.Snapshot{Endpoint: diff.Offline, Projects: map[string]*diff.LiveProject{}}
	for _, project := range p.w.set.Workspace.Projects {
		input.Live.Projects[project.ID] = &diff.LiveProject{ID: project.ID, Complete: true}
	}
	if base := p.revisions.base; base != nil {
		for _, job := range base.result.Jobs {
			project := input.Live.Projects[job.ProjectID]
			if project == nil {
				project = &diff.LiveProject{ID: job.ProjectID, Complete: true}
				input.Live.Projects[job.ProjectID] = project
			}
			project.Jobs = append(project.Jobs, asLive(job))
		}
		for _, template := range base.result.Templates {
			input.Live.Templates = append(input.Live.Templates, &diff.LiveTemplate{UUID: diff.Offline + ":" + template.Address, Name: template.Name, Body: template.Body})
		}
	}
	input.Whole = input.Head
	input.Head, input.Base = p.scope.Narrow(input.Head, input.Base)
	input.Part = p.scope.Part()
	return diff.Compute(input)
}

// asLive is a job as the service would hold it had exactly this been applied.
func asLive(job *compile.Job) *diff.LiveJob {
	id := cmp.Or(job.ID, diff.Offline+":"+job.Address) // the real one is not known here
	live := &diff.LiveJob{
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
