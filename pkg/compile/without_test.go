package compile_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestWithout checks that a job can drop an inherited key, channel, label, field of extra or
// parameter. Dropping anything else is an error.
func TestWithout(t *testing.T) {
	t.Parallel()
	const workspace = `version: 1
projects: {p: 6ecbc5bac7c8442fb3d2563d53c13582}
default_project: p
vars: {drop: [flavor, timeout]}
defaults:
  job:
    flavor: 2u8g
    timeout: 3h
    on_commit: true
    labels: {team: shop, area: east}
    notifications: {MAIL: [buildJobFail], MESSAGE: [deleteJob]}
    extra: {description: d, other: o}
    template: {name: t}
`
	const head = "version: 1\ntemplates:\n  - name: t\n    parameters: [{name: x, default: one}, {name: y, default: two}]\n    steps: [{sh: {name: s, inputs: {command: c}}}]\njobs:\n  - name: a\n    arch: arm\n"
	for job, want := range map[string]struct{ absent, present, message string }{
		"without: [flavor]":                    {`"flavor"`, `"timeout"`, ""},
		"without: ${{ vars.drop }}":            {`"flavor" "timeout"`, `build_if_code_updated`, ""},
		"without: [on_commit]":                 {`build_if_code_updated`, `"timeout"`, ""},
		"without: [notifications.MAIL]":        {`"MAIL"`, `"MESSAGE"`, ""},
		"without: ['notifications[\"MAIL\"]']": {`"MAIL"`, `"MESSAGE"`, ""},
		"without: ['notifications.*']":         {`"MAIL" "MESSAGE"`, `"flavor"`, ""},
		"without: [extra.description]":         {`"description":"d"`, `"other"`, ""},
		"without: ['parameters[x]']":           {`"value":"one"`, `"value":"two"`, ""},
		"without: [parameters.x]":              {`"value":"one"`, `"value":"two"`, ""},
		"without: ['parameters[x]']\n    parameters: [{name: x, default: own}]": {`"value":"one"`, `"value":"own"`, ""},
		"without: [template]\n    steps: []":                                    {`"value":"one"`, `"steps":[]`, ""},
		"without: [labels.team]":                                                {`team=`, `area=`, ""},
		"without: [flavour]":                                                    {"", "", `gives the job "flavour"`},
		"without: ['parameters[z]']":                                            {"", "", `gives the job "parameters[z]"`},
		"without: ['steps[s]']":                                                 {"", "", `gives the job "steps[s]"`},
		"without: ['a[']":                                                       {"", "", ""},
	} {
		t.Run(job, func(t *testing.T) {
			t.Parallel()
			set, found := spec.Load(spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": head + "    " + job + "\n"}, spec.Options{})
			result, more := compile.Compile(set, compile.Options{})
			found = append(found, more...)
			if want.present == "" {
				if len(found) != 1 || found[0].Rule != "without" || !strings.Contains(found[0].Message, want.message) {
					t.Errorf("have %v, want %q", found, want.message)
				}
				return
			}
			if found.HasErrors() {
				t.Fatal(found)
			}
			sent := string(result.Jobs[0].Body().AppendJSON(nil)) + string(result.Jobs[0].NoticeBodies().AppendJSON(nil))
			for key, value := range result.Jobs[0].Labels {
				sent += key + "=" + value
			}
			for _, absent := range strings.Fields(want.absent) {
				if strings.Contains(sent, absent) {
					t.Errorf("%s is still in %s", absent, sent)
				}
			}
			if !strings.Contains(sent, want.present) {
				t.Errorf("%s is missing in %s", want.present, sent)
			}
		})
	}
}
