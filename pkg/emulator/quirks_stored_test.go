package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// hiddenBody has every member that v3-hidden-fields hides, numbers in several
// spellings and a script that text switches change.
const hiddenBody = `{"project_id":"6ecbc5bac7c8442fb3d2563d53c13582","job_name":"h","arch":"x86-64",
"timeout":{"limit":"4","unit":"hour"},"group_id":"g1","build_if_code_updated":true,
"triggers":[{"name":"hudson.triggers.TimerTrigger","parameters":[]}],
"scms":[{"url":"git@h:g/r.git","scm_type":"codehub","enable_git_lfs":true,"group_name":"gn","repo_name":"rn"}],
"steps":[{"module_id":"m","name":"s","properties":{"command":"a<b && c>d\nu\u0308\n","n":[1.10,1e3,2.0,-0.0,1e21,0.0000001]}}]}`

// step returns the properties of the first step that a read of id shows.
func (c *caller) step(path string) *jsontree.Value {
	c.t.Helper()
	return c.good("GET", path, "").Get("result").Get("steps").Items()[0].Get("properties")
}

func v3Path(id string) string { return "/v3/jobs/" + id + "/query?get_all_params=true" }
func v1Path(id string) string { return "/v1/job/" + id + "/config?get_all_params=true" }

func TestV3HidesMembers(t *testing.T) {
	t.Parallel()
	hidden := []string{`"triggers"`, `"timeout"`, `"group_id"`, `"build_if_code_updated"`, `"enable_git_lfs"`, `"group_name"`, `"repo_name"`}
	c := withQuirks(t, "v3-hidden-fields")
	id := c.create(hiddenBody)
	v3, v1 := c.call("GET", v3Path(id), "").text, c.call("GET", v1Path(id), "").text
	for _, member := range hidden {
		if strings.Contains(v3, member) || !strings.Contains(v1, member) {
			t.Errorf("%s must stand in a read on v1 only\nv3: %s\nv1: %s", member, v3, v1)
		}
	}
	// An update that is built on the v3 read replaces the whole body.
	c.good("POST", "/v3/jobs/update", strings.Replace(jobBody("h"), "{", `{"job_id":"`+id+`",`, 1))
	if v1 := c.call("GET", v1Path(id), "").text; strings.Contains(v1, `"triggers"`) || strings.Contains(v1, `"group_id"`) {
		t.Errorf("an update must clear what it does not send: %s", v1)
	}
}

func TestStepTextsAndNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct{ quirk, command, numbers string }{
		{"none", "a<b && c>d\nu\u0308\n", `[1.10,1e3,2.0,-0.0,1e21,0.0000001]`},
		{"numbers-as-doubles", "a<b && c>d\nu\u0308\n", `[1.1,1000,2,0,1e+21,1e-7]`},
		{"strip-last-newline", "a<b && c>d\nu\u0308", `[1.10,1e3,2.0,-0.0,1e21,0.0000001]`},
		{"lower-texts", "a<b && c>d\nu\u0308\n", `[1.10,1e3,2.0,-0.0,1e21,0.0000001]`},
		{"trim-texts", "a<b && c>d\nu\u0308", `[1.10,1e3,2.0,-0.0,1e21,0.0000001]`},
		{"html-escape", "a&lt;b &amp;&amp; c&gt;d\nu\u0308\n", `[1.10,1e3,2.0,-0.0,1e21,0.0000001]`},
		{"unicode-nfc", "a<b && c>d\n\u00fc\n", `[1.10,1e3,2.0,-0.0,1e21,0.0000001]`},
	}
	for _, test := range tests {
		t.Run(test.quirk, func(t *testing.T) {
			t.Parallel()
			c := withQuirks(t, test.quirk)
			id := c.create(hiddenBody)
			for _, path := range []string{v3Path(id), v1Path(id)} {
				step := c.step(path)
				if step.Str("command") != test.command || string(step.Get("n").AppendJSON(nil)) != test.numbers {
					t.Errorf("%s: got %q and %s", path, step.Str("command"), step.Get("n").AppendJSON(nil))
				}
			}
			stored := c.srv.MustTruth(t).Job(id).Body.Get("steps").Items()[0].Get("properties")
			if stored.Str("command") != "a<b && c>d\nu\u0308\n" {
				t.Errorf("the stored script is %q; only the shown one may differ", stored.Str("command"))
			}
			made := c.good("POST", "/v3/templates/create", `{"name":"t","template":{"steps":[{"module_id":"m","properties":{"command":"a<b && c>d\nu\u0308\n","n":[1.10,1e3,2.0,-0.0,1e21,0.0000001]}}]}}`)
			step := made.Get("result").Get("template").Get("steps").Items()[0].Get("properties")
			if step.Str("command") != test.command || string(step.Get("n").AppendJSON(nil)) != test.numbers {
				t.Errorf("template: got %s", step.AppendJSON(nil))
			}
		})
	}
}

func TestMovingFields(t *testing.T) {
	t.Parallel()
	c := withQuirks(t, "moving-fields")
	id := c.create(hiddenBody)
	seen := map[string]bool{}
	for range 3 {
		body := c.good("GET", v3Path(id), "").Get("result")
		seen[body.Str("update_time")] = true
		seen["step "+body.Get("steps").Items()[0].Get("properties").Str("stepUpdateTime")] = true
	}
	if len(seen) != 6 {
		t.Errorf("three reads showed %d values, want 6: %v", len(seen), seen)
	}
}

// TestCapitalsAreShownOnly checks that capitals that a client sends back are stored, and then
// appear also on the route that adds none.
func TestCapitalsAreShownOnly(t *testing.T) {
	t.Parallel()
	c := withQuirks(t, "default")
	id := c.create(richBody)
	name := func(path string) string {
		return c.good("GET", path, "").Get("result").Get("parameters").Items()[0].Str("name")
	}
	const plain, capital = "hudson.model.StringParameterDefinition", "HUDSON.MODEL.STRINGPARAMETERDEFINITION"
	if v3, v1 := name(v3Path(id)), name(v1Path(id)); v3 != capital || v1 != plain {
		t.Errorf("v3 shows %s and v1 %s", v3, v1)
	}
	sentBack := strings.Replace(richBody, plain, capital, 1)
	c.good("POST", "/v3/jobs/update", strings.Replace(sentBack, "{", `{"job_id":"`+id+`",`, 1))
	if v1 := name(v1Path(id)); v1 != capital {
		t.Errorf("what was sent back in capitals is shown as %s on v1", v1)
	}
}

func TestPredefinedReturns(t *testing.T) {
	t.Parallel()
	for quirk, want := range map[string]string{"predefined-parameter": "1 0", "predefined-returns": "1 1"} {
		c := withQuirks(t, quirk)
		id := c.create(jobBody("a"))
		count := func() int {
			return strings.Count(c.call("GET", v3Path(id), "").text, `"codeBranch"`)
		}
		created := count()
		c.good("POST", "/v1/job/update", strings.Replace(jobBody("a"), "{", `{"job_id":"`+id+`",`, 1))
		if got := fmt.Sprint(created, " ", count()); got != want {
			t.Errorf("%s: codeBranch after a create and an update: %s, want %s", quirk, got, want)
		}
	}
}

func TestLooseParameters(t *testing.T) {
	t.Parallel()
	const twice = `"parameters":[{"params":[]},{"params":[{"name":"name","value":"A"}]},{"params":[{"name":"name","value":"A"}]}]`
	body := strings.Replace(jobBody("a"), `"steps":[]`, `"steps":[],`+twice, 1)
	for quirk, want := range map[string]int{"none": 400, "loose-parameters": 200} {
		c := withQuirks(t, quirk)
		if r := c.call("POST", "/v3/jobs/create", body); r.status != want {
			t.Errorf("%s: job answered %d, want %d: %s", quirk, r.status, want, r.text)
		}
		if r := c.call("POST", "/v1/template/create", `{"name":"t","template":{"steps":[]},`+twice+`}`); r.status != want {
			t.Errorf("%s: template answered %d, want %d: %s", quirk, r.status, want, r.text)
		}
	}
}

func TestAsSent(t *testing.T) {
	t.Parallel()
	c := withQuirks(t, "as-sent")
	id := c.create(hiddenBody)
	want, err := jsontree.Parse([]byte(hiddenBody), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.srv.MustTruth(t).Job(id).Body.AppendJSON(nil); string(got) != string(want.AppendJSON(nil)) {
		t.Errorf("stored\n%s\nsent\n%s", got, want.AppendJSON(nil))
	}
}

func TestTemplateMembers(t *testing.T) {
	t.Parallel()
	const body = `{"name":"t","template":{"steps":[],"image":"i","image_source":"s"}}`
	for quirk, want := range map[string]string{
		"none":                               `{"steps":[],"image":"i","image_source":"s"}`,
		"template-members":                   `{"steps":[],"image":"i","image_source":"s","actions":[],"auto_update_sub_module":null}`,
		"template-members,capital-templates": `{"Steps":[],"image":"i","image_source":"s","actions":[],"auto_update_sub_module":null}`,
	} {
		c := withQuirks(t, quirk)
		made := c.good("POST", "/v3/templates/create", body).Get("result").Get("template")
		if got := string(made.AppendJSON(nil)); got != want {
			t.Errorf("%s: got %s, want %s", quirk, got, want)
		}
	}
}

func TestRefusalsOfTheReference(t *testing.T) {
	t.Parallel()
	c := withQuirks(t, "not-found-400,taken-400")
	id := c.create(jobBody("a"))
	c.good("POST", "/v3/templates/create", `{"name":"t","template":{"steps":[]}}`)
	c.good("POST", "/v3/jobs/"+id+"/delete", "{}")
	c.create(jobBody("b"))
	gone := strings.Repeat("e", 32)
	for _, test := range []struct{ method, path, body, want string }{
		{"GET", v3Path(id), "", "400 CB.00060201"},
		{"GET", v1Path(id), "", "400 CB.00060201"},
		{"POST", "/v3/jobs/" + gone + "/delete", "{}", "400 CB.00060201"},
		{"DELETE", "/v3/templates/" + gone + "/delete", "", "400 DEV.CB.0520002"},
		{"POST", "/v3/jobs/create", jobBody("b"), "400 CB.00060200"},
		{"POST", "/v1/template/create", `{"name":"t","template":{"steps":[]}}`, "400 CB.00060200"},
	} {
		if got := answered(c.call(test.method, test.path, test.body)); got != test.want {
			t.Errorf("%s %s: got %s, want %s", test.method, test.path, got, test.want)
		}
	}
	c = withQuirks(t, "no-official-templates")
	if got := answered(c.call("GET", "/v1/template/officialtemplates?page=1&page_size=10", "")); got != "404 CB.00060214" && got != "404 APIGW.0101" {
		t.Errorf("official templates: %s", got)
	}
	c.good("GET", "/v1/template/custom?page=1&page_size=10", "")
}

func TestShortTokens(t *testing.T) {
	t.Parallel()
	c := withQuirks(t, "short-tokens")
	path := "/v3/" + emulator.DefaultProject + "/jobs?page_index=0&page_size=10"
	c.good("GET", path, "")
	c.srv.Advance(5 * time.Second)
	if got := answered(c.call("GET", path, "")); got != "401 APIGW.0307" {
		t.Errorf("after 5 s: %s", got)
	}
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	list := "/v3/" + emulator.DefaultProject + "/jobs?page_index=0&page_size=10"
	tests := []struct {
		quirks, want, hint string
		calls              int // that are admitted
		after              time.Duration
	}{
		{"throttle-second", "429 APIGW.0308", "1", 10, time.Second},
		{"throttle-minute", "429 APIGW.0308", "30", 50, 30 * time.Second},
		{"throttle-second,throttle-no-hint", "429 APIGW.0308", "", 10, time.Second},
		{"throttle-minute,throttle-500", "500 CB.00060211", "30", 50, 30 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.quirks, func(t *testing.T) {
			t.Parallel()
			q, err := emulator.ParseQuirks(test.quirks)
			if err != nil {
				t.Fatal(err)
			}
			// Half a minute of the clock's minute is left.
			c := start(t, emulator.Options{Quirks: &q, Now: func() time.Time { return epoch.Add(30 * time.Second) }})
			for range test.calls {
				c.good("GET", list, "")
			}
			r := c.call("GET", list, "")
			if answered(r) != test.want || r.header.Get("Retry-After") != test.hint {
				t.Errorf("call %d: %s, Retry-After %q; want %s, %q", test.calls+1, answered(r), r.header.Get("Retry-After"), test.want, test.hint)
			}
			if strings.Contains(test.quirks, "minute") {
				c.good("GET", "/v3/projects", "") // another route has its own count
			}
			c.srv.Advance(test.after)
			c.good("GET", list, "")
		})
	}
}

// TestSlowUnderLoad checks that a call waits for another one that is held, and that a single call
// does not wait.
func TestSlowUnderLoad(t *testing.T) {
	t.Parallel()
	q := emulator.NoQuirks()
	q.SlowPerCall = time.Hour // longer than any client waits
	c := start(t, emulator.Options{Quirks: &q})
	c.create(jobBody("a")) // alone: at once
	entered, release := make(chan struct{}), make(chan struct{})
	c.srv.MustFail(t, emulator.Fault{Op: "ListIAMProjects", Kind: emulator.FaultPass, Before: func() { close(entered); <-release }})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if resp, err := c.http.Do(c.request("GET", "/v3/projects", "")); err == nil {
			resp.Body.Close()
		}
	}()
	<-entered
	client := &http.Client{Transport: c.http.Transport, Timeout: 50 * time.Millisecond}
	if resp, err := client.Do(c.request("POST", "/v3/jobs/create", jobBody("b"))); err == nil {
		resp.Body.Close()
		t.Error("a call beside another one was answered at once")
	}
	close(release)
	<-done
}

func TestFaultByRequestBody(t *testing.T) {
	t.Parallel()
	c := withQuirks(t, "none")
	f, err := emulator.ParseFault("CreateJob:status=500,request_body=second,times=-1")
	if err != nil {
		t.Fatal(err)
	}
	c.srv.MustFail(t, f)
	for _, name := range []string{"first", "second", "third"} {
		want := 200
		if name == "second" {
			want = 500
		}
		if r := c.call("POST", "/v3/jobs/create", jobBody(name)); r.status != want {
			t.Errorf("%s: %d, want %d", name, r.status, want)
		}
	}
}
