package screen

import (
	"bytes"
	"flag"
	"testing"
	"testing/synctest"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/diff"
)

// TestReasonOfAWait checks that a wait because of the pace is explained, and a short one is not.
func TestReasonOfAWait(t *testing.T) {
	t.Parallel()
	const refused = "the service takes no more requests for now; buildsync asks again until it does"
	for name, test := range map[string]struct {
		pace client.Pace
		left int
		want string
	}{
		"no pace":                        {client.Pace{}, 300, ""},
		"nothing left":                   {client.Pace{PerSecond: 0.1, Refused: time.Minute}, 0, ""},
		"soon done":                      {client.Pace{PerSecond: 50, Asked: true}, 300, ""},
		"of the service":                 {client.Pace{PerSecond: 0.83}, 250, "the service takes about 50 requests a minute, so reading 250 more takes at least 5m1s"},
		"of the flag":                    {client.Pace{PerSecond: 1, Asked: true}, 20, "--rate allows 60 requests a minute, so reading 20 more takes at least 20s"},
		"listing":                        {client.Pace{PerSecond: 2, Asked: true}, unknown, "--rate allows 120 requests a minute; the lists of the jobs are read first"},
		"lists that are slow themselves": {client.Pace{PerSecond: 10000, Asked: true}, unknown, ""},
		"listing, refused":               {client.Pace{Refused: 4 * time.Second}, unknown, refused},
		"listing, no pace":               {client.Pace{}, unknown, ""},
		"refused a moment":               {client.Pace{Refused: time.Second}, 300, ""},
		"refused for long":               {client.Pace{Refused: 4 * time.Second}, 300, refused},
		"refused and known":              {client.Pace{PerSecond: 1, Refused: 4 * time.Second}, 300, refused},
	} {
		if _, got := reason(test.pace, "reading", test.left, 4*time.Second); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestEachReasonIsToldOnce checks that each reason for a slow run is printed once, and that the
// watch ends.
func TestEachReasonIsToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		in := &kit.Invocation{Console: &kit.Console{Stderr: &out}, Flags: cli.NewContext(cli.NewApp(), flag.NewFlagSet("", flag.ContinueOnError), nil)}
		began := time.Now()
		p := NewPacing(in, func() client.Pace {
			if waited := time.Since(began); waited < 10*time.Second {
				return client.Pace{Refused: waited}
			}
			return client.Pace{PerSecond: 1}
		})
		stop := p.watch("writing", func() int { return 100 })
		time.Sleep(30 * time.Second)
		stop()
		stop()
		const want = "note: the service takes no more requests for now; buildsync asks again until it does\n" +
			"note: the service takes about 60 requests a minute, so writing 100 more takes at least 1m40s\n"
		if out.String() != want {
			t.Errorf("%q", out.String())
		}
	})
}

// TestAJobIsCountedOnce checks that a job and its notifications count as one object.
func TestAJobIsCountedOnce(t *testing.T) {
	t.Parallel()
	in := &kit.Invocation{Console: &kit.Console{Stderr: &bytes.Buffer{}}, Flags: cli.NewContext(cli.NewApp(), flag.NewFlagSet("", flag.ContinueOnError), nil)}
	p := NewApplying(in, &diff.Plan{Changes: []diff.Change{
		{Address: "demo/job/a", Kind: diff.KindJob, Actions: []diff.Action{diff.ActionCreate}},
		{Address: "demo/notification/a", Kind: diff.KindNotification, Actions: []diff.Action{diff.ActionUpdate}},
	}}, nil)
	defer p.Close()
	p.Done(apply.Result{Address: "demo/job/a", Kind: diff.KindJob, Action: diff.ActionCreate, Outcome: apply.Applied})
	p.Done(apply.Result{Address: "demo/notification/a", Kind: diff.KindNotification, Action: diff.ActionUpdate, Outcome: apply.Applied})
	if p.count != 1 || p.ended != 1 {
		t.Errorf("%d of %d", p.ended, p.count)
	}
}
