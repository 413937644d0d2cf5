package diff

import (
	"cmp"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// OfflineSnapshot is the live state as it would be had exactly base been applied:
// what a plan without the service is made against. projects are those of the
// workspace; base may be nil.
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

// asLive is a job as the service would hold it had exactly this been applied.
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
