package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestExportIntoWorkspaces checks an export into a workspace with content. It is exact, the plan
// right after is empty, and fmt and lint find nothing.
func TestExportIntoWorkspaces(t *testing.T) {
	t.Parallel()
	const head = "version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\n"
	const template = "version: 1\ntemplates:\n  - name: t\n    parameters: [{name: FROM_T, default: x}]\n    steps:\n      - sh: {name: s, inputs: {command: make}}\n"
	for _, c := range []struct {
		name, workspace string
		files           map[string]string
		args            []string
	}{
		{"defaults in flow style", head + "defaults: {job: {arch: x86-64}}\n", nil, nil},
		{"defaults in flow style, factored", head + "defaults: {job: {arch: x86-64}}\n", nil, []string{"--factor"}},
		{"defaults in half flow style, factored", head + "defaults:\n  job: {arch: x86-64} # all\n", nil, []string{"--factor"}},
		{"a default that no job has", head + "defaults: {job: {flavor: 2u8g}}\n", nil, nil},
		{"defaults of every kind", head + `vars: {zone: Asia/Shanghai}
secrets: [TOKEN]
defaults:
  job:
    host_type: custom_host
    flavor: 8u16g # large
    auto_update_sub_module: true
    enabled: false
    timeout: 3h
    build_if_code_updated: true
    group_id: g
    scms:
      - {scm_type: git, url: "https://example.com/a.git", branch: main}
    parameters:
      - {name: TOKEN, secret: TOKEN}
    notifications: {MESSAGE: [buildJobFail], MAIL: [buildJobSuccess]}
    triggers:
      - {cron: "1 2 * * *", timezone: "${{ vars.zone }}"}
    extra: {description: from the defaults}
`, nil, nil},
		{"defaults by reference", head + `vars:
  channels: {MESSAGE: [buildJobFail], MAIL: [buildJobSuccess]}
  token: {name: TOKEN, secret: TOKEN}
  parameters: ["${{ vars.token }}"]
  fields: {description: from the defaults, resource_limit: {a: 1}}
secrets: [TOKEN]
defaults:
  job: {notifications: "${{ vars.channels }}", parameters: "${{ vars.parameters }}", extra: "${{ vars.fields }}"}
`, nil, nil},
		{"a template for every job", head + "defaults: {job: {template: {name: t}}}\n", map[string]string{"definitions/t.yaml": template}, nil},
		{"a template for every job, factored", head + "defaults: {job: {template: {name: t}}}\n", map[string]string{"definitions/t.yaml": template}, []string{"--factor"}},
		{"a template by reference", head + "vars: {all: {name: t}}\ndefaults: {job: {template: \"${{ vars.all }}\"}}\n", map[string]string{"definitions/t.yaml": template}, nil},
		{"a published template and comments", head + "# comments\n", map[string]string{
			"definitions/t.yaml": "# above\nversion: 1\ntemplates:\n  - name: t # beside\n    publish: false\n    steps:\n      - sh: {name: s, inputs: {command: make}}\n",
		}, []string{"--factor"}},
		{"an absolute folder", head, nil, []string{"--out", "$DIR/definitions/below"}},
		{"a relative folder", head, nil, []string{"--out", "./definitions//below/"}},
		{"CRLF", strings.ReplaceAll(head+"secrets: [A]\n", "\n", "\r\n"), nil, []string{"--factor"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := &estate{dir: t.TempDir()}
			var seed emulator.Seed
			for _, name := range []string{"one", "two", "three"} {
				seed.Bodies = append(seed.Bodies, plainBody(name))
			}
			e.Emulator = serveEstate(t, seed, &e.env)
			canonical, err := format.Source("buildsync.yaml", []byte(c.workspace), format.Workspace)
			if err != nil {
				t.Fatal(err)
			}
			e.write(t, "buildsync.yaml", string(canonical))
			for name, text := range c.files {
				e.write(t, name, text)
			}
			args := []string{"export", "--verify"}
			for _, arg := range c.args {
				args = append(args, strings.ReplaceAll(arg, "$DIR", e.dir))
			}
			e.run(t, exitDone, args, "3 of 3 exact")
			e.run(t, exitDone, []string{"plan", "--detailed-exitcode"})
			e.run(t, exitDone, []string{"lint", "--fail-on", "error"})
			if got := e.run(t, exitDone, []string{"fmt", "--check"}); got.stdout != "" {
				t.Errorf("fmt would change %s", got.stdout)
			}
			if e.writes() > 0 {
				t.Errorf("%d writes", e.writes())
			}
		})
	}
}

// plainBody returns a small job.
func plainBody(name string) emulator.SeedJob {
	body := jsontree.Object()
	body.Set("job_name", jsontree.String(name))
	body.Set("project_id", jsontree.String("6ecbc5bac7c8442fb3d2563d53c13582"))
	body.Set("arch", jsontree.String("x86-64"))
	properties := jsontree.Object()
	properties.Set("command", jsontree.String("set -e \nmake "+name+"\n\n"))
	step := jsontree.Object()
	step.Set("module_id", jsontree.String("devcloud2018.codeci_action_20017.action"))
	step.Set("name", jsontree.String("Build"))
	step.Set("properties", properties)
	body.Set("steps", jsontree.Array(step))
	return emulator.SeedJob{Body: body}
}

// TestExportOutside refuses a folder outside the workspace.
func TestExportOutside(t *testing.T) {
	t.Parallel()
	e := newEstate(t, 1, 1)
	for _, out := range []string{filepath.Dir(e.dir), "../x"} {
		got := e.run(t, exitInvalid, []string{"export", "--out", out})
		if !strings.Contains(got.stderr, "outside the workspace") {
			t.Errorf("%s: %s", out, got.stderr)
		}
	}
}

// TestTemplateMembersSurvive checks that a template's members beside its steps are exported, can be
// written by hand, and survive a replacement, named in the definition or not.
func TestTemplateMembersSurvive(t *testing.T) {
	t.Parallel()
	seed, err := jsontree.Parse([]byte(`{"name": "t", "template": {"steps": [{"module_id": "devcloud2018.codeci_action_20017.action", "name": "s",
		"properties": {"command": "make"}}], "image": "i", "actions": [1], "auto_update_sub_module": "true"}}`), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	e := &estate{dir: t.TempDir()}
	e.Emulator = serveEstate(t, emulator.Seed{Templates: []*jsontree.Value{seed}}, &e.env)
	e.write(t, "buildsync.yaml", "version: 1\nprojects: {shop: "+estateProject(0)+"}\ndefault_project: shop\n")
	e.run(t, exitDone, []string{"export", "--verify"}, "1 of 1 exact")
	const file = "definitions/templates/t.yaml"
	text := e.read(t, file)
	for _, member := range []string{"image: i", "actions: [1]", `auto_update_sub_module: "true"`} {
		if !strings.Contains(text, member) {
			t.Errorf("%s is not in\n%s", member, text)
		}
	}
	e.run(t, exitDone, []string{"plan", "--detailed-exitcode"})

	live := func() *jsontree.Value {
		truth, err := e.Truth()
		if err != nil || len(truth.Templates) != 1 {
			t.Fatalf("%d templates, %v", len(truth.Templates), err)
		}
		return truth.Templates[0].Body.Get("template")
	}
	e.write(t, file, strings.ReplaceAll(text, "make", "make all"))
	e.run(t, exitDone, []string{"apply", "--yes"})
	if have := live(); have.Str("image") != "i" || len(have.Get("actions").Items()) != 1 || have.Str("auto_update_sub_module") != "true" {
		t.Errorf("after a replacement the template is %s", have.Indented())
	}

	const byHand = "version: 1\ntemplates:\n  - name: t\n    publish: true\n    steps:\n      - sh: {name: s, inputs: {command: make more}}\n"
	e.write(t, file, byHand+"    extra:\n      template: {image: j}\n")
	e.run(t, exitDone, []string{"plan"}, "template.image")
	e.run(t, exitDone, []string{"apply", "--yes"})
	if have := live(); have.Str("image") != "j" || len(have.Get("actions").Items()) != 1 {
		t.Errorf("what the definition does not name is lost: %s", have.Indented())
	}
	e.run(t, exitDone, []string{"plan", "--detailed-exitcode"})
}

// TestSensitiveParametersOfOneName checks two sensitive parameters of one name, which a definition
// cannot tell apart. An update is refused, and the advice of the refusal works.
func TestSensitiveParametersOfOneName(t *testing.T) {
	t.Parallel()
	seed, err := emulator.ParseSeed([]byte(`[{"job_name": "a", "project_id": "6ecbc5bac7c8442fb3d2563d53c13582", "arch": "arm", "steps": [], "parameters": [
		{"name": "hudson.model.StringParameterDefinition", "params": [{"name": "name", "value": "T"}, {"name": "defaultValue", "value": "one"}, {"name": "sensitiveVar", "value": "true"}]},
		{"name": "hudson.model.StringParameterDefinition", "params": [{"name": "name", "value": "T"}, {"name": "defaultValue", "value": "two"}, {"name": "sensitiveVar", "value": "true"}]}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	quirks := emulator.Defaults()
	quirks.LooseParameters = true
	e := &estate{dir: t.TempDir()}
	e.Emulator = serveWith(t, emulator.Options{Seed: seed, Quirks: &quirks}, &e.env)
	e.env = append(e.env, "BUILDSYNC_SECRET_T=new")
	e.write(t, "buildsync.yaml", "version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\nsecrets: [T]\n")
	e.run(t, exitDone, []string{"export", "--verify"}, "1 of 1 exact")
	e.run(t, exitDone, []string{"plan", "--detailed-exitcode"})
	const file = "definitions/shop/a.yaml"
	text := strings.Replace(e.read(t, file), "arch: arm\n", "arch: arm\n    flavor: 4u8g\n", 1)
	e.write(t, file, text)
	e.run(t, exitRefused, []string{"apply", "--yes"}, `value of parameters["T"] is unknown`, "declare one of them under parameters with secret: NAME, in place of those under extra")
	before, _, _ := strings.Cut(text, "    extra:\n")
	e.write(t, file, before+"    parameters: [{name: T, secret: T}]\n")
	e.run(t, exitDone, []string{"apply", "--yes"})
	e.run(t, exitDone, []string{"plan", "--detailed-exitcode"})
}

// TestNamelessParametersDoNotGrow checks that an update neither adds nor loses a live parameter
// without a name.
func TestNamelessParametersDoNotGrow(t *testing.T) {
	t.Parallel()
	const predefined = `{"params": [{"name": "defaults", "value": "true"}]}`
	for _, list := range []string{
		predefined, predefined + "," + predefined, `{"params": null}`, `{}`, `{"params": [{"name": "name", "value": ""}, {"name": "defaults", "value": "TRUE"}]}`,
		predefined + `, {"name": "hudson.model.StringParameterDefinition", "params": [{"name": "name", "value": "A"}, {"name": "defaults", "value": "true"}]}`,
	} {
		t.Run(list, func(t *testing.T) {
			t.Parallel()
			seed, err := emulator.ParseSeed([]byte(`[{"job_name": "a", "project_id": "6ecbc5bac7c8442fb3d2563d53c13582", "arch": "arm", "steps": [], "parameters": [` + list + `]}]`))
			if err != nil {
				t.Fatal(err)
			}
			quirks := emulator.NoQuirks()
			quirks.LooseParameters, quirks.AsSent = true, true
			e := &estate{dir: t.TempDir()}
			e.Emulator = serveWith(t, emulator.Options{Seed: seed, Quirks: &quirks}, &e.env)
			e.write(t, "buildsync.yaml", "version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\n")
			parameters := func() string { // the service fills in the name of the definition
				truth, err := e.Truth()
				if err != nil {
					t.Fatal(err)
				}
				var all strings.Builder
				for _, p := range truth.Jobs[0].Body.Get("parameters").Items() {
					fmt.Fprintf(&all, "- %s\n", p.Get("params").Indented())
				}
				return all.String()
			}
			was := parameters()
			e.run(t, exitDone, []string{"export", "--verify"}, "1 of 1 exact")
			const file = "definitions/shop/a.yaml"
			text := e.read(t, file)
			for _, flavor := range []string{"2u8g", "4u8g", "8u16g"} {
				e.write(t, file, strings.Replace(text, "arch: arm\n", "arch: arm\n    flavor: "+flavor+"\n", 1))
				e.run(t, exitDone, []string{"apply", "--yes"})
				if have := parameters(); have != was {
					t.Fatalf("after an update the parameters are %s, and were %s\n%s", have, was, e.read(t, file))
				}
			}
			e.run(t, exitDone, []string{"plan", "--detailed-exitcode"})
		})
	}
}

// TestForceTakesANewSecret checks that export writes a live job's new sensitive parameter into its
// definition and declares the secret.
func TestForceTakesANewSecret(t *testing.T) {
	t.Parallel()
	seed, err := emulator.ParseSeed([]byte(`[{"job_name": "a", "project_id": "6ecbc5bac7c8442fb3d2563d53c13582", "arch": "arm", "steps": [], "parameters": [
		{"name": "hudson.model.StringParameterDefinition", "params": [{"name": "name", "value": "T"}, {"name": "defaultValue", "value": "one"}, {"name": "sensitiveVar", "value": "true"}]}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	e := &estate{dir: t.TempDir()}
	e.Emulator = serveEstate(t, seed, &e.env)
	e.write(t, "buildsync.yaml", "version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\n")
	e.write(t, "definitions/a.yaml", "version: 1\njobs:\n  # ours\n  - name: a\n    arch: arm\n    parameters: []\n    steps: []\n")
	got := e.run(t, exitDone, []string{"export", "--force", "--verify"}, "1 of 1 exact")
	if !strings.Contains(got.stderr, "A_T  parameter T of shop/job/a") {
		t.Errorf("the value to supply is not named: %s", got.stderr)
	}
	if text := e.read(t, "buildsync.yaml"); !strings.Contains(text, "secrets: [A_T]") {
		t.Errorf("the secret is not declared in\n%s", text)
	}
	if text := e.read(t, "definitions/a.yaml"); !strings.Contains(text, "# ours") || !strings.Contains(text, "secret: A_T") {
		t.Errorf("the definition is\n%s", text)
	}
	e.run(t, exitDone, []string{"plan", "--detailed-exitcode"})
	e.run(t, exitDone, []string{"export", "--force", "--verify"}, "1 of 1 exact")
}

// TestNoReferenceReachesTheService applies a workspace with a reference in each place that takes
// one: the service holds the values, and only what is escaped has the form of a reference.
func TestNoReferenceReachesTheService(t *testing.T) {
	t.Parallel()
	e := &estate{dir: t.TempDir()}
	e.Emulator = serveEstate(t, emulator.Seed{}, &e.env)
	e.env = append(e.env, "BUILDSYNC_SECRET_HOOK=hook-value", "BUILDSYNC_SECRET_TOKEN=token-value")
	e.write(t, "buildsync.yaml", `version: 1
projects: {shop: `+estateProject(0)+`}
default_project: shop
secrets: [HOOK, TOKEN]
vars: {arch: arm, text: one, names: [a, b], yes: true, three: 3, hours: 4h, size: 2u8g, host: devcloud, kind: ACTION, zone: Asia/Shanghai, events: [buildJobFail], key: k, map: {deep: [x]},
  list: [{name: L, default: l}], nested: "${{ vars.text }}-two", steps: [{sh: {name: S, inputs: {command: "echo ${{ vars.nested }}"}}}]}
defaults: {job: {labels: {team: "${{ vars.text }}"}, extra: {"d-${{ vars.key }}": "${{ vars.text }}"}}}
`)
	e.write(t, "definitions/all.yaml", `version: 1
fragments:
  - {name: f, inputs: {i: {default: "${{ vars.text }}"}}, steps: [{sh: {name: "F ${{ inputs.i }}", inputs: {command: "${{ inputs.i }}"}}}]}
templates:
  - name: t
    publish: true
    description: "${{ vars.text }}"
    inputs: {i: {default: "${{ vars.text }}"}}
    parameters: [{name: T, default: "${{ inputs.i }}"}]
    steps: [{sh: {name: "T-${{ vars.text }}", inputs: {command: "${{ inputs.i }}"}}}, {use: f, inputs: {i: "${{ inputs.i }}"}}]
    extra: {"e-${{ vars.key }}": "${{ vars.map }}", template: {image: "${{ vars.text }}"}}
families:
  - {name: fam, inputs: {i: {}}, jobs: [{name: "fam-${{ inputs.i }}", arch: "${{ vars.arch }}", steps: "${{ vars.steps }}"}]}
jobs:
  - family: {name: fam, inputs: {i: "${{ matrix.m }}"}}
    matrix: {m: "${{ vars.names }}"}
  - name: "a-${{ vars.text }}-${{ matrix.m }}"
    matrix: {m: "${{ vars.names }}"}
    template: {name: t, inputs: {i: "${{ matrix.m }}"}}
    owner: "${{ vars.text }}"
    labels: {l: "${{ vars.text }}"}
    arch: "${{ vars.arch }}"
    flavor: "${{ vars.size }}"
    host_type: "${{ vars.host }}"
    build_config_type: "${{ vars.kind }}"
    auto_update_sub_module: "${{ vars.yes }}"
    on_commit: "${{ vars.yes }}"
    timeout: "${{ vars.hours }}"
    group_id: "${{ vars.text }}"
    scms:
      - {scm_type: codehub, url: "git@h:${{ vars.text }}.git", repo_id: "${{ vars.three }}", branch: "${{ vars.text }}", depth: "${{ vars.three }}",
         is_auto_build: "${{ vars.yes }}", enable_git_lfs: "${{ vars.yes }}", end_point_id: "${{ vars.text }}", source: "${{ vars.text }}", web_url: "${{ vars.text }}", group_name: "${{ vars.text }}", repo_name: "${{ vars.text }}"}
    parameters:
      - {name: "P_${{ vars.text }}", default: "${{ vars.text }}", description: "${{ vars.text }} of ${{ job.name }}"}
      - {name: E, options: ["${{ vars.text }}", {name: "${{ matrix.m }}", display_name: "${{ vars.text }}"}]}
      - {name: O, options: "${{ vars.names }}"}
      - {name: K, secret: TOKEN}
      - {params: [{name: name, value: R}, {name: defaultValue, value: "${{ vars.text }}"}, {name: type, value: normalparam}, {name: "x-${{ vars.key }}", value: "${{ vars.text }}"}]}
    steps:
      - use: template
      - {use: f, inputs: {i: "${{ vars.nested }}"}}
      - sh: {name: "N ${{ job.project }}", image: "${{ vars.text }}", version: "${{ vars.text }}", enable: "${{ vars.yes }}", inputs: {command: "echo ${{ vars.text }} $${{ vars.text }}"}, properties: {"p-${{ vars.key }}": "${{ vars.map }}"}}
      - {module_id: devcloud2018.codeci_action_20017.action, name: raw, properties: {command: "${{ vars.text }}", deep: [{"k-${{ vars.key }}": "${{ vars.text }}"}]}}
    notifications: {MAIL: "${{ vars.events }}", DING_TALK: {events: "${{ vars.events }}", param_config: '{"at": "${{ vars.text }}"}'}, MESSAGE: {events: ["buildJobFail"], param_config: {secret: HOOK}}}
    triggers: [{cron: "1 ${{ vars.three }} * * *", timezone: "${{ vars.zone }}"}]
    extra: {"e-${{ vars.key }}": ["${{ vars.text }}", {deep: "${{ vars.map }}"}]}
`)
	e.run(t, exitDone, []string{"apply", "--yes"})
	truth, err := e.Truth()
	if err != nil || len(truth.Jobs) != 4 || len(truth.Templates) != 1 {
		t.Fatalf("%d jobs, %d templates, %v", len(truth.Jobs), len(truth.Templates), err)
	}
	held, err := json.Marshal(truth)
	if err != nil {
		t.Fatal(err)
	}
	if escaped := bytes.Count(held, []byte("echo one ${{ vars.text }}")); escaped != 2 || bytes.Count(held, []byte("${{")) != escaped {
		t.Errorf("%d escaped references, want 2, and %d in all:\n%s", escaped, bytes.Count(held, []byte("${{")), held)
	}
	for _, value := range []string{"one-two", "P_one", "hook-value", "git@h:one.git", `"e-k"`, "N shop"} {
		if !bytes.Contains(held, []byte(value)) {
			t.Errorf("the service does not hold %s", value)
		}
	}
	e.run(t, exitDone, []string{"plan", "--detailed-exitcode"})
}

// TestWrittenValuesAreReached applies values that are declared empty, or as another number of the same
// value, on a service that stores what it gets and on one that does not. They are planned once, and
// the next plan is empty.
func TestWrittenValuesAreReached(t *testing.T) {
	t.Parallel()
	const source = `{"scm_type": "codehub", "url": "u", "branch": "main", "build_type": "branch", "repo_id": "1", "web_url": "w", "group_name": "g", "repo_name": "r", "source": "s"}`
	const members = "scm_type: codehub, url: u, branch: main, build_type: branch"
	for _, c := range []struct {
		name, rest string
		stores     bool // what it gets, instead of filling in
		first      int  // code of the plan
	}{
		{"absent members of a source", "scms: [{" + members + "}]", true, exitDone},
		{"null members of a source", "scms: [{" + members + ", repo_id: null, web_url: null, group_name: null, repo_name: null, source: null}]", true, exitDifferent},
		{"empty members of a source", "scms: [{" + members + ", repo_id: '', web_url: '', group_name: '', repo_name: '', source: ''}]", true, exitDifferent},
		{"null properties of a step", "steps: [{module_id: devcloud2018.codeci_action_20043.action, name: A, properties: null}]", false, exitDifferent},
		{"numbers that are printed otherwise", "steps: [{module_id: devcloud2018.codeci_action_20017.action, name: A, properties: {ratio: 1.10, limit: 1e3, z: 2.0}}]", false, exitDifferent},
		{"null properties, stored", "steps: [{module_id: devcloud2018.codeci_action_20017.action, name: A, properties: null}]", true, exitDifferent},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			seed, err := emulator.ParseSeed([]byte(`[{"job_name": "a", "project_id": "6ecbc5bac7c8442fb3d2563d53c13582", "arch": "arm", "steps": [], "scms": [` + source + `]}]`))
			if err != nil {
				t.Fatal(err)
			}
			quirks := emulator.Defaults()
			if c.stores {
				quirks = emulator.NoQuirks()
			}
			quirks.AsSent, quirks.Doubles = c.stores, strings.Contains(c.rest, "1.10")
			options := emulator.Options{Seed: seed, Quirks: &quirks}
			e := &estate{dir: t.TempDir()}
			e.Emulator = serveWith(t, options, &e.env)
			e.write(t, "buildsync.yaml", "version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\n")
			e.write(t, "definitions/a.yaml", "version: 1\njobs:\n  - name: a\n    arch: arm\n    "+c.rest+"\n")
			e.run(t, c.first, []string{"plan", "--detailed-exitcode"})
			e.run(t, exitDone, []string{"apply", "--yes"})
			e.run(t, exitDone, []string{"plan", "--detailed-exitcode"})
			truth, err := e.Truth()
			if err != nil {
				t.Fatal(err)
			}
			live := truth.Jobs[0].Body.Get("scms").Items()[0]
			for _, key := range []string{"repo_id", "web_url", "group_name", "repo_name", "source"} {
				if was := strings.Contains(c.rest, key); c.stores && was != (live.Str(key) == "") {
					t.Errorf("%s is %q", key, live.Str(key))
				}
			}
		})
	}
}
