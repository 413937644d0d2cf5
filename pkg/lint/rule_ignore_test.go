package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestIgnoredFields holds which paths of policy.ignore are reported: those that
// name nothing of any job that the entry is about.
func TestIgnoredFields(t *testing.T) {
	t.Parallel()
	const jobs = `version: 1
jobs:
  - name: a
    arch: x86-64
    parameters: [{name: target, default: x}]
    steps:
      - sh: {name: A, image: shell2.17.1-git1.8.3-zip6.00, inputs: {command: "echo $target"}}
    notifications: {MAIL: [buildJobFail]}
  - {name: b, arch: x86-64, timeout: 2h, steps: [{sh: {name: B, inputs: {command: make}}}]}
`
	for _, c := range []struct{ job, field, want string }{
		{"a", `steps["A"].properties.command`, ""},
		{"a", `steps[A].properties.command`, ""},
		{"a", `steps[A].inputs.command`, ""},
		{"a", `steps[*].image`, ""},
		{"a", `jobs[a].steps[A].inputs.command`, ""},
		{"a", `shop/job/a.steps["A"].properties.command`, ""},
		{"a", `notifications["MAIL"]`, ""},
		{"a", `notifications["MAIL"].events`, ""},
		{"a", `notifications.MAIL`, ""},
		{"a", `parameters[target].default`, ""},
		{"a", `**.command`, ""},
		{"*", `timeout`, ""},                 // one of the jobs has it
		{"a", `steps["Sign off"]`, ""},       // someone added it to the live job
		{"a", `steps[A].properties.new`, ""}, // as well
		{"a", `stepz[*].x`, `did you mean "steps"`},
		{"a", `steps[A].properties.comand`, `did you mean steps["A"].properties.command?`},
		{"a", `notifications.MAYL.events`, `did you mean notifications["MAIL"].events?`},
		{"a", `notifications.MAIL.evnts`, `did you mean "events"`},
		{"a", `parameters[tarqet]`, `did you mean parameters["target"]?`},
		{"a", `timeout`, "declares"},
		{"a", `jobs[b].timeout`, "within the jobs"},
		{"a", `templates[x].steps`, "within the jobs"},
		{"a", `steps["Gone"].properties.command`, "declares"},
	} {
		t.Run(c.field, func(t *testing.T) {
			t.Parallel()
			workspace := "version: 1\ndefinitions: [\"*.yaml\"]\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\npolicy:\n  ignore:\n    - job: " +
				fmt.Sprintf("%q\n      reason: test\n      fields: ['%s']\n", c.job, c.field)
			found := lint.Check(spec.MapTree{"buildsync.yaml": workspace, "jobs.yaml": jobs}, "", lint.Options{})
			var said []string
			for _, d := range found {
				if d.Rule == "ignore-unused" {
					said = append(said, d.Message+"; "+d.Hint)
				}
			}
			text := strings.Join(said, "\n")
			if c.want == "" && text != "" || !strings.Contains(text, c.want) {
				t.Errorf("have %q, want %q", text, c.want)
			}
		})
	}
}

func TestWhatIsNoPathIsAnError(t *testing.T) {
	t.Parallel()
	workspace := "version: 1\ndefinitions: [\"*.yaml\"]\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\npolicy: {ignore: [{job: a, reason: x, fields: ['steps[A']}]}\n"
	found := lint.Check(spec.MapTree{"buildsync.yaml": workspace, "jobs.yaml": "version: 1\njobs: [{name: a, arch: arm, steps: []}]\n"}, "", lint.Options{})
	if !found.HasErrors() || !strings.Contains(found[0].Message, "is not a valid path: the bracket at character 6 is not closed") {
		t.Errorf("%v", found)
	}
}
