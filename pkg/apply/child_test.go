package apply_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/spec"
)

// The test binary plays an apply in a process of its own, which the parent or a failpoint kills.
// The environment says what to apply.
const (
	childVariable   = "BUILDSYNC_APPLY_TEST_CHILD" // the operation's id
	urlVariable     = "BUILDSYNC_APPLY_TEST_URL"
	journalVariable = "BUILDSYNC_APPLY_TEST_JOURNAL" // "" for none
)

// membersDropped is the operation that updates a job over v3, which drops members that the
// definition does not name.
const membersDropped = "MD"

// skippingClock shows the real time and does not wait.
type skippingClock struct{ skipped time.Duration }

func (c *skippingClock) Now() time.Time { return time.Now().Add(c.skipped) }

func (c *skippingClock) Wait(ctx context.Context, d time.Duration) error {
	c.skipped += d
	return ctx.Err()
}

// runChild plans and applies one operation and returns an exit code.
func runChild() int {
	url := os.Getenv(urlVariable)
	op := killable(os.Getenv(childVariable))
	cfg := client.Config{Endpoint: url, Rate: 1e6, Credentials: client.Credentials{
		Key: signer.Key{Access: emulator.DefaultAccessKey, Secret: emulator.DefaultSecretKey},
	}}
	if op.id == membersDropped {
		cfg.Transport = withoutUpdate{http.DefaultTransport}
	}
	api, err := client.New(cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	in := apply.PlanInput{Input: diff.Input{
		Head: op.head(), Endpoint: url, ToolVersion: "test", Policy: spec.Policy{OnRemove: "delete", MaxRemovals: 100, MaxRemovalShare: 1},
	}}
	if op.base != nil {
		in.Base, in.BaseRevision = op.base(), &diff.Revision{Commit: "base"}
	}
	plan, err := apply.MakePlan(context.Background(), api, in)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	opts := apply.Options{Secrets: secrets, Clock: &skippingClock{}, Parallelism: 1, AllowHidden: op.id == membersDropped}
	if path := os.Getenv(journalVariable); path != "" {
		journal, err := apply.CreateJournal(path, url, plan.PlanID)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer journal.Close()
		opts.Journal = journal
	}
	report, err := apply.Run(context.Background(), api, plan, opts)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if !report.Complete() {
		return 1
	}
	return 0
}

// killable returns the operation of an id. It knows those of the fault matrix, and ER (a disabled
// job is enabled for its update), TR (a template is replaced), TD (a template is deleted) and
// membersDropped.
func killable(id string) operation {
	all := append(killables(), operation{id: membersDropped, head: func() *compile.Result { return definitions(full("echo after")) }})
	return all[slices.IndexFunc(all, func(o operation) bool { return o.id == id })]
}

func killables() []operation {
	return append(operations(), operation{
		id: "ER", api: "RecoverJob", action: diff.ActionEnable, address: "shop/job/target",
		head: func() *compile.Result {
			return definitions(before().Jobs[0], job("target", "echo before", secret("token", "TOKEN"), enabled(true)))
		},
		done: func(_ testing.TB, truth emulator.Truth) bool {
			named := truth.Named(emulator.DefaultProject, "target")
			return len(named) == 1 && !named[0].Disabled
		},
	}, operation{
		id: "TD", api: "DeleteTemplate", action: diff.ActionDelete, address: "shop/template/gone",
		base: func() *compile.Result { return templates("bystander", "gone") },
		head: func() *compile.Result { return templates("bystander") },
		done: func(_ testing.TB, truth emulator.Truth) bool { return len(truth.Templates) == 1 },
	}, operation{
		id: "TR", api: "CreateTemplate", action: diff.ActionReplace, address: "shop/template/replaced",
		head: func() *compile.Result {
			head := before()
			head.Templates = []*compile.Template{template("replaced", "after")}
			return head
		},
		done: func(t testing.TB, truth emulator.Truth) bool {
			return len(truth.Templates) == 1 && strings.Contains(string(truth.Templates[0].Body.AppendJSON(nil)), `"after"`)
		},
	})
}

// templates returns before, with templates of these names.
func templates(names ...string) *compile.Result {
	r := before()
	for _, name := range names {
		r.Templates = append(r.Templates, template(name, "mvn package"))
	}
	return r
}

// startOf returns the service's state before a killable operation.
func startOf(op operation) *compile.Result {
	start := before()
	switch op.id {
	case "TC":
		start.Templates = op.head().Templates[:1]
	case "TD":
		start = op.base()
	case "ER":
		enabled(false)(start.Jobs[1])
	case "TR":
		start.Templates = []*compile.Template{template("replaced", "before")}
	}
	return start
}

// child is an apply in a process of its own.
type child struct {
	cmd     *exec.Cmd
	stderr  bytes.Buffer
	started chan struct{}
}

func (w *world) child(op operation, journal string, env ...string) *child {
	c := &child{cmd: exec.Command(os.Args[0]), started: make(chan struct{})}
	c.cmd.Stderr = &c.stderr
	c.cmd.Env = append(os.Environ(), append(env, childVariable+"="+op.id, urlVariable+"="+w.URL, journalVariable+"="+journal)...)
	return c
}

// kill ends the child while it runs.
func (c *child) kill() {
	<-c.started
	_ = c.cmd.Process.Kill() // the way it ends shows the failure
}

// killed runs the child and fails the test unless it was killed.
func (c *child) killed(t *testing.T) {
	t.Helper()
	err := c.cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	close(c.started)
	err = c.cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() >= 0 {
		t.Fatalf("the child was not killed: %v %s", err, c.stderr.String())
	}
}

// recoverFrom plans and applies again, and checks that nothing is doubled or lost.
func (w *world) recoverFrom(t *testing.T, op operation, prior emulator.Truth, journal string) {
	t.Helper()
	var entries []apply.JournalEntry
	if journal != "" {
		file, err := os.Open(journal)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if entries, _, err = apply.ReadJournal(file, w.URL); err != nil {
			t.Fatal(err)
		}
	}
	var base *compile.Result
	if op.base != nil {
		base = op.base()
	}
	plan := w.plan(op.head(), base, func(in *apply.PlanInput) { in.Journal = entries })
	report := w.apply(plan, apply.Options{Secrets: secrets})
	truth := w.MustTruth(t)
	if !report.Complete() || !op.done(t, truth) {
		t.Errorf("the next run did not finish the work:\n%s%s", describePlan(plan), describe(report))
	}
	names := map[string]int{}
	for _, j := range truth.Jobs {
		if names[j.Name]++; names[j.Name] > 1 {
			t.Errorf("job %s is there twice", j.Name)
		}
		w.checkSecrets(j)
	}
	for _, old := range prior.Jobs {
		if now := truth.Job(old.ID); old.Name == "bystander" && (now == nil || now.Commits != old.Commits) {
			t.Error("the bystander was touched")
		}
	}
	w.mustBeInStep(op.head())
}

// TestKilledAtTheWrite kills the process when the service receives its write, and when the service
// has committed it.
func TestKilledAtTheWrite(t *testing.T) {
	t.Parallel()
	points := map[string]emulator.Commit{"not committed": emulator.CommitNever, "committed": emulator.CommitFirst}
	for _, op := range killables() {
		for name, commit := range points {
			for _, journalled := range []bool{true, false} {
				if op.id == "TR" && !journalled && commit == emulator.CommitFirst {
					continue // a person decides about two templates of one name, see the next test
				}
				t.Run(fmt.Sprintf("%s/%s/journal %t", op.id, name, journalled), func(t *testing.T) {
					t.Parallel()
					w := newWorldWith(t, emulator.Legacy(), startOf(op))
					prior := w.MustTruth(t)
					journal := ""
					if journalled {
						journal = t.TempDir() + "/journal"
					}
					c := w.child(op, journal)
					w.MustFail(t, emulator.Fault{Op: op.api, Kind: emulator.FaultClose, Commit: commit, After: c.kill})
					c.killed(t)
					w.AllPlayed(t)
					w.recoverFrom(t, op, prior, journal)
				})
			}
		}
	}
}

// TestKilledReplacementWithoutJournal checks that the plan reports two templates of one name and
// touches neither. Without the journal nothing shows which one is to go.
func TestKilledReplacementWithoutJournal(t *testing.T) {
	t.Parallel()
	op := killable("TR")
	w := newWorldWith(t, emulator.Legacy(), startOf(op))
	c := w.child(op, "")
	w.MustFail(t, emulator.Fault{Op: op.api, Kind: emulator.FaultClose, Commit: emulator.CommitFirst, After: c.kill})
	c.killed(t)
	plan := w.plan(op.head(), nil, nil)
	if len(plan.Refusals) != 1 || plan.Refusals[0].Rule != diff.RuleDuplicateTemplate {
		t.Fatalf("the plan:\n%s", describePlan(plan))
	}
	w.apply(plan, apply.Options{Secrets: secrets})
	if n := len(w.MustTruth(t).Templates); n != 2 {
		t.Errorf("%d templates, want both", n)
	}
}
