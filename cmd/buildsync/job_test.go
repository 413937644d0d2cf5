package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
)

// rig is a workspace and a service of its own, whose builds are short.
type rig struct {
	t   *testing.T
	srv *emulatortest.Server
	dir string
	env []string

	auth string // what the commands prove themselves with
}

// The secrets of the rig's service, none of which any command may print.
const (
	secretParameter = "s3cr3t-parameter-Zq81Lm"
	secretWebhook   = "s3cr3t-webhook-Hh72Pw"
	secretURL       = "s3cr3t-url-Tt55Kx"
	secretRun       = "s3cr3t-run-Vb19Nc"
	secretKeystore  = "s3cr3t-keystore-Ry64Jd"
	secretTemplate  = "s3cr3t-template-Mf37Qs"
)

const rigSeed = `{
  "jobs": [
    {"notices": [{"notice_type": "MAIL", "enabled_event_type_names": ["buildJobFail"]}],
     "body": {"job_name": "good", "arch": "x86-64", "build_config_type": "ACTION",
      "scms": [{"url": "https://robot:` + secretURL + `@git.example.com/shop/good.git", "scm_type": "git", "branch": "main"}],
      "parameters": [
        {"name": "hudson.model.StringParameterDefinition", "params": [
          {"name": "name", "value": "version"}, {"name": "type", "value": "normalparam"}, {"name": "defaultValue", "value": "1.0.0"},
          {"name": "staticVar", "value": "true"}, {"name": "sensitiveVar", "value": "false"}]},
        {"name": "hudson.model.StringParameterDefinition", "params": [
          {"name": "name", "value": "stage"}, {"name": "type", "value": "customizeparam"},
          {"name": "defaultValue", "value": "dev", "limits": [{"name": "dev", "display_name": "dev", "disable": "0"}, {"name": "prod", "display_name": "prod", "disable": "0"}]},
          {"name": "sensitiveVar", "value": "false"}]},
        {"name": "hudson.model.StringParameterDefinition", "params": [
          {"name": "name", "value": "PUSH_TOKEN"}, {"name": "type", "value": "normalparam"}, {"name": "defaultValue", "value": "` + secretParameter + `"},
          {"name": "sensitiveVar", "value": "true"}]}],
      "steps": [
        {"module_id": "devcloud2018.codeci_action_20017.action", "name": "Compile", "properties": {"command": "make"}},
        {"module_id": "devcloud2018.codeci_action_20018.action", "name": "上传", "properties": {"artifactSourcePath": "a"}}]}},
    {"job_name": "bad", "arch": "x86-64", "steps": [
      {"module_id": "devcloud2018.codeci_action_20017.action", "name": "Break", "properties": {"command": "exit 1"}}]},
    {"body": {"job_name": "订单服务", "arch": "arm", "steps": [
      {"module_id": "devcloud2018.codeci_action_20017.action", "name": "s", "properties": {"command": "true"}}]}, "disabled": true}
  ],
  "templates": [{"name": "java-service", "template": {"steps": [
      {"module_id": "devcloud2018.codeci_action_20017.action", "name": "s", "properties": {"command": "export DEPLOY_TOKEN=` + secretTemplate + `"}}]},
    "parameters": []}],
  "files": [{"name": "android.keystore", "content": "` + secretKeystore + `"}]
}`

func newRig(t *testing.T, change ...func(*emulator.Options)) *rig {
	t.Helper()
	seed, err := emulator.ParseSeed([]byte(rigSeed))
	if err != nil {
		t.Fatal(err)
	}
	// The service's clock moves only if a test moves it: a build must not end
	// by itself while a busy machine gets to the next command.
	start := time.Now()
	options := emulator.Options{Seed: seed, StepTime: 20 * time.Millisecond, Now: func() time.Time { return start }}
	for _, c := range change {
		c(&options)
	}
	r := &rig{t: t, srv: emulatortest.Start(t, options), dir: t.TempDir()}
	r.auth = r.srv.SecretKey
	workspace := "version: 1\ndefinitions: ['jobs/*.yaml']\nprojects: {demo: " + r.srv.Project + ", empty: " + strings.Repeat("0", 32) + "}\ndefault_project: demo\n"
	if err := os.WriteFile(filepath.Join(r.dir, "buildsync.yaml"), []byte(workspace), 0o600); err != nil {
		t.Fatal(err)
	}
	r.env = []string{
		"BUILDSYNC_DIR=" + r.dir, "BUILDSYNC_ENDPOINT=" + r.srv.URL, "BUILDSYNC_RATE=600000", "XDG_CACHE_HOME=" + t.TempDir(),
		"HUAWEICLOUD_SDK_AK=" + r.srv.AccessKey, "HUAWEICLOUD_SDK_SK=" + r.srv.SecretKey, "PUSH_TOKEN=" + secretRun,
	}
	return r
}

// expect runs a command and demands an exit code.
func (r *rig) expect(code int, args ...string) result {
	r.t.Helper()
	got := runWith(r.t, "", r.env, args...)
	if got.code != code {
		r.t.Fatalf("%q: code %d, want %d\n%s%s", args, got.code, code, got.stdout, got.stderr)
	}
	return got
}

// says runs a command and demands a code and a text, on either stream.
func (r *rig) says(code int, pattern string, args ...string) {
	r.t.Helper()
	got := r.expect(code, args...)
	if !regexp.MustCompile(pattern).MatchString(got.stdout + got.stderr) {
		r.t.Errorf("%q does not say %q:\n%s%s", args, pattern, got.stdout, got.stderr)
	}
}

// hurry lets each look after a build move the service's clock, so that nobody
// waits for one.
func (r *rig) hurry() {
	r.t.Helper()
	r.srv.MustFail(r.t, emulator.Fault{Op: "RecordInfo", Kind: emulator.FaultPass, Times: -1, After: func() { r.srv.Advance(300 * time.Millisecond) }})
}

// build starts a build and lets it end.
func (r *rig) build(job string) {
	r.t.Helper()
	r.expect(exitDone, "job", "run", job)
	r.srv.Advance(time.Minute)
}

func (r *rig) id(name string) string {
	r.t.Helper()
	for _, job := range r.srv.MustTruth(r.t).Jobs {
		if job.Name == name {
			return job.ID
		}
	}
	r.t.Fatalf("there is no job %s", name)
	return ""
}

// calls counts the requests of an operation since the last ResetCalls.
func (r *rig) calls(op string) int {
	n := 0
	for _, call := range r.srv.Calls() {
		if call.Op == op {
			n++
		}
	}
	return n
}

func TestRunJob(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		code int
		says string
		args []string
		runs int // how many builds were started
	}{
		{"started", 0, `Build 1 of good was started`, []string{"good"}, 1},
		{"waited for", 0, `Build 1 of good: SUCCESS \(\d`, []string{"--wait", "--every", "1ms", "good"}, 1},
		{"a failed build", 6, `build 1 of bad ended with FAILURE: The step Break failed`, []string{"--wait", "--every", "1ms", "bad"}, 1},
		{"a disabled job", 1, `disabled`, []string{"订单服务"}, 0},
		{"a parameter", 0, `started`, []string{"--param", "version=2", "good"}, 1},
		{"a parameter from the environment", 0, `started`, []string{"--param", "PUSH_TOKEN", "good"}, 1},
		{"a parameter without a value", 3, `no environment variable`, []string{"--param", "version", "good"}, 0},
		{"a misspelt parameter", 3, `did you mean "version"\?`, []string{"--param", "verison=2", "good"}, 0},
		{"a parameter twice", 3, `given twice`, []string{"--param", "version=2", "--param", "version=3", "good"}, 0},
		{"an option", 0, `started`, []string{"--param", "stage=prod", "good"}, 1},
		{"no option", 3, `is not one of its options: dev, prod`, []string{"--param", "stage=test", "good"}, 0},
		{"a tag and a commit", 3, `exclude each other`, []string{"--tag", "v1", "--commit", "c", "good"}, 0},
		{"a pace that is none", 3, `--every`, []string{"--every", "0s", "good"}, 0},
		{"a level that is none", 3, `DEBUG`, []string{"--level", "DEBGU", "good"}, 0},
		{"a misspelt job", 1, `did you mean "good"\?`, []string{"gooood"}, 0},
		{"no job", 3, `needs JOB`, nil, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.hurry()
			r.says(tc.code, tc.says, append([]string{"job", "run"}, tc.args...)...)
			builds := 0
			for _, job := range r.srv.MustTruth(t).Jobs {
				builds += job.Builds
			}
			if builds != tc.runs {
				t.Errorf("%d builds were started, want %d", builds, tc.runs)
			}
		})
	}
}

// TestRunSendsParametersAndCommit checks that parameters and the commit reach the build.
func TestRunSendsParametersAndCommit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.hurry()
	got := r.expect(exitDone, "job", "run", "--param", "version=2,5=x", "--commit", "4f1c2d9", "--wait", "--every", "1ms", "--format", "json", "good")
	var doc struct {
		JobID  string `json:"job_id"`
		Number string `json:"actual_build_number"`
		Record struct{ Status, Commit string }
	}
	if err := json.Unmarshal([]byte(got.stdout), &doc); err != nil {
		t.Fatalf("%v\n%s", err, got.stdout)
	}
	if doc.JobID != r.id("good") || doc.Number != "1" || doc.Record.Status != "SUCCESS" || doc.Record.Commit != "4f1c2d9" {
		t.Errorf("%+v", doc)
	}
	r.says(exitDone, `version +2,5=x`, "job", "record", "--details", "good")
	r.says(exitDone, `PUSH_TOKEN +\*+`, "job", "record", "--details", "good")
}

// TestFollowPrintsTheLogOnce checks that --follow prints the log exactly once, in parts.
func TestFollowPrintsTheLogOnce(t *testing.T) {
	t.Parallel()
	for _, api := range []string{"v3", "v1"} {
		r := newRig(t)
		r.hurry()
		followed := r.expect(exitDone, "job", "run", "--api", api, "--follow", "--every", "1ms", "good")
		whole := r.expect(exitDone, "job", "logs", "--api", api, "good")
		log, ended := strings.CutSuffix(followed.stdout, strings.SplitAfter(followed.stdout, "\n")[strings.Count(followed.stdout, "\n")-1])
		if !ended || log != whole.stdout || !strings.Contains(log, "has ended: SUCCESS") {
			t.Errorf("%s: followed:\n%s\nthe log:\n%s", api, followed.stdout, whole.stdout)
		}
		if again := r.expect(exitDone, "job", "logs", "--api", api, "--follow", "good"); again.stdout != whole.stdout {
			t.Errorf("%s: followed after the end:\n%s\nthe log:\n%s", api, again.stdout, whole.stdout)
		}
		asJSON := r.expect(exitPartial, "job", "run", "--api", api, "--follow", "--every", "1ms", "--format", "json", "bad")
		if !json.Valid([]byte(asJSON.stdout)) || !strings.Contains(asJSON.stderr, "has ended: FAILURE") {
			t.Errorf("%s: with JSON: %+v", api, asJSON)
		}
		r.says(exitPartial, "FAILURE", "job", "logs", "--follow", "bad")
	}
}

// TestALostRunIsNotRepeated checks that a run without an answer leaves one build, and that the
// message says that it may exist.
func TestALostRunIsNotRepeated(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.srv.MustFail(t, emulator.Fault{Op: "RunJob", Kind: "reset", Commit: emulator.CommitFirst})
	r.says(exitPartial, "it may have taken effect", "job", "run", "--wait", "good")
	if n := r.srv.MustTruth(t).Jobs[0].Builds; n != 1 {
		t.Errorf("%d builds", n)
	}
	r.srv.AllPlayed(t)
}

// TestInterruptedWaiting checks that the build continues after Ctrl-C, and that the exit code shows
// the interrupt.
func TestInterruptedWaiting(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *emulator.Options) { o.StepTime = time.Hour })
	ctx, cancel := context.WithCancelCause(t.Context())
	r.srv.MustFail(t, emulator.Fault{Op: "RecordInfo", Kind: emulator.FaultPass, Nth: 2, After: func() { cancel(kit.Interrupted{Code: exitInterrupted}) }})
	var out, errOut bytes.Buffer
	code := run(ctx, []string{"buildsync", "job", "run", "--wait", "--every", "1ms", "good"}, r.env, strings.NewReader(""), &out, &errOut)
	if code != exitInterrupted || !strings.Contains(errOut.String(), "build 1 of good goes on") || out.Len() > 0 {
		t.Errorf("code %d\n%s%s", code, out.String(), errOut.String())
	}
	r.says(exitPartial, "goes on(.|\n)*--timeout", "job", "logs", "--timeout", "200ms", "--every", "1ms", "--follow", r.id("good"), "1")
}

func TestWaitingOutlivesBadLooks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.srv.MustFail(t, emulator.Fault{Op: "RecordInfo", Kind: "status", Status: 403, Code: "CB.00031059", Times: 2, After: func() { r.srv.Advance(time.Minute) }})
	r.expect(exitDone, "job", "run", "--wait", "--every", "1ms", "good")
	r.srv.AllPlayed(t)
	r.srv.MustFail(t, emulator.Fault{Op: "RecordInfo", Kind: "status", Status: 403, Code: "CB.9", Times: -1})
	r.says(exitPartial, "build 2 of good cannot be followed", "job", "run", "--wait", "--every", "1ms", "good")
}

func TestStopBuild(t *testing.T) {
	t.Parallel()
	for _, legacy := range []bool{false, true} {
		r := newRig(t, func(o *emulator.Options) { o.StepTime = time.Hour })
		flags := []string{"job", "stop"}
		if legacy {
			flags = append(flags, "--legacy")
		}
		r.says(exitFailed, "no build of the last 30 days", append(flags, "good")...)
		r.expect(exitDone, "job", "run", "good")
		r.expect(exitDone, "job", "run", "good")
		r.says(exitDone, "Build 2 of good was stopped", append(flags, "good")...)
		r.says(exitFailed, "ended already", append(flags, "good", "2")...)
		r.says(exitDone, "Build 1 of good was stopped", append(flags, "good", "#1")...)
		r.says(exitInvalid, "not the number of a build", append(flags, "good", "one")...)
		r.says(exitDone, "ABORTED(.|\n)*ABORTED", "job", "history", "good")
	}
}

func TestLogs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.build("good")
	file := filepath.Join(r.dir, "build.log")
	whole := r.expect(exitDone, "job", "logs", "good").stdout
	r.says(exitDone, `build.log: \d+ bytes`, "job", "logs", "--out", file, "good", "1")
	saved := readFile(t, file)
	if strings.Count(saved, "\n") != strings.Count(whole, "\n") || !strings.Contains(saved, "has ended: SUCCESS") {
		t.Errorf("saved:\n%s\nprinted:\n%s", saved, whole)
	}
	checkMode(t, file)

	for _, kept := range []int{0, 1, len(saved) / 2, len(saved)} {
		if err := os.WriteFile(file, []byte(saved[:kept]), 0o644); err != nil {
			t.Fatal(err)
		}
		r.expect(exitDone, "job", "logs", "--out", file, "--resume", "good", "1")
		if again := readFile(t, file); again != saved {
			t.Errorf("resumed after %d bytes: %d bytes, want %d", kept, len(again), len(saved))
		}
		checkMode(t, file)
	}
	if err := os.WriteFile(file, []byte(saved+"more"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.says(exitFailed, "leave out --resume", "job", "logs", "--out", file, "--resume", "good", "1")

	r.says(exitDone, `Step "Compile" has begun`, "job", "logs", "--step", "Compile", "--level", "debug", "good", "1")
	r.says(exitFailed, "has no step Nothing", "job", "logs", "--step", "Nothing", "good", "1")
	r.says(exitDone, "has ended", "job", "logs", "--legacy", "good", "1")
	r.says(exitInvalid, "--legacy excludes", "job", "logs", "--legacy", "--step", "s", "good", "1")
	r.says(exitInvalid, "--resume needs", "job", "logs", "--resume", "good", "1")
	r.says(exitInvalid, "--follow prints", "job", "logs", "--follow", "--out", file, "good", "1")
	r.says(exitFailed, "not a regular file", "job", "logs", "--out", r.dir, "good", "1")

	record := regexp.MustCompile(`Record: +(\S+)`).FindStringSubmatch(r.expect(exitDone, "job", "record", "good").stdout)[1]
	if got := r.expect(exitDone, "job", "logs", record).stdout; got != whole {
		t.Errorf("by the record's id:\n%s", got)
	}
	r.says(exitInvalid, "leave out", "job", "logs", record, "1")
}

// TestABrokenDownloadIsResumed checks that the received part stays, and that the message says how
// to fetch the rest.
func TestABrokenDownloadIsResumed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.build("good")
	file := filepath.Join(r.dir, "build.log")
	r.srv.MustFail(t, emulator.Fault{Op: "DownloadLog", Kind: "truncate", Cut: 100},
		emulator.Fault{Op: "DownloadLog", Kind: "status", Status: 403, Code: "CB.9"})
	r.says(exitFailed, `the first 100 bytes are in .*build.log, and --resume fetches the rest`, "job", "logs", "--out", file, "good", "1")
	if got := readFile(t, file); len(got) != 100 {
		t.Errorf("%d bytes are kept", len(got))
	}
	r.expect(exitDone, "job", "logs", "--out", file, "--resume", "good", "1")
	if got := readFile(t, file); !strings.Contains(got, "has ended: SUCCESS") || strings.Count(got, "was queued by") != 1 {
		t.Errorf("resumed:\n%s", got)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// checkMode demands that only the owner can read a file.
func checkMode(t *testing.T, name string) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if os.PathSeparator == '/' && info.Mode().Perm() != 0o600 {
		t.Errorf("%s has the mode %v", filepath.Base(name), info.Mode())
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, job := range []string{"good", "good", "good", "bad"} {
		r.build(job)
	}
	builds := func(args ...string) []string {
		var doc struct {
			Builds []struct {
				Number json.Number `json:"build_number"`
			}
		}
		got := r.expect(exitDone, append([]string{"job", "history", "--format", "json"}, args...)...)
		if err := json.Unmarshal([]byte(got.stdout), &doc); err != nil {
			t.Fatal(err)
		}
		numbers := []string{}
		for _, b := range doc.Builds {
			numbers = append(numbers, b.Number.String())
		}
		return numbers
	}
	day := r.srv.Now().In(wire.ServiceZone)
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"good"}, "3 2 1"},
		{[]string{"--interval", "30", "good"}, "3 2 1"},
		{[]string{"--limit", "2", "good"}, "3 2"},
		{[]string{"--from", day.Format("2006-01-02"), "good"}, "3 2 1"},
		{[]string{"--to", day.AddDate(0, 0, -1).Format("2006-01-02"), "good"}, ""},
		{[]string{"订单服务"}, ""},
		{[]string{"--last-success", "good"}, "3"},
	} {
		if got := strings.Join(builds(tc.args...), " "); got != tc.want {
			t.Errorf("%q: %q, want %q", tc.args, got, tc.want)
		}
	}
	r.says(exitDone, `No builds`, "job", "history", "订单服务")
	r.says(exitFailed, `There is no successful build`, "job", "history", "--last-success", "nothing")
	r.says(exitDone, `3 of 3 builds succeeded \(100 %\)`, "job", "ratio", "good")
	r.says(exitDone, `0 of 1 builds succeeded \(0 %\)`, "job", "ratio", "bad")
	for _, args := range [][]string{
		{"--interval", "31", "good"}, {"--interval", "7", "--to", "2026-01-01", "good"}, {"--from", "2026-13-01", "good"},
		{"--from", "2026-01-01", "--to", "2026-03-01", "good"}, {"--from", "2026-01-02", "--to", "2026-01-01", "good"},
		{"--last-success", "good", "good"}, {"--last-success", "good", "--limit", "1"}, {"--limit", "-1", "good"},
	} {
		r.expect(exitInvalid, append([]string{"job", "history"}, args...)...)
	}
}

// TestJobsAreFound checks that a name, an address and an id mean the same job.
func TestJobsAreFound(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *emulator.Options) {
		quirks := emulator.NoQuirks()
		o.Quirks = &quirks
		o.Seed.Bodies = append(o.Seed.Bodies, o.Seed.Bodies[1]) // a second job called bad
	})
	id := r.id("good")
	for _, word := range []string{"good", "demo/job/good", id} {
		r.says(exitDone, "Id: +"+id, "job", "show", word)
	}
	r.says(exitInvalid, `2 jobs of demo are called "bad"`, "job", "show", "bad")
	r.says(exitInvalid, `did you mean "demo"`, "job", "show", "dmeo/job/good")
	r.says(exitFailed, `no job of the project empty`, "job", "show", "--project", "empty", "good")
	r.says(exitFailed, `CB.00031006|not exist`, "job", "show", strings.Repeat("a", 32))
	r.says(exitDone, "NAME +ID(.|\n)*订单服务 +[0-9a-f]{32} +disabled", "job", "list")
	r.says(exitDone, `^NAME.*\n订单服务.*\n$`, "job", "list", "订单*")
	r.says(exitDone, `No jobs`, "job", "list", "--project", "empty")

	r.env = slices.DeleteFunc(slices.Clone(r.env), func(v string) bool { return strings.HasPrefix(v, "BUILDSYNC_DIR=") })
	t.Run("outside a workspace", func(t *testing.T) {
		r := *r
		r.t = t
		if _, err := os.Stat("buildsync.yaml"); err == nil {
			t.Fatal("there is a workspace here")
		}
		r.says(exitDone, id, "job", "list", "--project", r.srv.Project)
		r.says(exitDone, id, "job", "show", id)
		r.says(exitInvalid, "--project ID", "job", "show", "good")
		r.says(exitInvalid, "is not an id", "job", "show", "--project", "demo", "good")
	})
}

// TestIncompleteList checks that an incomplete list proves no absence and that the message says so.
func TestIncompleteList(t *testing.T) {
	t.Parallel()
	list := wire.JobList{Jobs: []wire.JobItem{{ID: "1", JobName: "good"}}, Total: 2, Problem: "1 of 2"}
	if err := (pages.JobListDocument{Problem: list.Problem}).Verdict(); err == nil || !strings.Contains(err.Error(), "incomplete: 1 of 2") {
		t.Errorf("the list: %v", err)
	}
	if err := (pages.JobListDocument{Complete: true}).Verdict(); err != nil {
		t.Errorf("a whole list: %v", err)
	}
}

func TestEnableDisableDelete(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	disabled := func(name string) bool {
		for _, job := range r.srv.MustTruth(t).Jobs {
			if job.Name == name {
				return job.Disabled
			}
		}
		return false
	}
	r.says(exitDone, "good: disabled\nbad: disabled", "job", "disable", "good", "bad", "good")
	if !disabled("good") || !disabled("bad") {
		t.Error("they are not disabled")
	}
	r.says(exitDone, "good: enabled", "job", "enable", "good")
	if disabled("good") {
		t.Error("it is disabled")
	}
	r.says(exitInvalid, "add --yes", "job", "delete", "good")
	r.says(exitFailed, "no job", "job", "delete", "--yes", "bad", "nothing-like-it")
	if n := len(r.srv.MustTruth(t).Jobs); n != 3 {
		t.Fatalf("%d jobs are left", n)
	}
	r.srv.MustFail(t, emulator.Fault{Op: "DeleteJob", Kind: "status", Status: 422, Code: "DEVCB.00030000", Message: "not today"})
	r.says(exitPartial, "bad: failed\n订单服务: deleted(.|\n)*not today", "job", "delete", "--yes", "bad", r.id("订单服务"))
	r.srv.MustFail(t, emulator.Fault{Op: "DeleteJob", Kind: "status", Status: 422, Code: "DEVCB.00030000", Message: "not today"})
	r.says(exitFailed, "not today", "job", "delete", "--yes", "bad")
	r.srv.MustFail(t, emulator.Fault{Op: "DeleteJob", Kind: "reset", Commit: emulator.CommitFirst})
	r.says(exitPartial, "bad: unknown", "job", "delete", "--yes", "bad")
	if n := len(r.srv.MustTruth(t).Jobs); n != 1 {
		t.Errorf("%d jobs are left", n)
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *emulator.Options) {
		quirks := emulator.NoQuirks()
		quirks.PublicTemplates = 4
		o.Quirks = &quirks
	})
	r.says(exitDone, "java-service +[0-9a-f]{32} +custom", "template", "list", "--custom")
	if got := r.expect(exitDone, "template", "list", "--official").stdout; strings.Contains(got, "java-service") || !strings.Contains(got, "maven-public-000") {
		t.Errorf("official ones:\n%s", got)
	}
	r.says(exitDone, "official-maven", "template", "list", "--official", "--api", "v1")
	r.says(exitDone, `^No templates`, "template", "list", "--name", "nothing-like-it")
	r.says(exitInvalid, "exclude each other", "template", "list", "--official", "--custom")
	r.says(exitDone, `Template: +java-service(.|\n)*1 +s +\w+`, "template", "show", "java-service")
	r.says(exitFailed, `did you mean "java-service"`, "template", "show", "java-servcie")
	r.says(exitInvalid, "add --yes", "template", "delete", "java-service")
	r.says(exitFailed, "no template", "template", "delete", "--yes", "maven-public-000")
	r.says(exitFailed, "official template, which cannot be deleted", "template", "delete", "--yes", fmt.Sprintf("%032x", 0xabcdef000000))
	r.says(exitDone, "java-service: deleted", "template", "delete", "--yes", "java-service")
	if n := len(r.srv.MustTruth(t).Templates); n != 0 {
		t.Errorf("%d templates are left", n)
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	for _, api := range []string{"v3", "v1"} {
		r := newRig(t)
		r.says(exitDone, "MAIL +buildJobFail", "notice", "show", "--api", api, "good")
		r.says(exitInvalid, `did you mean "MAIL"`, "notice", "disable", "--api", api, "good", "MIAL")
		r.says(exitDone, "good: MAIL is off", "notice", "disable", "--api", api, "good", "mail")
		r.says(exitDone, "MAIL +nothing", "notice", "show", "--api", api, "good")
	}
}

func TestKeystore(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	file := filepath.Join(r.dir, "android.keystore")
	r.says(exitDone, `android.keystore: \d+ bytes`, "keystore", "download", "--out", file, "android.keystore")
	if readFile(t, file) != secretKeystore {
		t.Error("the file is another one")
	}
	checkMode(t, file)
	if r.calls("ListIAMProjects") != 1 {
		t.Error("IAM was not asked for the account")
	}
	r.says(exitInvalid, "--force replaces it", "keystore", "download", "--out", file, "android.keystore")
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	r.expect(exitDone, "keystore", "download", "--domain-id", emulator.DefaultDomainID, "--force", "--out", file, "android.keystore")
	checkMode(t, file)
	r.says(exitFailed, "is not the caller's", "keystore", "download", "--domain-id", strings.Repeat("b", 32), "--force", "--out", file, "android.keystore")
	if readFile(t, file) != secretKeystore {
		t.Error("a failed download took the old file away")
	}
	other := filepath.Join(r.dir, "other")
	r.says(exitFailed, "does not exist", "keystore", "download", "--out", other, "other")
	if left, _ := filepath.Glob(filepath.Join(r.dir, "*other*")); len(left) > 0 {
		t.Errorf("a failed download left %q", left)
	}
	r.says(exitInvalid, "--out FILE", "keystore", "download", "../../etc/passwd")
}
