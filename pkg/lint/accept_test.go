package lint_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestAcceptedValues accepts values whose finding the narrowest comment does not cover. A comment
// that was tried and is wrong there leaves none behind.
func TestAcceptedValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ job, want string }{
		{"    steps: []\n    triggers:\n      - name: hudson.triggers.TimerTrigger\n        parameters:\n          - name: spec\n            value: \"  \\n\\\n              a\\n\\\n              \\n\\\n              make check\\rmake check|1\"\n          - {name: timeZone, value: China_Standard_Time}\n", "buildsync:ignore-job cron: live value"},
		{"    steps: []\n    triggers: [{cron: bad}]\n", "buildsync:ignore cron: live value"},
		{"    steps:\n      - sh: {name: s, inputs: {command: \"if\"}}\n", "buildsync:ignore shell-syntax: live value"},
	} {
		tree := spec.MapTree{
			"buildsync.yaml":     "version: 1\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\n",
			"definitions/a.yaml": "version: 1\njobs:\n  - name: a\n    arch: arm\n" + c.job,
		}
		files, accepted := lint.Accept(tree, "", lint.Options{}, "live value", func(*spec.Diagnostic) bool { return true })
		text := string(files["definitions/a.yaml"])
		if len(accepted) != 1 || strings.Count(text, "# buildsync") != 1 || !strings.Contains(text, c.want) {
			t.Errorf("accepted %v, want one comment %s in\n%s", accepted, c.want, text)
		}
		for _, d := range lint.Check(spec.Edited(tree, files), "", lint.Options{}) {
			if d.Severity == spec.Error || d.Rule == "unused-suppression" {
				t.Errorf("%s: %s in\n%s", d.Rule, d.Message, text)
			}
		}
	}
}
