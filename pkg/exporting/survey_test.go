package exporting_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/exporting"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// survey looks at the jobs of an emulator, and returns what it reports as unread.
func survey(t *testing.T, jobs int, faults ...emulator.Fault) (s *exporting.Survey, api *client.Client, problems *[]string) {
	t.Helper()
	server := emulatortest.Start(t, emulator.Options{Seed: emulator.Seed{Jobs: jobs}})
	api, err := client.New(client.Config{Rate: 600_000, Endpoint: server.URL, Credentials: client.Credentials{Key: signer.Key{Access: server.AccessKey, Secret: server.SecretKey}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	server.MustFail(t, faults...)
	problems = &[]string{}
	return &exporting.Survey{
		API: api, Projects: []export.Project{{Alias: "shop", ID: server.Project}}, Parallel: 1,
		Unread: func(problem error) { *problems = append(*problems, problem.Error()) },
		Unseen: func(export.Project, int, []string) {},
	}, api, problems
}

func addresses(t *testing.T, s *exporting.Survey) (list []string) {
	t.Helper()
	for job, err := range s.Jobs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if job.Body == nil {
			t.Errorf("%s has no body", job.Address)
		}
		list = append(list, job.Address)
	}
	return list
}

func TestSurvey(t *testing.T) {
	t.Parallel()
	s, _, problems := survey(t, 4)
	all := addresses(t, s)
	if len(all) != 4 || !slices.IsSorted(all) || !strings.HasPrefix(all[0], "shop/job/") || s.Problems != 0 {
		t.Errorf("all: %q, %d problems: %q", all, s.Problems, *problems)
	}
	s.Has = func(project export.Project, job *diff.LiveJob) bool { return project.Alias+"/job/"+job.Name == all[2] }
	if some := addresses(t, s); !slices.Equal(some, all[2:3]) {
		t.Errorf("one of them: %q", some)
	}
}

// TestSurveyGoesOnAfterAJob checks that a job that cannot be read is reported, counted and left
// out.
func TestSurveyGoesOnAfterAJob(t *testing.T) {
	t.Parallel()
	s, _, problems := survey(t, 3, emulator.Fault{Op: "QueryJob", Kind: "status", Status: 422, Code: "DEVCB.00030000", Message: "not today"})
	if some := addresses(t, s); len(some) != 2 {
		t.Errorf("the others: %q", some)
	}
	if s.Problems != 1 || len(*problems) != 1 || !strings.HasPrefix((*problems)[0], "reading shop/job/") || !strings.Contains((*problems)[0], "not today") {
		t.Errorf("%d problems: %q", s.Problems, *problems)
	}
}

// TestHarvest checks that the learned modules are written to a file that buildsync.yaml then names,
// and that a second run finds nothing new.
func TestHarvest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root := filepath.Join(dir, "buildsync.yaml")
	if err := os.WriteFile(root, []byte("version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	open := func() *workspace.Workspace {
		w, err := workspace.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.Close() })
		if found := exporting.LoadToLearn(w, "", nil); found.HasErrors() {
			t.Fatal(found)
		}
		return w
	}
	s, api, _ := survey(t, 2)
	seen, err := exporting.Observe(t.Context(), api, s)
	if err != nil || len(seen) == 0 {
		t.Fatalf("%d steps, %v", len(seen), err)
	}
	strange, err := jsontree.Parse([]byte(`{"module_id": "devcloud2018.codeci_action_99999.action", "name": "Scan", "version": "9.1.1", "properties": {"depth": "3"}}`), jsontree.Limits{Bytes: 1000})
	if err != nil {
		t.Fatal(err)
	}
	seen = append(seen, catalog.Observation{Source: "job shop/scanned", Step: strange})
	w := open()
	learned := catalog.Harvest(w.Catalogue, seen)
	if len(learned) == 0 {
		t.Fatal("nothing was learned of an unknown module")
	}
	edits, err := exporting.ModuleFiles(w, learned)
	if err != nil || len(edits) != 2 || edits[0].Name != "modules.yaml" || edits[0].Before != nil {
		t.Fatalf("%d edits, %v", len(edits), err)
	}
	if err := outfile.Rewrite(edits); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(root); err != nil || !strings.Contains(string(text), "modules: modules.yaml") {
		t.Errorf("buildsync.yaml: %s, %v", text, err)
	}
	if more := catalog.Harvest(open().Catalogue, seen); len(more) > 0 {
		t.Errorf("a second run learns %d modules again", len(more))
	}
}
