package compile_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/schemas"
)

const lawWorkspace = `version: 1
region: eu-west-101
definitions: ["definitions/*.yaml"]
projects: {p: 6ecbc5bac7c8442fb3d2563d53c13582}
default_project: p
secrets: [S]
vars:
  text: one
  list: [a, b]
  map: {a: b}
  literal: "$${{ x }}"
defaults: {job: {host_type: devcloud, extra: {kept: d}}}
environments: {e: {vars: {own: two}, region: eu-west-101, policy: {drift: fail}, defaults: {job: {flavor: 2u8g}}}}
policy: {on_remove: keep, max_removals: 3, max_removal_share: 0.5, drift: revert, ignore: [{job: x, fields: [flavor], reason: r}]}
lint: {rules: {image-pin: off}, overrides: [{files: x, rules: {image-pin: off}}], tables: {images: {x: y}, flavors: [x], host_types: [x], scm_types: [x], modules: [x], variables: [x]}}
`

// lawDefinitions uses each key of the schema of definitions.
const lawDefinitions = `version: 1
fragments:
  - name: f
    description: d
    inputs: {i: {default: d, required: false, description: d}}
    steps: [{sh: {name: n, inputs: {command: c}}}]
templates:
  - name: t
    description: d
    publish: true
    tool_type: k
    inputs: {i: {default: d, required: false, description: d}}
    parameters: [{name: q, default: v}]
    steps: [{use: f, inputs: {i: v}}]
    extra: {other: v, template: {image: v}}
families:
  - name: fam
    description: d
    inputs: {i: {default: d, required: false, description: d}}
    jobs: [{name: "fam-${{ inputs.i }}", arch: arm, steps: []}]
jobs:
  - family: {name: fam, inputs: {i: "${{ matrix.m }}"}}
    matrix: {m: [x, y]}
  - name: a
    project: p
    template: {name: t, inputs: {i: v}}
    without: [host_type]
    arch: arm
    flavor: 2u8g
    host_type: devcloud
    build_config_type: ACTION
    auto_update_sub_module: false
    enabled: true
    scms:
      - {scm_type: codehub, url: "git@x:y.git", repo_id: 1, branch: b, build_type: tag, depth: 1, is_auto_build: true, end_point_id: e, source: s, web_url: w, enable_git_lfs: true, group_name: g, repo_name: r}
    parameters:
      - {name: P, default: v, predefined: true, static: false, deletable: true, description: d}
      - {name: E, options: [v, {name: n, display_name: d, disable: 0}]}
      - {name: T, secret: S}
      - {definition: d, params: [{name: name, value: R}, {name: defaultValue, value: v, limits: [{name: n}], other: v}]}
      - {secret: S, params: [{name: name, value: U}]}
    steps:
      - use: template
      - use: f
        inputs: {i: v}
      - sh: {name: n, image: i, enable: true, version: v, inputs: {command: c, k: v}, properties: {l: v}}
      - maven: {name: m}
      - npm: {name: m}
      - docker: {name: m}
      - build_image: {name: m}
      - swr: {name: m}
      - cmake: {name: m}
      - upload_artifact: {name: m}
      - upload_obs: {name: m}
      - {module_id: devcloud2018.codeci_action_20017.action, name: r, version: v, enable: true, other: v, properties: {command: c, deep: [{k: v}]}}
      - sh: {name: f, inputs: {command: {$file: s.sh}}}
    notifications: {MAIL: [buildJobFail], MESSAGE: [], DING_TALK: {events: [buildJobFail], param_config: c}, WECOM: [], FEISHU: []}
    triggers:
      - {cron: "1 2 * * *", timezone: Asia/Shanghai}
      - {name: n, parameters: [{name: n, value: v, other: v}]}
    timeout: 4h
    on_commit: true
    group_id: g
    id: 0123456789abcdef0123456789abcdef
    renamed_from: [old]
    adopt: true
    protect: true
    owner: o
    labels: {l: v}
    extra: {resource_limit: {k: [v]}}
  - name: b
    arch: arm
    steps: []
    timeout: {limit: 4, unit: hour}
    build_if_code_updated: true
  - name: c-${{ matrix.m }}
    matrix: {m: [x, y], include: [{m: z}], exclude: [{m: y}]}
    arch: arm
    steps: []
removed:
  - {job: gone, project: p, action: disable, reason: r}
`

// TestEachPlaceOfAReference checks each value, list, mapping and key of the language. A reference
// there is resolved or refused, and is never sent as text.
func TestEachPlaceOfAReference(t *testing.T) {
	t.Parallel()
	compileLaw(t, lawWorkspace, lawDefinitions, "")
	for i, ref := range []string{
		"${{ vars.text }}", "${{ vars.zz }}", "${{ vars.list }}", "${{ vars.map }}", "pre-${{ vars.text }}", "pre-${{ vars.zz }}",
		"${{ inputs.i }}", "${{ job.name }}", "${{ nothing", "${{ vars.literal }}",
	} {
		for at := range places(t, lawDefinitions) {
			if i >= 2 && (at+i)%referenceStride != 0 {
				continue
			}
			text, where := withReference(t, lawDefinitions, at, ref)
			compileLaw(t, lawWorkspace, text, where+" = "+ref)
		}
		for at := range places(t, lawWorkspace) {
			if (at+i)%referenceStride != 0 {
				continue
			}
			text, where := withReference(t, lawWorkspace, at, ref)
			compileLaw(t, text, lawDefinitions, "buildsync.yaml "+where+" = "+ref)
		}
	}
}

// TestLawUsesEachKey checks that lawDefinitions leaves no key of the schema out.
func TestLawUsesEachKey(t *testing.T) {
	t.Parallel()
	text, err := schemas.Files.ReadFile("definitions.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	var visit func(v any)
	visit = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				visit(item)
			}
		case map[string]any:
			properties, _ := v["properties"].(map[string]any)
			for key, sub := range properties {
				if _, isSchema := sub.(map[string]any); isSchema && !strings.Contains(lawDefinitions, key+":") {
					t.Errorf("lawDefinitions does not use %q", key)
				}
			}
			for keyword, below := range v {
				if keyword != "properties" {
					visit(below)
				}
			}
			for _, sub := range properties {
				visit(sub)
			}
		}
	}
	visit(schema)
}

func parseYAML(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	return root.Content[0]
}

// places returns the number of nodes of a file: scalars, lists, mappings and keys.
func places(t *testing.T, text string) int {
	t.Helper()
	var count func(n *yaml.Node) int
	count = func(n *yaml.Node) int {
		sum := 1
		for _, below := range n.Content {
			sum += count(below)
		}
		return sum
	}
	return count(parseYAML(t, text))
}

// withReference puts a reference in place of the node number at.
func withReference(t *testing.T, text string, at int, ref string) (changed, where string) {
	t.Helper()
	root := parseYAML(t, text)
	var replace func(n *yaml.Node, path string)
	replace = func(n *yaml.Node, path string) {
		if at == 0 {
			where = path
			*n = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: ref}
		}
		at--
		for i, below := range n.Content {
			replace(below, fmt.Sprintf("%s/%d(%s)", path, i, below.Value))
		}
	}
	replace(root, "")
	out, err := yaml.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), where
}

// compileLaw compiles, and demands errors, or bodies without a reference.
func compileLaw(t *testing.T, workspace, definitions, where string) {
	t.Helper()
	set, found := spec.Load(spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": definitions, "s.sh": "make\n"}, spec.Options{Environment: "e"})
	if set == nil {
		return // refused
	}
	result, more := compile.Compile(set, compile.Options{})
	found = append(found, more...)
	literal := strings.HasSuffix(where, "vars.literal }}")
	if found.HasErrors() {
		if where == "" {
			t.Fatal(found)
		}
		for _, d := range found {
			within := func(r spec.Related) bool { return r.Range.Start.File == "definitions/a.yaml" }
			if !strings.HasPrefix(where, "buildsync.yaml") && d.Range.Start.File != "definitions/a.yaml" && !slices.ContainsFunc(d.Related, within) {
				t.Errorf("%s: %s %q does not show the use", where, d.Range.Start, d.Message)
			}
		}
		return
	}
	if strings.Contains(where, "vars.zz") || strings.HasSuffix(where, "${{ nothing") {
		t.Errorf("%s: the unknown name is not refused", where)
	}
	for _, job := range result.Jobs {
		labels := fmt.Sprint(job.Owner, job.Labels)
		sent := labels + string(job.CreateBody().Indented()) + string(job.NoticeBodies().Indented()) + job.ID + job.Name + strings.Join(job.RenamedFrom, " ")
		for _, n := range job.Notices {
			if n.ParamConfig != nil {
				sent += *n.ParamConfig
			}
		}
		checkSent(t, where, job.Address, sent, literal)
	}
	for _, template := range result.Templates {
		checkSent(t, where, template.Address, template.Name+string(template.Body.Indented()), literal)
	}
	for _, removal := range result.Removals {
		checkSent(t, where, removal.Address, removal.Job+removal.Reason+removal.Action, literal)
	}
}

func checkSent(t *testing.T, where, address, sent string, literal bool) {
	t.Helper()
	if literal {
		sent = strings.ReplaceAll(sent, "${{ x }}", "")
	}
	if strings.Contains(sent, "${{") {
		t.Errorf("%s: %s is sent with a reference in it", where, address)
	}
}
