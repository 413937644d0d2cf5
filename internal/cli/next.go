package cli

import (
	"regexp"
	"strings"
)

// Next names the command that people type next, on stderr and only on a
// terminal: logs of a CI system have no use for it.
func (in *Invocation) Next(format string, args ...any) {
	if !in.On("quiet") && IsTerminal(in.Stderr) {
		in.Printf("\nNext: "+format+"\n", args...)
	}
}

// Again is a command line that asks for command where this command was: in the
// same folder, environment and project, against the same service.
func (in *Invocation) Again(command string) string {
	words := []string{"buildsync"}
	if dir := in.Text("dir"); dir != "" && in.Typed("dir") {
		words = append(words, "-C", ShellWord(dir))
	}
	words = append(words, command)
	for _, name := range []string{"env", "project", "region", "endpoint", "api", "base"} {
		if value := in.Text(name); value != "" && in.Typed(name) {
			words = append(words, "--"+name, ShellWord(value))
		}
	}
	for _, name := range []string{"only", "label", "var"} {
		if !in.Typed(name) {
			continue
		}
		for _, value := range in.Texts(name) {
			words = append(words, "--"+name, ShellWord(value))
		}
	}
	return strings.Join(words, " ")
}

// Typed reports whether a flag stands on the command line: a variable of the
// environment holds for the next command as well.
func (in *Invocation) Typed(name string) bool {
	if !in.Set(name) {
		return false
	}
	_, fromEnvironment := in.Env.Lookup(VariableOf(in.Flags.Command.Name, name))
	return !fromEnvironment
}

var plainShellWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]+$`)

// ShellWord writes a word as a shell reads it.
func ShellWord(word string) string {
	if plainShellWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
