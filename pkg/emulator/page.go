package emulator

import (
	"cmp"
	"embed"
	htmltemplate "html/template"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"
)

//go:embed page_*.html
var pageSources embed.FS

// How many of the last calls, and of a project's newest jobs, the page shows.
const (
	pageCalls = 30
	pageJobs  = 500
)

// pageHead is the head of each page.
type pageHead struct {
	Now    time.Time
	Store  string
	Title  string
	Filter string
	Live   bool // the page refreshes itself
	// Still and Moving are the queries of this page without and with refreshing.
	Still, Moving htmltemplate.URL
}

type pageData struct {
	pageHead
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
	Word                   string // Status as people say it
	Disabled, Recycled     bool
	Updated                time.Time
	Builds                 []pageBuild
}

type pageBuild struct {
	Daily, Result, Record string
	Took                  string
}

type pageTemplate struct{ Name, UUID, User string }

// pageBuilds is how many builds of a job the page shows.
const pageBuilds = 5

// refreshEvery is the refresh interval in seconds.
const refreshEvery = "5"

// addPage registers the pages that show the state to a person, at / and below.
func (e *Emulator) addPage(mux *http.ServeMux) {
	pages := htmltemplate.Must(htmltemplate.ParseFS(pageSources, "page_*.html")) // fixed text, parsed by every test
	for pattern, page := range map[string]struct {
		name string
		data func(*http.Request, *pageHead) any // nil if there is no such object
	}{
		"GET /{$}":             {"overview", e.overviewPage},
		"GET /job/{id}":        {"job", e.jobPage},
		"GET /build/{record}":  {"build", e.buildPage},
		"GET /template/{uuid}": {"template", e.templateDetails},
		"GET /requests":        {"requests", e.requestsPage},
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if !local(r) {
				http.Error(w, "this page is for this machine only", http.StatusForbidden)
				return
			}
			head := e.pageHead(r)
			data := page.data(r, &head)
			if data == nil {
				http.Error(w, "the emulator has no such job, build or template", http.StatusNotFound)
				return
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
			w.Header().Set("X-Frame-Options", "DENY")
			if head.Live {
				w.Header().Set("Refresh", refreshEvery)
			}
			_ = pages.ExecuteTemplate(w, page.name, data) // the client has gone: nobody to tell
		})
	}
}

func (e *Emulator) pageHead(r *http.Request) pageHead {
	query := r.URL.Query()
	head := pageHead{
		Now: e.Now(), Store: cmp.Or(e.opts.Path, "in memory"), Filter: query.Get("q"), Live: query.Get("refresh") != "off",
	}
	keep := url.Values{}
	if head.Filter != "" {
		keep.Set("q", head.Filter)
	}
	head.Moving = htmltemplate.URL(keep.Encode()) //nolint:gosec // Encode escapes it
	keep.Set("refresh", "off")
	head.Still = htmltemplate.URL(keep.Encode()) //nolint:gosec // Encode escapes it
	return head
}

// named reports whether a name contains the page's filter, ignoring case.
func (h pageHead) named(name string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(h.Filter))
}

func (e *Emulator) overviewPage(_ *http.Request, head *pageHead) any {
	data := pageData{pageHead: *head, Faults: e.Faults()}
	data.Calls = e.Calls()
	data.Calls = data.Calls[max(0, len(data.Calls)-pageCalls):]
	slices.Reverse(data.Calls)
	e.mu.RLock()
	defer e.mu.RUnlock()
	rq := &request{e: e, now: data.Now}
	for id, all := range e.state.byProject {
		jobs := slices.DeleteFunc(slices.Clone(all), func(j *job) bool { return !head.named(j.Name) })
		if len(jobs) == 0 {
			continue
		}
		project := pageProject{ID: id, More: max(0, len(jobs)-pageJobs)}
		for _, j := range jobs[project.More:] {
			project.Jobs = append(project.Jobs, rq.pageJob(j, pageBuilds))
		}
		data.Projects = append(data.Projects, project)
	}
	sort.Slice(data.Projects, func(i, k int) bool { return data.Projects[i].ID < data.Projects[k].ID })
	for _, t := range e.state.templates {
		if head.named(t.Name) {
			data.Template = append(data.Template, pageTemplate{t.Name, t.UUID, t.User})
		}
	}
	sort.Slice(data.Template, func(i, k int) bool { return data.Template[i].Name < data.Template[k].Name })
	return data
}

// statusWords translates the list's words for a last build.
var statusWords = map[string]string{"blue": "succeeded", "red": "failed", "building": "running", "aborted": "stopped", "none": "not built yet"}

// pageJob returns a job's row with its last builds, at most limit of them.
func (rq *request) pageJob(j *job, limit int) pageJob {
	status, _ := rq.lastBuild(j)
	row := pageJob{Name: j.Name, ID: j.ID, User: j.User, Status: status, Word: statusWords[status], Disabled: j.Disabled, Recycled: !j.live(), Updated: j.Updated}
	builds := rq.state().builds[j.ID]
	for i := len(builds) - 1; i >= max(0, len(builds)-limit); i-- {
		row.Builds = append(row.Builds, builds[i].row(rq.now))
	}
	return row
}
