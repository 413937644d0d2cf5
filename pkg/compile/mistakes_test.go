package compile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestMistakesAreNamed checks that each message names the mistake itself, at its place, with advice
// that leads to a valid file.
func TestMistakesAreNamed(t *testing.T) {
	t.Parallel()
	const step = "  - name: a\n    arch: arm\n    steps:\n      - "
	for _, c := range []struct{ name, jobs, want string }{
		{"a quoted reference before one that is not", `  - {name: a, steps: [], group_id: "${{ job.name }}", flavor: ${{ job.name }}}` + "\n",
			"definitions/a.yaml:3:63-3:78 error [yaml-syntax] YAML reads the braces of \"${{ job.name }}\" as a mapping\n    hint: put the value in quotes\n"},
		{"a list of two steps as one step", step + "${{ vars.two }}\n",
			"definitions/a.yaml:6:9-6:24 error [wrong-type] an item of \"steps\" must be a mapping such as {sh: {name: Test, inputs: {command: make}}}, not a list\n    buildsync.yaml:4:25: vars.two is defined here\n    at jobs[a].steps[0]\n"},
		{"a list as one option", "  - name: a\n    steps: []\n    parameters: [{name: P, options: ['${{ vars.li }}']}]\n",
			"definitions/a.yaml:5:38-5:54 error [wrong-type] an item of \"options\" must be a text, or a mapping with name, display_name and disable, not a list\n    buildsync.yaml:4:12: vars.li is defined here\n    at jobs[a].parameters[P].options[0]\n"},
		{"a list as the options", "  - name: a\n    steps: []\n    parameters: [{name: P, options: '${{ vars.li }}'}]\n", ""},
		{"an empty text", "  - {name: a, arch: '', steps: []}\n",
			"definitions/a.yaml:3:21-3:23 error [arch] \"arch\" must be x86-64 or arm, not \"\"\n    hint: remove the key: what is absent stays as it is\n    at jobs[a].arch\n"},
		{"two actions in one step", step + "sh: {name: A, inputs: {command: a}}\n        maven: {name: B, inputs: {command: b}}\n",
			"definitions/a.yaml:6:9-6:11 error [step-form] a step is either one action such as maven or sh, or module_id with name and properties, or use with the name of a fragment\n    hint: \"sh\" and \"maven\" are steps of their own: start each with a dash\n    at jobs[a].steps[0]\n"},
		{"a block scalar within brackets", step + "sh: {name: A, inputs: {command: |\n          make\n        }}\n",
			"definitions/a.yaml:6:41-6:42 error [yaml-syntax] a text that starts with \"|\" is not allowed within brackets\n    hint: write the mapping on lines of its own, without { }, or the text in quotes\n"},
		{"an emoji as JSON writes it", step + "sh: {name: A, inputs: {command: \"echo \\ud83d\\ude00\"}}\n", ""},
		{"half of an emoji", step + "sh: {name: A, inputs: {command: \"echo \\ud83d\"}}\n",
			"definitions/a.yaml:6:47-6:49 error [yaml-syntax] this escape of a double-quoted text is not complete\n    hint: write \\xHH, \\uHHHH or \\UHHHHHHHH\n"},
		{"no project beside a default project", "  - {name: a, project: null, steps: []}\n",
			"definitions/a.yaml:3:24-3:28 error [wrong-type] \"project\" must be a project alias of buildsync.yaml, not null\n    at jobs[a].project\n"},
		{"a matrix with equal values", "  - {name: 'a-${{ matrix.k }}', steps: [], matrix: {k: [a, a]}}\n",
			"definitions/a.yaml:3:60-3:61 error [matrix] matrix.k holds \"a\" twice\n    hint: remove one of them\n    definitions/a.yaml:3:57: first here\n    at jobs[a-${{ matrix.k }}].matrix.k\n"},
		{"a character that cannot be seen", "  - {name: \"a\u2061b\", steps: []}\n",
			"definitions/a.yaml:3:14-3:15 error [invisible-char] a name contains a hidden character (U+2061)\n    hint: remove it\n    at jobs[a\u2061b].name\n"},
		{"a second document", "  - {name: a, steps: []}\n---\nversion: 1\njobs: []\n",
			"definitions/a.yaml:4:1-4:1 error [yaml-syntax] a second YAML document starts here; one file holds one\n    hint: put it into a file of its own\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, found := compile.Load(spec.MapTree{
				"buildsync.yaml": "version: 1\nprojects: {shop: " + strings.Repeat("a", 32) + "}\ndefault_project: shop\n" +
					"vars: {li: [a, b], two: [{sh: {name: A, inputs: {command: a}}}, {sh: {name: B, inputs: {command: b}}}]}\n",
				"definitions/a.yaml": "version: 1\njobs:\n" + c.jobs,
			}, "", compile.Options{})
			if diff := cmp.Diff(c.want, describe(found)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
