//go:build long

package compile_test

// referenceStride is how many places TestEachPlaceOfAReference goes on by.
const referenceStride = 1

// emptyStride is how many keys TestNullAndEmptyMeanTheSame goes on by.
const emptyStride = 1
