//go:build !long

package compile_test

// referenceStride is the step from place to place in TestEachPlaceOfAReference.
const referenceStride = 16

// emptyStride is the step from key to key in TestNullAndEmptyMeanTheSame.
const emptyStride = 6
