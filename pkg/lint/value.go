package lint

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// value is a possible text of a scalar and its node: the scalar itself, or the item of the matrix
// that its reference means.
type value struct {
	text string
	node *spec.Node
}

// values returns the certain texts of a scalar: its own; with variables replaced; for a single
// reference to the matrix one for each item of the axis. It returns none if something is unknown. An
// empty text is not a value: like null, it makes the field empty.
func (u *unit) values(n *spec.Node) []value {
	return slices.DeleteFunc(u.texts(n), func(v value) bool { return v.text == "" })
}

func (u *unit) texts(n *spec.Node) []value {
	if n == nil || n.Kind != spec.ScalarNode || n.Type == spec.NullType {
		return nil
	}
	if !strings.Contains(n.Text, spec.ReferenceStart) {
		return []value{{n.Text, n}}
	}
	if name := n.Reference(); name != "" {
		space, key, _ := strings.Cut(name, ".")
		switch space {
		case "matrix":
			return u.matrixValues(key)
		case "inputs":
			if input := u.inputs.Get(key).Get("default"); u.hasInputs() && isPlainText(input) {
				return []value{{input.Text, input}}
			}
			return nil
		}
	}
	text, ok := u.substitute(n.Text)
	if !ok {
		return nil
	}
	return []value{{text, n}}
}

// maxExpansions bounds the possible texts of one scalar.
const maxExpansions = 100

// expansions returns every possible text of a scalar: for each value of the matrix, and in a job
// with a template with the given inputs; none if one is unknown, or there are too many.
func (u *unit) expansions(n *spec.Node) []string {
	if n == nil || n.Kind != spec.ScalarNode || n.Type == spec.NullType {
		return nil
	}
	parts, err := spec.SplitReferences(n.Text)
	if err != nil {
		return nil
	}
	texts := []string{""}
	for _, part := range parts {
		possible := []string{part.Text}
		if part.IsReference {
			possible = u.referred(part.Text)
		}
		if len(possible) == 0 || len(possible)*len(texts) > maxExpansions {
			return nil
		}
		var next []string
		for _, text := range texts {
			for _, p := range possible {
				next = append(next, text+p)
			}
		}
		texts = next
	}
	return texts
}

// referred returns the possible texts of a reference.
func (u *unit) referred(name string) []string {
	space, key, _ := strings.Cut(name, ".")
	var found []value
	switch space {
	case "vars":
		if text, known := u.variable(key); known {
			return []string{text}
		}
	case "matrix":
		found = u.matrixValues(key)
	case "inputs":
		found = u.inputValues(key)
	case "job":
		if key == "name" && !spec.HasReference(u.name) {
			return []string{u.name}
		}
	}
	texts := make([]string, 0, len(found))
	for _, v := range found {
		texts = append(texts, v.text)
	}
	return texts
}

// hasInputs reports whether a unit declares inputs.
func (u *unit) hasInputs() bool { return u.inputs != nil }

// inputValues returns the values of a template's input: in the template its default, in a job the
// given one.
func (u *unit) inputValues(key string) []value {
	template := u
	if u.template != nil {
		if given := u.node.Get("template").Get("inputs").Get(key); given != nil {
			return u.texts(given)
		}
		template = u.linter.templates[u.template.Text]
	}
	if template == nil || !template.hasInputs() {
		return nil
	}
	if input := template.inputs.Get(key).Get("default"); isPlainText(input) {
		return []value{{input.Text, input}}
	}
	return nil
}

func (u *unit) matrixValues(axis string) []value {
	matrix := u.node.Get("matrix")
	var found []value
	if items := matrix.Get(axis); items != nil && items.Kind == spec.SequenceNode {
		for _, item := range items.Items {
			if isPlainText(item) {
				found = append(found, value{item.Text, item})
			}
		}
	}
	if include := matrix.Get("include"); include != nil {
		for _, row := range include.Items {
			if item := row.Get(axis); isPlainText(item) {
				found = append(found, value{item.Text, item})
			}
		}
	}
	return found
}

// isPlainText reports whether n is a text without references.
func isPlainText(n *spec.Node) bool {
	return n != nil && n.Kind == spec.ScalarNode && n.Type != spec.NullType && !strings.Contains(n.Text, spec.ReferenceStart)
}

// substitute replaces the references to variables in text; ok is false for other references.
func (u *unit) substitute(text string) (result string, ok bool) {
	parts, err := spec.SplitReferences(text)
	if err != nil {
		return "", false
	}
	for i, part := range parts {
		if !part.IsReference {
			continue
		}
		name, isVariable := strings.CutPrefix(part.Text, "vars.")
		known, found := u.variable(name)
		if !isVariable || !found {
			return "", false
		}
		parts[i].Text = known
	}
	var out strings.Builder
	for _, part := range parts {
		out.WriteString(part.Text)
	}
	return out.String(), true
}

// variable returns the value of a variable of the workspace.
func (u *unit) variable(name string) (string, bool) {
	if text, given := u.linter.opts.Vars[name]; given {
		return text, true
	}
	if n := u.linter.vars[name]; isPlainText(n) {
		return n.Text, true
	}
	return "", false
}

// quoted makes a name or value from a file safe for a message.
func quoted(s string) string {
	const longest = 60
	return `"` + sanitize.Line(s, longest) + `"`
}
