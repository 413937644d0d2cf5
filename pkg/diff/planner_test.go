package diff_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// estate draws definitions, a base and a live state of few names, so that jobs
// meet: the same, edited, renamed, pinned, twice live, removed and unreadable ones.
func estate(t *rapid.T) diff.Input {
	forms := []*jsontree.Value{
		jsontree.Object(member("arch", str("arm")), member("steps", jsontree.Array())),
		jsontree.Object(member("arch", str("x86-64")), member("steps", jsontree.Array())),
		jsontree.Object(member("arch", str("arm")), member("flavor", str("4u8g"))),
	}
	form := func(label string) *jsontree.Value { return rapid.SampledFrom(forms).Draw(t, label).Clone() }
	jobs := func(label string) *compile.Result {
		result := &compile.Result{}
		for i := range 5 {
			name := fmt.Sprint("j", i)
			if rapid.IntRange(0, 3).Draw(t, label+" has "+name) == 0 {
				continue
			}
			job := jobOf(name, form(label))
			job.Address = "shop/job/" + name
			job.Protect = rapid.IntRange(0, 5).Draw(t, "protect") == 0
			switch rapid.IntRange(0, 6).Draw(t, "kind") {
			case 0:
				job.ID = fmt.Sprint("id", rapid.IntRange(0, 5).Draw(t, "pin"))
			case 1:
				job.RenamedFrom = []string{fmt.Sprint("j", rapid.IntRange(0, 5).Draw(t, "old"))}
			case 2:
				job.Enabled = new(bool)
			case 3:
				job.Notices = []compile.Notice{{Type: "MAIL", Events: []string{"deleteJob"}}}
			}
			result.Jobs = append(result.Jobs, job)
		}
		if name := fmt.Sprint("j", rapid.IntRange(0, 9).Draw(t, "removed")); rapid.Bool().Draw(t, "removes") {
			result.Removals = append(result.Removals, compile.Removal{
				Address: "shop/job/" + name, Project: "shop", ProjectID: project, Job: name, Action: "delete",
			})
		}
		return result
	}
	var live []*diff.LiveJob
	for i := range rapid.IntRange(0, 6).Draw(t, "live") {
		job := liveOf(fmt.Sprint("j", rapid.IntRange(0, 5).Draw(t, "name")), form("live"))
		job.ID = fmt.Sprint("id", i)
		job.Item = wire.JobItem{ID: job.ID, JobName: job.Name, Disabled: rapid.Bool().Draw(t, "disabled")}
		job.Body.Set("job_id", str(job.ID))
		if rapid.IntRange(0, 5).Draw(t, "read") == 0 {
			job.Body, job.ReadErr = nil, errors.New("the service is tired")
		}
		live = append(live, job)
	}
	in := input(jobs("head"), nil, listed(live...))
	if rapid.Bool().Draw(t, "three-way") {
		in = input(in.Head, jobs("base"), in.Live)
	}
	in.Policy.OnRemove = rapid.SampledFrom([]string{"keep", "disable", "delete"}).Draw(t, "on remove")
	in.Live.Projects[project].Complete = rapid.IntRange(0, 5).Draw(t, "complete") > 0
	in.Options.ForceConflicts, in.Options.Adopt = rapid.Bool().Draw(t, "force"), rapid.Bool().Draw(t, "adopt")
	return in
}

// TestPlannerIsCompute checks that a plan does not depend on the time and order in which live jobs
// are read, and that bodies can be freed once they are compared.
func TestPlannerIsCompute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := estate(t)
		want := diff.Compute(in)
		unread := *in.Live.Projects[project]
		unread.Jobs = nil
		read := map[*diff.LiveJob]*diff.LiveJob{}
		for _, job := range in.Live.Projects[project].Jobs {
			later := *job
			later.Body, later.ReadErr = nil, nil
			unread.Jobs = append(unread.Jobs, &later)
			read[&later] = job
		}
		streamed := in
		streamed.Live = &diff.Snapshot{Projects: map[string]*diff.LiveProject{project: &unread}}
		planner := diff.NewPlanner(streamed)
		var workers sync.WaitGroup
		for _, job := range rapid.Permutation(unread.Jobs).Draw(t, "order") {
			workers.Go(func() {
				job.Body, job.ReadErr = read[job].Body.Clone(), read[job].ReadErr
				planner.Compare(job)
				job.Body = nil
			})
		}
		workers.Wait()
		have := planner.Plan()
		if d := cmp.Diff(document(t, want), document(t, have)); d != "" {
			t.Fatalf("(-at once +one by one):\n%s", d)
		}
		for i := range want.Changes {
			if have.Changes[i].Have != want.Changes[i].Have || !jsontree.Equal(have.Changes[i].DesiredBody(), want.Changes[i].DesiredBody()) {
				t.Fatalf("%s: another body would be sent, or is taken for live", want.Changes[i].Address)
			}
		}
	})
}

func document(t *rapid.T, p *diff.Plan) string {
	text, err := json.MarshalIndent(p, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestMadeAndNotDeclared checks which objects of earlier runs a plan keeps for the next journal: those
// that are live and that no base declares. Without a base all is compared two ways.
func TestMadeAndNotDeclared(t *testing.T) {
	t.Parallel()
	live := listed(existing(t, "a", plainJob), existing(t, "b", plainJob))
	head := compiled(defined(t, "a", plainJob), defined(t, "b", plainJob))
	for name, test := range map[string]struct {
		base *compile.Result
		want []string
	}{
		"no base": {nil, nil}, "an empty base": {compiled(), []string{"id-of-a"}}, "the base declares it": {compiled(defined(t, "a", plainJob)), nil}, "the base declares another": {compiled(defined(t, "b", plainJob)), []string{"id-of-a"}},
	} {
		in := input(head, test.base, live)
		in.Made = map[string]bool{"id-of-a": true, "gone": true}
		if d := cmp.Diff(test.want, diff.Compute(in).Made); d != "" {
			t.Errorf("%s: -want +got\n%s", name, d)
		}
	}
}
