package lint

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// guarded reports whether a use of name at offset is inside or after a test that name is not empty.
func (n *shellNames) guarded(name string, offset int) bool {
	return slices.ContainsFunc(n.guards, func(g guard) bool { return g.name == name && g.start <= offset && offset < g.end })
}

func (n *shellNames) guard(names []string, start, end int) {
	for _, name := range names {
		n.guards = append(n.guards, guard{name, span{start, end}})
	}
}

func (n *shellNames) fill(names []string, start, end int) {
	for _, name := range names {
		n.fills = append(n.fills, guard{name, span{start, end}})
	}
}

// filled reports whether the assignment of name at offset sets a value only if there was none.
func (n *shellNames) filled(name string, offset int) bool {
	return slices.ContainsFunc(n.fills, func(g guard) bool { return g.name == name && g.start <= offset && offset < g.end })
}

// guardPair records [ -n "$X" ] && use, [ -z "$X" ] || use, and tests that end the script or set
// the variable.
func (n *shellNames) guardPair(b *syntax.BinaryCmd, end int) {
	if b.Op != syntax.AndStmt && b.Op != syntax.OrStmt {
		return
	}
	holds := b.Op == syntax.AndStmt
	start, after := offsets(b)
	n.guard(testedBy([]*syntax.Stmt{b.X}, holds), start, after)
	if otherwise := testedBy([]*syntax.Stmt{b.X}, !holds); len(otherwise) > 0 {
		from, to := offsets(b.X)
		n.guard(otherwise, from, to)
		n.fill(otherwise, to, after)
		if leaves([]*syntax.Stmt{b.Y}) {
			n.guard(otherwise, after, end)
		}
	}
}

// guardBranches records if [ -n "$X" ]; then use; fi and its opposite.
func (n *shellNames) guardBranches(c *syntax.IfClause, end int) {
	if len(c.Cond) == 0 {
		return // else
	}
	start, after := offsets(c)
	thenStart := int(c.ThenPos.Offset())
	elseStart := after
	if c.Else != nil {
		elseStart = int(c.Else.Pos().Offset())
	}
	n.guard(testedBy(c.Cond, true), start, elseStart)
	if otherwise := testedBy(c.Cond, false); len(otherwise) > 0 {
		n.guard(otherwise, start, thenStart)
		n.guard(otherwise, elseStart, after)
		n.fill(otherwise, thenStart, elseStart)
		if leaves(c.Then) {
			n.guard(otherwise, after, end)
		}
	}
}

// leaves reports whether statements end with exit, return, break or continue.
func leaves(stmts []*syntax.Stmt) bool {
	if len(stmts) == 0 {
		return false
	}
	switch c := stmts[len(stmts)-1].Cmd.(type) {
	case *syntax.CallExpr:
		if len(c.Args) > 0 {
			switch c.Args[0].Lit() {
			case "exit", "return", "break", "continue", "die", "fail":
				return true
			}
		}
	case *syntax.Block:
		return leaves(c.Stmts)
	}
	return false
}

// testedBy returns the variables that are certainly not empty if a condition is true (or, with
// holds false, if it is false).
func testedBy(cond []*syntax.Stmt, holds bool) []string {
	if len(cond) == 0 {
		return nil
	}
	stmt := cond[len(cond)-1]
	if stmt.Negated {
		holds = !holds
	}
	switch c := stmt.Cmd.(type) {
	case *syntax.TestClause:
		return testedIn(c.X, holds)
	case *syntax.CallExpr:
		return testedByCall(c, holds)
	case *syntax.BinaryCmd:
		if c.Op == syntax.AndStmt && holds || c.Op == syntax.OrStmt && !holds {
			return append(testedBy([]*syntax.Stmt{c.X}, holds), testedBy([]*syntax.Stmt{c.Y}, holds)...)
		}
	case *syntax.Subshell:
		return testedBy(c.Stmts, holds)
	case *syntax.Block:
		return testedBy(c.Stmts, holds)
	}
	return nil
}

// testedIn reads a condition of [[ ]].
func testedIn(x syntax.TestExpr, holds bool) []string {
	switch e := x.(type) {
	case *syntax.Word:
		return namesIn(e, holds)
	case *syntax.ParenTest:
		return testedIn(e.X, holds)
	case *syntax.UnaryTest:
		switch e.Op {
		case syntax.TsNot:
			return testedIn(e.X, !holds)
		case syntax.TsNempStr:
			return testedIn(e.X, holds)
		case syntax.TsEmpStr:
			return testedIn(e.X, !holds)
		case syntax.TsVarSet:
			if w, ok := e.X.(*syntax.Word); ok && holds && isVariableName(w.Lit()) {
				return []string{w.Lit()}
			}
		}
	case *syntax.BinaryTest:
		switch e.Op {
		case syntax.AndTest, syntax.OrTest:
			if (e.Op == syntax.AndTest) == holds {
				return append(testedIn(e.X, holds), testedIn(e.Y, holds)...)
			}
		case syntax.TsGtr, syntax.TsGeq, syntax.TsLss, syntax.TsLeq, syntax.TsEql, syntax.TsNeq:
			left, _ := e.X.(*syntax.Word)
			right, _ := e.Y.(*syntax.Word)
			if left != nil && right != nil && lengthOf(left) != "" {
				return numbered(left, e.Op.String(), right.Lit(), holds)
			}
		case syntax.TsMatch, syntax.TsMatchShort, syntax.TsNoMatch:
			left, _ := e.X.(*syntax.Word)
			right, _ := e.Y.(*syntax.Word)
			return compared(left, right, (e.Op == syntax.TsNoMatch) != holds)
		}
	}
	return nil
}

// testedByCall reads a condition of [ ] and test.
func testedByCall(call *syntax.CallExpr, holds bool) []string {
	if len(call.Args) < 2 {
		return nil
	}
	args := call.Args[1:]
	switch call.Args[0].Lit() {
	case "[":
		if args[len(args)-1].Lit() != "]" {
			return nil
		}
		args = args[:len(args)-1]
	case "test":
	default:
		return nil
	}
	var names []string
	for start := 0; start <= len(args); {
		end := start
		for end < len(args) && args[end].Lit() != "-a" && args[end].Lit() != "-o" {
			end++
		}
		if end < len(args) && (args[end].Lit() == "-a") != holds {
			return nil
		}
		names = append(names, testedByWords(args[start:end], holds)...)
		start = end + 1
	}
	return names
}

func testedByWords(args []*syntax.Word, holds bool) []string {
	for len(args) > 1 && args[0].Lit() == "!" {
		args, holds = args[1:], !holds
	}
	switch len(args) {
	case 1:
		return namesIn(args[0], holds)
	case 2:
		switch args[0].Lit() {
		case "-n":
			return namesIn(args[1], holds)
		case "-z":
			return namesIn(args[1], !holds)
		case "-v":
			if holds && isVariableName(args[1].Lit()) {
				return []string{args[1].Lit()}
			}
		}
	case 3:
		switch args[1].Lit() {
		case "=", "==":
			return compared(args[0], args[2], holds)
		case "!=":
			return compared(args[0], args[2], !holds)
		case "-gt", "-ge", "-lt", "-le", "-eq", "-ne": // a test of no number fails
			return numbered(args[0], args[1].Lit(), args[2].Lit(), holds)
		}
	}
	return nil
}

// numbered reads a comparison of numbers: one that holds has a number on its left. ${#X} is one in
// any case, and X is not empty where its length is above 0.
func numbered(left *syntax.Word, operator, right string, holds bool) []string {
	name := lengthOf(left)
	if name == "" {
		return namesIn(left, holds)
	}
	above := operator == "-gt" || operator == "-ne" && right == "0" || operator == "-ge" && right != "0"
	none := operator == "-eq" && right == "0" || operator == "-lt" && right == "1" || operator == "-le" && right == "0"
	if above && holds || none && !holds {
		return []string{name}
	}
	return nil
}

// lengthOf returns the variable X of a word ${#X}, "" for others.
func lengthOf(w *syntax.Word) string {
	if len(w.Parts) != 1 {
		return ""
	}
	part := w.Parts[0]
	if q, ok := part.(*syntax.DblQuoted); ok && len(q.Parts) == 1 {
		part = q.Parts[0]
	}
	if e, ok := part.(*syntax.ParamExp); ok && e.Param != nil && e.Length && isVariableName(e.Param.Value) {
		return e.Param.Value
	}
	return ""
}

// compared reads a comparison of texts: equal to a text is not empty, and so
// is not equal to the empty text.
func compared(left, right *syntax.Word, equal bool) []string {
	if left == nil || right == nil {
		return nil
	}
	if prefix := leadingText(unquotedWord(left)); prefix != "" { // "x$X" != x, as old shells need it
		left, right = withoutPrefix(unquotedWord(left), prefix), withoutPrefix(unquotedWord(right), prefix)
		if left == nil || right == nil {
			return nil
		}
	}
	text, literal := literalText(right)
	if bare := unquotedWord(left); len(bare.Parts) == 2 { // "${X}x" = x
		if suffix, ok := bare.Parts[1].(*syntax.Lit); ok && strings.HasSuffix(text, suffix.Value) {
			left, text = &syntax.Word{Parts: bare.Parts[:1]}, strings.TrimSuffix(text, suffix.Value)
		}
	}
	if !literal || (text == "") == equal {
		return nil
	}
	return namesIn(left, true)
}

// unquotedWord returns a word without double quotes around the whole of it.
func unquotedWord(w *syntax.Word) *syntax.Word {
	if len(w.Parts) == 1 {
		if q, ok := w.Parts[0].(*syntax.DblQuoted); ok {
			return &syntax.Word{Parts: q.Parts}
		}
	}
	return w
}

// withoutPrefix returns a word without the text at its start, nil if it starts otherwise.
func withoutPrefix(w *syntax.Word, prefix string) *syntax.Word {
	rest, found := strings.CutPrefix(leadingText(w), prefix)
	if !found {
		return nil
	}
	parts := w.Parts[1:]
	if rest != "" {
		parts = append([]syntax.WordPart{&syntax.Lit{Value: rest}}, parts...)
	}
	return &syntax.Word{Parts: parts}
}

// namesIn returns the variable that a word consists of, where holds is true.
func namesIn(w *syntax.Word, holds bool) []string {
	if !holds || len(w.Parts) != 1 {
		return nil
	}
	part := w.Parts[0]
	if q, ok := part.(*syntax.DblQuoted); ok && len(q.Parts) == 1 {
		part = q.Parts[0]
	}
	if e, ok := part.(*syntax.ParamExp); ok && e.Param != nil && !e.Length && !e.Excl {
		return []string{e.Param.Value}
	}
	return nil
}
