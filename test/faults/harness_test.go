// Package faults tests the command line when things go wrong: secrets in every form, signals,
// killed processes, full disks, old plans and plans of other workspaces. Each test runs the real
// program against an emulator, and compares the result with the emulator's state.
package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
)

// programs are the builds of buildsync that the tests run. Each is built once.
var programs struct {
	build        func() (string, error) // as released
	buildFailing func() (string, error) // with failpoints
}

func TestMain(m *testing.M) {
	flag.Parse()
	// Most of the time the program waits for the service's list to settle, so the tests may wait
	// together. (go test -parallel still wins.)
	if !given("test.parallel") {
		if err := flag.Set("test.parallel", "24"); err != nil {
			panic(err)
		}
	}
	os.Exit(runTests(m))
}

func given(name string) (set bool) {
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "buildsync-faults-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := func(name string, flags ...string) func() (string, error) {
		return sync.OnceValues(func() (string, error) {
			file := filepath.Join(dir, name+".exe")
			args := append([]string{"build", "-o", file}, flags...)
			out, err := exec.Command("go", append(args, "github.com/buildsync/buildsync/cmd/buildsync")...).CombinedOutput()
			if err != nil {
				return "", fmt.Errorf("building buildsync: %w\n%s", err, out)
			}
			return file, nil
		})
	}
	programs.build = build("buildsync")
	programs.buildFailing = build("failing", "-tags", "failpoint")
	return m.Run()
}

// bench is a workspace, a home, a folder for temporary files and a service.
type bench struct {
	*emulatortest.Server
	t    testing.TB
	exe  []string // the program, and arguments before those of the test
	root string   // holds everything that the program can write
	dir  string   // the workspace
	env  []string
}

const workspaceFile = `version: 1
definitions: ["jobs/*.yaml"]
projects: {shop: ` + emulator.DefaultProject + `}
default_project: shop
`

// newBench starts a service and writes a workspace. files holds the workspace's files by name.
func newBench(t testing.TB, opts emulator.Options, files map[string]string) *bench {
	t.Helper()
	exe, err := programs.build()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Server: emulatortest.Start(t, opts), t: t, exe: []string{exe}, root: t.TempDir()}
	b.dir = filepath.Join(b.root, "workspace")
	b.env = []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + filepath.Join(b.root, "home"),
		"TMPDIR=" + filepath.Join(b.root, "tmp"),
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"BUILDSYNC_ENDPOINT=" + b.URL,
		"BUILDSYNC_RATE=600000/min",
		"HUAWEICLOUD_SDK_AK=" + b.AccessKey, "HUAWEICLOUD_SDK_SK=" + b.SecretKey,
	}
	for _, name := range []string{"home", "tmp", "workspace/jobs"} {
		if err := os.MkdirAll(filepath.Join(b.root, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, given := files["buildsync.yaml"]; !given {
		b.write("buildsync.yaml", workspaceFile)
	}
	for name, content := range files {
		b.write(name, content)
	}
	return b
}

// write writes a file of the workspace.
func (b *bench) write(name, content string) {
	b.t.Helper()
	file := filepath.Join(b.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) read(name string) string {
	b.t.Helper()
	content, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(content)
}

// commit commits the workspace.
func (b *bench) commit(message string) {
	b.t.Helper()
	if _, err := os.Stat(filepath.Join(b.dir, ".git")); errors.Is(err, fs.ErrNotExist) {
		b.git("init", "-q", "-b", "main")
	}
	b.git("add", "-A")
	b.git("-c", "user.name=dev", "-c", "user.email=dev@example.com", "commit", "-q", "-m", message)
}

func (b *bench) git(args ...string) {
	b.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = b.dir, b.env
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// result is the outcome of one run of the program.
type result struct {
	args           []string
	code           int // -1: killed by a signal
	stdout, stderr string
}

func (r result) String() string {
	return fmt.Sprintf("buildsync %s: code %d\nstdout:\n%s\nstderr:\n%s", strings.Join(r.args, " "), r.code, r.stdout, r.stderr)
}

// command prepares a run of the program in the workspace. Later variables win
// over earlier ones of the same name.
func (b *bench) command(ctx context.Context, env []string, args ...string) *exec.Cmd {
	args = append(b.exe[1:len(b.exe):len(b.exe)], args...)
	cmd := exec.CommandContext(ctx, b.exe[0], args...)
	cmd.Dir = b.dir
	cmd.Env = append(b.env[:len(b.env):len(b.env)], env...)
	return cmd
}

// patience is the longest time for a run that should take a moment.
const patience = 2 * time.Minute

// run runs the program and waits for it.
func (b *bench) run(args ...string) result { return b.runWith(nil, args...) }

func (b *bench) runWith(env []string, args ...string) result {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	var out, errOut bytes.Buffer
	cmd := b.command(ctx, env, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if ctx.Err() != nil {
		b.t.Fatalf("buildsync %v hangs\n%s%s", args, out.String(), errOut.String())
	}
	return result{args, exitCode(b.t, err), out.String(), errOut.String()}
}

func exitCode(t testing.TB, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatal(err)
	return 0
}

// must runs the program and fails the test on any other exit code.
func (b *bench) must(code int, args ...string) result {
	b.t.Helper()
	got := b.run(args...)
	if got.code != code {
		b.t.Fatalf("want code %d of %v", code, got)
	}
	return got
}

// writes counts the requests that change something.
func (b *bench) writes() int {
	n := 0
	for _, call := range b.Calls() {
		if call.Method != "GET" {
			n++
		}
	}
	return n
}

// noTemporaryFiles fails the test if a run left a temporary file.
func (b *bench) noTemporaryFiles() {
	b.t.Helper()
	err := filepath.WalkDir(b.root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inTemp := filepath.Dir(name) == filepath.Join(b.root, "tmp")
		if inTemp || !entry.IsDir() && strings.HasPrefix(entry.Name(), ".buildsync-") {
			b.t.Errorf("%s is left behind", name)
		}
		return nil
	})
	if err != nil {
		b.t.Error(err)
	}
}

// failing makes the bench run the program with failpoints.
func (b *bench) failing() {
	b.t.Helper()
	exe, err := programs.buildFailing()
	if err != nil {
		b.t.Fatal(err)
	}
	b.exe[0] = exe
}

// report reads the report of a run.
func (b *bench) report() *apply.Report {
	b.t.Helper()
	report := &apply.Report{}
	if err := json.Unmarshal([]byte(b.read("report.json")), report); err != nil {
		b.t.Errorf("the report: %v", err)
	}
	return report
}
