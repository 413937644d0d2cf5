package export_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/spec"
)

func TestLayout(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("构", 115)
	for _, c := range []struct {
		name, out, folder, object, want string
		globs                           []string
	}{
		{"default globs", "", "shop", "order", "definitions/shop/order.yaml", []string{"definitions/**/*.y{a,}ml"}},
		{"own folder", "", "shop", "order", "jobs/shop/order.yaml", []string{"jobs/**/*.yaml"}},
		{"templates have a glob", "", "templates", "a/b", "templates/a-b.yaml", []string{"jobs/**/*.yaml", "templates/**/*.yaml"}},
		{"templates have none", "", "templates", "t", "jobs/templates/t.yaml", []string{"jobs/**/*.yaml"}},
		{"asked for", "jobs/old", "shop", "order", "jobs/old/shop/order.yaml", []string{"jobs/**/*.yaml"}},
		{"leaves the folder", "", "shop", "../../x", "jobs/shop/-..-x.yaml", []string{"jobs/**/*.yaml"}},
		{"a device", "", "shop", "NUL", "jobs/shop/NUL_.yaml", []string{"jobs/**/*.yaml"}},
		{"not read", "elsewhere", "shop", "order", "", []string{"jobs/**/*.yaml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file, err := export.NewLayout(c.globs, c.out).File(c.folder, c.object, "x")
			if file != c.want && !strings.HasSuffix(file, "x.yaml") || (err == nil) != (c.want != "") {
				t.Errorf("have %q, %v", file, err)
			}
			if err := spec.CheckName(file); c.want != "" && err != nil {
				t.Error(err)
			}
		})
	}
	layout := export.NewLayout([]string{"jobs/**/*.yaml"}, "")
	seen := map[string]bool{}
	for _, name := range []string{"build", "Build", "BUILD", long, long + "x"} {
		file, err := layout.File("shop", name, name)
		if err != nil || seen[strings.ToLower(file)] || len(file) > 250 {
			t.Errorf("%s: %q, %v", name, file, err)
		}
		seen[strings.ToLower(file)] = true
	}
}

// TestFactorKeepsMeaning checks what is shared, what is left alone, and that comments stay.
func TestFactorKeepsMeaning(t *testing.T) {
	t.Parallel()
	job := func(name, arch, command, more string) string {
		return "  - name: " + name + "   # " + name + "\n    arch: " + arch + "\n    flavor: 2u8g\n    steps:\n" + more +
			"      - sh:\n          name: Test\n          image: i\n          inputs:\n            command: " + command + "\n"
	}
	source := "version: 1\njobs:\n" + job("a", "arm", "make a", "") + job("b", "arm", "make b", "") + job("c", "arm", "make c", "") +
		job("d", "x86-64", "make d", "      # why\n") + "  - name: m-${{ matrix.x }}\n    arch: arm\n    flavor: 2u8g\n    matrix: {x: [p, q]}\n    steps: []\n"
	set, before := workspaceOf(t, source)
	factoring, err := export.Factor(set, export.NewLayout(set.Workspace.Definitions, ""), compile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tree := spec.MapTree{}
	for name, text := range factoring.Files {
		tree[name] = string(text)
	}
	want := `version: 1
jobs:
  - name: a   # a
    template:
      name: sh
      inputs:
        command: make a
  - name: b   # b
    template:
      name: sh
      inputs:
        command: make b
  - name: c   # c
    template:
      name: sh
      inputs:
        command: make c
  - name: d   # d
    arch: x86-64
    steps:
      # why
      - sh:
          name: Test
          image: i
          inputs:
            command: make d
  - name: m-${{ matrix.x }}
    arch: arm
    flavor: 2u8g
    matrix: {x: [p, q]}
    steps: []
`
	if tree["definitions/a.yaml"] != want {
		t.Errorf("have\n%s", tree["definitions/a.yaml"])
	}
	after, diagnostics := spec.Load(tree, spec.Options{})
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	result, diagnostics := compile.Compile(after, compile.Options{})
	if diagnostics.HasErrors() || len(result.Jobs) != len(before.Jobs) {
		t.Fatal(diagnostics)
	}
	for i, job := range result.Jobs {
		if have, want := string(job.Body().AppendJSON(nil)), string(before.Jobs[i].Body().AppendJSON(nil)); have != want {
			t.Errorf("%s: have %s\nwant %s", job.Address, have, want)
		}
	}
}

// TestFactorKeepsComments checks that a comment beside a value keeps both the comment and the
// value.
func TestFactorKeepsComments(t *testing.T) {
	t.Parallel()
	job := func(name, arch, parameters string) string {
		return "  - name: " + name + "\n    arch: " + arch + "\n    notifications:\n      MAIL: [buildJobFail]" + map[string]string{"b": "   # ours"}[name] +
			"\n    parameters:\n" + parameters + "      - {name: v, default: d}\n    steps:\n      - sh:\n          name: Test\n          image: i\n"
	}
	source := "version: 1\njobs:\n" + job("a", "arm   # until the new hosts", "") + job("b", "arm", "") + job("c", "arm", "      # why\n") + job("d", "arm", "") + job("e", "arm", "")
	set, _ := workspaceOf(t, source)
	factoring, err := export.Factor(set, export.NewLayout(set.Workspace.Definitions, ""), compile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	have := string(factoring.Files["definitions/a.yaml"])
	for _, want := range []string{"    arch: arm   # until the new hosts\n", "      MAIL: [buildJobFail]   # ours\n", "      # why\n"} {
		if !strings.Contains(have, want) {
			t.Errorf("%q is lost", want)
		}
	}
	if strings.Count(have, "arch:") != 1 || strings.Count(have, "template:") < 3 {
		t.Errorf("have\n%s", have)
	}
}

// TestFactorLeavesSharedAnchors checks that no value leaves a job that merges a mapping or holds an
// anchor: the key stays there, or an alias would lose what it stands for.
func TestFactorLeavesSharedAnchors(t *testing.T) {
	t.Parallel()
	const steps = "    steps:\n      - sh: {name: S, image: i, inputs: {command: make}}\n      - sh: {name: T, image: i, inputs: {command: test}}\n"
	for _, source := range []string{
		"version: 1\nx-job: &job\n  arch: arm\njobs:\n  - <<: *job\n    name: a\n" + steps + "  - <<: *job\n    name: b\n" + steps + "  - <<: *job\n    name: c\n" + steps,
		"version: 1\njobs:\n  - &job\n    name: a\n    arch: arm\n" + steps + "  - <<: *job\n    name: b\n  - <<: *job\n    name: c\n",
		"version: 1\njobs:\n  - name: a\n    arch: arm\n" + strings.Replace(steps, "steps:", "steps: &s", 1) + "  - {name: b, arch: arm, steps: *s}\n  - name: c\n    arch: arm\n    steps: *s\n",
	} {
		set, before := workspaceOf(t, source)
		factoring, err := export.Factor(set, export.NewLayout(set.Workspace.Definitions, ""), compile.Options{})
		if err != nil {
			t.Errorf("%v\n%s", err, source)
			continue
		}
		if text := factoring.Files["definitions/a.yaml"]; text != nil {
			t.Errorf("%d jobs: factored to\n%s", len(before.Jobs), text)
		}
	}
}

// TestFactorReachesAFixedPoint checks that a second Factor moves nothing. Two jobs go over a value
// that they merge, so they cannot give that value, for each key that may be moved, but they can give
// the others.
func TestFactorReachesAFixedPoint(t *testing.T) {
	t.Parallel()
	values := []struct{ key, usual, merged string }{
		{"owner", "team-a", "team-b"}, {"labels", "{tier: one}", "{tier: two}"}, {"arch", "arm", "x86-64"}, {"flavor", "2u8g", "4u8g"},
		{"host_type", "devcloud", "custom_host"}, {"build_config_type", "ACTION", "YAML"}, {"auto_update_sub_module", "true", "false"},
		{"notifications", "{MAIL: [buildJobFail]}", "{MAIL: [deleteJob]}"}, {"timeout", "1h", "2h"}, {"on_commit", "true", "false"}, {"extra", "{k: 1}", "{k: 2}"},
	}
	for _, merged := range values {
		t.Run(merged.key, func(t *testing.T) {
			t.Parallel()
			source := "version: 1\nx-job: &job\n  " + merged.key + ": " + merged.merged + "\njobs:\n"
			for i := range 6 {
				source += []string{"  - ", "  - <<: *job\n    "}[i/4] + fmt.Sprintf("name: job-%d\n", i)
				for _, v := range values {
					text := v.usual
					if i < 2 && v.key != merged.key {
						text = v.merged
					}
					source += "    " + v.key + ": " + text + "\n"
				}
			}
			tree := spec.MapTree{"buildsync.yaml": "version: 1\nprojects: {shop: " + projectID + "}\ndefault_project: shop\n", "definitions/a.yaml": source}
			for again := range 2 {
				factoring := factored(t, tree)
				if again == 0 && len(factoring.Defaults) != len(values) {
					t.Errorf("moved %v of %s", factoring.Defaults, source)
				}
				if again == 1 && len(factoring.Files) > 0 {
					t.Errorf("a second time: %s", factoring.Files)
				}
				for name, text := range factoring.Files {
					tree[name] = string(text)
				}
			}
		})
	}
}

// TestFactorShares checks what is shared by jobs that differ in a few values.
func TestFactorShares(t *testing.T) {
	t.Parallel()
	job := func(name, image, command, more, notifications string) string {
		return "  - name: " + name + "\n    steps:\n      - sh:\n          name: Test\n          image: " + image + "\n          inputs: {command: " + command + more + "}\n    notifications: " + notifications + "\n"
	}
	many := func(n string) string { return ", a: " + n + ", b: " + n + ", c: " + n + ", d: same" }
	for _, c := range []struct {
		name, jobs string
		want       map[string]string
	}{
		{"what most have is the input's default", job("a", "new", "a", "", "{}") + job("b", "old", "b", "", "{}") + job("c", "old", "c", "", "{}"), map[string]string{
			"definitions/templates/sh.yaml": "inputs:\n      image: {default: old}\n      command: {required: true}\n    steps:\n      - sh:\n          name: Test\n          image: ${{ inputs.image }}\n",
			"definitions/a.yaml":            "- name: a\n    template:\n      name: sh\n      inputs:\n        image: new\n        command: a\n    notifications: {}\n\n  - name: b\n    template:\n      name: sh\n      inputs:\n        command: b\n",
		}},
		{"a script in a file is an input too", job("a", "i", "{$file: run.sh}", "", "{}") + job("b", "i", "b", "", "{}") + job("c", "i", "c", "", "{}"), map[string]string{
			"definitions/a.yaml": "- name: a\n    template:\n      name: sh\n      inputs:\n        command: {$file: run.sh}\n",
		}},
		{"too many differences part the jobs", job("a", "i", "a", many("1"), "{}") + job("b", "i", "b", many("1"), "{}") + job("c", "i", "c", many("1"), "{}") + job("d", "j", "d", many("2"), "{}"), map[string]string{
			"definitions/a.yaml": "- name: c\n    template:\n      name: sh\n      inputs:\n        command: c\n    notifications: {}\n  - name: d\n    steps:\n",
		}},
		{"notifications of the same channels", job("a", "i", "a", "", "{MAIL: [deleteJob]}") + job("b", "j", "b", ", x: 1", "{MAIL: [deleteJob]}") + job("c", "k", "c", "", "{MAIL: []}"), map[string]string{
			"buildsync.yaml":     "defaults:\n  job:\n    notifications:\n      MAIL: [deleteJob]\n",
			"definitions/a.yaml": "{command: b, x: 1}\n  - name: c\n    steps:\n",
		}},
		{"further fields that all have", job("a", "i", "a", "", "{}\n    extra: {source: codeci, k: 1}") + job("b", "j", "b", ", x: 1", "{}\n    extra: {k: 1, source: codeci}") + job("c", "k", "c", "", "{}\n    extra: {source: codeci, k: 1}"), map[string]string{
			"buildsync.yaml":     "defaults:\n  job:\n    extra:\n      source: codeci\n      k: 1\n",
			"definitions/a.yaml": "    notifications: {}\n\n  - name: b\n",
		}},
		{"not what lies deeper", job("a", "i", "a", "", "{}\n    extra: {x: {a: 1}}") + job("b", "j", "b", ", x: 1", "{}\n    extra: {x: {a: 1}}") + job("c", "k", "c", "", "{}\n    extra: {x: {b: 1}}"), map[string]string{}},
		{"not of different ones", job("a", "i", "a", "", "{MAIL: [deleteJob]}") + job("b", "j", "b", ", x: 1", "{MAIL: [deleteJob]}") + job("c", "k", "c", "", "{MESSAGE: []}"), map[string]string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set, diagnostics := spec.Load(spec.MapTree{
				"buildsync.yaml":     "version: 1\nprojects: {shop: " + projectID + "}\ndefault_project: shop\n",
				"definitions/a.yaml": "version: 1\njobs:\n" + c.jobs, "run.sh": "echo\n",
			}, spec.Options{})
			if diagnostics.HasErrors() {
				t.Fatal(diagnostics)
			}
			factoring, err := export.Factor(set, export.NewLayout(set.Workspace.Definitions, ""), compile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(c.want) == 0 && len(factoring.Files) > 0 {
				t.Errorf("have\n%s", factoring.Files)
			}
			for name, want := range c.want {
				if have := string(factoring.Files[name]); !strings.Contains(have, want) {
					t.Errorf("%s: have\n%s\nwant\n%s", name, have, want)
				}
			}
		})
	}
}
