package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/internal/screen"

	"golang.org/x/sys/unix"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
)

// terminal is a pseudo-terminal: what a program finds as its streams, and what
// the person in front of it sees and types.
type terminal struct {
	program, person *os.File
	seen            watched
	read            chan struct{} // closed when everything was read
}

// openTerminal makes a terminal of 120 columns. When word comes up on it, the
// person types answer.
func openTerminal(t *testing.T, word, answer string) *terminal {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(person.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 120})
	}
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{program: program, person: person, read: make(chan struct{})}
	asked := make(chan struct{})
	term.seen = watched{seen: asked, word: []byte(word)}
	go func() {
		defer close(term.read)
		buffer := make([]byte, 4096)
		for {
			n, err := person.Read(buffer)
			_, _ = term.seen.Write(buffer[:n])
			if err != nil {
				return // the program's side was closed
			}
		}
	}()
	go func() {
		select {
		case <-asked:
			_, _ = person.WriteString(answer)
		case <-term.read:
		}
	}()
	t.Cleanup(func() { person.Close() })
	return term
}

// close ends the program's side and returns what was on the screen.
func (term *terminal) close() string {
	term.program.Close()
	<-term.read
	return term.seen.text.String()
}

// TestOnATerminal checks that apply shows the plan in colour, asks, takes the answer, and draws
// bars. The bars are gone at the end; the lines of finished actions stay.
func TestOnATerminal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string
		code   int
		writes bool
		want   []string
	}{
		"yes": {"y\n", exitDone, true, []string{
			"\x1b[32m", "Apply this to demo on 127.0.0.1:", "create demo/job/maven-package: applied", "1 of 1", "Apply: 1 applied.",
		}},
		"no":             {"n\n", exitFailed, false, []string{"Apply this to demo on 127.0.0.1:", "nothing was written"}},
		"the end of it":  {"\x04", exitFailed, false, []string{"nothing was written"}},
		"something else": {"yep\n", exitFailed, false, []string{"nothing was written"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := emulatortest.Start(t, emulator.Options{})
			dir := filepath.Join(t.TempDir(), "w")
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(examples, "first-job"))); err != nil {
				t.Fatal(err)
			}
			env := []string{
				"HOME=" + t.TempDir(), "BUILDSYNC_ENDPOINT=" + service.URL, "BUILDSYNC_RATE=600000/min", "TERM=xterm-256color",
				"HUAWEICLOUD_SDK_AK=" + emulator.DefaultAccessKey, "HUAWEICLOUD_SDK_SK=" + emulator.DefaultSecretKey,
			}
			term := openTerminal(t, "[y/N]", test.answer)
			code := run(context.Background(), []string{"buildsync", "apply", "-C", dir}, env, term.program, term.program, term.program)
			seen := term.close()
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			for _, want := range test.want {
				if !strings.Contains(seen, want) {
					t.Errorf("the screen lacks %q:\n%q", want, seen)
				}
			}
			wrote := false
			for _, call := range service.Calls() {
				wrote = wrote || call.Committed
			}
			if wrote != test.writes {
				t.Errorf("written: %v, want %v", wrote, test.writes)
			}
		})
	}
}

// TestNothingToDoOnATerminal checks that a command with nothing to write ends, says so in one line,
// and draws no progress.
func TestNothingToDoOnATerminal(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "w")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(examples, "first-job"))); err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + t.TempDir(), "BUILDSYNC_ENDPOINT=emulator", "TERM=xterm-256color"}
	plan := filepath.Join(t.TempDir(), "plan.json")
	for _, args := range [][]string{{"plan", "--out", plan}, {"apply", "--yes"}} {
		if got := runWith(t, "", env, append(args, "-C", dir)...); got.code != exitDone {
			t.Fatalf("%v: %+v", args, got)
		}
	}
	for _, args := range [][]string{{"apply", "--yes"}, {"apply"}, {"apply", "--no-color"}, {"apply", plan}, {"apply", "--format", "json", "--yes"}, {"apply", "--yes", "--only", "maven-*"}, {"plan"}, {"drift"}} {
		term := openTerminal(t, "\x00", "")
		ended := make(chan int, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			ended <- run(ctx, append([]string{"buildsync", "-C", dir}, args...), env, term.program, term.program, term.program)
		}()
		select {
		case code := <-ended:
			if code != exitDone {
				t.Errorf("%v: code %d", args, code)
			}
		case <-time.After(time.Minute):
			t.Errorf("%v still runs after a minute", args)
		}
		cancel()
		seen := term.close()
		if strings.Contains(seen, " of 0") || strings.Contains(seen, "[--") || !slices.Contains(args, "json") && !strings.Contains(seen, "1 job") {
			t.Errorf("%v: %q", args, seen)
		}
	}
}

// TestInitAsks checks that init asks on a terminal, and asks again if an answer cannot be right.
func TestInitAsks(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "builds")
	term := openTerminal(t, "Project id", "xyz\n"+strings.Repeat("0", 32)+"\nthe shop\nshop\n\ngitlap\ngitlab\n")
	code := run(context.Background(), []string{"buildsync", "init", dir}, nil, term.program, term.program, term.program)
	seen := term.close()
	if code != exitDone {
		t.Errorf("exit code %d\n%s", code, seen)
	}
	for _, want := range []string{
		"\r\n" + `"xyz" is not a project's id of 32 hexadecimal characters (Ctrl-C ends init)`, `: "the shop" is not a letter`, "Region [cn-north-4]: ", "the emulator's: ",
		`did you mean "gitlab"?`, "wrote " + filepath.Join(dir, ".gitlab-ci.yml"),
	} {
		if !strings.Contains(seen, want) {
			t.Errorf("the screen lacks %q:\n%s", want, seen)
		}
	}
	if text := readFile(t, filepath.Join(dir, "buildsync.yaml")); !strings.Contains(text, "shop: "+strings.Repeat("0", 32)) {
		t.Errorf("the project is not there:\n%s", text)
	}
}

// TestReadingOnATerminal checks that a bar shows the progress of a long reading and is gone when
// the plan is printed. Elsewhere, or if reading is quick, there is no bar.
func TestReadingOnATerminal(t *testing.T) {
	t.Parallel()
	service := emulatortest.Start(t, emulator.Options{})
	dir := t.TempDir()
	for name, text := range map[string]string{
		"buildsync.yaml": "version: 1\ndefinitions: [jobs.yaml]\nprojects: {demo: " + emulator.DefaultProject + "}\ndefault_project: demo\n",
		"jobs.yaml":      "version: 1\njobs: [{name: \"j-${{ matrix.n }}\", matrix: {n: [1, 2, 3, 4, 5, 6]}, arch: x86-64, steps: []}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{
		"HOME=" + dir, "BUILDSYNC_ENDPOINT=" + service.URL, "BUILDSYNC_RATE=600000/min", "TERM=xterm-256color",
		"HUAWEICLOUD_SDK_AK=" + emulator.DefaultAccessKey, "HUAWEICLOUD_SDK_SK=" + emulator.DefaultSecretKey,
	}
	if got := runWith(t, "", env, "apply", "-C", dir, "--yes"); got.code != exitDone {
		t.Fatalf("%+v", got)
	}
	plan := func(arguments ...string) string {
		t.Helper()
		term := openTerminal(t, "\x00", "")
		code := run(context.Background(), append([]string{"buildsync", "plan", "-C", dir, "--parallelism", "1"}, arguments...), env, term.program, term.program, term.program)
		if seen := term.close(); code == exitDone {
			return seen
		}
		t.Fatalf("exit code %d", code)
		return ""
	}
	begun := time.Now()
	if seen := plan(); strings.Contains(seen, "reading jobs") && time.Since(begun) < screen.ReadingShown {
		t.Errorf("a bar for a moment:\n%q", seen)
	}
	service.MustFail(t, emulator.Fault{Op: "QueryJob", Kind: emulator.FaultDelay, Delay: 300 * time.Millisecond, Times: -1})
	seen := plan()
	_, printed, _ := strings.Cut(seen, "Plan ")
	if !strings.Contains(seen, "reading jobs") || !strings.Contains(seen, " of 6 ") || strings.Contains(printed, "reading jobs") {
		t.Errorf("the bar is not there, or stays:\n%q", seen)
	}
	if seen := plan("--quiet"); strings.Contains(seen, "reading") {
		t.Errorf("a bar in spite of --quiet:\n%q", seen)
	}
	begun = time.Now()
	if got := runWith(t, "", env, "plan", "-C", dir, "--parallelism", "1"); got.code != exitDone || got.stderr != "" && time.Since(begun) < screen.ReadingTold {
		t.Errorf("without a terminal: %+v", got)
	}
}

// TestNotOnATerminal checks that the output elsewhere has no colour, no bars and no control
// sequence, and one plain line for each action.
func TestNotOnATerminal(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "w")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(examples, "first-job"))); err != nil {
		t.Fatal(err)
	}
	got := runWith(t, "", []string{"HOME=" + t.TempDir()}, "apply", "--yes", "-C", dir, "--endpoint", "emulator")
	if got.code != exitDone || bytes.ContainsAny([]byte(got.stdout+got.stderr), "\x1b\r") {
		t.Errorf("%+v", got)
	}
	if lines := regexp.MustCompile(`(?m)^create demo/job/maven-package: applied \([0-9.]+ s.*\)$`).FindAllString(got.stderr, -1); len(lines) != 1 {
		t.Errorf("%d lines about the create:\n%s", len(lines), got.stderr)
	}
}
