package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/schemas"
)

// twinEstate has two live jobs of one name, and one of another.
func twinEstate(t *testing.T) (e *estate, ids []string) {
	t.Helper()
	bodies := estateBodies(t, 3, 1)
	for _, seeded := range bodies[:2] {
		seeded.Body.Set(wire.KeyJobName, jsontree.String("twin"))
	}
	e = &estate{dir: t.TempDir()}
	e.Emulator = serveEstate(t, emulator.Seed{Bodies: bodies}, &e.env)
	e.write(t, "buildsync.yaml", "version: 1\nprojects: {shop: "+estateProject(0)+"}\nregion: cn-north-4\n")
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	for _, job := range truth.Jobs {
		if job.Name == "twin" {
			ids = append(ids, job.ID)
		}
	}
	if len(ids) != 2 {
		t.Fatalf("%d jobs called twin", len(ids))
	}
	return e, ids
}

// TestExportTwins checks that export chooses none of several live jobs of one name, and compares
// and plans the one that a definition pins.
func TestExportTwins(t *testing.T) {
	t.Parallel()
	e, ids := twinEstate(t)
	got := e.run(t, exitPartial, []string{"export", "--verify"}, "Export: 1 written, 2 not exported.", "1 of 1 exact")
	for i, id := range ids {
		want := "shop/job/twin: the project has 2 live jobs of this name, this one with the id " + id + " (never built; the others: " + ids[1-i] + "); --twins rename exports all"
		if !strings.Contains(got.stderr, want) {
			t.Errorf("no %q in\n%s", want, got.stderr)
		}
	}

	file := "definitions/shop/twin.yaml"
	definition := "version: 1\njobs:\n  - name: twin\n    project: shop\n    arch: x86-64\n    steps: []\n"
	e.write(t, file, definition)
	got = e.run(t, exitPartial, []string{"export", "--twins", "rename", "--force"}, "Export: 1 defined already, 2 not exported.")
	if !strings.Contains(got.stderr, "its definition in "+file+" does not say which one is meant") {
		t.Errorf("have\n%s", got.stderr)
	}
	e.write(t, file, strings.Replace(definition, "name: twin\n", "name: twin\n    id: "+ids[1]+"\n", 1))
	e.run(t, exitPartial, []string{"export", "--force", "--verify"}, "edited "+file, "1 not exported", "2 of 2 exact")
	e.run(t, exitDone, []string{"plan", "--detailed-exitcode"}, nothingToDo, "2 jobs.")
	e.run(t, exitDone, []string{"export", "--twins", "rename", "--verify"}, "wrote definitions/shop/twin-2.yaml", "3 of 3 exact")
}

// TestExportRenamesTwins checks that `--twins rename` exports all twins, each pinned, and that one
// apply makes their names differ.
func TestExportRenamesTwins(t *testing.T) {
	t.Parallel()
	e, ids := twinEstate(t)
	got := e.run(t, exitDone, []string{"export", "--twins", "rename", "--verify"}, "Export: 3 written.", "3 of 3 exact")
	if !strings.Contains(got.stderr, "the next apply renames a job: shop/job/twin-2 is called twin now (id ") {
		t.Errorf("have\n%s", got.stderr)
	}
	first, second := e.read(t, "definitions/shop/twin.yaml"), e.read(t, "definitions/shop/twin-2.yaml")
	for _, id := range ids {
		if strings.Contains(first, id) == strings.Contains(second, id) {
			t.Errorf("which one is pinned to %s?\n%s%s", id, first, second)
		}
	}
	e.run(t, exitDone, []string{"export", "--twins", "rename", "--verify"}, "Export: 3 defined already.", "3 of 3 exact")
	e.run(t, exitDone, []string{"export", "--force", "--verify"}, "Export: 3 defined already.", "3 of 3 exact")
	e.run(t, exitDifferent, []string{"plan", "--detailed-exitcode"}, "1 to update", "twin-2")
	e.run(t, exitDone, []string{"apply", "--yes"})
	e.run(t, exitDone, []string{"plan", "--detailed-exitcode"}, nothingToDo, "is in step: 3 jobs.")
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, job := range truth.Jobs {
		names[job.ID] = job.Name
	}
	if len(names) != 3 || names[ids[0]]+" "+names[ids[1]] != "twin twin-2" && names[ids[0]]+" "+names[ids[1]] != "twin-2 twin" {
		t.Errorf("the jobs are %v", names)
	}
}

// TestExportReport checks that the JSON report follows its schema however a run ends, and has what
// a script needs.
func TestExportReport(t *testing.T) {
	t.Parallel()
	e, ids := twinEstate(t)
	e.write(t, "buildsync.yaml", e.read(t, "buildsync.yaml")+"policy: {ignore: [{job: \"sandbox-*\", reason: theirs}]}\n")
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	third := ""
	for _, job := range truth.Jobs {
		if job.Name != "twin" {
			third = job.Name
		}
	}
	report := func(code int, args ...string) map[string]any {
		t.Helper()
		got := e.run(t, code, append([]string{"export", "--format", "json"}, args...))
		if strings.Contains(got.stderr, "not exported") {
			t.Errorf("the text form on stderr:\n%s", got.stderr)
		}
		return exportDocument(t, got.stdout, code)
	}
	counts := func(doc map[string]any) string {
		out := ""
		for _, key := range []string{"written", "edited", "defined", "ignored", "not_exported", "unsure", "renamed"} {
			out += fmt.Sprintf("%s %d ", key, len(doc[key].([]any)))
		}
		return out
	}
	doc := report(exitPartial, "--verify")
	if have := counts(doc); have != "written 1 edited 0 defined 0 ignored 0 not_exported 2 unsure 0 renamed 0 " {
		t.Errorf("have %s", have)
	}
	if have := fmt.Sprint(doc["written"], doc["verified"]); have != "[map[address:shop/job/"+third+" files:[definitions/shop/"+third+".yaml]]] map[differences:[] exact:1 total:1]" {
		t.Errorf("have %s", have)
	}
	if have := fmt.Sprint(doc["not_exported"]); !strings.Contains(have, ids[0]) || !strings.Contains(have, "--twins rename") {
		t.Errorf("have %s", have)
	}
	if have := counts(report(exitDone, "--twins", "rename", "--factor")); have != "written 2 edited 0 defined 1 ignored 0 not_exported 0 unsure 0 renamed 1 " {
		t.Errorf("have %s", have)
	}
	if err := e.Fail(emulator.Fault{Op: "QueryJob", Kind: emulator.FaultStatus, Status: http.StatusBadRequest, Nth: 1, Times: 1}); err != nil {
		t.Fatal(err)
	}
	if have := counts(report(exitPartial, "--force")); have != "written 0 edited 0 defined 2 ignored 0 not_exported 0 unsure 1 renamed 1 " &&
		have != "written 0 edited 0 defined 2 ignored 0 not_exported 0 unsure 1 renamed 0 " {
		t.Errorf("have %s", have)
	}
	e.ClearFaults()
	if err := e.Fail(emulator.Fault{Op: "QueryJob", Kind: emulator.FaultStatus, Status: http.StatusUnauthorized, Nth: 1, Times: -1}); err != nil {
		t.Fatal(err)
	}
	if doc := report(exitFailed, "--force"); doc["verified"] != nil {
		t.Errorf("have %v", doc)
	}
}

// exportDocument reads a report that must follow its schema.
func exportDocument(t *testing.T, text string, code int) map[string]any {
	t.Helper()
	source, err := schemas.Files.ReadFile("export.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.CompileString(schemas.Base+"export.schema.json", string(source))
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := schema.Validate(doc); err != nil {
		t.Errorf("%#v\n%s", err, text)
	}
	if doc["exit_code"] != float64(code) {
		t.Errorf("exit code %v, want %d", doc["exit_code"], code)
	}
	return doc
}
