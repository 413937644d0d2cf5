package emulator

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Three newer calls about builds that the API reference lacks. Their members are those of the
// vendor's OpenAPI files and pages; what an answer holds beyond them is not documented.

// moduleNumber finds the number in a step module's id.
var moduleNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`_action_([0-9]+)\.`) })

// buildScript serves GET /v1/record/{record_id}/build-script: the compiled script of a build, a YAML
// text.
func buildScript(rq *request) (*answer, error) {
	b, err := rq.buildByRecord("record_id")
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	out.WriteString("timeout:\n  limit: 240\n  unit: \"minute\"\nstages:")
	if len(b.Steps) == 0 {
		out.WriteString(" []")
	}
	out.WriteString("\n")
	for _, step := range b.Steps {
		number := "20040" // of the checkout
		if found := moduleNumber().FindStringSubmatch(step.Module); found != nil {
			number = found[1]
		}
		fmt.Fprintf(&out, "  - name: %s\n    meta:\n      uuid: %q\n    preCondition: \"SUCCESS\"\n",
			str(step.Name).AppendJSON(nil), number) // JSON texts are YAML texts
		if step.Command != "" {
			fmt.Fprintf(&out, "    script: %s\n", str(step.Command).AppendJSON(nil))
		}
	}
	return rq.success(str(out.String()))
}

// fullStages serves GET /v1/record/{record_id}/full-stages: when each stage of a build waited and ran.
func fullStages(rq *request) (*answer, error) {
	b, err := rq.buildByRecord("record_id")
	if err != nil {
		return nil, err
	}
	p := b.at(rq.now)
	created := str(b.Start.UTC().Format(recordTime))
	stages := jsontree.Object()
	for i, step := range b.Steps {
		status, code := "waiting", 0 // the words and numbers are a guess
		began, ended := p.steps[i].begin, p.steps[i].begin.Add(p.steps[i].took)
		switch p.steps[i].status {
		case "success":
			status, code = "success", 1
		case "error":
			status, code = "error", 2
		case "running":
			status, ended = "running", time.Time{}
		}
		took := jsontree.Int(p.steps[i].took.Milliseconds())
		pending := jsontree.Int(0)
		if i == 0 {
			pending = jsontree.Int(queueTime.Milliseconds())
		}
		number := strconv.Itoa(i + 1)
		stage := obj(
			"id", str(b.Record[:len(b.Record)-len(number)]+number), "status", str(status), "status_code", num(code), "log_status", str(status),
			"create_time", created.Clone(), "schedule_time", created.Clone(), "queued_time", created.Clone(),
			"duration", took, "build_duration", took.Clone(), "pending_duration", pending, "build_record_id", str(b.Record),
			"execution_id", str(b.Octopus), "execution_stage_name", str(step.Name), "display_name", str(step.Name),
			"node_id", num(i+1), "sequence", num(i+1),
		)
		if !began.IsZero() {
			stage.Set("start_time", str(began.UTC().Format(recordTime)))
		}
		if !ended.IsZero() {
			stage.Set("finish_time", str(ended.UTC().Format(recordTime)))
		}
		stages.Set(number, stage)
	}
	return rq.success(obj("build_stages", stages))
}

// autoExecute serves POST /v1/job/{job_id}/auto-execute: a build that a push starts. The body is that
// of a webhook. What it answers is not documented; here it is what a start answers.
func autoExecute(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	c := &checker{}
	event := c.need("", rq.body, "event_type", jsontree.KindString).Text()
	c.may("", rq.body, jsontree.KindString, "job_id", "ref", "before", "after")
	c.may("", rq.body, jsontree.KindArray, "commits")
	c.may("", rq.body, jsontree.KindObject, "repository")
	if event != "push" && event != "push_events" {
		c.fail("event_type must be push or push_events")
	}
	if id := rq.body.Str("job_id"); id != "" && id != j.ID {
		c.fail("job_id must be that of the path")
	}
	if c.err != nil {
		return nil, c.err
	}
	scm := jsontree.Object()
	if commit := rq.body.Str("after"); commit != "" {
		scm.Set("build_commit_id", str(commit))
	}
	rq.body = obj("job_id", str(j.ID), "scm", scm)
	return runJobWrapped(rq)
}
