package faults

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// anchors are unchanged jobs. They keep a removal below the limit of removals.
var anchors = []string{"anchor-1", "anchor-2", "anchor-3", "anchor-4"}

// scenario is one row of the verdict table: the command of the job x in the base, in the head and
// live; "" if x is absent.
type scenario struct {
	name             string
	base, head, live string
	policy           string // more lines of buildsync.yaml
	extra            string // more keys of the job in the head
	flags            []string

	verdict diff.Verdict
	plan    int    // the exit code of plan --detailed-exitcode
	apply   int    // the exit code of apply
	after   string // command of x afterwards, "" if it is not live
	disable bool   // x is disabled afterwards
	writes  int
}

func scenarios() []scenario {
	const one, two, theirs = "echo one", "echo two", "echo theirs"
	remove := "policy: {on_remove: delete}\n"
	return []scenario{
		{name: "unchanged", base: one, head: one, live: one, verdict: diff.VerdictUnchanged, after: one},
		{name: "both made the same change", base: one, head: two, live: two, verdict: diff.VerdictUnchanged, after: two},
		{name: "change", base: one, head: two, live: one, verdict: diff.VerdictChange, plan: 2, after: two, writes: 1},
		{name: "drift is set back", base: one, head: one, live: theirs, verdict: diff.VerdictDrift, plan: 2, after: one, writes: 1},
		{name: "drift is refused by a flag", base: one, head: one, live: theirs, flags: []string{"--refuse-drift"}, verdict: diff.VerdictDrift, plan: 5, apply: 5, after: theirs},
		{name: "drift is refused by the policy", base: one, head: one, live: theirs, policy: "policy: {drift: fail}\n", verdict: diff.VerdictDrift, plan: 5, apply: 5, after: theirs},
		{name: "conflict", base: one, head: two, live: theirs, verdict: diff.VerdictConflict, plan: 5, apply: 5, after: theirs},
		{name: "conflict, forced", base: one, head: two, live: theirs, flags: []string{"--force-conflicts"}, verdict: diff.VerdictConflict, plan: 2, after: two, writes: 1},
		{name: "create", head: one, verdict: diff.VerdictCreate, plan: 2, after: one, writes: 1},
		{name: "adopt", head: one, live: one, verdict: diff.VerdictAdopt, after: one},
		{name: "collision", head: one, live: theirs, verdict: diff.VerdictCollision, plan: 5, apply: 5, after: theirs},
		{name: "collision, adopted by a flag", head: one, live: theirs, flags: []string{"--adopt"}, verdict: diff.VerdictAdopt, plan: 2, after: one, writes: 1},
		{name: "collision, adopted by the job", head: one, live: theirs, extra: "    adopt: true\n", verdict: diff.VerdictAdopt, plan: 2, after: one, writes: 1},
		{name: "remove", base: one, live: one, policy: remove, verdict: diff.VerdictRemove, plan: 2, writes: 1},
		{name: "remove by disabling", base: one, live: one, policy: "policy: {on_remove: disable}\n", verdict: diff.VerdictRemove, plan: 2, after: one, disable: true, writes: 1},
		{name: "remove, already gone", base: one, policy: remove},
		{name: "remove, edited outside", base: one, live: theirs, policy: remove, verdict: diff.VerdictRemoveEdited, plan: 5, apply: 5, after: theirs},
		{name: "remove, edited outside, forced", base: one, live: theirs, policy: remove, flags: []string{"--force-conflicts"}, verdict: diff.VerdictRemoveEdited, plan: 2, writes: 1},
		{name: "unmanaged", live: theirs, policy: remove, after: theirs, flags: []string{"--adopt", "--force-conflicts", "--allow-removals", "9", "--write-secret", "all"}},
	}
}

// definitionsOf returns a definitions file with the anchors and, if command is set, x.
func definitionsOf(runs, extra string) string {
	text := jobFile("echo anchor", anchors...)
	if runs != "" {
		text += fmt.Sprintf("  - name: x\n    arch: x86-64\n%s    steps: [{sh: {name: s, inputs: {command: %q}}}]\n", extra, runs)
	}
	return text
}

// TestVerdicts runs each row on the real command line and checks the store afterwards.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, emulator.Options{}, map[string]string{
				"buildsync.yaml": workspaceFile + s.policy, "jobs/j.yaml": definitionsOf(s.base, ""), ".gitignore": ".buildsync/\n",
			})
			b.live("echo anchor", anchors...)
			if s.live != "" {
				b.live(s.live, "x")
			}
			b.commit("base")
			b.write("jobs/j.yaml", definitionsOf(s.head, s.extra))
			b.write("note", "a file to commit")
			b.commit("head")
			s.play(t, b)
		})
	}
}

func (s *scenario) play(t *testing.T, b *bench) {
	flags := append([]string{"--base", "HEAD~1"}, s.flags...)
	before := b.MustTruth(t)
	planned := b.must(s.plan, append([]string{"plan", "--detailed-exitcode", "--format", "json"}, flags...)...)
	if got := verdictOf(t, planned.stdout); got != s.verdict && (s.verdict != diff.VerdictUnchanged || got != "") {
		t.Errorf("the verdict is %q, want %q", got, s.verdict)
	}
	if n := b.writes(); n > 0 {
		t.Fatalf("plan wrote %d times", n)
	}
	applied := b.must(s.apply, append([]string{"apply", "--yes"}, flags...)...)
	if n := b.writes(); n != s.writes {
		t.Errorf("%d writes, want %d: %v", n, s.writes, applied)
	}
	truth := b.MustTruth(t)
	if got := b.runs("x"); got != s.after {
		t.Errorf("x runs %q, want %q", got, s.after)
	}
	for _, job := range truth.Jobs {
		old := before.Job(job.ID)
		switch {
		case job.Name == "x" && job.Disabled != s.disable:
			t.Errorf("x is disabled: %t", job.Disabled)
		case job.Name == "x" && s.live != "" && old == nil:
			t.Error("x was deleted and created again: pipelines lose its id")
		case job.Name != "x" && (old == nil || old.Commits != job.Commits):
			t.Errorf("%s was touched", job.Name)
		}
	}
	if s.apply != 0 {
		return
	}
	b.ResetCalls()
	b.must(0, append([]string{"plan", "--detailed-exitcode"}, flags[:2]...)...)
	b.must(0, append([]string{"apply", "--yes"}, flags[:2]...)...)
	if n := b.writes(); n > 0 {
		t.Errorf("the second apply wrote %d times", n)
	}
}

// verdictOf returns a plan document's verdict on the job x.
func verdictOf(t *testing.T, document string) diff.Verdict {
	t.Helper()
	var plan diff.Plan
	if err := json.NewDecoder(strings.NewReader(document)).Decode(&plan); err != nil {
		t.Fatal(err)
	}
	for _, change := range plan.Changes {
		if change.Address == "shop/job/x" {
			return change.Verdict
		}
	}
	return ""
}
