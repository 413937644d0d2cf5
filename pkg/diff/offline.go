package diff

import (
	"cmp"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

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
