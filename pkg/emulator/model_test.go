package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// model is the expected state of the emulator, in the plainest code. Random calls in both
// generations compare the two.
type model struct {
	e      *emulator.Emulator
	token  string
	quirks emulator.Quirks
	jobs   []*modelJob // in order of creation
	tmpl   map[string]string
}

type modelJob struct {
	id, name, arch    string
	disabled, deleted bool
	mail              []string // events that are on
	changes           int
	builds            []*modelBuild
}

func newModel(t *rapid.T) *model {
	profile := rapid.SampledFrom([]func() emulator.Quirks{emulator.NoQuirks, emulator.Defaults, emulator.Strict, emulator.Legacy, emulator.Lenient, emulator.Hostile}).Draw(t, "profile")
	m := &model{quirks: profile(), tmpl: map[string]string{}}
	m.quirks.PublicTemplates = 0 // the templates of others are none of the model's
	var err error
	if m.e, err = emulator.New(emulator.Options{
		Quirks: &m.quirks, Now: fixedClock, ID: counter(), StepTime: modelStep, TokenLife: 1 << 20 * time.Hour,
	}); err != nil {
		t.Fatal(err)
	}
	if m.token, err = m.e.Token(0); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *model) call(t *rapid.T, method, path, body string) reply {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("X-Auth-Token", m.token)
	req.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	m.e.ServeHTTP(w, req)
	data, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	tree, _ := jsontree.Parse(data, jsontree.Limits{})
	return reply{w.Code, w.Result().Header, string(data), tree}
}

// pick draws a job, now and then one that never was.
func (m *model) pick(t *rapid.T) *modelJob {
	if len(m.jobs) == 0 || rapid.IntRange(0, 9).Draw(t, "stranger") == 0 {
		return &modelJob{id: strings.Repeat("f", 32), deleted: true}
	}
	return rapid.SampledFrom(m.jobs).Draw(t, "job")
}

func (m *model) taken(name string, self *modelJob) bool {
	if m.quirks.UniqueNames == emulator.UniqueOff {
		return false
	}
	return slices.ContainsFunc(m.jobs, func(j *modelJob) bool {
		return j != self && j.name == name && (!j.deleted || m.quirks.RecycledNameBlocked)
	})
}

// expect compares how a call ended; gone says that the object does not exist. An
// error may come inside a 200.
func (m *model) expect(t *rapid.T, what string, r reply, gone, taken bool) bool {
	want, inside := http.StatusOK, false
	switch {
	case gone:
		want, inside = m.quirks.NotFound, m.quirks.NotFound == http.StatusOK
	case taken && m.uniqueness(what) == emulator.UniqueInside200:
		inside = true
	case taken:
		want = http.StatusConflict
	}
	if r.status != want || isError(r) != (inside || want != http.StatusOK) {
		t.Fatalf("%s: got %d %s, want %d", what, r.status, r.text, want)
	}
	return want == http.StatusOK && !inside
}

func (m *model) uniqueness(what string) emulator.Uniqueness {
	if strings.HasPrefix(what, "template") {
		return m.quirks.UniqueTemplates
	}
	return m.quirks.UniqueNames
}

// isError reports whether an answer holds an error.
func isError(r reply) bool {
	return r.body.Str("error_code") != "" || r.body.Str("err_code") != "" || r.body.Get("error").Kind() == jsontree.KindObject && r.body.Get("error").Len() > 0
}

func drawName(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "b", "c", "订单"}).Draw(t, "name")
}

func drawArch(t *rapid.T) string {
	return rapid.SampledFrom([]string{"x86-64", "arm"}).Draw(t, "arch")
}

func either(t *rapid.T, reference, successor string) (method, path string) {
	chosen := rapid.SampledFrom([]string{reference, successor}).Draw(t, "route")
	method, path, _ = strings.Cut(chosen, " ")
	return method, path
}

func (m *model) create(t *rapid.T) {
	name, arch := drawName(t), drawArch(t)
	method, path := either(t, "POST /v3/jobs/create", "POST /v1/job/create")
	body := fmt.Sprintf(`{"project_id":%q,"job_name":%q,"arch":%q,"steps":[`+oneStep+`]}`, emulator.DefaultProject, name, arch)
	r := m.call(t, method, path, body)
	if m.expect(t, "create", r, false, m.taken(name, nil)) {
		m.jobs = append(m.jobs, &modelJob{id: r.body.Get("result").Str("job_id"), name: name, arch: arch, mail: []string{"buildJobFail"}, changes: 1})
	}
}

func (m *model) update(t *rapid.T) {
	j, name, arch := m.pick(t), drawName(t), drawArch(t)
	method, path := either(t, "POST /v3/jobs/update", "POST /v1/job/update")
	body := fmt.Sprintf(`{"job_id":%q,"project_id":%q,"job_name":%q,"arch":%q,"steps":[`+oneStep+`]}`, j.id, emulator.DefaultProject, name, arch)
	if m.expect(t, "update", m.call(t, method, path, body), j.deleted, m.taken(name, j)) {
		j.name, j.arch = name, arch
		j.changes++
	}
}

func (m *model) remove(t *rapid.T) {
	j := m.pick(t)
	method, path := either(t, "POST /v3/jobs/"+j.id+"/delete", "DELETE /v1/job/"+j.id+"/delete")
	if m.expect(t, "delete", m.call(t, method, path, "{}"), j.deleted, false) {
		j.deleted = true
		j.changes++
	}
}

func (m *model) restore(t *rapid.T) {
	j := m.pick(t)
	gone := !j.deleted || j.id == strings.Repeat("f", 32)
	r := m.call(t, "POST", "/v1/job/recycling-restoration", `{"job_ids":["`+j.id+`"]}`)
	if m.expect(t, "restore", r, gone, !gone && m.taken(j.name, j)) {
		j.deleted = false
		j.changes++
	}
}

func (m *model) toggle(t *rapid.T) {
	j, off := m.pick(t), rapid.Bool().Draw(t, "off")
	call := map[bool]string{true: "disable", false: "recover"}[off]
	method, path := either(t, "POST /v3/jobs/"+j.id+"/"+call, "POST /v1/job/"+j.id+"/disable")
	if m.expect(t, call, m.call(t, method, path, fmt.Sprintf(`{"disabled":%t}`, off)), j.deleted, false) {
		j.disabled = off
		j.changes++
	}
}

func (m *model) notify(t *rapid.T) {
	j := m.pick(t)
	events := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"buildJobFail", "deleteJob", "forbiddenJob"}), rapid.ID).Draw(t, "events")
	method, path := either(t, "POST /v3/jobs/notice/"+j.id+"/update", "PUT /v1/job/"+j.id+"/notice")
	list := jsontree.Array()
	for _, event := range events {
		list.Append(jsontree.String(event))
	}
	body := `{"notice_type":"MAIL","enabled_event_type_names":` + string(list.AppendJSON(nil)) + `}`
	if m.expect(t, "notice", m.call(t, method, path, body), j.deleted, false) {
		j.mail = events
		j.changes++
	}
}

func (m *model) build(t *rapid.T) {
	j := m.pick(t)
	method, path := either(t, "POST /v3/jobs/build", "POST /v1/job/execute")
	r := m.call(t, method, path, `{"job_id":"`+j.id+`"}`)
	if j.disabled && !j.deleted {
		if r.status != http.StatusUnprocessableEntity {
			t.Fatalf("build of a disabled job: got %d %s", r.status, r.text)
		}
		return
	}
	if !m.expect(t, "build", r, j.deleted, false) {
		return
	}
	j.builds = append(j.builds, &modelBuild{began: m.e.Now()})
	answer := r.body
	if inside := answer.Get("result"); inside != nil { // the successor's envelope
		answer = inside
	}
	if answer.Str("actual_build_number") != fmt.Sprint(len(j.builds)) {
		t.Fatalf("build = %s, want number %d", r.text, len(j.builds))
	}
}

func (m *model) templates(t *rapid.T) {
	name := drawName(t)
	if uuid := m.tmpl[name]; uuid != "" && rapid.Bool().Draw(t, "delete") {
		m.expect(t, "template delete", m.call(t, "DELETE", "/v3/templates/"+uuid+"/delete", ""), false, false)
		m.expect(t, "second template delete", m.call(t, "DELETE", "/v3/templates/"+uuid+"/delete", ""), true, false)
		delete(m.tmpl, name)
		return
	}
	if m.tmpl[name] != "" && m.quirks.UniqueTemplates == emulator.UniqueOff {
		return // a second one of a name; the model keeps one each
	}
	r := m.call(t, "POST", "/v3/templates/create", `{"name":"`+name+`","template":{"steps":[]}}`)
	if m.expect(t, "template create", r, false, m.tmpl[name] != "") {
		m.tmpl[name] = r.body.Get("result").Str("uuid")
	}
}

// check compares the lists, and one job in full, with the model.
func (m *model) check(t *rapid.T) {
	if rapid.IntRange(0, 2).Draw(t, "look") > 0 {
		return // looking after every step costs more than it finds
	}
	if m.quirks.ListLag > 0 {
		m.e.Advance(m.quirks.ListLag + time.Second)
	}
	var want, got []string
	for _, j := range m.jobs {
		if !j.deleted {
			want = append(want, fmt.Sprintf("%s %s %t", j.id, j.name, j.disabled))
		}
	}
	if m.quirks.NewestFirst {
		slices.Reverse(want)
	}
	if len(m.jobs) > 0 {
		m.checkJob(t, rapid.SampledFrom(m.jobs).Draw(t, "checked"))
	}
	for page := m.quirks.PageBase; ; page++ {
		r := m.call(t, "GET", fmt.Sprintf("/v3/%s/jobs?page_index=%d&page_size=5", emulator.DefaultProject, page), "")
		if total := r.body.Str("total"); total != fmt.Sprint(len(want)) {
			t.Fatalf("total = %s, want %d", total, len(want))
		}
		if r.body.Get("jobs").Len() == 0 {
			break
		}
		for _, row := range r.body.Get("jobs").Items() {
			got = append(got, fmt.Sprintf("%s %s %s", row.Str("id"), row.Str("job_name"), row.Str("disabled")))
		}
	}
	if !slices.Equal(want, got) {
		t.Fatalf("list = %q, want %q", got, want)
	}
	found := m.call(t, "GET", fmt.Sprintf("/v3/templates/query?page=%d&page_size=100", 1), "").body.Get("result")
	if found.Str("total_size") != fmt.Sprint(len(m.tmpl)) {
		t.Fatalf("%s templates, want %d", found.Str("total_size"), len(m.tmpl))
	}
}

func (m *model) checkJob(t *rapid.T, j *modelJob) {
	read := m.call(t, "GET", "/v3/jobs/"+j.id+"/query?get_all_params=true", "")
	if !m.expect(t, "query", read, j.deleted, false) {
		return
	}
	if body := read.body.Get("result"); body.Str("job_name") != j.name || body.Str("arch") != j.arch {
		t.Fatalf("query = %s, want %+v", read.text, j)
	}
	rows := m.call(t, "GET", "/v1/job/"+j.id+"/notice", "").body.Get("result").Items()
	mail := slices.IndexFunc(rows, func(row *jsontree.Value) bool { return strings.EqualFold(row.Str("notice_type"), "MAIL") })
	for _, event := range rows[mail].Get("enable_map").Members() {
		if on, _ := event.Value.AsBool(); on != slices.Contains(j.mail, event.Key) {
			t.Fatalf("%s of %s is %t, want %v", event.Key, j.name, on, j.mail)
		}
	}
	builds := m.call(t, "GET", "/v3/jobs/"+j.id+"/history?interval=1&offset=0&limit=100", "").body
	listed := builds.Get("history_records").Len()
	if builds.Get("history_records").Kind() == jsontree.KindObject {
		listed = 1 // a list of one may be printed as its element
	}
	recent := m.recent(j)
	if builds.Str("total") != fmt.Sprint(recent) || listed != min(recent, 100) {
		t.Fatalf("builds of %s = %s, want %d", j.name, builds.AppendJSON(nil), recent)
	}
	m.checkBuilds(t, j)
	history := m.call(t, "GET", "/v1/job/"+j.id+"/history", "").body.Get("result")
	if history.Str("total") != fmt.Sprint(j.changes) {
		t.Fatalf("%s changes, want %d", history.Str("total"), j.changes)
	}
}

// againstAModel makes random calls in both generations, and returns how many
// steps agreed.
func againstAModel(t *rapid.T) (steps int) {
	m := newModel(t)
	defer m.e.Close()
	step := func(do func(*rapid.T)) func(*rapid.T) {
		return func(t *rapid.T) { do(t); steps++ }
	}
	t.Repeat(map[string]func(*rapid.T){
		"create": step(m.create), "create again": step(m.create), "update": step(m.update), "delete": step(m.remove), "restore": step(m.restore),
		"toggle": step(m.toggle), "notify": step(m.notify), "templates": step(m.templates), "build": step(m.build), "stop": step(m.stop), "wait": step(m.wait), "": m.check,
	})
	return steps
}

func TestEmulatorAgainstAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { againstAModel(t) })
}
