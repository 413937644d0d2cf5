//go:build unix

package faults

import (
	"os"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestKilledFirstRunBlamesNobody kills a first run over live jobs before it writes. The next plan
// must not call the jobs' old content an edit.
func TestKilledFirstRunBlamesNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t, emulator.Options{Seed: emulator.Seed{Bodies: []emulator.SeedJob{{Body: mustTree(t, priorBody)}}}}, map[string]string{
		".gitignore": ".buildsync/\n",
		"jobs/a.yaml": "version: 1\njobs:\n  - {name: " + priorName + ", arch: x86-64, " +
			"steps: [{sh: {name: Run, image: shell4.2.46-git1.8.3-zip6.00, inputs: {command: echo ours}}}]}\n",
	})
	b.commit("one")
	started := make(chan struct{})
	cmd := b.command(t.Context(), nil, "apply", "--yes")
	b.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultStatus, Status: 503, Commit: emulator.CommitNever, Times: -1, Before: func() {
		<-started
		_ = cmd.Process.Signal(os.Kill) // it may have ended
	}})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if code := exitCode(t, cmd.Wait()); code != -1 {
		t.Fatalf("the run was not killed: code %d", code)
	}
	b.ClearFaults()
	for _, args := range [][]string{{"plan"}, {"drift"}, {"apply", "--yes", "--refuse-drift"}} {
		got := b.must(0, args...)
		if text := got.stdout + got.stderr; strings.Contains(text, "edited outside") || strings.Contains(text, "drift: live") {
			t.Errorf("nobody edited anything: %v", got)
		}
	}
	b.must(0, "drift")
}
