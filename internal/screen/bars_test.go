//go:build unix

package screen

import (
	"flag"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

var controls = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]|\r")

// screenful reads a terminal until its output holds the wanted text.
func screenful(t *testing.T, person interface{ Read([]byte) (int, error) }, got *strings.Builder, want string) {
	t.Helper()
	buffer := make([]byte, 4096)
	for !strings.Contains(got.String(), want) {
		n, err := person.Read(buffer)
		got.Write(buffer[:n])
		if err != nil {
			t.Fatalf("%v; the terminal lacks %q: %q", err, want, got.String())
		}
	}
}

// TestTextGoesAboveTheBars checks that no line for stderr is below a bar: it is written right after
// the bars were erased, also after the last bar. Two changes of one address, as twins have, do not
// keep the display from ending.
func TestTextGoesAboveTheBars(t *testing.T) {
	t.Parallel()
	person, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer person.Close()
	defer terminal.Close()
	if err := pty.Setsize(terminal, &pty.Winsize{Rows: 40, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	stderr := kit.NewLogged(terminal)
	in := &kit.Invocation{
		Console: &kit.Console{Stderr: stderr, Logged: stderr},
		Flags:   cli.NewContext(cli.NewApp(), flag.NewFlagSet("", flag.ContinueOnError), nil),
	}
	twin := diff.Change{Kind: diff.KindJob, Address: "shop/job/a", Actions: []diff.Action{diff.ActionUpdate}}
	plan := &diff.Plan{Changes: []diff.Change{twin, twin}}
	progress := NewApplying(in, plan, nil)

	var got strings.Builder
	progress.Begin(&twin, diff.ActionUpdate)
	progress.Begin(&twin, diff.ActionUpdate)
	const three = "\x1b[3A\x1b[J" // two spinners and the total are erased
	screenful(t, person, &got, three)
	for line := range strings.SplitSeq(got.String(), "\n") {
		// A terminal of 50 columns, which was wider before, would fold longer ones, and then some rows stay.
		if cells := DisplayCells.StringWidth(controls.ReplaceAllString(line, "")); cells > 50 {
			t.Errorf("a line of %d cells: %q", cells, line)
		}
	}
	in.Printf("smoke build 1\n")
	screenful(t, person, &got, three+eraseLine+"smoke build 1\r\n")
	progress.Done(apply.Result{Kind: diff.KindJob, Address: twin.Address, Action: diff.ActionUpdate, Outcome: apply.Applied})
	screenful(t, person, &got, "A\x1b[J"+eraseLine+"update shop/job/a: applied")

	closed := make(chan struct{})
	go func() {
		defer close(closed)
		progress.Close()
		progress.Begin(&twin, diff.ActionUpdate) // a late action draws nothing
		in.Printf("1 applied\n")
	}()
	screenful(t, person, &got, "A\x1b[J"+eraseLine+"1 applied\r\n")
	<-closed
}

// TestLasted checks that one build takes as long in each command that shows it.
func TestLasted(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "0.0 s", 3 * time.Second: "3.0 s", 8366 * time.Millisecond: "8.4 s", 100068 * time.Millisecond: "1m40s"} {
		start := time.Date(2026, 3, 2, 9, 30, 1, 0, time.UTC)
		took := Took(start.Format(time.RFC3339Nano), start.Add(d).In(time.FixedZone("", 8*3600)).Format(time.RFC3339Nano))
		if got := sanitize.Lasted(d); got != want || took != want {
			t.Errorf("%d ms are %q and, from start to end, %q; want %q", d.Milliseconds(), got, took, want)
		}
	}
}
