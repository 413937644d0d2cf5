package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"pgregory.net/rapid"
)

const (
	// oneStep is the step of every job of the model, which takes modelStep.
	oneStep   = `{"module_id":"devcloud2018.codeci_action_20017.action","name":"Run","properties":{"command":"true"}}`
	modelStep = time.Hour
	// modelQueue is how long a build waits for an executor.
	modelQueue = time.Second
)

// modelBuild is one build of a job.
type modelBuild struct {
	began   time.Time
	stopped time.Time // zero: it ends by itself
}

// result returns a record's data about a build.
func (b *modelBuild) result(now time.Time) string {
	ends := b.began.Add(modelQueue + modelStep)
	switch {
	case !b.stopped.IsZero():
		return "ABORTED"
	case !now.Before(ends):
		return "SUCCESS"
	case now.Before(b.began.Add(modelQueue)):
		return "QUEUED"
	}
	return "RUNNING"
}

// ended reports whether a build cannot be stopped any more.
func (b *modelBuild) ended(now time.Time) bool {
	result := b.result(now)
	return result == "SUCCESS" || result == "ABORTED"
}

// recent counts the builds that a history of one day shows.
func (m *model) recent(j *modelJob) int {
	zone := time.FixedZone("", 8*60*60)
	y, month, d := m.e.Now().In(zone).Date()
	first := time.Date(y, month, d-1, 0, 0, 0, 0, zone)
	n := 0
	for _, b := range j.builds {
		if !b.began.Before(first) {
			n++
		}
	}
	return n
}

// wait lets time pass: builds begin, and end.
func (m *model) wait(t *rapid.T) {
	m.e.Advance(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour}).Draw(t, "wait"))
}

// stop ends a build in one of the four forms of the call.
func (m *model) stop(t *rapid.T) {
	j := m.pick(t)
	number := rapid.IntRange(1, len(j.builds)+1).Draw(t, "number")
	var r reply
	switch rapid.IntRange(0, 2).Draw(t, "form") {
	case 0:
		r = m.call(t, "POST", fmt.Sprintf("/v3/jobs/%s/%d/stop", j.id, number), "{}")
	case 1:
		r = m.call(t, "POST", "/v3/jobs/stop", fmt.Sprintf(`{"job_id":%q,"build_no":"%d"}`, j.id, number))
	default:
		r = m.call(t, "POST", "/v1/job/"+j.id+"/stop", fmt.Sprintf(`{"build_no":"%d"}`, number))
	}
	switch {
	case j.deleted:
		m.expect(t, "stop", r, true, false)
	case number > len(j.builds):
		if r.status != http.StatusForbidden {
			t.Fatalf("stop of a build that never was: got %d %s", r.status, r.text)
		}
	case j.builds[number-1].ended(m.e.Now()):
		if r.status != http.StatusBadRequest {
			t.Fatalf("stop of a build that has ended: got %d %s", r.status, r.text)
		}
	default:
		if r.status != http.StatusOK || isError(r) {
			t.Fatalf("stop: got %d %s", r.status, r.text)
		}
		j.builds[number-1].stopped = m.e.Now()
	}
}

// checkBuilds compares the record and the log of one build with the model.
func (m *model) checkBuilds(t *rapid.T, j *modelJob) {
	if len(j.builds) == 0 {
		return
	}
	number := rapid.IntRange(1, len(j.builds)).Draw(t, "checked build")
	b, now := j.builds[number-1], m.e.Now()
	record := m.call(t, "GET", fmt.Sprintf("/v4/jobs/%s/%d/record-info", j.id, number), "").body.Get("result")
	if got, want := record.Str("status"), b.result(now); got != want {
		t.Fatalf("build %d of %s is %s, want %s: %s", number, j.name, got, want, record.AppendJSON(nil))
	}
	running := m.call(t, "GET", "/v3/jobs/"+j.id+"/status", "").body.Str("result")
	want := false
	for _, other := range j.builds {
		want = want || !other.ended(now)
	}
	if running != fmt.Sprint(want) {
		t.Fatalf("%s is running: %s, want %t", j.name, running, want)
	}
	log := m.call(t, "GET", "/v4/"+record.Str("id")+"/download-log", "")
	done := strings.Contains(log.text, "SUCCESS") || strings.Contains(log.text, "ABORTED")
	if log.status != http.StatusOK || done != b.ended(now) {
		t.Fatalf("the log of a build that is %s: %d %q", b.result(now), log.status, log.text)
	}
	if other := m.call(t, "GET", "/v4/"+strings.Repeat("f", 32)+"/download-log", ""); other.status == http.StatusOK && !isError(other) {
		t.Fatalf("the log of a build that never was: %d %s", other.status, other.text)
	}
}
