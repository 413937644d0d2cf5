// Package cli is the toolkit of the commands: it parses command lines, formats help, turns signals
// into contexts and writes the log. It knows no command and no domain types.
package cli
