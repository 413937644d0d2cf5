package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Command completes a command that does something: its flags are checked and filled from the
// environment before act runs. A command that only groups others has subcommands and no act.
// globals are the flags of every command.
func (p *Console) Command(c *cli.Command, globals []cli.Flag, act func(*Invocation) error) *cli.Command {
	c.Flags = append(c.Flags, HelpFlag())
	c.Flags = append(c.Flags, hiddenGlobals(globals, c.Flags)...)
	c.HideHelp = true        // see helpFlag
	c.HideHelpCommand = true // "help" would be a subcommand, and so no argument
	c.OnUsageError = p.OnUsageError
	if act == nil {
		c.Action = p.Bare
		return c
	}
	c.Action = func(ctx *cli.Context) error {
		in := &Invocation{Console: p, Ctx: ctx.Context, Flags: ctx}
		if err := in.prepare(); err != nil {
			return err
		}
		if err := in.refuseUnusable(); err != nil {
			return err
		}
		return act(in)
	}
	return c
}

// HelpFlag replaces the library's own flag, which is one variable that every run writes to: two
// runs in one process would race for it.
func HelpFlag() cli.Flag {
	return &cli.BoolFlag{
		Name: "help", Aliases: []string{"h"}, Usage: "show help", DisableDefaultText: true,
	}
}

// hiddenGlobals returns the global flags that a command accepts after its name,
// but for those that it has itself.
func hiddenGlobals(globals, own []cli.Flag) []cli.Flag {
	names := make(map[string]bool, len(own))
	for _, flag := range own {
		name, _ := FlagName(flag)
		names[name] = true
	}
	var out []cli.Flag
	for _, flag := range globals {
		name, hidden := FlagName(flag)
		if names[name] {
			continue
		}
		*hidden = true
		out = append(out, flag)
	}
	return out
}

// FlagName returns a flag's name and its switch Hidden. It is Names without the library's regular
// expression, which took an eighth of the start for all flags of all commands.
func FlagName(flag cli.Flag) (name string, hidden *bool) {
	switch f := flag.(type) {
	case *cli.StringFlag:
		return f.Name, &f.Hidden
	case *cli.StringSliceFlag:
		return f.Name, &f.Hidden
	case *cli.IntFlag:
		return f.Name, &f.Hidden
	case *cli.DurationFlag:
		return f.Name, &f.Hidden
	case *cli.BoolFlag:
		return f.Name, &f.Hidden
	case *cli.GenericFlag:
		return f.Name, &f.Hidden
	}
	return flag.Names()[0], new(bool)
}

// Bare handles a command line that ends where a subcommand's name is required.
func (p *Console) Bare(ctx *cli.Context) error {
	var names []string
	for _, c := range ctx.Command.Subcommands {
		names = append(names, c.Name)
	}
	if word := ctx.Args().First(); word != "" {
		group := ctx.Command.Name
		if group == ctx.App.Name {
			group = ""
		}
		if answer := NeighbourCommand(group, word); answer != "" {
			return UsageError{Text: fmt.Sprintf("unknown command %q; %s", word, answer)}
		}
		return UnknownWord("command", word, names)
	}
	if ctx.Command.Name == ctx.App.Name {
		return UsageError{Text: "a command is missing\n\n" + strings.TrimSuffix(overview(ctx.App), "\n")}
	}
	return UsageError{Text: ctx.Command.HelpName + " needs a command\n\nCommands:\n" + strings.TrimSuffix(commandTable(ctx.Command.Subcommands), "\n")}
}

// Invocation is one command as it was called.
type Invocation struct {
	*Console
	Ctx   context.Context
	Flags *cli.Context

	filled []string // the flags whose value is a variable of the environment
}

// prepare fills flags from the environment.
func (in *Invocation) prepare() error {
	for _, flag := range in.Flags.Command.Flags {
		name := flag.Names()[0]
		if name == "help" || in.Set(name) {
			continue
		}
		variable := VariableOf(in.Flags.Command.Name, name)
		value, ok := in.Env[variable]
		if ok && strings.TrimSpace(value) == "" && takesText(flag) && !slices.Contains(emptyAllowed, name) {
			return emptyValue("the variable " + variable)
		}
		if value == "" {
			continue
		}
		for _, one := range split(flag, value) {
			if err := in.Flags.Set(name, one); err != nil {
				return UsageError{Text: fmt.Sprintf("the variable %s=%q: %v", variable, value, err)}
			}
		}
		in.filled = append(in.filled, name)
	}
	return in.refuseEmpty()
}

// takesText reports whether a flag takes a text, whose variable must not be empty. CI systems set
// missing variables to the empty text. Treating that as absent could apply everything, without an
// approval, or over another API. An empty number or switch is the default, which allows nothing.
func takesText(flag cli.Flag) bool {
	switch flag.(type) {
	case *cli.StringFlag, *cli.StringSliceFlag:
		return true
	}
	return false
}

// emptyAllowed are the text flags with a meaning for the empty text.
var emptyAllowed = []string{"data", "marker", "seed"}

// refuseEmpty refuses flags that were given an empty text, a time that is none, or a negative number.
func (in *Invocation) refuseEmpty() error {
	for _, c := range in.Flags.Lineage() {
		if c.Command == nil {
			continue
		}
		for _, flag := range c.Command.Flags {
			name, _ := FlagName(flag)
			if slices.Contains(emptyAllowed, name) || !slices.Contains(c.LocalFlagNames(), name) {
				continue
			}
			switch flag.(type) {
			case *cli.StringFlag:
				if strings.TrimSpace(c.String(name)) == "" {
					return emptyValue("--" + name)
				}
			case *cli.StringSliceFlag:
				if slices.ContainsFunc(c.StringSlice(name), func(text string) bool { return strings.TrimSpace(text) == "" }) {
					return emptyValue("--" + name)
				}
			case *cli.DurationFlag:
				if d := c.Duration(name); d < 0 || d == 0 && name == "timeout" {
					return UsageError{Text: fmt.Sprintf("--%s %s is too short", name, d)}
				}
			case *cli.IntFlag:
				if n := c.Int(name); n < 0 {
					return UsageError{Text: fmt.Sprintf("--%s %d is negative; give it a number from 0 on, or leave it out", name, n)}
				}
			}
		}
	}
	return nil
}

func emptyValue(what string) error {
	return UsageError{Text: what + " is empty; give it a value, or leave it out"}
}

// VariableOf names the environment variable of a command's flag. The emulator's rate limits
// callers, not the client, so it has its own variable.
func VariableOf(command, flag string) string {
	if command == "emulator" && flag == "rate" {
		flag = "emulator-rate"
	}
	return "BUILDSYNC_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// split splits the variable of a repeatable flag at line breaks.
func split(flag cli.Flag, value string) []string {
	if _, several := flag.(*cli.StringSliceFlag); several {
		return strings.Split(strings.TrimSpace(value), "\n")
	}
	return []string{value}
}

// At returns the context in which a flag was set, the innermost first: global
// flags may be before the command and after it.
func (in *Invocation) At(name string) (c *cli.Context, set bool) {
	for _, c := range in.Flags.Lineage() {
		if c.Command != nil && slices.Contains(c.LocalFlagNames(), name) {
			return c, true
		}
	}
	return in.Flags, false
}

func (in *Invocation) Set(name string) bool {
	_, set := in.At(name)
	return set
}

func (in *Invocation) Text(name string) string {
	c, _ := in.At(name)
	return c.String(name)
}

func (in *Invocation) On(name string) bool {
	c, _ := in.At(name)
	return c.Bool(name)
}

func (in *Invocation) Number(name string) int {
	c, _ := in.At(name)
	return c.Int(name)
}

func (in *Invocation) duration(name string) time.Duration {
	c, _ := in.At(name)
	return c.Duration(name)
}

// Texts returns the values of a repeatable flag, those before the command first.
func (in *Invocation) Texts(name string) []string {
	var all []string
	lineage := in.Flags.Lineage()
	for _, c := range slices.Backward(lineage) {
		if c.Command != nil && slices.Contains(c.LocalFlagNames(), name) {
			all = append(all, c.StringSlice(name)...)
		}
	}
	return all
}

// Args returns the arguments, or an error if there are more than most.
func (in *Invocation) Args(most int) ([]string, error) {
	args := in.Flags.Args().Slice()
	if len(args) > most {
		return nil, UsageError{Text: fmt.Sprintf("unexpected argument %q; see %s --help", args[most], in.Flags.Command.HelpName)}
	}
	return args, nil
}

// oneOf checks a flag that takes one of a few words.
func (in *Invocation) oneOf(name string, words ...string) (string, error) {
	value := in.Text(name)
	return value, CheckWord(name, value, words...)
}

// Note prints useful information on stderr, unless --quiet.
func (in *Invocation) Note(format string, args ...any) {
	if !in.On("quiet") {
		in.Printf("note: "+format+"\n", args...)
	}
}

// Warn prints a warning on stderr.
func (in *Invocation) Warn(format string, args ...any) {
	in.Printf("warning: %s\n", sanitize.Message(fmt.Sprintf(format, args...)))
}

// WithTimeout bounds the command by --timeout.
func (in *Invocation) WithTimeout() (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(in.Ctx, in.duration("timeout"),
		errors.New("gave up after --timeout "+in.duration("timeout").String()))
}
