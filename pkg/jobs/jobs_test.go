package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/jobs"
	"github.com/buildsync/buildsync/pkg/spec"
)

// start returns an emulator with a few jobs, a client of it, and their list.
func start(t *testing.T) (*emulatortest.Server, *client.Client, wire.JobList) {
	t.Helper()
	s := emulatortest.Start(t, emulator.Options{Seed: emulator.Seed{Jobs: 3}})
	api, err := client.New(client.Config{
		Rate: 600_000, Endpoint: s.URL, IAMEndpoint: s.IAM,
		Credentials: client.Credentials{Key: signer.Key{Access: s.AccessKey, Secret: s.SecretKey}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	list, err := api.Listing(t.Context(), s.Project)
	if err != nil || len(list.Jobs) != 3 {
		t.Fatalf("%v, %+v", err, list)
	}
	return s, api, list
}

// TestAJobIsFoundByEachWord checks that a job is found by its name, address and id, and that each
// listing is read once.
func TestAJobIsFoundByEachWord(t *testing.T) {
	t.Parallel()
	s, api, list := start(t)
	want := list.Jobs[1]
	f := &jobs.Finder{API: api, Workspace: &spec.Workspace{Projects: map[string]spec.Project{"shop": {ID: s.Project}}}}
	for _, word := range []string{want.ID, want.JobName, "shop/job/" + want.JobName} {
		if got, err := f.Job(t.Context(), word); err != nil || got.ID != want.ID {
			t.Errorf("%s: %+v, %v", word, got, err)
		}
	}
	refs, err := f.Jobs(t.Context(), []string{want.ID, want.JobName}, true)
	if err != nil || len(refs) != 1 || refs[0].Name != want.JobName {
		t.Errorf("a job named twice: %+v, %v", refs, err)
	}
	listings := 0
	for _, call := range s.Calls() {
		if call.Op == "ListJobs" {
			listings++
		}
	}
	if listings > 2 { // the one of start, and one of the finder
		t.Errorf("%d listings", listings)
	}
}

// TestAWordThatNamesNothing checks that the message about an unknown word names the nearest one.
func TestAWordThatNamesNothing(t *testing.T) {
	t.Parallel()
	s, api, list := start(t)
	name := list.Jobs[0].JobName
	shop := &spec.Workspace{Projects: map[string]spec.Project{"shop": {ID: s.Project}}}
	two := &spec.Workspace{Projects: map[string]spec.Project{"shop": {ID: s.Project}, "bank": {ID: strings.Repeat("b", 32)}}}
	for _, c := range []struct {
		f     jobs.Finder
		word  string
		want  string
		input bool
	}{
		{jobs.Finder{API: api, Workspace: shop}, name + "x", "did you mean \"" + name + "\"?", false},
		{jobs.Finder{API: api, Workspace: shop}, "shpo/job/" + name, `did you mean "shop"?`, true},
		{jobs.Finder{API: api}, name, "no project selected", true},
		{jobs.Finder{API: api, Selected: "shop"}, name, "is not an id", true},
		{jobs.Finder{API: api, Workspace: two}, name, "bank, shop", true},
	} {
		_, err := c.f.Job(t.Context(), c.word)
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, new(*jobs.InputError)) != c.input {
			t.Errorf("%s: %v, want %q", c.word, err, c.want)
		}
	}
	f := jobs.Finder{API: api, Workspace: shop}
	for _, words := range [][]string{{name, "0"}, {name, "x"}, {"9d6169b9-022d-458c-9dc8-48cc94cc4083", "1"}} {
		if _, err := f.BuildRecord(t.Context(), words); !errors.As(err, new(*jobs.InputError)) {
			t.Errorf("%q: %v", words, err)
		}
	}
}

// listing is an API whose listing is fixed.
type listing struct {
	*client.Client
	list wire.JobList
}

func (l listing) Listing(context.Context, string) (wire.JobList, error) { return l.list, nil }

// TestListingsThatProveNothing checks that an incomplete listing proves no absence, and that a name
// of two jobs is refused.
func TestListingsThatProveNothing(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("a", 32)
	f := &jobs.Finder{Selected: id, API: listing{list: wire.JobList{
		Jobs: []wire.JobItem{{ID: "1", JobName: "good"}, {ID: "2", JobName: "twin"}, {ID: "3", JobName: "twin"}}, Problem: "3 of 4",
	}}}
	if _, err := f.Job(t.Context(), "other"); err == nil || !strings.Contains(err.Error(), "may exist all the same: 3 of 4") {
		t.Errorf("a job that is not listed: %v", err)
	}
	if job, err := f.Job(t.Context(), "good"); err != nil || job.ID != "1" {
		t.Errorf("a job that is listed: %+v, %v", job, err)
	}
	if _, err := f.Job(t.Context(), "twin"); err == nil || !strings.Contains(err.Error(), "give the id of one: 2, 3") {
		t.Errorf("two jobs of a name: %v", err)
	}
}

// steady is a clock that passes time without waiting.
type steady struct{ s *emulatortest.Server }

func (steady) Now() time.Time { return time.Now() }

func (c steady) Wait(ctx context.Context, d time.Duration) error {
	c.s.Advance(d)
	return ctx.Err()
}

// text is a log in memory.
type text struct{ bytes.Buffer }

func (*text) Flush() {}

// follower starts a build of a job.
func follower(t *testing.T) (*emulatortest.Server, *jobs.Follower, *text) {
	t.Helper()
	s, api, list := start(t)
	run, err := api.RunJob(t.Context(), wire.RunRequest{JobID: list.Jobs[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(run.ActualBuildNumber)
	if err != nil {
		t.Fatal(err)
	}
	log := &text{}
	return s, &jobs.Follower{
		API: api, Clock: steady{s}, Every: 10 * time.Second, Log: log,
		Status: func(jobs.Build, string) {}, LogLost: func(err error) { t.Error(err) },
		Build: jobs.Build{Job: jobs.Ref{ID: list.Jobs[0].ID}, Number: number},
	}, log
}

// TestABuildIsFollowedToItsEnd checks that following a build prints its log and each status once.
func TestABuildIsFollowedToItsEnd(t *testing.T) {
	t.Parallel()
	_, f, log := follower(t)
	var statuses []string
	f.Status = func(_ jobs.Build, status string) { statuses = append(statuses, status) }
	record, err := f.Wait(t.Context())
	if err != nil || log.Len() == 0 || len(statuses) == 0 || statuses[len(statuses)-1] != record.Status {
		t.Fatalf("record %+v, %v, statuses %v, a log of %d bytes", record, err, statuses, log.Len())
	}
	if len(slices.Compact(slices.Clone(statuses))) != len(statuses) {
		t.Errorf("statuses %v", statuses)
	}
	if err := jobs.CheckSuccess(f.Build, record); err != nil {
		t.Error(err)
	}
	record.Status, record.ErrMsg = "FAILED", "no disk"
	if err := jobs.CheckSuccess(f.Build, record); !errors.As(err, new(*jobs.UnsureError)) || !strings.Contains(err.Error(), "no disk") {
		t.Errorf("a build that failed: %v", err)
	}
}

// TestABuildThatCannotBeRead checks that following ends after a few failed reads, with the cause.
func TestABuildThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s, f, _ := follower(t)
	s.MustFail(t, emulator.Fault{Op: "RecordInfo", Kind: emulator.FaultStatus, Status: 400, Times: -1})
	if _, err := f.Wait(t.Context()); !errors.As(err, new(*jobs.UnsureError)) {
		t.Errorf("%v, want an UnsureError", err)
	}
}

// TestWaitingThatIsLeft checks that an interrupted wait returns its cause; the build continues.
func TestWaitingThatIsLeft(t *testing.T) {
	t.Parallel()
	_, f, _ := follower(t)
	left := errors.New("left")
	ctx, cancel := context.WithCancelCause(t.Context())
	f.Status = func(jobs.Build, string) { cancel(left) }
	if _, err := f.Wait(ctx); !errors.Is(err, left) {
		t.Errorf("%v, want the cause", err)
	}
}

// untilTheLimit reads records, each time until the time limit of the caller is over.
type untilTheLimit struct{ *client.Client }

func (a untilTheLimit) Record(ctx context.Context, id string, number int) (wire.Record, error) {
	record, err := a.Client.Record(context.WithoutCancel(ctx), id, number)
	<-ctx.Done()
	return record, err
}

// TestWaitingThatRunsOutOfTime checks that a wait that times out returns the service's last answer.
func TestWaitingThatRunsOutOfTime(t *testing.T) {
	t.Parallel()
	s, f, _ := follower(t)
	s.MustFail(t, emulator.Fault{Op: "RecordInfo", Kind: emulator.FaultStatus, Status: 400, Code: "CB.0500", Times: -1})
	f.API = untilTheLimit{f.API.(*client.Client)}
	limit := errors.New("gave up after --timeout 1ms")
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, limit)
	defer cancel()
	if _, err := f.Wait(ctx); !errors.Is(err, limit) || !strings.Contains(err.Error(), "CB.0500") {
		t.Errorf("%v, want the time limit and the service's code", err)
	}
}

// Example finds a job by its name in the project of a workspace.
func Example() {
	service, err := emulator.New(emulator.Options{Seed: emulator.Seed{Jobs: 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer service.Close()
	server := httptest.NewServer(service)
	defer server.Close()
	api, err := client.New(client.Config{
		Endpoint:    server.URL,
		Credentials: client.Credentials{Key: signer.Key{Access: emulator.DefaultAccessKey, Secret: emulator.DefaultSecretKey}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer api.Close()

	f := &jobs.Finder{API: api, Selected: emulator.DefaultProject}
	_, err = f.Job(context.Background(), "missing")
	fmt.Println(err)
	// Output:
	// no job of the project 6ecbc5bac7c8442fb3d2563d53c13582 is called "missing"
}
