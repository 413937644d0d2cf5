package emulator_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
)

func TestRequestChecks(t *testing.T) {
	t.Parallel()
	strict := emulator.Strict()
	c := start(t, emulator.Options{Quirks: &strict, Projects: []string{emulator.DefaultProject}})
	id := c.create(jobBody("first"))
	create := func(change ...string) string { return strings.NewReplacer(change...).Replace(jobBody("next")) }
	project := "/v3/" + emulator.DefaultProject
	missing := strings.Repeat("f", 32)
	long := strings.Repeat("a", 116)
	param := func(fields string) string {
		return create(`"steps":[]`, `"steps":[],"parameters":[{"params":[`+fields+`]}]`)
	}
	tests := []struct {
		name, method, path, body string
		status                   int
		code, says               string
	}{
		{"no arch", "POST", "/v3/jobs/create", create(`"arch":"x86-64",`, ""), 400, "CB.00060200", "arch is mandatory"},
		{"arch unknown", "POST", "/v3/jobs/create", create("x86-64", "mips"), 400, "CB.00060200", "x86-64, arm"},
		{"arch a number", "POST", "/v3/jobs/create", create(`"x86-64"`, "1"), 400, "CB.00060200", "arch must be of type string"},
		{"no name", "POST", "/v3/jobs/create", create(`"next"`, `""`), 400, "CB.00060200", "job_name is mandatory"},
		{"name too long", "POST", "/v3/jobs/create", create("next", long), 400, "CB.00060200", "115"},
		{"name with a blank", "POST", "/v3/jobs/create", create("next", "a b"), 400, "CB.00060200", "job_name"},
		{"name taken", "POST", "/v3/jobs/create", create("next", "first"), 409, "DEVCB.00030000", "exists"},
		{"no steps", "POST", "/v3/jobs/create", create(`,"steps":[]`, ""), 400, "CB.00060200", "steps is mandatory"},
		{"steps null", "POST", "/v3/jobs/create", create(`[]`, "null"), 400, "CB.00060200", "steps is mandatory"},
		{"step without module", "POST", "/v3/jobs/create", create(`[]`, `[{"name":"x"}]`), 400, "CB.00060200", "steps[0].module_id is mandatory"},
		{"step without name", "POST", "/v3/jobs/create", create(`[]`, `[{"module_id":"x"}]`), 400, "CB.00060200", "steps[0].name is mandatory"},
		{"step enable a text", "POST", "/v3/jobs/create", create(`[]`, `[{"module_id":"x","name":"y","enable":"true"}]`), 400, "CB.00060200", "steps[0].enable must be of type boolean"},
		{"step properties a list", "POST", "/v3/jobs/create", create(`[]`, `[{"module_id":"x","name":"y","properties":[]}]`), 400, "CB.00060200", "properties"},
		{"submodule a boolean", "POST", "/v3/jobs/create", create(`"steps"`, `"auto_update_sub_module":true,"steps"`), 400, "CB.00060200", "auto_update_sub_module"},
		{"source without url", "POST", "/v3/jobs/create", create(`"steps"`, `"scms":[{"scm_type":"codehub"}],"steps"`), 400, "CB.00060200", "scms[0].url"},
		{"depth a number", "POST", "/v3/jobs/create", create(`"steps"`, `"scms":[{"url":"u","scm_type":"codehub","depth":1}],"steps"`), 400, "CB.00060200", "scms[0].depth"},
		{"parameter without name", "POST", "/v3/jobs/create", param(`{"name":"type","value":"normalparam"}`), 400, "CB.00060200", "name must be"},
		{"parameter reserved", "POST", "/v3/jobs/create", param(`{"name":"name","value":"LD_PRELOAD"}`), 400, "CB.00060200", "reserved"},
		{"parameter value a boolean", "POST", "/v3/jobs/create", param(`{"name":"name","value":"A"},{"name":"staticVar","value":true}`), 400, "CB.00060200", "value must be of type string"},
		{"parameter with braces", "POST", "/v3/jobs/create", param(`{"name":"name","value":"A"},{"name":"defaultValue","value":"{{x"}`), 400, "CB.00060200", "{{"},
		{"trigger without parameters", "POST", "/v3/jobs/create", create(`"steps"`, `"triggers":[{"name":"t"}],"steps"`), 400, "CB.00060200", "triggers[0].parameters"},
		{"bad project", "POST", "/v3/jobs/create", create(emulator.DefaultProject, "ABC"), 400, "CB.00060202", "Invalid service ID"},
		{"other project", "POST", "/v3/jobs/create", create(emulator.DefaultProject, missing), 403, "CB.00060202", ""},
		{"not JSON", "POST", "/v3/jobs/create", "{", 400, "CB.00060200", "not JSON"},
		{"a key twice", "POST", "/v3/jobs/create", `{"arch":"arm","arch":"arm"}`, 400, "CB.00060200", "duplicate key"},
		{"a list", "POST", "/v3/jobs/create", `[]`, 400, "CB.00060200", "must be an object"},
		{"update without id", "POST", "/v3/jobs/update", create(), 400, "CB.00060200", "job_id is mandatory"},
		{"update of nothing", "POST", "/v3/jobs/update", create(`{"p`, `{"job_id":"`+missing+`","p`), 422, "CB.00031006", ""},
		{"update with a short id", "POST", "/v3/jobs/update", create(`{"p`, `{"job_id":"1","p`), 400, "CB.00060201", ""},
		{"no body", "POST", "/v3/jobs/" + id + "/disable", "", 400, "CB.00060200", "{}"},
		{"list without page", "GET", project + "/jobs?page_size=10", "", 400, "CB.00060200", "page_index is mandatory"},
		{"list without size", "GET", project + "/jobs?page_index=0", "", 400, "CB.00060200", "page_size is mandatory"},
		{"page of 101", "GET", project + "/jobs?page_index=0&page_size=101", "", 400, "CB.00060200", "page_size"},
		{"page below 0", "GET", project + "/jobs?page_index=-1&page_size=1", "", 400, "CB.00060200", "page_index"},
		{"notice type unknown", "POST", "/v3/jobs/notice/" + id + "/update", `{"notice_type":"FAX","enabled_event_type_names":[]}`, 400, "CB.00060200", "FAX"},
		{"notice event unknown", "POST", "/v3/jobs/notice/" + id + "/update", `{"notice_type":"MAIL","enabled_event_type_names":["x"]}`, 400, "CB.00060200", "unknown"},
		{"notice without events", "POST", "/v3/jobs/notice/" + id + "/update", `{"notice_type":"MAIL"}`, 400, "CB.00060200", "enabled_event_type_names"},
		{"notice off without type", "POST", "/v3/jobs/notice/" + id + "/disable", "{}", 400, "CB.00060200", "notice_type"},
		{"template without steps", "POST", "/v3/templates/create", `{"name":"t","template":{}}`, 400, "CB.00060200", "template.steps is mandatory"},
		{"template page size", "GET", "/v3/templates/query?page_size=101", "", 400, "CB.00060200", "page_size"},
		{"template page a word", "GET", "/v3/templates/query?page=one", "", 400, "CB.00060200", "page must"},
		{"no such template", "DELETE", "/v3/templates/" + missing + "/delete", "", 422, "DEV.CB.0520002", ""},
		{"run without id", "POST", "/v3/jobs/build", "{}", 400, "CB.00060200", "job_id is mandatory"},
		{"run with a number as value", "POST", "/v3/jobs/build", `{"job_id":"` + id + `","parameter":[{"name":"a","value":1}]}`, 400, "CB.00060200", "parameter[0].value"},
		{"interval of 31 days", "GET", "/v3/jobs/" + id + "/history?interval=31&offset=0&limit=1", "", 400, "CB.00060200", "interval"},
		{"period of 32 days", "GET", "/v3/jobs/" + id + "/period-history?start_time=2026-01-01&end_time=2026-02-01&offset=0&limit=1", "", 400, "CB.00031105", ""},
		{"period backwards", "GET", "/v3/jobs/" + id + "/success-ratio?start_time=2026-01-02&end_time=2026-01-01", "", 400, "CB.00060200", "before"},
		{"period with a time", "GET", "/v3/jobs/" + id + "/success-ratio?start_time=2026-01-02T00:00&end_time=2026-01-01", "", 400, "CB.00060200", "yyyy-MM-dd"},
		{"no such build", "GET", "/v4/jobs/" + id + "/1/record-info", "", 403, "CB.00031059", ""},
		{"build 0", "GET", "/v4/jobs/" + id + "/0/record-info", "", 400, "CB.00060200", ""},
		{"short record id", "GET", "/v4/abc/download-log", "", 400, "CB.00060200", "36"},
		{"keystore without name", "GET", "/v3/keystore?domain_id=" + emulator.DefaultDomainID, "", 400, "CB.00060203", ""},
		{"keystore of another account", "GET", "/v3/keystore?file_name=a&domain_id=" + missing, "", 403, "DEVCB.00030000", ""},
		{"unknown URL", "GET", "/v3/nothing/here/at/all", "", 404, "CB.00060214", ""},
		{"unknown URL with a list", "POST", "/v1/nothing", "[]", 404, "CB.00060214", ""},
		{"wrong method", "DELETE", "/v3/jobs/" + id + "/delete", "", 404, "APIGW.0101", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := c.srv.MustTruth(t).Commits
			r := c.call(test.method, test.path, test.body)
			if r.status != test.status || r.code() != test.code || !strings.Contains(r.text, test.says) {
				t.Errorf("got %d %s\nwant %d %s with %q", r.status, r.text, test.status, test.code, test.says)
			}
			if r.header.Get("X-Request-Id") == "" {
				t.Error("no X-Request-Id")
			}
			if after := c.srv.MustTruth(t).Commits; after != before {
				t.Errorf("a refused request wrote %d times", after-before)
			}
		})
	}
}

func TestContentTypeIsChecked(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	req := c.request("POST", "/v3/jobs/create", jobBody("a"))
	req.Header.Set("Content-Type", "text/plain")
	if r, err := c.send(req); err != nil || r.status != 415 {
		t.Errorf("text/plain: %d %v, want 415", r.status, err)
	}
}
