//go:build unix

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// fileFaults returns the errors that an atomic write can meet, with the operation that meets each.
// (obstacles has those that are in the file's place.)
func fileFaults() map[string]string {
	return map[string]string{
		"no space for a file": "file.create=ENOSPC", "quota": "file.create=EDQUOT", "permission": "file.create=EACCES",
		"read-only": "file.create=EROFS", "no space for its content": "file.write=ENOSPC", "sync": "file.sync=EIO", "another device": "file.rename=EXDEV",
	}
}

// TestFilesThatCannotBeWritten checks seven errors with a plan, a report and a compiled body, and
// with an older file in each one's place. The older file stays as it is, no partial file is left,
// and the message names the file.
func TestFilesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	const old = "an older file\n"
	points := []struct {
		name, file, args, before string
		applied                  bool
	}{
		{"plan", "out/plan.json", "plan --out out/plan.json", "", false},
		{"plan over an older one", "out/plan.json", "plan --out out/plan.json", old, false},
		{"report", "out/report.json", "apply --yes --report out/report.json", "", true},
		{"report over an older one", "out/report.json", "apply --yes --report out/report.json", old, true},
		{"body", "out/shop/job/a.json", "compile --out out", "", false},
		{"body over an older one", "out/shop/job/a.json", "compile --out out", old, false},
	}
	for _, point := range points {
		for name, place := range fileFaults() {
			t.Run(point.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, emulator.Options{}, map[string]string{"jobs/j.yaml": jobFile("echo new", "a"), "out/keep": ""})
				b.live("echo old", "a")
				b.failing()
				if point.before != "" {
					b.write(point.file, point.before)
				}
				got := b.runWith([]string{"BUILDSYNC_FAILPOINT_ERROR=" + place}, strings.Fields(point.args)...)
				want := 1
				if point.applied { // the report cannot reach its file
					want = 6
				}
				if got.code != want || !strings.Contains(got.stderr, point.file) || point.applied && !strings.Contains(got.stderr, `"format_version"`) {
					t.Errorf("want code %d, the file's name, and a lost report on stderr: %v", want, got)
				}
				content, err := os.ReadFile(filepath.Join(b.dir, point.file))
				if string(content) != point.before || (err == nil) != (point.before != "") {
					t.Errorf("the file is now %q, %v", content, err)
				}
				if point.applied != (b.runs("a") == "echo new") || point.applied && !strings.Contains(got.stdout, "1 applied") {
					t.Errorf("the job runs %q: %v", b.runs("a"), got)
				}
				b.noTemporaryFiles()
			})
		}
	}
}

// TestJournalFaults checks two rules. If the journal cannot record an intent, nothing is sent. If
// it cannot record an outcome, the write is verified and reported, and nothing new begins.
func TestJournalFaults(t *testing.T) {
	t.Parallel()
	// The journal of a run over three jobs, one at a time, in a folder without a record: 1 is its head,
	// 2 what earlier runs created, 3 the first job's intent, 4 its outcome, 5 the second job's intent.
	places := map[string]struct{ code, done int }{"journal.open=%s": {1, 0}}
	for _, op := range []string{"journal.write", "journal.sync"} {
		places[op+":1=%s"] = struct{ code, done int }{1, 0}
		places[op+":2=%s"] = struct{ code, done int }{1, 0}
		places[op+":3=%s"] = struct{ code, done int }{1, 0}
		places[op+":4=%s"] = struct{ code, done int }{6, 1}
		places[op+":5=%s"] = struct{ code, done int }{6, 1}
	}
	for place, want := range places {
		for _, errno := range []string{"ENOSPC", "EDQUOT", "EACCES", "EROFS", "EIO"} {
			t.Run(fmt.Sprintf(place, errno), func(t *testing.T) {
				t.Parallel()
				b := threeUpdates(t)
				program := b.exe[0]
				b.failing()
				got := b.runWith([]string{"BUILDSYNC_FAILPOINT_ERROR=" + fmt.Sprintf(place, errno)}, "apply", "--yes", "--parallelism", "1", "--report", "report.json")
				if got.code != want.code || b.writes() != want.done || !strings.Contains(got.stdout+got.stderr, "journal") {
					t.Errorf("%d writes, want %d, and code %d of %v", b.writes(), want.done, want.code, got)
				}
				if want.done > 0 {
					report := b.report()
					if report.Outcomes[apply.Applied] != 1 || report.Outcomes[apply.Skipped] != 2 || report.Halted == "" {
						t.Errorf("the report: %+v, halted %q", report.Outcomes, report.Halted)
					}
				}
				b.exe[0] = program
				b.finished(3-want.done, "a", "b", "c")
			})
		}
	}
}

// TestLintWithoutItsCache checks that lint gives the same output and exit code whatever is in the
// cache's place, and leaves it alone.
func TestLintWithoutItsCache(t *testing.T) {
	t.Parallel()
	spoils := map[string]func(cache string) error{
		"a file":         func(cache string) error { return os.WriteFile(cache, []byte("a file"), 0o600) },
		"a FIFO":         func(cache string) error { return syscall.Mkfifo(cache, 0o600) },
		"a link nowhere": func(cache string) error { return os.Symlink("/nowhere/at/all", cache) },
		"a loop":         func(cache string) error { return os.Symlink(cache, cache) },
	}
	entries := map[string]func(entry string) error{
		"damaged":     func(entry string) error { return os.WriteFile(entry, []byte(`{"findings":[`), 0o600) },
		"empty":       func(entry string) error { return os.WriteFile(entry, nil, 0o600) },
		"a FIFO":      func(entry string) error { return syscall.Mkfifo(entry, 0o600) },
		"a directory": func(entry string) error { return os.Mkdir(entry, 0o700) },
		"a loop":      func(entry string) error { return os.Symlink(entry, entry) },
	}
	files := map[string]string{"jobs/j.yaml": jobFile("echo $UNDECLARED; cd /nowhere && rm -rf /", "a", "a")}
	try := func(t *testing.T, b *bench, want result) {
		t.Helper()
		if got := b.run("lint"); got.code != want.code || got.stdout != want.stdout || got.stderr != want.stderr {
			t.Errorf("%v\nwith a cache %v", got, want)
		}
	}
	for name, spoil := range spoils {
		t.Run("cache is "+name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, emulator.Options{}, files)
			want := b.run("lint", "--no-cache")
			want.args = []string{"lint"}
			cache := filepath.Join(b.dir, ".buildsync", "cache")
			if err := os.MkdirAll(filepath.Dir(cache), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := spoil(cache); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Lstat(cache)
			try(t, b, want)
			if after, err := os.Lstat(cache); err != nil || after.Mode() != before.Mode() {
				t.Errorf("what stood in the cache's place is %v, %v", after, err)
			}
		})
	}
	for name, spoil := range entries {
		t.Run("entry is "+name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, emulator.Options{}, files)
			want := b.run("lint")
			kept, _ := filepath.Glob(filepath.Join(b.dir, ".buildsync", "cache", "*.json"))
			if len(kept) == 0 {
				t.Fatal("lint keeps nothing")
			}
			for _, entry := range kept {
				if err := os.Remove(entry); err != nil {
					t.Fatal(err)
				}
				if err := spoil(entry); err != nil {
					t.Fatal(err)
				}
			}
			try(t, b, want)
			try(t, b, want)
		})
	}
}
