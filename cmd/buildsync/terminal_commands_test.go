//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
)

// tooLong is after what time a command that still runs counts as hanging.
const tooLong = 2 * time.Minute

// buildsyncBinary returns the program that TestMain puts into PATH.
func buildsyncBinary(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("buildsync")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// seat is a person in front of a terminal on which buildsync runs.
type seat struct {
	t      *testing.T
	cmd    *exec.Cmd
	person *os.File
	screen *watched
	read   chan struct{}
	ended  chan error
}

// sit starts buildsync on a terminal of so many columns.
func sit(t *testing.T, columns uint16, dir string, env []string, args ...string) *seat {
	t.Helper()
	binary := buildsyncBinary(t)
	s := &seat{t: t, screen: &watched{}, read: make(chan struct{}), ended: make(chan error, 1)}
	s.cmd = exec.Command(binary, args...)
	s.cmd.Env, s.cmd.Dir = env, dir
	person, err := pty.StartWithSize(s.cmd, &pty.Winsize{Rows: 40, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	s.person = person
	go func() {
		defer close(s.read)
		buffer := make([]byte, 4096)
		for {
			n, err := person.Read(buffer)
			_, _ = s.screen.Write(buffer[:n])
			if err != nil {
				return // the program has ended
			}
		}
	}()
	go func() { s.ended <- s.cmd.Wait() }()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		person.Close()
	})
	return s
}

// sees waits until a word is on the screen.
func (s *seat) sees(word string) {
	s.t.Helper()
	deadline := time.After(tooLong)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(s.text(), word) {
		select {
		case <-tick.C:
		case <-deadline:
			s.t.Fatalf("the screen lacks %q:\n%s", word, s.text())
		}
	}
}

func (s *seat) text() string {
	s.screen.mu.Lock()
	defer s.screen.mu.Unlock()
	return s.screen.text.String()
}

func (s *seat) types(keys string) { _, _ = io.WriteString(s.person, keys) }

// end waits for the program and returns its code and what is left on the screen.
func (s *seat) end() (code int, screen string) {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(tooLong):
		s.t.Fatalf("%v still runs:\n%s", s.cmd.Args, s.text())
	}
	<-s.read
	return s.cmd.ProcessState.ExitCode(), shownOn(s.text())
}

var controls = regexp.MustCompile("\x1b\\[([0-9;]*)([A-Za-z])")

// shownOn plays what a program wrote and returns what stays on the screen,
// without colours.
func shownOn(written string) string {
	lines, row, column := [][]rune{{}}, 0, 0
	rest := strings.ReplaceAll(written, "\r\n", "\n")
	for rest != "" {
		if at := controls.FindStringSubmatchIndex(rest); at != nil && at[0] == 0 {
			n := 1
			if at[3] > at[2] {
				n = 0
				for _, digit := range rest[at[2]:at[3]] {
					if digit >= '0' && digit <= '9' {
						n = n*10 + int(digit-'0')
					}
				}
			}
			switch rest[at[4]] {
			case 'A':
				row = max(0, row-n)
			case 'J':
				lines = lines[:row+1]
				lines[row] = lines[row][:min(column, len(lines[row]))]
			case 'K':
				lines[row] = lines[row][:min(column, len(lines[row]))]
			}
			rest = rest[at[1]:]
			continue
		}
		r := []rune(rest[:min(len(rest), 4)])[0]
		rest = rest[len(string(r)):]
		switch r {
		case '\n':
			row, column = row+1, 0
			if row == len(lines) {
				lines = append(lines, nil)
			}
		case '\r':
			column = 0
		default:
			for len(lines[row]) <= column {
				lines[row] = append(lines[row], ' ')
			}
			lines[row][column] = r
			column++
		}
	}
	var out []string
	for _, line := range lines {
		out = append(out, strings.TrimRight(string(line), " "))
	}
	return strings.Join(out, "\n")
}

// terminalBench returns a workspace with an emulator for a terminal test.
func terminalBench(t *testing.T) (*emulatortest.Server, string, []string) {
	t.Helper()
	service := emulatortest.Start(t, emulator.Options{})
	dir := filepath.Join(t.TempDir(), "w")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(examples, "first-job"))); err != nil {
		t.Fatal(err)
	}
	return service, dir, []string{
		"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "BUILDSYNC_ENDPOINT=" + service.URL, "BUILDSYNC_RATE=600000/min", "TERM=xterm-256color",
		"HUAWEICLOUD_SDK_AK=" + emulator.DefaultAccessKey, "HUAWEICLOUD_SDK_SK=" + emulator.DefaultSecretKey,
	}
}

// TestCtrlCAtAQuestion checks that Ctrl-C at a question ends the command at once with 130. Nothing
// is written, and no unfinished work is mentioned.
func TestCtrlCAtAQuestion(t *testing.T) {
	t.Parallel()
	service, dir, env := appliedBench(t)
	edited := filepath.Join(dir, "jobs", "build.yaml")
	if err := os.WriteFile(edited, []byte(strings.ReplaceAll(readFile(t, edited), "mvn -B", "mvn -q")), 0o600); err != nil {
		t.Fatal(err)
	}
	service.ResetCalls()
	for line, question := range map[string]string{
		"apply":                "[y/N]",
		"job delete build":     "[y/N]",
		"template delete base": "[y/N]",
		"init " + filepath.Join(t.TempDir(), "new"): "Project id",
	} {
		args := strings.Fields(line)
		s := sit(t, 80, dir, env, args...)
		s.sees(question)
		s.types("\x03")
		code, screen := s.end()
		if code != exitInterrupted || strings.Contains(screen, "under way") || strings.Contains(screen, "stopping") {
			t.Errorf("%v: code %d\n%s", args, code, screen)
		}
	}
	if slices.ContainsFunc(service.Calls(), func(c emulator.Call) bool { return c.Committed }) {
		t.Error("something was written")
	}
}

// TestThePaceIsExplained checks that a run that the pace slows down says so while it waits.
func TestThePaceIsExplained(t *testing.T) {
	t.Parallel()
	_, dir, env := terminalBench(t)
	workspace := "version: 1\ndefinitions: [jobs.yaml]\nprojects: {demo: " + emulator.DefaultProject + "}\ndefault_project: demo\n"
	jobs := "version: 1\njobs: [{name: \"${{ matrix.a }}-${{ matrix.b }}\", matrix: {a: [a, b, c, d, e, f, g, h], b: [a, b, c, d, e, f, g, h]}, arch: x86-64, steps: []}]\n"
	for name, text := range map[string]string{"buildsync.yaml": workspace, "jobs.yaml": jobs} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := runWith(t, "", env, "-C", dir, "apply", "--yes"); got.code != exitDone {
		t.Fatalf("%+v", got)
	}
	dumb := sit(t, 80, dir, append(env, "TERM=dumb"), "plan", "--rate", "60/min") // the last of two holds
	dumb.sees("note: --rate allows 60 requests a minute, so reading")
	dumb.types("\x03")
	if code, _ := dumb.end(); code != exitInterrupted || strings.Contains(dumb.text(), "\x1b") {
		t.Errorf("TERM=dumb: code %d\n%q", code, dumb.text())
	}
	for _, args := range [][]string{{"plan"}, {"modules", "harvest"}} {
		s := sit(t, 80, dir, env, append(args, "--rate", "60/min")...)
		s.sees("note: --rate allows 60 requests a minute, so reading")
		s.sees(", 60/min")
		s.types("\x03")
		if code, screen := s.end(); code != exitInterrupted || leftBar.MatchString(screen) {
			t.Errorf("%v: code %d\n%s", args, code, screen)
		}
	}
}

// TestAFollowedBuildGoesOn checks that Ctrl-C ends the following, not the build, and that the
// suggested command to stop the build works.
func TestAFollowedBuildGoesOn(t *testing.T) {
	t.Parallel()
	service, dir, env := appliedBench(t)
	asked := make(chan struct{}, 100)
	service.MustFail(t, emulator.Fault{Op: "RecordInfo", Kind: emulator.FaultSilence, Commit: emulator.CommitNever, Times: -1, Before: func() { asked <- struct{}{} }})
	s := sit(t, 100, filepath.Dir(dir), env, "-C", dir, "job", "run", "--wait", "--project", "demo", "build")
	<-asked
	s.types("\x03")
	code, screen := s.end()
	want := "goes on; buildsync -C " + dir + " job stop --project demo build ends it"
	if code != exitInterrupted || !strings.Contains(strings.Join(strings.Fields(screen), " "), want) {
		t.Errorf("code %d, want %q\n%s", code, want, screen)
	}
}

// TestHistoryIsWatched checks that the list is printed again whenever a build starts or ends, until
// Ctrl-C.
func TestHistoryIsWatched(t *testing.T) {
	t.Parallel()
	_, dir, env := appliedBench(t)
	s := sit(t, 80, dir, env, "job", "history", "build", "--watch", "--every", "10ms")
	s.sees("No builds.")
	if got := runWith(t, "", env, "-C", dir, "job", "run", "--wait", "build"); got.code != exitDone {
		t.Fatalf("%+v", got)
	}
	s.sees("SUCCESS")
	s.types("\x03")
	if code, screen := s.end(); code != exitInterrupted {
		t.Errorf("code %d\n%s", code, screen)
	}
	for _, other := range []string{"--from=2026-01-01", "--every=0s"} {
		if got := runWith(t, "", env, "-C", dir, "job", "history", "build", "--watch", other); got.code != exitInvalid {
			t.Errorf("%s: %+v", other, got)
		}
	}
}

// TestApplyAsksOnlyWhatItCanDo checks that the question names the environment and the projects. It
// is not asked if a secret is missing.
func TestApplyAsksOnlyWhatItCanDo(t *testing.T) {
	t.Parallel()
	_, dir, env := terminalBench(t)
	workspace := "version: 1\ndefinitions: [jobs.yaml]\nprojects: {demo: " + emulator.DefaultProject + "}\ndefault_project: demo\nsecrets: [TOKEN]\nenvironments: {prod: {}}\n"
	jobs := "version: 1\njobs: [{name: j, arch: x86-64, parameters: [{name: T, secret: TOKEN}], steps: []}]\n"
	for name, text := range map[string]string{"buildsync.yaml": workspace, "jobs.yaml": jobs} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := sit(t, 80, dir, env, "apply", "--env", "prod")
	if code, screen := s.end(); code != exitFailed || !strings.Contains(screen, "secrets are missing; nothing was written") || strings.Contains(screen, "[y/N]") {
		t.Errorf("without the secret: code %d\n%s", code, screen)
	}
	s = sit(t, 80, dir, append(env, "BUILDSYNC_SECRET_TOKEN=t0ken"), "apply", "--env", "prod")
	s.sees("Apply this to demo (prod) on 127.0.0.1:")
	s.types("n\n")
	if code, screen := s.end(); code != exitFailed {
		t.Errorf("refused: code %d\n%s", code, screen)
	}
}

// TestInitWithoutQuestions checks that with the emulator there is nothing that init must ask.
func TestInitWithoutQuestions(t *testing.T) {
	t.Parallel()
	s := sit(t, 80, t.TempDir(), []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "BUILDSYNC_ENDPOINT=emulator"}, "init", "builds")
	code, screen := s.end()
	if code != exitDone || strings.Contains(screen, "Project id") || !strings.Contains(screen, "Next: buildsync -C builds plan\n") {
		t.Errorf("code %d\n%s", code, screen)
	}
}

// TestDoctorOnATerminal checks that a long line is folded at a blank and indented.
func TestDoctorOnATerminal(t *testing.T) {
	t.Parallel()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	s := sit(t, 80, t.TempDir(), env, "doctor", "--region", "cn-north-4")
	code, screen := s.end()
	for _, check := range []string{"workspace", "git", "endpoint", "credentials"} {
		if row := regexp.MustCompile(`(?m)^[\w ]{4}  ` + check + ` +`).FindString(screen); len(row) != len("FAIL  credentials  ") {
			t.Errorf("the text about %s begins in column %d:\n%s", check, len(row), screen)
		}
	}
	if code != exitFailed || !strings.Contains(screen, "HUAWEICLOUD_SDK_AK and\n                   HUAWEICLOUD_SDK_SK") {
		t.Errorf("code %d\n%s", code, screen)
	}
	for line := range strings.Lines(screen) {
		if len([]rune(strings.TrimSpace(line))) > 80 {
			t.Errorf("a line of more than 80 columns: %s", line)
		}
	}
}

// TestCtrlCInARun checks that the writes under way end, that each job is listed once, and that the
// next command is named.
func TestCtrlCInARun(t *testing.T) {
	t.Parallel()
	service, dir, env := terminalBench(t)
	jobs := "version: 1\njobs: [{name: \"j-${{ matrix.n }}\", matrix: {n: [1, 2, 3, 4]}, arch: x86-64, steps: []}]\n"
	if err := os.WriteFile(filepath.Join(dir, "jobs.yaml"), []byte(jobs), 0o600); err != nil {
		t.Fatal(err)
	}
	workspace := "version: 1\ndefinitions: [jobs.yaml]\nprojects: {demo: " + emulator.DefaultProject + "}\ndefault_project: demo\n"
	if err := os.WriteFile(filepath.Join(dir, "buildsync.yaml"), []byte(workspace), 0o600); err != nil {
		t.Fatal(err)
	}
	started := make(chan *seat, 1)
	service.MustFail(t, emulator.Fault{Op: "CreateJob", Kind: emulator.FaultPass, After: func() {
		s := <-started
		_ = s.cmd.Process.Signal(syscall.SIGINT)
		s.sees("stopping")
	}})
	s := sit(t, 80, dir, env, "apply", "--yes", "--parallelism", "1")
	started <- s
	code, screen := s.end()
	if code != exitInterrupted || !strings.Contains(screen, "buildsync: stopping; what is under way is finished first") ||
		!strings.Contains(screen, "1 applied, 3 skipped") || !strings.Contains(screen, "Next: buildsync") || strings.Contains(screen, "[--") {
		t.Errorf("code %d\n%s", code, screen)
	}
	_, run, _ := strings.Cut(screen, "Plan id")
	for _, job := range []string{"j-1", "j-2", "j-3", "j-4"} {
		if n := strings.Count(run, job); n != 1 {
			t.Errorf("%s is said %d times:\n%s", job, n, screen)
		}
	}
}

// TestASecondCtrlCLeavesNoBar checks that a run that is stopped at once erases its bars. The keys are
// typed: the terminal shows ^C, which moves the cursor.
func TestASecondCtrlCLeavesNoBar(t *testing.T) {
	t.Parallel()
	service, dir, env := terminalBench(t)
	started := make(chan *seat, 1)
	service.MustFail(t, emulator.Fault{Op: "CreateJob", Kind: emulator.FaultPass, Before: func() {
		s := <-started
		s.sees("[--")
		s.types("\x03")
		s.sees("stopping")
		s.types("\x03")
		<-s.read
	}})
	s := sit(t, 80, dir, env, "apply", "--yes", "--parallelism", "1")
	started <- s
	code, screen := s.end()
	if code != exitInterrupted || strings.Contains(screen, "[--") || regexp.MustCompile(`(?m)create \S+ +\d+s|^..buildsync:`).MatchString(screen) {
		t.Errorf("code %d\n%s", code, screen)
	}
}

// TestRefusalIsSaidOnce checks that the reasons are printed once where plan and error appear
// together.
func TestRefusalIsSaidOnce(t *testing.T) {
	t.Parallel()
	_, dir, env := appliedBench(t)
	if err := os.Remove(filepath.Join(dir, "jobs", "build.yaml")); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"plan", "apply --yes", "apply --yes --quiet"} {
		s := sit(t, 80, dir, env, strings.Fields(line)...)
		code, screen := s.end()
		if n := strings.Count(screen, "no-definitions"); code != exitRefused || n != 1 {
			t.Errorf("%s: code %d, the reason stands there %d times:\n%s", line, code, n, screen)
		}
		if next := strings.Contains(screen, "\nNext: buildsync plan --allow-empty"); next == strings.Contains(line, "quiet") {
			t.Errorf("%s: the next command is named: %v\n%s", line, next, screen)
		}
		cmd := exec.Command(buildsyncBinary(t), strings.Fields(line)...)
		cmd.Dir, cmd.Env = dir, env
		out, _ := cmd.CombinedOutput()
		if n := strings.Count(string(out), "no-definitions"); n != 1 {
			t.Errorf("%s 2>&1: the reason stands there %d times:\n%s", line, n, out)
		}
		if got := runWith(t, "", env, append([]string{"-C", dir}, strings.Fields(line)...)...); !strings.Contains(got.stdout, "no-definitions") || !strings.Contains(got.stderr, "no-definitions") {
			t.Errorf("%s, apart: %+v", line, got)
		}
	}
}
