package emulator

import (
	"strconv"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// pageCounter counts listing pages, for Quirks.EmptyPages. The emulator's lock
// guards it.
type pageCounter struct{ asked int }

// listJobs serves API reference 4.5.
func listJobs(rq *request) (*answer, error) {
	rows, total, err := jobPage(rq)
	if err != nil {
		return nil, err
	}
	if rq.e.quirks.NoTotal {
		return ok(obj("jobs", rows))
	}
	return ok(obj("total", num(total), "jobs", rows))
}

// jobPage returns the requested page of jobs, and the total.
func jobPage(rq *request) (*jsontree.Value, int, error) {
	project := rq.path("project_id")
	if err := rq.checkProject(project); err != nil {
		return nil, 0, err
	}
	index, err := rq.intQuery("page_index", true, 0, 1<<31)
	if err != nil {
		return nil, 0, err
	}
	size, err := rq.intQuery("page_size", true, 1, wire.MaxPage)
	if err != nil {
		return nil, 0, err
	}
	jobs := rq.e.visible(project, rq.now)
	total := len(jobs)
	start, end := window(index, size, rq.e.quirks.PageBase, total)
	rows := jsontree.Array()
	if !rq.e.emptyPage(project, rq.now) {
		for _, j := range jobs[start:end] {
			rows.Append(rq.jobItem(j))
		}
	}
	if rq.e.quirks.WrongTotal {
		total++
	}
	return rows, total, nil
}

// window returns the rows of a page. A page below the base is the first page.
func window(index, size, base, total int) (start, end int) {
	page := max(index-base, 0)
	if page > total/size {
		return total, total
	}
	return min(page*size, total), min((page+1)*size, total)
}

// visible returns the jobs in the list: creates and deletes younger than the lag do not show.
func (e *Emulator) visible(project string, now time.Time) []*job {
	before := now.Add(-e.quirks.ListLag)
	var jobs []*job
	for _, j := range e.state.byProject[project] {
		created := !j.Created.After(before)
		deleted := !j.live() && !j.Deleted.After(before)
		if created && !deleted {
			jobs = append(jobs, j)
		}
	}
	if e.quirks.NewestFirst {
		for i, k := 0, len(jobs)-1; i < k; i, k = i+1, k-1 {
			jobs[i], jobs[k] = jobs[k], jobs[i]
		}
	}
	return jobs
}

func (e *Emulator) emptyPage(project string, now time.Time) bool {
	if !e.quirks.EmptyPages || !now.Before(e.state.writes[project].Add(e.quirks.ListLag)) {
		return false
	}
	e.pages.asked++
	return e.pages.asked%2 == 0
}

// jobItem returns one row of the list (table 4-40).
func (rq *request) jobItem(j *job) *jsontree.Value {
	yes := jsontree.Bool(true)
	status, finished := rq.lastBuild(j)
	item := obj(
		"id", str(j.ID), "job_name", str(j.Name), "job_creator", str(j.Creator), "user_name", str(j.User),
		"last_build_time", jsontree.Null(), "health_score", num(rq.health(j)), "source_code", str("codeci"),
		"last_build_status", str(status), "is_finished", jsontree.Bool(finished), "disabled", jsontree.Bool(j.Disabled),
		"favorite", jsontree.Bool(false), "is_modify", yes, "is_delete", yes, "is_execute", yes,
		"is_copy", yes, "is_forbidden", yes, "is_view", yes,
	)
	if !j.LastBuild.IsZero() {
		item.Set("last_build_time", jsontree.Int(j.LastBuild.UnixMilli()))
	}
	if rq.e.quirks.NoState {
		item.Delete("disabled")
	}
	if rq.e.quirks.ExtraFields {
		item.Set("build_project_id", str(recordID(j.ID)))
		item.Set("trigger_type", jsontree.Null())
	}
	return item
}

// intQuery reads a number from the query.
func (rq *request) intQuery(name string, mandatory bool, low, high int) (int, error) {
	text := rq.query(name)
	if text == "" {
		if mandatory {
			return 0, invalid("%s is mandatory.", name)
		}
		return low, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, invalid("%s must be a number from %d to %d.", name, low, high)
	}
	return n, nil
}
