package compile

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// scope has the values that references can name at one place. It has no logic: names stand for
// values.
type scope struct {
	c      *compiler
	unit   *unit
	matrix []binding
	inputs map[string]*spec.Node // nil outside a template, fragment or family

	// ofFamily is true if inputs are those of a family. Values from defaults.job cannot use them.
	ofFamily bool

	jobName, jobProject string // "" where they are not known yet

	// anyJob is true if the job is not known yet: matrix.X and job.X have no values.
	anyJob bool

	// noMatrix and noJob explain why matrix.X or job.X is not available here.
	noMatrix, noJob string
}

// binding gives a name a value.
type binding struct {
	name  string
	key   *spec.Node
	value *spec.Node
}

// target is what a reference refers to.
type target struct {
	value  *spec.Node
	origin spec.Origin
}

var namespaces = []string{"vars", "matrix", "inputs", "job"}

// resolve resolves a reference and reports errors in it.
func (s *scope) resolve(n *spec.Node, p spec.TextPart) (target, bool) {
	space, name, dotted := strings.Cut(p.Text, ".")
	if !dotted || !isName(name) || !slices.Contains(namespaces, space) {
		hint := "write vars.NAME, matrix.NAME, inputs.NAME, job.name or job.project"
		if dotted && isName(space) && !slices.Contains(namespaces, space) {
			switch near := spec.Nearest(space, namespaces); {
			case near != "":
				hint = "did you mean " + near + "." + name + "?"
			case space == "secrets":
				hint = "declare a parameter, {name: " + name + ", secret: " + name + "}, and refer to it as ${" + name + "}"
			case space == "env":
				hint = "a value that is known only when the job runs is written ${" + name + "}"
			}
		}
		s.reportIn(n, p, "expression", hint, "%q is not a valid reference", p.Text)
		return target{}, false
	}
	if s.anyJob && (space == "matrix" || space == "job" && (name == "name" || name == "project")) {
		return target{}, false
	}
	s = s.outside(space, n)
	value, origin, known := s.lookup(space, name)
	if value != nil {
		return target{value, origin}, !isPoison(value)
	}
	if known == nil {
		return target{}, false // reported where it is declared
	}
	hint := ""
	if !s.c.findings.isFull("unknown-name", n.Range.Start.File) {
		hint = known.hint(space, name)
	}
	s.reportIn(n, p, "unknown-name", hint, "%s.%s is not known here", space, name)
	return target{}, false
}

// outside returns the scope of the references in n: those of defaults.job do not see the inputs of a
// family.
func (s *scope) outside(space string, n *spec.Node) *scope {
	if s.ofFamily && space == "inputs" && n.Origin != nil && n.Origin.Kind == spec.FromDefault {
		outside := *s
		outside.inputs = nil
		return &outside
	}
	return s
}

// vocabulary lists the known names for the message about an unknown one.
type vocabulary struct {
	names []string
	why   string
}

func (v *vocabulary) hint(space, name string) string {
	near := spec.Nearest(name, v.names)
	switch {
	case near != "" && near != name:
		return "did you mean " + space + "." + near + "?"
	case v.why != "":
		return v.why
	case len(v.names) > 0 && len(v.names) <= 12:
		return "known: " + strings.Join(v.names, ", ")
	}
	return ""
}

func (s *scope) lookup(space, name string) (*spec.Node, spec.Origin, *vocabulary) {
	switch space {
	case "vars":
		return s.c.vars.lookup(name)
	case "matrix":
		for _, b := range s.matrix {
			if b.name == name {
				return b.value, spec.Origin{Kind: spec.FromMatrix, Name: name, Pos: b.value.Pos()}, nil
			}
		}
		v := &vocabulary{why: s.noMatrix}
		for _, b := range s.matrix {
			v.names = append(v.names, b.name)
		}
		return nil, spec.Origin{}, v
	case "inputs":
		if value := s.inputs[name]; value != nil {
			return value, spec.Origin{Kind: spec.FromInput, Name: name, Pos: value.Pos()}, nil
		}
		v := &vocabulary{}
		for input := range s.inputs {
			v.names = append(v.names, input)
		}
		slices.Sort(v.names)
		if s.inputs == nil {
			v.why = "inputs are known in templates, fragments and families only"
		}
		return nil, spec.Origin{}, v
	}
	text, names := "", []string{"name", "project"}
	switch name {
	case "name":
		text = s.jobName
	case "project":
		text = s.jobProject
	}
	if text == "" {
		return nil, spec.Origin{}, &vocabulary{names: names, why: s.noJob}
	}
	value := &spec.Node{Kind: spec.ScalarNode, Type: spec.StringType, Style: spec.PlainStyle, Text: text}
	return value, spec.Origin{Kind: spec.FromCompiler, Name: "job." + name}, nil
}

// isName reports whether s can be after the first dot of a reference.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.') {
			return false
		}
	}
	return s != ""
}

// variables are the workspace's vars, overridden by --var. They may refer to each other.
type variables struct {
	c     *compiler
	table map[string]*variable
	names []string
}

type variable struct {
	declared *spec.Node
	value    *spec.Node
	busy     bool // being resolved; found again, it is a cycle
	used     bool // something refers to it
}

func newVariables(c *compiler, given map[string]string) *variables {
	vs := &variables{c: c, table: make(map[string]*variable, len(c.workspace.Vars)+len(given))}
	for name, node := range c.workspace.Vars {
		vs.table[name] = &variable{declared: node}
	}
	for name, text := range given {
		n := &spec.Node{Kind: spec.ScalarNode, Type: typeOf(text), Style: spec.PlainStyle, Text: text,
			Origin: &spec.Origin{Kind: spec.FromVariable, Name: string(remedy.VariableFlag) + name}}
		vs.table[name] = &variable{declared: n, value: n}
	}
	for name := range vs.table {
		vs.names = append(vs.names, name)
	}
	slices.Sort(vs.names)
	return vs
}

// typeOf returns the type of a text from the command line.
func typeOf(text string) spec.ScalarType {
	switch text {
	case "true", "false":
		return spec.BoolType
	}
	digits := strings.TrimPrefix(text, "-")
	if digits == "0" || digits != "" && digits[0] != '0' && strings.Trim(digits, "0123456789") == "" {
		return spec.IntType
	}
	return spec.StringType
}

// resolveAll resolves the variables in the order of their names, so that the findings do not depend
// on who uses them first.
func (vs *variables) resolveAll() {
	for _, name := range vs.names {
		vs.resolve(name)
	}
}

// unknown lists the variables of the command line that buildsync.yaml does not declare and nothing
// uses.
func (vs *variables) unknown() (names []string) {
	for _, name := range vs.names {
		if vs.c.workspace.Vars[name] == nil && !vs.table[name].used {
			names = append(names, name)
		}
	}
	return names
}

// lookup resolves a variable for a reference.
func (vs *variables) lookup(name string) (*spec.Node, spec.Origin, *vocabulary) {
	if v := vs.table[name]; v != nil {
		v.used = true
	}
	return vs.resolve(name)
}

func (vs *variables) resolve(name string) (*spec.Node, spec.Origin, *vocabulary) {
	v := vs.table[name]
	if v == nil {
		return nil, spec.Origin{}, &vocabulary{names: vs.names, why: string(remedy.GiveVariable(name))}
	}
	if v.busy {
		vs.c.report("expression", v.declared, "vars."+name, "", "vars.%s refers to itself", name)
		v.value = poison(v.declared)
	}
	if v.value == nil {
		v.busy = true
		s := &scope{c: vs.c, noMatrix: "a variable cannot use a matrix", noJob: "a variable cannot use a job's name"}
		u := vs.c.newUnit("", "vars."+name, s)
		resolved := u.expand(v.declared)
		v.busy = false
		if v.value == nil {
			v.value = resolved
		}
	}
	return v.value, spec.Origin{Kind: spec.FromVariable, Name: name, Pos: v.declared.Pos()}, nil
}
