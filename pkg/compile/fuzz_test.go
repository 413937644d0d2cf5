package compile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// FuzzCompile compiles whatever the front door lets through, errors or not: no
// text may make the compiler panic, hang, or contradict itself.
func FuzzCompile(f *testing.F) {
	fixtures, err := filepath.Glob("testdata/*/definitions/*.yaml")
	if err != nil || len(fixtures) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, name := range fixtures {
		source, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source), "image: a")
	}
	f.Add("version: 1\njobs: [{name: \"${{ vars.a }}\", matrix: {x: [1], include: [{y: 2}]}}]", "a: \"${{ vars.b }}\"\nb: \"$${{\"")
	f.Fuzz(func(t *testing.T, definitions, vars string) {
		tree := spec.MapTree{
			"buildsync.yaml":     workspace + "vars: {" + vars + "}\n",
			"definitions/a.yaml": definitions,
			"scripts/smoke.sh":   "true\n",
		}
		set, _ := spec.Load(tree, spec.Options{})
		if set == nil {
			return
		}
		first, diags := compile.Compile(set, compile.Options{})
		second, again := compile.Compile(set, compile.Options{})
		if string(dump(first).AppendJSON(nil)) != string(dump(second).AppendJSON(nil)) || describe(diags) != describe(again) {
			t.Error("two compilations of one set differ")
		}
		for _, d := range diags {
			if d.Rule == "" || d.Message == "" || d.Severity == 0 {
				t.Errorf("an empty finding: %+v", d)
			}
		}
	})
}
