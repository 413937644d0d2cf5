package compile_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// definition draws one definitions file of jobs in many forms.
func definition(t *rapid.T, file int) string {
	var out strings.Builder
	out.WriteString("version: 1\njobs:\n")
	jobs := rapid.IntRange(1, 4).Draw(t, "jobs")
	for i := range jobs {
		name := fmt.Sprintf("job-%d-%d", file, i)
		if rapid.IntRange(0, 5).Draw(t, "twin") == 0 {
			name = "twin"
		}
		if rapid.Bool().Draw(t, "matrix") {
			fmt.Fprintf(&out, "  - name: %s-${{ matrix.arch }}\n    matrix: {arch: [x86-64, arm]}\n    arch: ${{ matrix.arch }}\n", name)
		} else {
			fmt.Fprintf(&out, "  - name: %s\n", name)
		}
		for _, line := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{
			"template: {name: tpl, inputs: {dir: \"${{ vars.dir }}\"}}",
			"flavor: ${{ vars.flavor }}",
			"parameters: [{name: a, options: [x, y]}, {name: b, default: 1.10}, {name: T, secret: TOKEN}]",
			"scms: [{url: u, scm_type: git, depth: 0755, is_auto_build: true}]",
			"notifications: {MAIL: [deleteJob, buildJobFail], MESSAGE: []}",
			"triggers: [{cron: \"1 2 * * *\", timezone: Asia/Shanghai}]",
			"timeout: null",
			"extra: {description: \"${{ job.name }}\", z: [1, {a: null}]}",
			"steps: [{maven: {image: i, inputs: {command: \"${{ job.project }}\", unit_test: {report_path: r}}}}, {sh: {}}, {sh: {}}]",
			"steps: [{use: scan, inputs: {level: \"${{ job.name }}\"}}]",
			"protect: true",
		}), func(s string) string { return strings.SplitN(s, ":", 2)[0] }).Draw(t, "keys") {
			out.WriteString("    " + line + "\n")
		}
	}
	return out.String()
}

func drawTree(t *rapid.T) spec.MapTree {
	tree := spec.MapTree{
		"buildsync.yaml": workspace + "vars: {flavor: 2u8g, dir: src}\ndefaults: {job: {arch: arm, extra: {d: 1}}}\n",
		"definitions/templates.yaml": `version: 1
templates:
  - name: tpl
    publish: true
    inputs: {dir: {required: true}}
    parameters: [{name: b, description: from the template}, {name: c}]
    steps: [{sh: {name: t, inputs: {command: "ls ${{ inputs.dir }}"}}}, {use: list}]
`,
		"definitions/fragments.yaml": `version: 1
fragments:
  - {name: scan, inputs: {level: {}}, steps: [{use: list}, {sh: {name: scan, inputs: {command: "scan ${{ inputs.level }}"}}}]}
  - {name: list, steps: [{sh: {name: list, inputs: {command: ls from the fragment}}}]}
`,
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "files") {
		tree[fmt.Sprintf("definitions/jobs%d.yaml", i)] = definition(t, i)
	}
	return tree
}

func loadDrawn(t *rapid.T, tree spec.MapTree) *spec.Set {
	set, diags := spec.Load(tree, spec.Options{})
	if diags.HasErrors() {
		t.Fatalf("the drawn workspace does not load:\n%s", describe(diags))
	}
	return set
}

// TestDeterminism checks that the same definitions compile to the same result in any order of
// files.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tree := drawTree(t)
		set := loadDrawn(t, tree)
		first, firstDiags := compile.Compile(set, compile.Options{})
		set = loadDrawn(t, tree)
		set.Files = rapid.Permutation(set.Files).Draw(t, "order")
		second, secondDiags := compile.Compile(set, compile.Options{})
		if have, want := dump(second).Indented(), dump(first).Indented(); string(have) != string(want) && !firstDiags.HasErrors() {
			t.Fatalf("the order of the files matters:\n%s\n%s", want, have)
		}
		if firstDiags.HasErrors() != secondDiags.HasErrors() {
			t.Fatalf("the order of the files decides about errors:\n%s\n%s", describe(firstDiags), describe(secondDiags))
		}
		if firstDiags.HasErrors() {
			return
		}
		for i := range first.Jobs {
			if !reflect.DeepEqual(first.Jobs[i].Paths(), second.Jobs[i].Paths()) {
				t.Fatalf("%s: the provenance differs", first.Jobs[i].Address)
			}
		}
	})
}

// TestBodiesAreTheirOwn checks that no two jobs share a value and that compiling leaves the loaded
// nodes unchanged. A change of one body must not reach another, nor a second compilation.
func TestBodiesAreTheirOwn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set := loadDrawn(t, drawTree(t))
		first, _ := compile.Compile(set, compile.Options{})
		want := dump(first).Indented()
		for _, job := range first.Jobs {
			spoil(job.Body())
		}
		second, _ := compile.Compile(set, compile.Options{})
		if have := dump(second).Indented(); string(have) != string(want) {
			t.Fatalf("a second compilation differs:\n%s\n%s", want, have)
		}
		for _, job := range second.Jobs[:len(second.Jobs)-1] {
			spoil(job.Body())
		}
		last := len(second.Jobs) - 1
		fresh, _ := compile.Compile(set, compile.Options{})
		if !jsontree.Equal(fresh.Jobs[last].Body(), second.Jobs[last].Body()) {
			t.Fatal("changing one job's body changed another's")
		}
	})
}

func spoil(v *jsontree.Value) {
	for _, m := range v.Members() {
		spoil(m.Value)
	}
	for _, item := range v.Items() {
		spoil(item)
	}
	switch v.Kind() {
	case jsontree.KindObject:
		v.Set("spoilt", jsontree.Bool(true))
	case jsontree.KindArray:
		v.Append(jsontree.String("spoilt"))
	}
}

// TestSecretsStayPlaceholders checks that a body holds the name of a secret and nothing else of it.
func TestSecretsStayPlaceholders(t *testing.T) {
	t.Parallel()
	job := compileOne(t, "parameters: [{name: a, secret: TOKEN}, {params: [{name: name, value: b}, {name: defaultValue, value: old}], secret: TOKEN}]")
	if len(job.Secrets) != 2 || job.Secrets[0].Secret != "TOKEN" || job.Secrets[1].Parameter != "b" {
		t.Fatalf("secrets: %+v", job.Secrets)
	}
	for _, p := range job.Body().Get("parameters").Items() {
		for _, field := range p.Get("params").Items() {
			want := map[string]string{"defaultValue": spec.SecretPlaceholder("TOKEN"), "sensitiveVar": "true"}[field.Str("name")]
			if want != "" && field.Str("value") != want {
				t.Errorf("%s is %q, want %q", field.Str("name"), field.Str("value"), want)
			}
		}
	}
}
