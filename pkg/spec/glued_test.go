package spec_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

// TestGluedFieldIsNamed hints at the space that is missing where a mapping is
// expected and YAML reads its only field as a text.
func TestGluedFieldIsNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"    matrix:\n      x:[p, q]\n": true,
		"    matrix:\n      x:p\n":      true,
		"    matrix: \"x:p\"\n":         false,
		"    matrix: x\n":               false,
		"    matrix: http://x\n":        false,
		"    matrix: {x: [p]}\n    steps:\n      - sh:\n          inputs:\n            command:make\n": true,
	} {
		_, found := spec.ParseDefinitions("a.yaml", []byte("version: 1\njobs:\n  - name: a\n    arch: arm\n"+text))
		named := false
		for _, d := range found {
			named = named || strings.Contains(d.Hint, "no space after the colon")
		}
		if named != want {
			t.Errorf("named: %t, want %t, in\n%s\n%v", named, want, text, found)
		}
	}
}
