package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestModulesHarvest learns a module, keeps what a person wrote about it, and
// learns more of it later.
func TestModulesHarvest(t *testing.T) {
	t.Parallel()
	body := func(name, properties string) emulator.SeedJob {
		v, err := jsontree.Parse([]byte(`{"job_name": "`+name+`", "project_id": "`+estateProject(0)+`", "arch": "arm", "steps": [
			{"module_id": "devcloud2018.codeci_action_20099.action", "name": "Build with Gradle", "properties": `+properties+`}]}`), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return emulator.SeedJob{Body: v}
	}
	e := &estate{dir: t.TempDir()}
	e.Emulator = serveEstate(t, emulator.Seed{Bodies: []emulator.SeedJob{body("one", `{"command": "canary"}`)}}, &e.env)
	e.write(t, "buildsync.yaml", "version: 1   # mine\nregion: cn-north-4\nprojects: {shop: "+estateProject(0)+"}\n")
	e.run(t, exitDone, []string{"modules", "harvest", "--dry-run"}, "new module devcloud2018.codeci_action_20099.action")
	e.run(t, exitDone, []string{"modules", "harvest", "--diff"}, "+++ b/modules.yaml\n", "+++ b/buildsync.yaml\n", "\n+modules: modules.yaml\n")
	if _, err := os.Stat(filepath.Join(e.dir, "modules.yaml")); err == nil {
		t.Error("--diff writes")
	}
	e.run(t, exitDone, []string{"modules", "harvest"}, "new module devcloud2018.codeci_action_20099.action", "wrote modules.yaml")
	if text := e.read(t, "buildsync.yaml"); !strings.HasPrefix(text, "version: 1   # mine\n") || !strings.HasSuffix(text, "modules: modules.yaml\n") {
		t.Errorf("have\n%s", text)
	}
	file := e.read(t, "modules.yaml")
	if strings.Contains(file, "canary") {
		t.Errorf("a value was taken over:\n%s", file)
	}
	file = "# Ours.\n" + strings.Replace(file, "    confidence: harvested\n", "    actions: [gradle]\n    confidence: harvested\n", 1)
	e.write(t, "modules.yaml", file)
	e.run(t, exitDone, []string{"modules", "harvest"}, "Nothing to add")
	e.run(t, exitDone, []string{"modules", "list"}, "gradle  ")
	e.run(t, exitDone, []string{"modules", "show", "--format", "json", "gradle"}, `"command"`, `"harvested"`)
	e.run(t, exitInvalid, []string{"modules", "show", "gradel"})
	// A guess says so: the word of cmake, and each default that a module has.
	e.run(t, exitDone, []string{"modules", "show", "cmake"}, "cmake (inferred)")
	e.run(t, exitDone, []string{"modules", "show", "sh"}, "sh (documented)", "default of preCondition: present on live steps that did not set it; inferred")
	e.run(t, exitDone, []string{"modules", "show", "--format", "json", "sh"}, `"default_basis"`)

	// Another service, which knows more of the module.
	e.Emulator = serveEstate(t, emulator.Seed{Bodies: []emulator.SeedJob{body("two", `{"command": "x", "cache": true}`)}}, &e.env)
	patch := e.run(t, exitDone, []string{"modules", "harvest", "--diff"}, "\n+      cache: {type: bool, confidence: harvested, source: job shop/two}\n")
	if strings.Contains(patch.stdout, "known module") || e.read(t, "modules.yaml") != file {
		t.Errorf("have\n%s", patch.stdout)
	}
	e.run(t, exitDone, []string{"modules", "harvest"}, "known module devcloud2018.codeci_action_20099.action Build with Gradle: 1 more property (job shop/two)")
	e.run(t, exitDone, []string{"modules", "harvest"}, "Nothing to add")
	if now := e.read(t, "modules.yaml"); !strings.HasPrefix(now, "# Ours.\n") || !strings.Contains(now, "gradle") || !strings.Contains(now, "cache:") {
		t.Errorf("have\n%s", now)
	}
	e.run(t, exitDone, []string{"export", "--verify"}, "1 of 1 exact")
	if text := e.read(t, "definitions/shop/two.yaml"); !strings.Contains(text, "- gradle:\n") {
		t.Errorf("the word is not used:\n%s", text)
	}
}

// TestModulesHarvestSaysWhatIsMissing checks that harvest names an unreadable job with the reason,
// in the same words as other commands.
func TestModulesHarvestSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	e := newEstate(t, 3, 1)
	if err := e.Fail(emulator.Fault{Op: "QueryJob", Kind: emulator.FaultStatus, Status: http.StatusBadRequest, Nth: 2, Times: 1}); err != nil {
		t.Fatal(err)
	}
	if got := e.run(t, exitPartial, []string{"modules", "harvest"}); !strings.Contains(got.stderr, "buildsync: reading team00/job/") || !strings.Contains(got.stderr, "HTTP 400") {
		t.Errorf("have\n%s", got.stderr)
	}
}

// TestModulesHarvestWritesTheFileThatIsNamed checks that buildsync.yaml may name a modules file
// that does not exist yet. A file that cannot be read is still an error.
func TestModulesHarvestWritesTheFileThatIsNamed(t *testing.T) {
	t.Parallel()
	for name, exit := range map[string]int{"modules.yaml": exitDone, "catalogue/own.yaml": exitDone, "../own.yaml": exitInvalid, "definitions": exitInvalid} {
		body, err := jsontree.Parse([]byte(`{"job_name": "one", "project_id": "`+estateProject(0)+`", "arch": "arm", "steps": [
			{"module_id": "devcloud2018.codeci_action_20099.action", "name": "Build with Gradle", "properties": {"command": "x"}}]}`), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		e := &estate{dir: t.TempDir()}
		e.Emulator = serveEstate(t, emulator.Seed{Bodies: []emulator.SeedJob{{Body: body}}}, &e.env)
		workspace := "version: 1\nregion: cn-north-4\nprojects: {shop: " + estateProject(0) + "}\nmodules: " + name + "\n"
		e.write(t, "buildsync.yaml", workspace)
		// The definition uses the word that is to be learned.
		e.write(t, "definitions/a.yaml", "version: 1\njobs: [{name: g, project: shop, arch: arm, steps: [{gradle: {name: s, inputs: {command: gradle build}}}]}]\n")
		got := e.run(t, exit, []string{"modules", "harvest"})
		if exit != exitDone {
			continue
		}
		if !strings.Contains(got.stdout, "wrote "+name+"\n") || !strings.Contains(got.stderr, "actions: [gradle]") {
			t.Errorf("%s: have\n%s%s", name, got.stdout, got.stderr)
		}
		if now := e.read(t, "buildsync.yaml"); now != workspace {
			t.Errorf("%s: have\n%s", name, now)
		}
		e.run(t, exitDone, []string{"modules", "harvest"}, "Nothing to add")
		// The proposal makes the word known.
		e.write(t, name, strings.Replace(e.read(t, name), "    properties:", "    actions: [gradle]\n    properties:", 1))
		e.run(t, exitDone, []string{"compile", "g"}, "devcloud2018.codeci_action_20099.action")
	}
}
