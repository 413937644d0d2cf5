package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// richBody holds everything that a quirk can change.
const richBody = `{"project_id":"6ecbc5bac7c8442fb3d2563d53c13582","job_name":"rich","arch":"x86-64",
"timeout":{"limit":"4","unit":"hour"},
"scms":[{"url":"git@h:g/r.git","scm_type":"codehub","end_point_id":"e1"}],
"steps":[{"module_id":"devcloud2018.codeci_action_20043.action","name":"m","properties":{"command":"mvn","ignoreTest":true}}],
"parameters":[{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"A"},{"name":"defaultValue","value":"1"}]},
{"params":[{"name":"name","value":"S"},{"name":"defaultValue","value":"hush"},{"name":"sensitiveVar","value":"true"}]},
{"params":[{"name":"name","value":"T"},{"name":"defaultValue","value":"hush"},{"name":"sensitiveVar","value":"TRUE"}]}]}`

func withQuirks(t *testing.T, list string) *caller {
	t.Helper()
	q, err := emulator.ParseQuirks(list)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, emulator.Options{Quirks: &q, Now: fixedClock, ID: counter()})
}

func TestFormQuirks(t *testing.T) {
	t.Parallel()
	const all = "/query?get_all_params=true"
	tests := []struct {
		quirk, path string
		with        string // in the answer with the quirk
		without     string // in the answer without it
	}{
		{"upper-definition", all, `"HUDSON.MODEL.STRINGPARAMETERDEFINITION"`, `"hudson.model.StringParameterDefinition"`},
		{"nulls", all, `"version":null`, `"job_id"`},
		{"server-properties", all, `"settingMode":"auto"`, `"command":"mvn"`},
		{"text-booleans", all, `"ignoreTest":"true"`, `"ignoreTest":true`},
		{"extra-fields", all, `"limit_time":"4"`, `"timeout"`},
		{"predefined-parameter", all, `"codeBranch"`, `"hush"`},
		{"endpoint-id", all, `"endpoint_id":"e1"`, `"end_point_id":"e1"`},
		{"parameters-need-flag", "/query?get_all_parameters=true", `"parameters":[]`, `"value":"A"`},
		{"ciphertext", all, `"security:`, `"******"`},
		{"secret-null", all, `{"name":"defaultValue","value":null}`, `"******"`},
		{"text-in-text", all, `"result":"{`, `"result":{`},
		{"empty-errors", all, `"error":""`, `"error":null`},
		{"null-errors", all, `"error":{"code":null,"reason":null}`, `"error":null`},
		{"other-case", all, `"arch":"X86-64"`, `"arch":"x86-64"`},
		{"bare-objects", all, `"scms":{"url"`, `"scms":[{"url"`},
		{"v3-drops-fields", all, `"job_name":"rich","arch":"x86-64","scms"`, `"timeout"`},
		{"reordered", all, `"parameters":[{"params":[{"name":"sensitiveVar"`, `"parameters":[{"name":"hudson`},
	}
	for _, test := range tests {
		t.Run(test.quirk, func(t *testing.T) {
			t.Parallel()
			answers := map[string]string{}
			for _, list := range []string{"none", test.quirk} {
				c := withQuirks(t, list)
				id := c.create(richBody)
				answers[list] = c.call("GET", "/v3/jobs/"+id+test.path, "").text
			}
			if strings.Contains(answers["none"], `"hush"`) {
				t.Error("a sensitive value was answered in clear")
			}
			if !strings.Contains(answers[test.quirk], test.with) || strings.Contains(answers["none"], test.with) {
				t.Errorf("%s must stand in the answer with the quirk only\nwith:    %s\nwithout: %s", test.with, answers[test.quirk], answers["none"])
			}
			if test.without != `"hush"` && !strings.Contains(answers["none"], test.without) {
				t.Errorf("%s must stand in the answer without the quirk: %s", test.without, answers["none"])
			}
		})
	}
}

func TestBehaviourQuirks(t *testing.T) {
	t.Parallel()
	list := func(page int) string {
		return fmt.Sprintf("/v3/%s/jobs?page_index=%d&page_size=1", emulator.DefaultProject, page)
	}
	names := func(c *caller, page int) string {
		var out []string
		for _, j := range c.good("GET", list(page), "").Get("jobs").Items() {
			out = append(out, j.Str("job_name"))
		}
		return strings.Join(out, ",")
	}
	missing := "/v3/jobs/" + strings.Repeat("e", 32) + "/query"
	tests := []struct {
		quirk string
		do    func(c *caller) string
		want  map[string]string // by quirk or none
	}{
		{"unique-names", func(c *caller) string { return answered(c.call("POST", "/v3/jobs/create", jobBody("b"))) }, map[string]string{"none": "200 ", "unique-names": "409 DEVCB.00030000"}},
		{"unique-names-200", func(c *caller) string { return answered(c.call("POST", "/v3/jobs/create", jobBody("b"))) }, map[string]string{"unique-names-200": "200 DEVCB.00030000"}},
		{"not-found-404", func(c *caller) string { return answered(c.call("GET", missing, "")) }, map[string]string{"none": "422 CB.00031006", "not-found-404": "404 CB.00031006"}},
		{"not-found-200", func(c *caller) string { return answered(c.call("GET", missing, "")) }, map[string]string{"not-found-200": "200 CB.00031006"}},
		{"page-base-1", func(c *caller) string { return names(c, 0) + " " + names(c, 1) + " " + names(c, 2) }, map[string]string{"none": "a b ", "page-base-1": "a a b"}},
		{"newest-first", func(c *caller) string { return names(c, 0) + " " + names(c, 1) }, map[string]string{"none": "a b", "newest-first": "b a"}},
		{"list-lag", func(c *caller) string { n := names(c, 0); c.srv.Advance(5 * time.Second); return n + " " + names(c, 0) }, map[string]string{"none": "a a", "list-lag": " a"}},
		{"wrong-total", func(c *caller) string { return c.good("GET", list(0), "").Str("total") }, map[string]string{"none": "2", "wrong-total": "3"}},
		{"body-required", func(c *caller) string { return answered(c.call("POST", missing[:41]+"/delete", "")) }, map[string]string{"none": "422 CB.00031006", "body-required": "400 CB.00060200"}},
		{"disabled-locked", func(c *caller) string {
			id := c.srv.MustTruth(c.t).Jobs[0].ID
			c.good("POST", "/v3/jobs/"+id+"/disable", "{}")
			return answered(c.call("POST", "/v3/jobs/update", strings.Replace(jobBody("a"), "{", `{"job_id":"`+id+`",`, 1)))
		}, map[string]string{"none": "200 ", "disabled-locked": "422 DEVCB.00030000"}},
		{"unique-templates", func(c *caller) string {
			body := `{"name":"t","template":{"steps":[]}}`
			return answered(c.call("POST", "/v3/templates/create", body)) + answered(c.call("POST", "/v3/templates/create", body))
		}, map[string]string{"none": "200 200 ", "unique-templates": "200 409 DEVCB.00030000"}},
		{"template-base-0", func(c *caller) string {
			c.good("POST", "/v3/templates/create", `{"name":"t","template":{"steps":[]}}`)
			n := func(page string) int {
				return c.good("GET", "/v3/templates/query?page_size=1&page="+page, "").Get("result").Get("items").Len()
			}
			return fmt.Sprint(n("0"), n("1"), n("2"))
		}, map[string]string{"none": "1 1 0", "template-base-0": "1 0 0", "template-base-1": "1 1 0"}},
		{"public-templates", func(c *caller) string {
			return c.good("GET", "/v3/templates/query?page_size=100&page=1", "").Get("result").Str("total_size")
		}, map[string]string{"none": "0", "public-templates": "170"}},
		{"capital-templates", func(c *caller) string {
			made := c.good("POST", "/v3/templates/create", `{"name":"t","template":{"steps":[{"module_id":"m","properties":{"a":1}}]}}`)
			return string(made.Get("result").Get("template").AppendJSON(nil))
		}, map[string]string{"none": `{"steps":[{"module_id":"m","properties":{"a":1}}]}`, "capital-templates": `{"Steps":[{"module_id":"m","Properties":{"a":1}}]}`}},
	}
	for _, test := range tests {
		for quirk, want := range test.want {
			t.Run(test.quirk+"/"+quirk, func(t *testing.T) {
				t.Parallel()
				c := withQuirks(t, quirk)
				c.create(jobBody("a"))
				c.create(jobBody("b"))
				if got := test.do(c); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

func answered(r reply) string { return fmt.Sprintf("%d %s", r.status, r.code()) }

func TestZeroQuirksAreNone(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{Quirks: &emulator.Quirks{}})
	if got := c.srv.Quirks(); got != emulator.NoQuirks() {
		t.Errorf("the zero quirks act as %+v", got)
	}
	if r := c.call("GET", "/v3/jobs/"+strings.Repeat("e", 32)+"/query", ""); r.status != 422 {
		t.Errorf("not found = %d", r.status)
	}
}

func TestRecycledNames(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]int{"unique-names": 200, "unique-names,recycled-name-blocked": 409} {
		c := withQuirks(t, list)
		id := c.create(jobBody("a"))
		c.good("POST", "/v3/jobs/"+id+"/delete", "{}")
		if r := c.call("POST", "/v3/jobs/create", jobBody("a")); r.status != want {
			t.Errorf("%s: a recycled name is answered %d, want %d", list, r.status, want)
		}
	}
}

func TestNoticeSpelling(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{"none": "200 200 200 400", "notice-lower": "200 400 400 400", "notice-upper": "400 200 400 400"} {
		c := withQuirks(t, list)
		id := c.create(jobBody("a"))
		var got []string
		for _, kind := range []string{"mail", "MAIL", "Mail", "fax"} {
			got = append(got, fmt.Sprint(c.call("POST", "/v3/jobs/notice/"+id+"/disable?notice_type="+kind, "{}").status))
		}
		if joined := strings.Join(got, " "); joined != want {
			t.Errorf("%s: got %s, want %s", list, joined, want)
		}
	}
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	// The rows of the table that tests rely on; order: strict, lenient, hostile, legacy.
	q := []emulator.Quirks{emulator.Strict(), emulator.Lenient(), emulator.Hostile(), emulator.Legacy()}
	type row struct {
		Unique   emulator.Uniqueness
		Base     int
		Lag      time.Duration
		Empty    bool
		NotFound int
		Secrets  emulator.SecretForm
		Commit   bool
		Recycled bool
		FromZero bool
		Public   int
	}
	want := []row{
		{emulator.Unique409, 0, 0, false, http.StatusUnprocessableEntity, emulator.SecretMask, false, true, false, 0},
		{emulator.UniqueOff, 0, 5 * time.Second, false, http.StatusNotFound, emulator.SecretCiphertext, false, false, false, 170},
		{emulator.UniqueInside200, 1, 30 * time.Second, true, http.StatusOK, emulator.SecretNull, true, true, false, 500},
		{emulator.UniqueOff, 0, 0, false, http.StatusNotFound, emulator.SecretMask, true, false, false, 0},
	}
	for i, p := range q {
		got := row{p.UniqueNames, p.PageBase, p.ListLag, p.EmptyPages, p.NotFound, p.Secrets, p.CommitOnError, p.RecycledNameBlocked, p.TemplatesFromZero, p.PublicTemplates}
		if d := cmp.Diff(want[i], got); d != "" {
			t.Errorf("profile %d (-want +got):\n%s", i, d)
		}
	}
}

func TestEverySwitchSwitches(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range emulator.Switches() {
		if seen[s.Name] || s.Doc == "" {
			t.Errorf("switch %q is a duplicate or has no text", s.Name)
		}
		seen[s.Name] = true
		got, err := emulator.ParseQuirks(s.Name)
		if err != nil || cmp.Equal(got, emulator.NoQuirks()) {
			t.Errorf("switch %s changes nothing (%v)", s.Name, err)
		}
	}
	for _, name := range emulator.ProfileNames() {
		if _, err := emulator.ParseQuirks(name + ", nulls"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := emulator.ParseQuirks("nuls"); err == nil || !strings.Contains(err.Error(), `"nuls"`) {
		t.Errorf("a misspelt switch: %v", err)
	}
}

func TestHostileListing(t *testing.T) {
	t.Parallel()
	c := withQuirks(t, "hostile")
	id := c.create(jobBody("a"))
	page := func() *jsontree.Value {
		return c.good("GET", "/v3/"+emulator.DefaultProject+"/jobs?page_index=1&page_size=100", "")
	}
	if got := page(); got.Str("total") != "0" {
		t.Errorf("a new job is listed at once: %s", got.AppendJSON(nil))
	}
	if got := c.good("GET", "/v3/jobs/"+id+"/query?get_all_params=true", "").Get("result").Str("job_name"); got != "a" {
		t.Errorf("reading by id must not lag: %q", got)
	}
	c.srv.Advance(30 * time.Second)
	c.good("POST", "/v3/jobs/"+id+"/disable", "{}") // a write opens the window again
	first, second := page(), page()
	if first.Get("jobs").Len()+second.Get("jobs").Len() != 1 || second.Str("total") != "1" {
		t.Errorf("every second page must be empty with the total kept: %s %s", first.AppendJSON(nil), second.AppendJSON(nil))
	}
	c.good("POST", "/v3/jobs/"+id+"/delete", "{}")
	c.srv.Advance(29 * time.Second)
	if got := page(); got.Str("total") != "1" {
		t.Errorf("a deleted job must be listed for 30 s: %s", got.AppendJSON(nil))
	}
	c.srv.Advance(time.Second)
	if got := page(); got.Str("total") != "0" {
		t.Errorf("after 30 s: %s", got.AppendJSON(nil))
	}
	found := c.good("GET", "/v3/templates/query?name=x&page=1&page_size=100", "").Get("result")
	if found.Str("total_size") != "500" {
		t.Errorf("public noise = %s, want 500", found.Str("total_size"))
	}
}
