package diff_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestAsPlanned checks which later changes of a live job make a plan stale.
func TestAsPlanned(t *testing.T) {
	t.Parallel()
	const source = `{"arch":"a","flavor":"x","scms":[{"url":"git@h:a.git"}],"steps":[`
	ab, ba := step("A", "a")+","+step("B", "b"), step("B", "b")+","+step("A", "a")
	plain := source + ab + `]}`
	for name, tc := range map[string]struct {
		head, live, later string
		ignore            string
		stale             bool
	}{
		"the same":               {head: `{"arch":"b"}`, live: plain, later: plain},
		"a declared value":       {head: `{"arch":"b"}`, live: plain, later: `{"arch":"c"}`, stale: true},
		"an undeclared value":    {head: `{"arch":"b"}`, live: plain, later: `{"arch":"a","flavor":"y"}`},
		"an ignored value":       {head: `{"arch":"b","flavor":"z"}`, live: plain, later: source[:11] + `,"flavor":"y"}`, ignore: "flavor"},
		"a value of the service": {head: source[:1] + `"arch":"b",` + source[25:] + ab + `]}`, live: plain, later: `{"arch":"a","scms":[{"url":"git@h:a.git","web_url":"w"}],"steps":[` + ab + `]}`},
		"a value of an address that goes": {head: `{"arch":"b","scms":[{"url":"git@h:b.git"}]}`, live: `{"arch":"a","scms":[{"url":"git@h:a.git","web_url":"w"}]}`,
			later: `{"arch":"a","scms":[{"url":"git@h:a.git","web_url":"v"}]}`},
		"the order of declared steps":   {head: `{"arch":"b","steps":[` + ab + `]}`, live: plain, later: source + ba + `]}`, stale: true},
		"the order of undeclared steps": {head: `{"arch":"b"}`, live: plain, later: source + ba + `]}`},
	} {
		in := input(compiled(defined(t, "j", tc.head)), nil, listed(existing(t, "j", tc.live)))
		if tc.ignore != "" {
			in.Policy.Ignore = []spec.Ignore{{Job: "j", Fields: []string{tc.ignore}}}
		}
		c := diff.Compute(in).Changes[0]
		later := existing(t, "j", tc.later).Body
		if got := c.AsPlanned(later, in.Modules); got == tc.stale {
			t.Errorf("%s: as planned %t", name, got)
		}
		if tc.stale && len(c.Since(later, in.Modules)) == 0 {
			t.Errorf("%s: nothing is named that changed since", name)
		}
		if onto := c.Onto(later, in.Modules).DesiredBody(); onto.Str("job_id") != "id-of-j" || onto.Str("arch") != "b" {
			t.Errorf("%s: onto the later body: %s", name, text(onto))
		}
	}
}

// TestAsPlannedByTheOldName checks a renamed job whose body does not say its name.
func TestAsPlannedByTheOldName(t *testing.T) {
	t.Parallel()
	want := defined(t, "new", `{"arch":"b"}`)
	want.RenamedFrom = []string{"old"}
	live := existing(t, "old", `{"arch":"a"}`)
	live.Body.Delete("job_name")
	c := diff.Compute(input(compiled(want), nil, listed(live))).Changes[0]
	if !c.AsPlanned(live.Body, nil) {
		t.Errorf("stale: %v", diff.Paths(c.Since(live.Body, nil)))
	}
}

// known has the module m with a property that has a default.
type known struct{}

func (known) PropertyFacts(module, property string) (diff.PropertyFacts, bool) {
	if module != "m" || property != "command" && property != "cache" {
		return diff.PropertyFacts{}, false
	}
	facts := diff.PropertyFacts{Text: true}
	if property == "cache" {
		facts.Default = jsontree.String("on")
	}
	return facts, true
}

// TestDefaultsOfProperties checks that a default says what its absence says.
func TestDefaultsOfProperties(t *testing.T) {
	t.Parallel()
	bare, given := body(t, `{"steps":[{"module_id":"m","name":"A"}]}`), body(t, `{"steps":[{"module_id":"m","name":"A","properties":{"cache":"on"}}]}`)
	if diff.Fingerprint(bare, known{}) != diff.Fingerprint(given, known{}) {
		t.Error("a step with the default is another")
	}
	if paths := diff.Differences(bare, given, nil, known{}); len(paths) > 0 {
		t.Errorf("differ in %q", paths)
	}
}

// TestRemovalOfUndeclared checks which later changes make the removal of a job stale that no base
// declares: those that a user can make.
func TestRemovalOfUndeclared(t *testing.T) {
	t.Parallel()
	job := func(module, properties string) string {
		return `{"arch":"a","steps":[{"module_id":"` + module + `","name":"A","properties":{` + properties + `}}]}`
	}
	for name, tc := range map[string]struct {
		live, later string
		modules     diff.Modules
		stale       bool
	}{
		"a known property":      {job("m", `"command":"a","other":"1"`), job("m", `"command":"b","other":"1"`), known{}, true},
		"another property":      {job("m", `"command":"a","other":"1"`), job("m", `"command":"a","other":"2"`), known{}, false},
		"of an unknown module":  {job("n", `"other":"1"`), job("n", `"other":"2"`), known{}, true},
		"without any catalogue": {job("m", `"other":"1"`), job("m", `"other":"2"`), nil, true},
	} {
		in := input(compiled(defined(t, "keep", plainJob)), nil, listed(existing(t, "keep", plainJob), existing(t, "j", tc.live)))
		in.Head.Removals = []compile.Removal{{Address: "shop/job/j", Project: "shop", ProjectID: project, Job: "j", Action: "delete"}}
		in.Modules = tc.modules
		c := diff.Compute(in).Changes[0]
		if got := c.AsPlanned(existing(t, "j", tc.later).Body, in.Modules); got == tc.stale {
			t.Errorf("%s: as planned %t", name, got)
		}
	}
}

// TestRemovedStepAsShown checks that a removed step is shown with the properties that the catalogue
// knows or the base declares, and without those that the service added.
func TestRemovedStepAsShown(t *testing.T) {
	t.Parallel()
	item := func(name, properties string) string {
		return `{"module_id":"m","name":"` + name + `","properties":{"command":"` + name + `"` + properties + `}}`
	}
	in := input(compiled(defined(t, "j", steps(item("B", "")))), compiled(defined(t, "j", steps(item("B", ""), item("A", `,"mine":"1"`)))),
		listed(existing(t, "j", steps(item("B", ""), item("A", `,"mine":"1","other":"1"`)))))
	in.Modules = known{}
	p := diff.Compute(in)
	if got, want := outline(p), `change shop/job/j update | change steps["A"]`; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	shown := p.Changes[0].Fields[0].Before.Get("properties")
	if shown.Str("command") != "A" || shown.Str("mine") != "1" || shown.Get("other") != nil {
		t.Errorf("shown with %s", text(shown))
	}
}

// TestUnmet checks what is missing after a write.
func TestUnmet(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ head, live, after, want string }{
		"written":                      {`{"arch":"b"}`, `{"arch":"a","flavor":"x"}`, `{"arch":"b","flavor":"x"}`, ""},
		"not written":                  {`{"arch":"b"}`, `{"arch":"a","flavor":"x"}`, `{"arch":"a","flavor":"x"}`, "arch"},
		"another changed by itself":    {`{"arch":"b"}`, `{"arch":"a","flavor":"x"}`, `{"arch":"b","flavor":"y"}`, ""},
		"another is gone":              {`{"arch":"b"}`, `{"arch":"a","flavor":"x"}`, `{"arch":"b"}`, "flavor"},
		"not written, another changed": {`{"arch":"b"}`, `{"arch":"a","flavor":"x"}`, `{"arch":"a","flavor":"y"}`, "arch"},
	} {
		c := diff.Compute(input(compiled(defined(t, "j", tc.head)), nil, listed(existing(t, "j", tc.live)))).Changes[0]
		unmet := diff.Paths(c.Unmet(existing(t, "j", tc.after).Body, nil))
		if got := len(unmet); got > 1 || got == 1 && unmet[0] != tc.want || got == 0 && tc.want != "" {
			t.Errorf("%s: unmet %q, want %q", name, unmet, tc.want)
		}
	}
}

// TestOffline checks a plan against the base as if it were live.
func TestOffline(t *testing.T) {
	t.Parallel()
	off := defined(t, "off", plainJob)
	off.Enabled = new(false)
	mailed := defined(t, "mailed", plainJob)
	mailed.Notices = []compile.Notice{{Type: "MAIL", Events: []string{"deleteJob"}}}
	base := compiled(off, mailed, defined(t, "j", `{"arch":"a"}`))
	head := compiled(off, mailed, defined(t, "j", `{"arch":"b"}`))
	for name, projects := range map[string]map[string]spec.Project{"": {"shop": {ID: project}}, "of another workspace": {}} {
		if got := outline(diff.Compute(input(head, base, diff.OfflineSnapshot(base, projects)))); got != "change shop/job/j update | change arch" {
			t.Errorf("a project %s: %s", name, got)
		}
	}
	empty := diff.OfflineSnapshot(nil, map[string]spec.Project{"shop": {ID: project}})
	if p := empty.Projects[project]; p == nil || !p.Complete || len(p.Jobs) > 0 {
		t.Errorf("without a base: %+v", empty)
	}
}
