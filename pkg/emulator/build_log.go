package emulator

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
)

// buildByRecord returns the build with the record id in the path.
func (rq *request) buildByRecord(key string) (*build, error) {
	id := rq.path(key)
	if len(id) != 36 {
		return nil, invalid("%s must have 36 characters.", key)
	}
	b := rq.state().records[id]
	if b == nil || rq.state().liveJob(b.Job) == nil {
		return nil, refuse(http.StatusForbidden, codeNoHistory, "The build record %s does not exist.", id)
	}
	return b, nil
}

// downloadLog serves API reference 4.10 and, without levels, 5.1.
func downloadLog(rq *request) (*answer, error) { return rq.log("") }

// downloadStepLog serves API reference 4.11.
func downloadStepLog(rq *request) (*answer, error) {
	name := rq.query("task_name")
	if name == "" {
		return nil, invalid("task_name is mandatory.")
	}
	return rq.log(name)
}

// log answers the log so far of a build or of one of its steps.
func (rq *request) log(step string) (*answer, error) {
	b, err := rq.buildByRecord("record_id")
	if err != nil {
		return nil, err
	}
	level := cmp.Or(rq.query("log_level"), "INFO")
	if level != "INFO" && level != "DEBUG" {
		return nil, invalid("log_level must be INFO or DEBUG.")
	}
	text := b.logText(rq.now, step, level == "DEBUG")
	if step != "" && text == "" {
		return nil, refuse(http.StatusUnprocessableEntity, codeRejected, "The build has no step %s, or it has not begun.", step)
	}
	a, err := download("build-"+strconv.Itoa(b.Number)+".log", []byte(text))
	if err != nil {
		return nil, err
	}
	return rq.ranged(a), nil
}

// logText writes a log: of one step, or of all if step is empty.
func (b *build) logText(now time.Time, step string, debug bool) string {
	p := b.at(now)
	var out strings.Builder
	line := func(at time.Time, level, format string, args ...any) {
		fmt.Fprintf(&out, "[%s] [%s] %s\n", at.In(wire.ServiceZone).Format("2006/01/02 15:04:05.000 -07:00"), level, fmt.Sprintf(format, args...))
	}
	if step == "" {
		line(b.Start, "INFO", "Build %s (number %d) was queued by %s", b.Daily, b.Number, b.User)
		for _, param := range b.Params {
			line(b.Start, "INFO", "Parameter %s=%s", param.Name, param.Value)
		}
	}
	for i, planned := range b.Steps {
		s := p.steps[i]
		if s.status == "" || step != "" && planned.Name != step {
			continue
		}
		line(s.begin, "INFO", "Step %q has begun", planned.Name)
		if debug {
			line(s.begin, "DEBUG", "module %s", planned.Module)
		}
		if b.Checkout && i == 0 {
			line(s.begin, "INFO", "Cloning %s, branch %s", b.Repo, b.Branch)
		}
		if planned.Command != "" {
			for command := range strings.SplitSeq(strings.TrimRight(planned.Command, "\n"), "\n") {
				line(s.begin, "INFO", "+ %s", command)
			}
		}
		switch {
		case s.status == "success":
			line(s.begin.Add(s.took), "INFO", "Step %q has succeeded", planned.Name)
		case s.status == "error" && p.result == resultAborted:
			line(s.begin.Add(s.took), "INFO", "Step %q was stopped", planned.Name)
		case s.status == "error":
			line(s.begin.Add(s.took), "ERROR", "Step %q has failed: exit code 1", planned.Name)
		}
	}
	if step == "" && p.ended() {
		line(p.finished, "INFO", "Build %s has ended: %s", b.Daily, p.result)
	}
	return out.String()
}

// ranged serves the rest of a file if the request has "bytes=N-", so that a broken download can be
// resumed.
func (rq *request) ranged(a *answer) *answer {
	a.header.Set("Accept-Ranges", "bytes")
	text, asked := strings.CutPrefix(rq.http.Header.Get("Range"), "bytes=")
	if !asked {
		return a
	}
	from, err := strconv.Atoi(strings.TrimSuffix(text, "-"))
	if err != nil || !strings.HasSuffix(text, "-") {
		return a // any other form of range may be ignored (RFC 9110, 14.2)
	}
	total := len(a.body)
	if from >= total {
		a.status, a.body = http.StatusRequestedRangeNotSatisfiable, nil
		a.header.Set("Content-Range", fmt.Sprintf("bytes */%d", total))
		return a
	}
	a.status, a.body = http.StatusPartialContent, a.body[from:]
	a.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, total-1, total))
	return a
}
