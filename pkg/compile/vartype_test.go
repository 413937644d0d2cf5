package compile

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

// TestTypesOfGivenVariables checks that --var X=0755 keeps its zero, because it is a text.
func TestTypesOfGivenVariables(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]spec.ScalarType{
		"0755": spec.StringType, "00": spec.StringType, "-0755": spec.StringType, "1.10": spec.StringType, "on": spec.StringType, "": spec.StringType, "-": spec.StringType,
		"0": spec.IntType, "-0": spec.IntType, "755": spec.IntType, "-5": spec.IntType, "true": spec.BoolType, "false": spec.BoolType, "True": spec.StringType,
	} {
		if have := typeOf(text); have != want {
			t.Errorf("%q is of type %v, want %v", text, have, want)
		}
	}
}
