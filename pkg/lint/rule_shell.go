package lint

import (
	"bytes"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/buildsync/buildsync/pkg/spec"
)

// judge applies the rules about one script, and notes what it sets and uses.
func (p *pass) judge(s *script) {
	if len(s.text) > maxScript {
		d := p.report("shell-syntax", s.at(0, 0), s.pointer, "the script has "+plural(len(s.text), "byte")+"; the shell rules read at most 65536",
			"keep long scripts in the repository and call them here")
		d.Severity = spec.Info
		return
	}
	p.carriageReturns(s)
	if !isShell(s.text) {
		return
	}
	parsed, err := p.shell.parse(s.text)
	if err != nil {
		p.shellSyntax(s, err)
		return
	}
	s.parsed = parsed
	s.names = namesOf(parsed)
	if p.commandEmpty(s) {
		return
	}
	p.errexit(s)
	p.walk(s)
}

// shellSyntax reports a script that no shell would run.
func (p *pass) shellSyntax(s *script, err error) {
	offset, message, ok := syntaxError(err)
	if !ok {
		return // reading from memory fails in no other way
	}
	offset = min(offset, len(s.text))
	end := offset
	for end < len(s.text) && !strings.ContainsRune(" \t\n;", rune(s.text[end])) {
		end++
	}
	p.report("shell-syntax", s.at(offset, end), s.pointer, "the script does not parse: "+message, "")
}

// commandEmpty reports a script that runs nothing.
func (p *pass) commandEmpty(s *script) bool {
	if len(s.parsed.Stmts) > 0 {
		return false
	}
	what := "the script is empty"
	if strings.Contains(s.text, "#") {
		what = "the script holds only comments"
	}
	p.report("command-empty", s.node.Range, s.pointer, what, "write a command, or switch the step off with enable: false")
	return true
}

// carriageReturns reports CR in a script: the shell takes it for a part of the
// word before it.
func (p *pass) carriageReturns(s *script) {
	at := strings.IndexByte(s.text, '\r')
	if at < 0 {
		return
	}
	d := p.report("invisible-char", s.at(at, at+1), s.pointer, "the script holds a carriage return (U+000D), which the shell takes for a part of the word before it", "save it with LF line ends")
	d.Severity = spec.Warning
	if !s.isFile() {
		return
	}
	fix := spec.Fix{Message: "remove the carriage returns"}
	for i := range len(s.text) {
		if s.text[i] == '\r' {
			fix.Edits = append(fix.Edits, spec.Edit{File: s.pass.name, Start: i, End: i + 1})
		}
	}
	d.Fixes = []spec.Fix{fix}
}

// harmless are commands that do not fail, or whose failure says nothing.
var harmless = []string{"echo", "printf", ":", "true", "set", "export", "cd", "unset", "readonly", "declare", "local", "alias", "trap", "shopt", "exit", "return", "sleep", "date", "env", "pwd", "ls"}

// errexit reports a script of several commands that goes on after a failure.
func (p *pass) errexit(s *script) {
	if hasErrexit(s) {
		return
	}
	count := 0
	var first *syntax.Stmt
	for _, stmt := range s.parsed.Stmts {
		if !canFail(stmt) {
			continue
		}
		if count++; first == nil {
			first = stmt
		}
	}
	if count < 2 {
		return
	}
	start, end := offsets(first)
	d := p.report("shell-safety", s.at(start, end), s.pointer, "the script runs "+plural(count, "command")+" and goes on when one fails", "start it with set -e, or join the commands with &&")
	d.Fixes = s.insertBefore(s.parsed.Stmts[0], "set -e")
}

func hasErrexit(s *script) bool {
	first, _, _ := strings.Cut(s.text, "\n")
	if strings.HasPrefix(first, "#!") && strings.Contains(first, " -") && strings.Contains(first[strings.Index(first, " -"):], "e") {
		return true
	}
	for _, stmt := range s.parsed.Stmts {
		call, ok := stmt.Cmd.(*syntax.CallExpr)
		if !ok || len(call.Args) < 2 || call.Args[0].Lit() != "set" {
			continue
		}
		for _, arg := range call.Args[1:] {
			text := arg.Lit()
			if text == "errexit" || strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--") && strings.Contains(text, "e") {
				return true
			}
		}
	}
	return false
}

// canFail tells whether the failure of a statement would be lost.
func canFail(stmt *syntax.Stmt) bool {
	if stmt.Negated || stmt.Background {
		return false
	}
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok {
		binary, ok := stmt.Cmd.(*syntax.BinaryCmd)
		return ok && binary.Op != syntax.OrStmt
	}
	return len(call.Args) > 0 && !slices.Contains(harmless, call.Args[0].Lit())
}

// insertBefore makes a fix that puts a line before a statement, with its
// indentation; none where the script's style does not allow it.
func (s *script) insertBefore(stmt *syntax.Stmt, line string) []spec.Fix {
	if !s.isFile() && s.node.Style != spec.LiteralStyle {
		return nil
	}
	start, _ := offsets(stmt)
	place := s.place(start)
	at, ok := s.pass.offset(place)
	if !ok {
		return nil
	}
	indent := ""
	if !s.isFile() {
		indent = strings.Repeat(" ", place.Column-1)
	}
	lineEnd := "\n"
	if end := bytes.IndexByte(s.pass.source[at:], '\n'); end > 0 && s.pass.source[at+end-1] == '\r' {
		lineEnd = "\r\n" // as the lines around it
	}
	return []spec.Fix{{Message: "start with " + line, Unsafe: true, Edits: []spec.Edit{{File: s.pass.name, Start: at, End: at, New: line + lineEnd + indent}}}}
}

// walk applies the rules about single commands.
func (p *pass) walk(s *script) {
	syntax.Walk(s.parsed, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.Lit:
			p.continuation(s, n)
		case *syntax.CallExpr:
			p.testBracket(s, n)
			p.removal(s, n)
			p.injection(s, n)
			p.shellFromNet(s, n)
		case *syntax.BinaryCmd:
			p.pipedToShell(s, n)
		}
		return true
	})
}

// continuation reports a blank behind a backslash at the end of a line: it
// continues nothing.
func (p *pass) continuation(s *script, lit *syntax.Lit) {
	end := int(lit.End().Offset())
	if end > len(s.text) || end < 2 || (s.text[end-1] != ' ' && s.text[end-1] != '\t') || s.text[end-2] != '\\' {
		return
	}
	rest := len(s.text[end:]) - len(strings.TrimLeft(s.text[end:], " \t"))
	behind := end + rest
	if behind >= len(s.text) || s.text[behind] != '\n' {
		return
	}
	d := p.report("shell-safety", s.at(end-2, behind), s.pointer, "a blank follows the backslash, so the line is not continued", "remove the blank")
	from, ok := s.pass.offset(s.place(end - 1))
	to, found := s.pass.offset(s.place(behind))
	if ok && found && (s.isFile() || s.node.Style == spec.LiteralStyle) {
		d.Fixes = []spec.Fix{{Message: "remove the blank", Unsafe: true, Edits: []spec.Edit{{File: s.pass.name, Start: from, End: to}}}}
	}
}

// testBracket reports a [ whose ] is part of another word: [ -f pom.xml].
func (p *pass) testBracket(s *script, call *syntax.CallExpr) {
	if len(call.Args) < 2 || call.Args[0].Lit() != "[" || call.Args[len(call.Args)-1].Lit() == "]" {
		return
	}
	last := call.Args[len(call.Args)-1]
	start, end := offsets(last)
	if !strings.HasSuffix(s.text[start:min(end, len(s.text))], "]") {
		start, end = offsets(call)
	}
	p.report("shell-syntax", s.at(start, end), s.pointer, "the test that starts with [ does not end with ] as a word of its own, so it fails", "write a blank before the ]")
}

// removal reports rm -r of something that may turn out to be everything.
func (p *pass) removal(s *script, call *syntax.CallExpr) {
	args := call.Args
	if len(args) > 0 && args[0].Lit() == "sudo" {
		args = args[1:]
	}
	if len(args) < 2 || args[0].Lit() != "rm" {
		return
	}
	recursive := slices.ContainsFunc(args, func(w *syntax.Word) bool {
		text := w.Lit()
		return text == "--recursive" || strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--") && strings.ContainsAny(text, "rR")
	})
	if !recursive {
		return
	}
	for _, word := range args[1:] {
		start, end := offsets(word)
		if text := word.Lit(); text == "/" || text == "/*" {
			p.report("shell-safety", s.at(start, end), s.pointer, "rm -r of "+quoted(text)+" removes everything", "name the folder")
			continue
		}
		if !slices.ContainsFunc(word.Parts, isExpansion) {
			continue
		}
		d := p.report("shell-safety", s.at(start, end), s.pointer, "rm -r of "+quoted(s.text[start:end])+", which is not quoted: a blank or an empty value removes something else",
			`quote it, and make it fail when empty: "${DIR:?}"`)
		if _, ok := word.Parts[0].(*syntax.ParamExp); ok && len(word.Parts) == 1 {
			d.Fixes = s.edit(start, end, `"`+s.text[start:end]+`"`, "quote it")
		}
	}
}

// edit makes an unsafe fix of a stretch of the script; none where the script's
// style would need escapes.
func (s *script) edit(start, end int, text, message string) []spec.Fix {
	if !s.isFile() && s.node.Style != spec.LiteralStyle && s.node.Style != spec.FoldedStyle {
		return nil
	}
	from, ok := s.pass.offset(s.place(start))
	to, found := s.pass.offset(s.place(end))
	if !ok || !found || to < from {
		return nil
	}
	return []spec.Fix{{Message: message, Unsafe: true, Edits: []spec.Edit{{File: s.pass.name, Start: from, End: to, New: text}}}}
}

func isExpansion(part syntax.WordPart) bool {
	switch e := part.(type) {
	case *syntax.ParamExp:
		return e.Exp == nil || e.Exp.Op != syntax.ErrorUnset && e.Exp.Op != syntax.ErrorUnsetOrNull
	case *syntax.CmdSubst:
		return true
	}
	return false
}

var (
	downloaders  = []string{"curl", "wget"}
	shells       = []string{"sh", "bash", "zsh", "dash", "ksh", "python", "python3", "perl", "node"}
	commandShell = []string{"sh", "bash", "zsh", "dash", "ksh"}
)

// pipedToShell reports a download that is run without being looked at.
func (p *pass) pipedToShell(s *script, pipe *syntax.BinaryCmd) {
	if pipe.Op != syntax.Pipe && pipe.Op != syntax.PipeAll {
		return
	}
	right := calledProgram(pipe.Y)
	if !slices.Contains(shells, right) || !downloads(pipe.X) {
		return
	}
	start, end := offsets(pipe)
	p.report("shell-safety", s.at(start, end), s.pointer, "a download is piped into "+right+" and runs unseen", "save it, check its sum, then run it")
}

// shellFromNet reports the same with a substitution: bash <(curl …).
func (p *pass) shellFromNet(s *script, call *syntax.CallExpr) {
	if len(call.Args) < 2 || !slices.Contains(shells, call.Args[0].Lit()) {
		return
	}
	syntax.Walk(call, func(node syntax.Node) bool {
		var stmts []*syntax.Stmt
		switch n := node.(type) {
		case *syntax.ProcSubst:
			stmts = n.Stmts
		case *syntax.CmdSubst:
			stmts = n.Stmts
		}
		if slices.ContainsFunc(stmts, downloads) {
			start, end := offsets(node)
			p.report("shell-safety", s.at(start, end), s.pointer, "a download is given to "+call.Args[0].Lit()+" and runs unseen", "save it, check its sum, then run it")
			return false
		}
		return true
	})
}

// downloads tells whether a statement, or the first part of a pipe, is curl or
// wget.
func downloads(stmt *syntax.Stmt) bool {
	if binary, ok := stmt.Cmd.(*syntax.BinaryCmd); ok && (binary.Op == syntax.Pipe || binary.Op == syntax.PipeAll) {
		return downloads(binary.X)
	}
	return slices.Contains(downloaders, calledProgram(stmt))
}

func calledProgram(stmt *syntax.Stmt) string {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok {
		return ""
	}
	for _, arg := range call.Args {
		text := arg.Lit()
		if text == "sudo" || text == "env" || strings.HasPrefix(text, "-") || strings.Contains(text, "=") {
			continue
		}
		return text[strings.LastIndex(text, "/")+1:]
	}
	return ""
}

// injection reports a value that is known only at run time inside eval, or
// inside the text of a shell that is started with -c.
func (p *pass) injection(s *script, call *syntax.CallExpr) {
	if len(call.Args) < 2 {
		return
	}
	program := call.Args[0].Lit()
	words := call.Args[1:]
	switch {
	case program == "eval":
	case slices.Contains(commandShell, program):
		at := slices.IndexFunc(words, func(w *syntax.Word) bool {
			text := w.Lit()
			return strings.HasPrefix(text, "-") && strings.HasSuffix(text, "c")
		})
		if at < 0 || at+1 >= len(words) {
			return
		}
		words = words[at+1 : at+2]
	default:
		return
	}
	for _, word := range words {
		syntax.Walk(word, func(node syntax.Node) bool {
			expansion, ok := node.(*syntax.ParamExp)
			if !ok || expansion.Param == nil || expansion.Length {
				return true
			}
			name := expansion.Param.Value
			if s.names.literal[name] && s.names.set[name].start < int(expansion.Pos().Offset()) || !isParamName(name) || isDigit(name[0]) {
				return true
			}
			start, end := offsets(expansion)
			p.report("shell-injection", s.at(start, end), s.pointer, "the value of "+quoted(name)+" is run as shell code inside "+program,
				"whoever sets it chooses what the build runs: pass it as an argument, or check it with a case before")
			return true
		})
	}
}

func offsets(n syntax.Node) (start, end int) { return int(n.Pos().Offset()), int(n.End().Offset()) }
