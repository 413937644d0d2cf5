package diff_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestCarryOver checks which members of the fuller answer an update takes over.
func TestCarryOver(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ shown, full, want string }{
		"a hidden member":         {`{"a":1}`, `{"a":2,"timeout":{"limit":"1"}}`, `{"a":1,"timeout":{"limit":"1"}}`},
		"an empty one":            {`{}`, `{"group_id":"","triggers":[]}`, `{}`},
		"shown as null":           {`{"group_id":null}`, `{"group_id":"g"}`, `{"group_id":"g"}`},
		"another spelling":        {`{"groupId":"g"}`, `{"group_id":"g"}`, `{"groupId":"g"}`},
		"both spellings":          {`{"group_id":{"a":1},"groupId":{}}`, `{"group_id":{"b":2}}`, `{"group_id":{"a":1,"b":2},"groupId":{}}`},
		"in an object":            {`{"o":{"a":1}}`, `{"o":{"a":2,"b":3}}`, `{"o":{"a":1,"b":3}}`},
		"an object for a text":    {`{"o":"x"}`, `{"o":{"b":3}}`, `{"o":"x"}`},
		"in an item":              {`{"scms":[{"url":"u"}]}`, `{"scms":[{"url":"u","repo_name":"r"}]}`, `{"scms":[{"url":"u","repo_name":"r"}]}`},
		"another item":            {`{"scms":[{"url":"u"}]}`, `{"scms":[{"url":"v","repo_name":"r"}]}`, `{"scms":[{"url":"u"}]}`},
		"items of one identity":   {`{"steps":[{"name":"s"},{"name":"t"},{"name":"s"}]}`, `{"steps":[{"name":"s","x":1},{"name":"s","x":2},{"name":"s","x":3}]}`, `{"steps":[{"name":"s","x":1},{"name":"t"},{"name":"s","x":2}]}`},
		"items without members":   {`{"steps":["s"]}`, `{"steps":["s"]}`, `{"steps":["s"]}`},
		"what the service writes": {`{}`, `{"job_id":"i","limit_time":4}`, `{}`},
	} {
		shown := body(t, tc.shown)
		got := diff.CarryOver(shown, shown, body(t, tc.full))
		if !jsontree.Equal(got, body(t, tc.want)) {
			t.Errorf("%s: %s, want %s", name, text(got), tc.want)
		}
	}
}

// TestHidden checks which declared members a route may hide.
func TestHidden(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ live, want, hidden string }{
		"shown":            {`{"timeout":{"limit":"1"}}`, `{"timeout":{"limit":"1"}}`, ""},
		"not shown":        {`{}`, `{"timeout":{"limit":"1"},"group_id":"g","flavor":""}`, "timeout group_id"},
		"limit_time":       {`{"limit_time":4}`, `{"timeout":{"limit":"1"},"group_id":"g"}`, "group_id"},
		"in a code source": {`{"scms":[{"url":"u"}]}`, `{"scms":[{"url":"u","repo_name":"r"},{"url":"v","group_name":"g"}]}`, "scms.repo_name"},
		"in a step":        {`{"steps":[{"name":"s"}]}`, `{"steps":[{"name":"s","x":1}]}`, ""},
		"of the project":   {`{}`, `{"project_id":"p"}`, ""},
	} {
		if got := strings.Join(diff.Hidden(body(t, tc.live), body(t, tc.want)), " "); got != tc.hidden {
			t.Errorf("%s: hidden are %q, want %q", name, got, tc.hidden)
		}
	}
	if diff.ShowsHidden(body(t, `{"arch":"a"}`)) || !diff.ShowsHidden(body(t, `{"group_id":"g"}`)) {
		t.Error("a member that only the newer routes have shows that a body is complete")
	}
	hidden := []string{"timeout", "scms.repo_name"}
	for path, want := range map[string]bool{"timeout": true, "timeout.limit": true, "timeouts": false, "scms[0].repo_name": true, "scms[0].url": false} {
		if diff.UnseenPath(path, hidden) != want {
			t.Errorf("%s is hidden: %t", path, !want)
		}
	}
}

// TestFullIsReadWhereItMatters checks when a job is read over the newer route too.
func TestFullIsReadWhereItMatters(t *testing.T) {
	t.Parallel()
	const bare, timed = `{"arch":"a","steps":[]}`, `{"arch":"a","steps":[],"timeout":{"limit":"1","unit":"hour"}}`
	for name, tc := range map[string]struct {
		head, base string
		full       string
		err        error
		want       string
		calls      int
	}{
		"declared, no base":       {head: timed, full: timed, calls: 1},
		"in step":                 {head: bare, base: bare, full: timed},
		"changed, nothing hidden": {head: `{"arch":"b","steps":[]}`, base: bare, full: timed, want: "change shop/job/j update | change arch"},
		"no longer declared":      {head: bare, base: timed, full: timed, want: "change shop/job/j update | change timeout.limit | change timeout.unit", calls: 1},
		"not available":           {head: timed, err: errors.New("404"), calls: 1},
		"the same route":          {head: timed, want: "change shop/job/j update | change timeout.limit | change timeout.unit", calls: 1},
	} {
		live := existing(t, "j", bare)
		calls := 0
		live.Full = func() (*jsontree.Value, error) {
			if calls++; tc.full == "" {
				return nil, tc.err
			}
			return body(t, tc.full), nil
		}
		in := input(compiled(defined(t, "j", tc.head)), nil, listed(live))
		if tc.base != "" {
			in.Base = compiled(defined(t, "j", tc.base))
		}
		if got := outline(diff.Compute(in)); got != tc.want || calls != tc.calls {
			t.Errorf("%s: %d calls, %q, want %d, %q", name, calls, got, tc.calls, tc.want)
		}
		if tc.err != nil && !slices.Equal(live.Unseen, []string{"timeout"}) {
			t.Errorf("%s: unseen are %q", name, live.Unseen)
		}
	}
}
