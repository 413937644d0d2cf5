//go:build !long

package compile_test

// referenceStride is how many places TestEachPlaceOfAReference goes on by.
const referenceStride = 16
