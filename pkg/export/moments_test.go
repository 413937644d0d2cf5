package export_test

import (
	"context"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestMomentsAreNotExported exports what a service shows with a new time at each read. The files
// hold none of these times, and the plan against the next read is empty.
func TestMomentsAreNotExported(t *testing.T) {
	t.Parallel()
	quirks, _ := emulator.Profile("default")
	quirks.MovingFields = true
	seed := emulator.Seed{Bodies: []emulator.SeedJob{{Body: obj("job_name", "job", "arch", "x86-64", "steps", jsontree.Array(
		obj("module_id", "devcloud2018.codeci_action_20017.action", "name", "Build", "properties", obj("command", "make"))))}}}
	s := emulatortest.Start(t, emulator.Options{Seed: seed, Quirks: &quirks})
	api := connect(t, s)
	first := readAll(t, api, emulator.DefaultProject)
	second := readAll(t, api, emulator.DefaultProject)
	if len(first) != 1 || jsontree.Equal(first[0].Body, second[0].Body) {
		t.Fatalf("%d jobs, and nothing moves", len(first))
	}
	planIsEmpty(t, withoutTimes(t, first), second)

	if _, err := api.CreateTemplate(context.Background(), obj("name", "t", "template", obj("steps", jsontree.Array(
		obj("module_id", "devcloud2018.codeci_action_20017.action", "name", "Build", "properties", obj("command", "make")))))); err != nil {
		t.Fatal(err)
	}
	for template, err := range api.Templates(context.Background(), "") {
		if err != nil {
			t.Fatal(err)
		}
		d, err := export.New(export.Options{}).Template(&diff.LiveTemplate{UUID: template.UUID, Name: template.Name, Body: template.Item})
		if err != nil {
			t.Fatal(err)
		}
		if file, _ := d.Source("", "t"); strings.Contains(strings.ToLower(string(file)), "time") {
			t.Errorf("the template's file holds a time:\n%s", file)
		}
	}
}

// TestMomentsAtEveryPlace checks moments in each part of a body, and members that only look like
// one: a setting of a person is exported, and an edit of it is a change.
func TestMomentsAtEveryPlace(t *testing.T) {
	t.Parallel()
	body := func(at, setting string) []*diff.LiveJob {
		return []*diff.LiveJob{{ProjectID: projectID, ID: strings.Repeat("a", 32), Name: "job", Body: obj(
			"job_name", "job", "arch", "x86-64", "updated_at", "2026-11-29T10:00:"+at+"Z", "gmt_modified", "17642000"+at,
			"update_time_zone", setting, "last_update", setting,
			"scms", jsontree.Array(obj("url", "https://example.com/a/b.git", "scm_type", "codehub", "branch", "main", "last_modified", "2026-11-29 10:00:"+at)),
			"parameters", jsontree.Array(obj("name", "hudson.model.StringParameterDefinition", "updateTime", "17642000000"+at, "params", jsontree.Array(
				obj("name", "name", "value", "UPDATE_TIME"), obj("name", "type", "value", "normal"), obj("name", "defaultValue", "value", "1764200000010")))),
			"steps", jsontree.Array(obj("module_id", "devcloud2018.codeci_action_29999.action", "name", "Build", "update_time", "17642000000"+at,
				"properties", obj("command", "make", "stepUpdateTime", "17642000000"+at, "create_time", "weekly", "startTime", "1764200000010"))))}}
	}
	tree := withoutTimes(t, body("10", "daily"))
	planIsEmpty(t, tree, body("20", "daily"))
	all := ""
	for _, text := range tree {
		all += text
	}
	for _, kept := range []string{"update_time_zone: daily", "last_update: daily", "create_time: weekly", "startTime:", "UPDATE_TIME"} {
		if !strings.Contains(all, kept) {
			t.Errorf("a setting is lost: %s\n%s", kept, all)
		}
	}
}

// withoutTimes exports jobs and fails if a file holds a time of the service.
func withoutTimes(t *testing.T, jobs []*diff.LiveJob) map[string]string {
	t.Helper()
	tree := exportedTree(t, jobs)
	for name, text := range tree {
		for _, part := range []string{"stepUpdateTime", "updated_at", "gmt_modified", "last_modified", "updateTime", "update_time:"} {
			if strings.Contains(text, part) {
				t.Errorf("%s holds %s:\n%s", name, part, text)
			}
		}
	}
	return tree
}
