package apply_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// editOutside changes a job as a person in the console would.
func (w *world) editOutside(name string, edit func(body *jsontree.Value)) {
	w.t.Helper()
	for _, j := range w.MustTruth(w.t).Named(emulator.DefaultProject, name) {
		body := j.Body.Clone()
		body.Set("job_id", jsontree.String(j.ID))
		body.Set("project_id", jsontree.String(j.Project))
		edit(body)
		if err := w.newClient(nil).UpdateJob(context.Background(), body); err != nil {
			w.t.Errorf("editing %s outside: %v", name, err)
		}
	}
}

func setCommand(command string) func(*jsontree.Value) {
	return func(body *jsontree.Value) {
		body.Get("steps").Items()[0].Get("properties").Set("command", jsontree.String(command))
	}
}

// TestChangedSinceThePlan checks that an object that was edited or deleted since the plan is left
// alone and its paths are reported. All other objects are written.
func TestChangedSinceThePlan(t *testing.T) {
	t.Parallel()
	update := func() *compile.Result { return definitions(job("other", "echo after"), job("target", "echo after")) }
	remove := func() *compile.Result {
		head := definitions(job("other", "echo after"))
		head.Removals = []compile.Removal{{Address: "shop/job/target", Project: projectAlias, ProjectID: emulator.DefaultProject, Job: "target", Action: "delete"}}
		return head
	}
	notify := func() *compile.Result {
		return definitions(job("other", "echo after"), job("target", "echo before", notice("MAIL", "deleteJob")))
	}
	edit := func(w *world) { w.editOutside("target", setCommand("echo edited")) }
	deleteIt := func(w *world) {
		id := w.MustTruth(w.t).Named(emulator.DefaultProject, "target")[0].ID
		if err := w.newClient(nil).DeleteJob(context.Background(), id); err != nil {
			w.t.Error(err)
		}
	}
	tests := map[string]struct {
		head    func() *compile.Result
		address string
		action  diff.Action
		meddle  func(*world)
		paths   []string
		left    string // the command of the target afterwards, "" if it is gone
	}{
		"update, edited": {update, "shop/job/target", diff.ActionUpdate, edit,
			[]string{`steps["Build"].properties.command`}, "echo edited"},
		"update, deleted": {update, "shop/job/target", diff.ActionUpdate, deleteIt, []string{}, ""},
		"update, deleted and created again": {update, "shop/job/target", diff.ActionUpdate, func(w *world) {
			deleteIt(w)
			w.createOutside(job("target", "echo again"))
		}, []string{}, "echo again"},
		"removal, edited": {remove, "shop/job/target", diff.ActionDelete, edit,
			[]string{`steps["Build"].properties.command`}, "echo edited"},
		"notification, changed": {notify, "shop/notification/target", diff.ActionUpdate, func(w *world) {
			head := definitions(job("target", "echo before", notice("MAIL", "forbiddenJob")))
			w.apply(w.plan(head, nil, nil), apply.Options{})
		}, []string{`notifications["MAIL"].events`}, "echo before"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Legacy())
			w.converge(definitions(job("other", "echo before"), job("target", "echo before")))
			plan := w.plan(test.head(), nil, nil)
			test.meddle(w)
			report := w.apply(plan, apply.Options{})
			got := result(t, report, test.address, test.action)
			if got.Outcome != apply.Conflict || got.Next == "" {
				t.Errorf("ended %s:\n%s", got.Outcome, describe(report))
			}
			if diff := cmp.Diff(test.paths, got.Paths); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
			if code := report.Ending(); code != apply.EndPartial { // the other job was written
				t.Errorf("ending %s, want partial", code)
			}
			if other := result(t, report, "shop/job/other", diff.ActionUpdate); other.Outcome != apply.Applied {
				t.Errorf("the other job ended %s", other.Outcome)
			}
			named := w.MustTruth(t).Named(emulator.DefaultProject, "target")
			switch {
			case test.left == "" && len(named) > 0:
				t.Error("the job was created again")
			case test.left != "" && (len(named) != 1 || command(t, named[0]) != test.left):
				t.Errorf("the job was not left alone")
			}
		})
	}
}

// TestEditedRightAfterTheWrite checks that a field that was edited between the write and the read
// after it is not "applied".
func TestEditedRightAfterTheWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	w.converge(definitions(job("target", "echo before")))
	plan := w.plan(definitions(job("target", "echo after")), nil, nil)
	w.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultPass, Commit: emulator.CommitFirst, After: func() {
		w.editOutside("target", setCommand("echo edited"))
	}})
	report := w.apply(plan, apply.Options{})
	got := result(t, report, "shop/job/target", diff.ActionUpdate)
	if got.Outcome != apply.NotConverged || report.Ending() != apply.EndPartial {
		t.Errorf("ended:\n%s", describe(report))
	}
	if diff := cmp.Diff([]string{`steps["Build"].properties.command`}, got.Paths); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

// TestTwoRunsAtOnce checks that two runs that create the same jobs at once leave one of each,
// whether or not the service keeps names unique. Both succeed.
func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]emulator.Quirks{"unique": emulator.Strict(), "not unique": emulator.Legacy()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, quirks)
			w.converge(definitions(job("bystander", "x")))
			head := func() *compile.Result { return definitions(job("bystander", "x"), job("new", "echo new")) }
			plans := [2]*diff.Plan{w.plan(head(), nil, nil), w.plan(head(), nil, nil)}
			// No create is processed before both have been sent.
			var both sync.WaitGroup
			both.Add(2)
			w.MustFail(t, emulator.Fault{Op: "CreateJob", Times: 2, Kind: emulator.FaultPass, Commit: emulator.CommitFirst, Before: func() {
				both.Done()
				both.Wait()
			}})
			reports := [2]*apply.Report{}
			turns := newTurns(w, len(plans))
			var runs sync.WaitGroup
			for i := range plans {
				api := w.newClient(nil)
				runs.Go(func() {
					defer turns.leave()
					reports[i] = w.applyWith(t.Context(), api, plans[i], apply.Options{Clock: turns})
				})
			}
			runs.Wait()
			w.AllPlayed(t)
			var outcomes []string
			for _, report := range reports {
				outcomes = append(outcomes, string(result(t, report, "shop/job/new", diff.ActionCreate).Outcome))
				if report.Ending() != apply.EndDone {
					t.Errorf("ending %s:\n%s", report.Ending(), describe(report))
				}
			}
			slices.Sort(outcomes)
			if diff := cmp.Diff([]string{"applied", "unchanged"}, outcomes); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if n := len(w.MustTruth(t).Named(emulator.DefaultProject, "new")); n != 1 {
				t.Errorf("%d jobs, want 1", n)
			}
			w.mustBeInStep(head())
		})
	}
}

// turns is the world's clock for several runs. A wait ends when every other run waits or has ended.
// With the plain clock, one run could pass all its waits before the other sends a request.
type turns struct {
	*world
	mu      sync.Mutex
	running int           // runs that have not ended
	waiting int           // how many of them wait
	next    chan struct{} // closed when the waits end
}

func newTurns(w *world, runs int) *turns {
	return &turns{world: w, running: runs, next: make(chan struct{})}
}

// Wait moves the clock when all other runs wait or have ended.
func (c *turns) Wait(ctx context.Context, d time.Duration) error {
	if d > 0 {
		c.mu.Lock()
		c.waiting++
		next := c.next
		c.release()
		c.mu.Unlock()
		select {
		case <-next:
		case <-ctx.Done():
		}
	}
	return c.world.Wait(ctx, d)
}

// leave marks a run as ended.
func (c *turns) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	c.release()
}

// release ends the waits if no run is left to wait for. The caller holds c.mu.
func (c *turns) release() {
	if c.waiting >= c.running {
		c.waiting = 0
		close(c.next)
		c.next = make(chan struct{})
	}
}

// TestRewrittenByTheServer checks that the run names the path of a field that the service stores in
// another form.
func TestRewrittenByTheServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Strict())
	plan := w.plan(definitions(job("target", "echo one", func(j *compile.Job) {
		j.Body().Get("steps").Items()[0].Get("properties").Set("flag", jsontree.String("kept"))
	})), nil, nil)
	w.MustFail(t, emulator.Fault{Op: "CreateJob", Kind: emulator.FaultPass, Commit: emulator.CommitFirst, After: func() {
		w.editOutside("target", func(body *jsontree.Value) {
			body.Get("steps").Items()[0].Get("properties").Set("flag", jsontree.String("rewritten"))
		})
	}})
	report := w.apply(plan, apply.Options{})
	got := result(t, report, "shop/job/target", diff.ActionCreate)
	if got.Outcome != apply.NotConverged || !slices.Equal(got.Paths, []string{`steps["Build"].properties.flag`}) {
		t.Errorf("ended:\n%s", describe(report))
	}
}
