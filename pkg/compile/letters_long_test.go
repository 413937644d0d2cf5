//go:build long

package compile

// letterStride is how many letters within a script TestJobNameOfTheSchema goes on by.
const letterStride = 1
