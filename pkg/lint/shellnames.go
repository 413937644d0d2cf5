package lint

import (
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// shellNames are the variables that a script sets and uses.
type shellNames struct {
	set         map[string]span // where each is first set
	literal     map[string]bool // set from literals alone
	text        map[string]bool // literal, and not empty
	used        []use
	assignments []assignment
	guards      []guard
	fills       []guard                 // where a variable is known to be empty, so that it may be set
	passing     map[*syntax.Assign]bool // set for one command only: X=1 make
	checked     map[string]int          // from which offset on a case or =~ has looked at the value
	opaque      bool                    // it sets variables whose names are not known here
	runsFiles   bool                    // it runs programs of the repository, which may read any variable
}

type span struct{ start, end int }

// use is one reference to a variable.
type use struct {
	name   string
	braces bool // ${X}, the form that the service substitutes
	safe   bool // it says itself what happens when unset
	span
}

// assignment is one place where a variable is set.
type assignment struct {
	name  string
	value *syntax.Word // nil if it does not come from a word: read X
	all   []syntax.Node
	span
}

// guard is a part of a script in which a variable is known not to be empty,
// as the script has tested it.
type guard struct {
	name string
	span
}

func namesOf(file *syntax.File) *shellNames {
	n := &shellNames{set: map[string]span{}, literal: map[string]bool{}, text: map[string]bool{}, passing: map[*syntax.Assign]bool{}, checked: map[string]int{}}
	_, end := offsets(file)
	syntax.Walk(file, func(node syntax.Node) bool {
		switch e := node.(type) {
		case *syntax.Assign:
			n.assign(e)
		case *syntax.DeclClause:
			n.declare(e)
		case *syntax.ParamExp:
			n.expansion(e)
		case *syntax.WordIter:
			n.iterate(e)
		case *syntax.CallExpr:
			n.call(e)
		case *syntax.LetClause:
			n.let(e)
		case *syntax.CoprocClause:
			n.coproc(e)
		case *syntax.Redirect:
			n.redirect(e)
		case *syntax.UnaryArithm:
			n.arithmetic(e.X, e.Op == syntax.Inc || e.Op == syntax.Dec)
		case *syntax.BinaryArithm:
			n.arithmetic(e.X, strings.HasSuffix(e.Op.String(), "=") && e.Op != syntax.Eql && e.Op != syntax.Neq && e.Op != syntax.Leq && e.Op != syntax.Geq)
		case *syntax.CaseClause:
			n.check(e.Word)
			from, to := offsets(e)
			n.guard(namesIn(e.Word, true), from, to)
		case *syntax.BinaryTest:
			if w, ok := e.X.(*syntax.Word); ok && e.Op == syntax.TsReMatch {
				n.check(w)
			}
		case *syntax.BinaryCmd:
			n.guardPair(e, end)
		case *syntax.IfClause:
			n.guardBranches(e, end)
		case *syntax.WhileClause:
			from, to := offsets(e)
			n.guard(testedBy(e.Cond, true), from, to)
		}
		return true
	})
	return n
}

// check records that a script tests the value of the variable w.
func (n *shellNames) check(w *syntax.Word) {
	for _, name := range namesIn(w, true) {
		if _, there := n.checked[name]; !there {
			n.checked[name] = int(w.End().Offset())
		}
	}
}

func (n *shellNames) add(name *syntax.Lit) {
	if name == nil {
		return
	}
	start, end := offsets(name)
	n.addName(name.Value, start, end)
}

func (n *shellNames) addName(name string, start, end int) {
	if _, there := n.set[name]; !there {
		n.set[name] = span{start, end}
	}
	n.literal[name], n.text[name] = false, false
}

func (n *shellNames) note(name *syntax.Lit, value *syntax.Word, all ...syntax.Node) {
	start, end := offsets(name)
	n.assignments = append(n.assignments, assignment{name: name.Value, value: value, all: all, span: span{start, end}})
}

func (n *shellNames) assign(a *syntax.Assign) {
	if a.Name == nil || a.Naked { // export X: it comes from elsewhere, or was set before
		return
	}
	if n.passing[a] {
		n.add(a.Name)
		return
	}
	_, before := n.set[a.Name.Value]
	wasLiteral, wasText := n.literal[a.Name.Value], n.text[a.Name.Value]
	n.add(a.Name)
	literal := isLiteralWord(a.Value) && a.Array == nil
	n.literal[a.Name.Value] = (!before || wasLiteral) && literal
	n.text[a.Name.Value] = (!before || wasText) && literal && hasText(a.Value)
	var nodes []syntax.Node
	if a.Array != nil {
		nodes = append(nodes, a.Array)
	}
	if a.Append {
		nodes = append(nodes, nil) // it goes on with what was there
	}
	n.note(a.Name, a.Value, nodes...)
}

// hasText reports whether a literal word is more than quotes.
func hasText(w *syntax.Word) bool {
	found := false
	if w != nil {
		syntax.Walk(w, func(node syntax.Node) bool {
			switch e := node.(type) {
			case *syntax.Lit:
				found = found || e.Value != ""
			case *syntax.SglQuoted:
				found = found || e.Value != ""
			}
			return !found
		})
	}
	return found
}

func isLiteralWord(w *syntax.Word) bool {
	literal := true
	if w != nil {
		syntax.Walk(w, func(node syntax.Node) bool {
			switch node.(type) {
			case *syntax.ParamExp, *syntax.CmdSubst, *syntax.ArithmExp, *syntax.ProcSubst:
				literal = false
			}
			return literal
		})
	}
	return literal
}

// declare notes what declare, local, export and readonly set.
func (n *shellNames) declare(d *syntax.DeclClause) {
	reference := false
	for _, a := range d.Args {
		switch {
		case a.Naked && a.Name == nil && a.Value != nil:
			option := leadingText(a.Value)
			if strings.HasPrefix(option, "-") || strings.HasPrefix(option, "+") {
				reference = reference || strings.Contains(option, "n") && d.Variant.Value != "export"
				continue
			}
			n.opaque = true // export $(cat .env), declare "$name=1"
		case a.Name == nil:
		case reference && a.Value != nil && isVariableName(a.Value.Lit()):
			n.addName(a.Value.Lit(), int(a.Value.Pos().Offset()), int(a.Value.End().Offset()))
		case reference:
			n.opaque = true // which variable it stands for is known when it runs
		case a.Naked && d.Variant.Value != "export" && d.Variant.Value != "readonly":
			n.add(a.Name)
		}
	}
}

// iterate notes the variable of for and select.
func (n *shellNames) iterate(w *syntax.WordIter) {
	n.add(w.Name)
	literal := w.InPos.IsValid()
	nodes := make([]syntax.Node, 0, len(w.Items))
	for _, item := range w.Items {
		literal = literal && isLiteralWord(item)
		nodes = append(nodes, item)
	}
	n.literal[w.Name.Value] = literal
	n.text[w.Name.Value] = literal
	n.note(w.Name, nil, nodes...)
}

func (n *shellNames) expansion(e *syntax.ParamExp) {
	if e.Param == nil {
		return
	}
	name := e.Param.Value
	start, end := offsets(e)
	u := use{name: name, braces: !e.Short, span: span{start, end}}
	if e.Exp != nil {
		switch e.Exp.Op {
		case syntax.AssignUnset, syntax.AssignUnsetOrNull:
			n.add(e.Param)
			u.safe = true
		case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AlternateUnset, syntax.AlternateUnsetOrNull, syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
			u.safe = true
		}
	}
	if e.Excl || e.Length || e.Index != nil {
		u.safe = true
	}
	n.used = append(n.used, u)
}

// call notes the builtins that set variables by name.
func (n *shellNames) call(e *syntax.CallExpr) {
	if len(e.Args) == 0 {
		return
	}
	for _, a := range e.Assigns {
		n.passing[a] = true
	}
	c := unwrap(e)
	n.runsFiles = n.runsFiles || runsRepository(c)
	switch c.program {
	case "read", "mapfile", "readarray":
		n.words(c.args)
	case "getopts":
		if len(c.args) > 1 {
			n.words(c.args[1:2])
		}
	case "printf", "wait", "compgen":
		n.optionValue(c.args, map[string]byte{"printf": 'v', "wait": 'p', "compgen": 'V'}[c.program])
	case "source", ".", "eval":
		n.opaque = true
	}
}

// words notes the variables that are named by words.
func (n *shellNames) words(args []*syntax.Word) {
	for _, w := range args {
		n.word(w)
	}
}

// optionValue notes the variable after an option such as printf -v NAME.
func (n *shellNames) optionValue(args []*syntax.Word, letter byte) {
	for i, w := range args {
		text := leadingText(w)
		if len(text) < 2 || text[0] != '-' {
			return
		}
		switch at := strings.IndexByte(text, letter); {
		case at < 0:
		case at < len(text)-1 || len(w.Parts) > 1:
			start, end := offsets(w)
			if name := text[at+1:]; isVariableName(name) && len(w.Parts) == 1 {
				n.addName(name, start, end)
			} else {
				n.opaque = true
			}
		case i+1 < len(args):
			n.word(args[i+1])
			return
		}
	}
}

// word notes a variable that is set by its name. A name that is known only at
// run time makes the script opaque.
func (n *shellNames) word(w *syntax.Word) {
	start, end := offsets(w)
	name, literal := literalText(w)
	if !literal {
		n.opaque = true
		return
	}
	name, _, _ = strings.Cut(name, "[")
	if !isVariableName(name) {
		return
	}
	n.addName(name, start, end)
	n.assignments = append(n.assignments, assignment{name: name, span: span{start, end}})
}

// literalText returns the text of a word without expansions.
func literalText(w *syntax.Word) (text string, literal bool) {
	for _, part := range w.Parts {
		switch e := part.(type) {
		case *syntax.Lit:
			text += e.Value
		case *syntax.SglQuoted:
			text += e.Value
		case *syntax.DblQuoted:
			inner, ok := literalText(&syntax.Word{Parts: e.Parts})
			if !ok {
				return "", false
			}
			text += inner
		default:
			return "", false
		}
	}
	return text, true
}

var letAssignment = pattern(`([A-Za-z_][A-Za-z0-9_]*)\s*(?:(?:[-+*/%&|^]|<<|>>)?=(?:[^=]|$)|\+\+|--)|(?:\+\+|--)\s*([A-Za-z_][A-Za-z0-9_]*)`)

// let notes what let "x = 1" sets; the parser reads unquoted expressions.
func (n *shellNames) let(l *syntax.LetClause) {
	for _, expr := range l.Exprs {
		w, ok := expr.(*syntax.Word)
		if !ok {
			continue
		}
		text, literal := literalText(w)
		if !literal {
			n.opaque = true
			continue
		}
		start, end := offsets(w)
		n.inArithmetic(letAssignment(), text, start, end)
	}
}

func (n *shellNames) inArithmetic(assigned *regexp.Regexp, text string, start, end int) {
	for _, m := range assigned.FindAllStringSubmatch(text, -1) {
		n.addName(m[1]+m[2], start, end)
	}
}

func (n *shellNames) coproc(c *syntax.CoprocClause) {
	start, end := offsets(c)
	name := "COPROC"
	if c.Name != nil {
		name = c.Name.Lit()
	}
	n.addName(name, start, end)
	n.addName(name+"_PID", start, end)
}

// redirect notes exec {fd}>file.
func (n *shellNames) redirect(r *syntax.Redirect) {
	if r.N == nil || !strings.HasPrefix(r.N.Value, "{") {
		return
	}
	start, end := offsets(r.N)
	n.addName(strings.Trim(r.N.Value, "{}"), start, end)
}

func (n *shellNames) arithmetic(x syntax.ArithmExpr, assigns bool) {
	if w, ok := x.(*syntax.Word); ok && assigns {
		start, end := offsets(w)
		if name := w.Lit(); isVariableName(name) {
			n.addName(name, start, end)
		}
	}
}

// repositoryTools are programs that run code of the repository: a Makefile, scripts of
// package.json, a Dockerfile. Any of it may read a variable.
var repositoryTools = []string{
	"make", "gmake", "cmake", "ninja", "docker", "podman", "docker-compose", "nerdctl", "buildah", "npm", "yarn", "pnpm", "npx", "gradle", "mvn", "ant", "bazel", "tox", "nox", "pytest",
	"poetry", "rake", "bundle", "composer", "cargo", "sbt", "lerna", "nx", "gulp", "grunt", "vite", "fastlane", "flutter", "dotnet", "msbuild", "just", "task", "helm", "terraform", "ansible-playbook", "goreleaser",
}

// runsRepository reports whether a command runs a file of the repository.
func runsRepository(c command) bool {
	isTool := func(name string) bool { return slices.Contains(repositoryTools, name) }
	if isTool(c.program) || slices.ContainsFunc(c.through, isTool) {
		return true
	}
	if e := c.runs(); e.file != nil {
		return true
	}
	if c.word == nil {
		return false
	}
	name := leadingText(c.word)
	return strings.Contains(name, "/") && !strings.HasPrefix(name, "/bin/") && !strings.HasPrefix(name, "/usr/")
}
