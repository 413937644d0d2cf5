//go:build !long

package apply_test

// long plays every profile of the service, not only one or two of each kind; `make test-long` sets
// it.
const long = false
