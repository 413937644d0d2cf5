package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// buildable is a job of a source and two steps; FAIL is a line of the second.
const buildable = `{"project_id":"6ecbc5bac7c8442fb3d2563d53c13582","job_name":"NAME","arch":"x86-64",
"scms":[{"url":"git@h:g/shop.git","scm_type":"codehub","branch":"${codeBranch}"}],
"steps":[{"module_id":"devcloud2018.codeci_action_20017.action","name":"Run Shell","properties":{"command":"make\nFAIL"}},
{"module_id":"devcloud2018.codeci_action_20018.action","name":"Upload","properties":{}}],
"parameters":[{"params":[{"name":"name","value":"codeBranch"},{"name":"defaultValue","value":"master"}]},
{"params":[{"name":"name","value":"KEY"},{"name":"defaultValue","value":"hush"},{"name":"sensitiveVar","value":"true"}]},
{"params":[{"name":"name","value":"TO"},{"name":"defaultValue","value":"dev","limits":[{"name":"dev"},{"name":"prod","disable":"1"}]}]}]}`

func startBuilds(t *testing.T, quirks string) *caller {
	t.Helper()
	q, err := emulator.ParseQuirks(quirks)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, emulator.Options{Now: fixedClock, Quirks: &q, StepTime: 4 * time.Second, TokenLife: 1000 * time.Hour})
}

func (c *caller) buildable(name, line string) string {
	return c.create(strings.NewReplacer("NAME", name, "FAIL", line).Replace(buildable))
}

func (c *caller) run(id string) {
	c.t.Helper()
	c.good("POST", "/v3/jobs/build", `{"job_id":"`+id+`"}`)
}

func TestBuildProceedsWithTheClock(t *testing.T) {
	t.Parallel()
	c := startBuilds(t, "default")
	id := c.buildable("ok", "make test")
	ran := c.good("POST", "/v3/jobs/build", `{"job_id":"`+id+`","parameter":[{"name":"codeBranch","value":"dev"}],"scm":{"build_tag":null,"build_commit_id":"abc"}}`)
	if ran.Str("actual_build_number") != "1" || ran.Str("daily_build_number") != "20260302.1" {
		t.Fatalf("run answered %s", ran.AppendJSON(nil))
	}
	// queue 1 s, checkout 4 s, shell 4 s, upload 5 s
	tests := []struct {
		after                time.Duration
		result, list, status string
		steps                string
	}{
		{0, "QUEUED", "building", "true", " -  - "},
		{time.Second, "RUNNING", "building", "true", "running -  - "},
		{5 * time.Second, "RUNNING", "building", "true", "success - running - "},
		{9 * time.Second, "RUNNING", "building", "true", "success - success - running"},
		{14 * time.Second, "SUCCESS", "blue", "false", "success - success - success"},
		{time.Hour, "SUCCESS", "blue", "false", "success - success - success"},
	}
	at := time.Duration(0)
	for _, test := range tests {
		c.srv.Advance(test.after - at)
		at = test.after
		record := c.good("GET", "/v4/jobs/"+id+"/1/record-info", "").Get("result")
		var steps []string
		for _, s := range c.good("GET", "/v3/jobs/"+id+"/1/history-details", "").Get("build_steps").Items() {
			steps = append(steps, s.Str("status"))
		}
		item := c.good("GET", "/v3/"+emulator.DefaultProject+"/jobs?page_index=0&page_size=10", "").Get("jobs").Items()[0]
		running := c.good("GET", "/v3/jobs/"+id+"/status", "").Str("result")
		if record.Str("status") != test.result || item.Str("last_build_status") != test.list || running != test.status || strings.Join(steps, " - ") != test.steps {
			t.Errorf("after %v: %s, %s, running %s, steps %q", test.after, record.Str("status"), item.Str("last_build_status"), running, strings.Join(steps, " - "))
		}
	}
	record := c.good("GET", "/v4/jobs/"+id+"/1/record-info", "").Get("result")
	for key, want := range map[string]string{
		"duration": "13000", "branch": "dev", "commit": "abc", "build_type": "commitId", "repo_name": "shop",
		"start_time": "2026-03-02T09:30:01.000+00:00", "finish_time": "2026-03-02T09:30:14.000+00:00",
	} {
		if record.Str(key) != want {
			t.Errorf("%s = %q, want %q", key, record.Str(key), want)
		}
	}
	details := c.good("GET", "/v3/jobs/"+id+"/1/history-details", "")
	if p := details.Get("parameters"); p.Str("KEY") != "******" || p.Str("TO") != "dev" || p.Str("codeBranch") != "dev" {
		t.Errorf("parameters = %s", p.AppendJSON(nil))
	}
	output := c.good("GET", "/v3/jobs/"+id+"/1/output-info", "").Get("result")
	if output.Get("package_info").Str("daily_build_number") != "20260302.1" || output.Get("package_infos").Len() != 1 {
		t.Errorf("output = %s", output.AppendJSON(nil))
	}
	last := c.good("GET", "/v3/jobs/"+emulator.DefaultProject+"/last-history?repository_name=shop", "")
	if last.Str("job_name") != "ok" || last.Str("record_id") != record.Str("id") {
		t.Errorf("last-history = %s", last.AppendJSON(nil))
	}
}

func TestNumbersOfBuildsAgree(t *testing.T) {
	t.Parallel()
	c := startBuilds(t, "default")
	good, bad := c.buildable("good", "true"), c.buildable("bad", "  exit 1  ")
	for _, id := range []string{good, bad, bad} {
		c.run(id)
		c.srv.Advance(time.Minute)
	}
	c.run(good)
	c.good("POST", "/v3/jobs/"+good+"/2/stop", "{}")
	c.srv.Advance(24 * time.Hour)
	c.run(good)
	c.srv.Advance(time.Minute)

	period := "start_time=2026-03-02&end_time=2026-03-03"
	ratio := c.good("GET", "/v3/jobs/"+good+"/success-ratio?"+period, "")
	if got := string(ratio.AppendJSON(nil)); got != `{"success_count":2,"total_count":3,"success_ratio":0.67}` {
		t.Errorf("ratio = %s", got)
	}
	full := c.good("GET", "/v3/jobs/"+good+"/period-history?"+period+"&offset=0&limit=2", "")
	if full.Str("total") != "3" || full.Get("history_records").Len() != 2 {
		t.Fatalf("period-history = %s", full.AppendJSON(nil))
	}
	short := c.good("GET", "/v3/jobs/"+good+"/history?interval=1&offset=1&limit=2", "")
	if short.Str("total") != "3" || short.Get("history_records").Len() != 1 {
		t.Errorf("second page of history = %s", short.AppendJSON(nil))
	}
	var results []string
	for _, r := range full.Get("history_records").Items() {
		results = append(results, r.Str("build_number")+" "+r.Str("result"))
		record := c.good("GET", fmt.Sprintf("/v4/jobs/%s/%s/record-info", good, r.Str("build_number")), "").Get("result")
		if record.Str("id") != r.Str("record_id") || record.Str("status") != r.Str("result") {
			t.Errorf("history and record disagree: %s %s", r.AppendJSON(nil), record.AppendJSON(nil))
		}
		began, err := time.Parse(time.RFC3339, r.Str("start_time"))
		ended, err2 := time.Parse(time.RFC3339, r.Str("end_time"))
		if took := ended.Sub(began).Milliseconds(); record.Str("status") == "SUCCESS" && record.Str("duration") != fmt.Sprint(took) || err != nil || err2 != nil {
			t.Errorf("the history says %d ms, the record %s: %s", took, record.Str("duration"), r.AppendJSON(nil))
		}
	}
	if got := strings.Join(results, ", "); got != "3 SUCCESS, 2 ABORTED" {
		t.Errorf("results, newest first = %s", got)
	}
	if got := c.good("GET", "/v4/jobs/"+good+"/3/record-info", "").Get("result").Str("daily_build_num"); got != "20260303.1" {
		t.Errorf("the daily number must start at 1 again: %s", got)
	}
	failed := c.good("GET", "/v4/jobs/"+bad+"/2/record-info", "").Get("result")
	if failed.Str("status") != "FAILURE" || !strings.Contains(failed.Str("err_msg"), "Run Shell") || failed.Str("daily_build_num") != "20260302.2" {
		t.Errorf("a failed build = %s", failed.AppendJSON(nil))
	}
	items := c.good("GET", "/v3/"+emulator.DefaultProject+"/jobs?page_index=0&page_size=10", "").Get("jobs").Items()
	if items[0].Str("health_score") != "66" || items[1].Str("last_build_status") != "red" || items[1].Str("health_score") != "0" {
		t.Errorf("list = %s %s", items[0].AppendJSON(nil), items[1].AppendJSON(nil))
	}
}

func TestStoppingABuild(t *testing.T) {
	t.Parallel()
	c := startBuilds(t, "default")
	id := c.buildable("a", "true")
	c.run(id)
	c.srv.Advance(2 * time.Second)
	if r := c.good("POST", "/v3/jobs/"+id+"/1/stop", "{}"); r.Str("success") != "true" {
		t.Errorf("stop = %s", r.AppendJSON(nil))
	}
	if r := c.call("POST", "/v3/jobs/"+id+"/1/stop", "{}"); r.code() != "DEV.CB.032302" {
		t.Errorf("second stop = %d %s", r.status, r.text)
	}
	steps := c.good("GET", "/v3/jobs/"+id+"/1/history-details", "").Get("build_steps").Items()
	record := c.good("GET", "/v4/jobs/"+id+"/1/record-info", "").Get("result")
	log := c.call("GET", "/v4/"+record.Str("id")+"/download-log", "").text
	if steps[0].Str("status") != "error" || steps[0].Str("build_time") != "1000" || steps[1].Str("status") != "" || record.Str("err_msg") != "" || !strings.Contains(log, `Step "Code checkout" was stopped`) {
		t.Errorf("a stopped build: %s, err_msg %q\n%s", steps[0].AppendJSON(nil), record.Str("err_msg"), log)
	}
	c.run(id)
	if r := c.good("POST", "/v3/jobs/stop", `{"job_id":"`+id+`","build_no":"2"}`); r.Str("result") != "true" {
		t.Errorf("old stop = %s", r.AppendJSON(nil))
	}
	c.good("POST", "/v3/jobs/"+id+"/disable", "{}")
	if r := c.call("POST", "/v3/jobs/build", `{"job_id":"`+id+`"}`); r.status != 422 {
		t.Errorf("running a disabled job = %d %s", r.status, r.text)
	}
	c.good("POST", "/v3/jobs/"+id+"/recover", "{}")
	if r := c.call("POST", "/v3/jobs/build", `{"job_id":"`+id+`","parameter":[{"name":"TO","value":"prod"}]}`); r.status != 400 {
		t.Errorf("an option that is off = %d %s", r.status, r.text)
	}
}

func TestLogs(t *testing.T) {
	t.Parallel()
	c := startBuilds(t, "default")
	id := c.buildable("a", "exit 1")
	c.run(id)
	record := c.good("GET", "/v4/jobs/"+id+"/1/record-info", "").Get("result").Str("id")
	queued := c.call("GET", "/v4/"+record+"/download-log", "").text
	c.srv.Advance(time.Minute)
	full := c.call("GET", "/v4/"+record+"/download-log?log_level=DEBUG", "")
	if !strings.HasPrefix(full.text, queued) || len(full.text) <= len(queued) {
		t.Error("a log must grow and never change what stands in it")
	}
	for _, want := range []string{"Cloning shop", "+ exit 1", "has failed: exit code 1", "FAILURE", "KEY=******", "[DEBUG]"} {
		if !strings.Contains(full.text, want) {
			t.Errorf("the log lacks %q:\n%s", want, full.text)
		}
	}
	if strings.Contains(full.text, "hush") {
		t.Error("the log holds a sensitive value")
	}
	if old := c.call("GET", "/v3/"+record+"/download-log", "").text; strings.Contains(old, "[DEBUG]") || !strings.Contains(old, "FAILURE") {
		t.Errorf("old log = %s", old)
	}
	step := c.call("GET", "/v4/"+record+"/task-log?task_name=Run%20Shell", "")
	if step.status != 200 || strings.Contains(step.text, "Cloning") || !strings.Contains(step.text, "+ make") {
		t.Errorf("step log = %d %s", step.status, step.text)
	}
	for path, want := range map[string]int{
		"/task-log": 400, "/task-log?task_name=Upload": 422, "/download-log?log_level=ALL": 400,
	} {
		if r := c.call("GET", "/v4/"+record+path, ""); r.status != want {
			t.Errorf("%s = %d, want %d", path, r.status, want)
		}
	}
	req := c.request("GET", "/v4/"+record+"/download-log?log_level=DEBUG", "")
	req.Header.Set("Range", "bytes=10-")
	if r, err := c.send(req); err != nil || r.status != http.StatusPartialContent || r.text != full.text[10:] {
		t.Errorf("the rest of a log: %d %v", r.status, err)
	}
	graph := c.good("GET", "/v3/"+record+"/flow-graph", "").Get("result")
	if graph.Get("vertices").Items()[0].Str("status") != "FAILURE" {
		t.Errorf("graph = %s", graph.AppendJSON(nil))
	}
	if old := c.good("GET", "/v3/jobs/"+id+"/1/record-info", ""); old.Str("success") != "true" || old.Get("result").Str("id") != record {
		t.Errorf("old record = %s", old.AppendJSON(nil))
	}
}

func TestFormsOfBuildAnswers(t *testing.T) {
	t.Parallel()
	c := startBuilds(t, "one-as-object,parameters-as-list,empty-stop")
	id := c.buildable("a", "true")
	c.run(id)
	one := c.good("GET", "/v3/jobs/"+id+"/history?interval=1&offset=0&limit=10", "")
	if one.Get("history_records").Str("build_number") != "1" {
		t.Errorf("history = %s", one.AppendJSON(nil))
	}
	details := c.good("GET", "/v3/jobs/"+id+"/1/history-details", "")
	if len(details.Get("parameters").Items()) != 1 {
		t.Errorf("details = %s", details.AppendJSON(nil))
	}
	if r := c.call("POST", "/v3/jobs/"+id+"/1/stop", "{}"); r.status != 200 || r.text != "" {
		t.Errorf("stop = %d %q", r.status, r.text)
	}
}

func TestKeystore(t *testing.T) {
	t.Parallel()
	c := startBuilds(t, "default")
	if err := c.srv.PutKeystoreFile("android.keystore", []byte{0, 1, 2, 0xff}); err != nil {
		t.Fatal(err)
	}
	path := "/v3/keystore?domain_id=" + emulator.DefaultDomainID + "&file_name="
	r := c.call("GET", path+"android.keystore", "")
	if r.text != "\x00\x01\x02\xff" || !strings.Contains(r.header.Get("Content-Disposition"), "android.keystore") {
		t.Errorf("got %q %v", r.text, r.header)
	}
	if r := c.call("GET", path+"other", ""); r.status != 422 {
		t.Errorf("a file that is not there: %d", r.status)
	}
}
