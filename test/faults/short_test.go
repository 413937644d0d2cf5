//go:build !long

package faults

// long runs every cell, not only those that differ in kind; see make test-long.
const long = false
