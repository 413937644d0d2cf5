package exporting_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/exporting"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// uncounted shows no progress.
type uncounted struct{}

func (uncounted) Step()          {}
func (uncounted) Close(int, int) {}

// TestForceReadsOnlyEditedFilesAgain checks that editing many jobs of one file never compiles the
// whole workspace again, and that each edit starts from the previous one.
func TestForceReadsOnlyEditedFilesAgain(t *testing.T) {
	t.Parallel()
	const jobs = 12
	const entry = "  - name: %s\n    arch: x86-64\n    timeout: 4h # as agreed\n    steps: [{sh: {name: s, inputs: {command: make}}}]\n"
	shared := "version: 1\njobs:\n"
	for i := range jobs {
		shared += fmt.Sprintf(entry, fmt.Sprintf("job-%d", i))
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"buildsync.yaml": "version: 1\nprojects: {shop: " + emulator.DefaultProject + "}\ndefault_project: shop\ndefinitions: [jobs/*.yaml]\n",
		"jobs/many.yaml": shared,
		"jobs/one.yaml":  "version: 1\njobs:\n" + fmt.Sprintf(entry, "alone"),
	} {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := func() *workspace.Workspace {
		w, err := workspace.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { w.Close() })
		if found := w.Load("", nil); found.HasErrors() {
			t.Fatal(found)
		}
		return w
	}

	server := emulatortest.Start(t, emulator.Options{})
	api, err := client.New(client.Config{Endpoint: server.URL, Credentials: client.Credentials{Key: signer.Key{Access: server.AccessKey, Secret: server.SecretKey}}})
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	w := open()
	for _, job := range w.Result.Jobs {
		body := job.CreateBody()
		body.Get("timeout").Set("limit", jsontree.String("3"))
		if _, err := api.CreateJob(t.Context(), body); err != nil {
			t.Fatal(err)
		}
	}

	reopened := 0
	var said []string
	run, err := exporting.New(w, api, exporting.Options{
		Projects: []export.Project{{Alias: "shop", ID: emulator.DefaultProject}}, Jobs: true, Force: true, Parallel: 1,
	}, exporting.Listener{
		Say: func(format string, args ...any) error {
			said = append(said, fmt.Sprintf(format, args...))
			return nil
		},
		Note:     func(string, ...any) {},
		Trace:    func(err error) { t.Error(err) },
		Counting: func(string, int) exporting.Counter { return uncounted{} },
		Unseen:   func(export.Project, int, []string) {},
		Reopen: func() (*workspace.Workspace, error) {
			reopened++
			return open(), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := run.All(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(run.Report.Edited) != jobs+1 || len(run.Report.NotExported) > 0 {
		t.Errorf("%d definitions were edited, want %d; not exported: %v", len(run.Report.Edited), jobs+1, run.Report.NotExported)
	}
	if slices.Sort(said); !slices.Equal(said, []string{"edited jobs/many.yaml (12 jobs)\n", "edited jobs/one.yaml\n"}) {
		t.Errorf("it says %q", said)
	}
	if reopened > 0 {
		t.Errorf("the workspace was compiled again %d times", reopened)
	}
	for _, job := range open().Result.Jobs {
		if limit := job.Body().Get("timeout").Get("limit").Text(); limit != "3" {
			t.Errorf("%s has the limit %s, want 3", job.Name, limit)
		}
	}
}

// TestExportOverListsThatSayLess checks an export where lists have no count and templates come as the
// bare list, or as null.
func TestExportOverListsThatSayLess(t *testing.T) {
	t.Parallel()
	const steps = `"steps":[{"module_id":"devcloud2018.codeci_action_20057.action","name":"s","properties":{"command":"make"}}]`
	for switches, templates := range map[string]int{"no-total": 1, "bare-templates": 1, "null-templates": 0, "no-total,bare-templates,null-templates": 1} {
		t.Run(switches, func(t *testing.T) {
			t.Parallel()
			quirks, err := emulator.ParseQuirks("default," + switches)
			if err != nil {
				t.Fatal(err)
			}
			server := emulatortest.Start(t, emulator.Options{Quirks: &quirks, Seed: emulator.Seed{Jobs: 3}})
			api, err := client.New(client.Config{
				Rate: 600_000, Endpoint: server.URL, Credentials: client.Credentials{Key: signer.Key{Access: server.AccessKey, Secret: server.SecretKey}},
				Sleep: func(context.Context, time.Duration) error { return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			defer api.Close()
			for range templates {
				body, err := jsontree.Parse([]byte(`{"name":"t","template":{`+steps+`}}`), jsontree.Limits{})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := api.CreateTemplate(t.Context(), body); err != nil {
					t.Fatal(err)
				}
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "buildsync.yaml"), []byte("version: 1\nprojects: {shop: "+emulator.DefaultProject+"}\ndefault_project: shop\ndefinitions: ['jobs/**/*.yaml']\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			open := func() (*workspace.Workspace, error) {
				w, err := workspace.Open(dir)
				if err != nil {
					return nil, err
				}
				t.Cleanup(func() { w.Close() })
				w.Load("", nil)
				return w, nil
			}
			w, err := open()
			if err != nil {
				t.Fatal(err)
			}
			run, err := exporting.New(w, api, exporting.Options{
				Projects: []export.Project{{Alias: "shop", ID: emulator.DefaultProject}}, Jobs: true, Templates: true, Parallel: 1,
			}, exporting.Listener{
				Say: func(string, ...any) error { return nil }, Note: func(string, ...any) {}, Trace: func(err error) { t.Error(err) },
				Counting: func(string, int) exporting.Counter { return uncounted{} }, Unseen: func(export.Project, int, []string) {}, Reopen: open,
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := run.All(t.Context()); err != nil {
				t.Fatal(err)
			}
			if w, err = open(); err != nil || len(w.Result.Jobs) != 3 || len(w.Result.Templates) != templates || len(run.Report.NotExported) > 0 {
				t.Errorf("%v; exported %d jobs and %d templates; not exported: %v", err, len(w.Result.Jobs), len(w.Result.Templates), run.Report.NotExported)
			}
		})
	}
}
