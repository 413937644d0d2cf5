package diff_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
)

// TestTheQuickCheckDecidesAsTheFullComparison checks that the quick check and the full comparison
// of --explain find the same changes, whatever the service stores. The quick check skips jobs in
// step.
func TestTheQuickCheckDecidesAsTheFullComparison(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := bodies{t}
		want := d.body()
		live := d.server(want)
		other := d.server(d.body())
		for _, m := range other.Members() {
			if rapid.IntRange(0, 5).Draw(t, "another "+m.Key) == 0 {
				live.Set(m.Key, m.Value)
			}
		}
		head := compiled(jobOf("j", want))
		var base *compile.Result
		if d.maybe("base") {
			base = compiled(jobOf("j", want))
		}
		in := input(head, base, listed(liveOf("j", live)))
		quick := outline(diff.Compute(in))
		in.Options.Explain = true
		full := diff.Compute(in)
		full.Changes = slices.DeleteFunc(full.Changes, func(c diff.Change) bool { return c.Verdict == diff.VerdictUnchanged })
		if full := outline(full); quick != full {
			t.Fatalf("quick:\n%s\n\nfull:\n%s\n\nlive: %s\n\nwant: %s", quick, full, live.Indented(), want.Indented())
		}
	})
}

// TestAReadFormIsNoChange checks that the usual differences between a sent and a read body are no
// change.
func TestAReadFormIsNoChange(t *testing.T) {
	t.Parallel()
	want := body(t, `{"timeout":{"limit":"1","unit":"hour"},"parameters":[{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"v"},{"name":"defaultValue","value":"a"}]}],"steps":[]}`)
	for name, tc := range map[string]struct{ live, changes string }{
		"hours and capitals": {`{"limit_time":1,"parameters":[{"name":"HUDSON.MODEL.STRINGPARAMETERDEFINITION","params":[{"name":"name","value":"v"},{"name":"defaultValue","value":"a"}]}],"steps":[]}`, ""},
		"hours as text":      {`{"limit_time":"1","parameters":[{"name":"udson.model.StringParameterDefinition","params":[{"name":"name","value":"v"},{"name":"defaultValue","value":"a"}]}],"steps":[]}`, ""},
		"other hours":        {`{"limit_time":2,"parameters":[{"name":"HUDSON.MODEL.STRINGPARAMETERDEFINITION","params":[{"name":"name","value":"v"},{"name":"defaultValue","value":"a"}]}],"steps":[]}`, "change shop/job/j update | change timeout.limit"},
		"both forms":         {`{"limit_time":2,"timeout":{"limit":"1","unit":"hour"},"parameters":[{"name":"HUDSON.MODEL.STRINGPARAMETERDEFINITION","params":[{"name":"name","value":"v"},{"name":"defaultValue","value":"a"}]}],"steps":[]}`, ""},
		"another definition": {`{"limit_time":1,"parameters":[{"name":"hudson.model.TextParameterDefinition","params":[{"name":"name","value":"v"},{"name":"defaultValue","value":"a"}]}],"steps":[]}`, `change shop/job/j update | change parameters["v"].definition`},
		"options":            {`{"limit_time":1,"parameters":[{"name":"HUDSON.MODEL.STRINGPARAMETERDEFINITION","params":[{"name":"name","value":"v"},{"name":"defaultValue","value":"a","limits":[{"name":"x"}]}]}],"steps":[]}`, `change shop/job/j update | change parameters["v"].limits`},
		"another value":      {`{"limit_time":1,"parameters":[{"name":"HUDSON.MODEL.STRINGPARAMETERDEFINITION","params":[{"name":"name","value":"v"},{"name":"defaultValue","value":"b"}]}],"steps":[]}`, `change shop/job/j update | change parameters["v"].defaultValue`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live := body(t, tc.live)
			if got := outline(diff.Compute(input(compiled(jobOf("j", want)), nil, listed(liveOf("j", live))))); got != tc.changes {
				t.Errorf("got %q, want %q", got, tc.changes)
			}
		})
	}
}

// TestDeclaredEmptyIsAChange checks that an object that is declared empty is not in step with one that
// has members.
func TestDeclaredEmptyIsAChange(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{`{}`: `change shop/job/j update | change labels.a`, `{"a":"x"}`: ""} {
		head := defined(t, "j", `{"arch":"a","labels":`+value+`}`)
		if got := outline(diff.Compute(input(compiled(head), nil, listed(existing(t, "j", `{"arch":"a","labels":{"a":"x"}}`))))); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}
