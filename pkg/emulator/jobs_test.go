package emulator_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
)

func TestJobLife(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	id := c.create(jobBody("订单-build"))

	got := c.good("GET", "/v3/jobs/"+id+"/query?get_all_params=true", "").Get("result")
	for key, want := range map[string]string{
		"job_id": id, "job_name": "订单-build", "host_type": "devcloud", "project_id": emulator.DefaultProject,
	} {
		if got.Str(key) != want {
			t.Errorf("%s = %q, want %q", key, got.Str(key), want)
		}
	}
	c.good("POST", "/v3/jobs/"+id+"/disable", "{}")
	list := c.good("GET", "/v3/"+emulator.DefaultProject+"/jobs?page_index=0&page_size=100", "")
	if list.Str("total") != "1" || list.Get("jobs").Items()[0].Str("disabled") != "true" {
		t.Errorf("after disable the list is %s", list.AppendJSON(nil))
	}
	c.good("POST", "/v3/jobs/"+id+"/recover", "{}")
	c.good("POST", "/v3/jobs/"+id+"/delete", "{}")
	if r := c.call("GET", "/v3/jobs/"+id+"/query", ""); r.status != 422 || r.code() != "CB.00031006" {
		t.Errorf("query after delete: %d %s, want 422 CB.00031006", r.status, r.text)
	}
	truth := c.srv.MustTruth(t)
	if len(truth.Jobs) != 0 || len(truth.Recycled) != 1 {
		t.Fatalf("truth has %d live and %d recycled jobs, want 0 and 1", len(truth.Jobs), len(truth.Recycled))
	}
	if got := strings.Join(truth.Recycled[0].History, " "); got != "CREATE DISABLE RECOVER DELETE" {
		t.Errorf("history = %s", got)
	}
}

func TestUpdateReplacesTheWholeBody(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	full := `{"project_id":"` + emulator.DefaultProject + `","job_name":"a","arch":"arm","steps":[],"flavor":"2u8g",
	"triggers":[],"x_unknown":{"kept":[1,2.50]},"scms":[{"url":"git@h:g/r.git","scm_type":"codehub"}]`
	id := c.create(full + "}")
	c.good("POST", "/v3/jobs/update", full+`,"job_id":"`+id+`"}`)
	body := c.srv.MustTruth(t).Job(id).Body
	if got := string(body.Get("x_unknown").AppendJSON(nil)); got != `{"kept":[1,2.50]}` {
		t.Errorf("an unknown member became %s", got)
	}
	if got := body.Get("scms").Items()[0].Str("depth"); got != "1" {
		t.Errorf("depth = %q, want the server's 1", got)
	}
	c.good("POST", "/v3/jobs/update", strings.Replace(jobBody("b"), "{", `{"job_id":"`+id+`",`, 1))
	after := c.srv.MustTruth(t).Job(id)
	if after.Name != "b" || after.Body.Get("flavor") != nil || after.Body.Get("scms") != nil || after.Body.Get("x_unknown") != nil {
		t.Errorf("an update must clear what it does not send, stored is %s", after.Body.AppendJSON(nil))
	}
}

func TestNoticesAndTemplates(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	id := c.create(jobBody("a"))
	rows := c.good("GET", "/v3/jobs/notice/"+id+"/query", "").Get("result").Items()
	if len(rows) != 3 || rows[1].Str("notice_type") != "MAIL" || rows[1].Get("enable_map").Str("buildJobFail") != "true" {
		t.Fatalf("a fresh job's rows are wrong: %d", len(rows))
	}
	c.good("POST", "/v3/jobs/notice/"+id+"/update", `{"notice_type":"DING_TALK","enabled_event_type_names":["deleteJob"],"param_config":"x"}`)
	c.good("POST", "/v3/jobs/notice/"+id+"/disable?notice_type=mail", "{}")
	rows = c.good("GET", "/v3/jobs/notice/"+id+"/query", "").Get("result").Items()
	if rows[0].Get("enable_map").Str("deleteJob") != "true" || rows[0].Str("param_config") != "x" || rows[1].Get("enable_map").Str("buildJobFail") != "false" {
		t.Errorf("rows after update and disable: %s %s", rows[0].AppendJSON(nil), rows[1].AppendJSON(nil))
	}

	made := c.good("POST", "/v3/templates/create", `{"name":"maven","template":{"steps":[{"module_id":"m","properties":{"a":[]}}]}}`).Get("result")
	found := c.good("GET", "/v3/templates/query?name=MAV&page=0&page_size=100", "").Get("result")
	if found.Str("total_size") != "1" || found.Get("items").Items()[0].Str("uuid") != made.Str("uuid") {
		t.Errorf("query found %s", found.AppendJSON(nil))
	}
	c.good("DELETE", "/v3/templates/"+made.Str("uuid")+"/delete", "")
	if r := c.call("DELETE", "/v3/templates/"+made.Str("uuid")+"/delete", ""); r.status != 422 || r.code() != "DEV.CB.0520002" {
		t.Errorf("second delete: %d %s", r.status, r.text)
	}
}
