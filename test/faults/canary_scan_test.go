package faults

import (
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// mine is a bench whose credentials, secrets and live values are canaries. It searches every place
// where the program can leave data.
type mine struct {
	*bench
	trap   *trap
	inputs map[string]bool // files in which a person wrote a canary
	seen   map[string]bool // contents of files that were scanned before
}

// newMine prepares the workspace, the service's secrets, and a git that records its arguments and
// environment.
func newMine(t testing.TB) *mine {
	t.Helper()
	live := jobBody(t, "live-unmanaged", canaryLive)
	opts := emulator.Options{
		Users: []emulator.User{canaryUser()}, StepTime: time.Millisecond,
		Seed: emulator.Seed{Bodies: []emulator.SeedJob{{
			Body:    live,
			Notices: []wire.NoticeUpdate{{NoticeType: "DING_TALK", EnabledEventTypeNames: []string{"buildJobFail"}, ParamConfig: text(canaryLiveHook)}},
		}}},
	}
	m := &mine{inputs: map[string]bool{}, seen: map[string]bool{}}
	m.bench = newBench(t, opts, map[string]string{"buildsync.yaml": canaryWorkspace(), "jobs/canary.yaml": canaryJobs()})
	m.commit("first")
	all := canaries()
	m.env = append(m.env,
		"HUAWEICLOUD_SDK_SECURITY_TOKEN="+canarySTS,
		"HTTPS_PROXY=http://dev:"+url.QueryEscape(canaryProxy)+"@127.0.0.1:9",
		"BUILDSYNC_VAR=hook="+canaryHook,
		"BUILDSYNC_SECRETS_DIR="+filepath.Join(m.root, "secrets"),
		"PATH="+m.spyOnGit(),
	)
	for _, c := range parameterCanaries() {
		m.env = append(m.env, "BUILDSYNC_SECRET_"+c.name+"="+c.value)
	}
	m.input("secrets/FROM_FILE", canaryFile+"\n")
	token, err := m.Token(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	m.env = append(m.env, "BUILDSYNC_CANARY_TOKEN="+token) // only tokenAccess reads it
	m.trap = newTrap(append(all, canary{name: "token", value: token}))
	return m
}

func text(s string) *string { return &s }

// jobBody returns a live job with a sensitive parameter.
func jobBody(t testing.TB, name, value string) *jsontree.Value {
	t.Helper()
	body, err := jsontree.Parse([]byte(fmt.Sprintf(`{
		"job_name": %q, "arch": "x86-64", "scms": [],
		"steps": [{"module_id": "devcloud2018.codeci_action_20017.action", "name": "s", "enable": true, "properties": {"command": "echo"}}],
		"parameters": [{"name": "hudson.model.StringParameterDefinition", "params": [
			{"name": "name", "value": "TOKEN"}, {"name": "type", "value": "normalparam"}, {"name": "defaultValue", "value": %q},
			{"name": "description", "value": ""}, {"name": "deletion", "value": "false"}, {"name": "defaults", "value": "false"},
			{"name": "staticVar", "value": "false"}, {"name": "sensitiveVar", "value": "true"}]}]}`, name, value)), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func canaryWorkspace() string {
	names := []string{"FROM_FILE"}
	for _, c := range parameterCanaries() {
		names = append(names, c.name)
	}
	return workspaceFile + "secrets: [" + strings.Join(names, ", ") + "]\nvars: {hook: \"\"}\n"
}

func canaryJobs() string {
	var out strings.Builder
	out.WriteString("version: 1\njobs:\n  - name: " + jobPrefix + "-a\n    arch: x86-64\n    parameters:\n")
	for _, c := range parameterCanaries() {
		fmt.Fprintf(&out, "      - {name: P_%s, secret: %s}\n", c.name, c.name)
	}
	out.WriteString("      - {name: P_FILE, secret: FROM_FILE}\n")
	out.WriteString("    steps: [{sh: {name: s, inputs: {command: echo one}}}]\n")
	out.WriteString("    notifications:\n      DING_TALK: {events: [buildJobFail], param_config: '{\"webhook\": \"${{ vars.hook }}\"}'}\n")
	return out.String()
}

// spyOnGit returns a PATH with a git that records its arguments and environment.
func (m *mine) spyOnGit() string {
	real, err := exec.LookPath("git")
	if err != nil {
		m.t.Fatal(err)
	}
	folder := filepath.Join(m.root, "spy")
	script := fmt.Sprintf("#!/bin/sh\n{ env; printf '%%s\\n' \"$@\"; } >>'%s'\nexec '%s' \"$@\"\n", filepath.Join(m.root, "children"), real)
	if err := os.Mkdir(folder, 0o700); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "git"), []byte(script), 0o700); err != nil {
		m.t.Fatal(err)
	}
	return folder + string(os.PathListSeparator) + os.Getenv("PATH")
}

// input writes a file that may hold canaries.
func (m *mine) input(name, content string) {
	m.t.Helper()
	file := filepath.Join(m.root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.inputs[file] = true
}

// scan returns the canaries that a run left, by sink: its streams, every file with its name, and
// the arguments and environment of its children.
func (m *mine) scan(r result) []string {
	m.t.Helper()
	sinks := map[string]string{"stdout": r.stdout, "stderr": r.stderr}
	var names strings.Builder
	err := filepath.WalkDir(m.root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && entry.Name() == ".git" {
			return cmpOr(err, filepath.SkipDir)
		}
		name, _ := filepath.Rel(m.root, file) // file is below root
		names.WriteString(name + "\n")
		if entry.Type().IsRegular() && !m.inputs[file] {
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if key := name + "\n" + string(content); !m.seen[key] {
				m.seen[key] = true
				sinks["the file "+name] = string(content)
			}
		}
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	sinks["a file's name"] = names.String()
	var leaks []string
	for _, sink := range slices.Sorted(maps.Keys(sinks)) {
		if found := m.trap.in(sinks[sink]); len(found) > 0 {
			leaks = append(leaks, sink+" holds "+strings.Join(found, ", "))
		}
	}
	return leaks
}

func cmpOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// clean runs the program and fails the test if it leaks.
func (m *mine) clean(env []string, args ...string) result {
	m.t.Helper()
	r := m.runWith(env, args...)
	leaks := m.scan(r)
	if args[0] == "base" { // Git uses the user's proxy for its remote
		leaks = slices.DeleteFunc(leaks, func(leak string) bool { return leak == "the file children holds proxy password (URL)" })
	}
	if len(leaks) > 0 {
		m.t.Errorf("buildsync %s (code %d) leaks:\n  %s", strings.Join(args, " "), r.code, strings.Join(leaks, "\n  "))
	}
	return r
}

// TestALeakIsFoundInEverySink runs a program that leaks on purpose. It proves that the scan can
// find something.
func TestALeakIsFoundInEverySink(t *testing.T) {
	t.Parallel()
	leak := "'" + parameterCanaries()[0].value + "'"
	for sink, script := range map[string]string{
		"stdout":                          "echo " + leak,
		"stderr":                          "echo " + leak + " >&2",
		"the file workspace/out/plan.md":  "mkdir out; echo " + leak + " >out/plan.md",
		"the file workspace/.buildsync/j": "mkdir .buildsync; echo " + leak + " >.buildsync/j",
		"the file home/.cache/x":          `mkdir "$HOME/.cache"; echo ` + leak + ` >"$HOME/.cache/x"`,
		"the file tmp/x":                  "echo " + leak + ` >"$TMPDIR/x"`,
		"a file's name":                   "touch " + leak,
		"the file children":               "git version " + leak + " >&2 || true; env SECRET=" + leak + " git version",
	} {
		t.Run(sink, func(t *testing.T) {
			t.Parallel()
			m := newMine(t)
			m.exe = []string{"sh", "-c", script}
			leaks := m.scan(m.run())
			if !slices.ContainsFunc(leaks, func(l string) bool { return strings.HasPrefix(l, sink) }) {
				t.Errorf("not found; found is %q", leaks)
			}
		})
	}
}

// TestALeakIsFoundInTheArguments checks the scan of a running program's arguments.
func TestALeakIsFoundInTheArguments(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sh", "-c", "read x", parameterCanaries()[0].value)
	hold, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }() // read ends with an error at the end of its input
	defer hold.Close()
	if found := newTrap(canaries()).in(argumentsOf(t, cmd.Process.Pid)); len(found) == 0 {
		t.Error("not found")
	}
}

// argumentsOf returns the arguments of a process, which everybody on the machine can read.
func argumentsOf(t testing.TB, pid int) string {
	t.Helper()
	out, err := exec.Command("ps", "-ww", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Errorf("ps: %v", err)
	}
	return string(out)
}
