package emulator

import (
	"slices"
	"sort"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Truth is what the server holds, past every quirk: what a test compares the
// tool's report with.
type Truth struct {
	Jobs      []TruthJob      `json:"jobs"`      // live, in order of creation
	Recycled  []TruthJob      `json:"recycled"`  // in the recycle bin
	Templates []TruthTemplate `json:"templates"` // custom ones, in order of creation
	Commits   int             `json:"commits"`   // writes of all objects that still exist
}

// TruthJob is one job with everything that belongs to it.
type TruthJob struct {
	ID       string          `json:"id"`
	Project  string          `json:"project_id"`
	Name     string          `json:"job_name"`
	Body     *jsontree.Value `json:"body"` // exactly as stored, secrets in clear
	Disabled bool            `json:"disabled"`
	Notices  []wire.Notice   `json:"notices"`
	Builds   int             `json:"builds"`
	Commits  int             `json:"commits"`
	History  []string        `json:"history"` // kinds of change, oldest first
}

// TruthTemplate is one custom template.
type TruthTemplate struct {
	UUID    string          `json:"uuid"`
	Name    string          `json:"name"`
	Body    *jsontree.Value `json:"body"` // as it was sent
	Commits int             `json:"commits"`
}

// Truth returns a deep copy of the state. An error means that the store could
// not be read.
func (e *Emulator) Truth() (Truth, error) {
	e.settle()
	e.mu.RLock()
	defer e.mu.RUnlock()
	var truth Truth
	for _, j := range e.state.jobs {
		row, err := e.truthJob(j)
		if err != nil {
			return Truth{}, err
		}
		truth.Commits += j.Commits
		if j.live() {
			truth.Jobs = append(truth.Jobs, row)
		} else {
			truth.Recycled = append(truth.Recycled, row)
		}
	}
	for _, list := range [][]TruthJob{truth.Jobs, truth.Recycled} {
		sort.Slice(list, func(i, k int) bool { return e.state.jobs[list[i].ID].Seq < e.state.jobs[list[k].ID].Seq })
	}
	for _, t := range e.state.templates {
		truth.Templates = append(truth.Templates, TruthTemplate{UUID: t.UUID, Name: t.Name, Body: t.Body.Clone(), Commits: t.Commits})
		truth.Commits += t.Commits
	}
	sort.Slice(truth.Templates, func(i, k int) bool {
		return e.state.templates[truth.Templates[i].UUID].Seq < e.state.templates[truth.Templates[k].UUID].Seq
	})
	return truth, nil
}

func (e *Emulator) truthJob(j *job) (TruthJob, error) {
	body, err := e.state.body(j.ID)
	if err != nil {
		return TruthJob{}, err
	}
	row := TruthJob{
		ID: j.ID, Project: j.Project, Name: j.Name, Body: body, Disabled: j.Disabled,
		Notices: noticeRows(j.Notices), Builds: j.Builds, Commits: j.Commits,
	}
	for number := range j.Changes {
		c, err := e.state.change(j.ID, number+1)
		if err != nil {
			return TruthJob{}, err
		}
		row.History = append(row.History, c.Kind)
	}
	return row, nil
}

// Named returns the live jobs of a project that have a name: more than one is
// what no run of buildsync may cause.
func (t Truth) Named(project, name string) []TruthJob {
	return slices.DeleteFunc(slices.Clone(t.Jobs), func(j TruthJob) bool { return j.Project != project || j.Name != name })
}

// Job returns the live job of an id, nil if there is none.
func (t Truth) Job(id string) *TruthJob {
	for i := range t.Jobs {
		if t.Jobs[i].ID == id {
			return &t.Jobs[i]
		}
	}
	return nil
}
