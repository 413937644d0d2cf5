//go:build long

package faults

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// planted is a bug that people have written into such programs. It replaces one
// text of one file.
type planted struct {
	name, file, right, wrong string
	pkg, run                 string // the tests that must catch it
}

func plantedBugs() []planted {
	const client, apply = "./pkg/client/...", "./pkg/apply"
	return []planted{
		{"a create is repeated blindly", "pkg/client/send_retry.go", "	return e.Outcome == NotSent\n}", "	return true\n}", apply, "TestFaults"},
		{"an update is repeated blindly", "pkg/client/send_retry.go", "return e.throttled || e.Outcome == NotSent", "return true", client, "Repeating"},
		{"a wait without a cap", "pkg/client/send_retry.go", "if e.RetryAfter > t.maxWait {", "if e.RetryAfter > 1<<62 {", client, "RetryAfter"},
		{"no bound on repeats in an outage", "pkg/client/send_retry.go", "if b.tokens < cost {", "if b.tokens < -1<<30 {", client, "Budget|Outage"},
		{"an unclear answer counts as a refusal", "pkg/client/classify.go", "		return // Unsure: the handling may have got anywhere\n", "", apply, "TestFaults"},
		{"a redirect proves nothing", "pkg/client/classify.go", "e.kind, e.passing = ErrRedirect, false", "e.kind, e.passing = nil, true", apply, "TestFaults"},
		{"secrets of other calls are shown", "pkg/client/client.go", "return mask(text, append(secrets, c.hidden...))", "return mask(text, secrets)", "./pkg/client", "Hide"},
		{"base64 of a secret is shown", "pkg/client/mask.go", "for offset := range 3 {", "for offset := range 0 {", "./pkg/client", "Mask"},
		{"the journal is written after the write", "pkg/apply/call.go", "if err := s.run.journal(s.intent()); err != nil {", "if err := error(nil); err != nil {", apply, "Journal"},
		{"no look before an update", "pkg/apply/update.go", "	case s.asPlanned(have):\n", "	case true:\n", apply, "ChangedSince"},
		{"an update that changes nothing is sent", "pkg/apply/update.go", "if len(s.missing(have)) == 0 && !mustWrite(s.change) {", "if false {", apply, "."},
		{"duplicates are not looked for", "pkg/apply/sweep.go", "if len(r.created) == 0 || r.soft.Err() != nil {", "if true {", apply, "TwoRuns"},
		{"an uncertain delete is called a failure", "pkg/apply/template.go", "	case Unknown:\n		s.end(Unknown, ", "	case Unknown:\n		s.end(NotConverged, ", apply, "ReplacementUnder"},
		{"the report is lost with stdout", "cmd/buildsync/cmd_apply.go", "notKept = writeFile(file, document)", "_ = document", "./test/faults", "ClosedStdout"},
		{"an output goes through a link", "cmd/buildsync/output.go", "case err == nil && !info.Mode().IsRegular():", "case err == nil && info == nil:", "./cmd/buildsync", "WriteFileRefuses"},
		{"plans never grow old", "cmd/buildsync/cmd_apply.go", "	case age > most:\n", "	case false:\n", "./test/faults", "GrowOld"},
		{"a panic of a worker ends the process", "pkg/apply/crash.go", "if value := recover(); value != nil {", "if value := any(nil); value != nil {", "./test/faults", "PanicAt"},
		{"a signal cuts off what is under way", "cmd/buildsync/signals.go", "				s.soften(cause)\n", "				s.soften(cause)\n				s.harden(cause)\n", "./test/faults", "SignalDuring"},
	}
}

// TestPlantedBugsAreCaught compiles each bug in, without touching the tree, and
// demands that the tests named fail: tests that pass with a bug test nothing.
func TestPlantedBugsAreCaught(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, bug := range plantedBugs() {
		t.Run(bug.name, func(t *testing.T) {
			file := filepath.Join(root, bug.file)
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(source), bug.right); n != 1 {
				t.Fatalf("%q stands %d times in %s: plant the bug elsewhere", bug.right, n, bug.file)
			}
			dir := t.TempDir()
			changed, overlay := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
			document, _ := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}}) // cannot fail for texts
			for name, content := range map[string][]byte{changed: []byte(strings.Replace(string(source), bug.right, bug.wrong, 1)), overlay: document} {
				if err := os.WriteFile(name, content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out, err := goTool(root, overlay, "test", "-count=1", "-timeout", "5m", "-run", bug.run, bug.pkg)
			switch {
			case err == nil:
				t.Errorf("nothing fails:\n%s", out)
			case !strings.Contains(out, "--- FAIL") || strings.Contains(out, "building buildsync"):
				t.Errorf("no test fails, but something else:\n%s", out)
			}
		})
	}
}

// goTool runs a go command with an overlay, which programs built by the tests
// take as well.
func goTool(dir, overlay, command string, args ...string) (string, error) {
	cmd := exec.Command("go", append([]string{command}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-overlay="+overlay)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
