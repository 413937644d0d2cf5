package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// defineThree declares the jobs of the rig in a workspace that export can write
// to.
func (r *rig) defineThree() {
	r.t.Helper()
	name := filepath.Join(r.dir, "buildsync.yaml")
	workspace := strings.Replace(readFile(r.t, name), "jobs/*.yaml", "jobs/**/*.yaml", 1)
	if err := os.WriteFile(name, []byte(workspace), 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.define(`version: 1
jobs:
  - {name: good, arch: arm, steps: [{sh: {name: s, inputs: {command: make}}}]}
  - {name: bad, arch: arm, steps: [{sh: {name: s, inputs: {command: make}}}]}
  - {name: 订单服务, arch: arm, steps: [{sh: {name: s, inputs: {command: make}}}]}
`)
}

// readers returns the commands that read live jobs; JOB stands for the id of good.
// All read in the project demo.
func readers() (ofAll, ofOne []string) {
	return []string{
			"plan", "apply --yes", "drift", "export --verify --kind job", "modules harvest --dry-run", "query --live arch",
		}, []string{
			"job show good", "job show JOB", "job run --param version=2 good", "job delete --yes JOB",
		}
}

// TestReadersEndAlike checks every command that reads live jobs. It refuses an answer about another
// object, and ends after the first request if every further call would fail. Nothing is written.
func TestReadersEndAlike(t *testing.T) {
	t.Parallel()
	elsewhere := `{"result":{"job_name":"good","project_id":"` + strings.Repeat("1", 32) + `","steps":[]}}`
	for name, test := range map[string]struct {
		fault emulator.Fault
		says  string
	}{
		"another job":        {emulator.Fault{Kind: emulator.FaultOtherID}, "the answer is the job"},
		"another project":    {emulator.Fault{Kind: emulator.FaultStatus, Status: 200, Body: elsewhere}, "answer is about another object"},
		"the key is refused": {emulator.Fault{Kind: emulator.FaultStatus, Status: 401, Code: "APIGW.0301"}, "HTTP 401 APIGW.0301"},
		"no such route":      {emulator.Fault{Kind: emulator.FaultStatus, Status: 404, Code: "APIG.0101"}, "HTTP 404 APIG.0101"},
		"a redirect":         {emulator.Fault{Kind: emulator.FaultRedirect, Location: "http://127.0.0.1:1/"}, "redirect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.defineThree()
			test.fault.Op, test.fault.Times = "QueryJob", -1
			r.srv.MustFail(t, test.fault)
			ofAll, ofOne := readers()
			for _, line := range append(ofAll, ofOne...) {
				r.srv.ResetCalls()
				args := strings.Fields(strings.ReplaceAll(line, "JOB", r.id("good")))
				got := r.expect(exitFailed, append(args, "--project", "demo", "--parallelism", "1")...)
				if !strings.Contains(got.stderr, test.says) {
					t.Errorf("%s does not say %q:\n%s", line, test.says, got.stderr)
				}
				if n := r.calls("QueryJob"); n != 1 {
					t.Errorf("%s: %d reads of jobs, want 1", line, n)
				}
				r.wroteNothing(line)
			}
		})
	}
}

// TestReadersGoOnAlike checks that a problem of one job costs that job only.
func TestReadersGoOnAlike(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"gone":      {Kind: emulator.FaultStatus, Status: 404, Code: "CB.00060007"},
		"forbidden": {Kind: emulator.FaultStatus, Status: 403, Code: "CB.00060003"},
		"failing":   {Kind: emulator.FaultStatus, Status: 422, Code: "CB.00069999"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.defineThree()
			fault.Op, fault.Path, fault.Times = "QueryJob", "/v3/jobs/"+r.id("good")+"/query", -1
			r.srv.MustFail(t, fault)
			ofAll, _ := readers()
			for _, line := range ofAll {
				if line == "apply --yes" {
					continue // it writes the two jobs that it could read
				}
				r.srv.ResetCalls()
				got := runWith(t, "", r.env, append(strings.Fields(line), "--project", "demo", "--parallelism", "1")...)
				if got.code == exitDone {
					t.Errorf("%s: code %d\n%s%s", line, got.code, got.stdout, got.stderr)
				}
				if text := got.stdout + got.stderr; !strings.Contains(text, fault.Code) {
					t.Errorf("%s does not say %s:\n%s", line, fault.Code, text)
				}
				read := map[string]bool{}
				for _, call := range r.srv.Calls() {
					if call.Op == "QueryJob" {
						read[strings.Split(call.Path, "/")[3]] = true
					}
				}
				if len(read) != 3 {
					t.Errorf("%s: %d jobs were read, want 3", line, len(read))
				}
				r.wroteNothing(line)
			}
		})
	}
}

// wroteNothing demands that no request since the last ResetCalls was a write.
func (r *rig) wroteNothing(line string) {
	r.t.Helper()
	for _, call := range r.srv.Calls() {
		if call.Method != "GET" {
			r.t.Errorf("%s sent %s %s", line, call.Method, call.Op)
		}
	}
}

// TestForbiddenIsOneJobs checks that a forbidden job does not stop the others, but a refused key
// does.
func TestForbiddenIsOneJobs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status, code, sent int
	}{{403, exitPartial, 2}, {401, exitFailed, 1}} {
		r := newRig(t)
		r.srv.MustFail(t, emulator.Fault{Op: "DisableJob", Kind: emulator.FaultStatus, Status: test.status, Code: "CB.00060003"})
		r.expect(test.code, "job", "disable", "good", "bad")
		if n := r.calls("DisableJob"); n != test.sent {
			t.Errorf("HTTP %d: %d writes, want %d", test.status, n, test.sent)
		}
	}
}

// TestEndpointWithAPassword checks that an address with a password is refused before credentials
// are read, and is not printed.
func TestEndpointWithAPassword(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"https://user:canary@example.com", "https://user:can%zzary@example.com", "user:canary@example.com"} {
		got := runWith(t, "", nil, "job", "list", "--project", strings.Repeat("0", 32), "--endpoint", endpoint)
		if got.code != exitInvalid || !strings.Contains(got.stderr, "contains a user or a password") || strings.Contains(got.stderr, "canary") || strings.Contains(got.stderr, "zzary") {
			t.Errorf("%s: code %d\n%s", endpoint, got.code, got.stderr)
		}
	}
}

// TestHiddenMembersAreExported checks that definitions and queries have what only the newer routes
// show. If those routes are closed, a note names what may be missing.
func TestHiddenMembersAreExported(t *testing.T) {
	t.Parallel()
	for _, closed := range []bool{false, true} {
		r := newRig(t, func(o *emulator.Options) {
			quirks := emulator.Strict()
			quirks.V3Hidden = strings.Join(wire.NewerRoutesOnly, " ")
			o.Quirks = &quirks
			for i := range o.Seed.Bodies {
				o.Seed.Bodies[i].Body.Set("timeout", jsontree.Object(
					jsontree.Member{Key: "limit", Value: jsontree.String("3")}, jsontree.Member{Key: "unit", Value: jsontree.String("hour")}))
			}
		})
		r.defineThree()
		if err := os.Remove(filepath.Join(r.dir, "jobs", "a.yaml")); err != nil {
			t.Fatal(err)
		}
		if closed {
			r.srv.MustFail(t, emulator.Fault{Path: "/v1/job/*/config", Times: -1, Kind: emulator.FaultStatus, Status: 404, Code: "APIG.0101"})
		}
		got := r.expect(exitDone, "export", "--project", "demo")
		text := readFile(t, filepath.Join(r.dir, "jobs", "demo", "good.yaml"))
		if strings.Contains(text, "timeout: 3h") == closed || strings.Contains(got.stderr, "3 jobs of demo may have triggers, timeout") != closed {
			t.Errorf("closed %t: %s%s", closed, got.stderr, text)
		}
		if !closed {
			r.says(exitDone, `3 jobs`, "query", "--live", "timeout=3h", "--project", "demo")
			r.says(exitDone, `3 of 3 exact`, "export", "--verify", "--project", "demo")
		}
	}
}
