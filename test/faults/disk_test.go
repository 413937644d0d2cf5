//go:build unix

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// obstacles make it impossible to write a file of the workspace. Each returns the content that must
// still be there afterwards, or "".
type obstacle func(t *testing.T, file string) (kept string)

func obstacles() map[string]obstacle {
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]obstacle{
		"a link": func(t *testing.T, file string) string {
			must(t, os.WriteFile(file+".target", []byte("the link's target"), 0o600))
			must(t, os.Symlink(file+".target", file))
			return file + ".target"
		},
		"a FIFO":      func(t *testing.T, file string) string { must(t, syscall.Mkfifo(file, 0o600)); return "" },
		"a directory": func(t *testing.T, file string) string { must(t, os.Mkdir(file, 0o700)); return "" },
		"no directory": func(t *testing.T, file string) string {
			must(t, os.RemoveAll(filepath.Dir(file)))
			return ""
		},
		"a file in place of its folder": func(t *testing.T, file string) string {
			must(t, os.RemoveAll(filepath.Dir(file)))
			must(t, os.WriteFile(filepath.Dir(file), []byte("a file"), 0o600))
			return filepath.Dir(file)
		},
		"a loop of links": func(t *testing.T, file string) string { must(t, os.Symlink(file, file)); return "" },
		"a name that is too long for one": func(t *testing.T, file string) string {
			must(t, os.RemoveAll(filepath.Dir(file)))
			must(t, os.Symlink(strings.Repeat("n", 300), filepath.Dir(file)))
			return ""
		},
	}
}

// obstructed returns a workspace with one live job to update, and a file out/NAME that cannot be
// written.
func obstructed(t *testing.T, name string, o obstacle) (b *bench, kept string) {
	t.Helper()
	b = newBench(t, emulator.Options{}, map[string]string{"jobs/j.yaml": jobFile("echo new", "a"), "out/keep": ""})
	b.live("echo old", "a")
	return b, o(t, filepath.Join(b.dir, "out", name))
}

// asBefore fails the test if the obstacle has changed.
func (b *bench) asBefore(kept string) {
	b.t.Helper()
	if kept == "" {
		return
	}
	content, err := os.ReadFile(kept)
	if err != nil || !strings.HasPrefix(string(content), "the link's target") && string(content) != "a file" {
		b.t.Errorf("%s is now %q, %v", kept, content, err)
	}
}

// TestAPlanThatCannotBeWritten wants code 1 and a message that names the file.
func TestAPlanThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, o := range obstacles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, kept := obstructed(t, "plan.json", o)
			got := b.must(1, "plan", "--out", "out/plan.json")
			if !strings.Contains(got.stderr, "out/plan.json") {
				t.Errorf("it does not name the file: %v", got)
			}
			b.asBefore(kept)
			b.noTemporaryFiles()
		})
	}
}

// TestAReportThatCannotBeWritten wants the error before the first write to the service.
func TestAReportThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, o := range obstacles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, kept := obstructed(t, "report.json", o)
			got := b.must(1, "apply", "--yes", "--report", "out/report.json")
			if !strings.Contains(got.stderr, "out/report.json") {
				t.Errorf("it does not name the file: %v", got)
			}
			if b.runs("a") != "echo old" {
				t.Errorf("something was written: the job runs %q", b.runs("a"))
			}
			b.asBefore(kept)
			b.noTemporaryFiles()
		})
	}
}

// TestAJournalThatCannotBeWritten wants no request without a journal.
func TestAJournalThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]func(state string) error{
		"a file":         func(state string) error { return os.WriteFile(state, []byte("a file"), 0o600) },
		"a FIFO":         func(state string) error { return syscall.Mkfifo(state, 0o600) },
		"a link nowhere": func(state string) error { return os.Symlink("/nowhere/at/all", state) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, emulator.Options{}, map[string]string{"jobs/j.yaml": jobFile("echo new", "a")})
			b.live("echo old", "a")
			state := filepath.Join(b.dir, ".buildsync")
			if err := block(state); err != nil {
				t.Fatal(err)
			}
			got := b.must(1, "apply", "--yes")
			if b.writes() > 0 || !strings.Contains(got.stderr, ".buildsync") {
				t.Errorf("%d writes: %v", b.writes(), got)
			}
			if err := os.Remove(state); err != nil {
				t.Fatal(err)
			}
			b.must(0, "apply", "--yes")
		})
	}
}

// TestDamagedJournals wants the run to continue whatever a journal holds.
func TestDamagedJournals(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"empty": "", "no JSON": "\x00\x01 not a journal\n", "another version": `{"format":"99"}` + "\n",
		"cut": `{"seq":0,"op":"cre`, "long": strings.Repeat("{", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, emulator.Options{}, map[string]string{
				"jobs/j.yaml": jobFile("echo new", "a"), ".buildsync/journal-20260101T000000.000-1.jsonl": content,
			})
			b.live("echo old", "a")
			b.must(0, "apply", "--yes")
			if b.runs("a") != "echo new" {
				t.Errorf("the job runs %q", b.runs("a"))
			}
		})
	}
}

// TestNoSpace checks a full disk and a limit on the size of files. Existing files stay as they are.
func TestNoSpace(t *testing.T) {
	t.Parallel()
	old := "{}\n"
	b := newBench(t, emulator.Options{}, map[string]string{
		"jobs/j.yaml": jobFile("echo "+strings.Repeat("new ", 2000), "a", "b", "c"), "out/plan.json": old, "out/report.json": old,
	})
	b.live("echo old", "a", "b", "c")
	program := b.exe[0]
	for _, limited := range []struct {
		name   string
		blocks int // the largest size of a file, in blocks of 512 bytes
		code   int
		args   []string
		writes bool
	}{
		{"plan", 1, 1, []string{"plan", "--quiet", "--out", "out/plan.json"}, false},
		{"journal", 0, 1, []string{"apply", "--yes"}, false},
	} {
		// SIGXFSZ is ignored, so that a write beyond the limit is an error.
		script := fmt.Sprintf(`trap '' XFSZ; ulimit -f %d; exec "$0" "$@"`, limited.blocks)
		b.exe = []string{"sh", "-c", script, program}
		b.ResetCalls()
		got := b.run(limited.args...)
		if got.code != limited.code || b.writes() > 0 != limited.writes || !strings.Contains(got.stderr, "file too large") {
			t.Errorf("%s: %d writes, %v", limited.name, b.writes(), got)
		}
		if b.read("out/plan.json") != old {
			t.Errorf("%s: the old file is damaged", limited.name)
		}
		b.noTemporaryFiles()
	}
}

// TestNoSpaceMidway fills the disk in the middle of a run. What the journal cannot record is not
// sent, and the next run does it.
func TestNoSpaceMidway(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", "d", "e", "f"}
	b := newBench(t, emulator.Options{}, map[string]string{"jobs/j.yaml": jobFile("echo new", names...)})
	b.live("echo old", names...)
	program := b.exe
	b.exe = append([]string{"sh", "-c", `trap '' XFSZ; ulimit -f 3; exec "$0" "$@"`}, program...)
	got := b.must(6, "apply", "--yes", "--parallelism", "1")
	done := 0
	for _, name := range names {
		if b.runs(name) == "echo new" {
			done++
		}
	}
	if done == 0 || done == len(names) || b.writes() != done || !strings.Contains(got.stdout+got.stderr, "journal") {
		t.Errorf("%d of %d done with %d writes: %v", done, len(names), b.writes(), got)
	}
	b.exe = program
	b.finished(len(names)-done, names...)
}
