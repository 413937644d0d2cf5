package lint_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestSecretsThatAreReferredTo lints values whose names say nothing, which a script uses as
// passwords.
func TestSecretsThatAreReferredTo(t *testing.T) {
	t.Parallel()
	const step = "    steps: [{sh: {name: B, image: \"i:1\", inputs: {command: \"COMMAND\"}}}]\n"
	for name, c := range map[string]struct {
		vars, jobs string
		want       int
	}{
		"variable":          {"vars: {pw: Hunter2x9z}\n", "jobs:\n  - name: a\n    arch: arm\n" + strings.Replace(step, "COMMAND", "mysql -uroot -p${{ vars.pw }}", 1), 1},
		"not as a password": {"vars: {pw: Hunter2x9z}\n", "jobs:\n  - name: a\n    arch: arm\n" + strings.Replace(step, "COMMAND", "make -p ${{ vars.pw }}", 1), 0},
		"empty":             {"vars: {pw: \"\"}\n", "jobs:\n  - name: a\n    arch: arm\n" + strings.Replace(step, "COMMAND", "mysql -uroot -p${{ vars.pw }}", 1), 0},
		"reference":         {"vars: {pw: \"${PW}\"}\n", "jobs:\n  - name: a\n    arch: arm\n    parameters: [{name: PW, default: \"\"}]\n" + strings.Replace(step, "COMMAND", "mysql -uroot -p${{ vars.pw }}", 1), 0},
		"named":             {"vars: {DB_PASSWORD: Hunter2x9z}\n", "jobs:\n  - name: a\n    arch: arm\n" + strings.Replace(step, "COMMAND", "mysql -uroot -p${{ vars.DB_PASSWORD }}", 1), 1},
		"matrix":            {"", "jobs:\n  - name: \"a-${{ matrix.n }}\"\n    arch: arm\n    matrix: {n: [x, Hunter2x9z]}\n" + strings.Replace(step, "COMMAND", "sshpass -p ${{ matrix.n }} ssh h", 1), 1},
		"input's default":   {"", "templates:\n  - name: t\n    inputs: {pw: {default: Hunter2x9z}}\n" + strings.Replace(step, "COMMAND", "mysql -uroot -p${{ inputs.pw }}", 1) + "jobs:\n  - {name: a, arch: arm, template: {name: t}}\n  - {name: b, arch: arm, template: {name: t}}\n", 1},
		"literal ${{":       {"vars: {pw: Hunter2x9z}\n", "jobs:\n  - name: a\n    arch: arm\n" + strings.Replace(step, "COMMAND", "mysql -uroot -p$${{ vars.pw }}", 1), 0},
		"given input":       {"", "templates:\n  - name: t\n    inputs: {pw: {}}\n" + strings.Replace(step, "COMMAND", "mysql -uroot -p${{ inputs.pw }}", 1) + "jobs:\n  - {name: a, arch: arm, template: {name: t, inputs: {pw: Hunter2x9z}}}\n", 1},
	} {
		tree := spec.MapTree{"buildsync.yaml": workspace + c.vars, "defs.yaml": "version: 1\n" + c.jobs}
		found := 0
		for _, d := range lint.Check(tree, "", lint.Options{}) {
			if d.Rule == "secret-literal" {
				found++
			}
			if strings.Contains(d.Message+d.Hint+d.Pointer, "Hunter2x9z") {
				t.Errorf("%s: %s shows the secret", name, d.Rule)
			}
		}
		if found != c.want {
			t.Errorf("%s: %d findings, want %d: %v", name, found, c.want, lint.Check(tree, "", lint.Options{}))
		}
	}
}
