package lint

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/buildsync/buildsync/pkg/spec"
)

// testBracket reports a [ that the shell does not read as a test: [ -f x],
// [-f x ].
func (p *pass) testBracket(s *script, call *syntax.CallExpr) {
	if len(call.Args) < 2 {
		return
	}
	first, last := call.Args[0], call.Args[len(call.Args)-1]
	if p.testOfVariable(s, first, last) {
		return
	}
	text := first.Lit()
	if open := strings.TrimLeft(text, "["); text != open && open != "" && !strings.Contains(open, "]") {
		start, end := offsets(first)
		bracket := text[:len(text)-len(open)]
		p.report("shell-syntax", s.at(start, end), s.pointer, "the shell looks for a program called "+quoted(text)+": a blank is missing after "+bracket, "write "+bracket+" "+open)
		return
	}
	if text != "[" || last.Lit() == "]" {
		return
	}
	start, end := offsets(last)
	if !strings.HasSuffix(s.text[start:min(end, len(s.text))], "]") {
		start, end = offsets(call)
	}
	p.report("shell-syntax", s.at(start, end), s.pointer, "the test that starts with [ does not end with ] as a word of its own, so it fails", "write a blank before the ]")
}

// testOfVariable reports ["$X" = y ]: the bracket and the value are the name of one program.
func (p *pass) testOfVariable(s *script, first, last *syntax.Word) bool {
	bracket, ok := first.Parts[0].(*syntax.Lit)
	if !ok || len(first.Parts) < 2 || bracket.Value != "[" && bracket.Value != "[[" {
		return false
	}
	closing := strings.Repeat("]", len(bracket.Value))
	if end, ok := last.Parts[len(last.Parts)-1].(*syntax.Lit); !ok || !strings.HasSuffix(end.Value, closing) {
		return false
	}
	start, end := offsets(first)
	p.report("shell-syntax", s.at(start, end), s.pointer, "the shell looks for a program called "+quoted(s.text[start:end])+": a blank is missing after "+bracket.Value, "write "+bracket.Value+" "+s.text[start+len(bracket.Value):end])
	return true
}

// redirectInTest reports [ "$N" > 5 ], which writes a file instead of comparing.
func (p *pass) redirectInTest(s *script, stmt *syntax.Stmt) {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return
	}
	if call.Args[0].Lit() == "test" {
		p.redirectAfterTest(s, call, stmt)
		return
	}
	if call.Args[0].Lit() != "[" || call.Args[len(call.Args)-1].Lit() != "]" {
		return
	}
	close, _ := offsets(call.Args[len(call.Args)-1])
	for _, r := range stmt.Redirs {
		start, _ := offsets(r)
		if start >= close || r.N != nil || r.Word == nil {
			continue
		}
		_, end := offsets(r.Word)
		switch r.Op {
		case syntax.RdrOut:
			p.mistake(s, start, end, "> inside [ ] writes the file "+quoted(s.text[end-len(source(s, r.Word)):end])+" and compares nothing", "compare numbers with -gt, texts with [[ … > … ]]")
		case syntax.RdrIn:
			p.mistake(s, start, end, "< inside [ ] reads a file and compares nothing", "compare numbers with -lt, texts with [[ … < … ]]")
		}
	}
}

// redirectAfterTest reports test "$N" > 5: a single operand and a file whose name is a number.
func (p *pass) redirectAfterTest(s *script, call *syntax.CallExpr, stmt *syntax.Stmt) {
	for _, r := range stmt.Redirs {
		if r.Op != syntax.RdrOut || r.N != nil || r.Word == nil || len(call.Args) != 2 {
			continue
		}
		if text := r.Word.Lit(); text != "" && strings.Trim(text, "0123456789") == "" {
			start, _ := offsets(r)
			_, end := offsets(r.Word)
			p.mistake(s, start, end, "> after test writes the file "+quoted(text)+" and compares nothing", "compare numbers with -gt")
		}
	}
}

// joinedTest reports [ "$A"="b" ]: one word that is never empty, so the test is always true.
func (p *pass) joinedTest(s *script, call *syntax.CallExpr) {
	args := call.Args
	if len(args) == 3 && args[0].Lit() == "[" && args[2].Lit() == "]" || len(args) == 2 && args[0].Lit() == "test" {
		p.joinedWord(s, args[1])
	}
}

// joinedWord reports a word of a test that begins with a variable and =.
func (p *pass) joinedWord(s *script, word *syntax.Word) {
	if len(word.Parts) < 2 || leadingVariable(unquotedWord(&syntax.Word{Parts: word.Parts[:1]})) == "" {
		return
	}
	operator := leadingText(&syntax.Word{Parts: word.Parts[1:]})
	if !strings.HasPrefix(operator, "=") && !strings.HasPrefix(operator, "!=") {
		return
	}
	start, end := offsets(word)
	p.mistake(s, start, end, "this test is always true: it is one word, not a comparison", "write blanks around the operator")
}

// assignment reports X = 1, $X=1 and $X = 1: none of them assigns.
func (p *pass) assignment(s *script, call *syntax.CallExpr) {
	if len(call.Args) == 0 {
		return
	}
	first := call.Args[0]
	if variable := leadingVariable(first); variable != "" {
		attached := len(first.Parts) > 1 && strings.HasPrefix(leadingText(&syntax.Word{Parts: first.Parts[1:]}), "=")
		if apart := len(first.Parts) == 1 && len(call.Args) > 1 && call.Args[1].Lit() == "="; attached || apart {
			start, end := offsets(first)
			p.mistake(s, start, end, "this assigns nothing: the shell looks for a program of that name", "write "+variable+"=… without the $")
		}
		return
	}
	if len(first.Parts) > 1 {
		return
	}
	name := first.Lit()
	if len(call.Args) < 2 || !isVariableName(name) || len(call.Assigns) > 0 {
		return
	}
	second := leadingText(call.Args[1])
	if second != "=" && !(strings.HasPrefix(second, "=") && !strings.HasPrefix(second, "==") && len(call.Args) == 2 && name == strings.ToUpper(name)) {
		return
	}
	switch name {
	case "test", "expr", "let":
		return
	}
	start, _ := offsets(first)
	_, end := offsets(call.Args[1])
	p.mistake(s, start, end, "this assigns nothing: the shell looks for a program called "+quoted(name), "write "+name+"=… without blanks around the =")
}

// leadingVariable returns the name of the variable that a word begins with, "" if it begins with
// something else.
func leadingVariable(word *syntax.Word) string {
	if len(word.Parts) == 0 {
		return ""
	}
	e, ok := word.Parts[0].(*syntax.ParamExp)
	if !ok || e.Param == nil || e.Exp != nil || e.Excl || !isVariableName(e.Param.Value) {
		return ""
	}
	return e.Param.Value
}

// declaration reports export X = 1, and local outside a function.
func (p *pass) declaration(s *script, d *syntax.DeclClause, inFunction bool) {
	start, end := offsets(d)
	if d.Variant.Value == "local" && !inFunction {
		p.mistake(s, start, start+len("local"), "local is outside a function, and the shell refuses it there", "leave local out")
	}
	for _, a := range d.Args {
		if a.Naked && a.Name == nil && a.Value != nil && a.Value.Lit() == "=" {
			p.mistake(s, start, end, d.Variant.Value+" with blanks around the = assigns nothing", "write "+d.Variant.Value+" NAME=… without blanks")
			return
		}
	}
}

func isVariableName(name string) bool { return name != "" && isParamName(name) && !isDigit(name[0]) }

// mistake reports code that bash parses but that always fails.
func (p *pass) mistake(s *script, start, end int, message, hint string) {
	p.report("shell-safety", s.at(start, end), s.pointer, message, hint).Severity = spec.Warning
}

// source returns the text of a node as it is in the script.
func source(s *script, n syntax.Node) string {
	start, end := offsets(n)
	return s.text[min(start, len(s.text)):min(end, len(s.text))]
}
