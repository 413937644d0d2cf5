package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestMain lets the test binary play buildsync in the scripts.
func TestMain(m *testing.M) {
	// A script with a create waits for the service's list to settle; they may
	// well wait together. (go test -parallel still wins.)
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	testscript.Main(withoutShellcheck{m}, map[string]func(){"buildsync": main})
}

// withoutShellcheck takes shellcheck out of PATH while the tests run, so that they see the same
// machine everywhere. A child that plays buildsync inherits that PATH.
type withoutShellcheck struct{ m *testing.M }

func (w withoutShellcheck) Run() int {
	links, err := os.MkdirTemp("", "buildsync-path-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(links)
	if err := hideFromPath("shellcheck", links); err != nil {
		panic(err)
	}
	return w.m.Run()
}

// hideFromPath replaces each folder of PATH that holds the program by one of links, below links,
// to all else in that folder.
func hideFromPath(program, links string) error {
	folders := filepath.SplitList(os.Getenv("PATH"))
	for i, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, program)); err != nil {
			continue
		}
		others, err := os.MkdirTemp(links, "")
		if err != nil {
			return err
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if entry.Name() == program {
				continue
			}
			if err := os.Symlink(filepath.Join(folder, entry.Name()), filepath.Join(others, entry.Name())); err != nil {
				return err
			}
		}
		folders[i] = others
	}
	return os.Setenv("PATH", strings.Join(folders, string(filepath.ListSeparator)))
}

// emulatorKey finds a script's emulator in its environment.
type emulatorKey struct{}

// bench is the service of one script.
type bench struct {
	*emulator.Emulator
	serves atomic.Pointer[emulator.Emulator] // the same, for the server
	server *httptest.Server
	skew   atomic.Int64 // of the service's clock, a time.Duration
}

// start makes an empty service.
func (b *bench) start(quirks *emulator.Quirks) error {
	core, err := emulator.New(emulator.Options{Quirks: quirks, Now: func() time.Time { return time.Now().Add(time.Duration(b.skew.Load())) }})
	if err != nil {
		return err
	}
	b.Emulator = core
	b.serves.Store(core)
	return nil
}

// TestScripts runs testdata/script. Each script has a home, a workspace folder
// and an emulator of its own, and these verbs beside testscript's:
//
//	code N COMMAND…         the command ends with the exit code N
//	calls [N] PATTERN       the emulator got (N) requests whose operation or method is PATTERN
//	forget-calls            counting starts again
//	truth NAME PATH VALUE   the live job NAME holds VALUE at PATH, such as steps/0/name
//	truth-count N           there are N live jobs
//	edit NAME PATH VALUE    someone edits a live job outside
//	fault SPEC              a fault is scripted
//	forget-faults           no fault plays any more
//	service QUIRKS          the service is an empty one with these quirks from now on
//	skew DURATION           the service's clock runs that far ahead of this machine's
//	interrupt COMMAND…      the command is interrupted while its first write is under way
//	replace FILE OLD NEW    a text in a file is replaced, exactly once
//	commit MESSAGE          everything in the folder is committed to Git
//	example NAME DIR        the workspace examples/NAME is copied to DIR
//	plan-id FILE            $PLAN_ID is the id of the plan in FILE
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setupScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":          scriptCode,
			"calls":         scriptCalls,
			"forget-calls":  scriptForgetCalls,
			"truth":         scriptTruth,
			"truth-count":   scriptTruthCount,
			"edit":          scriptEdit,
			"fault":         scriptFault,
			"forget-faults": scriptForgetFaults,
			"service":       scriptService,
			"skew":          scriptSkew,
			"interrupt":     scriptInterrupt,
			"replace":       scriptReplace,
			"commit":        scriptCommit,
			"example":       scriptExample,
			"plan-id":       scriptPlanID,
		},
	})
}

func setupScript(env *testscript.Env) error {
	b := &bench{}
	if err := b.start(nil); err != nil {
		return err
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.serves.Load().ServeHTTP(w, r) }))
	b.server = server
	env.Defer(func() {
		_ = b.Close()
		server.CloseClientConnections()
		server.Close()
	})
	env.Values[emulatorKey{}] = b
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("BUILDSYNC_ENDPOINT", server.URL)
	env.Setenv("BUILDSYNC_RATE", "600000/min")
	env.Setenv("HUAWEICLOUD_SDK_AK", emulator.DefaultAccessKey)
	env.Setenv("HUAWEICLOUD_SDK_SK", emulator.DefaultSecretKey)
	for name, value := range gitIdentity() {
		env.Setenv(name, value)
	}
	return nil
}

func gitIdentity() map[string]string {
	return map[string]string{
		"GIT_AUTHOR_NAME": "dev", "GIT_AUTHOR_EMAIL": "dev@example.com",
		"GIT_COMMITTER_NAME": "dev", "GIT_COMMITTER_EMAIL": "dev@example.com",
		"GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1",
	}
}

func benchOf(ts *testscript.TestScript) *bench { return ts.Value(emulatorKey{}).(*bench) }

// number reads an argument that must be one.
func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	ts.Check(err)
	return n
}

func scriptCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND…")
	}
	want, got := number(ts, args[0]), 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func scriptCalls(ts *testscript.TestScript, neg bool, args []string) {
	want := -1
	if len(args) == 2 {
		want, args = number(ts, args[0]), args[1:]
	}
	if len(args) != 1 {
		ts.Fatalf("usage: calls [N] PATTERN")
	}
	pattern, err := regexp.Compile("^(?:" + args[0] + ")$")
	ts.Check(err)
	var met []string
	for _, call := range benchOf(ts).Calls() {
		if pattern.MatchString(call.Op) || pattern.MatchString(call.Method) {
			met = append(met, fmt.Sprintf("%s %s %s → %d", call.Op, call.Method, call.Path, call.Status))
		}
	}
	switch {
	case neg && len(met) > 0:
		ts.Fatalf("unexpected calls:\n%s", strings.Join(met, "\n"))
	case !neg && want >= 0 && len(met) != want:
		ts.Fatalf("%d calls match %s, want %d:\n%s", len(met), args[0], want, strings.Join(met, "\n"))
	case !neg && want < 0 && len(met) == 0:
		ts.Fatalf("no call matches %s", args[0])
	}
}

func scriptForgetCalls(ts *testscript.TestScript, _ bool, _ []string) { benchOf(ts).ResetCalls() }

// liveJob finds the one live job of a name.
func liveJob(ts *testscript.TestScript, name string) emulator.TruthJob {
	truth, err := benchOf(ts).Truth()
	ts.Check(err)
	var found []emulator.TruthJob
	for _, job := range truth.Jobs {
		if job.Name == name {
			found = append(found, job)
		}
	}
	if len(found) != 1 {
		ts.Fatalf("%d live jobs are called %s", len(found), name)
	}
	return found[0]
}

// at walks down a body by keys and indexes.
func at(v *jsontree.Value, path string) *jsontree.Value {
	for segment := range strings.SplitSeq(path, "/") {
		if i, err := strconv.Atoi(segment); err == nil {
			if i >= len(v.Items()) {
				return nil
			}
			v = v.Items()[i]
			continue
		}
		v = v.Get(segment)
	}
	return v
}

func scriptTruth(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: truth NAME PATH VALUE")
	}
	job := liveJob(ts, args[0])
	got := ""
	switch args[1] {
	case "disabled":
		got = strconv.FormatBool(job.Disabled)
	case "commits":
		got = strconv.Itoa(job.Commits)
	default:
		got = at(job.Body, args[1]).Text()
	}
	if (got == args[2]) == neg {
		ts.Fatalf("%s of %s is %q", args[1], args[0], got)
	}
}

func scriptTruthCount(ts *testscript.TestScript, _ bool, args []string) {
	truth, err := benchOf(ts).Truth()
	ts.Check(err)
	if len(args) != 1 || len(truth.Jobs) != number(ts, args[0]) {
		ts.Fatalf("there are %d live jobs", len(truth.Jobs))
	}
}

// scriptEdit plays the person at the console.
func scriptEdit(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: edit NAME PATH VALUE")
	}
	b := benchOf(ts)
	job := liveJob(ts, args[0])
	body := with(job.Body, strings.Split(args[1], "/"), jsontree.String(args[2]))
	body = with(body, []string{"job_id"}, jsontree.String(job.ID))
	token, err := b.Token(time.Hour)
	ts.Check(err)
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, b.server.URL+"/v3/jobs/update", bytes.NewReader(body.AppendJSON(nil)))
	ts.Check(err)
	request.Header.Set("X-Auth-Token", token)
	request.Header.Set("Content-Type", "application/json")
	response, err := b.server.Client().Do(request)
	ts.Check(err)
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	ts.Check(err)
	if response.StatusCode != http.StatusOK || !bytes.Contains(said, []byte(`"success"`)) {
		ts.Fatalf("editing %s: %d %s", args[0], response.StatusCode, said)
	}
	b.ResetCalls()
}

// with returns v with another value at a path.
func with(v *jsontree.Value, path []string, value *jsontree.Value) *jsontree.Value {
	if len(path) == 0 {
		return value
	}
	if i, err := strconv.Atoi(path[0]); err == nil {
		items := append([]*jsontree.Value(nil), v.Items()...)
		items[i] = with(items[i], path[1:], value)
		return jsontree.Array(items...)
	}
	members := append([]jsontree.Member(nil), v.Members()...)
	for i := range members {
		if members[i].Key == path[0] {
			members[i].Value = with(members[i].Value, path[1:], value)
			return jsontree.Object(members...)
		}
	}
	return jsontree.Object(append(members, jsontree.Member{Key: path[0], Value: with(nil, path[1:], value)})...)
}

func scriptFault(ts *testscript.TestScript, _ bool, args []string) {
	for _, text := range args {
		fault, err := emulator.ParseFault(text)
		ts.Check(err)
		ts.Check(benchOf(ts).Fail(fault))
	}
}

func scriptForgetFaults(ts *testscript.TestScript, _ bool, _ []string) { benchOf(ts).ClearFaults() }

func scriptService(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: service QUIRKS")
	}
	quirks, err := emulator.ParseQuirks(args[0])
	ts.Check(err)
	ts.Check(benchOf(ts).Close())
	ts.Check(benchOf(ts).start(&quirks))
}

func scriptSkew(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: skew DURATION")
	}
	by, err := time.ParseDuration(args[0])
	ts.Check(err)
	benchOf(ts).skew.Store(int64(by))
}

// scriptInterrupt runs a command in the background and sends it SIGINT while
// the service is carrying out its first write.
func scriptInterrupt(ts *testscript.TestScript, _ bool, args []string) {
	if runtime.GOOS == "windows" {
		ts.Fatalf("there is no SIGINT on Windows")
	}
	if len(args) < 2 {
		ts.Fatalf("usage: interrupt OPERATION COMMAND…")
	}
	path, err := exec.LookPath(filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], args[1]))
	ts.Check(err)
	cmd := exec.Command(path, args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = scriptEnviron(ts)
	out := watched{seen: make(chan struct{}), word: []byte("buildsync: stopping")}
	cmd.Stdout, cmd.Stderr = &out, &out
	started := make(chan struct{}) // cmd.Process is set
	ts.Check(benchOf(ts).Fail(emulator.Fault{Op: args[0], Kind: emulator.FaultPass, After: func() {
		<-started
		_ = cmd.Process.Signal(os.Interrupt)
		select { // the answer waits until the command has heard
		case <-out.seen:
		case <-time.After(20 * time.Second):
		}
	}}))
	ts.Check(cmd.Start())
	close(started)
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		ts.Fatalf("%v, want exit code 130\n%s", err, out.text.Bytes())
	}
	ts.Check(os.WriteFile(ts.MkAbs("interrupted.txt"), out.text.Bytes(), 0o600))
}

// watched is a buffer that tells when a word has been written to it.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer // not embedded: its ReadFrom would go past Write
	word []byte
	seen chan struct{}
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.text.Write(b)
	if w.word != nil && bytes.Contains(w.text.Bytes(), w.word) {
		w.word = nil
		close(w.seen)
	}
	return n, err
}

// scriptEnviron returns the environment that a script's commands get.
func scriptEnviron(ts *testscript.TestScript) []string {
	env := []string{}
	for _, name := range []string{"PATH", "HOME", "BUILDSYNC_ENDPOINT", "BUILDSYNC_RATE", "HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "TMPDIR"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}

func scriptReplace(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	content := ts.ReadFile(args[0])
	if strings.Count(content, args[1]) != 1 {
		ts.Fatalf("%q stands %d times in %s", args[1], strings.Count(content, args[1]), args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(content, args[1], args[2], 1)), 0o600))
}

func scriptExample(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: example NAME DIR")
	}
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(filepath.Join(examples, args[0]))))
}

func scriptPlanID(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: plan-id FILE")
	}
	plan, err := jsontree.Parse([]byte(ts.ReadFile(args[0])), jsontree.Limits{})
	ts.Check(err)
	ts.Setenv("PLAN_ID", plan.Str("plan_id"))
}

func scriptCommit(ts *testscript.TestScript, _ bool, args []string) {
	if _, err := os.Stat(ts.MkAbs(".git")); err != nil {
		ts.Check(ts.Exec("git", "init", "-q", "-b", "main"))
	}
	ts.Check(ts.Exec("git", "add", "-A"))
	ts.Check(ts.Exec("git", "commit", "-q", "-m", strings.Join(args, " ")))
}
