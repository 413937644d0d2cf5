package lint

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// harmless are commands that do not fail, or whose failure says nothing.
var harmless = []string{
	"echo", "printf", ":", "true", "set", "export", "cd", "pushd", "popd", "unset", "readonly", "declare", "local", "alias", "trap", "shopt", "exit", "return", "break", "continue",
	"sleep", "date", "env", "printenv", "pwd", "ls", "cat", "tree", "df", "du", "free", "uname", "hostname", "whoami", "id", "which", "type", "tput", "clear", "umask", "ulimit", "[", "test", "kill",
}

// errexit reports a script that goes on after a command has failed.
func (p *pass) errexit(s *script) {
	if s.stops {
		return
	}
	lost := lostFailures(s.parsed.Stmts)
	if len(lost) < 2 {
		return
	}
	start, end := offsets(lost[0])
	d := p.report("shell-safety", s.at(start, end), s.pointer, "the script runs "+plural(len(lost), "command")+" and goes on when one fails", "start it with set -e, or join the commands with &&")
	d.Fixes = s.insertBefore(s.parsed.Stmts[0], "set -e")
}

// stopsOnFailure reports whether a script ends when a command fails: by set
// -e, by the line #!/bin/sh -e, or by a trap on ERR.
func stopsOnFailure(s *script) bool {
	first, _, _ := strings.Cut(s.text, "\n")
	if _, flags, found := strings.Cut(first, " -"); found && strings.HasPrefix(first, "#!") && strings.Contains(flags, "e") {
		return true
	}
	stops := false
	syntax.Walk(s.parsed, func(node syntax.Node) bool {
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

// lostFailures returns the commands of a list whose failure nothing notices.
// Of the branches of an if or a case, which exclude each other, the longest
// counts; the body of a function counts where it is longer than the rest.
func lostFailures(stmts []*syntax.Stmt) []*syntax.Stmt {
	var lost, inFunction []*syntax.Stmt
	for i, stmt := range stmts {
		if i+1 < len(stmts) && readsStatus(stmts[i+1]) {
			continue
		}
		if function, ok := stmt.Cmd.(*syntax.FuncDecl); ok {
			if body := lostFailures([]*syntax.Stmt{function.Body}); len(body) > len(inFunction) {
				inFunction = body
			}
			continue
		}
		lost = append(lost, lostIn(stmt)...)
	}
	if len(inFunction) > len(lost) {
		return inFunction
	}
	return lost
}

func lostIn(stmt *syntax.Stmt) []*syntax.Stmt {
	if stmt.Negated || stmt.Background {
		return nil
	}
	switch c := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		if len(c.Args) > 0 && !isHarmless(unwrap(c)) {
			return []*syntax.Stmt{stmt}
		}
	case *syntax.BinaryCmd:
		switch {
		case c.Op == syntax.OrStmt:
		case c.Op == syntax.AndStmt && isTest(c.X):
			return lostIn(c.Y)
		default:
			return []*syntax.Stmt{stmt}
		}
	case *syntax.Block:
		return lostFailures(c.Stmts)
	case *syntax.Subshell:
		return lostFailures(c.Stmts)
	case *syntax.ForClause:
		return lostFailures(c.Do)
	case *syntax.WhileClause:
		return lostFailures(c.Do)
	case *syntax.IfClause:
		var most []*syntax.Stmt
		for branch := c; branch != nil; branch = branch.Else {
			if lost := lostFailures(branch.Then); len(lost) > len(most) {
				most = lost
			}
		}
		return most
	case *syntax.CaseClause:
		var most []*syntax.Stmt
		for _, item := range c.Items {
			if lost := lostFailures(item.Stmts); len(lost) > len(most) {
				most = lost
			}
		}
		return most
	}
	return nil
}

// readsStatus reports whether a statement looks at the result of the one
// before: status=$?, if [ $? -ne 0 ].
func readsStatus(stmt *syntax.Stmt) (reads bool) {
	syntax.Walk(stmt, func(node syntax.Node) bool {
		if e, ok := node.(*syntax.ParamExp); ok && e.Param != nil && e.Param.Value == "?" {
			reads = true
		}
		return !reads
	})
	return reads
}

// isTest reports whether a statement asks a question, so that its failure is
// an answer.
func isTest(stmt *syntax.Stmt) bool {
	switch c := stmt.Cmd.(type) {
	case *syntax.TestClause, *syntax.ArithmCmd:
		return true
	case *syntax.CallExpr:
		return slices.Contains([]string{"[", "test", "command", "which", "type", "grep", "id"}, unwrap(c).program)
	}
	return false
}

// isHarmless reports whether nobody would stop a build for a failure of c: a
// message, a removal that is forced, a look at a version.
func isHarmless(c command) bool {
	if slices.Contains(harmless, c.program) || c.program == "command" {
		return true
	}
	switch c.program {
	case "rm":
		return slices.ContainsFunc(c.args, func(w *syntax.Word) bool {
			text := w.Lit()
			return text == "--force" || strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "--") && strings.Contains(text, "f")
		})
	case "mkdir":
		return slices.ContainsFunc(c.args, func(w *syntax.Word) bool { return w.Lit() == "-p" || w.Lit() == "--parents" })
	}
	if len(c.args) != 1 {
		return false
	}
	switch c.args[0].Lit() {
	case "-v", "-V", "-version", "--version", "version":
		return true
	}
	return false
}
