//go:build !long

package yamltext

// manyTexts is how many texts TestManyTextsSurvive tries.
const manyTexts = 6_000
