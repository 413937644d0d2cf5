package compile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestWhatTheServiceRefuses checks that compile refuses a body that the service always answers with
// 400. The finding has the place and the section of the reference. A wrong definition gets one
// finding with the right advice.
func TestWhatTheServiceRefuses(t *testing.T) {
	t.Parallel()
	const raw = "module_id: devcloud2018.codeci_action_20017.action, properties: {command: c}"
	for name, c := range map[string]struct{ text, want, hint string }{
		"a raw step without a name":   {"jobs: [{name: a, steps: [{" + raw + "}]}]", "the step needs a name: the service refuses it without one (API reference 4.18", "add name:"},
		"a raw step of null":          {"jobs: [{name: a, steps: [{name: null, " + raw + "}]}]", "the step needs name: ", ""},
		"a blank name":                {"jobs: [{name: a, steps: [{sh: {name: ' ', inputs: {command: c}}}]}]", "the step needs name: ", ""},
		"a name that is resolved":     {"jobs: [{name: a, steps: [{sh: {name: '${{ vars.none }}', inputs: {command: c}}}]}]", "the step needs name: ", ""},
		"a step of a template":        {"templates: [{name: t, steps: [{" + raw + "}]}]\njobs: [{name: a, template: {name: t}}]", "the step needs a name", ""},
		"a step of an unused part":    {"fragments: [{name: f, steps: [{" + raw + "}]}]", "the step needs a name", ""},
		"a null module":               {"jobs: [{name: a, steps: [{module_id: null, name: n}]}]", "the step needs module_id: ", ""},
		"a source without an address": {"jobs: [{name: a, steps: [], scms: [{url: null, scm_type: codehub}]}]", "the code source needs url: the service refuses it without one (API reference 4.18, CreateBuildJobScm)", ""},
		"a source of no type":         {"jobs: [{name: a, steps: [], scms: [{url: 'git@x:y.git', scm_type: ''}]}]", "the code source needs scm_type: ", ""},
		"a trigger of no name":        {"jobs: [{name: a, steps: [], triggers: [{name: null, parameters: []}]}]", "the trigger needs name", "write it"},
		"a blank trigger":             {"jobs: [{name: a, steps: [], triggers: [{name: ' ', parameters: null}]}]", "the trigger needs name", "write it"},
		"an empty project":            {"jobs: [{name: a, project: '', steps: []}]", `"project" must be a project alias of buildsync.yaml, not ""`, ""},
		"no project":                  {"jobs: [{name: a, project: null, steps: []}]", `"project" must be a project alias of buildsync.yaml, not null`, ""},
		"a value twice in a matrix":   {"jobs: [{name: a, matrix: {k: [x, x]}, steps: []}]", `matrix.k holds "x" twice`, "remove one of them"},
		"a value twice, the name too": {"jobs: [{name: 'a-${{ matrix.k }}', matrix: {k: [x, x]}, steps: []}]", `matrix.k holds "x" twice`, "remove one of them"},
		"a combination twice":         {"jobs: [{name: 'a-${{ matrix.k }}', matrix: {include: [{k: x}, {k: x}]}, steps: []}]", `this combination is in include twice`, "remove one of them"},
		"a template of a template":    {"templates: [{name: s, steps: []}, {name: t, template: {name: s}, steps: []}]", `unknown key "template"`, "put the steps that they share into a fragment"},
		"a friendly key in a raw one": {"jobs: [{name: a, steps: [], parameters: [{definition: d, params: [], default: x}]}]", `unknown key "default"`, "write it under params"},
		"a misspelt key in a raw one": {"jobs: [{name: a, steps: [], parameters: [{definition: d, param: []}]}]", `unknown key "param"`, `did you mean "params"?`},
		"an input without a default":  {"fragments: [{name: f, inputs: {i: {required: false}}, steps: []}]", `the input "i" has no default, so it is required`, "give it a default"},
		"an arch of null":             {"jobs: [{name: a, arch: null, steps: []}]", "the job needs arch: the service refuses it without one (API reference 4.18, CreateBuildJob)", "x86-64 or arm"},
		"an empty word":               {"jobs: [{name: a, arch: '', steps: []}]", `"arch" must be x86-64 or arm, not ""`, "remove the key: what is absent stays as it is"},
		"an empty list in quotes":     {"jobs: [{name: a, steps: ''}]", `"steps" must be a list of steps, not ""`, "write [] for none"},
		"two actions in one step":     {"jobs: [{name: a, steps: [{sh: {name: A}, maven: {name: B}}]}]", "a step is either one action", `"sh" and "maven" are steps of their own: start each with a dash`},
		"a list as an item of steps":  {"jobs: [{name: a, steps: ['${{ vars.two }}']}]", `an item of "steps" must be a mapping such as {sh: {name: Test, inputs: {command: make}}}, not a list`, ""},
		"a list in a text of options": {"jobs: [{name: a, steps: [], parameters: [{name: p, options: 'x-${{ vars.two }}'}]}]", "cannot be a part of a text", "use it alone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, found := spec.Load(spec.MapTree{
				"buildsync.yaml":     "version: 1\nprojects: {p: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: p\nvars: {none: null, two: [{sh: {name: A}}, {sh: {name: B}}]}\n",
				"definitions/a.yaml": "version: 1\n" + c.text + "\n",
			}, spec.Options{})
			_, more := compile.Compile(set, compile.Options{})
			found = append(found, more.Besides(found)...)
			if len(found) != 1 || found[0].Severity != spec.Error || !strings.Contains(found[0].Message, c.want) || !strings.Contains(found[0].Hint, c.hint) || found[0].Range.Start.File != "definitions/a.yaml" {
				t.Errorf("have %s\nwant %s (%s)", fmt.Sprint(found), c.want, c.hint)
			}
		})
	}
}
