//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/buildsync/buildsync/internal/screen"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
)

// walkStep is one command line of a person who tries everything.
type walkStep struct {
	line string
	code int
	want string // what the screen shows
}

// walk uses every command, with nothing to do and with work. A command that is
// new has to be added: the tests below take the list of commands from the program.
var walk = []walkStep{
	{"init --empty --endpoint emulator new", 0, "Next: buildsync -C new export"},
	{"lint", 0, ""},
	{"fmt --check", 0, ""},
	{"compile build", 0, `"job_name"`},
	{"drift", exitRefused, "there is no base yet"},
	{"base show", exitFailed, "no record of an earlier apply"},
	{"plan", 0, "Next: buildsync apply"},
	{"plan --adopt --only build --allow-removals 2", 0, "Next: buildsync apply --only build --allow-removals 2 --adopt, or"},
	{"plan --out plan.json", 0, "Next: buildsync apply plan.json"},
	{"show plan.json", 0, "to create"},
	{"apply --yes", 0, "Apply: 2 applied."},
	{"apply --yes", 0, "is in step: 1 job and 1 template."},
	{"apply", 0, "is in step: 1 job and 1 template."},
	{"plan", 0, "is in step: 1 job and 1 template."},
	{"drift", 0, "No drift: 1 job"},
	{"base show", 0, "all objects are at"},
	{"base push", 0, ""},
	{"base fetch", 0, ""},
	{"job list", 0, "build"},
	{"job list none-*", 0, "No jobs."},
	{"job show build", 0, "Job:"},
	{"job status build", 0, "not running"},
	{"job history build", 0, "No builds."},
	{"job ratio build", 0, ""},
	{"job run build --wait", 0, "SUCCESS"},
	{"job history build", 0, "TOOK"},
	{"job ratio build", 0, ""},
	{"job record build", 0, "+08:00"},
	{"job graph build", 0, ""},
	{"job logs build", 0, "SUCCESS"},
	{"job artifacts build", 0, ""},
	{"job stop build", exitFailed, ""},
	{"job run build", 0, "was started"},
	{"job stop build", 0, "stopped"},
	{"job disable build", 0, ""},
	{"job disable build", 0, ""},
	{"job enable build", 0, ""},
	{"notice show build", 0, ""},
	{"notice disable build MAIL", 0, ""},
	{"plan", 0, "1 to update"},
	{"template list", 0, "base"},
	{"template show base", 0, ""},
	{"template delete base --yes", 0, ""},
	{"template list", 0, "No templates."},
	{"modules list", 0, "ACTION"},
	{"modules show maven", 0, ""},
	{"modules harvest", 0, ""},
	{"keystore download android.keystore", 0, ""},
	{"keystore download android.keystore", exitInvalid, "--force replaces it"},
	{"explain build", 0, "jobs/build.yaml"},
	{"explain arch", 0, ""},
	{"query steps[*].image=*", 0, ""},
	{"set --dry-run timeout 5h", 0, ""},
	{"policy check --live", 0, "0 findings"},
	{"policy check", 0, "0 findings"},
	{"policy test", 0, "0 failed"},
	{"vendor", exitInvalid, "declares no sources"},
	{"vendor verify", exitInvalid, "declares no sources"},
	{"vendor outdated", exitInvalid, "declares no sources"},
	{"vendor update", exitInvalid, "declares no sources"},
	{"import build.yml", 0, ""},
	{"export --kind job --only build", 0, ""},
	{"export --kind job --only build --force", 0, "shows that no job changes; then commit"},
	{"export --factor --kind job", 0, "then commit"},
	{"doctor", 0, "Next: buildsync plan"},
	{"schema plan", 0, ""},
	{"completion bash", 0, ""},
	{"version", 0, "buildsync"},
	{"help", 0, "Commands:"},
	{"help plan", 0, "Usage:"},
	{"job", exitInvalid, "Commands:"},
	{"job delete build --yes", 0, ""},
	{"job list", 0, "No jobs."},
}

// runsUntilStopped are the commands that no walk can wait for; TestCtrlCAtRest has
// them.
var runsUntilStopped = []string{"emulator"}

// leaves returns the commands of the program that do something.
func leaves() []string {
	var names []string
	var add func(above string, commands []*cli.Command)
	add = func(above string, commands []*cli.Command) {
		for _, c := range commands {
			if name := strings.TrimSpace(above + " " + c.Name); len(c.Subcommands) > 0 {
				add(name, c.Subcommands)
			} else if !c.Hidden {
				names = append(names, name)
			}
		}
	}
	add("", (&program{}).commands())
	return names
}

// commandOf returns the command that a line calls, "" for a group alone.
func commandOf(line string) string {
	for _, name := range leaves() {
		if line == name || strings.HasPrefix(line, name+" ") {
			return name
		}
	}
	return ""
}

// walkBench returns a workspace of one job and one template in a repository with a
// remote, beside an emulator.
func walkBench(t *testing.T) (*emulatortest.Server, *walkClock, string, []string) {
	t.Helper()
	clock := &walkClock{}
	service := emulatortest.Start(t, emulator.Options{Now: clock.now})
	if err := service.PutKeystoreFile("android.keystore", []byte("bytes")); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "w")
	for name, text := range map[string]string{
		"buildsync.yaml": "version: 1\ndefinitions: [\"jobs/**/*.yaml\"]\nprojects: {demo: " + emulator.DefaultProject + "}\ndefault_project: demo\n",
		"jobs/build.yaml": `version: 1
templates:
  - name: base
    publish: true
    steps:
      - maven:
          name: Build
          image: maven3.9.5-jdk17
          inputs: {command: mvn -B package}

jobs:
  - name: build
    arch: x86-64
    steps:
      - maven:
          name: Build
          image: maven3.9.5-jdk17
          inputs: {command: mvn -B package}
    notifications: {MAIL: [buildJobFail]}
    timeout: 4h
`,
		"build.yml": "version: 2.0\nsteps:\n  BUILD:\n    - sh:\n        inputs:\n          command: make\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{
		"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "BUILDSYNC_ENDPOINT=" + service.URL, "BUILDSYNC_RATE=600000/min", "TERM=xterm-256color", "TZ=Asia/Shanghai",
		"HUAWEICLOUD_SDK_AK=" + emulator.DefaultAccessKey, "HUAWEICLOUD_SDK_SK=" + emulator.DefaultSecretKey,
	}
	for name, value := range gitIdentity() {
		env = append(env, name+"="+value)
	}
	for _, args := range [][]string{
		{"init", "-q", "--bare", "../remote"}, {"init", "-q"}, {"remote", "add", "origin", "../remote"}, {"add", "-A"}, {"commit", "-qm", "first"},
	} {
		git := exec.Command("git", args...)
		git.Dir, git.Env = dir, env
		if out, err := git.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return service, clock, dir, env
}

// walkClock is the clock of a walk. It stands still while a build is started and stopped, so that
// the build cannot end before it is stopped, however slow the machine is.
type walkClock struct{ still atomic.Pointer[time.Time] }

func (c *walkClock) now() time.Time {
	if at := c.still.Load(); at != nil {
		return *at
	}
	return time.Now()
}

// before sets the clock for a step of the walk.
func (c *walkClock) before(line string) {
	switch commandOf(line) {
	case "job run":
		if now := time.Now(); !strings.Contains(line, "--wait") {
			c.still.Store(&now)
		}
	case "job stop":
	default:
		c.still.Store(nil)
	}
}

// appliedBench returns a walkBench whose definitions are applied.
func appliedBench(t *testing.T) (*emulatortest.Server, string, []string) {
	t.Helper()
	service, _, dir, env := walkBench(t)
	if got := runWith(t, "", env, "-C", dir, "apply", "--yes"); got.code != exitDone {
		t.Fatalf("%+v", got)
	}
	return service, dir, env
}

var leftBar = regexp.MustCompile(`\d+ of \d+ +\[|\[[=>-]{3}`)

// TestEveryCommandOnATerminal checks that each command ends on a terminal of 40, 80 and 160
// columns, with and without work, that its progress display is gone, and that its tables fit.
func TestEveryCommandOnATerminal(t *testing.T) {
	t.Parallel()
	for _, name := range leaves() {
		used := func(s walkStep) bool { return commandOf(s.line) == name }
		if !slices.ContainsFunc(walk, used) && !slices.Contains(runsUntilStopped, name) {
			t.Errorf("the walk lacks the command %q", name)
		}
	}
	for _, columns := range []uint16{40, 80, 160} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			t.Parallel()
			_, clock, dir, env := walkBench(t)
			for _, step := range walk {
				clock.before(step.line)
				s := sit(t, columns, dir, env, strings.Fields(step.line)...)
				code, seen := s.end()
				if code != step.code {
					t.Errorf("%d columns, %s: code %d, want %d\n%s", columns, step.line, code, step.code, seen)
				}
				if leftBar.MatchString(seen) {
					t.Errorf("%d columns, %s: a bar is left behind:\n%s", columns, step.line, seen)
				}
				if columns < 80 {
					continue // where lines are folded, the tables leave out columns
				}
				if !strings.Contains(strings.Join(strings.Fields(seen), " "), step.want) {
					t.Errorf("%d columns, %s: the screen lacks %q:\n%s", columns, step.line, step.want, seen)
				}
				for line := range strings.Lines(seen) {
					line = strings.TrimRight(line, "\n")
					table := strings.HasPrefix(step.line, "job ") || strings.HasPrefix(step.line, "template list") || strings.HasPrefix(step.line, "help")
					if width := screen.DisplayCells.StringWidth(line); table && !strings.HasPrefix(line, "[20") && !strings.HasPrefix(line, "buildsync: ") && width > int(columns) {
						t.Errorf("%d columns, %s: a line of %d cells:\n%s", columns, step.line, width, seen)
					}
				}
			}
		})
	}
}

// asksNobody are the commands that send nothing to a service, so that there is
// no moment to interrupt them in.
var asksNobody = []string{
	"init", "lint", "fmt", "compile", "show", "import", "policy test", "vendor", "vendor verify", "vendor outdated", "vendor update", "modules list", "modules show", "base show", "base fetch", "base push",
	"explain", "query", "set", "schema", "completion", "version", "help",
}

// TestCtrlCInTheMiddle checks that a command that waits for the service ends at once with 130, and
// prints only that it stops.
func TestCtrlCInTheMiddle(t *testing.T) {
	t.Parallel()
	service, dir, env := appliedBench(t)
	tried := append(slices.Clone(asksNobody), runsUntilStopped...)
	for _, step := range walk {
		command := commandOf(step.line)
		if command == "" || slices.Contains(tried, command) {
			continue
		}
		tried = append(tried, command)
		asked := make(chan struct{}, 100)
		service.ClearFaults()
		service.MustFail(t, emulator.Fault{Kind: emulator.FaultSilence, Commit: emulator.CommitNever, Times: -1, Before: func() { asked <- struct{}{} }})
		s := sit(t, 80, dir, env, strings.Fields(step.line)...)
		<-asked
		s.types("\x03")
		code, seen := s.end()
		if code != exitInterrupted {
			t.Errorf("%s: code %d, want %d\n%s", step.line, code, exitInterrupted, seen)
		}
		if leftBar.MatchString(seen) || strings.Contains(seen, "under way") || strings.Contains(seen, "context canceled") || strings.Count(seen, "interrupted") > 1 {
			t.Errorf("%s: %s", step.line, seen)
		}
	}
	for _, name := range leaves() {
		if !slices.Contains(tried, name) {
			t.Errorf("no line of the walk interrupts %q", name)
		}
	}
}

// TestCtrlCAtRest checks that Ctrl-C ends a command that runs until it is stopped.
func TestCtrlCAtRest(t *testing.T) {
	t.Parallel()
	s := sit(t, 80, t.TempDir(), []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, "emulator", "--listen", "127.0.0.1:0", "--data", "")
	s.sees("http://127.0.0.1:")
	s.types("\x03")
	if code, seen := s.end(); code != exitDone && code != exitInterrupted || strings.Contains(seen, "context canceled") {
		t.Errorf("code %d\n%s", code, seen)
	}
}

// TestAClosedPipe checks that a closed pipe (`| head`) is not a failure. A reading command ends
// silently with its own exit code; one that was stopped by it ends with 130.
func TestAClosedPipe(t *testing.T) {
	t.Parallel()
	_, clock, dir, env := walkBench(t)
	binary := buildsyncBinary(t)
	unread := func(line string) (code int, said string) {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer writer.Close()
		reader.Close()
		ctx, cancel := context.WithTimeout(t.Context(), tooLong)
		defer cancel()
		var errors strings.Builder
		cmd := exec.CommandContext(ctx, binary, strings.Fields(line)...)
		cmd.Env, cmd.Stdout, cmd.Stderr, cmd.Dir = env, writer, &errors, dir
		_ = cmd.Run()
		return cmd.ProcessState.ExitCode(), errors.String()
	}
	applied := false
	for _, step := range walk {
		clock.before(step.line)
		code, said := unread(step.line)
		if step.line == "apply --yes" && !applied {
			if applied = true; code != exitInterrupted {
				t.Errorf("%s: code %d, want %d: nothing was applied", step.line, code, exitInterrupted)
			}
			if got := runWith(t, "", env, "-C", dir, "apply", "--yes"); got.code != exitDone {
				t.Fatalf("%+v", got)
			}
			continue
		}
		if strings.Contains(said, "pipe") || strings.Contains(said, "canceled") {
			t.Errorf("%s: %s", step.line, said)
		}
		want := step.code
		if commandOf(step.line) == "export" {
			want = exitInterrupted // it lists each file that it has written
		}
		if code != want {
			t.Errorf("%s: code %d, want %d\n%s", step.line, code, want, said)
		}
	}
}
