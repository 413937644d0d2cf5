package rule

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/buildsync/buildsync/pkg/spec"
)

// limiter is shared by the passes over one expression. The first error counts.
type limiter struct {
	err      *Error
	patterns []*regexp.Regexp
}

func (l *limiter) refuse(n ast.Node, hint, format string, args ...any) {
	if l.err == nil {
		l.err = &Error{Offset: n.Location().From, Message: fmt.Sprintf(format, args...), Hint: hint}
	}
}

// macros rewrites list.all(x, x.a == 1) to all(list, let x = #; x.a == 1), and the other list
// functions likewise.
type macros struct{ *limiter }

var overLists = map[string]string{
	"all": "all", "any": "any", "exists": "any", "none": "none", "one": "one", "exists_one": "one", "filter": "filter", "map": "map", "count": "count", "find": "find",
}

// Visit implements ast.Visitor.
func (m *macros) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if strings.HasPrefix(n.Value, "__") || n.Value == "$env" {
			m.refuse(n, `name a field of job`, "unknown name %q", n.Value)
		}
	case *ast.CallNode:
		member, ok := n.Callee.(*ast.MemberNode)
		if !ok {
			return
		}
		name, ok := member.Property.(*ast.StringNode)
		if !ok || overLists[name.Value] == "" {
			return
		}
		arguments := []ast.Node{member.Node}
		switch variable, named := firstArgument(n).(*ast.IdentifierNode); {
		case len(n.Arguments) == 2 && named:
			predicate := &ast.VariableDeclaratorNode{Name: variable.Value, Value: &ast.PointerNode{}, Expr: n.Arguments[1]}
			predicate.SetLocation(n.Arguments[1].Location())
			predicate.Value.SetLocation(variable.Location())
			arguments = append(arguments, &ast.PredicateNode{Node: predicate})
		default:
			m.refuse(n, "write "+name.Value+"(x, x.name != \"\")", "%s takes a name and a condition on it", name.Value)
			return
		}
		ast.Patch(node, &ast.BuiltinNode{Name: overLists[name.Value], Arguments: arguments})
	}
}

func firstArgument(n *ast.CallNode) ast.Node {
	if len(n.Arguments) == 0 {
		return nil
	}
	return n.Arguments[0]
}

// judge refuses expressions with unbounded work or memory, once the types are known.
type judge struct{ *limiter }

// Visit implements ast.Visitor.
func (j *judge) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		j.binary(n)
	case *ast.ArrayNode:
		for _, item := range n.Nodes {
			switch item.(type) {
			case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
			default:
				j.refuse(item, `write plain values, such as ["a", "b"]`, "a list may hold texts and numbers only")
			}
		}
	case *ast.MapNode:
		j.refuse(n, "", "a rule cannot make mappings")
	case *ast.SliceNode:
		j.refuse(n, "use hasPrefix, hasSuffix, first or last", "a rule cannot cut texts and lists")
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && !strings.HasPrefix(callee.Value, "__") {
			j.refuse(n, spec.DidYouMeanOneOf(callee.Value, functions), "there is no function %q", callee.Value)
		}
	case *ast.PointerNode:
		if n.Name == "acc" {
			j.refuse(n, "", "a rule cannot accumulate")
		}
	}
}

func (j *judge) binary(n *ast.BinaryNode) {
	switch n.Operator {
	case "..":
		j.refuse(n, "", "a rule cannot make ranges")
	case "+", "-", "*", "/", "%", "**", "^":
		if !isQuantity(n.Left) || !isQuantity(n.Right) {
			j.refuse(n, "compare the parts one by one", "%s is for numbers and durations only", n.Operator)
		}
	case "==", "!=", "in":
		if isList(n.Left) || n.Operator != "in" && isList(n.Right) {
			j.refuse(n, "use all, any or count", "%s compares single values, not lists", n.Operator)
		}
	case "matches":
		if _, constant := n.Right.(*ast.StringNode); !constant {
			j.refuse(n.Right, "write the regular expression itself", "matches takes a text in quotes")
		}
	}
}

func isQuantity(n ast.Node) bool {
	t := n.Type()
	switch t.Kind() {
	case reflect.Int, reflect.Int64, reflect.Float64:
		return true
	}
	return t == reflect.TypeFor[time.Duration]()
}

func isList(n ast.Node) bool {
	t := n.Type()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return slices.Contains([]reflect.Kind{reflect.Slice, reflect.Array, reflect.Map, reflect.Struct, reflect.Func}, t.Kind())
}

// instrument counts the iterations of every loop, and replaces the matching of regular expressions.
type instrument struct{ *limiter }

// Visit implements ast.Visitor.
func (i *instrument) Visit(node *ast.Node) {
	if i.err != nil {
		return
	}
	switch n := (*node).(type) {
	case *ast.PredicateNode:
		body := n.Node
		n.Node = &ast.SequenceNode{Nodes: []ast.Node{call("__tick"), body}}
		n.Node.SetLocation(body.Location())
	case *ast.BinaryNode:
		constant, ok := n.Right.(*ast.StringNode)
		if n.Operator != "matches" || !ok {
			return
		}
		index, err := i.addPattern(constant.Value)
		if err != nil {
			i.refuse(n.Right, "", "%s", err)
			return
		}
		ast.Patch(node, call("__match", n.Left, &ast.IntegerNode{Value: index}))
	}
}

func call(name string, arguments ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: arguments}
}
