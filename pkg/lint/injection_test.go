package lint_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestParameterSetByTheScript checks scripts that set the parameter target themselves: with a literal,
// whoever starts a build no longer chooses what runs.
func TestParameterSetByTheScript(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]bool{
		"target=fixed\neval \"make $target\"": false, "for target in a b; do bash -c \"make $target\"; done": false, "target='a b'\nexport target\nssh h \"make $target\"": false,
		"target=\"${target%/}\"\neval \"make $target\"": true, "target=fixed\n[ -z \"$GIT_TAG\" ] || target=$GIT_TAG\neval \"make $target\"": true, "read -r target <f\neval \"make $target\"": true,
	} {
		if rules := lintScript(t, script); slices.Contains(rules, "shell-injection") != want {
			t.Errorf("%s\n\treports %v, shell-injection is wanted: %t", script, rules, want)
		}
	}
}

// TestInjectedValues puts values of variables into scripts. A value that the shell would interpret
// at that place is reported, any other is not.
func TestInjectedValues(t *testing.T) {
	t.Parallel()
	cases := []struct {
		value, bare, double, single string // "x" where it is active
	}{
		{"plain", "", "", ""}, {"1.2.3", "", "", ""}, {"订单", "", "", ""}, {"a/b-c_d", "", "", ""},
		{"a; rm -rf /", "x", "", ""}, {"$(id)", "x", "x", ""}, {"`id`", "x", "x", ""}, {"a && b", "x", "", ""}, {"a | b", "x", "", ""},
		{"a > /etc/x", "x", "", ""}, {"a < /etc/x", "x", "", ""}, {"$HOME", "x", "x", ""}, {"${HOME}", "x", "x", ""}, {`a"b`, "x", "x", ""},
		{"a'b", "x", "", "x"}, {"a\\b", "x", "x", ""}, {"a\nb", "x", "", ""}, {"(a)", "x", "", ""}, {"a &", "x", "", ""},
		{"' ; id ; '", "x", "", "x"}, {`" ; id ; "`, "x", "x", ""}, {"$((1+1))", "x", "x", ""}, {"<(id)", "x", "", ""}, {">(id)", "x", "", ""}, {"a||id", "x", "", ""}, {"${X:-$(id)}", "x", "x", ""},
	}
	for _, c := range cases {
		for quotes, want := range map[string]string{"": c.bare, `"`: c.double, "'": c.single} {
			command := "echo " + quotes + "${{ vars.v }}" + quotes + "\n"
			files := spec.MapTree{
				"buildsync.yaml": workspace + "vars: {v: " + strconv.Quote(c.value) + "}\n",
				"defs.yaml":      "version: 1\njobs:\n  - name: a\n    arch: arm\n    steps:\n      - sh:\n          name: B\n          inputs:\n            command: |\n              " + command,
			}
			have := ""
			for _, d := range lintTree(t, files, lint.Options{}) {
				if d.Rule == "shell-injection" {
					have = "x"
				}
			}
			if have != want {
				t.Errorf("%q in %q: %s", c.value, command, fmt.Sprintf("reported: %t, want %t", have == "x", want == "x"))
			}
		}
	}
}
