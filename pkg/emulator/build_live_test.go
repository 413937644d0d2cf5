package emulator_test

import (
	"strings"
	"testing"
	"time"
)

func TestLiveLog(t *testing.T) {
	t.Parallel()
	c := startBuilds(t, "default")
	id := c.buildable("构建", "echo 构建")
	c.run(id)
	path := "/v3/jobs/" + id + "/1/real-time-log?offset="
	if r := c.good("GET", path+"0", "").Get("result"); r.Str("has_more_data") != "true" {
		t.Errorf("a log that still grows: %s", r.AppendJSON(nil))
	}
	c.srv.Advance(time.Minute)
	whole := c.good("GET", path+"0", "").Get("result")
	if whole.Str("has_more_data") != "false" || !strings.Contains(whole.Str("content"), "echo 构建") {
		t.Errorf("the whole log: %s", whole.AppendJSON(nil))
	}
	var pieces strings.Builder
	for offset := "0"; ; {
		r := c.good("GET", path+offset+"&length=4", "").Get("result")
		pieces.WriteString(r.Str("content"))
		if offset = r.Str("offset"); r.Str("has_more_data") == "false" {
			break
		}
	}
	if pieces.String() != whole.Str("content") {
		t.Errorf("in pieces: %s", pieces.String())
	}
	if r := c.good("GET", path+"999999", "").Get("result"); r.Str("content") != "" || r.Str("offset") != whole.Str("offset") {
		t.Errorf("after the end: %s", r.AppendJSON(nil))
	}
	for _, wrong := range []string{"", "-1", "x", "0&length=1"} {
		if r := c.call("GET", path+wrong, ""); r.status != 400 {
			t.Errorf("offset=%s: %d %s", wrong, r.status, r.text)
		}
	}
}

func TestListBuilds(t *testing.T) {
	t.Parallel()
	c := startBuilds(t, "default")
	id := c.buildable("a", "true")
	for range 3 {
		c.run(id)
		c.srv.Advance(time.Minute)
	}
	path := "/v3/jobs/" + id + "/build-info-records?"
	all := c.good("GET", path+"start_time=2026-03-02%2017:30:00&end_time=2026-03-02%2017:32:00&page_index=1&page_size=2", "").Get("result")
	if all.Str("total_record") != "3" || all.Str("total_page") != "2" || all.Get("job_build_states").Len() != 1 {
		t.Errorf("second page of three: %s", all.AppendJSON(nil))
	}
	some := c.good("GET", path+"start_time=2026-03-02%2017:30:01&end_time=2026-03-02%2017:31:59", "").Get("result")
	if some.Str("total_record") != "1" {
		t.Errorf("the ends count to the second: %s", some.AppendJSON(nil))
	}
	for query, want := range map[string]string{
		"":                      "CB.00060200",
		"start_time=2026-03-02": "CB.00060200",
		"start_time=2026-03-02%2000:00:00&end_time=2026-03-01%2000:00:00":             "CB.00060200",
		"start_time=2026-01-01%2000:00:00&end_time=2026-03-01%2000:00:00":             "CB.00031105",
		"start_time=2026-03-02%2000:00:00&end_time=2026-03-02%2001:00:00&page_size=0": "CB.00060200",
	} {
		if r := c.call("GET", path+query, ""); r.status != 400 || r.code() != want {
			t.Errorf("%q: %d %s", query, r.status, r.text)
		}
	}
}
