package cli

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// Cells measures text in columns of a terminal, whatever the locale is.
var Cells = runewidth.Condition{StrictEmojiNeutral: true}

// foldIndent stands before the further lines of a message.
const foldIndent = "  "

// Fold breaks the lines of a message that are wider than width cells at blanks, because a terminal
// breaks them inside words. A command stays on one line, since people copy it. The text stays as it
// is for width 0, which is a pipe or a file.
func Fold(text string, width int) string {
	if width <= 0 {
		return text
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(foldLine(line, width))
	}
	return out.String()
}

func foldLine(line string, width int) string {
	body := strings.TrimRight(line, " \n")
	end := line[len(body):]
	if Cells.StringWidth(body) <= width {
		return line
	}
	words := strings.TrimLeft(body, " ")
	indent := body[:len(body)-len(words)]
	further := indent + foldIndent
	lines := WrapWords(commandsWhole(strings.Fields(words)), max(1, width-len(further)))
	return indent + strings.Join(lines, "\n"+further) + end
}

// commandsWhole joins the words of each command: from a backquote to the next, or from the name of
// the program to the next punctuation mark or parenthesis.
func commandsWhole(words []string) (units []string) {
	quoted, named := false, false // within a command
	for _, word := range words {
		named = named && !strings.HasPrefix(word, "(")
		if quoted || named {
			units[len(units)-1] += " " + word
		} else {
			units = append(units, word)
		}
		quoted = quoted != (strings.Count(word, "`")%2 == 1)
		named = !quoted && (named || word == "buildsync") && !strings.ContainsAny(word[len(word)-1:], ",;:.)`")
	}
	return units
}
