package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"
	"pgregory.net/rapid"

	kit "github.com/buildsync/buildsync/internal/cli"
)

// inOrder returns a command line as the flag parser gets it.
func inOrder(args []string) []string {
	line := kit.ReadLine((&program{}).app(), args)
	return line.FlagsFirst()
}

func TestFlagsStandAnywhere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ typed, want string }{
		"nothing":                        {"buildsync", "buildsync"},
		"flags first":                    {"buildsync show --format json p", "buildsync show --format json -- p"},
		"a flag behind the argument":     {"buildsync show p --format json", "buildsync show --format json -- p"},
		"between arguments":              {"buildsync show a --format json b", "buildsync show --format json -- a b"},
		"joined by =":                    {"buildsync show p --format=json", "buildsync show --format=json -- p"},
		"one dash":                       {"buildsync show p -format json", "buildsync show -format json -- p"},
		"a switch takes no value":        {"buildsync apply p --yes --report r", "buildsync apply --yes --report r -- p"},
		"a switch with a value":          {"buildsync apply p --yes=false", "buildsync apply --yes=false -- p"},
		"a value that may be left out":   {"buildsync lint a --fix b", "buildsync lint --fix -- a b"},
		"an alias":                       {"buildsync show p -C dir -v", "buildsync show -C dir -v -- p"},
		"a global flag stays in front":   {"buildsync -C dir --env prod show p -q", "buildsync -C dir --env prod show -q -- p"},
		"a format of the command's":      {"buildsync --format json -q show p", "buildsync -q show --format json -- p"},
		"a format in front of a group":   {"buildsync --format json job list", "buildsync job list --format json"},
		"a format and no command":        {"buildsync --format json", "buildsync --format json"},
		"outputs of the command's":       {"buildsync --out a --out=b plan --out c", "buildsync plan --out a --out=b --out c"},
		"a value like a command":         {"buildsync --env plan show p", "buildsync --env plan show -- p"},
		"a value like a flag":            {"buildsync show p --marker --format", "buildsync show --marker --format -- p"},
		"a value of two dashes":          {"buildsync show p --marker -- x", "buildsync show --marker -- -- p x"},
		"several times":                  {"buildsync plan --var a=1 --var b=2", "buildsync plan --var a=1 --var b=2"},
		"a subcommand":                   {"buildsync job run api --param k=v --wait", "buildsync job run --param k=v --wait -- api"},
		"a flag of the group":            {"buildsync job --env prod run api", "buildsync job --env prod run -- api"},
		"after two dashes all is a name": {"buildsync show -- --format json", "buildsync show -- --format json"},
		"both":                           {"buildsync show p --format json -- -x --yes", "buildsync show --format json -- p -x --yes"},
		"a stream is an argument":        {"buildsync lint - --stdin-filename a.yaml", "buildsync lint --stdin-filename a.yaml -- -"},
		"an empty argument":              {"buildsync show  --format json", "buildsync show --format json -- "},
		"an unknown flag":                {"buildsync show p --formt json", "buildsync show --formt -- p json"},
		"an unknown flag with a value":   {"buildsync show p --formt=json", "buildsync show --formt=json -- p"},
		"a flag that lacks its value":    {"buildsync show p --format", "buildsync show --format"},
		"an unknown command":             {"buildsync aply p --yes", "buildsync aply p --yes"},
		"two dashes for a command":       {"buildsync -- plan", "buildsync -- plan"},
		"help after an argument":         {"buildsync show p --help", "buildsync show --help -- p"},
	} {
		if d := cmp.Diff(test.want, strings.Join(inOrder(strings.Split(test.typed, " ")), " ")); d != "" {
			t.Errorf("%s: -want +got\n%s", name, d)
		}
	}
}

// TestFlagsAndArgumentsMix checks that a command gets the same flags and arguments in any order.
func TestFlagsAndArgumentsMix(t *testing.T) {
	t.Parallel()
	type parsed struct {
		Args, Several []string
		Text          string
		Switch, Whole bool
	}
	parse := func(words []string) (got parsed, err error) {
		app := &cli.App{
			Flags: []cli.Flag{&cli.BoolFlag{Name: "whole"}}, HideHelp: true, ExitErrHandler: func(*cli.Context, error) {},
			DisableSliceFlagSeparator: true,
			OnUsageError:              func(_ *cli.Context, err error, _ bool) error { return err },
			Commands: []*cli.Command{{
				Name: "act", HideHelp: true,
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "text", Aliases: []string{"t"}}, &cli.BoolFlag{Name: "switch"}, &cli.StringSliceFlag{Name: "several"},
				},
				OnUsageError: func(_ *cli.Context, err error, _ bool) error { return err },
				Action: func(c *cli.Context) error {
					got = parsed{c.Args().Slice(), c.StringSlice("several"), c.String("text"), c.Bool("switch"), c.Bool("whole")}
					return nil
				},
			}},
		}
		line := kit.ReadLine(app, words)
		return got, app.Run(line.FlagsFirst())
	}
	flag := rapid.SampledFrom([][]string{
		{"--text", "x"}, {"-t", "--switch"}, {"--text=y=z"}, {"--switch"}, {"--switch=false"}, {"--several", "1,2"}, {"--several=act"}, {"-several", "--"},
	})
	word := rapid.SampledFrom([]string{"a", "act", "-", "b=c", "text", ""})
	rapid.Check(t, func(t *rapid.T) {
		flags, args := rapid.SliceOf(flag).Draw(t, "flags"), rapid.SliceOf(word).Draw(t, "args")
		mixed, sorted := []string{"p", "act"}, append([]string{"p", "act"}, slices.Concat(flags...)...)
		sorted = append(append(sorted, "--"), args...)
		for len(flags)+len(args) > 0 {
			if len(args) == 0 || len(flags) > 0 && rapid.Bool().Draw(t, "a flag") {
				mixed, flags = append(mixed, flags[0]...), flags[1:]
			} else {
				mixed, args = append(mixed, args[0]), args[1:]
			}
		}
		have, err := parse(mixed)
		want, errSorted := parse(sorted)
		if fmt.Sprint(err) != fmt.Sprint(errSorted) || !cmp.Equal(have, want) {
			t.Fatalf("%q: %+v, %v\n%q: %+v, %v", mixed, have, err, sorted, want, errSorted)
		}
	})
}

// FuzzFlagsFirst checks that no word is lost or added, and that a line in order stays as it is.
func FuzzFlagsFirst(f *testing.F) {
	for _, seed := range []string{"show p --format json", "job run a --param k=v", "-- plan", "lint - --fix=unsafe", "show --format", "plan --out --", "show -- a", "x"} {
		f.Add(seed)
	}
	app := (&program{}).app()
	f.Fuzz(func(t *testing.T, typed string) {
		words := append([]string{"buildsync"}, strings.Split(typed, " ")...)
		line := kit.ReadLine(app, words)
		once := line.FlagsFirst()
		again := kit.ReadLine(app, once)
		if d := cmp.Diff(once, again.FlagsFirst()); d != "" {
			t.Errorf("%q: not settled\n%s", words, d)
		}
		if line.Open {
			return // the arguments are left out, for the flag is an error
		}
		count := func(words []string) map[string]int {
			n := map[string]int{}
			for _, word := range words {
				if word != "--" {
					n[word]++
				}
			}
			return n
		}
		if d := cmp.Diff(count(words), count(once)); d != "" {
			t.Errorf("%q became %q\n%s", words, once, d)
		}
	})
}

// TestEmptyTextIsNoValue checks that an empty text is refused for each text flag of each command
// and its variable. A CI system leaves it for an unset variable. As "not given" it would apply
// everything, without an approval, or over another API.
func TestEmptyTextIsNoValue(t *testing.T) {
	t.Parallel()
	means := map[string]bool{"data": true, "marker": true, "seed": true} // their empty value means something
	ended, cancel := context.WithCancel(t.Context())
	cancel() // a command that takes the text all the same does nothing
	start := func(env []string, args ...string) result {
		var out, errOut bytes.Buffer
		code := run(ended, append([]string{"buildsync"}, args...), env, strings.NewReader(""), &out, &errOut)
		return result{code, out.String(), errOut.String()}
	}
	checked := 0
	eachCommand(allCommands(), nil, func(words []string, c *cli.Command) {
		if len(c.Subcommands) > 0 || c.Name == "help" {
			return
		}
		empties := []string{""}
		if c.Name == "plan" { // blanks are looked at by the same lines of code
			empties = append(empties, " ")
		}
		flags := map[string]bool{}
		for _, flag := range c.Flags {
			switch flag.(type) {
			case *cli.StringFlag, *cli.StringSliceFlag:
				flags[flag.Names()[0]] = true
			}
		}
		for name := range flags {
			if means[name] {
				continue
			}
			checked++
			variable := kit.VariableOf(c.Name, name)
			for _, empty := range empties {
				if got := start(nil, append(words, "--"+name, empty)...); got.code != exitInvalid || !strings.Contains(got.stderr, "--"+name+" is empty") {
					t.Errorf("%s --%s %q: %+v", words, name, empty, got)
				}
				if got := start([]string{variable + "=" + empty}, words...); got.code != exitInvalid || !strings.Contains(got.stderr, variable+" is empty") {
					t.Errorf("%s=%q %s: %+v", variable, empty, words, got)
				}
			}
		}
	})
	if checked < 200 {
		t.Errorf("only %d flags were checked", checked)
	}
}

// TestNumbersThatAreNone checks that no command takes a negative time or number, nor a time limit of
// zero, which would end it before it begins.
func TestNumbersThatAreNone(t *testing.T) {
	t.Parallel()
	eachCommand(allCommands(), nil, func(words []string, c *cli.Command) {
		if len(c.Subcommands) > 0 || c.Name == "help" {
			return
		}
		for _, flag := range c.Flags {
			name, wrong := flag.Names()[0], map[string]string{}
			switch flag.(type) {
			case *cli.DurationFlag:
				wrong["-1s"] = "is too short"
				if name == "timeout" { // for others it means at once, or any
					wrong["0s"] = "is too short"
				}
			case *cli.IntFlag:
				wrong["-1"] = "is negative"
			}
			for value, why := range wrong {
				var out, errOut bytes.Buffer
				code := run(t.Context(), append([]string{"buildsync"}, append(words, "--"+name, value)...), nil, strings.NewReader(""), &out, &errOut)
				if code != exitInvalid || !strings.Contains(errOut.String(), "--"+name+" "+value+" "+why) {
					t.Errorf("%s --%s %s: code %d, %s", words, name, value, code, errOut.String())
				}
			}
		}
	})
}
