package lint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// parametersOf returns the job's parameters that a script of the fixtures refers to:
// its last line says so.
func parametersOf(script string) []string {
	_, names, _ := strings.Cut(script, "\n# parameters: ")
	return strings.Fields(names)
}

// scriptJobs holds one script three times: as a file, as a literal block and in
// double quotes.
func scriptJobs(script string) spec.MapTree {
	var params strings.Builder
	for _, name := range parametersOf(script) {
		params.WriteString("      - {name: " + name + ", default: x}\n")
	}
	declared := ""
	if params.Len() > 0 {
		declared = "    parameters:\n" + params.String()
	}
	inline := strings.ReplaceAll(strings.TrimSuffix(script, "\n"), "\n", "\n              ")
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(script)
	step := func(name, command string) string {
		return "  - name: " + name + "\n    arch: x86-64\n" + declared + "    steps:\n      - sh:\n          name: Build\n          inputs:\n            command: " + command + "\n"
	}
	return spec.MapTree{"buildsync.yaml": workspace, "run.sh": script, "defs.yaml": "version: 1\njobs:\n" +
		step("file", "{$file: run.sh}") + step("literal", "|\n              "+inline) + step("quoted", `"`+quoted+`"`)}
}

// TestRealScriptsGiveNoAlarm lints scripts as teams have them, in each form: none
// is worth a word.
func TestRealScriptsGiveNoAlarm(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/scripts/*.sh")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d scripts: %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".sh"), func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			tree := scriptJobs(string(script))
			if found := lint.Check(tree, "", lint.Options{}); len(found) > 0 {
				t.Errorf("false alarms:\n%s", asText(t, tree, found))
			}
		})
	}
}

// TestScriptsOfEveryValue lints each file that a $file names: with the values of a matrix, of
// variables, and of the jobs' inputs.
func TestScriptsOfEveryValue(t *testing.T) {
	t.Parallel()
	const sh = "    steps: [{sh: {name: Build, inputs: {command: {$file: %}}}}]\n"
	step := func(name string) string { return strings.Replace(sh, "%", `"`+name+`"`, 1) }
	cases := []struct {
		name, definitions string
		want              []string
	}{
		{"three values of the matrix", "jobs:\n  - name: a-${{ matrix.kind }}\n    arch: arm\n    matrix: {kind: [good, bad, worse]}\n" + step("${{ matrix.kind }}.sh"),
			[]string{"bad.sh:1:1 error shell-syntax", "worse.sh:2:8 warning shell-safety"}},
		{"a part of the name, and include", "jobs:\n  - name: a-${{ matrix.kind }}\n    arch: arm\n    matrix: {kind: [good], include: [{kind: bad}]}\n" + step("${{ matrix.kind }}.sh"),
			[]string{"bad.sh:1:1 error shell-syntax"}},
		{"two axes", "jobs:\n  - name: a-${{ matrix.x }}${{ matrix.y }}\n    arch: arm\n    matrix: {x: [b, w], y: [ad, orse]}\n" + step("${{ matrix.x }}${{ matrix.y }}.sh"),
			[]string{"bad.sh:1:1 error shell-syntax", "worse.sh:2:8 warning shell-safety"}},
		{"a variable", "jobs:\n  - name: a\n    arch: arm\n" + step("${{ vars.kind }}.sh"), []string{"bad.sh:1:1 error shell-syntax"}},
		{"the job's name", "jobs:\n  - name: bad\n    arch: arm\n" + step("${{ job.name }}.sh"), []string{"bad.sh:1:1 error shell-syntax"}},
		{"a template's input", "templates:\n  - name: t\n    inputs: {kind: {default: worse}}\n" + step("${{ inputs.kind }}.sh") +
			"jobs:\n  - {name: a, arch: arm, template: {name: t, inputs: {kind: bad}}}\n  - {name: b, arch: arm, template: {name: t}}\n",
			[]string{"bad.sh:1:1 error shell-syntax", "worse.sh:2:8 warning shell-safety"}},
		{"a template's input from the matrix", "templates:\n  - name: t\n    inputs: {kind: {required: true}}\n" + step("${{ inputs.kind }}.sh") +
			"jobs:\n  - {name: \"a-${{ matrix.k }}\", arch: arm, matrix: {k: [good, bad]}, template: {name: t, inputs: {kind: \"${{ matrix.k }}\"}}}\n",
			[]string{"bad.sh:1:1 error shell-syntax"}},
		{"a parameter that one of the files uses", "jobs:\n  - name: a-${{ matrix.kind }}\n    arch: arm\n    parameters: [{name: mode, default: x}]\n    matrix: {kind: [good, uses]}\n" + step("${{ matrix.kind }}.sh"), nil},
		{"a parameter that the file of the input uses", "templates:\n  - name: t\n    inputs: {kind: {required: true}}\n" + step("${{ inputs.kind }}.sh") +
			"jobs:\n  - {name: a, arch: arm, parameters: [{name: mode, default: x}], template: {name: t, inputs: {kind: uses}}}\n", nil},
		{"a parameter that only the job of the file declares", "templates:\n  - name: t\n    inputs: {kind: {required: true}}\n" + step("${{ inputs.kind }}.sh") +
			"jobs:\n  - {name: a, arch: arm, template: {name: t, inputs: {kind: uses}}}\n", []string{"uses.sh:1:6 warning param-undefined"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			vars := ""
			if strings.Contains(c.definitions, "vars.kind") {
				vars = "vars: {kind: bad}\n"
			}
			tree := spec.MapTree{"buildsync.yaml": workspace + vars, "defs.yaml": "version: 1\n" + c.definitions,
				"good.sh": "make\n", "borse.sh": "make\n", "wad.sh": "make\n", "bad.sh": "fi\n", "worse.sh": "set -e\nrm -rf $DIR\n", "uses.sh": "echo ${mode}\n"}
			found := lint.Check(tree, "", lint.Options{})
			if diff := cmp.Diff(append([]string{}, c.want...), short(found)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
