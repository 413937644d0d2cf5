//go:build long

package faults

// long runs every case of a table, not only one of each kind; `make test-long` sets it.
const long = true
