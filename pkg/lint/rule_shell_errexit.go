package lint

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// errexit reports a script that continues after a command has failed.
func (p *pass) errexit(s *script) {
	if s.stops {
		return
	}
	lost := newFailures(s.parsed).in(s.parsed.Stmts)
	if len(lost) < 2 {
		return
	}
	start, end := offsets(lost[0])
	d := p.report("shell-safety", s.at(start, end), s.pointer, "the script runs "+sanitize.Counted(len(lost), "command")+" and continues when one fails", "start it with set -e, or join the commands with &&")
	d.Fixes = s.insertBefore(s.parsed.Stmts[0], "set -e")
}

// stopsOnFailure reports whether a script ends when a command fails: by set -e, #!/bin/sh -e, or a
// trap on ERR.
func stopsOnFailure(text string, file *syntax.File) bool {
	first, _, _ := strings.Cut(text, "\n")
	if _, flags, found := strings.Cut(first, " -"); found && strings.HasPrefix(first, "#!") && strings.Contains(flags, "e") {
		return true
	}
	stops := false
	syntax.Walk(file, func(node syntax.Node) bool {
		call, ok := node.(*syntax.CallExpr)
		if !ok || len(call.Args) < 2 {
			return !stops
		}
		switch call.Args[0].Lit() {
		case "set":
			stops = stops || slices.ContainsFunc(call.Args[1:], func(arg *syntax.Word) bool {
				text := arg.Lit()
				return text == "errexit" || strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--") && strings.Contains(text, "e")
			})
		case "trap":
			stops = stops || slices.ContainsFunc(call.Args[2:], func(arg *syntax.Word) bool { return arg.Lit() == "ERR" || arg.Lit() == "SIGERR" })
		}
		return !stops
	})
	return stops
}

// failures finds commands whose failure goes unnoticed.
type failures struct {
	functions map[string]*syntax.Stmt // the bodies of the script's functions, by name
	visited   map[*syntax.Stmt]bool   // bodies whose calls are being judged
}

func newFailures(file *syntax.File) *failures {
	f := &failures{functions: map[string]*syntax.Stmt{}, visited: map[*syntax.Stmt]bool{}}
	syntax.Walk(file, func(node syntax.Node) bool {
		if function, ok := node.(*syntax.FuncDecl); ok && function.Name != nil {
			f.functions[function.Name.Value] = function.Body
		}
		return true
	})
	return f
}

// in returns the commands of a list whose failure is lost. Of the branches of an if or a case, the
// longest counts; the body of a function counts if it is longer than the rest. If the script ends
// with status=$?, the commands after that are cleanup.
func (f *failures) in(stmts []*syntax.Stmt) []*syntax.Stmt {
	var lost, inFunction []*syntax.Stmt
	for i, stmt := range stmts {
		if i+1 < len(stmts) && (readsStatus(stmts[i+1]) || checks(stmts[i+1])) {
			continue
		}
		if keepsStatus(stmt, stmts[len(stmts)-1]) {
			break
		}
		if function, ok := stmt.Cmd.(*syntax.FuncDecl); ok {
			if body := f.in([]*syntax.Stmt{function.Body}); len(body) > len(inFunction) {
				inFunction = body
			}
			continue
		}
		lost = append(lost, f.of(stmt)...)
	}
	if len(inFunction) > len(lost) {
		return inFunction
	}
	return lost
}

// of returns the commands of one statement whose failure is lost.
func (f *failures) of(stmt *syntax.Stmt) []*syntax.Stmt {
	if stmt.Negated || stmt.Background {
		return nil
	}
	switch c := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		if len(c.Args) > 0 && !f.harmless(stmt) {
			return []*syntax.Stmt{stmt}
		}
	case *syntax.BinaryCmd:
		switch {
		case c.Op == syntax.OrStmt:
		case c.Op == syntax.AndStmt && (asksQuestion(c.X) || endsWith(c.Y)):
			return f.of(c.Y)
		case !f.harmless(stmt):
			return []*syntax.Stmt{stmt}
		}
	case *syntax.Block:
		return f.in(c.Stmts)
	case *syntax.Subshell:
		return f.in(c.Stmts)
	case *syntax.ForClause:
		return f.in(c.Do)
	case *syntax.WhileClause:
		return f.in(c.Do)
	case *syntax.IfClause:
		var most []*syntax.Stmt
		for branch := c; branch != nil; branch = branch.Else {
			if lost := f.in(branch.Then); len(lost) > len(most) {
				most = lost
			}
		}
		return most
	case *syntax.CaseClause:
		var most []*syntax.Stmt
		for _, item := range c.Items {
			if lost := f.in(item.Stmts); len(lost) > len(most) {
				most = lost
			}
		}
		return most
	}
	return nil
}

// keepsStatus reports whether stmt saves the status of the command before it and last exits with
// it.
func keepsStatus(stmt, last *syntax.Stmt) bool {
	kept, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(kept.Args) > 0 || len(kept.Assigns) != 1 || !readsStatus(stmt) {
		return false
	}
	exit, ok := last.Cmd.(*syntax.CallExpr)
	if !ok || len(exit.Args) != 2 || exit.Args[0].Lit() != "exit" {
		return false
	}
	uses := false
	syntax.Walk(exit, func(node syntax.Node) bool {
		e, ok := node.(*syntax.ParamExp)
		uses = uses || ok && e.Param != nil && e.Param.Value == kept.Assigns[0].Name.Value
		return true
	})
	return uses
}

// readsStatus reports whether a statement reads the result of the one before: status=$?, if [ $?
// -ne 0 ].
func readsStatus(stmt *syntax.Stmt) (reads bool) {
	syntax.Walk(stmt, func(node syntax.Node) bool {
		if e, ok := node.(*syntax.ParamExp); ok && e.Param != nil && e.Param.Value == "?" {
			reads = true
		}
		return !reads
	})
	return reads
}

// asksQuestion reports whether a statement may fail as a normal answer.
func asksQuestion(stmt *syntax.Stmt) bool {
	if stmt.Negated {
		return true
	}
	switch c := stmt.Cmd.(type) {
	case *syntax.TestClause, *syntax.ArithmCmd:
		return true
	case *syntax.BinaryCmd: // redis-cli ping | grep -q PONG
		return (c.Op == syntax.Pipe || c.Op == syntax.PipeAll) && asksQuestion(c.Y)
	case *syntax.CallExpr:
		return slices.Contains([]string{"[", "test", "command", "which", "type", "grep", "id"}, unwrap(c).program)
	}
	return false
}

// checks reports whether a statement tests the result of the one before and ends the script if it
// is missing: [ -f app.jar ] || exit 1.
func checks(stmt *syntax.Stmt) bool {
	switch c := stmt.Cmd.(type) {
	case *syntax.BinaryCmd:
		return (c.Op == syntax.OrStmt || c.Op == syntax.AndStmt && c.X.Negated) && asksQuestion(c.X) && ends(c.Y)
	case *syntax.IfClause:
		return len(c.Cond) == 1 && asksQuestion(c.Cond[0]) && len(c.Then) > 0 && ends(c.Then[len(c.Then)-1])
	}
	return false
}

// ends reports whether a statement ends in exit or return.
func ends(stmt *syntax.Stmt) bool {
	if block, ok := stmt.Cmd.(*syntax.Block); ok && len(block.Stmts) > 0 {
		return ends(block.Stmts[len(block.Stmts)-1])
	}
	return endsWith(stmt)
}

// endsWith reports whether a statement only leaves a loop or the script, so that the command before
// && is a test.
func endsWith(stmt *syntax.Stmt) bool {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	return ok && len(call.Args) > 0 && slices.Contains([]string{"break", "continue", "return", "exit"}, call.Args[0].Lit())
}
