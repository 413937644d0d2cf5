package client_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
)

// okJob is the answer to a call that must name its job.
const okJob = `{"result":{"job_id":"` + jobID + `","project_id":"` + projectID + `"},"error":null,"status":"success"}`

// TestRoutes checks that every call uses its route of both generations, with the body and query
// that the route needs.
func TestRoutes(t *testing.T) {
	t.Parallel()
	day := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	history := `{"total":1,"history_records":{"record_id":"r","build_number":7,"result":"SUCCESS"}}`
	record := `{"status":"success","result":{"id":"x","codeci_job_id":"` + jobID + `","daily_build_num":"20221011.29"}}`
	for _, test := range []struct {
		name   string
		call   func(context.Context, *client.Client) error
		answer string
		v3, v1 string
		query  string
		body   string
		v1body string // where it differs
	}{
		{
			name: "period history", v3: "GET /v3/jobs/" + jobID + "/period-history", answer: history,
			call: func(ctx context.Context, c *client.Client) error {
				return drain(c.PeriodHistory(ctx, jobID, day, day.AddDate(0, 0, 9)))
			},
			query: "end_time=2024-05-10&limit=100&offset=0&start_time=2024-05-01",
		},
		{
			name: "history", v3: "GET /v3/jobs/" + jobID + "/history", answer: history, query: "interval=7&limit=100&offset=0",
			call: func(ctx context.Context, c *client.Client) error { return drain(c.History(ctx, jobID, 7)) },
		},
		{
			name: "keystore", v3: "GET /v3/keystore", answer: "bytes", query: "domain_id=d1&file_name=a.keystore",
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.Keystore(ctx, "a.keystore", "d1", &bytes.Buffer{})
				return err
			},
		},
		{
			name: "running", v3: "GET /v3/jobs/" + jobID + "/status", v1: "GET /v1/job/" + jobID + "/running-status", answer: `{"result":true}`,
			call: func(ctx context.Context, c *client.Client) error { _, err := c.JobRunning(ctx, jobID); return err },
		},
		{
			name: "jobs", v3: "GET /v3/" + projectID + "/jobs", v1: "GET /v1/job/" + projectID + "/list", answer: `{"total":1,"jobs":[{"id":"a","job_name":"n"}]}`,
			query: "page_index=0&page_size=100",
			call:  func(ctx context.Context, c *client.Client) error { _, err := c.Listing(ctx, projectID); return err },
		},
		{
			name: "run", v3: "POST /v3/jobs/build", v1: "POST /v1/job/execute",
			answer: `{"octopus_job_name":"j","actual_build_number":"20","daily_build_number":"20200612.20"}`,
			body:   `{"job_id":"` + jobID + `","parameter":[{"name":"codeBranch","value":"master"}],"scm":{"build_commit_id":"c1"}}`,
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.RunJob(ctx, wire.RunRequest{
					JobID: jobID, Parameter: []wire.RunParameter{{Name: "codeBranch", Value: "master"}}, SCM: &wire.RunSCM{BuildCommitID: "c1"},
				})
				return err
			},
		},
		{
			name: "last successful", v3: "GET /v3/jobs/" + projectID + "/last-history", answer: `{"record_id":"20210722.16","result":"SUCCESS"}`, query: "repository_name=maven-demo",
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.LastSuccessful(ctx, projectID, "maven-demo")
				return err
			},
		},
		{
			name: "details", v3: "GET /v3/jobs/" + jobID + "/5/history-details", answer: `{"job_name":"a","parameters":[{"a":"b"}]}`,
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.HistoryDetails(ctx, jobID, 5)
				return err
			},
		},
		{
			name: "ratio", v3: "GET /v3/jobs/" + jobID + "/success-ratio", answer: `{"success_count":2,"total_count":3,"success_ratio":0.67}`,
			query: "end_time=2024-05-01&start_time=2024-05-01",
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.SuccessRatio(ctx, jobID, day, day)
				return err
			},
		},
		{
			name: "full log", v3: "GET /v4/" + recordID + "/download-log", v1: "GET /v1/log/" + recordID + "/download-log", answer: "line", query: "log_level=DEBUG",
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.FullLog(ctx, recordID, &bytes.Buffer{}, client.LogOptions{Level: "DEBUG"})
				return err
			},
		},
		{
			name: "step log", v3: "GET /v4/" + recordID + "/task-log", answer: "line", query: "task_name=Code+checkout",
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.StepLog(ctx, recordID, "Code checkout", &bytes.Buffer{}, client.LogOptions{})
				return err
			},
		},
		{
			name: "record", v3: "GET /v4/jobs/" + jobID + "/61/record-info", v1: "GET /v1/record/" + jobID + "/61/record-info", answer: record,
			call: func(ctx context.Context, c *client.Client) error { _, err := c.Record(ctx, jobID, 61); return err },
		},
		{
			name: "output", v3: "GET /v3/jobs/" + jobID + "/61/output-info", answer: `{"result":{"package_info":null},"error":null,"status":"success"}`,
			call: func(ctx context.Context, c *client.Client) error { _, err := c.OutputInfo(ctx, jobID, 61); return err },
		},
		{
			name: "stop build", v3: "POST /v3/jobs/" + jobID + "/2/stop", v1: "POST /v1/job/" + jobID + "/stop", answer: ``, body: `{}`, v1body: `{"build_no":2}`,
			call: func(ctx context.Context, c *client.Client) error { return c.StopBuild(ctx, jobID, 2) },
		},
		{
			name: "delete", v3: "POST /v3/jobs/" + jobID + "/delete", v1: "DELETE /v1/job/" + jobID + "/delete", answer: okJob, body: `{}`, v1body: "none",
			call: func(ctx context.Context, c *client.Client) error { return c.DeleteJob(ctx, jobID) },
		},
		{
			name: "disable", v3: "POST /v3/jobs/" + jobID + "/disable", v1: "POST /v1/job/" + jobID + "/disable", answer: `{"status":"success"}`,
			body: `{}`, v1body: `{"disabled":true,"reason":""}`,
			call: func(ctx context.Context, c *client.Client) error { return c.DisableJob(ctx, jobID) },
		},
		{
			name: "recover", v3: "POST /v3/jobs/" + jobID + "/recover", v1: "POST /v1/job/" + jobID + "/disable", answer: `{"status":"success"}`,
			body: `{}`, v1body: `{"disabled":false,"reason":""}`,
			call: func(ctx context.Context, c *client.Client) error { return c.EnableJob(ctx, jobID) },
		},
		{
			name: "create", v3: "POST /v3/jobs/create", v1: "POST /v1/job/create", answer: okJob,
			body: `{"project_id":"` + projectID + `","job_name":"a","arch":"x86-64","steps":[]}`,
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.CreateJob(ctx, jobBody("a"))
				return err
			},
		},
		{
			name: "update", v3: "POST /v3/jobs/update", v1: "POST /v1/job/update", answer: okJob,
			body: `{"project_id":"` + projectID + `","job_name":"a","arch":"x86-64","steps":[],"job_id":"` + jobID + `"}`,
			call: func(ctx context.Context, c *client.Client) error {
				return c.UpdateJob(ctx, withID(jobBody("a"), jobID))
			},
		},
		{
			name: "templates", v3: "GET /v3/templates/query", v1: "GET /v1/template/custom", answer: `{"result":{"total_size":1,"items":[{"uuid":"u"}]},"error":null,"status":"success"}`,
			query: "name=go&page=0&page_size=100",
			call:  func(ctx context.Context, c *client.Client) error { return drain(c.Templates(ctx, "go")) },
		},
		{
			name: "create template", v3: "POST /v3/templates/create", v1: "POST /v1/template/create", answer: `{"result":{"uuid":"u1"},"status":"success"}`,
			body: `{"project_id":"` + projectID + `","job_name":"t","arch":"x86-64","steps":[]}`,
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.CreateTemplate(ctx, jobBody("t"))
				return err
			},
		},
		{
			name: "delete template", v3: "DELETE /v3/templates/u1/delete", v1: "DELETE /v1/template/u1/delete", answer: `{"status":"success"}`, body: "none",
			call: func(ctx context.Context, c *client.Client) error { return c.DeleteTemplate(ctx, "u1") },
		},
		{
			name: "notices", v3: "GET /v3/jobs/notice/" + jobID + "/query", v1: "GET /v1/job/" + jobID + "/notice", answer: `{"result":[],"error":null,"status":"success"}`,
			call: func(ctx context.Context, c *client.Client) error { _, err := c.Notices(ctx, jobID); return err },
		},
		{
			name: "update notice", v3: "POST /v3/jobs/notice/" + jobID + "/update", v1: "PUT /v1/job/" + jobID + "/notice", answer: okJob,
			body: `{"notice_type":"MAIL","enabled_event_type_names":["buildJobFail"]}`,
			call: func(ctx context.Context, c *client.Client) error {
				return c.UpdateNotice(ctx, jobID, wire.NoticeUpdate{NoticeType: "MAIL", EnabledEventTypeNames: []string{"buildJobFail"}})
			},
		},
		{
			name: "disable notice", v3: "POST /v3/jobs/notice/" + jobID + "/disable", v1: "PUT /v1/job/" + jobID + "/notice", answer: okJob,
			body: `{}`, v1body: `{"notice_type":"MESSAGE","enabled_event_type_names":[]}`,
			call: func(ctx context.Context, c *client.Client) error { return c.DisableNotice(ctx, jobID, "MESSAGE") },
		},
		{
			name: "query", v3: "GET /v3/jobs/" + jobID + "/query", v1: "GET /v1/job/" + jobID + "/config", answer: `{"result":{"steps":[],"job_name":"a"},"error":null,"status":"success"}`,
			query: "get_all_parameters=true&get_all_params=true",
			call:  func(ctx context.Context, c *client.Client) error { _, err := c.QueryJob(ctx, jobID); return err },
		},
		{
			name: "old log", v3: "GET /v3/" + recordID + "/download-log", answer: "line",
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.OldLog(ctx, recordID, &bytes.Buffer{}, client.LogOptions{})
				return err
			},
		},
		{
			name: "flow graph", v3: "GET /v3/" + recordID + "/flow-graph", v1: "GET /v1/record/" + recordID + "/flow-graph", answer: `{"success":true,"result":{"edges":[],"vertices":[]}}`,
			call: func(ctx context.Context, c *client.Client) error { _, err := c.FlowGraph(ctx, recordID); return err },
		},
		{
			name: "old record", v3: "GET /v3/jobs/" + jobID + "/61/record-info", answer: `{"success":true,"result":{"id":"x"}}`,
			call: func(ctx context.Context, c *client.Client) error { _, err := c.OldRecord(ctx, jobID, 61); return err },
		},
		{
			name: "old stop", v3: "POST /v3/jobs/stop", answer: `{"result":true}`, body: `{"build_no":"20","job_id":"` + jobID + `"}`,
			call: func(ctx context.Context, c *client.Client) error { return c.StopJob(ctx, jobID, 20) },
		},
		{
			name: "changes", v3: "GET /v1/job/" + jobID + "/history", answer: `{"result":{"total":0,"job_update_records":[]},"status":"success"}`, query: "page_no=1&page_size=100",
			call: func(ctx context.Context, c *client.Client) error { _, err := c.JobChanges(ctx, jobID); return err },
		},
		{
			name: "name exists", v3: "GET /v1/job/check/exist", answer: `{"result":false,"status":"success"}`, query: "job_name=a&project_id=" + projectID,
			call: func(ctx context.Context, c *client.Client) error {
				_, err := c.JobNameExists(ctx, projectID, "a")
				return err
			},
		},
	} {
		for _, dialect := range []client.Dialect{client.DialectV3, client.DialectV1} {
			t.Run(test.name+" "+string(dialect), func(t *testing.T) {
				t.Parallel()
				s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, test.answer) })
				c, _ := newClient(t, s.URL, func(cfg *client.Config) { cfg.Dialect = dialect })
				if err := test.call(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				want, wantBody, wantQuery := test.v3, test.body, test.query
				if dialect == client.DialectV1 && test.v1 != "" {
					want = test.v1
					if test.v1body != "" {
						wantBody = test.v1body
					}
				}
				if strings.HasPrefix(want, "GET") || wantBody == "none" {
					wantBody = ""
				}
				switch {
				case test.name == "disable notice" && dialect == client.DialectV3:
					wantQuery = "notice_type=message"
				case test.name == "stop build" && dialect == client.DialectV1:
					wantQuery = "build_no=2"
				}
				first := s.all()[0]
				have := []string{first.line(), first.query, first.body}
				if diff := cmp.Diff([]string{want, wantQuery, wantBody}, have); diff != "" {
					t.Errorf("request (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func drain[T any](rows func(func(T, error) bool)) error {
	for _, err := range rows {
		if err != nil {
			return err
		}
	}
	return nil
}
