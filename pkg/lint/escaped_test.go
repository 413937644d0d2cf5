package lint_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
)

// TestEscapedKeys holds lint to what plan reads: a key that is written with an
// escape is the same key.
func TestEscapedKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{`templ\u0061te`, `templ\U00000061te`, `templ\x61te`} {
		files := tree("", "")
		files["defs.yaml"] = "version: 1\njobs:\n  - {name: a, arch: x86-64, \"" + key + "\": {name: t}}\n"
		files["z.yaml"] = "version: 1\n\"" + key + "s\":\n  - name: t\n    steps: [{sh: {name: s, inputs: {command: make}}}]\n"
		for _, d := range lint.Check(files, "", lint.Options{}) {
			t.Errorf("%s: %s [%s]", key, d.Message, d.Rule)
		}
	}
}
