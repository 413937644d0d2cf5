//go:build unix

package faults

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// started is a run that a test can send signals to.
type started struct {
	b      *bench
	cmd    *exec.Cmd
	out    bytes.Buffer
	errOut heard
	ready  chan struct{} // closed when the process runs
	cancel context.CancelFunc
}

// heard is a stream in which a test waits for a word.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed and replaced at each write
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.more)
	h.more = make(chan struct{})
	return h.text.Write(p)
}

// wait returns when the stream holds a word, or after patience.
func (h *heard) wait(word string) {
	late := time.After(patience)
	for {
		h.mu.Lock()
		found, more := strings.Contains(h.text.String(), word), h.more
		h.mu.Unlock()
		if found {
			return
		}
		select {
		case <-more:
		case <-late:
			return
		}
	}
}

// begin prepares a run; end starts it.
func (b *bench) begin(args ...string) *started {
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	s := &started{b: b, cancel: cancel, ready: make(chan struct{})}
	s.errOut.more = make(chan struct{})
	s.cmd = b.command(ctx, nil, args...)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.errOut
	return s
}

// send sends a signal to the process, once it is there.
func (s *started) send(sig os.Signal) {
	<-s.ready
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.b.t.Errorf("sending %v: %v", sig, err)
	}
}

// end starts the process and waits for it.
func (s *started) end() result {
	s.b.t.Helper()
	defer s.cancel()
	if err := s.cmd.Start(); err != nil {
		s.b.t.Fatal(err)
	}
	close(s.ready)
	code := exitCode(s.b.t, s.cmd.Wait())
	s.errOut.mu.Lock()
	defer s.errOut.mu.Unlock()
	return result{s.cmd.Args[1:], code, s.out.String(), s.errOut.text.String()}
}

// threeUpdates returns a workspace with three live jobs to update.
func threeUpdates(t testing.TB) *bench {
	t.Helper()
	b := newBench(t, emulator.Options{}, map[string]string{"jobs/j.yaml": jobFile("echo new", "a", "b", "c")})
	b.live("echo old", "a", "b", "c")
	return b
}

// finished fails the test unless the next apply succeeds with the given number of updates, and the
// one after it has nothing to do.
func (b *bench) finished(updates int, names ...string) {
	b.t.Helper()
	b.ClearFaults()
	b.ResetCalls()
	b.must(0, "apply", "--yes")
	if n := b.writes(); n != updates {
		b.t.Errorf("the next run wrote %d times, want %d", n, updates)
	}
	for _, name := range names {
		if b.runs(name) != "echo new" {
			b.t.Errorf("%s runs %q", name, b.runs(name))
		}
	}
	b.must(0, "plan", "--detailed-exitcode")
	b.noTemporaryFiles()
}

const stopping = "buildsync: stopping"

// TestSignalDuringAWrite checks that the write under way ends and is verified, nothing new starts,
// and the report is complete.
func TestSignalDuringAWrite(t *testing.T) {
	t.Parallel()
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 130} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			b := threeUpdates(t)
			run := b.begin("apply", "--yes", "--parallelism", "1", "--report", "report.json")
			b.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultPass, After: func() {
				run.send(sig)
				run.errOut.wait(stopping)
			}})
			got := run.end()
			if got.code != code || !strings.Contains(got.stdout, "1 applied, 2 skipped") {
				t.Errorf("want code %d of %v", code, got)
			}
			report := b.report()
			if !report.Interrupted || report.Outcomes[apply.Applied] != 1 || report.Outcomes[apply.Skipped] != 2 {
				t.Errorf("the report: %+v", report.Outcomes)
			}
			b.finished(2, "a", "b", "c")
		})
	}
}

// TestSignalBeforeAWrite checks that nothing is written, neither to the service nor to a file.
func TestSignalBeforeAWrite(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"during a read":     {Op: "QueryJob", Kind: emulator.FaultPass},
		"during a back-off": {Op: "QueryJob", Kind: emulator.FaultThrottle, RetryAfter: "55", Times: -1},
		"during silence":    {Op: "ListJobs", Kind: emulator.FaultSilence},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := threeUpdates(t)
			run := b.begin("apply", "--yes", "--report", "report.json")
			at := make(chan time.Time, 1)
			act := sync.OnceFunc(func() {
				run.send(syscall.SIGINT)
				at <- time.Now()
			})
			if fault.Kind == emulator.FaultPass {
				fault.After = act
			} else {
				fault.Before = act
			}
			b.MustFail(t, fault)
			got := run.end()
			if took := time.Since(<-at); took > 10*time.Second { // without the signal it waits for 55 s and 60 s
				t.Errorf("it took %v to stop", took)
			}
			if got.code != 130 || b.writes() > 0 {
				t.Errorf("%d writes, %v", b.writes(), got)
			}
			if _, err := os.Stat(filepath.Join(b.dir, "report.json")); err == nil && b.report().Complete() {
				t.Error("the report claims success")
			}
			b.finished(3, "a", "b", "c")
		})
	}
}

// TestSecondSignal checks that the program ends at once and names what is unknown. Its journal is
// readable, and the next run settles it.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]syscall.Signal{"SIGINT twice": syscall.SIGINT, "as a hosted runner does": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := threeUpdates(t)
			run := b.begin("apply", "--yes", "--parallelism", "1", "--report", "report.json")
			at := make(chan time.Time, 1)
			b.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultSilence, Commit: emulator.CommitFirst, After: func() {
				run.send(syscall.SIGINT)
				run.errOut.wait(stopping)
				run.send(second)
				at <- time.Now()
			}})
			got := run.end()
			if took := time.Since(<-at); took > 5*time.Second {
				t.Errorf("it took %v to leave", took)
			}
			if got.code != 130 && got.code != 143 {
				t.Errorf("code %d", got.code)
			}
			if said := got.stdout + got.stderr; !strings.Contains(said, "unknown") && !strings.Contains(said, "buildsync plan") {
				t.Errorf("it does not name what is unknown: %v", got)
			}
			journals, _ := filepath.Glob(filepath.Join(b.dir, ".buildsync", "journal-*.jsonl"))
			if len(journals) != 1 {
				t.Fatalf("journals: %q", journals)
			}
			file, err := os.Open(journals[0])
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if entries, warning, err := apply.ReadJournal(file, b.URL); err != nil || warning != "" || len(entries) == 0 {
				t.Errorf("the journal: %d entries, %q, %v", len(entries), warning, err)
			}
			b.finished(2, "a", "b", "c")
		})
	}
}

// TestClosedStdout closes the reader of the output. Before a write this ends the run. During a
// write the write ends and the report is written.
func TestClosedStdout(t *testing.T) {
	t.Parallel()
	closed := func(b *bench, when string, args ...string) result {
		b.t.Helper()
		reader, writer, err := os.Pipe()
		if err != nil {
			b.t.Fatal(err)
		}
		run := b.begin(args...)
		run.cmd.Stdout = writer
		switch when {
		case "at once":
			reader.Close()
		default:
			drained := make(chan struct{})
			go func() { defer close(drained); _, _ = io.Copy(io.Discard, reader) }()
			b.MustFail(b.t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultPass, After: func() {
				_ = reader.SetReadDeadline(time.Now())
				<-drained
				reader.Close()
			}})
		}
		got := run.end()
		writer.Close()
		return got
	}
	t.Run("before a write", func(t *testing.T) {
		t.Parallel()
		b := threeUpdates(t)
		got := closed(b, "at once", "apply", "--yes")
		if got.code != 1 && got.code != 130 || b.writes() > 0 {
			t.Errorf("%d writes, %v", b.writes(), got)
		}
		b.finished(3, "a", "b", "c")
	})
	for _, format := range []string{"text", "json"} {
		t.Run("during a write, "+format, func(t *testing.T) {
			t.Parallel()
			b := threeUpdates(t)
			got := closed(b, "later", "apply", "--yes", "--parallelism", "1", "--format", format, "--report", "report.json")
			if got.code == 0 {
				t.Errorf("a lost result looks like success: %v", got)
			}
			report := b.report()
			done := report.Outcomes[apply.Applied]
			if done == 0 || done+report.Outcomes[apply.Skipped] != 3 {
				t.Errorf("the report: %+v", report.Outcomes)
			}
			b.finished(3-done, "a", "b", "c")
		})
	}
}

// TestKilledThenApplied sends SIGKILL before or after the service commits a write. The next apply
// does the rest, with and without the files of the first.
func TestKilledThenApplied(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"UpdateJob", "CreateJob"} {
		for _, commit := range []emulator.Commit{emulator.CommitNever, emulator.CommitFirst} {
			for _, journal := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%s/journal %t", op, commit, journal), func(t *testing.T) {
					t.Parallel()
					b := newBench(t, emulator.Options{}, map[string]string{"jobs/j.yaml": jobFile("echo new", "a", "b", "c")})
					if op == "UpdateJob" {
						b.live("echo old", "a", "b", "c")
					}
					run := b.begin("apply", "--yes", "--parallelism", "1")
					b.MustFail(t, emulator.Fault{Op: op, Nth: 2, Kind: emulator.FaultClose, Commit: commit, After: func() { run.send(syscall.SIGKILL) }})
					if got := run.end(); got.code != -1 {
						t.Fatalf("it was not killed: %v", got)
					}
					b.AllPlayed(t)
					if !journal {
						if err := os.RemoveAll(filepath.Join(b.dir, ".buildsync")); err != nil {
							t.Fatal(err)
						}
					}
					left := 2
					if commit == emulator.CommitFirst {
						left = 1
					}
					b.finished(left, "a", "b", "c")
				})
			}
		}
	}
}
