package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// typedLine is what was typed, taken apart by the flags that each command
// has. The flag parser ends at the first argument; here flags may stand
// anywhere, as in any tool that people know.
type typedLine struct {
	head     []string // the program's name, global flags, the commands' names
	flags    []string // of the command, each with its value behind it
	args     []string // of the command
	path     []string // the commands' names
	known    []cli.Flag
	commands []*cli.Command // what could be named next; none behind a command that does something
	open     bool           // the last word is a flag that still lacks its value
	ended    bool           // by "--", or by a word that should have been a command
}

// readLine takes args apart, the program's name included. What cannot be
// understood is kept where the flag parser finds it and says so.
func readLine(app *cli.App, args []string) typedLine {
	line := typedLine{known: app.Flags, commands: app.Commands}
	for i := 0; i < len(args); i++ {
		word := args[i]
		switch name, isFlag := flagWord(word); {
		case i == 0:
			line.head = append(line.head, word)
		case word == "--":
			line.end(args[i+1:])
			return line
		case isFlag:
			taken := []string{word}
			if line.takesNext(name, word) {
				if i++; i == len(args) {
					line.open = true
				} else {
					taken = append(taken, args[i])
				}
			}
			line.keepFlag(name, taken)
		case len(line.commands) > 0:
			line.head = append(line.head, word)
			next := slices.IndexFunc(line.commands, func(c *cli.Command) bool { return c.HasName(word) })
			if next < 0 { // no such command: nothing behind it has a meaning
				line.head, line.ended = append(line.head, args[i+1:]...), true
				return line
			}
			command := line.commands[next]
			line.path, line.known, line.commands = append(line.path, command.Name), command.Flags, command.Subcommands
		default:
			line.args = append(line.args, word)
		}
	}
	return line
}

// forTheCommand tells whether a flag is the command's wherever it stands: each
// has formats and files of its own, and people think of these flags as global.
func forTheCommand(name string) bool { return name == "format" || name == "out" }

// keepFlag keeps a flag with its value: in front of the next command's name
// where one must still come.
func (l *typedLine) keepFlag(name string, words []string) {
	if len(l.commands) > 0 && !forTheCommand(name) {
		l.head = append(l.head, words...)
	} else {
		l.flags = append(l.flags, words...)
	}
}

// end keeps what stands behind "--": arguments, whatever they look like.
func (l *typedLine) end(rest []string) {
	l.ended = true
	if len(l.commands) > 0 {
		l.head = append(append(l.head, "--"), rest...)
	} else {
		l.args = append(l.args, rest...)
	}
}

// flagWord returns the name in a word that is a flag: -v, --var, --var=a=b. "-"
// stands for a stream.
func flagWord(word string) (name string, isFlag bool) {
	name, isFlag = strings.CutPrefix(word, "-")
	name = strings.TrimPrefix(name, "-")
	name, _, _ = strings.Cut(name, "=")
	return name, isFlag && word != "-"
}

// takesNext tells whether a flag's value is the next word. A flag that is not
// known takes none: it is refused in any case.
func (l *typedLine) takesNext(name, word string) bool {
	if strings.Contains(word, "=") {
		return false
	}
	if len(l.commands) > 0 && forTheCommand(name) {
		return true
	}
	for _, flag := range l.known {
		if !slices.Contains(flag.Names(), name) {
			continue
		}
		switch f := flag.(type) {
		case *cli.BoolFlag:
			return false
		case *cli.GenericFlag:
			alone, ok := f.Value.(interface{ IsBoolFlag() bool })
			return !ok || !alone.IsBoolFlag()
		}
		return true
	}
	return false
}

// flagsFirst returns the words in the order that the flag parser understands.
func (l *typedLine) flagsFirst() []string {
	words := append(slices.Clone(l.head), l.flags...)
	if l.open || len(l.args) == 0 {
		return words // a flag without its value is an error, not one that takes "--"
	}
	return append(append(words, "--"), l.args...)
}
