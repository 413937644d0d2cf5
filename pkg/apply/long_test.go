//go:build long

package apply_test

// long plays every profile of the service where one or two show the kinds; see
// make test.
const long = true
