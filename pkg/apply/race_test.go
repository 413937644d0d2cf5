//go:build race

package apply_test

// propertyChecks is how many draws a property test makes by default. Under the
// race detector, which is there for the order of events, a few are enough.
const propertyChecks = "25"

// raced tells that the race detector is on.
const raced = true
