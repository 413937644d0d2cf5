package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// spellings are ways to write a member of a block mapping, below an indentation.
var spellings = map[string]func(in, key, value string) string{
	"plain":                   spelled("%[1]s%[2]s: "),
	"double quotes":           spelled("%[1]s\"%[2]s\": "),
	"single quotes":           spelled("%[1]s'%[2]s': "),
	"blank before the colon":  spelled("%[1]s%[2]s  : "),
	"tag":                     spelled("%[1]s!!str %[2]s: "),
	"anchor":                  spelled("%[1]s&k %[2]s: "),
	"escape x":                spelled("%[1]s\"\\x%02[3]x%[4]s\": "),
	"escape u":                spelled("%[1]s\"\\u%04[3]X%[4]s\": "),
	"escape U":                spelled("%[1]s\"\\U%08[3]x%[4]s\": "),
	"every letter an escape":  spelled("%[1]s\"%[5]s\": "),
	"explicit key":            spelled("%[1]s? %[2]s\n%[1]s: "),
	"explicit key, commented": spelled("%[1]s? %[2]s # c\n%[1]s: "),
	"explicit key, tagged":    spelled("%[1]s? !!str\n%[1]s  %[2]s\n%[1]s: "),
	"explicit literal":        spelled("%[1]s? |-\n%[1]s  %[2]s\n%[1]s: "),
	"explicit, broken line":   spelled("%[1]s? \"%[3]c\\\n%[1]s    %[4]s\"\n%[1]s: "),
	"explicit, broken twice":  spelled("%[1]s? \"\\\n%[1]s    %[3]c\\\n%[1]s   %[4]s\"\n%[1]s: "),
}

// spelled fills a layout with: 1 the indentation, 2 the key, 3 its first letter, 4
// the rest, 5 all letters escaped.
func spelled(layout string) func(in, key, value string) string {
	return func(in, key, value string) string {
		return fmt.Sprintf(layout, in, key, key[0], key[1:], escaped(key)) + value + "\n"
	}
}

func escaped(text string) string {
	var out strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&out, `\x%02x`, text[i])
	}
	return out.String()
}

// TestLintAndPlanAgree checks that lint reads the same files as plan, in any spelling of the keys
// that share definitions and in any place. What keeps plan from running is what lint calls
// blocking.
func TestLintAndPlanAgree(t *testing.T) {
	t.Parallel()
	const steps = "steps: [{sh: {name: s, inputs: {command: make}}}]"
	for way, member := range spellings {
		for kind, text := range map[string][2]string{ // a declaration and its use
			"template": {
				member("", "templates", "\n  - {name: t, "+steps+"}"),
				"jobs:\n  - name: a\n    arch: x86-64\n" + member("    ", "template", "{name: t}"),
			},
			"fragment": {
				member("", "fragments", "\n  - {name: t, "+steps+"}"),
				"jobs:\n  - name: a\n    arch: x86-64\n    steps:\n      -\n" + member("        ", "use", "t"),
			},
			"family": {
				member("", "families", "\n  - name: t\n    inputs: {n: {}}\n    jobs: [{name: \"f-${{ inputs.n }}\", arch: x86-64, "+steps+"}]"),
				"jobs:\n  -\n" + member("    ", "family", "{name: t, inputs: {n: x}}"),
			},
		} {
			for place, name := range map[string]string{"after": "z.yaml", "before": "a.yaml"} {
				for _, end := range []string{"\n", "\r\n"} {
					files := tree("", "")
					files[name] = strings.ReplaceAll("version: 1\n"+text[0], "\n", end)
					files["defs.yaml"] = strings.ReplaceAll("version: 1\n"+text[1], "\n", end)
					agree(t, fmt.Sprintf("%s, %s, declared %s, line end %q", way, kind, place, end), files)
				}
			}
		}
	}
}

// agree checks that neither lint nor plan finds an error, and that there are jobs.
func agree(t *testing.T, name string, files spec.MapTree) {
	t.Helper()
	loaded, found := compile.Load(files, "", compile.Options{})
	if d := cmp.Diff(errorsOf(found), errorsOf(lint.Check(files, "", lint.Options{}))); d != "" {
		t.Errorf("%s: errors (-plan +lint):\n%s", name, d)
	}
	if loaded == nil || len(loaded.Result.Jobs) == 0 || found.HasErrors() {
		t.Errorf("%s: no job, or %v in\n%s", name, found, files["defs.yaml"])
	}
}

// TestEscapedReferences checks that lint reads $${{ as the text ${{, as the compiler does. It does
// not use a variable, and the text is checked.
func TestEscapedReferences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ parameter, command, want string }{
		{`"$${{ vars.v }}"`, "echo ${P} ${{ vars.v }}", "param-value"},
		{`"x${{ vars.v }}$${{"`, "echo ${P}", "param-value"},
		{`"${{ vars.v }}"`, "echo ${P}", ""},
		{"x", "echo ${P} $${{ vars.v }}", "variable-unused"},
		{"x", "echo ${P} $${{ a ${{ vars.v }} }}", ""},
		{"x", "echo ${P} $$${{ vars.v }}", "variable-unused"},
	} {
		tree := spec.MapTree{
			spec.WorkspaceFile: "version: 1\nregion: eu-west-101\nprojects: {p: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: p\nvars: {v: one}\n",
			"definitions/a.yaml": "version: 1\njobs:\n  - name: a\n    arch: arm\n    parameters: [{name: P, default: " + c.parameter + "}]\n" +
				"    steps: [{sh: {name: s, inputs: {command: '" + c.command + "'}}}]\n",
		}
		var rules []string
		for _, d := range lint.Check(tree, "", lint.Options{}) {
			if d.Rule == "param-value" || d.Rule == "variable-unused" {
				rules = append(rules, d.Rule)
			}
		}
		if have := strings.Join(rules, " "); have != c.want {
			t.Errorf("default %s, command %s: have %q, want %q", c.parameter, c.command, have, c.want)
		}
	}
}
