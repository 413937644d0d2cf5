package export_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
)

// TestGeneratedEstate exports realistic jobs as each profile of the service
// answers them; Job itself fails where a definition does not compile back.
func TestGeneratedEstate(t *testing.T) {
	t.Parallel()
	for _, profile := range emulator.ProfileNames() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			quirks, _ := emulator.Profile(profile)
			quirks.ListLag, quirks.WrongTotal, quirks.EmptyPages = 0, false, false
			s := emulatortest.Start(t, emulator.Options{Seed: emulator.Seed{Jobs: 40}, Quirks: &quirks})
			e := export.New(export.Options{})
			for _, live := range readAll(t, connect(t, s), s.Project) {
				if _, err := e.Job(export.Project{Alias: "shop", ID: s.Project}, live); err != nil {
					t.Errorf("%s: %v\n%s", live.Name, err, live.Body.Indented())
				}
			}
		})
	}
}

// crashing is a service whose answer about one job breaks an invariant.
type crashing struct {
	*client.Client
	id string
}

func (c crashing) QueryJob(ctx context.Context, id string) (*jsontree.Value, error) {
	if id == c.id {
		panic("canary")
	}
	return c.Client.QueryJob(ctx, id)
}

// TestACrashCostsOneJob checks that a panic on one hostile job is reported with its name, and that
// all other jobs are exported.
func TestACrashCostsOneJob(t *testing.T) {
	t.Parallel()
	s := emulatortest.Start(t, emulator.Options{Seed: emulator.Seed{Jobs: 20}})
	api := connect(t, s)
	listing, err := live.Project(t.Context(), api, s.Project)
	if err != nil {
		t.Fatal(err)
	}
	hostile := listing.Jobs[7]
	e, read := export.New(export.Options{}), 0
	for job, err := range live.InOrder(t.Context(), crashing{api, hostile.ID}, listing.Jobs, live.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Job(shop, job); job != hostile && (job.ReadErr != nil || err != nil) {
			t.Errorf("%s: %v %v", job.Name, job.ReadErr, err)
		}
		read++
	}
	crash := (*export.Crash)(nil)
	if !errors.As(hostile.ReadErr, &crash) || strings.Contains(crash.Error()+string(crash.Stack()), "canary") || !strings.Contains(string(crash.Stack()), "QueryJob") || read != 20 {
		t.Errorf("%d jobs, %v", read, hostile.ReadErr)
	}
	if _, err := e.Job(shop, nil); !errors.As(err, &crash) {
		t.Errorf("a job that cannot be: %v", err)
	}
}

// TestTimeoutInAnotherUnit exports a timeout as its length, whatever its unit.
func TestTimeoutInAnotherUnit(t *testing.T) {
	t.Parallel()
	for unit, limit := range map[string]string{"minute": "240", "MINUTES": "240", "hour": "4", "second": "14400"} {
		jobs := []*diff.LiveJob{{ProjectID: projectID, ID: strings.Repeat("a", 32), Name: "job", Body: obj("job_name", "job", "arch", "arm",
			"steps", jsontree.Array(), "timeout", obj("limit", limit, "unit", unit))}}
		tree := exportedTree(t, jobs)
		if file := tree["definitions/0.yaml"]; !strings.Contains(file, "timeout: 4h") {
			t.Errorf("%s %s:\n%s", limit, unit, file)
		}
		planIsEmpty(t, tree, jobs)
	}
}

// TestNamesThatTheServiceRefuses checks that a live job with such a name is left out with the rule and
// what to do.
func TestNamesThatTheServiceRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "a/b", "a:b", "# x", " lead", "\U0001F600", strings.Repeat("x", 116)} {
		_, err := export.New(export.Options{}).Job(shop, &diff.LiveJob{Name: name, Body: obj("arch", "arm", "steps", jsontree.Array())})
		if err == nil || !strings.Contains(err.Error(), "API reference 4.18") || !strings.Contains(err.Error(), "rename it") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
