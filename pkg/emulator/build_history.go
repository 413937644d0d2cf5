package emulator

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

const (
	historyTime = "2006-01-02T15:04:05-07:00"
	recordTime  = "2006-01-02T15:04:05.000-07:00"
)

// history serves API reference 4.2: the builds of the last days.
func history(rq *request) (*answer, error) {
	days, err := rq.intQuery("interval", true, 1, wire.HistoryDays)
	if err != nil {
		return nil, err
	}
	today := dayOf(rq.now)
	return rq.historyPage(today.AddDate(0, 0, -days), today.AddDate(0, 0, 1), false)
}

// periodHistory serves API reference 4.1: the builds between two days, both included.
func periodHistory(rq *request) (*answer, error) {
	from, to, err := rq.period()
	if err != nil {
		return nil, err
	}
	return rq.historyPage(from, to, true)
}

func dayOf(t time.Time) time.Time {
	y, m, d := t.In(wire.ServiceZone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, wire.ServiceZone)
}

// period reads start_time and end_time and returns the time from the first up to
// the end of the second.
func (rq *request) period() (from, to time.Time, err error) {
	days := make([]time.Time, 2)
	for i, key := range []string{"start_time", "end_time"} {
		text := rq.query(key)
		if text == "" {
			return from, to, invalid("%s is mandatory.", key)
		}
		if days[i], err = time.ParseInLocation(wire.DateLayout, text, wire.ServiceZone); err != nil {
			return from, to, invalid("%s must be a day as yyyy-MM-dd.", key)
		}
	}
	if days[1].Before(days[0]) {
		return from, to, invalid("end_time must not be before start_time.")
	}
	if days[1].Sub(days[0]) > wire.HistoryDays*24*time.Hour {
		return from, to, refuse(http.StatusBadRequest, codeRange, "The time range cannot exceed %d days.", wire.HistoryDays)
	}
	return days[0], days[1].AddDate(0, 0, 1), nil
}

// buildsBetween returns a job's builds that were asked for in a time, newest first.
func (rq *request) buildsBetween(j *job, from, to time.Time) []*build {
	var list []*build
	builds := rq.state().builds[j.ID]
	for i := len(builds) - 1; i >= 0; i-- {
		if b := builds[i]; !b.Start.Before(from) && b.Start.Before(to) {
			list = append(list, b)
		}
	}
	return list
}

func (rq *request) historyPage(from, to time.Time, full bool) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	page, err := rq.intQuery("offset", true, 0, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	size, err := rq.intQuery("limit", true, 1, wire.MaxPage)
	if err != nil {
		return nil, err
	}
	builds := rq.buildsBetween(j, from, to)
	start, end := window(page, size, 0, len(builds))
	rows := jsontree.Array()
	for _, b := range builds[start:end] {
		rows.Append(rq.historyRow(b, full))
	}
	if rq.e.quirks.OneAsObject && rows.Len() == 1 {
		rows = rows.Items()[0]
	}
	return ok(obj("total", num(len(builds)), "history_records", rows))
}

// historyRow is tables 4-5 and, shorter, 4-15.
func (rq *request) historyRow(b *build, full bool) *jsontree.Value {
	p := b.at(rq.now)
	row := obj("record_id", str(b.Record), "job_id", str(b.Job), "build_number", num(b.Number),
		"start_time", str(p.began(b).In(wire.ServiceZone).Format(historyTime)),
		"end_time", timeOrNull(p.finished.In(wire.ServiceZone), historyTime), "result", str(p.result))
	if full {
		row.Set("branch", strOrNull(b.Branch))
		head, message := b.head(), ""
		if head != "" {
			message = "the change " + head[:min(8, len(head))]
		}
		row.Set("commit_id", strOrNull(head))
		row.Set("commit_message", strOrNull(message))
		row.Set("executor", str(b.User))
		row.Set("trigger_type", str("Manual triggering"))
	}
	return row
}

func timeOrNull(t time.Time, layout string) *jsontree.Value {
	if t.IsZero() {
		return jsontree.Null()
	}
	return str(t.Format(layout))
}

// lastHistory serves API reference 4.7: the last success on a repository.
func lastHistory(rq *request) (*answer, error) {
	project := rq.path("project_id")
	if err := rq.checkProject(project); err != nil {
		return nil, err
	}
	name := rq.query("repository_name")
	if name == "" {
		return nil, invalid("repository_name is mandatory.")
	}
	var last *build
	for _, j := range rq.state().byProject[project] {
		for _, b := range rq.state().builds[j.ID] {
			newer := last == nil || b.Start.After(last.Start)
			if j.live() && b.Repo == name && newer && b.at(rq.now).result == resultSuccess {
				last = b
			}
		}
	}
	if last == nil {
		return nil, refuse(http.StatusForbidden, codeNoHistory, "There is no successful build of the repository %s.", name)
	}
	row := rq.historyRow(last, false)
	row.Set("job_name", str(rq.state().jobs[last.Job].Name))
	row.Set("commit_id", strOrNull(last.head()))
	return ok(row)
}

// historyDetails serves API reference 4.8.
func historyDetails(rq *request) (*answer, error) {
	j, b, err := rq.buildOf("build_number")
	if err != nil {
		return nil, err
	}
	parameters := jsontree.Object()
	for _, p := range b.Params {
		parameters.Set(p.Name, str(p.Value))
	}
	if rq.e.quirks.ParametersAsList {
		parameters = jsontree.Array(parameters)
	}
	steps := jsontree.Array()
	p := b.at(rq.now)
	for i, step := range b.Steps {
		steps.Append(obj("name", str(step.Name), "status", str(p.steps[i].status), "build_time", jsontree.Int(p.steps[i].took.Milliseconds())))
	}
	return ok(obj("job_name", str(j.Name), "build_number", num(b.Number), "project_id", str(j.Project),
		"project_name", str("project-"+j.Project[:6]), "parameters", parameters, "build_steps", steps))
}

// successRatio serves API reference 4.9, over builds that have ended.
func successRatio(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	from, to, err := rq.period()
	if err != nil {
		return nil, err
	}
	good, total := 0, 0
	for _, b := range rq.buildsBetween(j, from, to) {
		p := b.at(rq.now)
		if !p.ended() {
			continue
		}
		total++
		if p.result == resultSuccess {
			good++
		}
	}
	ratio := 0.0
	if total > 0 {
		ratio = math.Round(100*float64(good)/float64(total)) / 100
	}
	return ok(obj("success_count", num(good), "total_count", num(total),
		"success_ratio", jsontree.Number(strconv.FormatFloat(ratio, 'f', -1, 64))))
}
