//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestResizeInARun checks that the lines of the bars fit after the terminal became narrower, also
// with wide characters, and that nothing of them stays.
func TestResizeInARun(t *testing.T) {
	t.Parallel()
	const narrow = 60
	service, dir, env := terminalBench(t)
	wide := strings.Repeat("订单构建", 12)
	for name, text := range map[string]string{
		"buildsync.yaml": "version: 1\ndefinitions: [jobs.yaml]\nprojects: {demo: " + emulator.DefaultProject + "}\ndefault_project: demo\n",
		"jobs.yaml":      "version: 1\njobs: [{name: \"" + wide + "-${{ matrix.n }}\", matrix: {n: [1, 2, 3]}, arch: x86-64, steps: []}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	started := make(chan *seat, 1)
	mark := 0
	service.MustFail(t, emulator.Fault{Op: "CreateJob", Kind: emulator.FaultPass, Before: func() {
		s := <-started
		s.sees("create ")
		if err := pty.Setsize(s.person, &pty.Winsize{Rows: 40, Cols: narrow}); err != nil {
			t.Error(err)
		}
		s.drawsAgain()
		mark = len(s.text())
		s.drawsAgain()
	}})
	s := sit(t, 160, dir, env, "apply", "--yes", "--parallelism", "1")
	started <- s
	code, shown := s.end()
	if code != exitDone || leftBar.MatchString(shown) || !strings.Contains(shown, "Apply: 3 applied.") {
		t.Errorf("code %d\n%s", code, shown)
	}
	bars := 0
	for line := range strings.FieldsFuncSeq(s.text()[mark:], func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = controls.ReplaceAllString(line, "")
		if !strings.Contains(line, " of 3 ") && (!strings.Contains(line, "create ") || strings.Contains(line, ": applied")) {
			continue
		}
		bars++
		if cells := screen.DisplayCells.StringWidth(line); cells > narrow {
			t.Errorf("a line of %d cells on %d columns: %q", cells, narrow, line)
		}
	}
	if bars == 0 {
		t.Errorf("no bar was drawn after the change:\n%q", s.text()[mark:])
	}
}

// drawsAgain waits for two more frames of the bars: the first may have been drawn
// before the call.
func (s *seat) drawsAgain() {
	frames := strings.Count(s.text(), " of 3 ")
	for range 2 {
		s.seesMore(" of 3 ", frames)
		frames = strings.Count(s.text(), " of 3 ")
	}
}

// seesMore waits until a word is written more than n times.
func (s *seat) seesMore(word string, n int) {
	s.t.Helper()
	deadline := time.After(tooLong)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for strings.Count(s.text(), word) <= n {
		select {
		case <-tick.C:
		case <-deadline:
			s.t.Fatalf("%q is not written again:\n%s", word, s.text())
		}
	}
}
