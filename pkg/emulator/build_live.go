package emulator

import (
	"math"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Two v3 calls of the vendor's SDK that the API reference lacks. Their form and meaning follow the
// SDK.

// defaultChunk is how much of a log one call returns by default. The SDK does not document the unit
// of its offsets; here it is bytes.
const defaultChunk = 1_000_000

// liveLog serves GET /v3/jobs/{job_id}/{build_no}/real-time-log: the log so far, from an offset.
func liveLog(rq *request) (*answer, error) {
	_, b, err := rq.buildOf("build_no")
	if err != nil {
		return nil, err
	}
	offset, err := rq.intQuery("offset", true, 0, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	length := defaultChunk
	if rq.hasQuery("length") {
		if length, err = rq.intQuery("length", true, utf8.UTFMax, math.MaxInt32); err != nil {
			return nil, err
		}
	}
	text := b.logText(rq.now, "", false)
	from := wholeRune(text, min(offset, len(text)))
	to := wholeRune(text, min(from+length, len(text)))
	more := to < len(text) || !b.at(rq.now).ended()
	return rq.success(obj("has_more_data", jsontree.Bool(more), "offset", num(to),
		"content", str(text[from:to]), "current_offset", num(from)))
}

// wholeRune moves a position in text back to the start of a character.
func wholeRune(text string, at int) int {
	for at < len(text) && !utf8.RuneStart(text[at]) {
		at--
	}
	return at
}

// listBuilds serves GET /v3/jobs/{job_id}/build-info-records: the builds of a period, exact to the
// second.
func listBuilds(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	var ends [2]time.Time
	for i, key := range []string{"start_time", "end_time"} {
		if ends[i], err = time.ParseInLocation(time.DateTime, rq.query(key), wire.ServiceZone); err != nil {
			return nil, invalid("%s must be a time as yyyy-MM-dd HH:mm:ss.", key)
		}
	}
	if ends[1].Before(ends[0]) {
		return nil, invalid("end_time must not be before start_time.")
	}
	if ends[1].Sub(ends[0]) > (wire.HistoryDays+1)*24*time.Hour {
		return nil, refuse(http.StatusBadRequest, codeRange, "The time range cannot exceed %d days.", wire.HistoryDays)
	}
	page, err := rq.intQuery("page_index", false, 0, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	size := 10
	if rq.hasQuery("page_size") {
		if size, err = rq.intQuery("page_size", true, 1, wire.MaxPage); err != nil {
			return nil, err
		}
	}
	builds := rq.buildsBetween(j, ends[0], ends[1].Add(time.Second))
	rows := jsontree.Array()
	start, end := window(page, size, 0, len(builds))
	for _, b := range builds[start:end] {
		rows.Append(rq.buildState(b))
	}
	return rq.success(obj("health_score", str(strconv.Itoa(rq.health(j))), "page_index", str(strconv.Itoa(page)),
		"total_page", str(strconv.Itoa((len(builds)+size-1)/size)), "total_record", str(strconv.Itoa(len(builds))),
		"job_build_states", rows))
}

// buildState returns one row of listBuilds.
func (rq *request) buildState(b *build) *jsontree.Value {
	p := b.at(rq.now)
	status := "finished"
	if !p.ended() {
		status = "building"
	}
	took := jsontree.Int(p.duration(rq.now).Milliseconds())
	return obj("number", num(b.Number), "build_time", took, "start_time", jsontree.Int(p.began(b).UnixMilli()),
		"job_running_status", str(status), "state", str(p.result), "user_id", str(b.UserID), "executor", str(b.User),
		"nickname", str(b.User), "daily_build_number", str(b.Daily), "trigger_type", str("MANUAL"), "cost_time", took.Clone(),
		"commit_id", strOrNull(b.head()), "commit_info", obj("commit_id", strOrNull(b.head()), "created_at", jsontree.Null()),
		"build_type", jsontree.Null(), "code_branch", strOrNull(b.Branch), "scm_type", jsontree.Null(),
		"scm_web_url", jsontree.Null(), "commit_detail_url", jsontree.Null())
}
