package cli

import (
	"slices"

	"github.com/urfave/cli/v2"
)

// Choice is a possible word of a command line, and its meaning.
type Choice struct{ Word, About string }

// CommandChoices lists the commands that could be named next.
func (l *Line) CommandChoices() (choices []Choice) {
	for _, c := range l.Commands {
		if !c.Hidden {
			choices = append(choices, Choice{c.Name, c.Usage})
		}
	}
	return choices
}

// FlagChoices lists the flags that could be written next.
func (l *Line) FlagChoices() (choices []Choice) {
	for _, flag := range l.Known {
		choices = append(choices, Choice{"--" + flag.Names()[0], usageOf(flag)})
	}
	return choices
}

// OpenFlag returns the name and the usage of the flag that lacks its value; see Open. The usage of
// an unknown flag is "".
func (l *Line) OpenFlag() (name, usage string) {
	typed := l.Flags
	if len(l.Commands) > 0 {
		typed = l.Head
	}
	name, _ = flagWord(typed[len(typed)-1])
	if i := slices.IndexFunc(l.Known, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) }); i >= 0 {
		usage = usageOf(l.Known[i])
	}
	return name, usage
}

// usageOf returns a flag's usage, "" if it has none.
func usageOf(flag cli.Flag) string {
	documented, ok := flag.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	_, usage := flagUsage(documented)
	return usage
}
