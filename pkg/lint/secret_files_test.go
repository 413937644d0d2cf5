package lint_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestSecretsInEveryPlace puts a password into each place that is sent or
// committed: inline, in a script file, in an included text, in variables,
// defaults, inputs of a template and names of files that depend on the job.
func TestSecretsInEveryPlace(t *testing.T) {
	t.Parallel()
	const script = "set -e\nexport DB_PASSWORD=Hunter2x9z\n"
	const head = "version: 1\njobs:\n  - name: a\n    arch: arm\n"
	step := func(command string) string {
		return head + "    steps:\n      - sh: {name: B, inputs: {command: " + command + "}}\n"
	}
	for place, tree := range map[string]spec.MapTree{
		"inline":                          {"defs.yaml": step(`"export DB_PASSWORD=Hunter2x9z"`)},
		"a file":                          {"defs.yaml": step(`{$file: a.sh}`), "a.sh": script},
		"a file in a folder":              {"defs.yaml": step(`{$file: ./s/a.sh}`), "s/a.sh": script},
		"a file that depends on a matrix": {"defs.yaml": head + "    matrix: {s: [a]}\n    steps:\n      - sh: {name: B, inputs: {command: {$file: \"${{ matrix.s }}.sh\"}}}\n", "a.sh": script},
		"a file of a raw step":            {"defs.yaml": head + "    steps:\n      - {module_id: devcloud2018.codeci_action_20017.action, name: B, properties: {command: {$file: a.sh}}}\n", "a.sh": script},
		"a file of a template":            {"defs.yaml": "version: 1\ntemplates:\n  - name: t\n    steps: [{sh: {name: B, inputs: {command: {$file: a.sh}}}}]\n", "a.sh": script},
		"variables":                       {"buildsync.yaml": workspace + "vars: {db_password: Hunter2x9z}\n", "defs.yaml": step("make")},
		"defaults":                        {"buildsync.yaml": workspace + "defaults: {job: {parameters: [{name: DB_PASSWORD, default: Hunter2x9z}]}}\n", "defs.yaml": step("make")},
		"an input of a template":          {"defs.yaml": "version: 1\ntemplates:\n  - name: t\n    inputs: {db_password: {default: Hunter2x9z}}\n    steps: [{sh: {name: B, inputs: {command: \"echo ${{ inputs.db_password }}\"}}}]\n"},
	} {
		if tree["buildsync.yaml"] == "" {
			tree["buildsync.yaml"] = workspace
		}
		found := lint.Check(tree, "", lint.Options{})
		at := slices.IndexFunc(found, func(d spec.Diagnostic) bool { return d.Rule == "secret-literal" })
		if at < 0 {
			t.Errorf("%s: no secret-literal in\n%s", place, asText(t, tree, found))
			continue
		}
		if name := found[at].Range.Start.File; tree["a.sh"]+tree["s/a.sh"] != "" && !strings.HasSuffix(name, "a.sh") || found[at].Severity != spec.Error {
			t.Errorf("%s: reported in %s as %s", place, name, found[at].Severity)
		}
	}
}
