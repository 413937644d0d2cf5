package apply_test

import (
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestTwoCommitsAtOnce applies two commits at once. Each object ends as one of them declares it,
// and nothing is doubled. A run that ends with 0 has what it declares unless the other wrote after
// its last read.
func TestTwoCommitsAtOnce(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]emulator.Quirks{"unique": emulator.Strict(), "not unique": emulator.Legacy()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { playRivals(t, rt, quirks) })
		})
	}
}

func playRivals(t *testing.T, rt *rapid.T, quirks emulator.Quirks) {
	w := newWorldFor(t, rt, quirks)
	w.converge(definitions(job("bystander", "x"), job("target", "before")))
	w.settle()
	bystander := w.MustTruth(w.t).Named(emulator.DefaultProject, "bystander")[0]
	commands := []string{"ours", "theirs"}
	head := func(command string) *compile.Result {
		return definitions(job("bystander", "x"), job("target", command), job("zz-new", command))
	}
	plans := [2]*diff.Plan{w.plan(head(commands[0]), nil, nil), w.plan(head(commands[1]), nil, nil)}
	// A draw decides where they meet: both send this request before one is processed.
	meet := rapid.SampledFrom([]string{"UpdateJob", "CreateJob", "QueryJob", "ListJobs"}).Draw(rt, "meet")
	nth := rapid.IntRange(1, 2).Draw(rt, "nth")
	met := make(chan struct{})
	release := sync.OnceFunc(func() { close(met) })
	w.MustFail(w.t, emulator.Fault{Op: meet, Nth: nth, Kind: emulator.FaultPass, Before: func() { <-met }},
		emulator.Fault{Op: meet, Nth: nth + 1, Kind: emulator.FaultPass, After: release})
	reports := [2]*apply.Report{}
	var runs sync.WaitGroup
	for i := range plans {
		api := w.newClient(nil)
		runs.Go(func() {
			defer release() // the other must not wait for a run that has ended
			reports[i] = w.applyWith(w.t.Context(), api, plans[i], apply.Options{Parallelism: 1})
		})
	}
	runs.Wait()
	w.ClearFaults()
	w.settle()
	truth := w.MustTruth(w.t)
	for _, name := range []string{"target", "zz-new"} {
		named := truth.Named(emulator.DefaultProject, name)
		if len(named) != 1 || !slices.Contains(commands, command(w.t, named[0])) {
			w.t.Errorf("%d jobs are called %s", len(named), name)
			continue
		}
		winner := slices.Index(commands, command(w.t, named[0]))
		if reports[0].Ending() == apply.EndDone && reports[1].Ending() == apply.EndDone {
			w.t.Errorf("both say that %s is as they want it; it is as %s\n%s\n%s", name, commands[winner], describe(reports[0]), describe(reports[1]))
		}
	}
	if now := truth.Job(bystander.ID); now == nil || now.Commits != bystander.Commits {
		w.t.Error("the bystander was touched")
	}
	w.client = w.newClient(nil)
	w.converge(head("ours"))
	w.mustBeInStep(head("ours"))
}
