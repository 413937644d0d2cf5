package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestSuccessorRoutes checks that both generations use one store: each test writes over one and
// reads over the other.
func TestSuccessorRoutes(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{Now: fixedClock, StepTime: time.Second})
	project := emulator.DefaultProject
	id := c.good("POST", "/v1/job/create", jobBody("a")).Get("result").Str("job_id")
	if got := c.good("GET", "/v3/jobs/"+id+"/query", "").Get("result").Str("job_name"); got != "a" {
		t.Fatalf("v3 reads %q of what v1 created", got)
	}
	c.good("POST", "/v3/jobs/update", strings.Replace(jobBody("b"), "{", `{"job_id":"`+id+`",`, 1))
	if got := c.good("GET", "/v1/job/"+id+"/config?get_all_params=true", "").Get("result").Str("job_name"); got != "b" {
		t.Errorf("v1 reads %q of what v3 updated", got)
	}
	c.good("POST", "/v1/job/"+id+"/disable", `{"disabled":true,"reason":"audit"}`)
	list := c.good("GET", "/v1/job/"+project+"/list?page_index=0&page_size=10", "").Get("result")
	if list.Str("total") != "1" || list.Get("job_list").Items()[0].Str("disabled") != "true" {
		t.Errorf("list = %s", list.AppendJSON(nil))
	}
	if r := c.good("GET", "/v1/job/"+id+"/check/disable", "").Get("result"); r.Str("disabled") != "1" || r.Str("reson") != "audit" {
		t.Errorf("check/disable = %s", r.AppendJSON(nil))
	}
	c.good("POST", "/v1/job/"+id+"/disable", `{"disabled":false}`)
	if r := c.call("POST", "/v1/job/"+id+"/disable", `{}`); r.status != 400 {
		t.Errorf("disable without saying which: %d", r.status)
	}
	c.good("PUT", "/v1/job/"+id+"/notice", `{"notice_type":"MESSAGE","enabled_event_type_names":["deleteJob"]}`)
	rows := c.good("GET", "/v1/job/"+id+"/notice", "").Get("result").Items()
	if rows[2].Get("enable_map").Str("deleteJob") != "true" {
		t.Errorf("notice = %s", rows[2].AppendJSON(nil))
	}
	run := c.good("POST", "/v1/job/execute", `{"job_id":"`+id+`"}`).Get("result")
	if run.Str("actual_build_number") != "1" {
		t.Errorf("execute = %s", run.AppendJSON(nil))
	}
	if r := c.good("GET", "/v1/job/"+id+"/running-status", "").Get("result"); r.Str("is_running") != "true" {
		t.Errorf("running-status = %s", r.AppendJSON(nil))
	}
	c.good("POST", "/v1/job/"+id+"/stop", `{"build_no":1}`)
	record := c.good("GET", "/v1/record/"+id+"/1/record-info", "").Get("result")
	if record.Str("status") != "ABORTED" {
		t.Errorf("record = %s", record.AppendJSON(nil))
	}
	if log := c.call("GET", "/v1/log/"+record.Str("id")+"/download-log", "").text; !strings.Contains(log, "ABORTED") {
		t.Errorf("log = %s", log)
	}
	c.good("GET", "/v1/record/"+record.Str("id")+"/flow-graph", "")
	history := c.good("GET", "/v1/job/"+id+"/history?page_no=1&page_size=2", "").Get("result")
	newest := history.Get("job_update_records").Items()[0]
	if history.Str("total") != "5" || newest.Str("update_type") != "NOTICE" || newest.Str("update_number") != "5" || newest.Str("user_name") != emulator.DefaultUser {
		t.Errorf("change history = %s", history.AppendJSON(nil))
	}
	c.good("DELETE", "/v1/job/"+id+"/delete", "")
	if r := c.call("GET", "/v1/job/"+id+"/config", ""); r.status != 422 || r.code() != "DEVCB.00031006" {
		t.Errorf("after delete: %d %s", r.status, r.text)
	}
}

func TestSuccessorTemplates(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	uuid := c.good("POST", "/v1/template/create", `{"name":"t","template":{"steps":[]}}`).Get("result").Str("uuid")
	items := c.good("GET", "/v1/template/custom?name=t&page=0&page_size=10", "").Get("result").Get("items").Items()
	if len(items) != 1 || items[0].Str("uuid") != uuid || items[0].Str("scope") != "custom" {
		t.Errorf("custom templates: %d", len(items))
	}
	official := c.good("GET", "/v1/template/officialtemplates?page_size=100", "").Get("result")
	if official.Str("total_size") != "4" || official.Get("items").Items()[0].Str("scope") != "official" {
		t.Errorf("official = %s", official.AppendJSON(nil))
	}
	c.good("DELETE", "/v1/template/"+uuid+"/delete", "")
}

func TestRecycleBin(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	a, b := c.create(jobBody("a")), c.create(jobBody("b"))
	for _, id := range []string{a, b} {
		c.good("POST", "/v3/jobs/"+id+"/delete", "{}")
	}
	bin := c.good("GET", "/v1/job/recycling-jobs?page_no=1&page_size=1", "").Get("result")
	if bin.Str("total") != "2" || bin.Get("job_list").Items()[0].Str("job_id") != a {
		t.Errorf("bin = %s", bin.AppendJSON(nil))
	}
	c.good("POST", "/v1/job/recycling-restoration", `{"job_ids":["`+a+`"]}`)
	c.good("GET", "/v3/jobs/"+a+"/query", "")
	if r := c.call("POST", "/v1/job/recycling-restoration", `{"job_ids":["`+b+`","`+a+`"]}`); r.status != 422 {
		t.Errorf("restoring a live job: %d", r.status)
	}
	if r := c.call("GET", "/v3/jobs/"+b+"/query", ""); r.status != 422 {
		t.Error("a refused restoration restored a job")
	}
	c.create(jobBody("b"))
	if r := c.call("POST", "/v1/job/recycling-restoration", `{"job_ids":["`+b+`"]}`); r.status != 409 {
		t.Errorf("restoring onto a taken name: %d", r.status)
	}
	c.good("DELETE", "/v1/job/recycling-deletion", `{"job_ids":["`+b+`"]}`)
	c.good("POST", "/v3/jobs/"+a+"/delete", "{}")
	c.good("DELETE", "/v1/job/recycling-empty", "")
	if left := c.srv.MustTruth(t); len(left.Recycled) != 0 || len(left.Jobs) != 1 {
		t.Errorf("left: %+v", left)
	}
}

func TestHelpersOfTheNewerGeneration(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	project := emulator.DefaultProject
	id := c.create(jobBody("a"))
	for name, want := range map[string]string{"a": "true", "b": "false"} {
		if got := c.good("GET", "/v1/job/check/exist?project_id="+project+"&job_name="+name, "").Str("result"); got != want {
			t.Errorf("%s exists = %s, want %s", name, got, want)
		}
	}
	if got := c.good("GET", "/v1/job/check/count", "").Str("result"); got != "false" {
		t.Errorf("quota used up = %s", got)
	}
	if got := c.good("GET", "/v2/resource/spec?project_id="+project+"&arch=x86-64", ""); got.Len() == 0 {
		t.Errorf("flavors = %s", got.AppendJSON(nil))
	}
	for _, path := range []string{"default-parameters", "system-parameters", "build-params"} {
		if got := c.good("GET", "/v1/job/"+path, "").Get("result"); got.Len() == 0 {
			t.Errorf("%s = %s", path, got.AppendJSON(nil))
		}
	}
	hook := func(url string) int {
		return c.call("POST", "/v1/job/check/webhook-url", `{"job_id":"`+id+`","notice_type":"DING_TALK","webhook_url":"`+url+`"}`).status
	}
	if hook("https://example.com/x") != 200 || hook("nothing") != 400 {
		t.Error("webhook check")
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	base := "/v1/job/" + emulator.DefaultProject + "/group/"
	make := func(body string) string {
		return c.good("POST", base+"create", body).Get("result").Items()[0].Str("id")
	}
	team, other := make(`{"name":"team"}`), make(`{"name":"other"}`)
	sub := make(`{"name":"sub","parent_id":"` + team + `"}`)
	job := c.create(jobBody("a"))
	c.good("POST", base+"move", `{"group_id":"`+sub+`","jobs":[{"job_id":"`+job+`"}]}`)
	if got := c.srv.MustTruth(t).Job(job).Body.Str("group_id"); got != sub {
		t.Errorf("group_id = %s, want %s", got, sub)
	}
	for name, r := range map[string]reply{
		"a name taken":         c.call("POST", base+"create", `{"name":"team"}`),
		"a parent unknown":     c.call("POST", base+"create", `{"name":"x","parent_id":"`+job+`"}`),
		"a group with groups":  c.call("DELETE", base+"delete?id="+team, ""),
		"a group with a job":   c.call("DELETE", base+"delete?id="+sub, ""),
		"a move into nothing":  c.call("POST", base+"move", `{"group_id":"`+job+`","jobs":[]}`),
		"a rename without one": c.call("PUT", base+"update", `{"id":"`+team+`"}`),
	} {
		if r.status/100 != 4 {
			t.Errorf("%s: %d %s", name, r.status, r.text)
		}
	}
	c.good("PUT", base+"update", `{"id":"`+team+`","name":"crew"}`)
	c.good("POST", base+"swap?source_group_id="+team+"&target_group_id="+other, "{}")
	tree := c.good("GET", base+"tree", "").Get("result").Items()
	if tree[0].Str("name") != "other" || tree[1].Str("name") != "crew" || tree[1].Get("children").Items()[0].Str("path_id") != team+"."+sub {
		t.Errorf("tree = %s", tree[1].AppendJSON(nil))
	}
	c.good("POST", base+"move", `{"group_id":"","jobs":[{"job_id":"`+job+`"}]}`)
	c.good("DELETE", base+"delete?id="+sub, "")
}
