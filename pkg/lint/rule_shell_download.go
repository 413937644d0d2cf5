package lint

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"
)

var downloaders = []string{"curl", "wget"}

const downloadHint = "save it, check its checksum, then run it"

// pipedToShell reports a download piped into a program that runs its input. A program with its own
// code, such as python3 -m json.tool, reads the download as data.
func (p *pass) pipedToShell(s *script, pipe *syntax.BinaryCmd) {
	if pipe.Op != syntax.Pipe && pipe.Op != syntax.PipeAll || !downloads(pipe.X) {
		return
	}
	if e := inputRunner(pipe.Y); e.input {
		start, end := offsets(pipe)
		p.report("shell-safety", s.at(start, end), s.pointer, "a download is piped into "+e.program+" and runs unchecked", downloadHint)
	}
}

// inputRunner returns the command of a statement that runs its standard input as code, also inside
// a group: (cd /tmp && bash).
func inputRunner(stmt *syntax.Stmt) (e execution) {
	var group []*syntax.Stmt
	switch c := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		e = unwrap(c).runs()
	case *syntax.Subshell:
		group = c.Stmts
	case *syntax.Block:
		group = c.Stmts
	case *syntax.BinaryCmd:
		if c.Op == syntax.AndStmt || c.Op == syntax.OrStmt {
			group = []*syntax.Stmt{c.X, c.Y}
		}
	}
	for _, inner := range group {
		if found := inputRunner(inner); found.input && !redirectsInput(inner) {
			return found
		}
	}
	return e
}

// redirectsInput reports whether a statement reads something else than its standard input.
func redirectsInput(stmt *syntax.Stmt) bool {
	return slices.ContainsFunc(stmt.Redirs, func(r *syntax.Redirect) bool {
		switch r.Op {
		case syntax.RdrIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
			return true
		}
		return false
	})
}

// runFromNet reports a download in the place of code: bash <(curl …), sh -c "$(curl …)", eval
// "$(curl …)", bash <<< "$(curl …)".
func (p *pass) runFromNet(s *script, stmt *syntax.Stmt) {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok {
		return
	}
	e := unwrap(call).runs()
	places := make([]syntax.Node, 0, len(e.code)+2)
	for _, word := range e.code {
		places = append(places, word)
	}
	if e.file != nil {
		places = append(places, e.file)
	}
	if e.input {
		for _, r := range stmt.Redirs {
			switch r.Op {
			case syntax.WordHdoc, syntax.RdrIn:
				places = append(places, r.Word)
			case syntax.Hdoc, syntax.DashHdoc:
				if r.Hdoc != nil {
					places = append(places, r.Hdoc)
				}
			}
		}
	}
	for _, place := range places {
		if at := downloadIn(place); at != nil {
			start, end := offsets(at)
			p.report("shell-safety", s.at(start, end), s.pointer, "a download is given to "+e.program+" and runs unchecked", downloadHint)
			return
		}
	}
}

// downloadIn returns the substitution in node with a download.
func downloadIn(node syntax.Node) (found syntax.Node) {
	syntax.Walk(node, func(n syntax.Node) bool {
		var stmts []*syntax.Stmt
		switch sub := n.(type) {
		case *syntax.ProcSubst:
			stmts = sub.Stmts
		case *syntax.CmdSubst:
			stmts = sub.Stmts
		}
		if found == nil && slices.ContainsFunc(stmts, downloads) {
			found = n
		}
		return found == nil
	})
	return found
}

// downloads reports whether a statement, or the first part of its pipe, is curl or wget.
func downloads(stmt *syntax.Stmt) bool {
	switch c := stmt.Cmd.(type) {
	case *syntax.BinaryCmd:
		if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
			return downloads(c.X)
		}
		return downloads(c.X) || downloads(c.Y) // curl … || wget …
	case *syntax.Block:
		return slices.ContainsFunc(c.Stmts, downloads)
	case *syntax.Subshell:
		return slices.ContainsFunc(c.Stmts, downloads)
	case *syntax.CallExpr:
		return slices.Contains(downloaders, unwrap(c).program)
	}
	return false
}
