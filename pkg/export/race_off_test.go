//go:build !race

package export

// manyTexts is how many texts TestManyTextsSurvive tries.
const manyTexts = 100_000
