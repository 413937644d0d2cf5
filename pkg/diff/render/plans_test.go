package render_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const project = "8391ec48637849f384dd3db5c8d61aaa"

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s: -want +got\n%s", path, d)
	}
}

func parse(t testing.TB, text string) *jsontree.Value {
	t.Helper()
	v, err := jsontree.Parse([]byte(text), jsontree.Limits{})
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func job(t testing.TB, name string, line int, text string) *compile.Job {
	t.Helper()
	file := "jobs/" + name + ".yaml"
	j := (&compile.Job{
		Address: "shop/job/" + name, Project: "shop", ProjectID: project, Name: name,
		Pos: spec.Pos{File: file, Line: line, Column: 5}, Provenance: map[string]compile.Provenance{},
	}).WithBody(parse(t, text))
	for i, path := range []string{"arch", "flavor", "scms", `steps["Build with Maven"].properties.command`, `steps["Test"]`} {
		j.Provenance[path] = compile.Provenance{Pos: spec.Pos{File: file, Line: line + 2 + 7*i, Column: 7}}
	}
	return j
}

func liveJob(t testing.TB, name, text string) *diff.LiveJob {
	t.Helper()
	return &diff.LiveJob{ProjectID: project, ID: "35b6c7da9e644dbbb7e333579f89dcda-" + name, Name: name,
		Item: wire.JobItem{JobName: name}, Body: parse(t, text)}
}

// script returns a build script of 87 lines, one of them chosen.
func script(test string) string {
	var b strings.Builder
	for i := 1; i <= 87; i++ {
		switch i {
		case 36:
			b.WriteString("go vet ./...\n")
		case 37:
			b.WriteString(test + "\n")
		default:
			fmt.Fprintf(&b, "echo line %d\n", i)
		}
	}
	return b.String()
}

// orderBody returns a Maven job's body with the parts that the cases vary.
func orderBody(arch, flavor, command, rest string) string {
	return fmt.Sprintf(`{"arch":%q,"flavor":%q,"steps":[{"module_id":"devcloud2018.codeci_action_20043.action","name":"Build with Maven","properties":{"image":"maven3.5.3-jdk8-open","command":%s}}%s]}`,
		arch, flavor, jsontree.AppendQuoted(nil, command), rest)
}

// review returns a plan with a bit of everything that a reviewer may see.
func review(t testing.TB) *diff.Plan {
	t.Helper()
	const testStep = `,{"module_id":"devcloud2018.codeci_action_20017.action","name":"Test","properties":{"command":"set -e\nmake test\n"}}`
	order := job(t, "order-service-build", 4, orderBody("x86-64", "4u8g", script("go test -race ./..."), testStep))
	order.Notices = []compile.Notice{{Type: "MAIL", Events: []string{"buildJobFail", "deleteJob"}, Pos: spec.Pos{File: "jobs/order-service-build.yaml", Line: 52}}}
	before := job(t, "order-service-build", 4, orderBody("x86-64", "2u8g", script("go test ./..."), ""))
	secret := job(t, "订单服务-构建", 4, `{"arch":"arm","steps":[],"parameters":[{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"TOKEN"},{"name":"defaultValue","value":"<secret NEXUS_TOKEN>"},{"name":"sensitiveVar","value":"true"}]}]}`)
	secret.Secrets = []compile.SecretUse{{Parameter: "TOKEN", Secret: "NEXUS_TOKEN", Pos: spec.Pos{File: "jobs/x.yaml", Line: 9}}}
	head := &compile.Result{Jobs: []*compile.Job{order, job(t, "pay-api", 4, `{"arch":"arm","steps":[]}`), secret}}
	base := &compile.Result{Jobs: []*compile.Job{before, job(t, "old-cron", 4, `{"arch":"arm","steps":[]}`), secret}}
	live := &diff.Snapshot{Projects: map[string]*diff.LiveProject{project: {ID: project, Complete: true, Jobs: []*diff.LiveJob{
		liveJob(t, "order-service-build", orderBody("arm", "2u8g", script("go test ./..."), "")),
		liveJob(t, "old-cron", `{"arch":"arm","steps":[]}`),
		liveJob(t, "订单服务-构建", `{"arch":"arm","steps":[],"parameters":[{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"TOKEN"},{"name":"defaultValue","value":"6f3a90"},{"name":"sensitiveVar","value":"true"}]}]}`),
		liveJob(t, "sandbox", `{"arch":"arm","steps":[]}`),
	}}}}
	return diff.Compute(diff.Input{
		Head: head, HeadRevision: diff.Revision{Commit: "a81e003d5f0c4d54a2f2b4b2c2c9a6f0a0d7e111"},
		Base: base, BaseRevision: &diff.Revision{Ref: "refs/buildsync/prod", Commit: "4f1c2d9b1f0c4d54a2f2b4b2c2c9a6f0a0d7e222"},
		Live: live, Environment: "prod", Endpoint: "https://build-backend.eu-west-101.myhuaweicloud.eu", ToolVersion: "0.1.0",
		Policy:  spec.Policy{OnRemove: "disable", MaxRemovals: 3, MaxRemovalShare: 0.25, Drift: "revert"},
		Modules: diff.ModulesOf(catalog.Default()),
		Options: diff.Options{WriteSecrets: []string{"NEXUS_TOKEN"}},
	})
}
