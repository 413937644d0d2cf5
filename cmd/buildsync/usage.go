package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/pkg/spec"
)

// usageError is a mistake on the command line; exit code 3.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// unknownWord says that a word is none of those that are possible, and which
// one was probably meant.
func unknownWord(what, word string, possible []string) error {
	text := fmt.Sprintf("unknown %s %q", what, word)
	if strings.HasPrefix(what, "--") {
		text = fmt.Sprintf("%s does not take %q", what, word)
	}
	if near := spec.Nearest(word, possible); near != "" {
		return usageError{text: text + fmt.Sprintf("; did you mean %q?", near)}
	}
	return usageError{text: text + "; it is one of: " + strings.Join(possible, ", ")}
}

// onUsageError words what the flag parser complains about. Without it the
// library would print help on stdout.
func (p *program) onUsageError(ctx *cli.Context, err error, _ bool) error {
	const undefined = "flag provided but not defined: -"
	where := ctx.Command.HelpName
	if where == "" {
		where = ctx.App.Name
	}
	name, unknown := strings.CutPrefix(err.Error(), undefined)
	if !unknown {
		return usageError{text: where + ": " + err.Error()}
	}
	name = strings.TrimLeft(name, "-")
	var names []string
	for _, flag := range ctx.Command.Flags {
		names = append(names, flag.Names()...)
	}
	text := fmt.Sprintf("%s has no flag --%s", where, name)
	if near := spec.Nearest(name, names); near != "" {
		text += fmt.Sprintf("; did you mean --%s?", near)
	} else {
		text += fmt.Sprintf("; see %s --help", where)
	}
	return usageError{text: text}
}
