package pages_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

const pathsProject = "6ecbc5bac7c8442fb3d2563d53c13582"

// pathsDefinitions has a value of each kind that a plan can print, some with names that need quotes.
const pathsDefinitions = `version: 1
templates:
  - name: T
    publish: true
    tool_type: maven
    description: d
    parameters: [{name: TP, default: x}]
    steps: [{sh: {name: A, inputs: {command: ls}}}]
    extra: {template: {image: v, deep: {k: [1]}, "a.b": {"c d": 1}}}
jobs:
  - name: a
    arch: arm
    flavor: 2u8g
    host_type: devcloud
    build_config_type: ACTION
    auto_update_sub_module: true
    enabled: false
    scms: [{scm_type: codehub, url: "git@x.y:z.git", branch: m, depth: 1}]
    parameters:
      - {name: P, default: v, description: d}
      - {name: E, options: [v, w]}
      - {definition: d, params: [{name: name, value: R}, {name: defaultValue, value: v, odd: 1}, {name: odd, value: 1, limits: [{name: x, value: v}]}], own: {x: 1}}
    steps:
      - sh: {name: A, inputs: {command: ls}}
      - sh: {name: "A b.c[0]", inputs: {command: ls}}
      - sh: {name: A, enable: false, version: 2.0.0, inputs: {command: ls}, properties: {deep: {x: [{y: 1}]}, "a.b": 1, "a b": 1}}
    notifications: {MAIL: [buildJobFail], DING_TALK: {events: [deleteJob], param_config: c}}
    triggers: [{cron: "1 2 * * *", timezone: Asia/Shanghai}]
    timeout: 4h
    on_commit: true
    group_id: g
    extra: {odd: {x: [1, {y: z}]}, "a.b": 1, "0": 1, "x y": {"p q": 1}}
`

// TestEachPlannedPathIsTakenBack changes every live value, and hands each path that the plan prints
// to explain, compile, query and policy.ignore: all know it, and an ignored value keeps its live
// form.
func TestEachPlannedPathIsTakenBack(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{spec.WorkspaceFile: "version: 1\ndefinitions: [\"*.yaml\"]\nprojects: {p: " + pathsProject + "}\ndefault_project: p\n", "a.yaml": pathsDefinitions}
	loaded, found := compile.Load(tree, "", compile.Options{Keep: true})
	if found.HasErrors() {
		t.Fatal(found)
	}
	result := loaded.Result
	w := &workspace.Workspace{Set: loaded.Set, Result: result, Catalogue: catalog.Default()}
	in := diff.Input{Head: result, Modules: diff.ModulesOf(w.Catalogue), Live: &diff.Snapshot{
		Templates: []*diff.LiveTemplate{{UUID: "u", Name: "T", Body: otherwise("", result.Templates[0].Body)}},
		Projects: map[string]*diff.LiveProject{pathsProject: {ID: pathsProject, Complete: true, Jobs: []*diff.LiveJob{{
			ProjectID: pathsProject, ID: "i", Name: "a", Body: otherwise("", result.Jobs[0].CreateBody()), Notices: []wire.Notice{{NoticeType: "MAIL"}, {NoticeType: "DING_TALK"}}}}}},
	}}
	paths := 0
	for _, change := range diff.Compute(in).Changes {
		for _, f := range change.Fields {
			paths++
			words := []string{change.Address + "." + f.Path, change.Name + "." + f.Path}
			if _, err := pages.SelectCompiled(w, words); err != nil {
				t.Errorf("compile: %v", err)
			}
			for _, word := range words {
				checkExplained(t, w, word)
			}
			if change.Kind == diff.KindTemplate {
				continue
			}
			checkQueried(t, loaded, f.Path)
			policy := in
			policy.Policy.Ignore = []spec.Ignore{{Job: "a", Fields: []string{f.Path}}}
			for _, left := range diff.Compute(policy).Changes {
				for _, other := range left.Fields {
					if left.Kind != diff.KindTemplate && other.Path == f.Path {
						t.Errorf("policy.ignore with %s: the plan still has it", f.Path)
					}
				}
			}
		}
	}
	if paths < 40 {
		t.Errorf("the plan has %d paths", paths)
	}
}

func checkExplained(t *testing.T, w *workspace.Workspace, word string) {
	t.Helper()
	reply, err := pages.Explain(w, word)
	if err != nil {
		t.Errorf("explain: %v", err)
		return
	}
	var out screen.Paper
	reply.Text(&out)
	if !strings.Contains(out.String(), "\n= ") && !strings.Contains(out.String(), "VALUE") {
		t.Errorf("explain %s shows no value:\n%s", word, out.String())
	}
}

func checkQueried(t *testing.T, loaded *compile.Loaded, path string) {
	t.Helper()
	asked, err := bulk.ParseConditions([]string{path})
	if err != nil {
		t.Errorf("query: %v", err)
		return
	}
	if found, err := bulk.Query(loaded, []*bulk.Object{bulk.OfJob(loaded.Result.Jobs[0])}, bulk.Question{Asked: asked}); err != nil || len(found) != 1 {
		t.Errorf("query %s: %d values, %v", path, len(found), err)
	}
}

// otherwise returns a body in which every value differs from v, but for the names of things.
func otherwise(key string, v *jsontree.Value) *jsontree.Value {
	switch key {
	case "name", "module_id", "project_id", "job_name":
		return v
	}
	switch v.Kind() {
	case jsontree.KindObject:
		isFixed := slices.Contains([]string{wire.ParamName, wire.ParamSensitiveVar, wire.ParamDefaults}, v.Str("name"))
		out := jsontree.Object()
		for _, m := range v.Members() {
			if isFixed && m.Key == "value" { // which decides how the other fields compare
				out.Set(m.Key, m.Value)
				continue
			}
			out.Set(m.Key, otherwise(m.Key, m.Value))
		}
		return out
	case jsontree.KindArray:
		out := jsontree.Array()
		for _, item := range v.Items() {
			out.Append(otherwise("", item))
		}
		return out
	case jsontree.KindString:
		return jsontree.String(other(v.Text()))
	case jsontree.KindNumber:
		return jsontree.Number(v.Text() + "1")
	case jsontree.KindBool:
		return jsontree.Bool(v.Text() != "true")
	}
	return v
}

func other(text string) string {
	switch text {
	case "true":
		return "false"
	case "false":
		return "true"
	case "4":
		return "5"
	}
	return fmt.Sprint(text, "x")
}

// TestPlaceOfAReferredValue checks that a value behind a reference begins its way at the reference,
// be it a text, a list or a part of one, and that query shows where its text is written.
func TestPlaceOfAReferredValue(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{
		spec.WorkspaceFile: "version: 1\ndefinitions: [\"*.yaml\"]\nprojects: {p: " + pathsProject + "}\ndefault_project: p\nvars:\n  f: 2u8g\n  outer: \"${{ vars.l }}\"\n  l:\n    - one\n    - \"${{ vars.f }}\"\n  m: {k: v}\n",
		"a.yaml": `version: 1
jobs:
  - name: a
    arch: arm
    flavor: ${{ vars.f }}
    steps: []
    labels: ${{ vars.m }}
    parameters: [{name: E, options: "${{ vars.outer }}"}]
    extra: {x: "${{ vars.outer }}"}
`}
	loaded, _ := compile.Load(tree, "", compile.Options{Keep: true})
	w := &workspace.Workspace{Set: loaded.Set, Result: loaded.Result, Catalogue: catalog.Default()}
	for path, want := range map[string]string{
		"flavor":                 "a.yaml:5:13 written, buildsync.yaml:6:6 variable f; 6",
		"labels.k":               "a.yaml:7:13 written, buildsync.yaml:11:10 variable m; 11",
		"x[0]":                   "a.yaml:9:16 written, buildsync.yaml:7:10 variable outer, buildsync.yaml:9:7 variable l; 9",
		"x[1]":                   "a.yaml:9:16 written, buildsync.yaml:7:10 variable outer, buildsync.yaml:10:7 variable l, buildsync.yaml:6:6 variable f; 6",
		`parameters["E"].limits`: "a.yaml:8:37 written, buildsync.yaml:7:10 variable outer, buildsync.yaml:9:5 variable l; 9",
	} {
		reply, err := pages.Explain(w, "a."+path)
		if err != nil {
			t.Error(err)
			continue
		}
		var out screen.Paper
		reply.Text(&out)
		_, table, _ := strings.Cut(out.String(), "FROM\n")
		var way []string
		for line := range strings.Lines(table) {
			way = append(way, strings.Join(strings.Fields(line), " "))
		}
		asked, _ := bulk.ParseConditions([]string{path})
		found, err := bulk.Query(loaded, []*bulk.Object{bulk.OfJob(loaded.Result.Jobs[0])}, bulk.Question{Asked: asked})
		if err != nil || len(found) != 1 {
			t.Errorf("query %s: %d values, %v", path, len(found), err)
			continue
		}
		if have := fmt.Sprintf("%s; %d", strings.Join(way, ", "), found[0].At.Line); have != want {
			t.Errorf("%s: %s\nwant %s", path, have, want)
		}
	}
}
