package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/doctor"
	"github.com/buildsync/buildsync/pkg/live"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// listings answers for each project in turn, by its id.
type listings struct {
	errs  map[string]error
	asked []string
}

func (l *listings) Listing(_ context.Context, id string) (wire.JobList, error) {
	l.asked = append(l.asked, id)
	return wire.JobList{Jobs: []wire.JobItem{{ID: "1"}}, Complete: true}, l.errs[id]
}

const (
	firstProject  = "11111111111111111111111111111111"
	secondProject = "22222222222222222222222222222222"
)

// folder writes a workspace of two projects without a job, outside of Git.
func folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	text := "version: 1\nprojects: {a: '" + firstProject + "', b: '" + secondProject + "'}\ndefault_project: a\ndefinitions: [jobs.yaml]\n"
	for name, text := range map[string]string{"buildsync.yaml": text, "jobs.yaml": "version: 1\njobs: []\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// setup reaches api with everything in order.
func setup(dir string, api live.ListAPI) doctor.Setup {
	return doctor.Setup{
		Dir:         dir,
		Load:        func(w *workspace.Workspace) (spec.Diagnostics, error) { return w.LoadPacked("", nil), nil },
		Comparison:  func(*workspace.Workspace) workspace.Comparison { return workspace.Comparison{} },
		Endpoint:    func(string) (string, error) { return "https://build.example", nil },
		Credentials: func(string) (string, error) { return "the test", nil },
		Connect: func(string, string) (*doctor.Service, error) {
			return &doctor.Service{API: api, OwnClock: true, Close: func() error { return nil }}, nil
		},
	}
}

// examine runs all checks and returns the results by their check.
func examine(t *testing.T, s doctor.Setup) (results map[string]doctor.Result, well bool) {
	t.Helper()
	results = map[string]doctor.Result{}
	e := doctor.Examine(s)
	well = e.Run(context.Background(), func(r doctor.Result) {
		results[r.Check] = r
		if (r.Err != nil) != (r.Status == doctor.Fail) {
			t.Errorf("%s: status %s with error %v", r.Check, r.Status, r.Err)
		}
	})
	return results, well
}

func TestAllIsWell(t *testing.T) {
	t.Parallel()
	api := &listings{}
	s := setup(folder(t), api)
	results, well := examine(t, s)
	if !well || results["project b"].Text != "1 live job" || results["git"].Remedy != remedy.InitRepository {
		t.Errorf("well %t, results %+v", well, results)
	}
	names := doctor.Examine(s).Names()
	for _, want := range []string{"workspace", "git", "project a", "project b"} {
		if !slices.Contains(names, want) {
			t.Errorf("names %v, want %s among them", names, want)
		}
	}
}

// TestAFailedListing checks that a problem of one project does not stop the check of the next. A
// problem of the key does, because a key is locked after a few failures.
func TestAFailedListing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		remedy remedy.Remedy
		asked  int
	}{
		"missing project": {client.ErrNotFound, remedy.CheckProject, 2},
		"no role":         {client.ErrForbidden, remedy.CheckProject, 2},
		"refused key":     {client.ErrUnauthorized, remedy.CheckKey, 1},
		"a portal":        {client.ErrNotTheAPI, remedy.CheckAddress, 1},
		"old region":      {client.ErrRouteMissing, remedy.ChooseOlderRoutes, 1},
		"certificate":     {client.ErrCertificate, remedy.NameAuthority, 1},
		"no answer":       {&client.Error{}, remedy.CheckNetwork, 1},
	} {
		api := &listings{errs: map[string]error{firstProject: c.err}}
		results, well := examine(t, setup(folder(t), api))
		if got := results["project a"]; well || got.Status != doctor.Fail || got.Remedy != c.remedy || len(api.asked) != c.asked {
			t.Errorf("%s: %+v, asked %v", name, got, api.asked)
		}
	}
}

// TestNothingIsAskedOfAServiceThatIsNotNamed checks that no request is sent if the setup fails, and
// that every check without the service still runs.
func TestNothingIsAskedOfAServiceThatIsNotNamed(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong")
	for name, change := range map[string]func(*doctor.Setup){
		"endpoint":    func(s *doctor.Setup) { s.Endpoint = func(string) (string, error) { return "", wrong } },
		"credentials": func(s *doctor.Setup) { s.Credentials = func(string) (string, error) { return "", wrong } },
	} {
		api := &listings{}
		s := setup(folder(t), api)
		change(&s)
		results, well := examine(t, s)
		if well || !errors.Is(results[name].Err, wrong) || len(api.asked) > 0 {
			t.Errorf("%s: %+v, asked %v", name, results[name], api.asked)
		}
		if _, made := results["credentials"]; !made {
			t.Errorf("%s: the credentials were not checked", name)
		}
	}
}

func TestAWorkspaceThatCannotBeRead(t *testing.T) {
	t.Parallel()
	api := &listings{}
	results, well := examine(t, setup(t.TempDir(), api))
	if well || results["workspace"].Remedy != remedy.FindWorkspace || results["endpoint"].Remedy != remedy.NameService || results["project"].Status != doctor.Warn {
		t.Errorf("without buildsync.yaml: %+v", results)
	}
	s := setup(folder(t), api)
	s.Load = func(w *workspace.Workspace) (spec.Diagnostics, error) {
		return w.LoadPacked("nowhere", nil), &doctor.Problem{Err: errors.New("no such environment"), Remedy: remedy.DeclareEnvironment}
	}
	results, well = examine(t, s)
	if got := results["workspace"]; well || got.Remedy != remedy.DeclareEnvironment || got.Text != "no such environment" {
		t.Errorf("unknown environment: %+v", got)
	}
	if len(api.asked) != 2 {
		t.Errorf("asked %v, want both projects of buildsync.yaml", api.asked)
	}
}

// Example checks a folder and prints what is not right.
func Example() {
	dir, err := os.MkdirTemp("", "doctor")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	examination := doctor.Examine(doctor.Setup{
		Dir:         dir,
		Endpoint:    func(string) (string, error) { return "https://build.example", nil },
		Credentials: func(string) (string, error) { return "", errors.New("no credentials found") },
	})
	well := examination.Run(context.Background(), func(r doctor.Result) {
		if r.Status == doctor.Fail {
			fmt.Println(r.Check, "failed")
		}
	})
	fmt.Println("well:", well)
	// Output:
	// workspace failed
	// credentials failed
	// well: false
}
