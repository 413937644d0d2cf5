package emulator_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// truthText returns the truth as text, which go-cmp can compare.
func truthText(t *testing.T, truth emulator.Truth) string {
	t.Helper()
	data, err := json.MarshalIndent(truth, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestStateSurvivesARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state", "emulator.db")
	opts := emulator.Options{Path: file, Now: fixedClock, TokenLife: 1000 * time.Hour}
	var before, token, record, id string
	t.Run("write", func(t *testing.T) {
		c := start(t, opts)
		id = c.buildable("a", "exit 1")
		gone := c.create(jobBody("gone"))
		c.good("POST", "/v3/jobs/"+gone+"/delete", "{}")
		c.run(id)
		c.good("POST", "/v3/jobs/"+id+"/disable", "{}")
		c.good("POST", "/v3/jobs/notice/"+id+"/update", `{"notice_type":"MAIL","enabled_event_type_names":["deleteJob"]}`)
		c.good("POST", "/v3/templates/create", `{"name":"t","template":{"steps":[]}}`)
		c.good("POST", "/v1/job/"+emulator.DefaultProject+"/group/create", `{"name":"team"}`)
		if err := c.srv.PutKeystoreFile("k", []byte("x")); err != nil {
			t.Fatal(err)
		}
		c.srv.Advance(time.Hour)
		record = c.good("GET", "/v4/jobs/"+id+"/1/record-info", "").Get("result").Str("id")
		before, token = truthText(t, c.srv.MustTruth(t)), c.token
	})
	t.Run("read", func(t *testing.T) {
		c := start(t, opts)
		if d := cmp.Diff(before, truthText(t, c.srv.MustTruth(t))); d != "" {
			t.Errorf("the state changed over a restart (-before +after):\n%s", d)
		}
		c.token = token
		c.srv.Advance(time.Hour)
		if log := c.call("GET", "/v4/"+record+"/download-log", "").text; !strings.Contains(log, "FAILURE") {
			t.Errorf("the log of the old build = %q", log)
		}
		if tree := c.good("GET", "/v1/job/"+emulator.DefaultProject+"/group/tree", "").Get("result"); tree.Len() != 1 {
			t.Errorf("groups = %s", tree.AppendJSON(nil))
		}
		if r := c.call("GET", "/v3/keystore?file_name=k&domain_id="+emulator.DefaultDomainID, ""); r.text != "x" {
			t.Errorf("keystore = %d %s", r.status, r.text)
		}
		if rows := c.good("GET", "/v1/job/"+id+"/history", "").Get("result"); rows.Str("total") != "3" {
			t.Errorf("change history = %s", rows.AppendJSON(nil))
		}
	})
}

func TestTwoProcessesOnOneFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "emulator.db")
	start(t, emulator.Options{Path: file})
	_, err := emulator.New(emulator.Options{Path: file, LockTimeout: time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "another process") {
		t.Errorf("got %v, want a sentence that names the file and who may hold it", err)
	}
}

func TestFilesThatAreNoStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, dir, filepath.Join(text, "below")} {
		if _, err := emulator.New(emulator.Options{Path: path}); err == nil || !strings.Contains(err.Error(), "opening the emulator's data") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestAFailedWriteChangesNothing(t *testing.T) {
	t.Parallel()
	e, err := emulator.New(emulator.Options{Path: filepath.Join(t.TempDir(), "emulator.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.PutKeystoreFile("a", nil); err == nil {
		t.Error("a write to a closed store succeeded")
	}
	if err := e.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "emulator.db")
	opts := emulator.Options{Path: file, Now: fixedClock, Seed: emulator.Seed{Jobs: 25}, ID: counter()}
	var first string
	for range 2 { // the second start finds the store filled
		t.Run("start", func(t *testing.T) {
			c := start(t, opts)
			truth := c.srv.MustTruth(t)
			if len(truth.Jobs) != 25 {
				t.Fatalf("%d jobs", len(truth.Jobs))
			}
			names := map[string]bool{}
			for _, j := range truth.Jobs {
				names[j.Name] = true
			}
			if len(names) != 25 {
				t.Errorf("%d different names of 25", len(names))
			}
			if text := truthText(t, truth); first == "" {
				first = text
			} else if d := cmp.Diff(first, text); d != "" {
				t.Errorf("-first +second:\n%s", d)
			}
		})
	}
	again := start(t, emulator.Options{Now: fixedClock, Seed: emulator.Seed{Jobs: 25}, ID: counter()})
	if d := cmp.Diff(first, truthText(t, again.srv.MustTruth(t))); d != "" {
		t.Errorf("the same seed made other jobs:\n%s", d)
	}
}

func TestSeedFile(t *testing.T) {
	t.Parallel()
	seed, err := emulator.ParseSeed([]byte(`{"generate":2,"project_id":"` + strings.Repeat("a", 32) + `",
	"jobs":[{"job_name":"plain","arch":"arm","steps":[]},
	{"body":{"job_name":"off","arch":"arm","steps":[]},"disabled":true,"notices":[{"notice_type":"MAIL","enabled_event_type_names":[],"param_config":"c"}]}],
	"templates":[{"name":"t","template":{"steps":[]}}],"files":[{"name":"k","content":"x"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	truth := start(t, emulator.Options{Seed: seed}).srv.MustTruth(t)
	off := truth.Named(strings.Repeat("a", 32), "off")
	if len(truth.Jobs) != 4 || len(truth.Templates) != 1 || len(off) != 1 || !off[0].Disabled || off[0].Notices[1].EnableMap["buildJobFail"] {
		t.Errorf("seeded %s", truthText(t, truth))
	}
	for text, says := range map[string]string{
		`{"job":[]}`:            "job is unknown",
		`{"jobs":[1]}`:          "jobs[0]",
		`{"generate":-1}`:       "generate",
		`{"jobs":[{"body":1}]}`: "jobs[0].body",
		`nonsense`:              "not the JSON",
		`{"jobs":[{"body":{},"disabled":"yes"}]}`: "disabled",
	} {
		if _, err := emulator.ParseSeed([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
	bad, err := emulator.ParseSeed([]byte(`[{"job_name":"x y","arch":"arm","steps":[]}]`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := emulator.New(emulator.Options{Seed: bad}); err == nil || !strings.Contains(err.Error(), "job 1 (x y): job_name") {
		t.Errorf("a bad job: %v", err)
	}
}

func FuzzParseSeed(f *testing.F) {
	f.Add([]byte(`{"generate":1,"jobs":[{"body":{"job_name":"a","arch":"arm","steps":[]}}]}`))
	f.Add([]byte(`[{}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		seed, err := emulator.ParseSeed(data)
		if err != nil || seed.Jobs > 10 {
			return
		}
		if e, err := emulator.New(emulator.Options{Seed: seed}); err == nil {
			e.Close()
		}
	})
}
