package cli

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/pkg/remedy"
)

// Next prints what to type next, on stderr and only on a terminal: it has no use in a CI log.
func (in *Invocation) Next(step remedy.Remedy) {
	if !in.On("quiet") && IsTerminal(in.Stderr) {
		in.Printf("\nNext: %s\n", step)
	}
}

// Again returns a command line for command with the same folder, environment, project and service.
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

// Typed reports whether a flag is on the command line. Environment variables also apply to the next
// command, and to every other.
func (in *Invocation) Typed(name string) bool {
	return in.Set(name) && !slices.Contains(in.filled, name)
}

var plainShellWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]+$`) })

// ShellWord writes a word as a shell reads it.
func ShellWord(word string) string {
	if plainShellWord().MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
