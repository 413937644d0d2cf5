package emulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// pageStep is a step of a job or template.
type pageStep struct {
	Number               int
	Name, Module, Script string
	Disabled             bool
	Rest                 string // its other properties, as JSON
}

// pageSteps returns the steps of a body, with separate scripts.
func pageSteps(steps *jsontree.Value) []pageStep {
	var list []pageStep
	for i, step := range steps.Items() {
		row := pageStep{Number: i + 1, Name: cmp.Or(step.Str("name"), "(no name)"), Module: step.Str("module_id")}
		enabled, given := step.Get("enable").AsBool()
		row.Disabled = given && !enabled
		rest := jsontree.Object()
		for _, m := range step.Get("properties").Members() {
			if text, isText := m.Value.AsString(); isText && m.Key == "command" {
				row.Script = text
				continue
			}
			rest.Set(m.Key, m.Value)
		}
		if rest.Len() > 0 {
			row.Rest = indented(rest)
		}
		list = append(list, row)
	}
	return list
}

// indented prints a value for people.
func indented(v *jsontree.Value) string {
	var out bytes.Buffer
	compact := v.AppendJSON(nil)
	if err := json.Indent(&out, compact, "", "  "); err != nil {
		return string(compact)
	}
	return out.String()
}

// jobPage shows one job: its steps, builds and stored body.
func (e *Emulator) jobPage(r *http.Request, head *pageHead) any {
	e.mu.RLock()
	defer e.mu.RUnlock()
	j := e.state.jobs[r.PathValue("id")]
	if j == nil {
		return nil
	}
	body, err := e.state.body(j.ID)
	if err != nil {
		return nil
	}
	maskSecrets(body)
	head.Title = j.Name
	rq := &request{e: e, now: head.Now}
	return struct {
		pageHead
		Job   pageJob
		Steps []pageStep
		Body  string
	}{*head, rq.pageJob(j, pageJobBuilds), pageSteps(body.Get("steps")), indented(body)}
}

// pageJobBuilds is how many builds the page of one job shows.
const pageJobBuilds = 100

// row returns a build as a row of a page.
func (b *build) row(now time.Time) pageBuild {
	p := b.at(now)
	return pageBuild{b.Daily, p.result, b.Record, sanitize.Lasted(p.duration(now))}
}

// buildPage shows one build: its steps and its log.
func (e *Emulator) buildPage(r *http.Request, head *pageHead) any {
	e.mu.RLock()
	defer e.mu.RUnlock()
	b := e.state.records[r.PathValue("record")]
	if b == nil || e.state.jobs[b.Job] == nil {
		return nil
	}
	type row struct {
		Name, Status, Took string
	}
	rq := &request{e: e, now: head.Now}
	job := rq.pageJob(e.state.jobs[b.Job], 0)
	head.Title = job.Name + " " + b.Daily
	var steps []row
	p := b.at(head.Now)
	head.Live = head.Live && !p.ended() // what has ended stays
	for i, step := range b.Steps {
		steps = append(steps, row{step.Name, p.steps[i].status, sanitize.Lasted(p.steps[i].took)})
	}
	return struct {
		pageHead
		Job        pageJob
		Build      pageBuild
		BuildSteps []row
		Log        string
	}{*head, job, b.row(head.Now), steps, b.logText(head.Now, "", false)}
}

// templateDetails shows one custom template.
func (e *Emulator) templateDetails(r *http.Request, head *pageHead) any {
	e.mu.RLock()
	defer e.mu.RUnlock()
	t := e.state.templates[r.PathValue("uuid")]
	if t == nil {
		return nil
	}
	body := t.Body.Clone()
	maskSecrets(body)
	head.Title = t.Name
	return struct {
		pageHead
		Name, UUID string
		Steps      []pageStep
		Body       string
	}{*head, t.Name, t.UUID, pageSteps(body.Get("template").Get("steps")), indented(body)}
}

// pageRequest is a request with its body.
type pageRequest struct {
	Call
	Body string
}

// requestsPage shows the last requests that match the filter, newest first.
func (e *Emulator) requestsPage(_ *http.Request, head *pageHead) any {
	var list []pageRequest
	for _, one := range e.recorder.recentCalls() {
		shown := pageRequest{one.call, shownBody(one.call.Op, one.raw)}
		if head.named(shown.Op + " " + shown.Method + " " + shown.Path + " " + shown.Body) {
			list = append(list, shown)
		}
	}
	head.Title = "requests"
	return struct {
		pageHead
		Requests []pageRequest
	}{*head, list}
}

// shownBody returns a request's body for the page. Possible secrets are masked; a body that cannot
// be parsed is not shown.
func shownBody(op string, raw []byte) string {
	if len(bytes.TrimSpace(raw)) == 0 {
		return ""
	}
	body, err := jsontree.Parse(raw, jsontree.Limits{})
	if err != nil || body.Kind() != jsontree.KindObject {
		return "(not a JSON object; not shown)"
	}
	switch op {
	case "CreateJob", "UpdateJob", "CreateTemplate":
		maskSecrets(body)
	case "RunJob": // any parameter may be a private one
		for _, p := range body.Get("parameter").Items() {
			p.Set("value", str(secretMask))
		}
	case "UpdateNotice", "CheckWebhook":
		for _, key := range []string{"param_config", "webhook_url"} {
			if !body.Get(key).IsAbsentOrNull() {
				body.Set(key, str(secretMask))
			}
		}
	case "DisableJob", "DeleteJob", "RecoverJob", "StopBuild", "StopBuildOld", "CreateGroup", "UpdateGroup", "MoveToGroup", "RestoreRecycled", "DeleteRecycled":
	default:
		return "(not shown: it may contain a password)"
	}
	return strings.TrimSpace(indented(body))
}
