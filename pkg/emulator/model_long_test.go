//go:build long

package emulator_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// modelSteps is how many calls of TestEmulatorAgainstAModelForLong are compared.
const modelSteps = 100_000

// TestEmulatorAgainstAModelForLong runs until modelSteps steps agreed (make test-long); a round has
// some thousands.
func TestEmulatorAgainstAModelForLong(t *testing.T) {
	steps := 0
	for round := 1; steps < modelSteps; round++ {
		before := steps
		t.Run(fmt.Sprintf("round %d", round), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { steps += againstAModel(t) })
		})
		if t.Failed() || steps == before {
			t.Fatalf("ended after %d steps", steps)
		}
	}
	t.Logf("%d steps agreed", steps)
}
