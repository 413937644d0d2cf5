package spec

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// causeForeign recognises text that is not YAML at all: the marks of an unfinished merge, of Markdown or of
// a template language.
func causeForeign(f *fault) bool {
	for line := 1; line <= len(f.src.lines); line++ {
		text := string(f.src.lineText(line))
		for _, mark := range []string{"<<<<<<< ", "=======", ">>>>>>> "} {
			if strings.HasPrefix(text, mark) && (mark != "=======" || text == mark) {
				f.moveTo(line)
				return f.say(0, len(text), "a merge conflict is left here", "choose one side, and remove the lines that start with <<<<<<<, ======= and >>>>>>>")
			}
		}
		if line > f.line {
			break
		}
	}
	body := strings.TrimLeft(f.text, " \t")
	at := len(f.text) - len(body)
	switch {
	case strings.HasPrefix(body, "```"):
		return f.say(at, len(f.text), "this line is Markdown, not YAML", "remove it")
	case strings.HasPrefix(body, "{%") || strings.HasPrefix(body, "{#") || strings.HasPrefix(body, "{{-") || strings.HasPrefix(body, "{{/*"):
		return f.say(at, len(f.text), "this line belongs to a template language that buildsync does not run", "use ${{ }}, a template or a matrix")
	}
	return false
}

// causeBlank recognises a line that is indented with other blanks than spaces: the no-break space of a web
// page, the wide one of a Chinese keyboard.
func causeBlank(f *fault) bool {
	if !f.has("mapping values", "did not find expected", "could not find expected") {
		return false
	}
	for _, line := range []int{f.line, f.line - 1, f.line + 1} {
		text := string(f.src.lineText(line))
		indent := text[:len(text)-len(strings.TrimLeftFunc(text, unicode.IsSpace))]
		if at := strings.IndexFunc(indent, func(r rune) bool { return r >= 0x80 }); at >= 0 {
			r, size := utf8.DecodeRuneInString(indent[at:])
			f.moveTo(line)
			return f.say(at, at+size, fmt.Sprintf("the line is indented with the character U+%04X, which looks like a space", r), "indent with spaces")
		}
	}
	return false
}

var (
	noSpaceBehindDash = pattern(`^\s*(-([A-Za-z_][\w-]*:(?:\s.*)?))$`)
	loneWord          = pattern(`^\s*(?:- +)*([A-Za-z_][\w-]*)\s*$`)
)

// causeAbove recognises a mistake of the line above, which makes a right key look wrong: "-name: a", or a
// key without its colon.
func causeAbove(f *fault) bool {
	if !f.has("mapping values are not allowed", "did not find expected") {
		return false
	}
	above := f.line - 1
	for above > 0 && IsBlankOrComment(string(f.src.lineText(above))) {
		above--
	}
	for _, line := range []int{f.line, above} {
		text := string(f.src.lineText(line))
		if m := noSpaceBehindDash().FindStringSubmatchIndex(text); m != nil {
			f.moveTo(line)
			return f.say(m[2], m[2]+1, "there is no space after the dash of the list item", "write "+quoted("- "+text[m[4]:m[5]]))
		}
	}
	text := string(f.src.lineText(above))
	m := loneWord().FindStringSubmatchIndex(text)
	if m == nil || !keyAtStart().MatchString(f.text) || indentOf(f.text) <= indentOf(text) {
		return false
	}
	word := text[m[2]:m[3]]
	f.moveTo(above)
	return f.say(m[2], m[3], quoted(word)+" looks like a key without a colon", "write "+quoted(word+":"))
}

func IsBlankOrComment(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || line[0] == '#'
}

// causeComment recognises a comment of another language.
func causeComment(f *fault) bool {
	for _, line := range []int{f.line, f.line - 1, f.line + 1} {
		text := string(f.src.lineText(line))
		at := indentOf(text)
		if body := text[at:]; strings.HasPrefix(body, "//") || strings.HasPrefix(body, "/*") {
			f.moveTo(line)
			return f.say(at, at+2, "a comment of YAML starts with #, not with "+quoted(body[:2]), "write #")
		}
	}
	return false
}

// causeDirective recognises a YAML directive. buildsync needs none.
func causeDirective(f *fault) bool {
	first := string(f.src.lineText(1))
	if !strings.HasPrefix(first, "%") || !f.has("incompatible", "directive", "mapping values", "did not find expected <document start>") {
		return false
	}
	f.moveTo(1)
	return f.say(0, len(first), "this line is a directive to the YAML reader", "remove it: buildsync reads YAML 1.2 without it")
}

var textBehindHeader = pattern(`(?:^|[:\-]\s+)([|>][-+0-9]{0,2})\s*([^\s#|>+\-0-9].*)$`)

// causeBlockText recognises text after the | or > that starts a block.
func causeBlockText(f *fault) bool {
	if !f.has("expected comment or line break", "expected a comment or a line break") {
		return false
	}
	match := textBehindHeader().FindStringSubmatchIndex(f.text)
	if match == nil {
		return false
	}
	mark := f.text[match[2]:match[3]]
	return f.say(match[4], match[5], "text is not allowed after "+quoted(mark)+" on its line", "write it on the next line, indented deeper than the key")
}

var blockHeaderEnd = pattern(`(?:[:\-]\s+)[|>][-+0-9]{0,2}\s*(?:#.*)?$`)

// causeLeftBlock recognises a line of a script that is indented too little to belong to its block.
func causeLeftBlock(f *fault) bool {
	if !f.has("could not find expected ':'", "did not find expected", "cannot start any token", "alphabetic or numeric", "mapping values") || strings.TrimSpace(f.text) == "" {
		return false
	}
	if keyAtStart().MatchString(f.text) || strings.HasPrefix(strings.TrimLeft(f.text, " "), "- ") {
		return false
	}
	indent := indentOf(f.text)
	for line := f.line - 1; line >= 1; line-- {
		text := string(f.src.lineText(line))
		body := strings.TrimLeft(text, " ")
		if body == "" {
			continue
		}
		if own := len(text) - len(body); blockHeaderEnd().MatchString(text) {
			if indent > own && line == f.line-1 {
				return false
			}
			return f.say(indent, len(f.text), "this line is indented too little to belong to the text that starts with "+quoted(strings.TrimSpace(body)),
				"indent it like the other lines of that text: YAML takes the indentation away, so a here-document may be indented as well")
		} else if own <= indent {
			return false
		}
	}
	return false
}

// causeQuestion recognises a text that starts with a question mark.
func causeQuestion(f *fault) bool {
	if !f.has("mapping keys are not allowed") {
		return false
	}
	at := f.startsWith("?")
	if at < 0 {
		at = max(strings.Index(f.text, "? "), 0)
	}
	return f.say(at, at+len(f.restOf(at)), `a text without quotes cannot start with "? "`, toQuote(f.restOf(at)))
}

// causeEnded recognises text after the line of three dots that ends a document.
func causeEnded(f *fault) bool {
	for line := f.line - 1; line >= 1; line-- {
		switch text := strings.TrimSpace(string(f.src.lineText(line))); {
		case text == "...":
			f.moveTo(line)
			return f.say(0, len(text), "the document ends at these dots, and more text follows", "remove the line")
		case text != "" && text[0] != '#':
			return false
		}
	}
	return false
}

// restOfLine returns the value that starts at a place, up to a comment.
func (f *fault) restOfLine(at int) string {
	rest, _, _ := strings.Cut(f.text[at:], " #")
	return strings.TrimRight(rest, " \t")
}
