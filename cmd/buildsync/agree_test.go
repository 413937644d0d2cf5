package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestAllStagesAgreeOnSecrets writes sensitiveVar in many ways. For each,
// compile refuses to publish the parameter, lint reports its default, the plan
// shows no value of it, and the commands that print bodies hide it.
func TestAllStagesAgreeOnSecrets(t *testing.T) {
	t.Parallel()
	const value = "Tr0ub4dor-3x"
	for form, sensitive := range map[string]bool{
		`{name: sensitiveVar, value: "true"}`: true, `{name: sensitiveVar, value: true}`: true, `{name: sensitiveVar, value: TRUE}`: true, `{name: sensitiveVar, value: "True"}`: true,
		`{name: sensitiveVar, value: " true "}`: true, `{name: sensitiveVar, value: "1"}`: true, `{name: sensitiveVar, value: 1}`: true, `{name: SENSITIVEVAR, value: "true"}`: true,
		`{name: sensitiveVar, value: "false"}, {name: sensitiveVar, value: "true"}`: true, `{name: defaultValue, value: Tr0ub4dor-3x}, {name: sensitiveVar, value: "yes"}`: true, `{name: sensitiveVar, value: 1.0}`: true,
		`{name: sensitiveVar, value: "false"}`: false, `{name: sensitiveVar, value: "0"}`: false, `{name: sensitiveVar, value: ""}`: false, `{name: staticVar, value: "true"}`: false,
	} {
		parameter := `{definition: hudson.model.StringParameterDefinition, params: [{name: name, value: REGION}, {name: type, value: normalparam}, {name: defaultValue, value: ` + value + `}, ` + form + `]}`
		tree := spec.MapTree{"buildsync.yaml": "version: 1\ndefinitions: [\"*.yaml\"]\nprojects: {demo: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: demo\n",
			"a.yaml": "version: 1\ntemplates:\n  - name: t\n    publish: true\n    parameters: [" + parameter + "]\n    steps: [{sh: {name: B, inputs: {command: date}}}]\njobs:\n  - name: a\n    arch: arm\n    parameters: [" + parameter + "]\n    steps: [{sh: {name: B, inputs: {command: \"echo ${REGION}\"}}}]\n"}
		rules := map[string]bool{}
		for _, d := range lint.Check(tree, "", lint.Options{}) {
			rules[d.Rule] = true
		}
		for _, rule := range []string{"template-secret", "secret-default"} {
			if rules[rule] != sensitive {
				t.Errorf("%s: %s reported: %t", form, rule, rules[rule])
			}
		}
		set, _ := spec.Load(tree, spec.Options{})
		result, _ := compile.Compile(set, compile.Options{})
		if len(result.Jobs) != 1 {
			t.Fatalf("%s: %d jobs", form, len(result.Jobs))
		}
		body := result.Jobs[0].Body()
		if have := wire.ParametersOf(body)[0].IsSensitive(); have != sensitive {
			t.Errorf("%s: the body's parameter is sensitive: %t", form, have)
		}
		live := body.Clone()
		live.Set("arch", jsontree.String("x86-64"))
		wire.ParametersOf(live)[0].Field(wire.ParamDefaultValue).Set("value", jsontree.String("other-"+value))
		plan := diff.Compute(diff.Input{Head: result, Modules: diff.ModulesOf(catalog.Default()), Live: &diff.Snapshot{Projects: map[string]*diff.LiveProject{
			"6ecbc5bac7c8442fb3d2563d53c13582": {ID: "6ecbc5bac7c8442fb3d2563d53c13582", Complete: true, Jobs: []*diff.LiveJob{{ProjectID: "6ecbc5bac7c8442fb3d2563d53c13582", ID: "i", Name: "a", Item: wire.JobItem{ID: "i", JobName: "a"}, Body: live}}}}}})
		var shown strings.Builder
		for _, change := range plan.Changes {
			for _, f := range change.Fields {
				fmt.Fprintln(&shown, f.Path, string(f.Before.AppendJSON(nil)), string(f.After.AppendJSON(nil)))
			}
		}
		if have := !strings.Contains(shown.String(), value); have != sensitive {
			t.Errorf("%s: the plan hides the value: %t\n%s", form, have, shown.String())
		}
		printed := live.Clone()
		screen.HideParameter(printed.Get(wire.KeyParameters).Items()[0].Get(wire.KeyParams))
		if have := !strings.Contains(string(printed.AppendJSON(nil)), value); have != sensitive {
			t.Errorf("%s: what is printed hides the value: %t", form, have)
		}
	}
}
