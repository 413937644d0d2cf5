package emulator

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// build is a stored run of a job: its parameters and the plan of its steps. Its progress is
// computed from the clock; nothing runs.
type build struct {
	Record   string              `json:"record"` // 36 characters
	Job      string              `json:"job"`
	Number   int                 `json:"number"`
	Daily    string              `json:"daily"` // 20260302.1
	Start    time.Time           `json:"start"` // when it was asked for
	Stopped  time.Time           `json:"stopped,omitzero"`
	User     string              `json:"user"`
	UserID   string              `json:"user_id"`
	Params   []wire.RunParameter `json:"params,omitempty"` // sensitive values masked
	Steps    []buildStep         `json:"steps"`
	Repo     string              `json:"repo,omitempty"`
	RepoID   string              `json:"repo_id,omitempty"`
	Branch   string              `json:"branch,omitempty"`
	Tag      string              `json:"tag,omitempty"`
	Commit   string              `json:"commit,omitempty"`
	Config   string              `json:"config"` // ACTION or YAML
	Octopus  string              `json:"octopus"`
	Checkout bool                `json:"checkout"` // the first step gets the code
}

// buildStep is one step as planned.
type buildStep struct {
	Name    string        `json:"name"`
	Module  string        `json:"module"`
	Command string        `json:"command,omitempty"`
	Took    time.Duration `json:"took"`
	Fails   bool          `json:"fails,omitempty"`
}

// queueTime is how long a build waits for an executor.
const queueTime = time.Second

// Results of a build, as the record prints them.
const (
	resultQueued  = "QUEUED"
	resultRunning = "RUNNING"
	resultSuccess = "SUCCESS"
	resultFailure = "FAILURE"
	resultAborted = "ABORTED"
)

func (b *build) key() string { return fmt.Sprintf("%s/%08d", b.Job, b.Number) }

// progress is the state of a build at one time.
type progress struct {
	result   string
	started  time.Time // zero while queued
	finished time.Time // zero while it runs
	steps    []stepProgress
}

// stepProgress is the state of one step: "", running, success or error.
type stepProgress struct {
	status string
	begin  time.Time
	took   time.Duration
}

func (p progress) ended() bool { return !p.finished.IsZero() }

// began returns the start that histories show: that of the record, from which its duration counts. While
// the build is queued it is the time when it was asked for.
func (p progress) began(b *build) time.Time {
	if p.started.IsZero() {
		return b.Start
	}
	return p.started
}

// duration returns how long the build has run, without the queue.
func (p progress) duration(now time.Time) time.Duration {
	switch {
	case p.started.IsZero():
		return 0
	case p.ended():
		return p.finished.Sub(p.started)
	}
	return now.Sub(p.started)
}

// at computes a build's progress at a time.
func (b *build) at(now time.Time) progress {
	stopped := !b.Stopped.IsZero() && !b.Stopped.After(now)
	if stopped {
		now = b.Stopped
	}
	p := progress{result: resultQueued, steps: make([]stepProgress, len(b.Steps))}
	at := b.Start.Add(queueTime)
	if !now.Before(at) {
		p.result, p.started = resultRunning, at
		at = p.run(b.Steps, at, now)
	}
	if p.result == resultSuccess || p.result == resultFailure {
		p.finished = at
	} else if stopped {
		p.result, p.finished = resultAborted, now
		for i := range p.steps {
			if p.steps[i].status == "running" {
				p.steps[i].status = "error" // the reference has no word for a step that was stopped
			}
		}
	}
	return p
}

// run walks the steps from a start until now and returns when they ended.
func (p *progress) run(steps []buildStep, at, now time.Time) time.Time {
	for i, step := range steps {
		end := at.Add(step.Took)
		p.steps[i].begin = at
		if now.Before(end) {
			p.steps[i].status, p.steps[i].took = "running", now.Sub(at)
			return now
		}
		p.steps[i].status, p.steps[i].took = "success", step.Took
		at = end
		if step.Fails {
			p.steps[i].status, p.result = "error", resultFailure
			return at
		}
	}
	p.result = resultSuccess
	return at
}

// head returns the commit that a build took: the one that it was started with, or else one made up from
// the branch. A job without a code source has none.
func (b *build) head() string {
	if b.Commit != "" || b.Repo == "" {
		return b.Commit
	}
	sum := sha256.Sum256([]byte(b.Repo + "\n" + b.Branch + "\n" + b.Tag))
	return hex.EncodeToString(sum[:20])
}

// newBuild plans a run of a job.
func (rq *request) newBuild(j *job, body *jsontree.Value) (*build, error) {
	number := j.Builds + 1
	id := rq.e.opts.ID()
	b := &build{
		Record: recordID(id), Job: j.ID, Number: number, Start: rq.now, Daily: rq.dailyNumber(j),
		User: rq.user.Name, UserID: rq.user.ID, Octopus: "j_" + id[len(id)-8:],
		Config: cmp.Or(body.Str("build_config_type"), "ACTION"),
		Tag:    rq.body.Get("scm").Str("build_tag"), Commit: rq.body.Get("scm").Str("build_commit_id"),
	}
	var err error
	if b.Params, err = runParameters(body, rq.body); err != nil {
		return nil, err
	}
	if scms := body.Get("scms").Items(); len(scms) > 0 {
		b.Checkout = true
		b.Repo, b.RepoID, b.Branch = j.Repo, scms[0].Str("repo_id"), b.expand(scms[0].Str("branch"))
		b.Steps = append(b.Steps, buildStep{Name: "Code checkout", Took: rq.e.opts.StepTime})
	}
	for i, step := range body.Get("steps").Items() {
		if enabled, given := step.Get("enable").AsBool(); given && !enabled {
			continue
		}
		command := step.Get("properties").Str("command")
		b.Steps = append(b.Steps, buildStep{
			Name: step.Str("name"), Module: step.Str("module_id"), Command: command,
			Took: rq.e.opts.StepTime + time.Duration(i%3)*rq.e.opts.StepTime/4, Fails: exitsWithOne(command),
		})
	}
	return b, nil
}

// exitsWithOne reports whether a script has a line that is "exit 1".
func exitsWithOne(command string) bool {
	return slices.ContainsFunc(strings.Split(command, "\n"), func(line string) bool {
		return strings.TrimSpace(line) == "exit 1"
	})
}

// dailyNumber counts a job's builds of one day, in the service's time zone.
func (rq *request) dailyNumber(j *job) string {
	day, n := rq.now.In(wire.ServiceZone).Format("20060102"), 1
	for _, b := range rq.state().builds[j.ID] {
		if b.Start.In(wire.ServiceZone).Format("20060102") == day {
			n++
		}
	}
	return fmt.Sprintf("%s.%d", day, n)
}

// expand replaces ${name} by the values of the build's parameters.
func (b *build) expand(text string) string {
	for _, p := range b.Params {
		text = strings.ReplaceAll(text, "${"+p.Name+"}", p.Value)
	}
	return text
}

// runParameters returns a job's defaults, overridden by those of a run. Values of an enumeration
// must be among its options.
func runParameters(body, run *jsontree.Value) ([]wire.RunParameter, error) {
	given := map[string]string{}
	var order []string
	for _, p := range run.Get("parameter").Items() {
		given[p.Str("name")] = p.Str("value")
		order = append(order, p.Str("name"))
	}
	var list []wire.RunParameter
	for _, definition := range body.Get("parameters").Items() {
		name, value := paramField(definition, "name"), paramField(definition, "defaultValue")
		if run, ok := given[name]; ok {
			if !allowed(definition, run) {
				return nil, invalid("parameter %s: %q is not one of its options.", name, run)
			}
			value = run
			delete(given, name)
		}
		if sensitive(definition) {
			value = secretMask
		}
		list = append(list, wire.RunParameter{Name: name, Value: value})
	}
	for _, name := range order {
		if value, unknown := given[name]; unknown {
			list = append(list, wire.RunParameter{Name: name, Value: value})
			delete(given, name)
		}
	}
	return list, nil
}

// allowed reports whether an enumeration offers a value; others take any.
func allowed(definition *jsontree.Value, value string) bool {
	options := param(definition, "defaultValue").Get("limits").Items()
	if len(options) == 0 {
		return true
	}
	return slices.ContainsFunc(options, func(o *jsontree.Value) bool {
		return o.Str("name") == value && o.Str("disable") != "1"
	})
}
