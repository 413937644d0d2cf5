package main

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// strangeBody returns a job that the service stores and lint calls wrong in many ways.
func strangeBody(t *testing.T, name, script string) emulator.SeedJob {
	t.Helper()
	text, err := jsontree.Parse([]byte(`{"job_name": "`+name+`", "project_id": "6ecbc5bac7c8442fb3d2563d53c13582", "arch": "x86-64",
		"scms": [{"url": "https://example.com/a/b/tree/main", "scm_type": "git", "branch": "refs/heads/main", "depth": "all"}],
		"parameters": [{"name": "hudson.model.StringParameterDefinition", "params": [{"name": "name", "value": "target"}, {"name": "type", "value": "customizeparam"},
			{"name": "defaultValue", "value": "gone", "limits": [{"disable": "0", "name": "a", "display_name": "a"}, {"disable": "0", "name": "a", "display_name": "a"}]}]}],
		"triggers": [{"name": "hudson.triggers.TimerTrigger", "parameters": [{"name": "spec", "value": "61 2 * * *"}, {"name": "timeZoneId", "value": "Mars/Olympus"}]}],
		"steps": [{"module_id": "devcloud2018.codeci_action_20017.action", "name": "Broken", "properties": {"command": "if true; then \n  make\n", "image": "shell4.2.46-git1.8.3-zip6.00"}}]}`), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if script != "" {
		text.Get("steps").Items()[0].Get("properties").Set("command", jsontree.String(script))
	}
	return emulator.SeedJob{Body: text}
}

// TestExportPassesLint checks that a live value is not an error of lint after an export, in any style
// of workspace. A comment beside the value suppresses it, and nothing else is suppressed.
func TestExportPassesLint(t *testing.T) {
	t.Parallel()
	const head = "version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\n"
	long := strings.Repeat("make # a long script\n", 4000) + "if true; then\n"
	for _, c := range []struct {
		name, definitions string
		script            string
		args              []string
		left              string // a rule that is still found
	}{
		{name: "new files"},
		{name: "factored", args: []string{"--factor"}},
		{name: "a script in a file of its own", script: long},
		{name: "a script that no block can hold", script: "if true; then\x01\n  make\n"},
		{name: "into flow style", args: []string{"--force"}, definitions: "version: 1\njobs: [{name: one, arch: arm, steps: []}]\n"},
		{name: "into block style", args: []string{"--force"}, definitions: "version: 1\n# all of ours\njobs:\n  # about one\n  - name: one # beside\n    arch: arm\n    steps: []\n"},
		{name: "into CRLF files", args: []string{"--force"}, definitions: "version: 1\r\n# all of ours\r\njobs:\r\n  - name: one # beside\r\n    arch: arm\r\n    steps: []\r\n"},
		{name: "into CRLF files in flow style", args: []string{"--force"}, definitions: "jobs: [{steps: [], arch: arm, name: one}]\r\nversion: 1\r\n"},
		{name: "into keys in another order", args: []string{"--force"}, definitions: "version: 1\njobs:\n- steps: [ ]\n  # about the arch\n  arch: arm\n  name:   one\n"},
		{name: "a token stays an error", script: "curl -H 'PRIVATE-TOKEN: glpat-" + "Xk29fLq8ZmR4tWv7Yb3n" + "' https://example.com\n", left: "secret-literal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := &estate{dir: t.TempDir()}
			e.Emulator = serveEstate(t, emulator.Seed{Bodies: []emulator.SeedJob{strangeBody(t, "one", c.script), strangeBody(t, "two", c.script)}}, &e.env)
			e.write(t, "buildsync.yaml", head)
			if c.definitions != "" {
				e.write(t, "definitions/a.yaml", c.definitions)
			}
			got := e.run(t, exitDone, append([]string{"export", "--verify"}, c.args...), "2 of 2 exact")
			if !strings.Contains(got.stderr, "live value") {
				t.Errorf("nothing is said: %s", got.stderr)
			}
			e.run(t, exitDone, []string{"plan", "--detailed-exitcode"})
			e.run(t, exitDone, []string{"fmt", "--check"})
			want := exitDone
			if c.left != "" {
				want = exitDifferent
			}
			lint := e.run(t, want, []string{"lint", "--fail-on", "error"})
			if all := lint.stdout + lint.stderr; strings.Contains(all, "unused-suppression") || c.left != "" && !strings.Contains(all, c.left) {
				t.Errorf("lint says %s", all)
			}
			if again := e.run(t, exitDone, append([]string{"export", "--verify"}, c.args...), "2 of 2 exact"); strings.Contains(again.stderr, "would be errors") {
				t.Errorf("a second run suppresses more: %s", again.stderr)
			}
		})
	}
}
