package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// pageSecret must not reach any page.
const pageSecret = "canary-page-secret"

// filledPage returns an emulator with a job that has a secret, a build, a template and
// the requests that made them.
func filledPage(t *testing.T) (c *caller, job, record, uuid string) {
	t.Helper()
	c = start(t, emulator.Options{Now: fixedClock})
	secretParameter := `"parameters":[{"params":[{"name":"name","value":"S"},{"name":"defaultValue","value":"` + pageSecret + `"},{"name":"sensitiveVar","value":"true"}]}]`
	job = c.create(strings.Replace(jobBody("shop-web"), `"steps":[]`,
		`"steps":[{"module_id":"devcloud2018.codeci_action_20017.action","name":"<b>Test</b>","enable":false,"properties":{"command":"make <all>\nmake test","image":"i1"}}],`+secretParameter, 1))
	c.create(jobBody("other"))
	c.good("POST", "/v3/jobs/build", `{"job_id":"`+job+`","parameter":[{"name":"S","value":"`+pageSecret+`"}]}`)
	record = c.good("GET", "/v4/jobs/"+job+"/1/record-info", "").Get("result").Str("id")
	c.good("POST", "/v3/jobs/notice/"+job+"/update", `{"notice_type":"DING_TALK","enabled_event_type_names":[],"param_config":"`+pageSecret+`"}`)
	uuid = c.good("POST", "/v3/templates/create", `{"name":"base","template":{"steps":[{"module_id":"m","name":"One","properties":{"command":"true"}}]},`+secretParameter+`}`).Get("result").Str("uuid")
	c.call("POST", "/v3/auth/tokens", `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"u","password":"`+pageSecret+`"}}}}}`)
	c.call("POST", "/v3/jobs/create", `{"broken `+pageSecret)
	c.srv.Advance(time.Minute)
	return c, job, record, uuid
}

func TestPagesOfOneObject(t *testing.T) {
	t.Parallel()
	c, job, record, uuid := filledPage(t)
	for path, wants := range map[string][]string{
		"/":                 {`href="/job/` + job + `"`, `href="/template/` + uuid + `"`, `href="/build/` + record + `"`, "succeeded"},
		"/job/" + job:       {"&lt;b&gt;Test&lt;/b&gt;", "(switched off)", "make &lt;all&gt;\nmake test", "i1", `href="/build/` + record + `"`, "******"},
		"/build/" + record:  {"shop-web", "SUCCESS", "<h2>Log</h2>", "20260302.1"},
		"/template/" + uuid: {"base", "One", "<pre>true</pre>", "******"},
		"/requests":         {"CreateJob", "make &lt;all&gt;", "not shown: it may contain a password", "not a JSON object", "RunJob"},
	} {
		got := c.call("GET", path, "")
		if got.status != http.StatusOK || strings.Contains(got.text, pageSecret) {
			t.Errorf("%s: status %d, secret shown %t", path, got.status, strings.Contains(got.text, pageSecret))
		}
		for _, want := range wants {
			if !strings.Contains(got.text, want) {
				t.Errorf("%s lacks %q:\n%s", path, want, got.text)
			}
		}
		if policy := got.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	for _, path := range []string{"/job/x", "/build/x", "/template/x"} {
		if got := c.call("GET", path, ""); got.status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, got.status)
		}
	}
}

func TestPageFilterAndRefresh(t *testing.T) {
	t.Parallel()
	c, _, record, _ := filledPage(t)
	tests := []struct {
		path, has, lacks, refresh string
	}{
		{"/?q=SHOP", "shop-web", "<bdi>other</bdi>", "5"},
		{"/?q=bas", "<bdi>base</bdi>", "<bdi>shop-web</bdi>", "5"},
		{"/?q=nobody%22%3E", "nobody&#34;&gt;", "<bdi>other</bdi>", "5"},
		{"/?refresh=off", "Refresh every 5 seconds", "Stop refreshing", ""},
		{"/requests?q=runjob", "RunJob", "CreateTemplate", "5"},
		{"/requests?q=runjob&refresh=off", `href="?q=runjob"`, "CreateTemplate", ""},
		{"/build/" + record, "SUCCESS", "Stop refreshing", ""}, // it has ended
	}
	for _, test := range tests {
		got := c.call("GET", test.path, "")
		if !strings.Contains(got.text, test.has) || strings.Contains(got.text, test.lacks) || got.header.Get("Refresh") != "" != (test.refresh != "") {
			t.Errorf("%s: has %q %t, has %q %t, Refresh %q", test.path, test.has, strings.Contains(got.text, test.has),
				test.lacks, strings.Contains(got.text, test.lacks), got.header.Get("Refresh"))
		}
	}
}

// TestPageKeepsTheLastBodies checks that the bodies of the last 200 requests are kept, and no more.
func TestPageKeepsTheLastBodies(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	for i := range 205 {
		c.call("POST", "/v3/jobs/create", jobBody(fmt.Sprintf("n%d", i)))
	}
	got := c.call("GET", "/requests", "").text
	if strings.Contains(got, `&#34;n4&#34;`) || !strings.Contains(got, `&#34;n5&#34;`) || !strings.Contains(got, `&#34;n204&#34;`) {
		t.Errorf("the page has %d requests", strings.Count(got, "<summary>"))
	}
	if got := c.call("GET", "/", "").text; !strings.Contains(got, "n204") {
		t.Error("the newest job is not listed")
	}
}
