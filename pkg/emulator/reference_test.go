package emulator_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// example is one example of the API reference: testdata/reference holds them.
type example struct {
	Section   string            `json:"section"`
	Note      string            `json:"note"` // where the case differs from the printed example, and why
	Method    string            `json:"method"`
	Path      string            `json:"path"`
	Body      *jsontree.Value   `json:"body"`
	Quirks    string            `json:"quirks"`    // default: default
	After     string            `json:"after"`     // how long after the build's start; default 1h
	Job       *jsontree.Value   `json:"job"`       // in place of the job of the setting
	Templates []*jsontree.Value `json:"templates"` // that exist before
	Status    int               `json:"status"`
	Exact     bool              `json:"exact"` // values too, not only members and kinds
	Response  *jsontree.Value   `json:"response"`
}

// demo is the job of the setting in which the examples run.
const demo = `{"project_id":"6ecbc5bac7c8442fb3d2563d53c13582","job_name":"demo","arch":"x86-64","flavor":"2u8g",
"scms":[{"url":"git@codehub.example.com:g/maven-demo.git","scm_type":"codehub","branch":"master"}],
"steps":[{"module_id":"devcloud2018.codeci_action_20018.action","name":"Uploading Software Packages to Release Repos","properties":{"file":"**"}}],
"parameters":[{"params":[{"name":"name","value":"codeBranch"},{"name":"defaultValue","value":"master"}]}]}`

func TestReferenceExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/reference/*.json")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			ex := example{Quirks: "default", After: "1h", Status: 200}
			if err := json.Unmarshal(data, &ex); err != nil {
				t.Fatal(err)
			}
			ex.run(t)
		})
	}
}

func (ex example) run(t *testing.T) {
	q, err := emulator.ParseQuirks(ex.Quirks)
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, emulator.Options{Quirks: &q, Now: fixedClock})
	body := demo
	if ex.Job != nil {
		body = string(ex.Job.AppendJSON(nil))
	}
	id, uuid := c.create(body), ""
	c.run(id)
	record := c.good("GET", "/v4/jobs/"+id+"/1/record-info", "").Get("result").Str("id")
	for _, made := range ex.Templates {
		uuid = c.good("POST", "/v3/templates/create", string(made.AppendJSON(nil))).Get("result").Str("uuid")
	}
	after, err := time.ParseDuration(ex.After)
	if err != nil {
		t.Fatal(err)
	}
	c.srv.Advance(after)
	fill := strings.NewReplacer("{job_id}", id, "{record_id}", record, "{uuid}", uuid, "{project_id}", emulator.DefaultProject)
	text := ""
	if ex.Body != nil {
		text = fill.Replace(string(ex.Body.AppendJSON(nil)))
	}
	got := c.call(ex.Method, fill.Replace(ex.Path), text)
	if got.status != ex.Status || got.body == nil {
		t.Fatalf("got %d %s", got.status, got.text)
	}
	if ex.Exact && !jsontree.Equal(got.body, ex.Response) {
		t.Errorf("got  %s\nwant %s", got.body.AppendJSON(nil), ex.Response.AppendJSON(nil))
	}
	for _, problem := range sameForm("", ex.Response, got.body) {
		t.Errorf("section %s: %s\n%s", ex.Section, problem, got.body.AppendJSON(nil))
	}
}

// serverFilled are members that the service adds to a body and the examples,
// which are older, do not have.
var serverFilled = []string{"repo_name", "group_name", "issued_at", "roles", "project", "user", "tool_type", "error"}

// sameForm lists where two answers differ in their members or in the kinds of
// their values. Null stands for any kind.
func sameForm(at string, want, got *jsontree.Value) []string {
	if want.Kind() == jsontree.KindNull {
		return nil
	}
	if want.Kind() != got.Kind() {
		return []string{fmt.Sprintf("%s is %s, want %s", at, got.Kind(), want.Kind())}
	}
	var problems []string
	for _, m := range want.Members() {
		if got.Get(m.Key) == nil {
			problems = append(problems, fmt.Sprintf("%s.%s is missing", at, m.Key))
			continue
		}
		problems = append(problems, sameForm(at+"."+m.Key, m.Value, got.Get(m.Key))...)
	}
	for _, m := range got.Members() {
		if want.Get(m.Key) == nil && !slices.Contains(serverFilled, m.Key) {
			problems = append(problems, fmt.Sprintf("%s.%s is in no example", at, m.Key))
		}
	}
	for i, item := range got.Items() {
		if n := len(want.Items()); n > 0 {
			problems = append(problems, sameForm(fmt.Sprintf("%s[%d]", at, i), want.Items()[min(i, n-1)], item)...)
		}
	}
	if len(want.Items()) > 0 && len(got.Items()) == 0 {
		problems = append(problems, at+" is empty")
	}
	return problems
}

// TestQueryAnswersTheExampleItself checks that a job that was stored like the example of 4.26 is
// read back as the example shows.
func TestQueryAnswersTheExampleItself(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/reference/4.26-query-job.json")
	if err != nil {
		t.Fatal(err)
	}
	var ex example
	if err := json.Unmarshal(data, &ex); err != nil {
		t.Fatal(err)
	}
	c := start(t, emulator.Options{})
	id := c.create(string(ex.Job.AppendJSON(nil)))
	got := c.good("GET", "/v3/jobs/"+id+"/query?get_all_params=true", "")
	got.Get("result").Set("job_id", ex.Response.Get("result").Get("job_id"))
	scm := got.Get("result").Get("scms").Items()[0]
	scm.Delete("repo_name")
	scm.Delete("group_name")
	if !jsontree.Equal(got, ex.Response) {
		t.Errorf("got  %s\nwant %s", got.AppendJSON(nil), ex.Response.AppendJSON(nil))
	}
}

// TestCasesAreThePrintedExamples checks that the emulator's cases are the examples of the
// reference.
func TestCasesAreThePrintedExamples(t *testing.T) {
	t.Parallel()
	cases := map[string]example{}
	files, err := filepath.Glob("testdata/reference/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		var ex example
		readJSON(t, file, &ex)
		cases[ex.Section] = ex
	}
	printed, err := filepath.Glob("../../testdata/reference/*.json")
	if err != nil || len(printed) != 30 {
		t.Fatalf("%d printed examples, %v", len(printed), err)
	}
	for _, file := range printed {
		var want struct {
			Section  string          `json:"section"`
			Note     string          `json:"note"`
			Response *jsontree.Value `json:"response"`
		}
		readJSON(t, file, &want)
		have, known := cases[want.Section]
		if want.Response == nil { // a file: TestLogs and TestKeystore
			continue
		}
		if !known {
			t.Errorf("section %s has no case", want.Section)
		} else if have.Note == "" && want.Note == "" && !jsontree.Equal(want.Response, have.Response) {
			t.Errorf("section %s is not as it is printed, and no note says why", want.Section)
		}
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// TestEveryCallOfTheReferenceHasARoute checks that each section of the reference with a call has a
// route.
func TestEveryCallOfTheReferenceHasARoute(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, r := range emulator.Routes() {
		if r.API == "v3" {
			have[r.Section] = true
		}
	}
	for n := 1; n <= 26; n++ {
		if !have[fmt.Sprintf("4.%d", n)] {
			t.Errorf("API reference 4.%d has no route", n)
		}
	}
	for n := 1; n <= 4; n++ {
		if !have[fmt.Sprintf("5.%d", n)] {
			t.Errorf("API reference 5.%d has no route", n)
		}
	}
}
