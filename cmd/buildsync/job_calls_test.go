package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// declared is a job with notifications and a template, so that apply makes every
// write that definitions stand for.
const declared = `version: 1
templates:
  - name: published
    publish: true
    steps: [{sh: {name: s, inputs: {command: echo one}}}]
jobs:
  - name: declared
    arch: x86-64
    parameters: [{name: API_TOKEN, secret: API_TOKEN}]
    notifications: {MESSAGE: [buildJobFail]}
    steps: [{sh: {name: s, inputs: {command: echo one}}}]
`

// applies returns the commands that make the writes that definitions stand for. They
// take their time, because a create waits for the service's list to settle.
func applies() []commandLine {
	return []commandLine{
		{0, "apply --yes"}, // CreateJob, CreateTemplate, UpdateNotice
		{0, "edit"},
		{0, "apply --yes --only declared"}, // UpdateJob
		{0, "job show declared"},
		{0, "notice show declared"},
		{0, "drift"},
	}
}

// commandLine is a command and its exit code.
type commandLine struct {
	code int
	line string
}

// everyCommand are commands that make each other call of the API, in this order.
func everyCommand(dir string) []commandLine {
	file := filepath.Join(dir, "f")
	return []commandLine{
		{0, "plan"},
		{0, "doctor"},
		{0, "job list"},
		{0, "job show good"},
		{1, "job run good"}, // refused, see below
		{0, "job run --param PUSH_TOKEN --param version=2 --follow --every 1ms good"},
		{6, "job run --wait --every 1ms bad"},
		{0, "job status good"},
		{0, "job history good"},
		{0, "job history --from " + time.Now().In(wire.ServiceZone).Format("2006-01-02") + " good"},
		{0, "job history --last-success good"},
		{0, "job record --details good"},
		{0, "job record --legacy good"},
		{0, "job logs good"},
		{0, "job logs --level DEBUG good 1"},
		{0, "job logs --legacy good"},
		{0, "job logs --step Compile good"},
		{0, "job logs --out " + file + ".log good"},
		{0, "job artifacts good"},
		{0, "job ratio good"},
		{0, "job graph good"},
		{0, "job run good"},
		{0, "job stop good"},
		{0, "job run good"},
		{0, "job stop --legacy good"},
		{0, "job disable good"},
		{0, "job enable good"},
		{0, "template list"},
		{0, "template show java-service"},
		{0, "notice show good"},
		{0, "notice disable good MAIL"},
		{0, "keystore download --out " + file + ".keystore android.keystore"},
		{0, "template delete --yes java-service"},
		{0, "job delete --yes good"},
		{1, "job show good"},
	}
}

// TestEveryCallHasACommand makes each call of the API reference from the command
// line, over both generations of routes, with a key and with a token, in text
// and JSON, with every request logged; and nothing that is printed holds a
// secret.
func TestEveryCallHasACommand(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ api, format, secrets string }{
		{"v3", "text", "mask"}, {"v3", "json", "ciphertext"}, {"v1", "text", "ciphertext"}, {"v1", "json", "mask"},
	} {
		t.Run(tc.api+" "+tc.format, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(o *emulator.Options) {
				quirks := emulator.Defaults()
				quirks.Secrets = emulator.SecretForm(tc.secrets)
				o.Quirks = &quirks
				start := time.Now()
				o.Now = func() time.Time { return start } // no build ends because the machine is slow
				webhook := "https://oapi.example.com/robot?access=" + secretWebhook
				o.Seed.Bodies[0].Notices[0].ParamConfig = &webhook
			})
			r.hurry()
			canaries := []string{secretParameter, secretWebhook, secretURL, secretRun, secretKeystore, secretTemplate}
			r.env = append(r.env, "BUILDSYNC_API="+tc.api, "BUILDSYNC_FORMAT="+tc.format, "BUILDSYNC_VERBOSE=true",
				"BUILDSYNC_SECRET_API_TOKEN="+secretParameter+"2")
			if tc.format == "json" { // half of the runs with a token
				token, err := r.srv.Token(time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				r.auth = token
				r.env = append(r.env, "HUAWEICLOUD_SDK_AK=", "HUAWEICLOUD_SDK_SK=", "BUILDSYNC_TOKEN="+token)
			}
			r.declare()
			commands := everyCommand(r.dir)
			withApply := tc.api == "v3" && tc.format == "text"
			if withApply {
				commands = append(applies(), commands...)
			}
			printed := r.runEach(commands)
			for _, canary := range append(canaries, r.auth) {
				if i := strings.Index(printed, canary); i >= 0 {
					t.Errorf("a secret is printed: …%s", printed[max(0, i-300):i+len(canary)])
				}
			}
			r.checkCalls(tc.api, withApply)
		})
	}
}

// declare writes the workspace's definitions.
func (r *rig) declare() {
	r.t.Helper()
	workspace := readFile(r.t, filepath.Join(r.dir, "buildsync.yaml")) + "secrets: [API_TOKEN]\n"
	if err := os.WriteFile(filepath.Join(r.dir, "buildsync.yaml"), []byte(workspace), 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.define(declared)
}

func (r *rig) define(text string) {
	r.t.Helper()
	folder := filepath.Join(r.dir, "jobs")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "a.yaml"), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// runEach runs commands and returns all that they printed.
func (r *rig) runEach(commands []commandLine) string {
	r.t.Helper()
	var printed strings.Builder
	for _, c := range commands {
		if c.line == "edit" {
			r.define(strings.Replace(declared, "jobs:\n  - name: declared\n    arch: x86-64", "jobs:\n  - name: declared\n    arch: arm", 1))
			continue
		}
		if c.code == 1 && strings.HasPrefix(c.line, "job run") { // a service that repeats what it was sent
			r.srv.MustFail(r.t, emulator.Fault{Op: "RunJob", Kind: "status", Status: 422, Code: "DEVCB.00030000",
				Message: "no: " + secretRun + " " + r.auth})
			c.line = "job run --param PUSH_TOKEN good"
		}
		got := r.expect(c.code, strings.Fields(c.line)...)
		if c.code == 0 && got.stdout == "" && !strings.Contains(c.line, "--out") {
			r.t.Errorf("%s prints nothing", c.line)
		}
		if !strings.Contains(got.stderr, "request_id=") {
			r.t.Errorf("%s logs no request: %s", c.line, got.stderr)
		}
		printed.WriteString("$ " + c.line + "\n" + got.stdout + got.stderr)
	}
	return printed.String()
}

// checkCalls demands that each call of the reference was made.
func (r *rig) checkCalls(api string, withApply bool) {
	r.t.Helper()
	made := map[string]bool{}
	for _, call := range r.srv.Calls() {
		made[call.Op] = made[call.Op] || call.Status/100 == 2
	}
	for _, route := range emulator.Routes() {
		// The successor has one route for both directions of two switches.
		oneForBoth := api == "v1" && (route.Op == "RecoverJob" || route.Op == "DisableNotice")
		byApply := slices.Contains([]string{"CreateJob", "UpdateJob", "CreateTemplate", "UpdateNotice"}, route.Op)
		if byApply && !withApply {
			continue
		}
		if route.Section >= "4." && route.Section < "6" && !made[route.Op] && !oneForBoth {
			r.t.Errorf("no command made the call %s (API reference %s)", route.Op, route.Section)
		}
	}
}
