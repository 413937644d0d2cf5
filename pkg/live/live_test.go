package live_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/live"
)

// service is an emulator with jobs, and a client of it.
type service struct {
	*emulatortest.Server
	api *client.Client
}

func start(t *testing.T, jobs int) *service {
	t.Helper()
	return startWith(t, emulator.Options{Seed: emulator.Seed{Jobs: jobs}})
}

func startWith(t *testing.T, opts emulator.Options) *service {
	t.Helper()
	s := emulatortest.Start(t, opts)
	api, err := client.New(client.Config{
		Rate: 600_000, Endpoint: s.URL, IAMEndpoint: s.IAM,
		Credentials: client.Credentials{Key: signer.Key{Access: s.AccessKey, Secret: s.SecretKey}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	return &service{s, api}
}

// jobs reads the listing.
func (s *service) jobs(t *testing.T) []*diff.LiveJob {
	t.Helper()
	project, err := live.Project(t.Context(), s.api, s.Project)
	if err != nil || !project.Complete {
		t.Fatalf("%v, %+v", err, project)
	}
	return project.Jobs
}

// fail scripts a fault for reading one job.
func (s *service) fail(t *testing.T, job *diff.LiveJob, fault emulator.Fault) {
	t.Helper()
	fault.Op, fault.Path, fault.Times = "QueryJob", "/v3/jobs/"+job.ID+"/query", -1
	s.MustFail(t, fault)
}

// calls counts the requests of an operation.
func (s *service) calls(op string) (n int) {
	for _, call := range s.Calls() {
		if call.Op == op {
			n++
		}
	}
	return n
}

// TestInOrder checks that jobs come in the requested order and with the requested parts, and that
// an unreadable one does not stop the others.
func TestInOrder(t *testing.T) {
	t.Parallel()
	s := start(t, 60)
	jobs := s.jobs(t)
	if !slices.IsSortedFunc(jobs, func(a, b *diff.LiveJob) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the listing is not sorted by name")
	}
	s.fail(t, jobs[5], emulator.Fault{Kind: emulator.FaultStatus, Status: 404, Code: "CB.00060007"})
	var got []*diff.LiveJob
	var read atomic.Int64
	opts := live.Options{
		Notices: func(job *diff.LiveJob) bool { return job == jobs[7] },
		OnRead:  func(_, total int) { read.Add(int64(total)) },
	}
	for job, err := range live.InOrder(t.Context(), s.api, jobs, opts) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, job)
		if (job.ReadErr != nil) != (job == jobs[5]) || (job.Body != nil) == (job == jobs[5]) {
			t.Errorf("%s: %v", job.Name, job.ReadErr)
		}
	}
	if !slices.Equal(got, jobs) || read.Load() != 60*60 || s.calls("QueryNotice") != 1 {
		t.Errorf("%d jobs, %d told, %d reads of notifications", len(got), read.Load(), s.calls("QueryNotice"))
	}
	if !live.Gone(jobs[5].ReadErr) {
		t.Errorf("%v is not taken for gone", jobs[5].ReadErr)
	}
	if full, err := jobs[0].Full(); err != nil || full == nil {
		t.Errorf("the newer route: %v, %v", full, err)
	}
}

// TestReadingEnds checks that reading ends at an error that concerns all jobs, at the end of the
// context, and at the end of the loop. No request is under way afterwards.
func TestReadingEnds(t *testing.T) {
	t.Parallel()
	cancelled := errors.New("enough")
	for name, end := range map[string]func(t *testing.T, s *service, jobs []*diff.LiveJob, cancel func()) error{
		"a refused key": func(t *testing.T, s *service, jobs []*diff.LiveJob, _ func()) error {
			s.fail(t, jobs[10], emulator.Fault{Kind: emulator.FaultStatus, Status: 401, Code: "APIGW.0301"})
			return client.ErrUnauthorized
		},
		"the context": func(t *testing.T, s *service, jobs []*diff.LiveJob, cancel func()) error {
			s.fail(t, jobs[10], emulator.Fault{Kind: emulator.FaultSilence, Before: cancel})
			return cancelled
		},
		"the loop": func(*testing.T, *service, []*diff.LiveJob, func()) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, 40)
			jobs := s.jobs(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			want := end(t, s, jobs, func() { cancel(cancelled) })
			n := 0
			var got error
			for job, err := range live.InOrder(ctx, s.api, jobs, live.Options{Parallel: 1}) {
				if got = err; err != nil {
					if job != nil {
						t.Errorf("the error came with %s", job.Name)
					}
					continue
				}
				if job != jobs[n] {
					t.Errorf("%s is not the job %d", job.Name, n)
				}
				if n++; n == 10 && want == nil {
					break
				}
			}
			if n != 10 || !errors.Is(got, want) {
				t.Errorf("%d jobs, then %v, want 10 and %v", n, got, want)
			}
			if calls := s.calls("QueryJob"); want == nil && calls > 40 || want != nil && calls != 11 {
				t.Errorf("%d reads", calls)
			}
		})
	}
}

// TestWhoseAnswer checks that an answer about another job or another project ends the reading over
// both routes. Missing members prove nothing.
func TestWhoseAnswer(t *testing.T) {
	t.Parallel()
	s := start(t, 1)
	job := s.jobs(t)[0]
	for _, test := range []struct {
		body, project string
		right         bool
	}{
		{`{"steps":[]}`, "p", true},
		{`{"steps":[],"job_id":"` + job.ID + `","project_id":"P"}`, "p", true},
		{`{"steps":[],"project_id":"q"}`, "", true},
		{`{"steps":[],"project_id":"q"}`, "p", false},
		{`{"steps":[],"job_id":"` + strings.ToUpper(job.ID) + `"}`, "", false},
		{`{"steps":[],"job_id":"` + strings.Repeat("1", 32) + `"}`, "", false},
	} {
		fault := emulator.Fault{Times: 1, Kind: emulator.FaultStatus, Status: 200, Body: `{"result":` + test.body + `}`}
		fault.Op = "QueryJob"
		s.MustFail(t, fault)
		_, old := live.Body(t.Context(), s.api, job.ID, test.project)
		fault.Op, fault.Path = "", "/v1/job/"+job.ID+"/config"
		s.MustFail(t, fault)
		_, full := live.FullBody(t.Context(), s.api, job.ID, test.project)
		for _, err := range []error{old, full} {
			if (err == nil) != test.right || err != nil && (!errors.Is(err, client.ErrWrongObject) || !client.EndsRun(err)) {
				t.Errorf("%s of project %q: %v", test.body, test.project, err)
			}
		}
	}
	s.AllPlayed(t)
}

// TestLists checks that an unreadable list is unknown, and that an error that concerns all ends the
// reading.
func TestLists(t *testing.T) {
	t.Parallel()
	s := start(t, 3)
	for _, op := range []string{"ListJobs", "QueryTemplates"} {
		s.MustFail(t, emulator.Fault{Op: op, Kind: emulator.FaultStatus, Status: 403, Code: "CB.00060003"})
	}
	project, err := live.Project(t.Context(), s.api, s.Project)
	if err != nil || project.ReadErr == nil || project.Complete || !strings.Contains(project.Problem, "CB.00060003") {
		t.Errorf("%+v, %v", project, err)
	}
	templates, err := live.Templates(t.Context(), s.api)
	if err != nil || templates.ReadErr == nil || !strings.Contains(templates.Problem, "CB.00060003") {
		t.Errorf("%+v, %v", templates, err)
	}
	s.AllPlayed(t)
	for op, read := range map[string]func(*service) error{
		"ListJobs": func(s *service) error {
			_, err := live.Project(t.Context(), s.api, s.Project)
			return err
		},
		"QueryTemplates": func(s *service) error {
			_, err := live.Templates(t.Context(), s.api)
			return err
		},
	} {
		s := start(t, 3)
		s.MustFail(t, emulator.Fault{Op: op, Kind: emulator.FaultStatus, Status: 401, Code: "APIGW.0301"})
		if err := read(s); !errors.Is(err, client.ErrUnauthorized) {
			t.Errorf("%s: %v", op, err)
		}
		s.AllPlayed(t)
	}
}

// TestFull checks that Full also reads the newer routes: the body has what only those show, and
// unreadable members are named.
func TestFull(t *testing.T) {
	t.Parallel()
	body, err := jsontree.Parse([]byte(`{"job_name":"a","arch":"arm","timeout":{"limit":"2","unit":"hour"},"steps":[]}`), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	newer := func(fault emulator.Fault) *emulator.Fault {
		fault.Path, fault.Times = "/v1/job/*/config", -1
		return &fault
	}
	for name, test := range map[string]struct {
		hides  string
		fault  *emulator.Fault
		shown  bool  // the timeout is in the bodies
		unseen bool  // the jobs say that members are missing
		reads  int   // over the newer route, of three jobs
		ends   error // the reading
	}{
		"all shown":        {shown: true, reads: 3},
		"all shown, alone": {shown: true, reads: 1, fault: newer(emulator.Fault{Kind: emulator.FaultStatus, Status: 404, Code: "APIG.0101"})},
		"hidden":           {hides: "timeout", shown: true, reads: 3},
		"no newer route":   {hides: "timeout", unseen: true, reads: 1, fault: newer(emulator.Fault{Kind: emulator.FaultStatus, Status: 404, Code: "APIG.0101"})},
		"forbidden":        {hides: "timeout", unseen: true, reads: 1, fault: newer(emulator.Fault{Kind: emulator.FaultStatus, Status: 403, Code: "CB.00060003"})},
		"refused":          {hides: "timeout", unseen: true, reads: 3, fault: newer(emulator.Fault{Kind: emulator.FaultStatus, Status: 422, Code: "CB.00069999"})},
		"another job":      {hides: "timeout", reads: 1, fault: newer(emulator.Fault{Kind: emulator.FaultOtherID}), ends: client.ErrWrongObject},
		"the key is bad":   {hides: "timeout", reads: 1, fault: newer(emulator.Fault{Kind: emulator.FaultStatus, Status: 401, Code: "APIGW.0301"}), ends: client.ErrUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quirks := emulator.Strict()
			quirks.V3Hidden = test.hides
			opts := emulator.Options{Quirks: &quirks}
			for _, name := range []string{"a", "b", "c"} {
				named := body.Clone()
				named.Set("job_name", jsontree.String(name))
				opts.Seed.Bodies = append(opts.Seed.Bodies, emulator.SeedJob{Body: named})
			}
			s := startWith(t, opts)
			if test.fault != nil {
				s.MustFail(t, *test.fault)
			}
			var got error
			for job, err := range live.InOrder(t.Context(), s.api, s.jobs(t), live.Options{Parallel: 1, Full: true}) {
				if got = err; err != nil {
					continue
				}
				if shown := job.Body.Get("timeout").Str("limit") == "2"; shown != test.shown || (len(job.Unseen) > 0) != test.unseen || job.ReadErr != nil {
					t.Errorf("%s: %s, unseen %v, %v", job.Name, job.Body.AppendJSON(nil), job.Unseen, job.ReadErr)
				}
			}
			if !errors.Is(got, test.ends) {
				t.Errorf("the reading ended with %v, want %v", got, test.ends)
			}
			reads := 0
			for _, call := range s.Calls() {
				if strings.HasPrefix(call.Path, "/v1/") {
					reads++
				}
			}
			if reads != test.reads {
				t.Errorf("%d reads over the newer route, want %d", reads, test.reads)
			}
		})
	}
}

// TestListingSaysWhatEndedIt checks that the error of an interrupted listing is the reason of the
// interrupt, in every command that lists.
func TestListingSaysWhatEndedIt(t *testing.T) {
	t.Parallel()
	s := start(t, 3)
	list, err := live.Listing(t.Context(), s.api, s.Project)
	if err != nil || len(list.Jobs) != 3 || !list.Complete {
		t.Fatalf("%d jobs, complete %t, %v", len(list.Jobs), list.Complete, err)
	}
	reason := errors.New("gave up after --timeout 1s")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	if _, err := live.Listing(ctx, s.api, s.Project); !errors.Is(err, reason) {
		t.Errorf("the listing: %v", err)
	}
	if _, err := live.Project(ctx, s.api, s.Project); !errors.Is(err, reason) {
		t.Errorf("the project: %v", err)
	}
}
