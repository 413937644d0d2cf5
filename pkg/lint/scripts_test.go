package lint_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// parametersOf are the job's parameters that a script of the fixtures refers to:
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
