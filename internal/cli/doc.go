// Package cli is the toolkit that the commands of buildsync are made with: it
// takes command lines apart, lays out help, turns signals into contexts and
// writes the log. It knows no command and nothing of the domain.
package cli
