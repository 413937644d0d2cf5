package emulator

import (
	_ "embed"
	htmltemplate "html/template"
	"net/http"
	"slices"
	"sort"
	"time"
)

//go:embed page.html
var pageSource string

// How many of the last calls, and of a project's newest jobs, the page shows.
const (
	pageCalls = 30
	pageJobs  = 500
)

type pageData struct {
	Now      time.Time
	Store    string
	Projects []pageProject
	Template []pageTemplate
	Calls    []Call
	Faults   []FaultState
}

type pageProject struct {
	ID   string
	Jobs []pageJob
	More int // jobs that are not shown
}

type pageJob struct {
	Name, ID, User, Status string
	Disabled, Recycled     bool
	Updated                time.Time
	Builds                 []pageBuild
}

type pageBuild struct {
	Daily, Result, Record string
	Took                  time.Duration
}

type pageTemplate struct{ Name, UUID, User string }

// pageBuilds is how many builds of a job the page shows.
const pageBuilds = 5

// addPage registers the page at /, which shows the state to a person.
func (e *Emulator) addPage(mux *http.ServeMux) {
	page := htmltemplate.Must(htmltemplate.New("page").Parse(pageSource)) // fixed text, parsed by every test
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		if !local(r) {
			http.Error(w, "this page is for this machine only", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		w.Header().Set("X-Frame-Options", "DENY")
		_ = page.Execute(w, e.pageData()) // the client has gone: nobody to tell
	})
}

func (e *Emulator) pageData() pageData {
	data := pageData{Now: e.Now(), Store: orText(e.opts.Path, "in memory"), Faults: e.Faults()}
	data.Calls = e.Calls()
	data.Calls = data.Calls[max(0, len(data.Calls)-pageCalls):]
	slices.Reverse(data.Calls)
	e.mu.RLock()
	defer e.mu.RUnlock()
	rq := &request{e: e, now: data.Now}
	for id, jobs := range e.state.byProject {
		project := pageProject{ID: id, More: max(0, len(jobs)-pageJobs)}
		for _, j := range jobs[project.More:] {
			project.Jobs = append(project.Jobs, rq.pageJob(j))
		}
		data.Projects = append(data.Projects, project)
	}
	sort.Slice(data.Projects, func(i, k int) bool { return data.Projects[i].ID < data.Projects[k].ID })
	for _, t := range e.state.templates {
		data.Template = append(data.Template, pageTemplate{t.Name, t.UUID, t.User})
	}
	sort.Slice(data.Template, func(i, k int) bool { return data.Template[i].Name < data.Template[k].Name })
	return data
}

func (rq *request) pageJob(j *job) pageJob {
	status, _ := rq.lastBuild(j)
	row := pageJob{Name: j.Name, ID: j.ID, User: j.User, Status: status, Disabled: j.Disabled, Recycled: !j.live(), Updated: j.Updated}
	builds := rq.state().builds[j.ID]
	for i := len(builds) - 1; i >= max(0, len(builds)-pageBuilds); i-- {
		p := builds[i].at(rq.now)
		row.Builds = append(row.Builds, pageBuild{builds[i].Daily, p.result, builds[i].Record, p.duration(rq.now)})
	}
	return row
}
