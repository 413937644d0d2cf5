package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/pkg/remedy"
)

// Next prints what to type next, on stderr and only on a terminal: it has no use in a CI log.
func (in *Invocation) Next(step remedy.Remedy) {
	if step != "" && !in.On("quiet") && IsTerminal(in.Stderr) {
		in.Printf("\nNext: %s\n", step)
	}
}

// repeated are the flags that decide which objects a command is about, where they are, and what is
// allowed to happen to them. The next command needs them too.
var repeated = []string{
	"env", "project", "region", "endpoint", "emulator-data", "api", "profile", "token-cache", "ca-file", "var",
	"base", "only", "label", "changed", "shard", "secrets-dir", "allow-empty-secrets",
	"allow-removals", "allow-empty", "adopt", "force-conflicts", "refuse-drift", "write-secret",
}

// Again returns a command line for command that is about the same objects in the same place. It
// repeats the typed flags that command has.
func (in *Invocation) Again(command string) string {
	words := []string{"buildsync"}
	if dir := in.Text("dir"); dir != "" && in.Typed("dir") {
		words = append(words, "-C", ShellWord(dir))
	}
	words = append(words, command)
	for _, name := range repeated {
		if !in.Typed(name) || !in.takes(command, name) {
			continue
		}
		switch c, _ := in.At(name); value := c.Value(name).(type) {
		case bool:
			if value {
				words = append(words, "--"+name)
			}
		case cli.StringSlice:
			for _, one := range in.Texts(name) {
				words = append(words, "--"+name, ShellWord(one))
			}
		default:
			if text := fmt.Sprint(value); text != "" {
				words = append(words, "--"+name, ShellWord(text))
			}
		}
	}
	return strings.Join(words, " ")
}

// takes reports whether a command has a flag.
func (in *Invocation) takes(command, flag string) bool {
	commands := in.Flags.App.Commands
	var flags []cli.Flag
	for _, word := range strings.Fields(command) {
		at := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(word) })
		if at < 0 {
			break // an argument
		}
		commands, flags = commands[at].Subcommands, commands[at].Flags
	}
	return slices.ContainsFunc(flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), flag) })
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
