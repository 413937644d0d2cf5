package apply_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// hideable are members that a read may omit, with values that a person set. Names after "scms." are
// members of a code source.
func hideable() *jsontree.Value {
	return object(
		"triggers", jsontree.Array(object("name", "hudson.triggers.TimerTrigger", "parameters", jsontree.Array(object("name", "spec", "value", "0 2 * * *")))),
		"timeout", object("limit", "4", "unit", "hour"), "group_id", "0123456789abcdef0123456789abcdef", "build_if_code_updated", true,
		"auto_update_sub_module", "true", "x_later", object("deep", "value"),
		"scms.enable_git_lfs", true, "scms.group_name", "team", "scms.repo_name", "shop", "scms.x_later", "value",
	)
}

func hideableKeys() []string {
	var keys []string
	for _, m := range hideable().Members() {
		keys = append(keys, m.Key)
	}
	return keys
}

// full returns a job with all of them.
func full(command string, keys ...string) *compile.Job { return fullNamed("full", command, keys...) }

func fullNamed(name, command string, keys ...string) *compile.Job {
	return job(name, command, func(j *compile.Job) {
		source := object("url", "git@example.com:team/shop.git", "branch", "main", "scm_type", "codehub", "repo_id", "1", "web_url", "https://example.com/team/shop", "build_type", "branch")
		for _, m := range hideable().Members() {
			if !slices.Contains(keys, m.Key) {
				continue
			}
			if key, ofSource := strings.CutPrefix(m.Key, "scms."); ofSource {
				source.Set(key, m.Value)
			} else {
				j.Body().Set(m.Key, m.Value)
			}
		}
		j.Body().Set("scms", jsontree.Array(source))
	})
}

// TestUpdateLosesNothing checks that an update of one field changes only that field, whatever
// members the read over v3 omits, and whichever of those that the reference does not list for v3 an
// update over v3 drops.
func TestUpdateLosesNothing(t *testing.T) {
	t.Parallel()
	all := hideableKeys()
	rapid.Check(t, func(rt *rapid.T) {
		pick := func(label string) []string {
			return rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID[string]).Draw(rt, label)
		}
		set, hidden := pick("set by a person"), pick("not shown")
		dropped := rapid.SliceOfDistinct(rapid.SampledFrom(wire.NewerRoutesOnly), rapid.ID[string]).Draw(rt, "dropped by v3")
		declared := rapid.SliceOfDistinct(rapid.SampledFrom(append(set, "")), rapid.ID[string]).Draw(rt, "declared as well")
		declared = slices.DeleteFunc(declared, func(key string) bool { return key == "" || strings.HasPrefix(key, "scms.") })
		quirks := emulator.NoQuirks()
		quirks.V3Hidden, quirks.V3Dropped = strings.Join(hidden, " "), strings.Join(dropped, " ")
		w := newWorldFor(t, rt, quirks)
		w.dialect = client.DialectV1
		w.client = w.newClient(nil)
		w.converge(definitions(full("echo before", set...)))
		before := w.MustTruth(t).Jobs[0].Body

		w.dialect = client.DialectV3
		w.client = w.newClient(nil)
		head := job("full", "echo after", func(j *compile.Job) {
			for _, key := range declared {
				j.Body().Set(key, hideable().Get(key))
			}
		})
		plan := w.plan(definitions(head), nil, nil)
		if len(plan.Changes) != 1 || len(plan.Changes[0].Fields) != 1 {
			rt.Fatalf("more than the command is a change:\n%s", describePlan(plan))
		}
		report := w.apply(plan, apply.Options{})
		if !report.Complete() {
			rt.Fatalf("not complete:\n%s", describe(report))
		}
		after := w.MustTruth(t).Jobs[0].Body
		after.Get("steps").Items()[0].Get("properties").Set("command", jsontree.String("echo before"))
		before.SortKeys()
		after.SortKeys()
		if diff := cmp.Diff(string(before.AppendJSON(nil)), string(after.AppendJSON(nil))); diff != "" {
			rt.Errorf("more than the command changed (-before +after):\n%s", diff)
		}
	})
}

// TestHiddenMembersAreConfirmed checks that members that one route hides are confirmed over the
// other route, once and without a wait. On a server that shows everything a job in step costs one
// read.
func TestHiddenMembersAreConfirmed(t *testing.T) {
	t.Parallel()
	for name, hidden := range map[string]string{"hidden": strings.Join(hideableKeys(), " "), "shown": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quirks := emulator.NoQuirks()
			quirks.V3Hidden = hidden
			w := newWorld(t, quirks)
			head := definitions(full("x", hideableKeys()...))
			report := w.apply(w.plan(head, nil, nil), apply.Options{})
			if got := result(t, report, "shop/job/full", diff.ActionCreate); got.Outcome != apply.Applied || got.Waited > 0 {
				t.Fatalf("ended %s after %g s:\n%s", got.Outcome, got.Waited, describe(report))
			}
			w.settle()
			w.ResetCalls()
			plan := w.plan(head, nil, nil)
			if plan.HasChanges() {
				t.Errorf("the plan after is not empty:\n%s", describePlan(plan))
			}
			if reads := w.ops("QueryJob"); hidden == "" && reads != 1 || reads > 2 {
				t.Errorf("%d reads", reads)
			}
		})
	}
}

// TestMembersThatV3DoesNotTake checks that a create and an update store declared members that v3
// accepts and drops.
func TestMembersThatV3DoesNotTake(t *testing.T) {
	t.Parallel()
	quirks := emulator.NoQuirks()
	quirks.V3Dropped = strings.Join(wire.NewerRoutesOnly, " ")
	w := newWorld(t, quirks)
	for _, command := range []string{"echo create", "echo update"} {
		head := definitions(full(command, "triggers", "timeout", "scms.enable_git_lfs"))
		w.converge(head)
		w.mustBeInStep(head)
	}
}

// TestMembersWithoutTheNewerUpdate checks a service that has no newer update, and may clear members
// over v3. If a read over v3 does not show them either, nothing is sent. With --allow-hidden, or if it
// shows them, one that keeps them is updated, and where it drops them only one job loses them; the
// run says so, and the plan after.
func TestMembersWithoutTheNewerUpdate(t *testing.T) {
	t.Parallel()
	all := strings.Join(wire.NewerRoutesOnly, " ")
	for name, test := range map[string]struct {
		hidden, dropped string
		allow           bool
	}{
		"hidden, kept": {all, "", false}, "hidden, dropped": {all, all, false},
		"hidden, allowed, kept": {all, "", true}, "hidden, allowed, dropped": {all, all, true},
		"shown, kept": {"", "", false}, "shown, dropped": {"", all, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quirks := emulator.NoQuirks()
			quirks.V3Hidden, quirks.V3Dropped = test.hidden, test.dropped
			w := newWorld(t, quirks)
			jobs := func(command string, keys ...string) *compile.Result {
				out := &compile.Result{}
				for _, name := range []string{"a", "b", "c", "d"} {
					out.Jobs = append(out.Jobs, fullNamed(name, command, keys...))
				}
				return out
			}
			w.converge(jobs("echo before", "triggers", "timeout"))
			w.client = w.newClient(func(cfg *client.Config) { cfg.Transport = withoutUpdate{w.transport} })
			path := filepath.Join(t.TempDir(), "journal")
			journal, err := apply.CreateJournal(path, w.URL, "x")
			if err != nil {
				t.Fatal(err)
			}
			report := w.apply(w.plan(jobs("echo after"), nil, nil), apply.Options{AllowHidden: test.allow, Journal: journal})
			journal.Close()
			lost := 0
			for _, j := range w.MustTruth(t).Jobs {
				if j.Body.Get("triggers").IsEmpty() || j.Body.Get("timeout").IsEmpty() {
					lost++
				}
			}
			told := w.notesAfter(path, "", jobs("echo after"))
			cut := w.notesAfter(path, `"phase":"outcome"`, jobs("echo after")) // as of a run that was killed
			switch {
			case test.hidden != "" && !test.allow:
				if lost > 0 || report.Outcomes[apply.Failed] != 4 || !strings.Contains(string(report.Results[0].Next), "--allow-hidden") || !strings.Contains(report.Results[0].Message, "triggers, timeout") {
					t.Errorf("%d jobs lost members:\n%s", lost, describe(report))
				}
			case test.dropped == "" && (lost > 0 || !report.Complete() || told != ""):
				t.Errorf("%d jobs lost members; %s:\n%s", lost, told, describe(report))
			case test.dropped != "" && (lost != 1 || report.Outcomes[apply.NotConverged] != 1 || report.Outcomes[apply.Failed] != 3):
				t.Errorf("%d jobs lost members:\n%s", lost, describe(report))
			case test.dropped != "":
				for _, text := range []string{told, cut} {
					if !strings.Contains(text, "lost triggers") || !strings.Contains(text, "timeout") {
						t.Errorf("the plan after says %q", text)
					}
				}
			}
		})
	}
}

// TestMembersThatAReadShows checks that a service without the newer update still gets an update of a
// job whose only members at risk are of a code source, where a read over v3 shows these.
func TestMembersThatAReadShows(t *testing.T) {
	t.Parallel()
	quirks := emulator.NoQuirks()
	quirks.V3Hidden = "triggers timeout build_if_code_updated group_id"
	w := newWorld(t, quirks)
	w.converge(definitions(full("echo before", "scms.group_name", "scms.repo_name")))
	w.client = w.newClient(func(cfg *client.Config) { cfg.Transport = withoutUpdate{w.transport} })
	if report := w.apply(w.plan(definitions(full("echo after")), nil, nil), apply.Options{}); !report.Complete() {
		t.Errorf("nothing can be lost:\n%s", describe(report))
	}
}

// TestNotLostWhereAReadFails checks that a plan after a run that may have cleared members says
// nothing of them while the only route that shows them fails.
func TestNotLostWhereAReadFails(t *testing.T) {
	t.Parallel()
	quirks := emulator.NoQuirks()
	quirks.V3Hidden = strings.Join(wire.NewerRoutesOnly, " ")
	w := newWorld(t, quirks)
	w.converge(definitions(full("echo before", "triggers")))
	w.client = w.newClient(func(cfg *client.Config) { cfg.Transport = withoutUpdate{w.transport} })
	path := filepath.Join(t.TempDir(), "journal")
	journal, err := apply.CreateJournal(path, w.URL, "x")
	if err != nil {
		t.Fatal(err)
	}
	w.apply(w.plan(definitions(full("echo after")), nil, nil), apply.Options{AllowHidden: true, Journal: journal})
	journal.Close()
	w.client = w.newClient(func(cfg *client.Config) { cfg.Transport = brokenNewer{w.transport} })
	if told := w.notesAfter(path, `"phase":"outcome"`, definitions(full("echo after"))); strings.Contains(told, "lost") {
		t.Errorf("the job has its triggers, and the plan says %q", told)
	}
}

// brokenNewer is a service whose newer routes fail.
type brokenNewer struct{ next http.RoundTripper }

func (b brokenNewer) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasPrefix(req.URL.Path, "/v1/job/") {
		answer := noRoute(req)
		answer.StatusCode, answer.Body = http.StatusForbidden, io.NopCloser(strings.NewReader(`{"error_code":"CB.00060403","error_msg":"forbidden"}`))
		return answer, nil
	}
	return b.next.RoundTrip(req)
}

// TestKilledAfterMembersWereLost kills the process when an update over v3 has dropped members, before
// it reads the job again. The plan after says what was lost.
func TestKilledAfterMembersWereLost(t *testing.T) {
	t.Parallel()
	quirks := emulator.NoQuirks()
	quirks.V3Dropped = strings.Join(wire.NewerRoutesOnly, " ")
	quirks.V3Hidden = quirks.V3Dropped
	w := newWorldWith(t, quirks, definitions(full("echo before", "triggers", "timeout")))
	op, journal := killable(membersDropped), filepath.Join(t.TempDir(), "journal")
	c := w.child(op, journal)
	w.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultClose, Commit: emulator.CommitFirst, After: c.kill})
	c.killed(t)
	w.AllPlayed(t)
	if body := w.MustTruth(t).Jobs[0].Body; command(t, w.MustTruth(t).Jobs[0]) != "echo after" || !body.Get("timeout").IsEmpty() {
		t.Fatalf("the members are still there: %s", body.AppendJSON(nil))
	}
	if told := w.notesAfter(journal, "", op.head()); !strings.Contains(told, "lost triggers") || !strings.Contains(told, "timeout") {
		t.Errorf("the plan after says %q", told)
	}
}

// notesAfter returns the notes of a plan after a run with a journal. The journal is read without its
// lines that hold cut and those after them.
func (w *world) notesAfter(path, cut string, head *compile.Result) string {
	w.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	if at := strings.Index(string(text), cut); cut != "" && at >= 0 {
		text = text[:strings.LastIndexByte(string(text[:at]), '\n')+1]
	}
	entries, warning, err := apply.ReadJournal(bytes.NewReader(text), w.URL)
	if warning != "" || err != nil {
		w.t.Fatal(warning, err)
	}
	var notes []string
	w.plan(head, nil, func(in *apply.PlanInput) {
		in.Journal, in.Note = entries, func(note string) { notes = append(notes, note) }
	})
	return strings.Join(notes, "\n")
}

// withoutUpdate is a service whose newer routes have no update of jobs.
type withoutUpdate struct{ next http.RoundTripper }

func (w withoutUpdate) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Path == "/v1/job/update" {
		return noRoute(req), nil
	}
	return w.next.RoundTrip(req)
}

// TestHiddenMembersWithoutTheNewerRoute checks that an update is refused before anything is sent if
// the newer route cannot be read, unless --allow-hidden is given.
func TestHiddenMembersWithoutTheNewerRoute(t *testing.T) {
	t.Parallel()
	quirks := emulator.NoQuirks()
	quirks.V3Hidden = strings.Join(hideableKeys(), " ")
	w := newWorld(t, quirks)
	w.converge(definitions(full("echo before", "triggers", "timeout")))
	w.client = w.newClient(func(cfg *client.Config) { cfg.Transport = withoutNewer{w.transport} })
	plan := w.plan(definitions(full("echo before", "timeout")), nil, nil)
	if plan.HasChanges() {
		t.Errorf("what cannot be seen is a change:\n%s", describePlan(plan))
	}
	plan = w.plan(definitions(full("echo after", "timeout")), nil, nil)
	w.ResetCalls()
	report := w.apply(plan, apply.Options{})
	got := result(t, report, "shop/job/full", diff.ActionUpdate)
	if got.Outcome != apply.Failed || !strings.Contains(string(got.Next), "--api v1") || w.writes() > 0 {
		t.Errorf("%d writes, ended %s: %s; next %s", w.writes(), got.Outcome, got.Message, got.Next)
	}
	if report := w.apply(plan, apply.Options{AllowHidden: true}); !report.Complete() {
		t.Errorf("it was allowed:\n%s", describe(report))
	}
}

// withoutNewer is a service without the newer routes.
type withoutNewer struct{ next http.RoundTripper }

func (w withoutNewer) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(req.URL.Path, "/v1/") {
		return w.next.RoundTrip(req)
	}
	return noRoute(req), nil
}

// noRoute returns a gateway's answer for a path that it does not know.
func noRoute(req *http.Request) *http.Response {
	return &http.Response{
		StatusCode: http.StatusNotFound, Request: req, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(`{"error_msg":"The API does not exist or has not been published in the environment","error_code":"APIGW.0101"}`)),
	}
}
