//go:build !race

package export

// manyTexts is how many texts TestManyTextsSurvive tries.
const manyTexts = 100_000

// UnderRace tells the tests outside the package whether they can afford long
// scripts.
const UnderRace = false
