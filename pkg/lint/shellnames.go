package lint

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// shellNames are the variables that a script sets and uses.
type shellNames struct {
	set     map[string]span // where each is first set
	literal map[string]bool // set from literals alone
	used    []use
	opaque  bool // it reads variables from elsewhere: nothing is known to be unset
}

type span struct{ start, end int }

// use is one reference to a variable.
type use struct {
	name   string
	braces bool // ${X}, the form that the service substitutes
	safe   bool // it says itself what happens when unset
	span
}

func namesOf(file *syntax.File) *shellNames {
	n := &shellNames{set: map[string]span{}, literal: map[string]bool{}}
	syntax.Walk(file, func(node syntax.Node) bool {
		switch e := node.(type) {
		case *syntax.Assign:
			n.assign(e)
		case *syntax.ParamExp:
			n.expansion(e)
		case *syntax.WordIter:
			n.add(e.Name)
		case *syntax.CallExpr:
			n.call(e)
		case *syntax.UnaryArithm:
			n.arithmetic(e.X, e.Op == syntax.Inc || e.Op == syntax.Dec)
		case *syntax.BinaryArithm:
			n.arithmetic(e.X, strings.HasSuffix(e.Op.String(), "=") && e.Op != syntax.Eql && e.Op != syntax.Neq && e.Op != syntax.Leq && e.Op != syntax.Geq)
		}
		return true
	})
	return n
}

func (n *shellNames) add(name *syntax.Lit) {
	if name == nil {
		return
	}
	if _, there := n.set[name.Value]; !there {
		start, end := offsets(name)
		n.set[name.Value] = span{start, end}
	}
	n.literal[name.Value] = false
}

func (n *shellNames) assign(a *syntax.Assign) {
	if a.Name == nil {
		return
	}
	_, before := n.set[a.Name.Value]
	wasLiteral := n.literal[a.Name.Value]
	if a.Naked { // export X: it comes from elsewhere, or was set before
		return
	}
	n.add(a.Name)
	n.literal[a.Name.Value] = (!before || wasLiteral) && !a.Append && isLiteralWord(a.Value)
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
	switch e.Args[0].Lit() {
	case "read", "mapfile", "readarray":
		for _, w := range e.Args[1:] {
			n.word(w)
		}
	case "getopts":
		if len(e.Args) > 2 {
			n.word(e.Args[2])
		}
	case "printf":
		if len(e.Args) > 2 && e.Args[1].Lit() == "-v" {
			n.word(e.Args[2])
		}
	case "wait":
		if len(e.Args) > 2 && e.Args[1].Lit() == "-p" {
			n.word(e.Args[2])
		}
	case "source", ".", "eval":
		n.opaque = true
	}
}

func (n *shellNames) word(w *syntax.Word) {
	if len(w.Parts) != 1 {
		return
	}
	if lit, ok := w.Parts[0].(*syntax.Lit); ok && isParamName(lit.Value) {
		n.add(lit)
	}
}

func (n *shellNames) arithmetic(x syntax.ArithmExpr, assigns bool) {
	if w, ok := x.(*syntax.Word); ok && assigns {
		n.word(w)
	}
}
