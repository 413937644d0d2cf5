package faults

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// jobFile returns a definitions file with shell jobs of one command.
func jobFile(command string, names ...string) string {
	var out strings.Builder
	out.WriteString("version: 1\njobs:\n")
	for _, name := range names {
		fmt.Fprintf(&out, "  - name: %s\n    arch: x86-64\n    steps: [{sh: {name: s, inputs: {command: %q}}}]\n", name, command)
	}
	return out.String()
}

// live creates jobs as a colleague would, so no check of an apply has to wait for them.
func (b *bench) live(command string, names ...string) {
	b.t.Helper()
	for _, name := range names {
		b.create(name, command)
	}
	b.ResetCalls()
}

func (b *bench) api() *client.Client {
	b.t.Helper()
	api, err := client.New(client.Config{Endpoint: b.URL, Rate: 1e6, Credentials: client.Credentials{Key: signer.Key{Access: b.AccessKey, Secret: b.SecretKey}}})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(api.Close)
	return api
}

func (b *bench) create(name, command string) {
	b.t.Helper()
	body, err := jsontree.Parse([]byte(fmt.Sprintf(`{"project_id": %q, "job_name": %q, "arch": "x86-64", "scms": [], "parameters": [],
		"steps": [{"module_id": "devcloud2018.codeci_action_20017.action", "name": "s", "enable": true, "properties": {"command": %q}}]}`,
		emulator.DefaultProject, name, command)), jsontree.Limits{})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.api().CreateJob(b.t.Context(), body); err != nil {
		b.t.Fatal(err)
	}
}

// edit gives a live job another command, as a colleague would.
func (b *bench) edit(name, command string) {
	b.t.Helper()
	named := b.MustTruth(b.t).Named(emulator.DefaultProject, name)
	if len(named) != 1 {
		b.t.Errorf("%d jobs are called %s", len(named), name)
		return
	}
	body := named[0].Body.Clone()
	body.Set("job_id", jsontree.String(named[0].ID))
	body.Get("steps").Items()[0].Get("properties").Set("command", jsontree.String(command))
	if err := b.api().UpdateJob(b.t.Context(), body); err != nil {
		b.t.Errorf("editing %s: %v", name, err)
	}
}

// runs returns the command of a live job, or "" unless exactly one has the name.
func (b *bench) runs(name string) string {
	b.t.Helper()
	named := b.MustTruth(b.t).Named(emulator.DefaultProject, name)
	if len(named) != 1 {
		return ""
	}
	return named[0].Body.Get("steps").Items()[0].Get("properties").Str("command")
}

// stamped returns a plan document with the right checksum, as a plan of another time has.
func stamped(t *testing.T, doc string) string {
	t.Helper()
	tree, err := jsontree.Parse([]byte(doc), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	tree.Delete("checksum")
	sum := sha256.Sum256(tree.AppendJSON(nil))
	tree.Set("checksum", jsontree.String("sha256:"+hex.EncodeToString(sum[:])))
	return string(tree.AppendJSON(nil))
}

// TestPlansGrowOld checks the age limit of an approval.
func TestPlansGrowOld(t *testing.T) {
	t.Parallel()
	b := newBench(t, emulator.Options{}, map[string]string{"jobs/a.yaml": jobFile("echo new", "a")})
	b.live("echo old", "a")
	b.must(0, "plan", "--out", "fresh.json")
	made := regexp.MustCompile(`"created_at": "[^"]*"`)
	plan := b.read("fresh.json")
	if !made.MatchString(plan) {
		t.Fatalf("the plan does not say when it was made:\n%s", plan)
	}
	at := func(age time.Duration) string {
		return stamped(t, made.ReplaceAllString(plan, fmt.Sprintf(`"created_at": %q`, time.Now().Add(-age).UTC().Format(time.RFC3339))))
	}
	b.write("old.json", at(25*time.Hour))
	b.write("hour.json", at(time.Hour))
	b.write("future.json", at(-time.Hour))
	b.write("undated.json", stamped(t, strings.Replace(made.ReplaceAllString(plan, ""), "  ,\n", "", 1)))
	b.ResetCalls()
	for _, refused := range [][]string{
		{"apply", "old.json"}, {"apply", "--max-plan-age", "30m", "hour.json"}, {"apply", "future.json"}, {"apply", "undated.json"},
	} {
		got := b.must(4, refused...)
		if !strings.Contains(got.stderr, "make a new plan") {
			t.Errorf("it does not say what to do: %v", got)
		}
	}
	if n := len(b.Calls()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
	b.must(3, "apply", "--max-plan-age", "soon", "old.json")
	b.must(0, "apply", "hour.json")
	b.must(0, "apply", "--max-plan-age", "0", "old.json") // a second apply: nothing is left to do
	if b.runs("a") != "echo new" {
		t.Errorf("the job runs %q", b.runs("a"))
	}
}

// TestPlansOfElsewhere checks plans made under other circumstances. They are refused before any
// request, or for a changed project before any write.
func TestPlansOfElsewhere(t *testing.T) {
	t.Parallel()
	b := newBench(t, emulator.Options{}, map[string]string{"jobs/a.yaml": jobFile("echo new", "a")})
	b.live("echo old", "a")
	b.commit("first")
	b.must(0, "plan", "--out", "plan.json")
	plan := b.read("plan.json")
	refuse := func(name string, requests bool, args ...string) {
		t.Helper()
		b.ResetCalls()
		got := b.run(append([]string{"apply"}, args...)...)
		if got.code != 4 || b.writes() > 0 || !requests && len(b.Calls()) > 0 {
			t.Errorf("%s: %d requests, %d writes, %v", name, len(b.Calls()), b.writes(), got)
		}
	}
	refuse("another endpoint", false, "--endpoint", "http://127.0.0.1:1", "plan.json")
	for name, change := range map[string][2]string{
		"another version":        {`"tool_version": "`, `"tool_version": "9.`},
		"another project":        {emulator.DefaultProject, strings.Repeat("a", 32)},
		"another wish":           {"echo new", "echo nwe"},
		"another endpoint in it": {b.URL, "http://127.0.0.1:2"},
	} {
		b.write("changed.json", strings.ReplaceAll(plan, change[0], change[1]))
		refuse(name, false, "changed.json")
	}
	b.write("buildsync.yaml", strings.ReplaceAll(workspaceFile, emulator.DefaultProject, strings.Repeat("b", 32)))
	refuse("another project in the workspace", true, "plan.json")
	b.write("buildsync.yaml", workspaceFile)
	b.write("jobs/a.yaml", jobFile("echo newer", "a"))
	b.commit("second")
	refuse("another commit", false, "plan.json")
	if b.runs("a") != "echo old" {
		t.Errorf("the job runs %q", b.runs("a"))
	}
}

// TestAnOverwrittenEditIsReported checks both generations of routes. Only the newer one has a
// change history.
func TestAnOverwrittenEditIsReported(t *testing.T) {
	t.Parallel()
	for api, code := range map[string]int{"v1": 6, "v3": 0} {
		t.Run(api, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, emulator.Options{}, map[string]string{"jobs/a.yaml": jobFile("echo new", "a")})
			b.live("echo old", "a")
			var edited atomic.Bool
			b.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultPass, Before: func() {
				edited.Store(true)
				b.edit("a", "echo theirs")
			}})
			got := b.must(code, "apply", "--yes", "--api", api)
			if !edited.Load() || b.runs("a") != "echo new" {
				t.Errorf("edited is %t, the job runs %q", edited.Load(), b.runs("a"))
			}
			if said := strings.Contains(got.stdout, "an edit by "+emulator.DefaultUser); said != (api == "v1") {
				t.Errorf("the edit is reported: %t\n%v", said, got)
			}
		})
	}
}
