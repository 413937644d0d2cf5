package lint

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// chosenOutside are build variables whose values a person or a commit chooses: branch and tag.
var chosenOutside = []string{"codeBranch", "GIT_TAG", "GIT_BRANCH", "BRANCH_NAME", "COMMIT_MESSAGE"}

// injections reports a value from outside that is run as code: in eval, or in the text of a shell
// or interpreter started with -c, also on another machine and behind wrappers.
func (p *pass) injections(s *script, declared map[string]*param) {
	if len(s.runsCode) == 0 {
		return
	}
	chosen := s.names.chosen(declared)
	for _, e := range s.runsCode {
		for _, word := range e.code {
			p.injection(s, word, e, chosen)
		}
	}
}

// codeRunIn returns the commands in a script, or in a part of it, that run text as code.
func codeRunIn(script syntax.Node) (found []execution) {
	add := func(e execution) {
		if len(e.code) > 0 {
			found = append(found, e)
		}
	}
	written := writtenFiles{}
	syntax.Walk(script, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.Stmt:
			if call, ok := n.Cmd.(*syntax.CallExpr); ok {
				c := unwrap(call)
				e := c.runs()
				add(written.runBy(n, c, e))
				if e.input {
					e.code = append(slices.Clip(e.code), inputTexts(n)...)
				}
				add(e)
				written.add(n, n, c)
			}
		case *syntax.BinaryCmd: // echo "make $X" | sh
			if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
				if e := inputRunner(n.Y); e.input || e.filled != "" {
					e.code = printedBy(n.X)
					add(e)
				}
				if call, ok := n.Y.Cmd.(*syntax.CallExpr); ok { // echo "make $X" | sudo tee run.sh
					written.add(n.X, n.Y, unwrap(call))
				}
			}
		}
		return true
	})
	return found
}

// writtenFiles are the texts that a script writes into files, by the name of the file.
type writtenFiles map[string][]*syntax.Word

// add notes the file into which to writes the text of from: cat > F <<EOF, echo … > F, tee F.
func (w writtenFiles) add(from, to *syntax.Stmt, c command) {
	var files []*syntax.Word
	if c.program == "tee" {
		files = c.args
	}
	for _, r := range to.Redirs {
		if (r.Op == syntax.RdrOut || r.Op == syntax.AppOut || r.Op == syntax.RdrClob) && (r.N == nil || r.N.Value == "1") {
			files = append(slices.Clip(files), r.Word)
		}
	}
	if len(files) == 0 {
		return
	}
	texts := printedBy(from)
	if call, ok := from.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 {
		if program := unwrap(call).program; program == "cat" || program == "tee" {
			texts = inputTexts(from)
		}
	}
	for _, file := range files {
		if name := writtenName(file); name != "" && len(texts) > 0 {
			w[name] = append(w[name], texts...)
		}
	}
}

// runBy returns the execution of a file that the script has written: sh F, ./F, bash < F. A file
// that is sourced holds variables most often, and is not judged.
func (w writtenFiles) runBy(stmt *syntax.Stmt, c command, e execution) execution {
	switch {
	case len(w) == 0 || c.program == "." || c.program == "source":
	case e.file != nil:
		return execution{program: e.program, language: e.language, code: w[writtenName(e.file)]}
	case e.input:
		for _, r := range stmt.Redirs {
			if r.Op == syntax.RdrIn {
				return execution{program: e.program, language: e.language, code: w[writtenName(r.Word)]}
			}
		}
	case c.word != nil && strings.Contains(leadingText(c.word), "/"):
		return execution{program: c.program, language: shellCode, code: w[writtenName(c.word)]}
	}
	return execution{}
}

// writtenName returns the name of a file that is a literal, "" for others.
func writtenName(w *syntax.Word) string {
	name, literal := literalText(w)
	if !literal || name == "" || name[0] == '-' {
		return ""
	}
	return path.Clean(name)
}

// inputTexts returns the here-documents and here-strings of a statement.
func inputTexts(stmt *syntax.Stmt) (texts []*syntax.Word) {
	for _, r := range stmt.Redirs {
		switch {
		case r.Op == syntax.WordHdoc:
			texts = append(texts, r.Word)
		case (r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc) && r.Hdoc != nil:
			texts = append(texts, r.Hdoc)
		}
	}
	return texts
}

// printedBy returns the words that echo or printf prints as they are; nil for other statements.
func printedBy(stmt *syntax.Stmt) []*syntax.Word {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) < 2 {
		return nil
	}
	switch call.Args[0].Lit() {
	case "echo":
		return call.Args[1:]
	case "printf":
		if format, _ := literalText(call.Args[1]); !strings.Contains(format, "%q") {
			return call.Args[1:]
		}
	}
	return nil
}

func (p *pass) injection(s *script, word *syntax.Word, e execution, chosen map[string]int) {
	syntax.Walk(word, func(node syntax.Node) bool {
		if sub, ok := node.(*syntax.CmdSubst); ok && quotes(sub) {
			return false
		}
		expansion, ok := node.(*syntax.ParamExp)
		if !ok || expansion.Param == nil || expansion.Length || expansion.Exp != nil && expansion.Exp.Op == syntax.OtherParamOps {
			return true
		}
		start, end := offsets(expansion)
		from, ok := chosen[expansion.Param.Value]
		if checked, found := s.names.checked[expansion.Param.Value]; !ok || from > start || found && checked <= start {
			return true
		}
		if e.language == sedCode && inSedReplacement(codeText(word, expansion)) {
			return true // @VERSION@ is put in: nearly every release script does this
		}
		p.report("shell-injection", s.at(start, end), s.pointer, "the value of "+quoted(expansion.Param.Value)+" is run as "+string(e.language)+" inside "+e.program,
			e.language.injectionHint())
		return true
	})
}

// chosen returns the variables with values from outside, each with the offset from which on:
// parameters, and variables that the script sets from them. A parameter that the script has set to
// a literal does not count.
func (n *shellNames) chosen(declared map[string]*param) map[string]int {
	from := map[string]int{}
	for name, d := range declared {
		if len(d.options) == 0 { // whoever starts a build can only choose one of the options
			from[name] = 0
		}
	}
	for _, name := range chosenOutside {
		from[name] = 0
	}
	for name := range from {
		if at, set := n.set[name]; set && n.literal[name] && at.start >= 0 {
			delete(from, name)
		}
	}
	for range 3 { // a = $b, b = $c: few scripts go further
		grown := false
		for _, a := range n.assignments {
			if _, there := from[a.name]; there || !a.takesFrom(from) {
				continue
			}
			from[a.name], grown = a.end, true
		}
		if !grown {
			break
		}
	}
	return from
}

// takesFrom reports whether a value contains one of the chosen variables. Values quoted by printf
// %q are safe.
func (a assignment) takesFrom(chosen map[string]int) (takes bool) {
	look := func(node syntax.Node) {
		if node == nil {
			return
		}
		syntax.Walk(node, func(n syntax.Node) bool {
			switch e := n.(type) {
			case *syntax.CmdSubst:
				return !quotes(e)
			case *syntax.ParamExp:
				if e.Param != nil && !e.Length && (e.Exp == nil || e.Exp.Op != syntax.OtherParamOps) {
					_, found := chosen[e.Param.Value]
					takes = takes || found
				}
			}
			return !takes
		})
	}
	if a.value != nil {
		look(a.value)
	}
	for _, node := range a.all {
		look(node)
	}
	return takes
}

// quotes reports whether a substitution is printf %q.
func quotes(sub *syntax.CmdSubst) bool {
	return len(sub.Stmts) == 1 && slices.ContainsFunc(sub.Stmts, func(stmt *syntax.Stmt) bool {
		call, ok := stmt.Cmd.(*syntax.CallExpr)
		if !ok || len(call.Args) < 2 || call.Args[0].Lit() != "printf" {
			return false
		}
		format, _ := literalText(call.Args[1])
		return strings.Contains(format, "%q")
	})
}

// continues reports whether an assignment extends the variable's old value: X="${X%/}", X+=y,
// export X='${X}'.
func (a assignment) continues() (same bool) {
	look := func(node syntax.Node) {
		syntax.Walk(node, func(n syntax.Node) bool {
			switch e := n.(type) {
			case *syntax.ParamExp:
				same = same || e.Param != nil && e.Param.Value == a.name
			case *syntax.SglQuoted:
				same = same || strings.Contains(e.Value, "${"+a.name+"}")
			}
			return !same
		})
	}
	if a.value != nil {
		look(a.value)
	}
	for _, node := range a.all {
		if node == nil {
			return true
		}
		look(node)
	}
	return same
}

// inSedReplacement reports whether a program of sed that begins with text goes on in the new text
// of an s command: s/old/ and s|old|new.
func inSedReplacement(text string) bool {
	delimiter, seen := byte(0), 0
	for k := 0; k < len(text); k++ {
		switch c := text[k]; {
		case c == '\\':
			k++
		case delimiter != 0 && c == delimiter:
			if seen++; seen == 2 {
				delimiter = 0
			}
		case delimiter == 0 && c == 's' && k+1 < len(text) && (k == 0 || strings.IndexByte(" \t\n;{}/!,$0123456789", text[k-1]) >= 0):
			delimiter, seen = text[k+1], 0
			k++
		}
	}
	return delimiter != 0 && seen == 1
}
