package lint

import (
	"bytes"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// judge applies the rules for one script, and records which variables it sets and uses.
func (p *pass) judge(s *script) {
	if len(s.text) > maxScript {
		d := p.report("shell-syntax", s.at(0, 0), s.pointer, "the script has "+sanitize.Counted(len(s.text), "byte")+"; the shell rules read at most 65536",
			"keep long scripts in the repository and call them here")
		d.Severity = spec.Info
		return
	}
	p.carriageReturns(s)
	if !isShell(s.text) {
		return
	}
	read := p.shell.script(s.text)
	faults, stopped := settled(s.text, read.shellReading, p.opts.Bash)
	p.linter.stopped = p.linter.stopped || stopped
	for _, f := range faults {
		p.report("shell-syntax", s.at(f.start, f.end), s.pointer, f.message, f.hint).Severity = f.severity
	}
	if read.file == nil {
		return
	}
	s.parsed, s.names, s.stops, s.runsCode = read.file, read.names, read.stops, read.runsCode
	if p.commandEmpty(s) {
		return
	}
	p.errexit(s)
	p.walk(s)
	p.unseenDownloads(s)
	if p.asksShellCheck() {
		p.linter.unchecked = append(p.linter.unchecked, s)
	}
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

// carriageReturns reports CR in a script: the shell reads it as part of the word before it.
func (p *pass) carriageReturns(s *script) {
	at := strings.IndexByte(s.text, '\r')
	if at < 0 {
		return
	}
	d := p.report("invisible-char", s.at(at, at+1), s.pointer, "the script contains a carriage return (U+000D), which the shell reads as part of the word before it", "save it with LF line ends")
	d.Severity = spec.Warning
	if !s.isFile() {
		return
	}
	fix := spec.Fix{Message: "remove the carriage returns", Unsafe: true}
	for i := range len(s.text) {
		if s.text[i] == '\r' {
			fix.Edits = append(fix.Edits, spec.Edit{File: s.pass.name, Start: i, End: i + 1})
		}
	}
	d.Fixes = []spec.Fix{fix}
}

// insertBefore makes a fix that inserts a line before a statement, with its indentation; none if
// the script's style does not allow it.
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
	functionEnd := 0
	syntax.Walk(s.parsed, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.File:
			p.unsafeFolder(s, n.Stmts)
		case *syntax.Block:
			p.unsafeFolder(s, n.Stmts)
		case *syntax.Subshell:
			p.unsafeFolder(s, n.Stmts)
		case *syntax.Lit:
			p.continuation(s, n)
		case *syntax.FuncDecl:
			_, end := offsets(n)
			functionEnd = max(functionEnd, end)
		case *syntax.DeclClause:
			p.declaration(s, n, int(n.Pos().Offset()) < functionEnd)
		case *syntax.Stmt:
			p.redirectInTest(s, n)
		case *syntax.CallExpr:
			p.testBracket(s, n)
			p.joinedTest(s, n)
			p.assignment(s, n)
			p.removal(s, n)
			p.lostBackslash(s, n)
		case *syntax.TestClause:
			if word, ok := n.X.(*syntax.Word); ok {
				p.joinedWord(s, word)
			}
		}
		return true
	})
}

// continuation reports a blank after a backslash at the end of a line: the line is not continued.
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

// edit makes an unsafe fix of a part of the script; none if the script's style would need escapes.
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

func offsets(n syntax.Node) (start, end int) { return int(n.Pos().Offset()), int(n.End().Offset()) }
