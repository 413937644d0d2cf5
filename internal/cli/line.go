package cli

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Line is a parsed command line. The library's flag parser stops at the first argument; here flags
// may be anywhere, as in other tools.
type Line struct {
	Head     []string // the program's name, global flags, the commands' names
	Flags    []string // of the command, each with its value after it
	Args     []string // of the command
	Path     []string // the commands' names
	Known    []cli.Flag
	Commands []*cli.Command // what could be named next; none after a command that does something
	Open     bool           // the last word is a flag that still lacks its value
	Ended    bool           // by "--", or by a word that should have been a command
}

// ReadLine parses args, including the program's name. Words that it does not understand stay where
// the flag parser finds and reports them.
func ReadLine(app *cli.App, args []string) Line {
	line := Line{Known: app.Flags, Commands: app.Commands}
	for i := 0; i < len(args); i++ {
		word := args[i]
		switch name, isFlag := flagWord(word); {
		case i == 0:
			line.Head = append(line.Head, word)
		case word == "--":
			line.end(args[i+1:])
			return line
		case isFlag:
			taken := []string{word}
			if line.takesNext(name, word) {
				if i++; i == len(args) {
					line.Open = true
				} else {
					taken = append(taken, args[i])
				}
			}
			line.keepFlag(name, taken)
		case len(line.Commands) > 0:
			line.Head = append(line.Head, word)
			next := slices.IndexFunc(line.Commands, func(c *cli.Command) bool { return c.HasName(word) })
			if next < 0 { // no such command: nothing after it has a meaning
				line.Head, line.Ended = append(line.Head, args[i+1:]...), true
				return line
			}
			command := line.Commands[next]
			line.Path, line.Known, line.Commands = append(line.Path, command.Name), command.Flags, command.Subcommands
		default:
			line.Args = append(line.Args, word)
		}
	}
	return line
}

// forTheCommand reports whether a flag is the command's wherever it is: each
// has formats and files of its own, and people think of these flags as global.
func forTheCommand(name string) bool { return name == "format" || name == "out" }

// keepFlag stores a flag with its value: before the next command's name if one must follow.
func (l *Line) keepFlag(name string, words []string) {
	if len(l.Commands) > 0 && !forTheCommand(name) {
		l.Head = append(l.Head, words...)
	} else {
		l.Flags = append(l.Flags, words...)
	}
}

// end stores everything after "--" as arguments.
func (l *Line) end(rest []string) {
	l.Ended = true
	if len(l.Commands) > 0 {
		l.Head = append(append(l.Head, "--"), rest...)
	} else {
		l.Args = append(l.Args, rest...)
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

// takesNext reports whether a flag's value is the next word. An unknown flag takes none: it is
// refused in any case.
func (l *Line) takesNext(name, word string) bool {
	if strings.Contains(word, "=") {
		return false
	}
	if len(l.Commands) > 0 && forTheCommand(name) {
		return true
	}
	for _, flag := range l.Known {
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

// FlagsFirst returns the words in the order that the flag parser needs.
func (l *Line) FlagsFirst() []string {
	words := append(slices.Clone(l.Head), l.Flags...)
	if l.Open || len(l.Args) == 0 {
		return words // a flag without its value is an error, not one that takes "--"
	}
	return append(append(words, "--"), l.Args...)
}

// Value returns the value of a flag that was typed, "" if it was not.
func (l *Line) Value(names ...string) (value string) {
	words := slices.Concat(l.Head, l.Flags)
	for i, word := range words {
		name, isFlag := flagWord(word)
		if !isFlag || !slices.Contains(names, name) {
			continue
		}
		if _, joined, ok := strings.Cut(word, "="); ok {
			value = joined
		} else if i+1 < len(words) {
			value = words[i+1]
		}
	}
	return value
}
