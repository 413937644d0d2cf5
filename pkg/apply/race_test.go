//go:build race

package apply_test

// propertyChecks is the default number of draws of a property test. The race detector only needs a
// few.
const propertyChecks = "25"

// raced is true with the race detector.
const raced = true
