//go:build long

package yamltext

// manyTexts is the number of texts of TestManyTextsSurvive.
const manyTexts = 100_000
