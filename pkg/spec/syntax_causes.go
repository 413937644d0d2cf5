package spec

import "strings"

// causes are the usual causes of the library's errors, most certain first. Each checks the faulty
// line and reports whether it is the cause.
var causes = []func(*fault) bool{
	causeForeign, causeComment, causeDirective, causeTab, causeBlank, causeSwallowedKeys, causeSwallowed, causeOpenQuote, causeEscape, causeBlockText, causeLeftBlock, causeBlockInFlow, causeNoSpace, causeBraces, causeBehindBracket, causeIndicator, causeAlias,
	causeUnknownAnchor, causeBehindQuote, causeAbove, causeColon, causeListOnKeyLine, causeQuestion, causeComma, causeInFlow, causeBracket, causeNoValue, causeNoKey,
	causeStrayBracket, causeEnded, causeIndent, causeNoColon,
}

func (f *fault) has(words ...string) bool {
	for _, word := range words {
		if strings.Contains(f.problem, word) {
			return true
		}
	}
	return false
}

func causeTab(f *fault) bool {
	if !f.has("tab", "cannot start any token", "did not find expected", "mapping values", "could not find expected") {
		return false
	}
	for _, line := range []int{f.line, f.line + 1, f.line - 1} {
		text := string(f.src.lineText(line))
		if at := strings.IndexByte(text[:indentOf(text)], '\t'); at >= 0 {
			f.moveTo(line)
			return f.say(at, at+1, "the line is indented with a tab", "indent with spaces")
		}
		if match := tabBehindDash().FindStringSubmatchIndex(text); match != nil {
			f.moveTo(line)
			return f.say(match[2], match[3], "there is a tab after the dash of a list item", "write a space")
		}
	}
	return f.has("where an indentation space is expected") && tabInBlock(f)
}

// tabInBlock finds a tab among the spaces that indent a block text which starts at the faulty line.
func tabInBlock(f *fault) bool {
	level := 0
	for line := f.line + 1; line <= len(f.src.lines); line++ {
		text := string(f.src.lineText(line))
		body := strings.TrimLeft(text, " ")
		if body == "" {
			continue
		}
		at := len(text) - len(body)
		if level == 0 && at > indentOf(f.text) {
			level = at
		}
		if body[0] == '\t' && (level == 0 || at < level) {
			f.moveTo(line)
			return f.say(at, at+1, "the line is indented with a tab", "indent with spaces")
		}
	}
	return false
}

var tabBehindDash = pattern(`^\s*(?:- +)*-(\t)`)

// causeSwallowed recognises a quote left open on an earlier line, closed by the next
// quote in the file.
func causeSwallowed(f *fault) bool {
	if f.quote == 0 {
		return false
	}
	f.moveTo(f.quote)
	return openQuote(f)
}

func causeOpenQuote(f *fault) bool {
	return f.has("unexpected end of stream", "unexpected document indicator") && openQuote(f)
}

func openQuote(f *fault) bool {
	at := -1
	for i := 0; i < len(f.text); i++ {
		c := f.text[i]
		if c != '"' && c != '\'' || i > 0 && !strings.ContainsRune(" \t[{,:-", rune(f.text[i-1])) {
			continue
		}
		at = i
		if i = closingQuote(f.text, i); i < 0 {
			break
		}
		at = -1
	}
	if at < 0 {
		return false
	}
	return f.quoteNotClosed(at)
}

// quoteNotClosed names the opening quote at a byte of the line.
func (f *fault) quoteNotClosed(at int) bool {
	return f.say(at, at+1, "the quote "+f.text[at:at+1]+" that opens here is not closed where it should be",
		"close it on this line; a text of several lines is better written with |")
}

// closingQuote returns where the quoted text that starts at i ends on the line.
func closingQuote(text string, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] != quote:
		case quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i
		}
	}
	return -1
}

var badEscape = pattern(`\\[^0abtnvfre "/\\N_LPxuU\t]`)

func causeEscape(f *fault) bool {
	if !f.has("unknown escape character", "hexdecimal", "hexadecimal", "invalid Unicode character escape") {
		return false
	}
	for line := f.line; line <= len(f.src.lines) && line < f.line+1000; line++ {
		text := string(f.src.lineText(line))
		at := badEscape().FindStringIndex(strings.ReplaceAll(text, `\\`, "  "))
		if at == nil {
			continue
		}
		f.moveTo(line)
		return f.say(at[0], at[1], quoted(text[at[0]:at[1]])+" is not an escape of a double-quoted text",
			`double the backslash, or use single quotes, in which it is an ordinary character`)
	}
	at := max(strings.IndexByte(f.text, '\\'), 0)
	return f.say(at, at+2, "this escape of a double-quoted text is not complete", `write \xHH, \uHHHH or \UHHHHHHHH`)
}

// inBrackets is a reference to a variable within a flow collection.
var inBrackets = pattern(`[\[{,:][^"']*?(\$\{[A-Za-z_][A-Za-z0-9_]*\})`)

// causeBraces recognises a placeholder that YAML reads as a mapping: {{ anywhere, and ${{ in brackets.
func causeBraces(f *fault) bool {
	at := unquotedIndex(f.text, "{{")
	if match := inBrackets().FindStringSubmatchIndex(f.text); at < 0 && match != nil && f.has("did not find expected") {
		return f.say(match[2], match[3], "the braces of "+quoted(f.text[match[2]:match[3]])+" are taken for a mapping", "put the value in quotes")
	}
	if at < 0 || !f.has("did not find expected", "mapping values", "could not find expected") {
		return false
	}
	if at > 0 && f.text[at-1] == '$' {
		at--
		if !strings.ContainsAny(f.text[:at], "[{") {
			return false
		}
	}
	end := len(f.text)
	if shut := strings.Index(f.text[at:], "}}"); shut >= 0 {
		end = at + shut + 2
	}
	return f.say(at, end, "YAML reads the braces of "+quoted(f.text[at:end])+" as a mapping", "put the value in quotes")
}

// unquotedIndex returns where a line holds a text outside of quotes, -1 if nowhere.
func unquotedIndex(text, want string) int {
	for i := 0; i < len(text); i++ {
		if c := text[i]; (c == '"' || c == '\'') && (i == 0 || strings.IndexByte(" [{,:", text[i-1]) >= 0) {
			if shut := closingQuote(text, i); shut > 0 {
				i = shut
				continue
			}
		}
		if strings.HasPrefix(text[i:], want) {
			return i
		}
	}
	return -1
}

func causeIndicator(f *fault) bool {
	if !f.has("cannot start any token", "directive", "did not find expected <document start>") {
		return false
	}
	at := f.startsWith("@`%")
	if at < 0 {
		return false
	}
	return f.say(at, at+len(f.restOf(at)), "a text without quotes cannot start with "+quoted(f.text[at:at+1]), toQuote(f.restOf(at)))
}

func causeAlias(f *fault) bool {
	if !f.has("alphabetic or numeric character") {
		return false
	}
	at := f.startsWith("*&")
	if at < 0 {
		return false
	}
	meaning := "an alias"
	if f.text[at] == '&' {
		meaning = "an anchor"
	}
	return f.say(at, at+len(f.restOf(at)), "a text without quotes cannot start with "+quoted(f.text[at:at+1])+", which starts "+meaning, toQuote(f.restOf(at)))
}

var unknownAnchor = pattern(`unknown anchor '(.*)' referenced`)

func causeUnknownAnchor(f *fault) bool {
	parts := unknownAnchor().FindStringSubmatch(f.problem)
	if parts == nil {
		return false
	}
	at := max(strings.Index(f.text, "*"+parts[1]), 0)
	return f.say(at, at+1+len(parts[1]), "alias "+quoted("*"+parts[1])+" refers to no anchor above it", "if it is meant as a text, "+toQuote(f.restOf(at)))
}

// toQuote advises to write a text in quotes, or as a block if it contains both kinds of quote.
func toQuote(text string) string {
	switch {
	case !strings.Contains(text, "'"):
		return "put it in quotes: '" + bare(text) + "'"
	case !strings.ContainsAny(text, `"\`):
		return `put it in quotes: "` + bare(text) + `"`
	}
	return "end this line with | after the key, and write the text on the next one, indented deeper"
}

// bare makes a text from a file safe for a message, without adding quotes.
func bare(text string) string {
	shown := quoted(text)
	return shown[1 : len(shown)-1]
}

// beforeValue matches a quoted text that ends where a value starts in a list or
// mapping on one line: **/*.jar, name:
var beforeValue = pattern(`(?:[,\[{]\s*(?:[\w.\-]+:)?|^[\w.\-]+:)\s*$`)

// causeBehindQuote recognises text after the closing quote of a value. Within brackets
// that quote is the opening one of a later value where the text before it ends
// as one would start: the quote of the value before is not closed.
func causeBehindQuote(f *fault) bool {
	if !f.has("did not find expected", "could not find expected", "mapping values") {
		return false
	}
	shut := -1
	for _, match := range valueStart().FindAllStringSubmatchIndex(f.text, -1) {
		at := match[2]
		if at <= shut || f.text[at] != '"' && f.text[at] != '\'' {
			continue
		}
		inBrackets := strings.ContainsAny(f.text[:at], "[{")
		if shut = closingQuote(f.text, at); shut < 0 {
			return inBrackets && f.quoteNotClosed(at)
		}
		rest := strings.TrimLeft(f.text[shut+1:], " \t")
		if rest == "" || strings.ContainsRune("#:,]}", rune(rest[0])) {
			continue
		}
		if inBrackets && beforeValue().MatchString(f.text[at+1:shut]) {
			return f.quoteNotClosed(at)
		}
		behind := len(f.text) - len(rest)
		return f.say(behind, len(f.text), "there is text after the closing quote", "put the whole value in quotes")
	}
	return false
}

var noSpace = pattern(`^\s*(?:- +)?([A-Za-z_][A-Za-z0-9_.-]*):([^\s:/].*)$`)

// causeNoSpace recognises a key and a value with no space between them.
func causeNoSpace(f *fault) bool {
	if !f.has("could not find expected ':'", "did not find expected key", "mapping values") {
		return false
	}
	for _, line := range []int{f.line, f.line - 1} {
		text := string(f.src.lineText(line))
		if match := noSpace().FindStringSubmatchIndex(text); match != nil && (strings.IndexByte("[{\"'", text[match[4]]) >= 0 || !strings.Contains(text[match[0]:match[1]], ": ")) {
			f.moveTo(line)
			return f.say(match[3], match[3]+1, "there is no space after the colon of "+quoted(text[match[2]:match[3]]), "write "+quoted(text[match[2]:match[3]]+": "+strings.TrimSpace(text[match[4]:match[5]])))
		}
	}
	return false
}

var keyAtStart = pattern(`^\s*(?:- +)*(?:"[^"]*"|'[^']*'|[^\s"'#][^:#]*?)\s*:(?:\s+|$)`)

// causeColon recognises a text with a colon in it, or a key below a key that already has a value.
func causeColon(f *fault) bool {
	if !f.has("mapping values are not allowed") {
		return false
	}
	head := keyAtStart().FindStringIndex(f.text)
	if head == nil {
		return false
	}
	value := f.text[head[1]:]
	if at := strings.Index(value+" ", ": "); at >= 0 {
		at += head[1]
		return f.say(at, at+1, "a text without quotes cannot contain a colon before a space or the end of the line", toQuote(f.restOf(head[1])))
	}
	if f.isKeyWithoutColon(f.line - 1) { // name： a, and the next key on the line below
		f.moveTo(f.line - 1)
		return f.sayWrongSign()
	}
	at := indentOf(f.text)
	return f.say(at, head[1], "a key is not allowed here: the line above it, indented less, already has a value",
		"check the indentation of this line and of the one above; a text of several lines starts with |")
}

var listOnKeyLine = pattern(`:\s+(- )`)

func causeListOnKeyLine(f *fault) bool {
	if !f.has("block sequence entries are not allowed") {
		return false
	}
	match := listOnKeyLine().FindStringSubmatchIndex(f.text)
	if match == nil {
		at := indentOf(f.text)
		return f.say(at, len(f.text), "a list item is not allowed here", "check the indentation of this line and of the one above")
	}
	return f.say(match[2], match[2]+1, "a list cannot start on the line of its key", "put each item on a line of its own")
}

// openBracket returns the position of the innermost bracket of a kind that the line does not close,
// or -1.
func openBracket(text string, want byte) int {
	var open []int
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\'':
			if shut := closingQuote(text, i); shut > 0 {
				i = shut
			}
		case c == '[' || c == '{':
			open = append(open, i)
		case (c == ']' || c == '}') && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	at := -1
	for _, i := range open {
		if text[i] == want {
			at = i
		}
	}
	return at
}

var noValue = pattern(`[\[{,]\s*([,\]}])`)

// causeNoValue recognises a comma or a bracket where a value should be.
func causeNoValue(f *fault) bool {
	if !f.has("did not find expected node content") {
		return false
	}
	at, end := indentOf(f.text), len(f.text)
	if match := noValue().FindStringSubmatchIndex(f.text); match != nil {
		at, end = match[2], match[3]
	} else if open := max(openBracket(f.text, '['), openBracket(f.text, '{')); open >= 0 {
		return f.say(open, open+1, "the bracket "+quoted(f.text[open:open+1])+" that opens here is not closed", "")
	}
	return f.say(at, end, "a value is missing here, or a bracket does not match", "")
}

// causeNoKey recognises a colon without a key before it.
func causeNoKey(f *fault) bool {
	at := indentOf(f.text)
	if !strings.HasPrefix(f.text[at:], ":") || !f.has("did not find expected") {
		return false
	}
	return f.say(at, at+1, "a key is missing before the colon", "")
}

// causeIndent recognises a line whose indentation fits no level above it.
func causeIndent(f *fault) bool {
	if !f.has("did not find expected key", "did not find expected '-' indicator", "did not find expected <document start>") {
		return false
	}
	indent := indentOf(f.text)
	levels := f.levels()
	for _, level := range levels {
		if level == indent {
			what, want := "a key", `a list item, which starts with "- ",`
			if strings.HasPrefix(f.text[indent:], "- ") {
				what, want = "a list item", "a key"
				if indent == 0 && !f.hasKeyAbove("jobs:") {
					return f.say(indent, len(f.text), want+" is expected here, not "+what, `a list needs a key above it: write "jobs:" above the jobs`)
				}
			}
			return f.say(indent, len(f.text), want+" is expected here, not "+what, "check the indentation of this line and of those above")
		}
	}
	hint := "indent it like one of the lines above"
	if len(levels) > 0 {
		hint = "levels above are indented by " + spacesList(levels)
	}
	return f.say(indent, len(f.text), "the indentation of this line fits no level above it", hint)
}

// hasKeyAbove reports whether a line above begins with key.
func (f *fault) hasKeyAbove(key string) bool {
	for line := f.line - 1; line >= 1; line-- {
		if strings.HasPrefix(string(f.src.lineText(line)), key) {
			return true
		}
	}
	return false
}

// levels returns the indentations open above the line, outermost first.
func (f *fault) levels() []int {
	var levels []int
	least := 1 << 20
	for line := f.line - 1; line >= 1 && len(levels) < 20 && least > 0; line-- {
		text := string(f.src.lineText(line))
		body := strings.TrimLeft(text, " ")
		if body == "" || body[0] == '#' {
			continue
		}
		indent := len(text) - len(body)
		for strings.HasPrefix(body, "- ") { // the item's own keys are a level as well
			inner := strings.TrimLeft(body[2:], " ")
			if at := len(text) - len(inner); at < least && keyAtStart().MatchString(inner) {
				levels = append(levels, at)
			}
			body = inner
		}
		if indent < least {
			levels = append(levels, indent)
			least = indent
		}
	}
	for i, j := 0, len(levels)-1; i < j; i, j = i+1, j-1 {
		levels[i], levels[j] = levels[j], levels[i]
	}
	return levels
}

var (
	fullWidthColon = pattern(`^\s*(?:- +)?([A-Za-z_][A-Za-z0-9_.-]*)\s*(：)\s*(.*)$`)
	equalsSign     = pattern(`^\s*(?:- +)?([A-Za-z_][A-Za-z0-9_.-]*)\s*(=)\s*(.*)$`)
)

// causeNoColon recognises a line that ought to be a key.
func causeNoColon(f *fault) bool {
	if !f.has("could not find expected ':'") {
		return false
	}
	if f.sayWrongSign() {
		return true
	}
	at := indentOf(f.text)
	return f.say(at, at+len(f.restOf(at)), quoted(f.restOf(at))+" looks like a key without a colon", `write "key: value", or indent the line if it continues the text above`)
}

// isKeyWithoutColon reports whether a line is a key with a full-width colon, or one with an equals
// sign between blanks; X=1 may be a text.
func (f *fault) isKeyWithoutColon(line int) bool {
	text := string(f.src.lineText(line))
	if m := equalsSign().FindStringSubmatchIndex(text); m != nil {
		return m[4] > m[3] && m[6] > m[5]
	}
	return fullWidthColon().MatchString(text)
}

// sayWrongSign explains another sign after a key, in the place of the colon.
func (f *fault) sayWrongSign() bool {
	for _, wrong := range []struct{ match, says string }{
		{"：", "the colon after %s is a full-width one, which YAML takes for a letter"}, {"=", "there is an equals sign after %s, where YAML has a colon"},
	} {
		expression := fullWidthColon()
		if wrong.match == "=" {
			expression = equalsSign()
		}
		if m := expression.FindStringSubmatchIndex(f.text); m != nil {
			key, value := f.text[m[2]:m[3]], strings.TrimSpace(f.text[m[6]:m[7]])
			return f.say(m[4], m[5], strings.Replace(wrong.says, "%s", quoted(key), 1), "write "+quoted(strings.TrimSpace(key+": "+value)))
		}
	}
	return false
}
