package lint

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// command is a call without its wrappers: sudo -u ci env A=b make is the command make.
type command struct {
	program string         // the name without its folder; "" if it is not literal
	word    *syntax.Word   // that names the program
	args    []*syntax.Word // after the program
	through []string       // the wrappers
	remote  bool           // it runs on another machine or in a container
	filled  string         // xargs puts its input in place of this text, or behind the words: appended

	how  *program       // nil if the program runs none of its words
	rest []*syntax.Word // what it reads: args, without the words that choose a part of the program
}

// appended is command.filled where xargs appends its input.
const appended = "\x00"

// unwrap takes the wrappers off a call.
func unwrap(call *syntax.CallExpr) command {
	c := command{}
	words := call.Args
	for len(words) > 0 {
		c.word, c.args = words[0], words[1:]
		c.program = path.Base(strings.TrimPrefix(words[0].Lit(), `\`))
		if c.program == "." && words[0].Lit() != "." {
			c.program = ""
		}
		c.how, c.rest = c.description()
		if c.how == nil || c.how.words != asCommand || c.program == "command" && asks(c.args) {
			return c
		}
		words = c.wrapped()
	}
	return c
}

// description returns the table's entry for a command, and the words behind those that choose it:
// docker compose exec.
func (c *command) description() (how *program, rest []*syntax.Word) {
	how, rest = programNamed(c.program), c.args
	if c.program == "runuser" && !names(c.args, "-u", "--user") {
		how = programNamed("su")
	}
	for how != nil && how.subs != nil {
		words := how.read(rest).rest
		if len(words) == 0 {
			return nil, nil
		}
		how, rest = how.subs[words[0].Lit()], words[1:]
	}
	return how, rest
}

// wrapped returns the command that a wrapper runs; nil for exec >log, env, docker run IMAGE.
func (c *command) wrapped() (words []*syntax.Word) {
	if len(c.how.after) > 0 {
		at := slices.IndexFunc(c.rest, func(w *syntax.Word) bool { return slices.Contains(c.how.after, w.Lit()) })
		if at < 0 {
			return nil
		}
		words = c.rest[at+1:]
	} else {
		read := c.how.read(c.rest)
		if len(read.code) > 0 {
			return nil // env -S TEXT
		}
		words = read.rest[min(c.how.positional, len(read.rest)):]
		if len(words) > 0 && c.how.code != "" && len(c.how.read(words[:min(2, len(words))]).code) > 0 {
			c.rest = words // flock FILE -c TEXT
			return nil
		}
		if c.how.remote && len(words) > 0 && words[0].Lit() == "--" {
			words = words[1:]
		}
		if c.how.remote && read.entry != nil {
			words = append([]*syntax.Word{read.entry}, words...)
		}
		if c.program == "xargs" {
			c.filled = read.filled()
		}
	}
	c.remote = c.remote || c.how.remote
	if len(words) > 0 {
		c.through = append(c.through, c.program)
	}
	return words
}

// asks reports whether command only looks a program up: command -v mvn.
func asks(args []*syntax.Word) bool {
	return len(args) > 0 && (args[0].Lit() == "-v" || args[0].Lit() == "-V")
}

// names reports whether one of the words is one of the options.
func names(args []*syntax.Word, options ...string) bool {
	return slices.ContainsFunc(args, func(w *syntax.Word) bool { return slices.Contains(options, w.Lit()) })
}

// readWords are the words of a call, as its program reads them.
type readWords struct {
	options []*syntax.Word // with their values
	code    []*syntax.Word // the values of options that are code
	noCode  bool           // the last option asks for code, and no word follows
	rest    []*syntax.Word // what follows the options
	entry   *syntax.Word   // the value of --entrypoint
	input   bool           // bash -s runs its input
	data    bool           // bash -n and python -m run neither their words nor their input
	dashes  bool           // -- ended the options
}

// read sorts the words behind a program. Programs that run a command or a script read their options
// before it, others everywhere.
func (p *program) read(args []*syntax.Word) (r readWords) {
	everywhere := p.subs == nil && (p.words == asData || p.words == asProgram)
	i := 0
	value := func() *syntax.Word {
		if i++; i < len(args) {
			return args[i]
		}
		return nil
	}
	for ; i < len(args); i++ {
		text := leadingText(args[i])
		name, _, joined := strings.Cut(text, "=")
		switch {
		case text == "--":
			r.rest, r.dashes = append(r.rest, args[i+1:]...), true
			return r
		case slices.Contains(p.longCode, text):
			r.addCode(value())
		case joined && slices.Contains(p.longCode, name):
			r.addCode(args[i])
		case slices.Contains(p.long, text):
			if word := value(); text == "--entrypoint" {
				r.entry = word
			}
		case strings.HasPrefix(text, "--"):
			if joined && name == "--entrypoint" && len(args[i].Parts) == 1 {
				r.entry = &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{ValuePos: args[i].Pos(), ValueEnd: args[i].End(), Value: text[len(name)+1:]}}}
			}
		case len(text) > 1 && text[0] == '-':
			p.readCluster(&r, args[i], text, value)
		case len(text) > 1 && text[0] == '+' && p.words == asScript, p.assigns && isAssignment(text):
		case everywhere:
			r.rest = append(r.rest, args[i])
			continue
		default:
			r.rest = args[i:]
			return r
		}
		r.options = args[:min(i+1, len(args))] // and the words between them, which are not options
		if r.input || len(r.code) > 0 && !everywhere && !p.repeats {
			r.rest = args[min(i+1, len(args)):]
			return r
		}
	}
	return r
}

func (r *readWords) addCode(word *syntax.Word) {
	if word == nil {
		r.noCode = true
		return
	}
	r.code = append(r.code, word)
}

// readCluster reads short options such as -xec, and their value.
func (p *program) readCluster(r *readWords, word *syntax.Word, text string, value func() *syntax.Word) {
	shell := p.words == asScript && p.language == shellCode && p.code != ""
	for k := 1; k < len(text); k++ {
		letter, last := text[k], k == len(text)-1 && len(word.Parts) == 1
		switch {
		case strings.IndexByte(p.code, letter) >= 0:
			if last || len(word.Parts) == 1 && isLetters(text[k+1:]) { // node -pe, bash -ce
				r.addCode(value())
			} else {
				r.addCode(word)
			}
			return
		case strings.IndexByte(p.modules, letter) >= 0 && p.modules != "":
			r.data = true
			return
		case strings.IndexByte(p.values, letter) >= 0:
			if last {
				value()
			}
			return
		case strings.IndexByte(p.attached, letter) >= 0:
			return
		case shell && letter == 's':
			r.input = !strings.Contains(text[k:], "c")
		case shell && letter == 'n':
			r.data = true
		}
	}
}

func isLetters(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
}

// filled returns the text that xargs replaces by its input: -I{} or -I NAME.
func (r *readWords) filled() string {
	for i, word := range r.options {
		text := word.Lit()
		switch {
		case text == "-I" && i+1 < len(r.options):
			return r.options[i+1].Lit()
		case strings.HasPrefix(text, "-I"):
			return text[2:]
		case text == "-i", text == "--replace":
			return "{}"
		}
	}
	return appended
}

func isAssignment(text string) bool {
	name, _, found := strings.Cut(text, "=")
	return found && isParamName(name) && !isDigit(name[0])
}

// leadingText returns the literal text at the start of a word.
func leadingText(w *syntax.Word) string {
	if len(w.Parts) == 0 {
		return ""
	}
	if lit, ok := w.Parts[0].(*syntax.Lit); ok {
		return lit.Value
	}
	return ""
}

// execution is the code that a command runs.
type execution struct {
	program  string
	code     []*syntax.Word // texts that are run as code
	file     *syntax.Word   // the script file that is run
	input    bool           // its standard input is run as code
	filled   string         // see command; "" if xargs puts nothing into the code
	language language
}

// runs returns the code that a command runs: the text after -c, a script, or its standard input,
// which an interpreter runs only without a program of its own.
func (c command) runs() execution {
	if c.program == "find" {
		for i, arg := range c.args {
			if text := arg.Lit(); (text == "-exec" || text == "-execdir" || text == "-ok") && i+1 < len(c.args) {
				return unwrap(&syntax.CallExpr{Args: c.args[i+1:]}).runs()
			}
		}
	}
	if c.how == nil {
		return execution{}
	}
	e := execution{program: c.program, language: c.how.language}
	args := c.rest
	if at := slices.IndexFunc(args, func(w *syntax.Word) bool { return c.how.until != "" && strings.HasPrefix(w.Lit(), c.how.until) }); at >= 0 {
		args = args[:at]
	}
	read := c.how.read(args)
	if names(read.options, c.how.inert...) {
		return e
	}
	e.code = read.code
	c.how.runWords(&e, read)
	if c.filled != "" && (read.noCode && c.filled == appended || slices.ContainsFunc(e.code, func(w *syntax.Word) bool {
		text, literal := literalText(w)
		return literal && strings.Contains(text, c.filled)
	})) {
		e.filled = c.filled
	}
	return e
}

// runWords adds the code that is behind the options, and whether the input is run.
func (p *program) runWords(e *execution, read readWords) {
	words := read.rest
	switch p.words {
	case asCode:
		words = words[min(p.positional, len(words)):]
		if p.positional > 0 {
			words = p.read(words).rest // ssh HOST -t TEXT
		}
		e.code = append(e.code, words...)
		e.input = p.input && len(read.code) == 0 && startsShell(words) || p.until != "" && len(words) == 0
	case asProgram:
		words = slices.DeleteFunc(slices.Clone(words), func(w *syntax.Word) bool { // sed -i ''
			text, literal := literalText(w)
			return literal && text == ""
		})
		if p.positional < len(words) && len(read.code) == 0 {
			e.code = words[p.positional : p.positional+1]
		}
		e.input = p.input && len(e.code) == 0
	case asScript:
		switch {
		case len(read.code) > 0 || read.data || read.noCode:
		case read.input, len(words) == 0, read.dashes && p.argsOnly:
			e.input = p.input
		default:
			e.file, e.input = words[0], words[0].Lit() == "-" || isInput(words[0])
		}
	case asData:
		e.input = p.input && len(read.code) == 0
	}
}

// startsShell reports whether the command that ssh runs is a shell that runs its input: none at
// all, bash, or 'bash -s'.
func startsShell(words []*syntax.Word) bool {
	var fields []string
	for _, w := range words {
		text, literal := literalText(w)
		if !literal {
			return false
		}
		fields = append(fields, strings.Fields(text)...)
	}
	if len(fields) == 0 {
		return true
	}
	how := programNamed(path.Base(fields[0]))
	return how != nil && how.words == asScript && how.language == shellCode && !slices.ContainsFunc(fields[1:], func(field string) bool {
		return field[0] != '-' && !slices.Contains(fields, "-s") || strings.HasPrefix(field, "-") && strings.ContainsAny(field, "cn")
	})
}

// isInput reports whether a word names the standard input.
func isInput(w *syntax.Word) bool {
	switch w.Lit() {
	case "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0":
		return true
	}
	return false
}

// codeText returns the text of a word that is run as code, as far as it is known: an expansion is
// written as $x. It ends before the node until, if that is given.
func codeText(w *syntax.Word, until syntax.Node) string {
	var text strings.Builder
	var write func(parts []syntax.WordPart, quoted bool) bool
	write = func(parts []syntax.WordPart, quoted bool) bool {
		for _, part := range parts {
			switch e := part.(type) {
			case *syntax.Lit:
				if quoted {
					text.WriteString(quotedEscapes.Replace(e.Value))
				} else {
					text.WriteString(e.Value)
				}
			case *syntax.SglQuoted:
				text.WriteString(e.Value)
			case *syntax.DblQuoted:
				if !write(e.Parts, true) {
					return false
				}
			default:
				if part == until {
					return false
				}
				text.WriteString("$x")
			}
		}
		return true
	}
	write(w.Parts, false)
	return text.String()
}

// quotedEscapes are the escapes that double quotes know.
var quotedEscapes = strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\$`, `$`, "\\`", "`", "\\\n", "")
