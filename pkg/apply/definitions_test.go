package apply_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Definitions as compile would return them.

const projectAlias = "shop"

func definitions(jobs ...*compile.Job) *compile.Result {
	slices.SortFunc(jobs, func(a, b *compile.Job) int { return strings.Compare(a.Address, b.Address) })
	return &compile.Result{Jobs: jobs}
}

// job declares a job with one shell step that runs command.
func job(name, command string, change ...func(*compile.Job)) *compile.Job {
	j := &compile.Job{
		Address: projectAlias + "/job/" + name, Project: projectAlias, ProjectID: emulator.DefaultProject, Name: name,
		Pos: spec.Pos{File: "jobs/" + name + ".yaml", Line: 4, Column: 5},
	}
	j.WithBody(object(
		"arch", "x86-64", "flavor", "2u8g", "host_type", "devcloud",
		"steps", jsontree.Array(step("Build", "devcloud2018.codeci_action_20017.action",
			object("image", "shell4.2.46-git1.8.3-zip6.00", "command", command))),
	))
	for _, f := range change {
		f(j)
	}
	return j
}

func step(name, module string, properties *jsontree.Value) *jsontree.Value {
	return object("module_id", module, "name", name, "properties", properties)
}

// object returns an object of keys and values; texts become JSON strings.
func object(pairs ...any) *jsontree.Value {
	o := jsontree.Object()
	for i := 0; i < len(pairs); i += 2 {
		switch v := pairs[i+1].(type) {
		case string:
			o.Set(pairs[i].(string), jsontree.String(v))
		case bool:
			o.Set(pairs[i].(string), jsontree.Bool(v))
		case *jsontree.Value:
			o.Set(pairs[i].(string), v)
		}
	}
	return o
}

func enabled(on bool) func(*compile.Job) { return func(j *compile.Job) { j.Enabled = &on } }

func notice(channel string, events ...string) func(*compile.Job) {
	return func(j *compile.Job) {
		slices.Sort(events)
		j.Notices = append(j.Notices, compile.Notice{Type: channel, Events: events, Pos: j.Pos})
	}
}

// secret declares a parameter with a secret as its value.
func secret(parameter, name string) func(*compile.Job) {
	return func(j *compile.Job) {
		j.Secrets = append(j.Secrets, compile.SecretUse{Parameter: parameter, Secret: name, Pos: j.Pos})
		list := j.Body().Get("parameters")
		if list == nil {
			list = jsontree.Array()
			j.Body().Set("parameters", list)
		}
		list.Append(parameterOf(parameter, spec.SecretPlaceholder(name), true))
	}
}

func parameterOf(name, value string, sensitive bool) *jsontree.Value {
	params := jsontree.Array()
	for _, pair := range [][2]string{
		{"name", name}, {"type", "normalparam"}, {"defaultValue", value}, {"description", ""}, {"deletion", "false"},
		{"defaults", "false"}, {"staticVar", "false"}, {"sensitiveVar", fmt.Sprint(sensitive)},
	} {
		params.Append(object("name", pair[0], "value", pair[1]))
	}
	return object("name", "hudson.model.StringParameterDefinition", "params", params)
}

// bodyOf returns the body that creates a job, with its secrets.
func bodyOf(j *compile.Job) *jsontree.Value {
	body := object("project_id", j.ProjectID, "job_name", j.Name)
	for _, m := range j.Body().Clone().Members() {
		body.Set(m.Key, m.Value)
	}
	for _, p := range body.Get("parameters").Items() {
		for _, use := range j.Secrets {
			for _, field := range p.Get("params").Items() {
				if field.Str("value") == spec.SecretPlaceholder(use.Secret) {
					field.Set("value", jsontree.String(secretValue(use.Secret)))
				}
			}
		}
	}
	return body
}

// secrets gives each name its own value.
var secrets = everySecret{}

type everySecret struct{}

func (everySecret) Resolve(name string) (string, error) { return secretValue(name), nil }

func secretValue(name string) string { return "canary-" + name + "-4f1c2d9" }

func template(name, command string) *compile.Template {
	return &compile.Template{
		Address: projectAlias + "/template/" + name, Name: name, Pos: spec.Pos{File: "templates/" + name + ".yaml", Line: 3, Column: 5},
		Body: object("name", name, "description", "made by a test", "tool_type", "other",
			"template", object("steps", jsontree.Array(step("Build", "devcloud2018.codeci_action_20017.action", object("command", command))))),
	}
}

func command(t testing.TB, j emulator.TruthJob) string {
	t.Helper()
	steps := j.Body.Get("steps").Items()
	if len(steps) == 0 {
		t.Fatalf("job %s has no steps", j.Name)
	}
	return steps[0].Get("properties").Str("command")
}
