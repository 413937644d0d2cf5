package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
)

// HelpWidth is the width of every help text: the narrowest terminal in use.
const HelpWidth = 80

// AsksForHelp reports whether an argument may request help. Other runs skip making the help texts.
func AsksForHelp(arg string) bool {
	return arg == "help" || strings.HasPrefix(arg, "-h") || strings.HasPrefix(arg, "--h")
}

// SetHelp gives the program and every command its help text.
// codes are the exit codes and what they mean.
func SetHelp(app *cli.App, codes [][2]string) {
	app.CustomAppHelpTemplate = literal(appHelp(app, codes))
	setCommandHelp(app.Name, app.Commands)
}

func setCommandHelp(above string, commands []*cli.Command) {
	for _, c := range commands {
		name := above + " " + c.Name
		if len(c.Subcommands) > 0 {
			c.CustomHelpTemplate = literal(groupHelp(name, c))
			setCommandHelp(name, c.Subcommands)
			continue
		}
		c.CustomHelpTemplate = literal(commandHelp(name, c))
	}
}

// literal escapes a text for a template.
func literal(text string) string { return "{{" + strconv.Quote(text) + "}}" }

func appHelp(app *cli.App, codes [][2]string) string {
	return overview(app) +
		"\nGlobal flags (also accepted after the command):\n" + flagTable(app.Flags) +
		"\n" + reflow("Every flag --some-flag can be set by the variable BUILDSYNC_SOME_FLAG; a flag wins over a variable. "+
		"Global flags, and --format and --out of a command that has them, may come before the command, after it "+
		"and after its arguments. What follows -- is an argument.") +
		"\n\nExit codes:\n" + Glossary(codes)
}

// overview returns the first part of the program's help.
func overview(app *cli.App) string {
	return "buildsync – " + app.Usage + "\n\nUsage:\n   " + app.UsageText + "\n\n" +
		Glossary([][2]string{
			{"buildsync plan --endpoint emulator", "what apply would do, tried offline"},
			{"buildsync apply --endpoint emulator", "show it, ask, and do it"},
			{"buildsync help plan", "explain a command"},
		}) + "\nCommands:\n" + commandTable(app.Commands)
}

func groupHelp(name string, c *cli.Command) string {
	return name + " – " + c.Usage + "\n\nUsage:\n   " + name + " COMMAND [flags] [arguments]\n\n" +
		reflow(c.Description) + "\n\nCommands:\n" + commandTable(c.Subcommands) +
		"\nGlobal flags and exit codes: buildsync --help\n"
}

func commandHelp(name string, c *cli.Command) string {
	return name + " – " + c.Usage + "\n\nUsage:\n   " + strings.TrimRight(name+" [flags] "+c.ArgsUsage, " ") + "\n\n" +
		reflow(c.Description) + "\n\nFlags:\n" + flagTable(c.Flags) +
		"\nEvery flag --some-flag can be set by the variable BUILDSYNC_SOME_FLAG.\n" +
		"Global flags and exit codes: buildsync --help\n"
}

func commandTable(commands []*cli.Command) string {
	var rows [][2]string
	for _, c := range commands {
		rows = append(rows, [2]string{c.Name, c.Usage})
	}
	return Glossary(rows)
}

// flagTable lists the flags that are not hidden: names, the placeholder that
// the usage has in backquotes, and the default.
func flagTable(flags []cli.Flag) string {
	var rows [][2]string
	for _, flag := range flags {
		f, documented := flag.(cli.DocGenerationFlag)
		if v, ok := flag.(cli.VisibleFlag); !documented || ok && !v.IsVisible() {
			continue
		}
		placeholder, usage := flagUsage(f)
		names := flagNames(flag)
		if placeholder != "" && !strings.HasPrefix(placeholder, "[=") {
			names += " "
		}
		names += placeholder
		if several, ok := flag.(cli.DocGenerationSliceFlag); ok && several.IsSliceFlag() {
			usage += " (repeatable)"
		}
		b, isSwitch := flag.(*cli.BoolFlag)
		if text := f.GetDefaultText(); text != "" && (!isSwitch || !b.DisableDefaultText) {
			usage += " (default: " + strings.Trim(text, `"`) + ")"
		}
		rows = append(rows, [2]string{names, usage})
	}
	return Glossary(rows)
}

// flagUsage splits a flag's usage into placeholder and text. The text does not repeat a placeholder
// that only introduces it ("`FORMAT`: text or json").
func flagUsage(flag cli.DocGenerationFlag) (placeholder, text string) {
	before, rest, _ := strings.Cut(flag.GetUsage(), "`")
	placeholder, after, _ := strings.Cut(rest, "`")
	if alone, ok := strings.CutPrefix(after, ": "); ok && before == "" {
		return placeholder, alone
	}
	return placeholder, before + placeholder + after
}

func flagNames(flag cli.Flag) string {
	var names []string
	for _, name := range flag.Names() {
		if utf8.RuneCountInString(name) == 1 {
			names = append(names, "-"+name)
			continue
		}
		names = append(names, "--"+name)
	}
	return strings.Join(names, ", ")
}

// Glossary prints terms and meanings in two columns, with the meaning wrapped. A very long term has
// its own line.
func Glossary(rows [][2]string) string {
	const indent, gap, widest = 3, 2, 36
	column := 0
	for _, row := range rows {
		if width := utf8.RuneCountInString(row[0]); width <= widest {
			column = max(column, width)
		}
	}
	start := indent + column + gap
	var out strings.Builder
	for _, row := range rows {
		lines := WrapWords(strings.Fields(row[1]), HelpWidth-start)
		if utf8.RuneCountInString(row[0]) > column {
			fmt.Fprintf(&out, "%*s%s\n", indent, "", row[0])
		} else {
			fmt.Fprintf(&out, "%*s%-*s%s\n", indent, "", column+gap, row[0], lines[0])
			lines = lines[1:]
		}
		for _, line := range lines {
			fmt.Fprintf(&out, "%*s%s\n", start, "", line)
		}
	}
	return out.String()
}

// reflow wraps the paragraphs of a text. Lines that are indented stay as they
// are.
func reflow(text string) string {
	var out []string
	for _, paragraph := range strings.Split(text, "\n\n") {
		var words, lines []string
		flush := func() {
			if len(words) > 0 {
				lines = append(lines, WrapWords(words, HelpWidth)...)
				words = nil
			}
		}
		for line := range strings.SplitSeq(paragraph, "\n") {
			if strings.HasPrefix(line, " ") {
				flush()
				lines = append(lines, line)
				continue
			}
			words = append(words, strings.Fields(line)...)
		}
		flush()
		out = append(out, strings.Join(lines, "\n"))
	}
	return strings.Join(out, "\n\n")
}

// WrapWords fills lines of at most width cells; a longer word has a line of its
// own.
func WrapWords(words []string, width int) []string {
	lines := []string{""}
	for _, word := range words {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case Cells.StringWidth(*last)+1+Cells.StringWidth(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}

// About returns a command's help text from its description and examples.
func About(text string, examples ...string) string {
	return strings.Join(slices.Concat([]string{strings.TrimSpace(text) + "\n\nExamples:"}, examples), "\n   ")
}
