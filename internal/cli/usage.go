package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/pkg/spec"
)

// UsageError is a mistake on the command line; exit code 3.
type UsageError struct{ Text string }

func (e UsageError) Error() string { return e.Text }

// UnknownWord returns the error for an unknown word, with a suggestion.
func UnknownWord(what, word string, possible []string) error {
	text := fmt.Sprintf("unknown %s %q", what, word)
	if strings.HasPrefix(what, "--") {
		text = fmt.Sprintf("%s does not take %q", what, word)
	}
	if near := spec.Nearest(word, possible); near != "" {
		return UsageError{Text: spec.WithSuggestion(text, near)}
	}
	return UsageError{Text: text + "; it is one of: " + strings.Join(possible, ", ")}
}

// CheckWord returns an error if the value of a flag is none of a few words.
func CheckWord(flag, value string, words ...string) error {
	if !slices.Contains(words, value) {
		return UnknownWord("--"+flag, value, words)
	}
	return nil
}

// OnUsageError rewords the flag parser's errors. Without it the library would print help on stdout.
func (p *Console) OnUsageError(ctx *cli.Context, err error, _ bool) error {
	const undefined = "flag provided but not defined: -"
	where := ctx.Command.HelpName
	if where == "" {
		where = ctx.App.Name
	}
	name, unknown := strings.CutPrefix(err.Error(), undefined)
	if !unknown {
		return UsageError{Text: where + ": " + inOurWords(err.Error())}
	}
	name = strings.TrimLeft(name, "-")
	var names []string
	for _, flag := range ctx.Command.Flags {
		names = append(names, flag.Names()...)
	}
	text := fmt.Sprintf("%s has no flag %s", where, dashed(name))
	if isFormat(name) && takesFormat(ctx.Command.Flags, name) {
		text += fmt.Sprintf("; did you mean --format %s?", name)
	} else if isFormat(name) && ctx.Command.Name == ctx.App.Name {
		text += fmt.Sprintf("; write --format %s after the command", name)
	} else if answer := neighbourAnswer(name, names, ctx.Command.Name == ctx.App.Name); answer != "" {
		text += "; " + answer
	} else if near := nearestFlag(name, names); near != "" {
		text += fmt.Sprintf("; did you mean %s?", dashed(near))
	} else {
		text += fmt.Sprintf("; see %s --help", where)
	}
	return UsageError{Text: text}
}

// takesFormat reports whether the usage of --format among flags lists a format.
func takesFormat(flags []cli.Flag, format string) bool {
	for _, flag := range flags {
		if documented, ok := flag.(cli.DocGenerationFlag); ok && slices.Contains(flag.Names(), "format") {
			return slices.Contains(strings.FieldsFunc(documented.GetUsage(), func(r rune) bool { return r < 'a' || r > 'z' }), format)
		}
	}
	return false
}

// nearestFlag returns the flag that was probably meant. A single letter is near to every other, so
// it has no suggestion.
func nearestFlag(name string, names []string) string {
	if len(name) == 1 {
		return ""
	}
	return spec.Nearest(name, slices.DeleteFunc(slices.Clone(names), func(one string) bool { return len(one) == 1 }))
}

// inOurWords rewords the flag parser's messages: flags with two dashes, and nothing about parsing.
func inOurWords(text string) string {
	if name, lacks := strings.CutPrefix(text, "flag needs an argument: -"); lacks {
		return "--" + strings.TrimPrefix(name, "-") + " needs a value"
	}
	if names, twice := strings.CutPrefix(text, "Cannot use two forms of the same flag: "); twice {
		one, other, _ := strings.Cut(names, " ")
		return dashed(one) + " and " + dashed(other) + " are the same flag; give one of them"
	}
	text = strings.TrimSuffix(text, ": parse error")
	for _, between := range []string{" for flag -", " for -"} {
		if what, name, ok := strings.Cut(text, between); ok {
			return what + " for --" + name
		}
	}
	return text
}

// dashed writes a flag's name as it is typed.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
