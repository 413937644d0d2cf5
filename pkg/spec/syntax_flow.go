package spec

import (
	"regexp"
	"strings"
)

// bracket is a bracket of a flow collection: its line, from 1, and its byte there.
type bracket struct {
	line, at int
	char     byte
}

// brackets returns the flow brackets in the first lines of a file: those open at the end, outermost
// first, and the first one that does not match.
func (s *source) brackets(lines int) (open []bracket, stray *bracket) {
	b := s.scanBrackets(lines)
	return b.open, b.stray
}

func (s *source) scanBrackets(lines int) bracketScan {
	b := bracketScan{block: -1}
	for line := 1; line <= min(lines, len(s.lines)); line++ {
		b.line(line, string(s.lineText(line)))
	}
	return b
}

// bracketScan scans a file that is not valid YAML. It is rough, but follows YAML's rules on where a
// quote, bracket or comment can start.
type bracketScan struct {
	open   []bracket
	stray  *bracket
	within byte    // the bracket that the stray one is in; 0 if none
	quote  byte    // of a text that goes on; 0 if none
	opened bracket // where that text opens

	// swallowing is true while the text covers a line that looks like a key; swallowed is where the
	// first such text opens.
	swallowing bool
	swallowed  *bracket
	block      int  // the indentation that a block scalar's lines exceed; -1 if none
	closed     bool // the last value on the line was a flow collection
	ended      int  // after the first flow collection of the line; 0 if there is none
}

var blockStart = pattern(`(?:^|[:\-?]\s+|\s)[|>][-+0-9]{0,2}\s*(?:#.*)?$`)

func (b *bracketScan) line(number int, text string) {
	body := strings.TrimLeft(text, " ")
	if b.block >= 0 && (strings.TrimSpace(body) == "" || len(text)-len(body) > b.block) {
		return
	}
	b.block, b.closed, b.ended = -1, false, 0
	if b.quote != 0 && b.looksLikeKey(text) {
		b.swallowing = true
	}
	before := byte(':') // the last character that is not a blank; a value may start a line
	plain := false      // within a text without quotes, outside of brackets
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case b.quote != 0:
			i, before = b.quoted(text, i), '"'
			continue
		case c == ' ' || c == '\t':
			continue
		case c == '#' && (i == 0 || text[i-1] == ' ' || text[i-1] == '\t'):
			return
		}
		blankNext := i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\t'
		if plain && len(b.open) == 0 { // brackets and quotes are ordinary here
			plain = c != ':' || !blankNext
			before = c
			continue
		}
		starts := strings.IndexByte("[{,:-?", before) >= 0
		switch {
		case (c == '"' || c == '\'') && starts:
			b.quote, b.opened, b.swallowing = c, bracket{number, i, c}, false
		case (c == '[' || c == '{') && (starts || len(b.open) > 0):
			b.open = append(b.open, bracket{number, i, c})
		case c == ']' || c == '}':
			b.close(bracket{number, i, c})
		default:
			b.closed = false
			plain = len(b.open) == 0 && before != '"' && before != '\'' && !(strings.IndexByte(":-?", c) >= 0 && blankNext)
		}
		before = c
	}
	if len(b.open) == 0 && b.quote == 0 && blockStart().MatchString(text) {
		b.block = len(text) - len(body)
	}
}

// quoted scans on in a quoted text and returns where it ends.
func (b *bracketScan) quoted(text string, i int) int {
	for ; i < len(text); i++ {
		switch {
		case b.quote == '"' && text[i] == '\\':
			i++
		case text[i] != b.quote:
		case b.quote == '\'' && i+1 < len(text) && text[i+1] == '\'':
			i++
		default:
			b.quote = 0
			b.swallow()
			return i
		}
	}
	return len(text)
}

// swallow records a text that covered a key.
func (b *bracketScan) swallow() {
	if b.swallowing && b.swallowed == nil {
		opened := b.opened
		b.swallowed = &opened
	}
}

var keyLine = pattern(`^\s*(?:- +)*(?:[A-Za-z_][\w.-]*):(?:\s|$)`)

// looksLikeKey reports whether a line in a quoted text was probably meant as a separate key. In a
// script in double quotes, lines end in a backslash or inside quotes.
func (b *bracketScan) looksLikeKey(text string) bool {
	return keyLine().MatchString(text) && !strings.HasSuffix(text, `\`)
}

func (b *bracketScan) close(at bracket) {
	partner := map[byte]byte{']': '[', '}': '{'}[at.char]
	last := len(b.open) - 1
	switch {
	case last >= 0 && b.open[last].char == partner:
		b.open = b.open[:last]
		b.closed = last == 0
		if b.closed && b.ended == 0 {
			b.ended = at.at + 1
		}
	case last < 0 && !b.closed: // a letter like any other
	case b.stray == nil:
		b.stray = &at
		if last >= 0 {
			b.within = b.open[last].char
		}
	}
}

var (
	// keyInFlow is a value in brackets after which another key follows.
	keyInFlow = pattern(`:\s+(?:"[^"]*"|'[^']*'|[^\s,{}\[\]"'#][^,{}\[\]:]*?|[^,{}\[\]]*[}\]])\s+("[^"]*"|'[^']*'|[A-Za-z_$][\w.$-]*):(?:\s|$)`)
	// bracketBehindBracket is a collection right after another.
	bracketBehindBracket = pattern(`[}\]]\s*([{\[])`)
)

// causeComma recognises a comma that is missing in a flow collection.
func causeComma(f *fault) bool {
	if !f.has("',' or ']'", "',' or '}'") {
		return false
	}
	for _, expression := range []*regexp.Regexp{keyInFlow(), bracketBehindBracket()} {
		if match := expression.FindStringSubmatchIndex(f.text); match != nil {
			if open, _ := f.src.brackets(f.line - 1); len(open) > 0 || strings.ContainsAny(f.text[:match[0]], "[{") {
				return f.say(match[2], match[3], "a comma is missing before "+quoted(strings.Trim(f.text[match[2]:match[3]], `"'`)), "separate the items in brackets with commas")
			}
		}
	}
	return false
}

var (
	// noSpaceInFlow is a key in brackets with no space after its colon.
	noSpaceInFlow = pattern(`[{,]\s*([A-Za-z_][\w.-]*)(:)[^\s/,}\]]`)
	// colonInFlow is a value in brackets with a colon in it.
	colonInFlow = pattern(`[{,\[]\s*[A-Za-z_][\w.-]*:\s+([^\s"'\[\]{},#&*!|>%@][^,\[\]{}]*?(:)(?:\s[^,\[\]{}]*)?)[,\]}]`)
	// commentInFlow is a # where a value should be.
	commentInFlow = pattern(`[:,\[{]\s+(#\S.*)$`)
	// oddInFlow is a plain text in brackets with characters that mean something.
	oddInFlow = pattern(`[:,\[{]\s+([^\s"'\[\]{},#&*!|>%@][^,\[\]{}"']*[?&*!|>%@][^,\[\]{}"']*)`)
)

// causeInFlow recognises a value or key that is not written as required in brackets.
func causeInFlow(f *fault) bool {
	if !f.has("',' or ']'", "',' or '}'") {
		return false
	}
	if m := noSpaceInFlow().FindStringSubmatchIndex(f.text); m != nil {
		return f.say(m[4], m[5], "there is no space after the colon of "+quoted(f.text[m[2]:m[3]]), "write "+quoted(f.text[m[2]:m[3]]+": "))
	}
	if m := colonInFlow().FindStringSubmatchIndex(f.text); m != nil {
		return f.say(m[4], m[5], "a text without quotes cannot contain a colon before a space or the end of the line", toQuote(strings.TrimRight(f.text[m[2]:m[3]], " ")))
	}
	for _, wide := range []string{"：", "，", "［", "］", "｛", "｝"} {
		if at := strings.Index(f.text, wide); at >= 0 {
			return f.say(at, at+len(wide), "this "+quoted(wide)+" is a full-width one, which YAML takes for a letter", "write the ordinary one")
		}
	}
	if open, _ := f.src.brackets(f.line); len(open) > 0 {
		return false
	}
	if m := oddInFlow().FindStringSubmatchIndex(f.text); m != nil {
		value := strings.TrimRight(f.text[m[2]:m[3]], " ")
		return f.say(m[2], m[2]+len(value), "within brackets this text needs quotes", toQuote(value))
	}
	return false
}

// causeBracket recognises a flow collection that does not end.
func causeBracket(f *fault) bool {
	if !f.has("',' or ']'", "',' or '}'", "did not find expected node content") {
		return false
	}
	open, stray := f.src.brackets(f.line)
	if stray != nil && stray.line == f.line {
		return causeStrayBracket(f)
	}
	if above, _ := f.src.brackets(f.line - 1); len(above) > 0 && (len(open) == 0 || f.has("',' or")) {
		open = above // what is wrong with this line is that it still belongs to one of those above
	}
	if len(open) == 0 || f.has("node content") && open[len(open)-1].line == f.line && noValue().MatchString(f.text) {
		return false
	}
	last := open[len(open)-1]
	f.moveTo(last.line)
	if m := commentInFlow().FindStringSubmatchIndex(f.text[last.at:]); m != nil {
		return f.say(last.at+m[2], last.at+m[3], "a comment starts at this #, so the brackets before it are not closed", "put the value in quotes")
	}
	return f.say(last.at, last.at+1, "the bracket "+quoted(string(last.char))+" that opens here is not closed, or a comma is missing within", "")
}

// causeStrayBracket recognises a bracket that closes nothing.
func causeStrayBracket(f *fault) bool {
	scan := f.src.scanBrackets(f.line)
	stray := scan.stray
	if stray == nil || stray.line < f.line-1 || !f.has("did not find expected") {
		return false
	}
	f.moveTo(stray.line)
	if partner, mixed := map[byte]string{'[': "]", '{': "}"}[scan.within]; mixed {
		return f.say(stray.at, stray.at+1, "the bracket "+quoted(string(stray.char))+" does not close the "+quoted(string(scan.within))+" that is open", "write "+quoted(partner)+", or close what is open first")
	}
	return f.say(stray.at, stray.at+1, "the bracket "+quoted(string(stray.char))+" closes nothing that is open here", "remove it, or open it before")
}

// causeBehindBracket recognises a text that starts with a bracket: [ -f x ] && make.
func causeBehindBracket(f *fault) bool {
	if !f.has("did not find expected", "mapping values", "could not find expected") {
		return false
	}
	head := keyAtStart().FindStringIndex(f.text)
	if head == nil || head[1] >= len(f.text) || strings.IndexByte("[{", f.text[head[1]]) < 0 {
		return false
	}
	scan := bracketScan{block: -1}
	scan.line(f.line, f.text)
	if scan.ended <= head[1] {
		return false
	}
	rest := strings.TrimSpace(f.text[scan.ended:])
	if rest == "" || strings.IndexByte("#,]}:", rest[0]) >= 0 {
		return false
	}
	at := head[1]
	return f.say(at, at+len(f.restOfLine(at)), "a text without quotes cannot start with "+quoted(f.text[at:at+1])+", which starts a collection", toQuote(f.restOfLine(at)))
}

// causeBlockInFlow recognises a text of several lines within brackets.
func causeBlockInFlow(f *fault) bool {
	if !f.has("cannot start any token") {
		return false
	}
	for _, line := range []int{f.line, f.line + 1, f.line - 1} {
		text := string(f.src.lineText(line))
		open, _ := f.src.brackets(line)
		match := blockHeaderEnd().FindStringIndex(text)
		if match == nil || len(open) == 0 {
			continue
		}
		at := match[0] + strings.IndexAny(text[match[0]:], "|>")
		f.moveTo(line)
		return f.say(at, at+1, "a text that starts with "+quoted(text[at:at+1])+" is not allowed within brackets", "write the mapping on lines of its own, without { }, or the text in quotes")
	}
	return false
}

// causeSwallowedKeys recognises an unclosed quote that covers following keys, so that the parser fails
// after them.
func causeSwallowedKeys(f *fault) bool {
	scan := f.src.scanBrackets(f.line)
	if scan.quote != 0 {
		scan.swallow()
	}
	at := scan.swallowed
	if at == nil {
		return false
	}
	f.moveTo(at.line)
	return f.quoteNotClosed(at.at)
}
