package emulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// TestStartsOfAPush checks the newer call that starts a build by the body of a webhook.
func TestStartsOfAPush(t *testing.T) {
	t.Parallel()
	c := startBuilds(t, "default")
	id := c.buildable("a", "true")
	push := func(event, commit string) string {
		return `{"event_type":"` + event + `","job_id":"` + id + `","ref":"refs/heads/main","before":"b","after":"` + commit + `","commits":[],"repository":{}}`
	}
	for i, event := range []string{"push", "push_events"} {
		commit, number := strings.Repeat(fmt.Sprint(i), 40), fmt.Sprint(i+1)
		if run := c.good("POST", "/v1/job/"+id+"/auto-execute", push(event, commit)).Get("result"); run.Str("actual_build_number") != number {
			t.Errorf("%s: auto-execute = %s", event, run.AppendJSON(nil))
		}
		if record := c.good("GET", "/v1/record/"+id+"/"+number+"/record-info", "").Get("result"); record.Str("commit") != commit {
			t.Errorf("%s: the build is of commit %q", event, record.Str("commit"))
		}
	}
	for name, body := range map[string]string{
		"no event": `{"ref":"x"}`, "another event": push("tag", "c"), "another job": `{"event_type":"push","job_id":"x"}`,
		"no list": `{"event_type":"push","commits":{}}`, "no object": `{"event_type":"push","repository":[]}`, "no text": `{"event_type":"push","ref":1}`,
	} {
		if r := c.call("POST", "/v1/job/"+id+"/auto-execute", body); r.status != 400 {
			t.Errorf("%s: status %d", name, r.status)
		}
	}
}

// TestScriptOfABuild checks the newer call that shows the compiled script of a build.
func TestScriptOfABuild(t *testing.T) {
	t.Parallel()
	c := startBuilds(t, "default")
	id := c.buildable("a", `echo \"a\"`)
	c.run(id)
	record := c.good("GET", "/v4/jobs/"+id+"/1/record-info", "").Get("result").Str("id")
	text := c.good("GET", "/v1/record/"+record+"/build-script", "").Str("result")
	type stage struct {
		Name         string            `yaml:"name"`
		Meta         map[string]string `yaml:"meta"`
		PreCondition string            `yaml:"preCondition"`
		Script       string            `yaml:"script"`
	}
	var script struct {
		Timeout struct {
			Limit int    `yaml:"limit"`
			Unit  string `yaml:"unit"`
		} `yaml:"timeout"`
		Stages []stage `yaml:"stages"`
	}
	if err := yaml.Unmarshal([]byte(text), &script); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	if script.Timeout.Unit != "minute" || script.Timeout.Limit != 240 {
		t.Errorf("the time limit is %+v", script.Timeout)
	}
	var got []string
	for _, s := range script.Stages {
		got = append(got, fmt.Sprintf("%s, module %s, %s: %q", s.Name, s.Meta["uuid"], s.PreCondition, s.Script))
	}
	want := []string{`Code checkout, module 20040, SUCCESS: ""`, `Run Shell, module 20017, SUCCESS: "make\necho \"a\""`, `Upload, module 20018, SUCCESS: ""`}
	if !slices.Equal(got, want) {
		t.Errorf("stages\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestStagesOfABuild checks the newer call that says when each stage of a build waited and ran.
func TestStagesOfABuild(t *testing.T) {
	t.Parallel()
	// queue 1 s, checkout 4 s, shell 4 s, upload 5 s
	tests := []struct {
		name, line string
		after      time.Duration
		stop       bool
		want       [3]string // status and code, pending and run in ms, start and finish
	}{
		{"queued", "true", 0, false, [3]string{"waiting 0 1000 0", "waiting 0 0 0", "waiting 0 0 0"}},
		{"first", "true", 3 * time.Second, false, [3]string{"running 0 1000 2000 :01", "waiting 0 0 0", "waiting 0 0 0"}},
		{"second", "true", 7 * time.Second, false, [3]string{"success 1 1000 4000 :01 :05", "running 0 0 2000 :05", "waiting 0 0 0"}},
		{"done", "true", time.Minute, false, [3]string{"success 1 1000 4000 :01 :05", "success 1 0 4000 :05 :09", "success 1 0 5000 :09 :14"}},
		{"failed", "exit 1", time.Minute, false, [3]string{"success 1 1000 4000 :01 :05", "error 2 0 4000 :05 :09", "waiting 0 0 0"}},
		{"stopped", "true", 7 * time.Second, true, [3]string{"success 1 1000 4000 :01 :05", "error 2 0 2000 :05 :07", "waiting 0 0 0"}},
	}
	c := startBuilds(t, "default")
	for _, test := range tests {
		id := c.buildable(test.name, test.line)
		created := c.srv.Now()
		c.run(id)
		c.srv.Advance(test.after)
		if test.stop {
			c.good("POST", "/v3/jobs/"+id+"/1/stop", "{}")
			c.srv.Advance(time.Minute)
		}
		record := c.good("GET", "/v4/jobs/"+id+"/1/record-info", "").Get("result").Str("id")
		stages := c.good("GET", "/v1/record/"+record+"/full-stages?cascade=true", "").Get("result").Get("build_stages")
		for i, want := range test.want {
			s := stages.Get(fmt.Sprint(i + 1))
			got := strings.Join([]string{s.Str("status"), s.Str("status_code"), s.Str("pending_duration"), s.Str("build_duration")}, " ")
			for _, key := range []string{"start_time", "finish_time"} {
				if at, err := time.Parse("2006-01-02T15:04:05.000-07:00", s.Str(key)); err == nil {
					got += fmt.Sprintf(" :%02.0f", at.Sub(created).Seconds())
				}
			}
			if got != want || s.Str("duration") != s.Str("build_duration") || s.Str("display_name") != []string{"Code checkout", "Run Shell", "Upload"}[i] {
				t.Errorf("%s: stage %d is %q, want %q: %s", test.name, i+1, got, want, s.AppendJSON(nil))
			}
		}
	}
	missing := strings.Repeat("0", 36)
	for _, path := range []string{"/v1/record/" + missing + "/build-script", "/v1/record/" + missing + "/full-stages"} {
		if r := c.call("GET", path, ""); r.status != 403 || r.code() != "CB.00031059" {
			t.Errorf("%s: %d %s", path, r.status, r.code())
		}
	}
}
