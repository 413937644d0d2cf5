package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/pkg/compile"
)

// globalFlags are accepted before and after the command's name.
func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "dir", Aliases: []string{"C"}, Usage: "look for the workspace from `DIR` upwards instead of the current folder"},
		&cli.StringFlag{Name: "env", Usage: "use the environment `NAME` of buildsync.yaml"},
		&cli.StringFlag{Name: "project", Usage: "only the project `P`, an alias or an id"},
		&cli.StringFlag{Name: "region", Usage: "the Huawei Cloud `REGION`; wins over buildsync.yaml"},
		&cli.StringFlag{Name: "endpoint", Usage: "the service's `URL`, or emulator for the built-in one"},
		&cli.StringFlag{Name: "emulator-data", Usage: "the built-in emulator keeps its state in `FILE`, not in .buildsync/emulator.db"},
		&cli.StringFlag{Name: "api", Usage: "`VERSION`: the routes to speak, v3 or v1", Value: "v3"},
		&cli.StringFlag{Name: "profile", Usage: "the profile `NAME` of the credentials file"},
		&cli.StringFlag{Name: "token-cache", Usage: "keep the IAM token in `DIR`, readable by its owner only"},
		&cli.StringFlag{Name: "ca-file", Usage: "trust the certificates in `FILE` as well"},
		&cli.StringSliceFlag{Name: "var", Usage: "set a variable of vars: `NAME=VALUE`"},
		&cli.IntFlag{Name: "parallelism", Usage: "at most `N` requests side by side", DefaultText: "as the service allows, up to 32"},
		&cli.StringFlag{Name: "rate", Usage: "at most `N/min` requests", DefaultText: "as many as the service takes"},
		&cli.DurationFlag{Name: "timeout", Usage: "give up after `D` in all", Value: 30 * time.Minute},
		&cli.BoolFlag{Name: "no-color", Usage: "no colours; NO_COLOR does the same", DisableDefaultText: true},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "only results and errors", DisableDefaultText: true},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "log each request: method, path, status, duration, id", DisableDefaultText: true},
		&cli.StringFlag{Name: "log-format", Usage: "`FORMAT`: the log's form, text or json", Value: "text"},
	}
}

// hiddenGlobals are the global flags that a command accepts after its name,
// but for those that it has itself.
func hiddenGlobals(own []cli.Flag) []cli.Flag {
	names := make(map[string]bool, len(own))
	for _, flag := range own {
		name, _ := flagName(flag)
		names[name] = true
	}
	var out []cli.Flag
	for _, flag := range globalFlags() {
		name, hidden := flagName(flag)
		if names[name] {
			continue
		}
		*hidden = true
		out = append(out, flag)
	}
	return out
}

// flagName returns a flag's name and its switch Hidden. It does what Names does
// without the expression that the library applies to each: with all flags of
// all commands, that was an eighth of a start.
func flagName(flag cli.Flag) (name string, hidden *bool) {
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

// invocation is one command as it was called.
type invocation struct {
	*program
	ctx   context.Context
	flags *cli.Context
}

// prepare fills flags from the environment.
func (in *invocation) prepare() error {
	for _, flag := range in.flags.Command.Flags {
		name := flag.Names()[0]
		if name == "help" || in.set(name) {
			continue
		}
		variable := variableOf(in.flags.Command.Name, name)
		value, ok := in.env[variable]
		if value == "" {
			if ok && slices.Contains(selecting, name) {
				return emptyValue("the variable " + variable)
			}
			continue
		}
		for _, one := range split(flag, value) {
			if err := in.flags.Set(name, one); err != nil {
				return usageError{text: fmt.Sprintf("the variable %s=%q: %v", variable, value, err)}
			}
		}
	}
	return in.refuseEmpty()
}

// selecting are the flags that select or approve something. CI systems set a
// variable that does not exist to the empty text; to take that for "not given"
// would apply everything, or without an approval.
var selecting = []string{"approve", "base", "changed-since", "endpoint", "env", "kind", "label", "only", "profile", "project", "region", "shard", "write-secret"}

// emptyAllowed are the text flags whose empty value means something.
var emptyAllowed = []string{"data", "marker", "seed"}

// refuseEmpty refuses flags that were given an empty text.
func (in *invocation) refuseEmpty() error {
	for _, c := range in.flags.Lineage() {
		if c.Command == nil {
			continue
		}
		for _, flag := range c.Command.Flags {
			name, _ := flagName(flag)
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
			}
		}
	}
	return nil
}

func emptyValue(what string) error {
	return usageError{text: what + " is empty; give it a value, or leave it out"}
}

// variableOf names the environment variable of a command's flag. The emulator's
// rate is what it grants, not what a client asks for, so that one has its own.
func variableOf(command, flag string) string {
	if command == "emulator" && flag == "rate" {
		flag = "emulator-rate"
	}
	return "BUILDSYNC_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// split cuts the variable of a flag that may stand several times at its line
// breaks.
func split(flag cli.Flag, value string) []string {
	if _, several := flag.(*cli.StringSliceFlag); several {
		return strings.Split(strings.TrimSpace(value), "\n")
	}
	return []string{value}
}

// at returns the context in which a flag was set, the innermost first: global
// flags may stand before the command and after it.
func (in *invocation) at(name string) (c *cli.Context, set bool) {
	for _, c := range in.flags.Lineage() {
		if c.Command != nil && slices.Contains(c.LocalFlagNames(), name) {
			return c, true
		}
	}
	return in.flags, false
}

func (in *invocation) set(name string) bool {
	_, set := in.at(name)
	return set
}

func (in *invocation) text(name string) string {
	c, _ := in.at(name)
	return c.String(name)
}

func (in *invocation) on(name string) bool {
	c, _ := in.at(name)
	return c.Bool(name)
}

func (in *invocation) number(name string) int {
	c, _ := in.at(name)
	return c.Int(name)
}

func (in *invocation) duration(name string) time.Duration {
	c, _ := in.at(name)
	return c.Duration(name)
}

// texts returns the values of a flag that may stand several times, those before
// the command first.
func (in *invocation) texts(name string) []string {
	var all []string
	lineage := in.flags.Lineage()
	for _, c := range slices.Backward(lineage) {
		if c.Command != nil && slices.Contains(c.LocalFlagNames(), name) {
			all = append(all, c.StringSlice(name)...)
		}
	}
	return all
}

// args returns the arguments, an error where there are more than most.
func (in *invocation) args(most int) ([]string, error) {
	args := in.flags.Args().Slice()
	if len(args) > most {
		return nil, usageError{text: fmt.Sprintf("unexpected argument %q; see %s --help", args[most], in.flags.Command.HelpName)}
	}
	return args, nil
}

// oneOf checks a flag that takes one of a few words.
func (in *invocation) oneOf(name string, words ...string) (string, error) {
	value := in.text(name)
	if !slices.Contains(words, value) {
		return "", unknownWord("--"+name, value, words)
	}
	return value, nil
}

// variables turns --var NAME=VALUE into a map.
func (in *invocation) variables() (map[string]string, error) {
	vars := map[string]string{}
	for _, pair := range in.texts("var") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, usageError{text: fmt.Sprintf("--var %q: write it as NAME=VALUE", pair)}
		}
		vars[name] = value
	}
	return vars, nil
}

// labelFlag chooses jobs by their labels.
func labelFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "label", Usage: "only jobs whose labels fulfil `KEY=GLOB`, KEY!=GLOB or KEY; owner is one; repeat it for and"}
}

// labels reads --label.
func (in *invocation) labels() (compile.LabelTerms, error) {
	terms, err := compile.ParseLabelTerms(in.texts("label"))
	if err != nil {
		return nil, usageError{text: "--label: " + err.Error()}
	}
	return terms, nil
}
