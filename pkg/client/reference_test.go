package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// printed is an example of the API reference. Note says what had to be corrected to make it JSON.
type printed struct {
	Section string `json:"section"`
	Note    string `json:"note"`
	Request struct {
		Method string          `json:"method"`
		URL    string          `json:"url"`
		Body   *jsontree.Value `json:"body"`
	} `json:"request"`
	Response *jsontree.Value `json:"response"`
}

// ids in the reference's URLs and answers.
const (
	deletedJob  = "f9d6c8466d614a9788e9a0acf6c15f46"
	recordedJob = "68491d9bc97b4774adb93e29b46d2dc6"
	printedJob  = "35b6c7da9e644dbbb7e333579f89dcda"
	logRecord   = "2cc26382-b2cb-4234-8eb0-b37d362f4d4c"
	flowRecord  = "2ab0e6a3-3e1a-4708-bb16-fff2b0999027"
	templateID  = "2d9031c079624376824fe1e2731615dc"
	shownJob    = "cb5fa20de5fd4cf8be681d4bd6fdd2f6"
	statusJob   = "901878212b1a49be9c1a1054c272762a"
)

// deed makes the call of an example and returns what it decoded. Its JSON is compared with the
// printed answer.
type deed struct {
	path   string // if it differs from the example's in ids or case; the test gives the reason
	inside string // the member of the answer that the call decodes; "" for the whole answer
	call   func(context.Context, *client.Client) (any, error)
}

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

// deeds has one deed for each section. If an example's answer is about another job than its
// request, the request names that job, because the client refuses an answer about another job.
func deeds() map[string]deed {
	return map[string]deed{
		"4.1": {inside: "history_records", call: func(ctx context.Context, c *client.Client) (any, error) {
			return collect(c.PeriodHistory(ctx, jobID, day("2021-01-04"), day("2021-01-14")))
		}},
		"4.2": {inside: "history_records", call: func(ctx context.Context, c *client.Client) (any, error) {
			return collect(c.History(ctx, jobID, 7))
		}},
		"4.3": {call: func(ctx context.Context, c *client.Client) (any, error) {
			return nil, file(func(w io.Writer) (int64, error) {
				return c.Keystore(ctx, "android.keystore", "60021bab32fd450aa2cb89226f425e06", w)
			})
		}},
		"4.4": {inside: "result", call: func(ctx context.Context, c *client.Client) (any, error) { return c.JobRunning(ctx, statusJob) }},
		"4.5": {inside: "jobs", call: func(ctx context.Context, c *client.Client) (any, error) {
			list, err := c.Listing(ctx, projectID)
			if !list.Complete || list.Total != 1 {
				return nil, fmt.Errorf("complete %v, total %d: %s", list.Complete, list.Total, list.Problem)
			}
			return list.Jobs, err
		}},
		"4.6": {call: func(ctx context.Context, c *client.Client) (any, error) {
			return c.RunJob(ctx, wire.RunRequest{
				JobID: deletedJob, Parameter: []wire.RunParameter{{Name: "codeBranch", Value: "master"}},
				SCM: &wire.RunSCM{BuildCommitID: "build_commit_id"},
			})
		}},
		"4.7": {call: func(ctx context.Context, c *client.Client) (any, error) {
			return c.LastSuccessful(ctx, projectID, "maven-demo")
		}},
		"4.8": {call: func(ctx context.Context, c *client.Client) (any, error) { return c.HistoryDetails(ctx, statusJob, 1) }},
		"4.9": {call: func(ctx context.Context, c *client.Client) (any, error) {
			return c.SuccessRatio(ctx, jobID, day("2021-12-01"), day("2021-12-01"))
		}},
		"4.10": {call: func(ctx context.Context, c *client.Client) (any, error) {
			return nil, file(func(w io.Writer) (int64, error) { return c.FullLog(ctx, logRecord, w, client.LogOptions{}) })
		}},
		"4.11": {call: func(ctx context.Context, c *client.Client) (any, error) {
			return nil, file(func(w io.Writer) (int64, error) { return c.StepLog(ctx, logRecord, "Shell", w, client.LogOptions{}) })
		}},
		"4.12": {
			path: "/v4/jobs/" + recordedJob + "/532/record-info", inside: "result",
			call: func(ctx context.Context, c *client.Client) (any, error) { return c.Record(ctx, recordedJob, 532) },
		},
		"4.13": {inside: "result", call: func(ctx context.Context, c *client.Client) (any, error) { return c.OutputInfo(ctx, shownJob, 61) }},
		"4.14": {call: func(ctx context.Context, c *client.Client) (any, error) { return nil, c.StopBuild(ctx, shownJob, 2) }},
		"4.15": {
			path: "/v3/jobs/" + deletedJob + "/delete",
			call: func(ctx context.Context, c *client.Client) (any, error) { return nil, c.DeleteJob(ctx, deletedJob) },
		},
		"4.16": {call: func(ctx context.Context, c *client.Client) (any, error) { return nil, c.DisableJob(ctx, shownJob) }},
		"4.17": {call: func(ctx context.Context, c *client.Client) (any, error) { return nil, c.EnableJob(ctx, shownJob) }},
		"4.18": {inside: "result", call: func(ctx context.Context, c *client.Client) (any, error) {
			id, err := c.CreateJob(ctx, jobBody("a"))
			return map[string]string{"job_id": id}, err
		}},
		"4.19": {call: func(ctx context.Context, c *client.Client) (any, error) {
			return nil, c.UpdateJob(ctx, withID(jobBody("a"), otherID))
		}},
		"4.20": {inside: "result.items", call: func(ctx context.Context, c *client.Client) (any, error) {
			var rows []*jsontree.Value
			for row, err := range c.Templates(ctx, "123") {
				if err != nil && len(rows) < 2 {
					return nil, err
				}
				if err == nil { // the example's total counts more templates than it prints
					rows = append(rows, row.Item)
				}
			}
			return rows, nil
		}},
		"4.21": {inside: "result", call: func(ctx context.Context, c *client.Client) (any, error) {
			uuid, err := c.CreateTemplate(ctx, jobBody("a"))
			return map[string]string{"uuid": uuid}, err
		}},
		"4.22": {
			path: "/v3/templates/" + templateID + "/delete",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return nil, c.DeleteTemplate(ctx, templateID)
			},
		},
		"4.23": {inside: "result", call: func(ctx context.Context, c *client.Client) (any, error) { return c.Notices(ctx, jobID) }},
		"4.24": {
			path: "/v3/jobs/notice/" + otherID + "/update",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return nil, c.UpdateNotice(ctx, otherID, wire.NoticeUpdate{NoticeType: wire.NoticeMail})
			},
		},
		"4.25": {
			path: "/v3/jobs/notice/" + otherID + "/disable",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return nil, c.DisableNotice(ctx, otherID, wire.NoticeMessage)
			},
		},
		"4.26": {
			path: "/v3/jobs/" + printedJob + "/query", inside: "result",
			call: func(ctx context.Context, c *client.Client) (any, error) { return c.QueryJob(ctx, printedJob) },
		},
		"5.1": {call: func(ctx context.Context, c *client.Client) (any, error) {
			return nil, file(func(w io.Writer) (int64, error) { return c.OldLog(ctx, logRecord, w, client.LogOptions{}) })
		}},
		"5.2": {inside: "result", call: func(ctx context.Context, c *client.Client) (any, error) { return c.FlowGraph(ctx, flowRecord) }},
		"5.3": {
			path: "/v3/jobs/" + recordedJob + "/532/record-info", inside: "result",
			call: func(ctx context.Context, c *client.Client) (any, error) { return c.OldRecord(ctx, recordedJob, 532) },
		},
		"5.4": {
			path: "/v3/jobs/stop", // the section's URI; the example has a capital S
			call: func(ctx context.Context, c *client.Client) (any, error) { return nil, c.StopJob(ctx, deletedJob, 20) },
		},
	}
}

func collect[T any](rows iter.Seq2[T, error]) ([]T, error) {
	var list []T
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, nil
}

// downloaded is the server's answer where the reference prints none.
const downloaded = "line 1\nline 2\n"

func file(get func(io.Writer) (int64, error)) error {
	var out bytes.Buffer
	n, err := get(&out)
	if err == nil && (out.String() != downloaded || n != int64(len(downloaded))) {
		err = fmt.Errorf("%d bytes: %q", n, out.String())
	}
	return err
}

// TestReferenceExamples checks each example of the API reference: the client sends the printed
// request and reads every value of the printed answer.
func TestReferenceExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/reference/*.json")
	all := deeds()
	if err != nil || len(files) != len(all) {
		t.Fatalf("%d examples for %d sections, %v", len(files), len(all), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var ex printed
		if err := json.Unmarshal(data, &ex); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		t.Run(ex.Section, func(t *testing.T) {
			t.Parallel()
			ex.check(t, all[ex.Section])
		})
	}
}

func (ex printed) check(t *testing.T, d deed) {
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request, n int) {
		switch {
		case ex.Response == nil:
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = io.WriteString(w, downloaded)
		case n > 1: // a further page
			reply(w, http.StatusOK, `{"result":{"total_size":172,"items":[]},"error":null,"status":"success"}`)
		default:
			reply(w, http.StatusOK, string(ex.Response.AppendJSON(nil)))
		}
	})
	c, _ := newClient(t, s.URL)
	decoded, err := d.call(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ex.checkRequest(t, d, s.all()[0])
	if decoded == nil {
		return
	}
	have, err := json.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := jsontree.Parse(have, jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := ex.Response
	for _, key := range strings.FieldsFunc(d.inside, func(r rune) bool { return r == '.' }) {
		want = want.Get(key)
	}
	if ex.Section == "4.21" {
		want = jsontree.Object(jsontree.Member{Key: "uuid", Value: want.Get("uuid")})
	}
	for _, lost := range losses(d.inside, want, tree) {
		t.Errorf("%s\ndecoded: %s", lost, have)
	}
}

// pageQuery are parameters that the client sets itself.
var pageQuery = map[string]bool{"page_index": true, "page_size": true, "limit": true}

func (ex printed) checkRequest(t *testing.T, d deed, sent request) {
	t.Helper()
	want, err := url.Parse(strings.ReplaceAll(ex.Request.URL, "{job_id}", jobID))
	if err != nil {
		t.Fatal(err)
	}
	path, method := want.Path, ex.Request.Method
	if d.path != "" {
		path = d.path
	}
	if ex.Section == "4.26" {
		method = http.MethodGet // its URI and table; the example prints POST
	}
	if sent.method != method || sent.path != path {
		t.Errorf("sent %s %s, want %s %s", sent.method, sent.path, method, path)
	}
	query, err := url.ParseQuery(sent.query)
	if err != nil {
		t.Fatal(err)
	}
	for key, values := range want.Query() {
		if !query.Has(key) || !pageQuery[key] && query.Get(key) != values[0] {
			t.Errorf("sent %s=%q, want %q", key, query.Get(key), values[0])
		}
	}
	if ex.Request.Body == nil {
		return
	}
	body, err := jsontree.Parse([]byte(sent.body), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, lost := range losses("body", ex.Request.Body, body) {
		t.Errorf("%s\nsent: %s", lost, sent.body)
	}
}

// renamed are members whose name in the table differs from the example's.
var renamed = map[string]string{"daily_build_num": "daily_build_number"}

// losses lists the values of want that have lacks. Null counts as absent, and a list of one may be
// printed as its element.
func losses(at string, want, have *jsontree.Value) []string {
	if have.Kind() == jsontree.KindArray && want.Kind() == jsontree.KindObject {
		want = jsontree.Array(want)
	}
	if have.Kind() == jsontree.KindObject && want.Kind() == jsontree.KindArray && want.Len() == 1 {
		want = want.Items()[0]
	}
	var lost []string
	switch want.Kind() {
	case jsontree.KindAbsent, jsontree.KindNull:
	case jsontree.KindObject:
		for _, m := range want.Members() {
			value := have.Get(m.Key)
			if other := renamed[m.Key]; value == nil && other != "" {
				value = have.Get(other)
			}
			lost = append(lost, losses(at+"."+m.Key, m.Value, value)...)
		}
	case jsontree.KindArray:
		if len(want.Items()) != len(have.Items()) {
			return []string{fmt.Sprintf("%s: %d items, want %d", at, len(have.Items()), len(want.Items()))}
		}
		for i, item := range want.Items() {
			lost = append(lost, losses(fmt.Sprintf("%s[%d]", at, i), item, have.Items()[i])...)
		}
	default:
		if !jsontree.Equal(want, have) {
			lost = append(lost, fmt.Sprintf("%s is %s, want %s", at, have.AppendJSON(nil), want.AppendJSON(nil)))
		}
	}
	return lost
}
