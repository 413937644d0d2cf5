//go:build race

package export

// UnderRace tells the tests outside the package whether they can afford long
// scripts.
const UnderRace = true
