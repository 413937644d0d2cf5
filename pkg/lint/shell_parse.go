package lint

import (
	"errors"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/buildsync/buildsync/pkg/spec"
)

// maxRelaxed bounds how often a script is parsed again with a masked construct.
const maxRelaxed = 64

// shellParser parses scripts; the library's parser is made once.
type shellParser struct {
	bash  *syntax.Parser
	known map[string]*knownScript // by text
}

func newShellParser() *shellParser { return &shellParser{known: map[string]*knownScript{}} }

// knownScript is the cached result for a script. Jobs of similar services often have the same
// script.
type knownScript struct {
	shellReading
	names    *shellNames // nil if nothing could be parsed
	stops    bool        // see script
	runsCode []execution // see script
}

// maxKnown bounds the number of cached scripts, maxKnownBytes the length of each.
const (
	maxKnown      = 64
	maxKnownBytes = 4 << 10
)

// script parses a script, or returns the cached result, which must not be changed.
func (sp *shellParser) script(text string) *knownScript {
	if known := sp.known[text]; known != nil {
		return known
	}
	read := &knownScript{shellReading: sp.parse(text)}
	if read.file != nil {
		read.names, read.stops, read.runsCode = namesOf(read.file), stopsOnFailure(text, read.file), codeRunIn(read.file)
	}
	if len(text) <= maxKnownBytes {
		if len(sp.known) >= maxKnown {
			clear(sp.known)
		}
		sp.known[strings.Clone(text)] = read
	}
	return read
}

// shellFault is one place of a script that does not parse.
type shellFault struct {
	start, end int
	message    string
	hint       string
	severity   spec.Severity
	unsure     bool // bash may read it differently
}

// shellReading is the parser's result for a script.
type shellReading struct {
	file     *syntax.File // nil if nothing could be parsed
	faults   []shellFault
	doubtful bool // a part was masked, or not read at all
}

// parse parses a script as bash. The library cannot read everything that bash
// reads: indexes of associative arrays, patterns as array elements, subshells
// that begin with "((", a repeated "!". Such a construct is masked byte for
// byte, so that offsets stay, and the script is parsed again. What remains is
// a fault of the script.
func (sp *shellParser) parse(text string) shellReading {
	if sp.bash == nil {
		sp.bash = syntax.NewParser(syntax.Variant(syntax.LangBash))
	}
	var r shellReading
	masked := text
	for range maxRelaxed {
		file, err := sp.bash.Parse(strings.NewReader(masked), "")
		if err == nil {
			r.file, r.faults = file, append(r.faults, reservedWords(file)...)
			return r
		}
		offset, message, ok := syntaxError(err)
		if !ok {
			return r // reading from memory fails in no other way
		}
		r.doubtful = true
		next, fault := relax(masked, min(offset, len(masked)), message)
		if fault != nil {
			if end := wordEnd(text, fault.start); fault.end == 0 {
				fault.end = end
			}
			r.faults = append(r.faults, *fault)
		}
		if next == masked {
			return r
		}
		masked = next
	}
	r.faults = append(r.faults, shellFault{message: "the script has too many constructs that the shell rules cannot read; they skip it", severity: spec.Info, unsure: true})
	return r
}

func wordEnd(text string, start int) int {
	end := start
	for end < len(text) && !strings.ContainsRune(" \t\n;", rune(text[end])) {
		end++
	}
	return end
}

// relax masks the construct at offset on which the parser failed. If it finds none, it returns the
// text unchanged with a fault.
func relax(text string, offset int, message string) (string, *shellFault) {
	switch {
	case strings.HasPrefix(message, "cannot negate a command multiple times"):
		return blank(text, offset, offset+1), nil
	case strings.HasPrefix(message, "unclosed here-document"):
		return closeHereDocument(text, offset, message)
	case isExpansionFault(message):
		if masked, start, end, ok := maskExpansion(text, offset); ok {
			if strings.Contains(message, "`~`") {
				return masked, nil // ${name~~} swaps capitals and small letters; the manual does not name it
			}
			_, says, hint := shellWording(text, offset, message)
			return masked, &shellFault{start: start, end: end, message: "bash stops here with \"bad substitution\": " + says, hint: hint, severity: spec.Warning}
		}
	case isArithmeticFault(message):
		if masked, ok := maskIndex(text, offset); ok {
			return masked, nil
		}
		if masked, ok := maskSubshell(text, offset); ok {
			return masked, nil
		}
		if masked, start, end, ok := maskArithmetic(text, offset); ok {
			_, says, _ := shellWording(text, offset, message)
			return masked, &shellFault{start: start, end: end, message: "this part is not checked: " + says, severity: spec.Info, unsure: true}
		}
	}
	return text, unparsed(text, offset, message)
}

// unparsed returns a fault that nothing masks.
func unparsed(text string, offset int, message string) *shellFault {
	at, says, hint := shellWording(text, offset, message)
	return &shellFault{start: at, message: notParsed + says, hint: hint, severity: spec.Error, unsure: true}
}

func isExpansionFault(message string) bool {
	return strings.HasPrefix(message, "not a valid parameter expansion operator") || strings.HasPrefix(message, "invalid parameter name")
}

// isArithmeticFault reports whether the parser failed inside an index, an array or arithmetic. bash
// reads all of these only at run time.
func isArithmeticFault(message string) bool {
	for _, part := range []string{
		"arithmetic", "ternary operator", "must be followed by an expression", "must follow an expression", "`[x]` must be followed by", "must follow a name like",
		"without matching `[` with `]`", "without matching `((` with `))`", "without matching `$((` with `))`",
	} {
		if strings.Contains(message, part) {
			return true
		}
	}
	return false
}

// closeHereDocument adds the missing end word: bash ends the document at the end of the script,
// with a warning.
func closeHereDocument(text string, offset int, message string) (string, *shellFault) {
	_, word, ok := strings.Cut(message, "`")
	word, _, closed := strings.Cut(word, "`")
	if !ok || !closed || word == "" || strings.HasSuffix(text, "\n"+word+"\n") {
		return text, unparsed(text, offset, message)
	}
	return text + "\n" + word + "\n", &shellFault{start: offset, severity: spec.Warning,
		message: fmt.Sprintf("the here-document is not closed: no line is only %s alone", quoted(word)), hint: "write " + word + " on a line of its own"}
}

// maskIndex masks the [...] around offset: an index such as tag[node:18], or
// a pattern that is an element of an array, such as ([a-z]*.jar).
func maskIndex(text string, offset int) (string, bool) {
	open := openBefore(text, offset, '[', ']')
	if open < 0 {
		return text, false
	}
	end := closing(text, open)
	if end < 0 {
		return text, false
	}
	rest := text[end+1:]
	named := open > 0 && isWordByte(text[open-1])
	switch {
	case named, strings.HasPrefix(rest, "="):
		if strings.Trim(text[open+1:end], "x\n") == "" {
			return text, false // masked already
		}
		return overwrite(text, open+1, end), true
	case strings.HasPrefix(rest, "+="):
		return overwrite(text, open, end+2), true
	}
	return overwrite(text, open, end+1), true
}

// maskSubshell removes the inner parentheses of "((", which the parser reads as arithmetic: ((cd
// app && make) || exit 1).
func maskSubshell(text string, offset int) (string, bool) {
	at := strings.LastIndex(text[:min(len(text), offset+2)], "((")
	if at < 0 {
		return text, false
	}
	end := closing(text, at+1)
	if end < 0 || strings.HasPrefix(text[end:], "))") && closing(text, at) == end+1 {
		return text, false // ((...)): arithmetic, or a subshell in a subshell that nothing follows
	}
	return blank(blank(text, at+1, at+2), end, end+1), true
}

// maskArithmetic masks what is inside ((...)) or $((...)).
func maskArithmetic(text string, offset int) (masked string, start, end int, ok bool) {
	start = strings.LastIndex(text[:min(len(text), offset+2)], "((")
	if start < 0 {
		return text, 0, 0, false
	}
	inner := closing(text, start+1)
	if inner < 0 || inner+1 >= len(text) || text[inner+1] != ')' || strings.Trim(text[start+2:inner], "x\n") == "" {
		return text, 0, 0, false
	}
	return overwrite(text, start+2, inner), start, inner + 2, true
}

// maskExpansion masks the ${...} around offset.
func maskExpansion(text string, offset int) (masked string, start, end int, ok bool) {
	start = strings.LastIndex(text[:min(len(text), offset+1)], "${")
	if start < 0 {
		return text, 0, 0, false
	}
	last := closing(text, start+1)
	if last < offset {
		return text, 0, 0, false
	}
	return overwrite(text, start, last+1), start, last + 1, true
}

// openBefore returns the place of the bracket that is open at offset, in the
// same line, -1 if there is none.
func openBefore(text string, offset int, open, close byte) int {
	depth := 0
	for i := min(offset, len(text)-1); i >= 0 && text[i] != '\n'; i-- {
		switch {
		case text[i] == close && i < offset:
			depth++
		case text[i] == open && depth > 0:
			depth--
		case text[i] == open:
			return i
		}
	}
	return -1
}

// closing returns the place of the bracket that closes the one at open. It
// skips quoted texts, escaped signs and nested brackets of the same kind. It
// returns -1 where none closes it.
func closing(text string, open int) int {
	pairs := map[byte]byte{'(': ')', '[': ']', '{': '}'}
	opens, closes := text[open], pairs[text[open]]
	depth := 0
	for i := open; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '\'' || c == '"' && opens != '{':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				return -1
			}
			i += end + 1
		case c == opens:
			depth++
		case c == closes:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// overwrite writes x in the place of every byte but line breaks.
func overwrite(text string, start, end int) string { return fill(text, start, end, 'x') }

// blank writes blanks in the place of every byte but line breaks.
func blank(text string, start, end int) string { return fill(text, start, end, ' ') }

func fill(text string, start, end int, with byte) string {
	filled := []byte(text)
	for i := start; i < min(end, len(filled)); i++ {
		if filled[i] != '\n' {
			filled[i] = with
		}
	}
	return string(filled)
}

// reservedWords returns the faults that the parser accepts and bash refuses: a stray else, and
// patterns that need extglob.
func reservedWords(file *syntax.File) []shellFault {
	var faults []shellFault
	extglob := false
	var inside []syntax.Node // the test clauses that are open
	syntax.Walk(file, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.TestClause:
			inside = append(inside, n)
		case *syntax.CallExpr:
			if len(n.Assigns) > 0 || len(n.Args) == 0 {
				break
			}
			switch word := n.Args[0].Lit(); word {
			case "else", "in":
				start, end := offsets(n.Args[0])
				faults = append(faults, shellFault{start: start, end: end, severity: spec.Error,
					message: notParsed + quoted(word) + " has no " + map[string]string{"else": "if", "in": "for or case"}[word] + " before it"})
			case "shopt":
				for _, arg := range n.Args[1:] {
					extglob = extglob || arg.Lit() == "extglob"
				}
			}
		case *syntax.ExtGlob:
			if start, end := offsets(n); !extglob && !within(inside, start) {
				faults = append(faults, shellFault{start: start, end: end, severity: spec.Error,
					message: notParsed + "bash reads this pattern only after shopt -s extglob", hint: "write shopt -s extglob on a line before"})
			}
		}
		return true
	})
	return faults
}

// within reports whether offset lies in one of nodes.
func within(nodes []syntax.Node, offset int) bool {
	for _, n := range nodes {
		if start, end := offsets(n); start <= offset && offset < end {
			return true
		}
	}
	return false
}

// syntaxError returns where and why a script does not parse.
func syntaxError(err error) (offset int, message string, ok bool) {
	var parse syntax.ParseError
	if errors.As(err, &parse) {
		return int(parse.Pos.Offset()), parse.Text, true
	}
	var lang syntax.LangError
	if errors.As(err, &lang) {
		return int(lang.Pos.Offset()), lang.Feature + " is not for bash", true
	}
	return 0, "", false
}
