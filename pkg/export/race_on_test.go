//go:build race

package export

// manyTexts is how many texts TestManyTextsSurvive tries: the race detector has
// nothing to find there, and makes it ten times slower.
const manyTexts = 10_000

// UnderRace tells the tests outside the package whether they can afford long
// scripts.
const UnderRace = true
