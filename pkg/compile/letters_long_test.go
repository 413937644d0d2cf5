//go:build long

package compile

// letterStride is the step from letter to letter in TestJobNameOfTheSchema.
const letterStride = 1
