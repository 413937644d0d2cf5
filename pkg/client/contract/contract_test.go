// Package contract_test runs the client against the emulator, with every profile and both
// generations of routes. It is a package of its own so that the client's other tests do not depend
// on the emulator.
package contract_test

import (
	"bytes"
	"context"
	"errors"
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
	"github.com/buildsync/buildsync/pkg/jsontree"
)

const project = emulator.DefaultProject

// start returns a client of a new emulator. The client's waits move the emulator's clock and take
// no time.
func start(t *testing.T, profile string, dialect client.Dialect, credentials client.Credentials) (*client.Client, *emulator.Emulator) {
	t.Helper()
	quirks, ok := emulator.Profile(profile)
	if !ok {
		t.Fatalf("no profile %s", profile)
	}
	quirks.WrongTotal = false // a list with wrong totals is never complete, and has its own test
	e, err := emulator.New(emulator.Options{Quirks: &quirks})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(e)
	c, err := client.New(client.Config{
		Endpoint: server.URL, IAMEndpoint: server.URL, Dialect: dialect, Credentials: credentials, Rate: 1e6,
		Now: e.Now,
		Sleep: func(ctx context.Context, d time.Duration) error {
			e.Advance(d)
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		server.Close()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, e
}

func key() client.Credentials {
	return client.Credentials{Key: signer.Key{Access: emulator.DefaultAccessKey, Secret: emulator.DefaultSecretKey}}
}

func body(t *testing.T, name string) *jsontree.Value {
	t.Helper()
	v, err := jsontree.Parse([]byte(`{"project_id":"`+project+`","job_name":"`+name+`","arch":"x86-64",
		"parameters":[{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"version"},{"name":"type","value":"normalparam"},{"name":"defaultValue","value":"1"}]}],
		"scms":[{"url":"git@example.com:shop/cart.git","scm_type":"codehub","branch":"master"}],
		"steps":[{"module_id":"devcloud2018.codeci_action_20017.action","name":"Shell","properties":{"command":"echo hello"}}]}`), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// each runs f with every profile and both generations of routes.
func each(t *testing.T, f func(t *testing.T, c *client.Client, e *emulator.Emulator)) {
	t.Helper()
	for _, profile := range emulator.ProfileNames() {
		for _, dialect := range []client.Dialect{client.DialectV3, client.DialectV1} {
			t.Run(profile+" "+string(dialect), func(t *testing.T) {
				t.Parallel()
				c, e := start(t, profile, dialect, key())
				f(t, c, e)
			})
		}
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *client.Client, e *emulator.Emulator) {
		ctx := t.Context()
		id, err := c.CreateJob(ctx, body(t, "cart"))
		if err != nil {
			t.Fatal(err)
		}
		live, err := c.QueryJob(ctx, id)
		if err != nil || live.Str(wire.KeyJobName) != "cart" || len(live.Get(wire.KeyParameters).Items()) == 0 {
			t.Fatalf("query: %v, %v", live, err)
		}
		changed := body(t, "cart-2")
		changed.Set(wire.KeyJobID, jsontree.String(id))
		if err := c.UpdateJob(ctx, changed); err != nil {
			t.Error(err)
		}
		if err := c.DisableJob(ctx, id); err != nil {
			t.Error(err)
		}
		e.Advance(time.Minute) // longer than the lag of a list
		item := find(t, c, id)
		if item.JobName != "cart-2" || !item.Disabled {
			t.Errorf("listed as %+v", item)
		}
		if err := c.EnableJob(ctx, id); err != nil {
			t.Error(err)
		}
		e.Advance(time.Minute)
		if find(t, c, id).Disabled {
			t.Error("still disabled")
		}
		notices(t, c, id)
		if err := c.DeleteJob(ctx, id); err != nil {
			t.Error(err)
		}
		if _, err := c.QueryJob(ctx, id); !errors.Is(err, client.ErrNotFound) || client.OutcomeOf(err) != client.Rejected {
			t.Errorf("a deleted job is read with %v", err)
		}
		if err := c.DeleteJob(ctx, id); !errors.Is(err, client.ErrNotFound) {
			t.Errorf("a deleted job is deleted with %v", err)
		}
	})
}

func find(t *testing.T, c *client.Client, id string) wire.JobItem {
	t.Helper()
	list, err := c.Listing(t.Context(), project)
	if err != nil || !list.Complete {
		t.Errorf("listing: complete %v (%s), %v", list.Complete, list.Problem, err)
	}
	at := slices.IndexFunc(list.Jobs, func(j wire.JobItem) bool { return j.ID == id })
	if at < 0 {
		t.Fatalf("job %s is not listed: %+v", id, list)
	}
	return list.Jobs[at]
}

func notices(t *testing.T, c *client.Client, id string) {
	t.Helper()
	ctx := t.Context()
	update := wire.NoticeUpdate{NoticeType: wire.NoticeMail, EnabledEventTypeNames: []string{wire.EventBuildSucceeded}}
	if err := c.UpdateNotice(ctx, id, update); err != nil {
		t.Error(err)
	}
	rows, err := c.Notices(ctx, id)
	at := slices.IndexFunc(rows, func(n wire.Notice) bool { return n.NoticeType == wire.NoticeMail })
	if err != nil || at < 0 || !rows[at].EnableMap[wire.EventBuildSucceeded] || rows[at].EnableMap[wire.EventBuildFailed] {
		t.Errorf("notices: %+v, %v", rows, err)
	}
	update.EnabledEventTypeNames = nil
	if err := c.UpdateNotice(ctx, id, update); err != nil {
		t.Error(err)
	}
	if rows, err = c.Notices(ctx, id); err != nil || rows[at].EnableMap[wire.EventBuildSucceeded] {
		t.Errorf("notices after turning off: %+v, %v", rows, err)
	}
}

func TestListings(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *client.Client, e *emulator.Emulator) {
		for i := range 105 {
			if _, err := c.CreateJob(t.Context(), body(t, "job-"+strconv.Itoa(i))); err != nil {
				t.Fatal(err)
			}
		}
		e.Advance(time.Minute)
		list, err := c.Listing(t.Context(), project)
		if err != nil || len(list.Jobs) != 105 || !list.Complete {
			t.Errorf("%d jobs, complete %v (%s), %v", len(list.Jobs), list.Complete, list.Problem, err)
		}
	})
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *client.Client, e *emulator.Emulator) {
		ctx := t.Context()
		template, err := jsontree.Parse([]byte(`{"name":"mine","template":{"steps":[{"module_id":"devcloud2018.codeci_action_20017.action","name":"Shell","properties":{"command":"true"}}]}}`), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		uuid, err := c.CreateTemplate(ctx, template)
		if err != nil {
			t.Fatal(err)
		}
		e.Advance(time.Minute)
		found := false
		for row, err := range c.Templates(ctx, "mine") {
			if err != nil {
				t.Fatal(err)
			}
			found = found || row.UUID == uuid && row.Name == "mine"
		}
		if !found {
			t.Error("the new template is not listed")
		}
		if err := c.DeleteTemplate(ctx, uuid); err != nil {
			t.Error(err)
		}
		if err := c.DeleteTemplate(ctx, uuid); !errors.Is(err, client.ErrNotFound) {
			t.Errorf("a deleted template is deleted with %v", err)
		}
	})
}

func TestBuilds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *client.Client, e *emulator.Emulator) {
		ctx := t.Context()
		id, err := c.CreateJob(ctx, body(t, "cart"))
		if err != nil {
			t.Fatal(err)
		}
		for record, err := range c.History(ctx, id, 30) {
			t.Errorf("a job that was never built has %+v, %v", record, err)
		}
		run, err := c.RunJob(ctx, wire.RunRequest{JobID: id, Parameter: []wire.RunParameter{{Name: "version", Value: "2"}}})
		if err != nil {
			t.Fatal(err)
		}
		number, err := strconv.Atoi(run.ActualBuildNumber)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.JobRunning(ctx, id); err != nil {
			t.Error(err)
		}
		e.Advance(time.Hour)
		record, err := c.Record(ctx, id, number)
		if err != nil || record.Status != "SUCCESS" || record.DailyBuildNumber == "" {
			t.Fatalf("record %+v, %v", record, err)
		}
		reports(t, c, e, id, number)
		var log bytes.Buffer
		if _, err := c.FullLog(ctx, record.BuildRecordID, &log, client.LogOptions{}); err != nil || !strings.Contains(log.String(), "hello") {
			t.Errorf("log %q, %v", log.String(), err)
		}
	})
}

func reports(t *testing.T, c *client.Client, e *emulator.Emulator, id string, number int) {
	t.Helper()
	ctx := t.Context()
	n := 0
	for record, err := range c.History(ctx, id, 30) {
		if n++; err != nil || record.BuildNumber.String() != strconv.Itoa(number) {
			t.Errorf("history: %+v, %v", record, err)
		}
	}
	for record, err := range c.PeriodHistory(ctx, id, e.Now().AddDate(0, 0, -7), e.Now().AddDate(0, 0, 1)) {
		if n++; err != nil {
			t.Errorf("period history: %+v, %v", record, err)
		}
	}
	if n != 2 {
		t.Errorf("%d rows in two histories of one build", n)
	}
	if details, err := c.HistoryDetails(ctx, id, number); err != nil || len(details.BuildSteps) == 0 {
		t.Errorf("details: %+v, %v", details, err)
	}
	if ratio, err := c.SuccessRatio(ctx, id, e.Now().AddDate(0, 0, -7), e.Now().AddDate(0, 0, 1)); err != nil || ratio.TotalCount != "1" {
		t.Errorf("ratio: %+v, %v", ratio, err)
	}
	if _, err := c.OutputInfo(ctx, id, number); err != nil {
		t.Error(err)
	}
	if record, err := c.OldRecord(ctx, id, number); err != nil || record.BuildNo.String() != strconv.Itoa(number) {
		t.Errorf("old record: %+v, %v", record, err)
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	c, e := start(t, "strict", client.DialectV3, client.Credentials{Password: client.Password{
		User: emulator.DefaultUser, Password: emulator.DefaultPassword, Domain: emulator.DefaultDomain, Project: emulator.DefaultRegion,
	}})
	if _, err := c.Listing(t.Context(), project); err != nil {
		t.Fatal(err)
	}
	if err := e.ExpireTokens(); err != nil {
		t.Fatal(err)
	}
	e.Advance(2 * time.Minute)
	if _, err := c.CreateJob(t.Context(), body(t, "cart")); err != nil {
		t.Errorf("after the token's end: %v", err)
	}
	projects, err := c.IAMProjects(t.Context())
	if err != nil || len(projects) == 0 || projects[0].Name != emulator.DefaultRegion {
		t.Errorf("projects: %+v, %v", projects, err)
	}
}
