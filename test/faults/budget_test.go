//go:build unix

package faults

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestTimeoutIsOneBudget checks that --timeout covers planning and applying together. Each call
// takes at least a tenth of it and planning makes seven calls, so at most one update of three calls
// can begin. A slower machine begins none.
func TestTimeoutIsOneBudget(t *testing.T) {
	t.Parallel()
	jobs := func(command string) string {
		text := "version: 1\njobs:\n"
		for i := range 6 {
			text += fmt.Sprintf("  - {name: j%d, arch: x86-64, steps: [{sh: {name: Run, image: shell4.2.46-git1.8.3-zip6.00, inputs: {command: %s}}}]}\n", i, command)
		}
		return text
	}
	b := newBench(t, emulator.Options{}, map[string]string{"jobs/a.yaml": jobs("one")})
	b.must(0, "apply", "--yes")
	b.write("jobs/a.yaml", jobs("two"))
	b.ResetCalls()
	b.MustFail(t, emulator.Fault{Kind: emulator.FaultDelay, Delay: 200 * time.Millisecond, Times: -1})
	got := b.run("apply", "--yes", "--parallelism", "1", "--timeout", "2s")
	if got.code != 1 && got.code != 6 {
		t.Errorf("a run that timed out: %v", got)
	}
	updates := 0
	for _, call := range b.Calls() {
		if call.Op == "UpdateJob" {
			updates++
		}
	}
	if updates > 1 {
		t.Errorf("%d updates began within 2 s of calls that take 200 ms each: %v", updates, got)
	}
	if !strings.Contains(got.stdout+got.stderr, "--timeout") && !strings.Contains(got.stdout+got.stderr, "time for the whole run is over") {
		t.Errorf("the output does not mention the timeout: %v", got)
	}
}
