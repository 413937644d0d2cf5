package faults

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
)

// TestKilledAroundARun sends SIGKILL before the first write and after the last. (The failpoints of
// pkg/apply cover the places in between.) The report is complete or the older one, and the next run
// does the rest, with and without the journal.
func TestKilledAroundARun(t *testing.T) {
	t.Parallel()
	const old = "{}\n"
	for place, want := range map[string]struct{ done, report bool }{
		"approved": {false, false}, "locked": {false, false}, "journalled": {false, false}, "begun": {false, false},
		"swept": {true, false}, "file written": {true, false}, "reported": {true, true},
	} {
		for _, journal := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/journal %t", place, journal), func(t *testing.T) {
				t.Parallel()
				b := everyWrite(t)
				b.write("report.json", old)
				program := b.exe[0]
				b.failing()
				got := b.runWith([]string{"BUILDSYNC_FAILPOINT=" + place}, "apply", "--yes", "--report", "report.json")
				if got.code != -1 {
					t.Fatalf("it was not killed: %v", got)
				}
				if want.done != (b.writes() > 0) {
					t.Errorf("%d writes", b.writes())
				}
				var report apply.Report
				err := json.Unmarshal([]byte(b.read("report.json")), &report)
				if err != nil || want.report != (len(report.Results) > 0) {
					t.Errorf("the report holds %d results, %v", len(report.Results), err)
				}
				if !journal {
					if err := os.RemoveAll(filepath.Join(b.dir, ".buildsync")); err != nil {
						t.Fatal(err)
					}
				}
				b.exe[0] = program
				before := b.writes()
				b.must(0, "apply", "--yes", "--report", "report.json")
				if want.done && b.writes() != before {
					t.Errorf("the next run wrote %d times", b.writes()-before)
				}
				b.everyWriteDone()
				b.once()
			})
		}
	}
}
