//go:build long

package export_test

// manyBodies is how many random live bodies TestLawOfManyBodies tries.
const manyBodies = 10_000
