package bulk

import (
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// Condition is PATH, PATH=GLOB or PATH!=GLOB: a job must have such a value.
type Condition struct {
	Path valuepath.Path
	text string
	glob string
	op   string // "", "=" or "!="
}

// ParseCondition reads a condition. The = that counts is the first one outside
// of brackets.
func ParseCondition(text string) (Condition, error) {
	c := Condition{text: text}
	path := text
	if i := equalsSign(text); i >= 0 {
		path, c.op, c.glob = text[:i], "=", text[i+1:]
		if strings.HasSuffix(path, "!") {
			path, c.op = path[:i-1], "!="
		}
	}
	var err error
	if c.Path, err = valuepath.Parse(strings.TrimSpace(path)); err != nil {
		return c, err
	}
	if c.Path.IsZero() {
		return c, fmt.Errorf("%q names a job, not a value of it", text)
	}
	return c, nil
}

func equalsSign(text string) int {
	quoted, depth := false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && (quoted || depth > 0):
			quoted = !quoted
		case quoted:
		case c == '[':
			depth++
		case c == ']' && depth > 0:
			depth--
		case c == '=' && depth == 0:
			return i
		}
	}
	return -1
}

// ParseConditions reads several conditions.
func ParseConditions(texts []string) (conditions []Condition, err error) {
	for _, text := range texts {
		c, err := ParseCondition(text)
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, c)
	}
	return conditions, nil
}

// accepts reports whether a value of the path satisfies c.
func (c Condition) accepts(v *Value) bool {
	switch c.op {
	case "=":
		return valuepath.Glob(c.glob, Text(v.Path, v.Value))
	case "!=":
		return !valuepath.Glob(c.glob, Text(v.Path, v.Value))
	}
	return true
}

// in lists the values of o that satisfy c.
func (c Condition) in(o *Object) (values []*Value) {
	if !c.Path.IsAbout(o.Name) {
		return nil
	}
	for i := range o.Values {
		if v := &o.Values[i]; c.matches(v) && c.accepts(v) {
			values = append(values, v)
		}
	}
	return values
}

// matches reports whether c matches a value at its path.
func (c Condition) matches(v *Value) bool { return c.Path.MayMatch(v.Path) && c.Path.Matches(v.own()) }

// findValues lists the values of o that satisfy one of asked and every one of where. Conditions with the
// same item ("steps[*]" in both) must be satisfied by the same item.
func findValues(o *Object, asked, where []Condition) (values []*Value) {
	seen := map[string]bool{}
	for _, a := range asked {
		for _, v := range a.in(o) {
			if !seen[v.Path] && allHold(o, a, v, where) {
				seen[v.Path] = true
				values = append(values, v)
			}
		}
	}
	return values
}

func allHold(o *Object, asked Condition, v *Value, where []Condition) bool {
	for _, w := range where {
		bound, held := asked.Path.Bound(w.Path), false
		for _, other := range w.in(o) {
			held = held || v.own().Shares(other.own(), bound)
		}
		if !held {
			return false
		}
	}
	return true
}

// missing reports whether o has no value at any of the requested paths, and satisfies where.
func missing(o *Object, asked, where []Condition) bool {
	for _, a := range asked {
		if len(a.in(o)) > 0 || !a.Path.IsAbout(o.Name) {
			return false
		}
	}
	return holds(o, where)
}

// holds reports whether o satisfies all conditions.
func holds(o *Object, where []Condition) bool {
	for _, w := range where {
		if len(w.in(o)) == 0 {
			return false
		}
	}
	return true
}

// checkPaths reports the first condition whose path no object has and no job can have, with a
// suggestion.
func checkPaths(objects []*Object, conditions []Condition) error {
	for _, c := range conditions {
		if name, known, unknown := c.Path.Unknown(); unknown && !anyHas(objects, c) {
			if near := spec.Nearest(name, known); near != "" {
				return fmt.Errorf("%q is not a field of a job; did you mean %q instead of %q?", c.Path.String(), near, name)
			}
			if name == c.Path.String() {
				return fmt.Errorf("%q is not a field of a job", name)
			}
			return fmt.Errorf("%q is not a field of a job: %q is unknown", c.Path.String(), name)
		}
	}
	return nil
}

func anyHas(objects []*Object, c Condition) bool {
	for _, o := range objects {
		for i := range o.Values {
			if c.matches(&o.Values[i]) {
				return true
			}
		}
	}
	return false
}

// Nearest suggests a path for a condition without results, "" for none.
func Nearest(objects []*Object, c Condition) string {
	if anyHas(objects, c) {
		return ""
	}
	seen := map[string]bool{}
	var paths []string
	for _, o := range objects {
		for _, v := range o.Values {
			if !seen[v.Path] {
				seen[v.Path] = true
				paths = append(paths, v.Path)
			}
		}
	}
	return c.Path.Nearest(paths, spec.Nearest)
}

// Comparison returns the operator of c ("", "=" or "!=") and the pattern.
func (c Condition) Comparison() (op, glob string) { return c.op, c.glob }
