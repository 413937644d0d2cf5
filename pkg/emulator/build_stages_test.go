package emulator_test

import (
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestStagesOfABuild checks the newer calls about a build: a start by a push, the compiled script,
// and the stages.
func TestStagesOfABuild(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{Now: fixedClock, StepTime: time.Second})
	id := c.good("POST", "/v1/job/create", strings.Replace(jobBody("a"), `"steps":[]`, `"steps":[{"module_id":"devcloud2018.codeci_action_20017.action","name":"Shell: all","properties":{"command":"echo \"a\"\nmake"}}]`, 1)).Get("result").Str("job_id")
	const commit = "0123456789abcdef0123456789abcdef01234567"
	push := `{"event_type":"push","job_id":"` + id + `","ref":"refs/heads/main","after":"` + commit + `","commits":[],"repository":{}}`
	if run := c.good("POST", "/v1/job/"+id+"/auto-execute", push).Get("result"); run.Str("actual_build_number") != "1" {
		t.Fatalf("auto-execute = %s", run.AppendJSON(nil))
	}
	for name, body := range map[string]string{
		"no event": `{"ref":"x"}`, "another event": `{"event_type":"tag"}`, "another job": `{"event_type":"push","job_id":"x"}`, "no list": `{"event_type":"push","commits":{}}`,
	} {
		if r := c.call("POST", "/v1/job/"+id+"/auto-execute", body); r.status != 400 {
			t.Errorf("%s: status %d", name, r.status)
		}
	}
	record := c.good("GET", "/v1/record/"+id+"/1/record-info", "").Get("result")
	if record.Str("commit") != commit {
		t.Errorf("the build is of commit %q", record.Str("commit"))
	}
	var script struct {
		Timeout struct {
			Limit int    `yaml:"limit"`
			Unit  string `yaml:"unit"`
		} `yaml:"timeout"`
		Stages []struct {
			Name string            `yaml:"name"`
			Meta map[string]string `yaml:"meta"`
		} `yaml:"stages"`
	}
	text := c.good("GET", "/v1/record/"+record.Str("id")+"/build-script", "").Str("result")
	if err := yaml.Unmarshal([]byte(text), &script); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	if script.Timeout.Unit != "minute" || script.Timeout.Limit == 0 || len(script.Stages) == 0 {
		t.Errorf("script:\n%s", text)
	}
	if last := script.Stages[len(script.Stages)-1]; last.Meta["uuid"] != "20017" {
		t.Errorf("the stage %s has the module number %q", last.Name, last.Meta["uuid"])
	}
	stages := c.good("GET", "/v1/record/"+record.Str("id")+"/full-stages?cascade=true", "").Get("result").Get("build_stages")
	if stages.Len() != len(script.Stages) || stages.Get("1").Str("display_name") != script.Stages[0].Name || stages.Get("1").Str("pending_duration") != "1000" {
		t.Errorf("stages = %s", stages.AppendJSON(nil))
	}
	missing := strings.Repeat("0", 36)
	for _, path := range []string{"/v1/record/" + missing + "/build-script", "/v1/record/" + missing + "/full-stages"} {
		if r := c.call("GET", path, ""); r.status != 403 || r.code() != "CB.00031059" {
			t.Errorf("%s: %d %s", path, r.status, r.code())
		}
	}
}
