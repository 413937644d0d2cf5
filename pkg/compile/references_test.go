package compile_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestReferencesAreResolvedOrRefused checks that a ${{ in a key or in a template's name is resolved
// or an error, and never sent as it is.
func TestReferencesAreResolvedOrRefused(t *testing.T) {
	t.Parallel()
	const module = "      - module_id: devcloud2018.codeci_action_20017.action\n        name: s\n        properties: "
	for name, c := range map[string]struct{ text, body, message string }{
		"a key of a step":           {"jobs:\n  - name: a\n    arch: arm\n    steps:\n" + module + "{\"k-${{ vars.x }}\": v, command: c}\n", `"k-one":"v"`, ""},
		"a key of a nested mapping": {"jobs:\n  - name: a\n    arch: arm\n    steps:\n" + module + "{command: {\"${{ vars.x }}\": v}}\n", `"one":"v"`, ""},
		"a literal in a key":        {"jobs:\n  - name: a\n    arch: arm\n    steps:\n" + module + "{\"k-$${{ x }}\": v}\n", `"k-${{ x }}":"v"`, ""},
		"an unknown name in a key":  {"jobs:\n  - name: a\n    arch: arm\n    steps:\n" + module + "{\"k-${{ vars.zz }}\": v}\n", "", "vars.zz is not known here"},
		"keys that become equal":    {"jobs:\n  - name: a\n    arch: arm\n    steps:\n" + module + "{\"${{ vars.x }}\": v, one: w}\n", "", "is repeated"},
		"a list as a key":           {"jobs:\n  - name: a\n    arch: arm\n    steps:\n" + module + "{\"${{ vars.list }}\": v}\n", "", "as a key is"},
		"a template's name":         {"templates:\n  - name: \"T-${{ vars.x }}\"\n    publish: true\n    steps: []\n", "", "the name of a template cannot hold"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, found := spec.Load(spec.MapTree{
				"buildsync.yaml": "version: 1\ndefinitions: [\"*.yaml\"]\nprojects: {p: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: p\nvars: {x: one, list: [a]}\n",
				"defs.yaml":      "version: 1\n" + c.text,
			}, spec.Options{})
			result, more := compile.Compile(set, compile.Options{Partly: true})
			found = append(found, more...)
			if c.message != "" {
				for _, d := range found {
					if d.Severity == spec.Error && strings.Contains(d.Message, c.message) && d.Range.Start.Line > 1 {
						return
					}
				}
				t.Fatalf("no error says %q: %v", c.message, found)
			}
			if found.HasErrors() {
				t.Fatal(found)
			}
			body, err := json.Marshal(result.Jobs[0].Body())
			if err != nil || !strings.Contains(string(body), c.body) {
				t.Errorf("the body has no %s: %s %v", c.body, body, err)
			}
		})
	}
}
