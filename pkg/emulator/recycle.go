package emulator

import (
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// keepDays is how long the recycle bin reports to keep a job; the emulator keeps it until somebody
// deletes it.
const keepDays = 30

// recycled returns the jobs in the bin, oldest first.
func (s *state) recycled() []*job {
	var list []*job
	for _, jobs := range s.byProject {
		for _, j := range jobs {
			if !j.live() {
				list = append(list, j)
			}
		}
	}
	sortJobs(list)
	return list
}

func listRecycled(rq *request) (*answer, error) {
	page, err := rq.intQuery("page_no", false, 1, 1<<31)
	if err != nil {
		return nil, err
	}
	size, err := rq.intQuery("page_size", rq.hasQuery("page_size"), 1, wire.MaxPage)
	if err != nil {
		return nil, err
	}
	if !rq.hasQuery("page_size") {
		size = 10
	}
	var found []*job
	for _, j := range rq.state().recycled() {
		if strings.Contains(j.Name, rq.query("search")) {
			found = append(found, j)
		}
	}
	rows := jsontree.Array()
	start, end := window(page, size, 1, len(found))
	for _, j := range found[start:end] {
		rows.Append(obj(
			"job_id", str(j.ID), "job_name", str(j.Name), "project_id", str(j.Project), "creator_name", str(j.User),
			"creator_id", str(j.Creator), "create_time", str(j.Created.In(wire.ServiceZone).Format(historyTime)),
			"delete_time", str(j.Deleted.In(wire.ServiceZone).Format(historyTime)),
			"create_time_stamp", str(strconv.FormatInt(j.Created.UnixMilli(), 10)),
			"delete_time_stamp", str(strconv.FormatInt(j.Deleted.UnixMilli(), 10))))
	}
	return rq.success(obj("keep_time", num(keepDays), "total", num(len(found)), "job_list", rows))
}

// chosen returns the jobs of the bin that a body names. If one is not there, it refuses all.
func (rq *request) chosen() ([]*job, error) {
	c := &checker{}
	ids := c.need("", rq.body, "job_ids", jsontree.KindArray)
	if c.err != nil {
		return nil, c.err
	}
	var list []*job
	for _, id := range ids.Items() {
		j := rq.state().jobs[id.Text()]
		if j == nil || j.live() {
			return nil, noJob(id.Text())
		}
		list = append(list, j)
	}
	return list, nil
}

func restoreRecycled(rq *request) (*answer, error) {
	jobs, err := rq.chosen()
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		if err := rq.nameFree(j.Project, j.Name, j.ID); err != nil {
			return nil, err
		}
		next := *j
		next.Deleted, next.Deleter = time.Time{}, ""
		rq.tx.putJob(&next, nil, "RESTORE")
	}
	return rq.success(jsontree.Null())
}

func deleteRecycled(rq *request) (*answer, error) {
	jobs, err := rq.chosen()
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		rq.tx.dropJob(j.ID)
	}
	return ok(obj("status", str("success")))
}

func emptyRecycled(rq *request) (*answer, error) {
	for _, j := range rq.state().recycled() {
		rq.tx.dropJob(j.ID)
	}
	return rq.success(jsontree.Null())
}
