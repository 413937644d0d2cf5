package lint_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestAdvice checks the findings for mistakes of people who come from other tools: each is reported
// once, with the right form.
func TestAdvice(t *testing.T) {
	t.Parallel()
	const steps = "    steps: [{sh: {name: Build, inputs: {command: make}}}]\n"
	cases := []struct{ name, job, want string }{
		{"Docker's name of an architecture", "    arch: amd64\n" + steps, `did you mean "x86-64"?`},
		{"Go's name of an architecture", "    arch: arm64\n" + steps, `did you mean "arm"?`},
		{"run", "    arch: arm\n    steps: [{run: {inputs: {command: make}}}]\n", `did you mean "sh"?`},
		{"a step as in GitHub's workflows", "    arch: arm\n    steps: [{name: Build, run: make}]\n", `write - sh: {name: …, inputs: {command: …}}`},
		{"goals", "    arch: arm\n    steps: [{maven: {name: b, inputs: {goals: package}}}]\n", `did you mean "command"?`},
		{"a command beside inputs", "    arch: arm\n    steps: [{sh: {name: b, command: make}}]\n", `the step's values go under "inputs"`},
		{"inputs in the API's own form", "    arch: arm\n    steps: [{module_id: devcloud2018.codeci_action_20017.action, name: b, inputs: {command: make}}]\n", "a step in the API's own form has properties, not inputs"},
		{"choices", "    arch: arm\n    parameters: [{name: v, choices: [a]}]\n" + strings.Replace(steps, "make", "'make ${v}'", 1), `did you mean "options"?`},
		{"a parameter's value", "    arch: arm\n    parameters: [{name: v, value: a}]\n" + strings.Replace(steps, "make", "'make ${v}'", 1), `did you mean "default"?`},
		{"options in one text", "    arch: arm\n    parameters: [{name: v, options: 'a, b'}]\n" + strings.Replace(steps, "make", "'make ${v}'", 1), `write a list: ["a", "b"]`},
		{"secret: true", "    arch: arm\n    parameters: [{name: v, secret: true}]\n" + strings.Replace(steps, "make", "'make ${v}'", 1), "write the name of a secret"},
		{"a mapping of parameters", "    arch: arm\n    parameters: {v: x}\n" + steps, "start each item of the list with a dash and a space"},
		{"GitHub's secrets", "    arch: arm\n    flavor: ${{ secrets.TOKEN }}\n" + steps, "refer to it as ${TOKEN}"},
		{"GitHub's env", "    arch: arm\n    flavor: ${{ env.SIZE }}\n" + steps, "is written ${SIZE}"},
		{"a schedule", "    arch: arm\n    triggers: [{schedule: '0 2 * * *'}]\n" + steps, `did you mean "cron"?`},
		{"a nickname of a cron", "    arch: arm\n    triggers: [{cron: '@daily'}]\n" + steps, `write "0 0 * * *"`},
		{"China's zone", "    arch: arm\n    triggers: [{cron: '0 2 * * *', timezone: UTC+8}]\n" + steps, `did you mean "Asia/Shanghai"?`},
		{"the channel in plain words", "    arch: arm\n    notifications: {email: [buildJobFail]}\n" + steps, `did you mean "MAIL"?`},
		{"a project's id", "    arch: arm\n    project: 6ecbc5bac7c8442fb3d2563d53c13582\n" + steps, "write shop"},
		{"an scp address with a slash", "    arch: arm\n    scms: [{url: git@github.com/a/b.git, branch: main, scm_type: github}]\n" + steps, "write git@github.com:a/b.git"},
		{"a token in an address", "    arch: arm\n    scms: [{url: 'https://x:glpat-abcdefghijklmnopqrst@gitlab.com/a/b.git', branch: main, scm_type: gitlab}]\n" + steps, "set end_point_id to a service endpoint"},
		{"no blank before ]", "    arch: arm\n    steps: [{sh: {name: b, inputs: {command: 'if [ -f x]; then make; fi'}}}]\n", "write a blank before the ]"},
		{"a script without |", "    arch: arm\n    steps: [{sh: {name: b, inputs: {command: [make, install]}}}]\n", `a text that starts with "[" needs quotes`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tree := spec.MapTree{"buildsync.yaml": workspace, "jobs.yaml": "version: 1\njobs:\n  - name: order\n" + c.job}
			found := lint.Check(tree, "", lint.Options{})
			if len(found) != 1 || found[0].Severity < spec.Warning || !strings.Contains(found[0].Hint, c.want) {
				t.Errorf("want one finding with the hint %q:\n%s", c.want, asText(t, tree, found))
			}
		})
	}
}

// TestMissingScript offers the file that was most likely meant.
func TestMissingScript(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{"buildsync.yaml": workspace, "scripts/build.sh": "make\n", "scripts/test.sh": "make\n", definitionsName: jobHead +
		"    steps: [{sh: {name: Build, inputs: {command: {$file: scripts/biuld.sh}}}}]\n"}
	found := lint.Check(tree, "", lint.Options{})
	if len(found) != 1 || !strings.HasSuffix(found[0].Message, `did you mean "scripts/build.sh"?`) {
		t.Errorf("findings:\n%s", asText(t, tree, found))
	}
}
