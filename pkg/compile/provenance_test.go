package compile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// TestExplain follows values through every kind of station.
func TestExplain(t *testing.T) {
	t.Parallel()
	set := load(t, spec.MapTree{
		"buildsync.yaml": workspace + `vars: {tag: a}
environments: {prod: {vars: {tag: b}}}
defaults:
  job: {flavor: 2u8g}
`,
		"run.sh": "true\n",
		"definitions/a.yaml": `version: 1
templates:
  - name: tpl
    inputs: {dir: {default: src}}
    steps:
      - sh: {image: "x:${{ vars.tag }}", inputs: {command: "ls ${{ inputs.dir }}"}}
      - sh: {name: File, inputs: {command: {$file: run.sh}}}
jobs:
  - name: job-${{ matrix.arch }}
    arch: ${{ matrix.arch }}
    matrix: {arch: [arm]}
    template: {name: tpl}
    timeout: 1h
`,
	}, "prod")
	result, diags := compile.Compile(set, compile.Options{})
	if len(diags) > 0 || len(result.Jobs) != 1 {
		t.Fatal(describe(diags))
	}
	job := result.Jobs[0]
	for _, c := range []struct{ path, want string }{
		{"arch", "definitions/a.yaml:10:11 < matrix arch definitions/a.yaml:11:21"},
		{"flavor", "buildsync.yaml:9:17 < default defaults.job buildsync.yaml:9:17"},
		{"job_name", "definitions/a.yaml:9:11 < matrix arch definitions/a.yaml:11:21"},
		{"timeout.limit", "definitions/a.yaml:13:14"},
		{"timeout.unit", "definitions/a.yaml:13:14 < compiler timeout form definitions/a.yaml:13:14"},
		{
			`steps["Execute Shell Command"].properties.image`,
			"definitions/a.yaml:6:21 < variable tag buildsync.yaml:7:35 < environment prod buildsync.yaml:7:35 < template tpl definitions/a.yaml:6:21",
		},
		{
			`steps["Execute Shell Command"].properties.command`,
			"definitions/a.yaml:6:60 < input dir definitions/a.yaml:4:29 < template tpl definitions/a.yaml:6:60",
		},
		{`steps["Execute Shell Command"].module_id`, "definitions/a.yaml:6:9 < catalogue sh definitions/a.yaml:6:9"},
		{
			`steps["File"].properties.command`,
			"definitions/a.yaml:7:44 < file run.sh run.sh:1:1 < template tpl definitions/a.yaml:7:52",
		},
	} {
		stations := job.Provenance[c.path].Stations()
		parts := make([]string, 0, len(stations))
		for _, s := range stations {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %s", s.Kind, s.Name)+" "+s.Pos.String()))
		}
		if have := strings.Join(parts, " < "); have != c.want {
			t.Errorf("%s:\nhave %s\nwant %s", c.path, have, c.want)
		}
	}
}

// TestEveryValueHasProvenance holds it for all fixtures.
func TestEveryValueHasProvenance(t *testing.T) {
	t.Parallel()
	eachFixture(t, func(t *testing.T, dir string, tree spec.Tree) {
		set, _ := spec.Load(tree, spec.Options{})
		result, _ := compile.Compile(set, compile.Options{})
		for _, job := range result.Jobs {
			for _, path := range bodyPaths(job.Body()) {
				if p, ok := job.Provenance[path]; !ok || !p.Pos.IsValid() {
					t.Errorf("%s: no provenance of %s", job.Address, path)
				}
			}
		}
	})
}

// bodyPaths spells the paths of a body's values as the compiler does.
func bodyPaths(body *jsontree.Value) []string {
	var paths []string
	for _, m := range body.Members() {
		switch m.Key {
		case "steps":
			seen := map[string]int{}
			for _, step := range m.Value.Items() {
				name := step.Str("name")
				seen[name]++
				paths = append(paths, leaves(compile.StepPath(name, seen[name]), step)...)
			}
		case "parameters":
			for _, p := range m.Value.Items() {
				paths = append(paths, parameterPaths(p)...)
			}
		case "triggers":
			for i, trigger := range m.Value.Items() {
				paths = append(paths, triggerPaths(compile.TriggerPath(i), trigger)...)
			}
		default:
			paths = append(paths, leaves(m.Key, m.Value)...)
		}
	}
	return paths
}

func triggerPaths(path string, trigger *jsontree.Value) []string {
	paths := []string{path}
	for _, m := range trigger.Members() {
		if m.Key != "parameters" {
			paths = append(paths, leaves(path+valuepath.Member(m.Key), m.Value)...)
			continue
		}
		for _, p := range m.Value.Items() {
			paths = append(paths, path+".parameters"+valuepath.Name(p.Str("name"), 1))
		}
	}
	return paths
}

func parameterPaths(p *jsontree.Value) []string {
	var name string
	var fields []string
	for _, field := range p.Get("params").Items() {
		if field.Str("name") == "name" {
			name = field.Str("value")
		}
		fields = append(fields, field.Str("name"))
	}
	paths := []string{compile.ParameterPath(name)}
	for _, field := range fields {
		paths = append(paths, compile.ParameterPath(name)+valuepath.Member(field))
	}
	return paths
}

func leaves(path string, v *jsontree.Value) []string {
	paths := []string{path}
	for _, m := range v.Members() {
		paths = append(paths, leaves(path+valuepath.Member(m.Key), m.Value)...)
	}
	for i, item := range v.Items() {
		paths = append(paths, leaves(path+valuepath.Index(i), item)...)
	}
	return paths
}
