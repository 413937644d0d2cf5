package lint

import (
	"regexp"
	"strings"
)

// shellMessage is what is said about a fault that the parser describes in its own words.
type shellMessage struct {
	pattern func() *regexp.Regexp
	message string // $1 is the first group
	hint    string
}

// shellMessages translate the parser's texts, the first that matches.
var shellMessages = []shellMessage{
	{pattern("^`(\\w+)` statement must end with `(\\w+)`$"), `"$1" has no "$2"`, "write $2 behind its last command"},
	{pattern("^`(fi|esac)` can only be used to end"), `"$1" ends nothing that is open here`, "remove it, or write what it ends before"},
	{pattern("^`done` can only be used to end"), `"done" ends nothing that is open here`, "remove it, or write the for or while that it ends before"},
	{pattern("^`(then|elif|else)` can only be used"), `"$1" belongs to no "if"`, "remove it, or write the if before; a shell writes elif, not else if or elseif"},
	{pattern("^`(do)` can only be used"), `"$1" belongs to no loop`, "remove it, or write the for or while before"},
	{pattern("^`\\)` .*close a subshell|encountered `\\)`$|^`\\)` is not a valid start"), `the bracket ")" closes nothing that is open here`, "remove it, or put the text in quotes"},
	{pattern("^`}` can only be used to close"), `the bracket "}" closes nothing that is open here`, "remove it, or write the { that it closes before"},
	{pattern("^`]]` can only be used to close"), `"]]" closes no test`, "write the [[ that it closes before"},
	{pattern("encountered `\\(`$|^`foo\\(` must be followed"), `the bracket "(" is not allowed here`, "put the text in quotes; an array is set without blanks: x=(1 2)"},
	{pattern("encountered `(.+)`$"), `"$1" is not allowed here`, "put the text in quotes"},
	{pattern("without closing quote [`\"]'[`\"]$"), `the quote ' that opens here is not closed`, `close it; an apostrophe in a text is written \' or stands in double quotes`},
	{pattern("without closing quote (?:`(.+)`|\"(.+)\")$"), `the quote $1$2 that opens here is not closed`, "close it where the text ends"},
	{pattern("without matching `(.+)` with `(.+)`$"), `the bracket "$1" that opens here is not closed`, `close it with "$2"`},
	{pattern("^not a valid parameter expansion operator: (?:\"\\\\n\"|`[^a-zA-Z]*EOF`)"), `the bracket "${" is not closed`, `close it with "}"`},
	{pattern("^not a valid parameter expansion operator: [`\"](.*)[`\"]$"), `"$1" is not an operator of ${…}`, `a value is written ${NAME}, ${NAME:-default} or ${NAME:?message}`},
	{pattern("^invalid parameter name$"), `this is not the name of a variable`, ""},
	{pattern("^case patterns must"), `this is not a pattern of a case`, "a pattern is a word before ), and words with blanks need quotes; a case ends with esac"},
	{pattern("^`foo\\(\\)` must be followed"), `the function has no body`, "write its commands in { }"},
	{pattern("^`(for|select|while|until).*must be followed by `do`"), `"$1" has no "do"`, "write ; do at the end of its line"},
	{pattern("^`for foo` must|^`for` must be"), `this is not the head of a "for"`, "write for NAME in WORDS; do"},
	{pattern("^`((?:el)?if) .*must be followed by `then`"), `"$1" has no "then"`, "write ; then at the end of its line"},
	{pattern("^`case .*must be followed by `in`"), `"case" has no "in"`, "write case WORD in"},
	{pattern("^`(then|else|do|if|elif|while|until|\\{|\\()`? .*must be followed by a statement list$|^`(\\S+)` must be followed by a statement list$"), `no command follows "$1$2"`, "write one; : does nothing"},
	{pattern("^`(.+)` must be followed by a statement$"), `no command follows "$1"`, "write one, or remove it"},
	{pattern("^`([<>&|]+)` must be followed by a word$"), `no file follows "$1"`, "write its name"},
	{pattern("^`(.+)` must be followed by (an expression|a word|a name|a literal|names or assignments)$"), `$2 is missing behind "$1"`, ""},
	{pattern("^`;` can only immediately follow"), `no command stands before ";"`, "remove it: & and | need none"},
	{pattern("^`(.+)` can only immediately follow"), `no command stands before "$1"`, "remove it, or write it at the end of the line before"},
	{pattern("^`(;[;&]+)` can only be used in a case"), `"$1" belongs to no case`, "one ; separates commands"},
	{pattern("^statements must be separated"), `a ; or a line break is missing before this`, ""},
	{pattern("^invalid func name$"), `this cannot be the name of a function`, ""},
	{pattern("^invalid var name$"), `this cannot be the name of a variable`, ""},
	{pattern("^not a valid test operator: [`\"](.+)[`\"]$"), `"$1" is not an operator of a test, or the test is not closed`, "a test is [[ A = B ]], with blanks around each part; join tests with && and ||"},
	{pattern("^expected .* after complex expr$"), `the test goes on where it should end`, "join tests with && and ||, and end them with ]]"},
	{pattern("^`!` cannot form"), `no command follows "!"`, "write one, or remove it"},
	{pattern("^arrays cannot be nested$"), `an array cannot stand in an array`, ""},
	{pattern("^inline variables cannot be arrays$"), `an array cannot be given to one command`, "set it on a line of its own"},
}

// headWithoutWord matches the head of a statement that a word must follow: then, do.
var headWithoutWord = map[string]func() *regexp.Regexp{
	"fi": pattern(`(?m)^[ \t]*(if|elif)\b`), "done": pattern(`(?m)^[ \t]*(while|until|for|select)\b`),
}

// middleWords are the words between the head of a statement and its end.
var middleWords = map[string]func() *regexp.Regexp{"fi": pattern(`\bthen\b`), "done": pattern(`\bdo\b`)}

// shellWording says what the parser found at offset in the project's words, and moves a fault that
// shows itself only at the end of a statement to where the mistake is.
func shellWording(text string, offset int, message string) (at int, says, hint string) {
	if at, word, middle := headWithout(text, offset, message); word != "" {
		return at, quoted(word) + " has no " + quoted(middle), "write ; " + middle + " at the end of its line"
	}
	if strings.HasPrefix(message, "case patterns") && !strings.Contains(text[min(offset, len(text)):], "esac") {
		if open := strings.LastIndex(text[:min(offset, len(text))], "case "); open >= 0 {
			return open, `"case" has no "esac"`, "write esac behind its last command"
		}
	}
	if strings.HasPrefix(message, "`if` statement must end") {
		if other := elseIf().FindStringIndex(text[min(offset, len(text)):]); other != nil {
			return offset + other[0], `"else if" opens another if, which needs its own "fi"`, "write elif"
		}
	}
	for _, m := range shellMessages {
		if found := m.pattern().FindStringSubmatchIndex(message); found != nil {
			expand := func(template string) string {
				return strings.NewReplacer("$1", group(message, found, 1), "$2", group(message, found, 2)).Replace(template)
			}
			return offset, expand(m.message), expand(m.hint)
		}
	}
	return offset, message, ""
}

var elseIf = pattern(`\belse[ \t]+if\b`)

// group returns the text of a group of an expression; "" if it is not there.
func group(text string, found []int, n int) string {
	if 2*n+1 >= len(found) || found[2*n] < 0 {
		return ""
	}
	return text[found[2*n]:found[2*n+1]]
}

// headWithout finds the if without a then, or the loop without a do, that a stray fi or done ends.
func headWithout(text string, offset int, message string) (at int, word, middle string) {
	for end, head := range headWithoutWord {
		if !strings.HasPrefix(message, "`"+end+"` can only be used") {
			continue
		}
		before := text[:min(offset, len(text))]
		heads := head().FindAllStringSubmatchIndex(before, -1)
		if len(heads) == 0 {
			return 0, "", ""
		}
		last := heads[len(heads)-1]
		if middleWords[end]().MatchString(before[last[3]:]) {
			return 0, "", ""
		}
		return last[2], before[last[2]:last[3]], map[string]string{"fi": "then", "done": "do"}[end]
	}
	return 0, "", ""
}
