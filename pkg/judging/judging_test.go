package judging_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/exporting"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/judging"
	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// files is a workspace of two jobs, of which one has the owner that a policy requires.
var files = map[string]string{
	"buildsync.yaml": "version: 1\nprojects: {shop: " + emulator.DefaultProject + "}\ndefault_project: shop\ndefinitions: [jobs.yaml]\n",
	"jobs.yaml": `version: 1
jobs:
  - name: pay
    arch: x86-64
    owner: team-pay
    labels: {tier: one}
    steps: [{sh: {name: s, inputs: {command: make}}}]
  - name: order
    arch: x86-64
    steps: [{sh: {name: s, inputs: {command: make}}}]
`,
	"policies/owner.yaml": `version: 1
policies:
  - name: owned
    severity: error
    help: name an owner
    require: [owner]
`,
}

func open(t *testing.T) (*workspace.Workspace, *judging.Judge) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	if found := w.Load("", nil); found.HasErrors() {
		t.Fatal(found)
	}
	judge, found := judging.Open(w, "2026-05-01")
	if found.HasErrors() {
		t.Fatal(found)
	}
	return w, judge
}

func broken(report *policy.Report) string {
	var jobs []string
	for _, f := range report.Findings {
		jobs = append(jobs, f.Job)
	}
	return strings.Join(jobs, " ")
}

func TestDefinitionsAreJudged(t *testing.T) {
	t.Parallel()
	_, judge := open(t)
	tier, err := compile.ParseLabelTerms([]string{"tier=one"})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		selection compile.Selection
		jobs      int
		want      string
	}{
		"all":             {compile.Selection{}, 2, "shop/job/order"},
		"by name":         {compile.Selection{Only: []string{"p*"}}, 1, ""},
		"by project":      {compile.Selection{Projects: []string{"shop"}}, 2, "shop/job/order"},
		"by project id":   {compile.Selection{Projects: []string{emulator.DefaultProject}}, 2, "shop/job/order"},
		"another project": {compile.Selection{Projects: []string{"other"}}, 0, ""},
		"by label":        {compile.Selection{Labels: tier}, 1, ""},
	} {
		report := judge.Definitions(tc.selection)
		if report.Jobs != tc.jobs || broken(report) != tc.want {
			t.Errorf("%s: %d jobs, broken by %q; want %d and %q", name, report.Jobs, broken(report), tc.jobs, tc.want)
		}
	}
}

func TestPlansAreJudged(t *testing.T) {
	t.Parallel()
	w, judge := open(t)
	refusals := judge.OfPlan(t.Logf)(w.Result.Jobs)
	if len(refusals) != 1 || !strings.Contains(refusals[0].Message, "order") {
		t.Errorf("refused: %+v", refusals)
	}
}

// TestLiveJobsAreJudged checks that a live job has the owner of its definition, and an undeclared
// one has none.
func TestLiveJobsAreJudged(t *testing.T) {
	t.Parallel()
	w, judge := open(t)
	server := emulatortest.Start(t, emulator.Options{})
	api, err := client.New(client.Config{Rate: 600_000, Endpoint: server.URL, Credentials: client.Credentials{Key: signer.Key{Access: server.AccessKey, Secret: server.SecretKey}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	for _, job := range w.Result.Jobs {
		body := job.CreateBody()
		if job.Name == "order" {
			body.Set("job_name", jsontree.String("made-by-hand"))
		}
		if _, err := api.CreateJob(t.Context(), body); err != nil {
			t.Fatal(err)
		}
	}
	for want, selection := range map[string]compile.Selection{
		"shop/job/made-by-hand": {},
		"":                      {Only: []string{"pay"}},
	} {
		survey := &exporting.Survey{
			API: api, Projects: []export.Project{{Alias: "shop", ID: emulator.DefaultProject}},
			Unread: func(problem error) { t.Error(problem) }, Unseen: func(export.Project, int, []string) {},
		}
		report, err := judge.Live(t.Context(), survey, selection, func(body *jsontree.Value) *jsontree.Value { return body })
		if err != nil || broken(report) != want || report.Unread != 0 {
			t.Errorf("%v: broken by %q, want %q, %v", selection, broken(report), want, err)
		}
	}
}
