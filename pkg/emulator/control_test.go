package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
)

func TestControlAddress(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{Now: fixedClock})
	id := c.create(strings.Replace(buildable, "NAME", "a", 1))
	c.good("POST", "/v3/jobs/notice/"+id+"/update", `{"notice_type":"DING_TALK","enabled_event_type_names":[],"param_config":"https://hook/hush"}`)
	c.token = "" // none is needed

	state := c.call("GET", "/_emulator/state", "")
	if strings.Contains(state.text, "hush") || !strings.Contains(state.text, `"job_name": "a"`) {
		t.Errorf("state must show jobs and no secret: %s", state.text)
	}
	if r := c.call("GET", "/_emulator/calls", ""); !strings.Contains(r.text, `"op": "CreateJob"`) || !strings.Contains(r.text, `"committed": true`) {
		t.Errorf("calls = %s", r.text)
	}
	c.good("DELETE", "/_emulator/calls", "")
	if got := len(c.srv.Calls()); got != 0 {
		t.Errorf("%d calls after reset", got)
	}
	c.good("POST", "/_emulator/faults", `[{"op":"QueryJob","kind":"status","status":503},{"kind":"delay","delay":"1s","op":"RunJob"}]`)
	if r := c.call("GET", "/v3/jobs/"+id+"/query", ""); r.status != 503 {
		t.Errorf("the fault does not play: %d", r.status)
	}
	if r := c.call("GET", "/_emulator/faults", ""); !strings.Contains(r.text, `"played": 1`) || !strings.Contains(r.text, `"delay": "1s"`) {
		t.Errorf("faults = %s", r.text)
	}
	c.good("DELETE", "/_emulator/faults", "")
	if r := c.good("POST", "/_emulator/clock", `{"advance":"90m"}`); r.Str("now") != "2026-03-02T11:00:00Z" {
		t.Errorf("clock = %s", r.AppendJSON(nil))
	}
	c.good("PUT", "/_emulator/keystore/a.jks", "bytes")
	c.good("GET", "/_emulator/", "")
	c.good("GET", "/_emulator/quirks", "")
	c.good("POST", "/_emulator/reset", "")
	if truth := c.srv.MustTruth(t); len(truth.Jobs)+len(truth.Recycled)+len(truth.Templates) != 0 {
		t.Errorf("after reset: %+v", truth)
	}
	for path, body := range map[string]string{
		"/_emulator/faults": `{"kind":"x"}`, "/_emulator/clock": `{"advance":"-1s"}`, "/_emulator/nothing": "{}",
	} {
		if r := c.call("POST", path, body); r.status != 400 || r.body.Str("error") == "" {
			t.Errorf("%s %s: %d %s", path, body, r.status, r.text)
		}
	}
}

func TestControlIsForThisMachine(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	tests := []struct {
		name   string
		change func(*http.Request)
		status int
	}{
		{"a program", func(*http.Request) {}, 200},
		{"localhost by name", func(r *http.Request) { r.Host = "localhost:1" }, 200},
		{"a page of another site", func(r *http.Request) { r.Header.Set("Origin", "https://example.com") }, 403},
		{"a name that was made to point here", func(r *http.Request) { r.Host = "attacker.example" }, 403},
	}
	for _, path := range []string{"/_emulator/state", "/"} {
		for _, test := range tests {
			req := c.request("GET", path, "")
			test.change(req)
			if r, err := c.send(req); err != nil || r.status != test.status {
				t.Errorf("%s to %s: %d %v, want %d", test.name, path, r.status, err, test.status)
			}
		}
	}
}

func TestPageOfManyJobs(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{Seed: emulator.Seed{Jobs: 503}})
	page := c.call("GET", "/", "")
	if !strings.Contains(page.text, "3 older jobs are not shown") {
		t.Error("the page must say how many jobs it leaves out")
	}
	if strings.Contains(page.text, "-0002</bdi>") || !strings.Contains(page.text, "-0502</bdi>") {
		t.Error("the newest jobs are those to show")
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	if r := c.call("GET", "/", ""); r.status != 200 || !strings.Contains(r.text, "No job has been created yet") {
		t.Errorf("an empty page: %d %s", r.status, r.text)
	}
	id := c.buildable("订单-build", "exit 1")
	c.run(id)
	c.good("POST", "/v3/templates/create", `{"name":"<script>alert(1)</script>","template":{"steps":[]}}`)
	c.srv.MustFail(t, emulator.Fault{Op: "DeleteJob", Kind: emulator.FaultReset})
	page := c.call("GET", "/", "")
	for _, want := range []string{"订单-build", id, "&lt;script&gt;alert", "QUEUED", "CreateJob", "reset"} {
		if !strings.Contains(page.text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.text, "<script>") || strings.Contains(page.text, "src=") || strings.Contains(page.text, "hush") {
		t.Error("the page holds foreign markup, an asset or a secret")
	}
}
