package compile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

const workspace = `version: 1
region: eu-west-101
projects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}
default_project: shop
secrets: [TOKEN]
`

// load reads a workspace from memory; a loading error ends the test.
func load(t testing.TB, tree spec.MapTree, environment string) *spec.Set {
	t.Helper()
	if _, given := tree["buildsync.yaml"]; !given {
		tree["buildsync.yaml"] = workspace
	}
	set, diags := spec.Load(tree, spec.Options{Environment: environment})
	if diags.HasErrors() {
		t.Fatalf("the workspace does not load:\n%s", describe(diags))
	}
	return set
}

// compileOne compiles a single job given by its keys and returns it.
func compileOne(t testing.TB, keys string) *compile.Job {
	t.Helper()
	source := "version: 1\njobs:\n  - name: one\n" + indent(keys)
	result, diags := compile.Compile(load(t, spec.MapTree{"definitions/a.yaml": source}, ""), compile.Options{})
	if diags.HasErrors() || len(result.Jobs) != 1 {
		t.Fatalf("%d jobs, diagnostics:\n%s", len(result.Jobs), describe(diags))
	}
	return result.Jobs[0]
}

func indent(keys string) string {
	if keys == "" {
		return ""
	}
	return "    " + strings.ReplaceAll(strings.TrimSpace(keys), "\n", "\n    ") + "\n"
}

// TestAbsentIsNotEmpty shows for every field that absent, empty and a value are
// three things in the body.
func TestAbsentIsNotEmpty(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ field, empty, wantEmpty, value, wantValue string }{
		{"auto_update_sub_module", "null", `null`, "true", `"true"`},
		{"flavor", `""`, `""`, "2u8g", `"2u8g"`},
		{"flavor", "null", `null`, "2U8G", `"2U8G"`},
		{"host_type", "null", `null`, "custom_host", `"custom_host"`},
		{"build_config_type", "null", `null`, "ACTION", `"ACTION"`},
		{"parameters", "[]", `[]`, "[{params: []}]", `[{"params":[]}]`},
		{"parameters", "null", `[]`, "[{params: null}]", `[{"params":null}]`},
		{"scms", "[]", `[]`, "[{url: u, scm_type: git, depth: 1.10}]", `[{"url":"u","scm_type":"git","depth":"1.10"}]`},
		{"scms", "null", `[]`, "[{url: u, scm_type: git, source: null}]", `[{"url":"u","scm_type":"git","source":null}]`},
		{"steps", "[]", `[]`, "[{module_id: m, name: n}]", `[{"module_id":"m","name":"n"}]`},
		{"steps", "null", `[]`, "[{module_id: m, name: n, version: null, properties: {}}]", `[{"properties":{},"module_id":"m","name":"n","version":null}]`},
		{"build_if_code_updated", "null", `null`, "false", `false`},
		{"group_id", `""`, `""`, "0755", `"0755"`},
		{"triggers", "[]", `[]`, `[{name: t, parameters: []}]`, `[{"name":"t","parameters":[]}]`},
		{"triggers", "null", `[]`, `[{name: t}]`, `[{"name":"t"}]`},
		{"timeout", "null", `null`, "2h", `{"limit":"2","unit":"hour"}`},
		{"timeout", "null", `null`, "{limit: 30, unit: minute}", `{"limit":"30","unit":"minute"}`},
	} {
		t.Run(c.field+" "+c.empty, func(t *testing.T) {
			t.Parallel()
			if have := compileOne(t, "").Body().Get(c.field); have != nil {
				t.Errorf("absent: the body has %s", have.AppendJSON(nil))
			}
			for text, want := range map[string]string{c.empty: c.wantEmpty, c.value: c.wantValue} {
				have := compileOne(t, c.field+": "+text).Body().Get(c.field)
				if string(have.AppendJSON(nil)) != want {
					t.Errorf("%s: have %s, want %s", text, have.AppendJSON(nil), want)
				}
				if have == nil {
					t.Errorf("%s: the body lacks the member", text)
				}
			}
		})
	}
}

// TestAbsentIsNotEmptyInside shows the same for the fields of steps and code
// sources.
func TestAbsentIsNotEmptyInside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ form, list, field, empty, wantEmpty, value, wantValue string }{
		{"{sh: {%s}}", "steps", "version", "null", `null`, "1.10", `"1.10"`},
		{"{sh: {%s}}", "steps", "enable", "null", `null`, "false", `false`},
		{"{sh: {%s}}", "steps", "properties", "null", `null`, "{a: on}", `{"a":"on"}`},
		{"{sh: {%s}}", "steps", "properties", "{}", `{}`, "{command: 1.10}", `{"command":"1.10"}`},
		{"{module_id: m, name: n, %s}", "steps", "version", `""`, `""`, "0755", `"0755"`},
		{"{module_id: m, name: n, %s}", "steps", "enable", "null", `null`, "true", `true`},
		{"{module_id: m, name: n, %s}", "steps", "properties", "{}", `{}`, "{a: null, b: 1e3}", `{"a":null,"b":1e3}`},
		{"{url: u, scm_type: git, %s}", "scms", "branch", "null", `null`, "1e3", `"1e3"`},
		{"{url: u, scm_type: git, %s}", "scms", "repo_id", `""`, `""`, "7e08", `"7e08"`},
		{"{url: u, scm_type: git, %s}", "scms", "end_point_id", "null", `null`, "2024-01-02", `"2024-01-02"`},
		{"{url: u, scm_type: git, %s}", "scms", "is_auto_build", "null", `null`, "false", `false`},
		{"{url: u, scm_type: git, %s}", "scms", "enable_git_lfs", "null", `null`, "true", `true`},
	} {
		t.Run(c.list+" "+c.field+" "+c.empty, func(t *testing.T) {
			t.Parallel()
			compiled := func(keys string) *jsontree.Value {
				return compileOne(t, c.list+": ["+strings.ReplaceAll(fmt.Sprintf(c.form, keys), ", }", "}")+"]").Body().Get(c.list).Items()[0].Get(c.field)
			}
			if have := compiled(""); have != nil {
				t.Errorf("absent: the body has %s", have.AppendJSON(nil))
			}
			for text, want := range map[string]string{c.empty: c.wantEmpty, c.value: c.wantValue} {
				have := compiled(c.field + ": " + text)
				if have == nil || string(have.AppendJSON(nil)) != want {
					t.Errorf("%s: have %s, want %s", text, have.AppendJSON(nil), want)
				}
			}
		})
	}
}

func TestExtraIsVerbatim(t *testing.T) {
	t.Parallel()
	if have := compileOne(t, "extra: {}").Body(); have.Len() != 0 {
		t.Errorf("an empty extra adds %s", have.AppendJSON(nil))
	}
	have := compileOne(t, `extra: {description: null, arch: arm, limits: [1, "1", 1.10, true], "odd key": {}}`)
	want := `{"arch":"arm","description":null,"limits":[1,"1",1.10,true],"odd key":{}}`
	if string(have.Body().AppendJSON(nil)) != want {
		t.Errorf("have %s\nwant %s", have.Body().AppendJSON(nil), want)
	}
	if _, ok := have.Provenance[`["odd key"]`]; !ok {
		t.Errorf("no provenance of the odd key: %v", have.Paths())
	}
}

// TestEscapes checks that any text and any key can be written.
func TestEscapes(t *testing.T) {
	t.Parallel()
	job := compileOne(t, `
build_config_type: YAML
extra:
  a: "$${{ x }} $$${{ y }} ${z} $"
  b: {$$file: c}
  d: {$$$file: e}
  f: {$$file: g, h: i}
  steps: [{module_id: m, anything: 1}]`)
	want := `{"steps":[{"module_id":"m","anything":1}],"build_config_type":"YAML","a":"${{ x }} $${{ y }} ${z} $","b":{"$file":"c"},"d":{"$$file":"e"},"f":{"$$file":"g","h":"i"}}`
	if have := string(job.Body().AppendJSON(nil)); have != want {
		t.Errorf("have %s\nwant %s", have, want)
	}
}

// TestMavenCache checks that no cache is sent as no property, and a cache as the service's word.
func TestMavenCache(t *testing.T) {
	t.Parallel()
	for cache, want := range map[string]string{"": "", "cache: false, ": "", "cache: true, ": "cached"} {
		steps := compileOne(t, "steps: [{maven: {inputs: {"+cache+"command: make}}}]").Body().Get("steps").Items()
		option := steps[0].Get("properties").Get("cacheOption")
		if option.Text() != want || (option == nil) != (want == "") {
			t.Errorf("%q: cacheOption is %s, want %q", cache, option.AppendJSON(nil), want)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	absent := compileOne(t, "")
	if absent.Enabled != nil || absent.ID != "" || absent.RenamedFrom != nil || absent.Adopt || absent.Protect || absent.Notices != nil {
		t.Errorf("nothing is declared, and yet: %+v", absent)
	}
	job := compileOne(t, `
enabled: false
id: db8467d972cc47f7a1bd2a3a3e77596a
renamed_from: [old, older]
adopt: true
protect: true
notifications: {MESSAGE: null, MAIL: [deleteJob, buildJobFail, deleteJob], DING_TALK: {events: [], param_config: null}}`)
	if job.Enabled == nil || *job.Enabled || job.ID != "db8467d972cc47f7a1bd2a3a3e77596a" || !job.Adopt || !job.Protect {
		t.Errorf("settings were lost: %+v", job)
	}
	if fmt.Sprint(job.RenamedFrom) != "[old older]" {
		t.Errorf("renamed_from is %v", job.RenamedFrom)
	}
	for _, path := range []string{"renamed_from", "renamed_from[0]", "renamed_from[1]", "adopt", "protect", "id", "enabled"} {
		if at := job.Provenance[path].Pos; at.Line == 0 {
			t.Errorf("nothing says where %s stands", path)
		}
	}
	var channels []string
	for _, n := range job.Notices {
		config := "unmanaged"
		if n.ParamConfig != nil {
			config = fmt.Sprintf("%q", *n.ParamConfig)
		}
		channels = append(channels, fmt.Sprint(n.Type, n.Events, config))
	}
	if have, want := strings.Join(channels, "; "), `DING_TALK[]""; MAIL[buildJobFail deleteJob]unmanaged; MESSAGE[]unmanaged`; have != want {
		t.Errorf("have %s\nwant %s", have, want)
	}
}

func TestCreateBody(t *testing.T) {
	t.Parallel()
	job := compileOne(t, `
timeout: 1h
extra: {zebra: 1}
host_type: devcloud
steps: []
arch: arm`)
	want := `{"arch":"arm","project_id":"6ecbc5bac7c8442fb3d2563d53c13582","job_name":"one","steps":[],"host_type":"devcloud","timeout":{"limit":"1","unit":"hour"},"zebra":1}`
	if have := string(job.CreateBody().AppendJSON(nil)); have != want {
		t.Errorf("have %s\nwant %s", have, want)
	}
	job.CreateBody().Get("timeout").Set("limit", jsontree.String("9"))
	if job.Body().Get("timeout").Str("limit") != "1" {
		t.Error("the create body shares its values with the job's")
	}
	if missing := job.MissingForCreate(); missing != nil {
		t.Errorf("nothing is missing, and yet %v", missing)
	}
	if missing := compileOne(t, "flavor: 2u8g").MissingForCreate(); fmt.Sprint(missing) != "[arch steps]" {
		t.Errorf("missing is %v, want arch and steps", missing)
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	source := workspace + `vars: {image: plain, flag: false}
environments:
  prod: {vars: {image: prod}}
`
	definitions := `version: 1
jobs:
  - name: one
    build_if_code_updated: ${{ vars.flag }}
    steps: [{sh: {name: s, image: "${{ vars.image }}", inputs: {command: "a ${{vars.image}} b"}}}]
`
	for _, c := range []struct {
		name, environment, want string
		vars                    map[string]string
	}{
		{"workspace", "", `false plain a plain b`, nil},
		{"environment", "prod", `false prod a prod b`, nil},
		{"command line", "prod", `true cli a cli b`, map[string]string{"image": "cli", "flag": "true"}},
		{"a number", "", `false 110 a 110 b`, map[string]string{"image": "110"}},
		{"text that looks like a number", "", `false 1.10 a 1.10 b`, map[string]string{"image": "1.10"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set := load(t, spec.MapTree{"buildsync.yaml": source, "definitions/a.yaml": definitions}, c.environment)
			result, diags := compile.Compile(set, compile.Options{Vars: c.vars})
			if len(diags) > 0 {
				t.Fatal(describe(diags))
			}
			body := result.Jobs[0].Body()
			properties := body.Get("steps").Items()[0].Get("properties")
			have := body.Str("build_if_code_updated") + " " + properties.Str("image") + " " + properties.Str("command")
			if have != c.want {
				t.Errorf("have %q, want %q", have, c.want)
			}
		})
	}
}

// TestExpansionLimit checks that variables and inputs cannot multiply without end.
func TestExpansionLimit(t *testing.T) {
	t.Parallel()
	var vars strings.Builder
	vars.WriteString(workspace + "vars:\n  v0: xxxxxxxxxxxxxxxx\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&vars, "  v%d: ${{ vars.v%d }}${{ vars.v%d }}\n", i, i-1, i-1)
	}
	result, diags := compile.Compile(load(t, spec.MapTree{
		"buildsync.yaml":     vars.String(),
		"definitions/a.yaml": "version: 1\njobs: [{name: one, group_id: \"${{ vars.v39 }}\"}]\n",
	}, ""), compile.Options{})
	if !hasRule(diags, "expansion-limit") {
		t.Errorf("no expansion-limit in:\n%s", describe(diags))
	}
	if len(result.Jobs) != 1 {
		t.Errorf("%d jobs", len(result.Jobs))
	}
}

func hasRule(diags spec.Diagnostics, rule string) bool {
	for _, d := range diags {
		if d.Rule == rule {
			return true
		}
	}
	return false
}

// TestGivenValuesInCommands checks that a value from the command line cannot become a command, and
// that a value from a file can.
func TestGivenValuesInCommands(t *testing.T) {
	t.Parallel()
	definitions := `version: 1
templates:
  - {name: tpl, inputs: {ref: {required: true}}, steps: [{sh: {name: a, inputs: {command: "git fetch ${{ inputs.ref }}"}}}]}
jobs:
  - {name: direct, steps: [{sh: {inputs: {command: "git fetch ${{ vars.ref }}"}}}]}
  - {name: raw, steps: [{module_id: m, name: n, properties: {command: "${{ vars.whole }}"}}]}
  - {name: indirect, template: {name: tpl, inputs: {ref: "x${{ vars.ref }}"}}}
  - {name: matrix, matrix: {r: ["${{ vars.ref }}"]}, steps: [{sh: {inputs: {command: "${{ matrix.r }}"}}}]}
`
	set := load(t, spec.MapTree{
		"buildsync.yaml":     workspace + "vars: {ref: \"a; b\", whole: \"git fetch ${{ vars.ref }} && true\"}\n",
		"definitions/a.yaml": definitions,
	}, "")
	if _, diags := compile.Compile(set, compile.Options{}); len(diags) > 0 {
		t.Errorf("the files' own values are refused:\n%s", describe(diags))
	}
	for _, harmless := range []string{"main", "feature/1.2_x", "v1.0-rc.1", "a@b:c", "主干", "a b", "", "50%+1=x,y"} {
		if _, diags := compile.Compile(set, compile.Options{Vars: map[string]string{"ref": harmless}}); len(diags) > 0 {
			t.Errorf("%q is refused:\n%s", harmless, describe(diags))
		}
	}
	for _, payload := range []string{
		"$(id)", "`id`", "a;id", "a|id", "a&id", "a&&id", "a>f", "a<f", "a\nid", "a\rid", "${IFS}", "$IFS", "a\\", "a'b", `a"b`, "a(b", "a)b",
		"{a,b}", "a*", "a?", "[a]", "~", "#x", "!!", "^x", "a\x00", "a\u2028b",
	} {
		_, diags := compile.Compile(set, compile.Options{Vars: map[string]string{"ref": payload}})
		if len(diags) != 4 {
			t.Errorf("%q: %d findings, want one for each job:\n%s", payload, len(diags), describe(diags))
		}
		for _, d := range diags {
			if d.Rule != "shell-injection" {
				t.Errorf("%q: %s", payload, d.Rule)
			}
		}
	}
}

// TestFindingsAreBounded checks that thousands of equal mistakes give a readable list.
func TestFindingsAreBounded(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	source.WriteString("version: 1\njobs:\n")
	for i := range 3000 {
		fmt.Fprintf(&source, "  - {name: j%d, flavor: \"${{ vars.unknown%d }}\"}\n", i, i)
	}
	_, diags := compile.Compile(load(t, spec.MapTree{"definitions/a.yaml": source.String()}, ""), compile.Options{})
	if len(diags) != 21 || diags[20].Message != "2980 more of this kind in this file are not listed" {
		t.Errorf("%d findings, the last is %q", len(diags), diags[len(diags)-1].Message)
	}
}

// TestNoProjectIsSaidOnce checks that many jobs without a project are one finding, which any of their
// files shows.
func TestNoProjectIsSaidOnce(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{3: 3, 4: 1, 60: 1} {
		tree := spec.MapTree{"buildsync.yaml": "version: 1\nprojects: {a: " + strings.Repeat("a", 32) + ", b: " + strings.Repeat("b", 32) + "}\n"}
		for i := range n {
			tree[fmt.Sprintf("definitions/j%02d.yaml", i)] = fmt.Sprintf("version: 1\njobs: [{name: j%d, arch: arm, steps: []}]\n", i)
		}
		_, found := compile.Compile(load(t, tree, ""), compile.Options{})
		if len(found) != want {
			t.Errorf("%d jobs: %d findings, want %d: %v", n, len(found), want, found)
			continue
		}
		if last := fmt.Sprintf("definitions/j%02d.yaml", n-1); want == 1 && (!strings.HasSuffix(found[0].Message, fmt.Sprintf("the same holds for %d more", n-1)) || !slices.Contains(found[0].Causes, last)) {
			t.Errorf("%d jobs: %+v", n, found[0])
		}
	}
}
