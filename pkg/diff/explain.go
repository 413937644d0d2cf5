package diff

import (
	"bytes"
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// hasDetails reports whether a change is listed only for --show-undeclared or --explain.
func hasDetails(change *Change) bool {
	return len(change.Undeclared) > 0 || len(change.Equalities) > 0
}

// explain adds the details for --show-undeclared and --explain.
func (p *Planner) explain(c *comparison, change *Change) {
	if change.Verdict == VerdictCollision {
		return
	}
	if p.in.Options.ShowUndeclared {
		change.Undeclared = c.undeclared()
	}
	if p.in.Options.Explain {
		change.Equalities = c.equalities()
	}
}

// unchanged counts the declared values that do not differ.
func (c *comparison) unchanged(fields []Field) int {
	s := c.sides()
	differ := map[string]bool{}
	for _, f := range fields {
		differ[f.Path] = true
	}
	n := 0
	for _, e := range s.declared.entries {
		if !differ[e.path] {
			n++
		}
	}
	return n
}

// undeclared lists live values that the definitions do not name and an update keeps.
func (c *comparison) undeclared() []Undeclared {
	s := c.sides()
	var out []Undeclared
	for _, e := range s.shownDesired.entries {
		if e.value.IsEmpty() || s.declared.has(e.path) {
			continue
		}
		u := Undeclared{Path: e.path, Value: e.value}
		if holdsSecret(e.value) {
			u.Value, u.Sensitive = nil, true
		}
		out = append(out, u)
	}
	return out
}

// equalities lists values that are written differently on both sides but mean the same, with the
// rule that made them equal: rules are applied one by one, and it is the one after which the
// difference is gone.
func (c *comparison) equalities() []Equality {
	s := c.sides()
	live, desired := c.live.Clone(), c.desired.Clone()
	identity := func(body *jsontree.Value) {
		for _, key := range identityMembers {
			body.Delete(key)
		}
	}
	identity(live)
	identity(desired)
	differing := func() map[string]bool {
		a, b := viewOf(live, s.livePaths), viewOf(desired, s.desiredPaths)
		out := map[string]bool{}
		for _, e := range b.entries {
			if other := a.get(e.path); !writtenAlike(other, e.value) {
				out[e.path] = true
			}
		}
		for _, e := range a.entries {
			if !b.has(e.path) {
				out[e.path] = true
			}
		}
		return out
	}
	var out []Equality
	before := differing()
	for _, rule := range Rules() {
		if rule.ID == "set-order" {
			continue
		}
		rule.apply(live, c.modules)
		rule.apply(desired, c.modules)
		after := differing()
		for _, path := range slices.Sorted(maps.Keys(before)) {
			if !after[path] {
				out = append(out, Equality{Path: path, Rule: rule.ID})
			}
		}
		before = after
	}
	return append(out, reordered(c.live, c.desired)...)
}

// writtenAlike reports whether two values have the same spelling: Equal treats 1.0 and 1 as equal.
func writtenAlike(a, b *jsontree.Value) bool {
	if !jsontree.Equal(a, b) {
		return false
	}
	x, y := a.Clone(), b.Clone()
	x.SortKeys()
	y.SortKeys()
	return bytes.Equal(x.AppendJSON(nil), y.AppendJSON(nil))
}

// reordered explains parameters that are in another order on both sides.
func reordered(live, desired *jsontree.Value) []Equality {
	order := func(body *jsontree.Value) []string { return keys(body.Get(wire.KeyParameters).Items(), paramName) }
	a, b := order(live), order(desired)
	if slices.Equal(a, b) {
		return nil
	}
	slices.Sort(a)
	slices.Sort(b)
	if !slices.Equal(a, b) {
		return nil
	}
	return []Equality{{Path: wire.KeyParameters, Rule: "set-order"}}
}

// contents lists the values of a new object, as an update from nothing would: whole steps,
// parameters and code sources, and other values. It leaves out sensitive values.
func (p *Planner) contents(declared *jsontree.Value, at placeOf, change *Change) []Field {
	if !p.in.Options.Contents || !slices.Contains(change.Actions, ActionCreate) {
		return nil
	}
	c := &comparison{live: jsontree.Object(), declared: declared, modules: p.in.Modules, placeOf: at}
	c.overlaid(ignoreNothing)
	var out []Field
	for _, f := range c.fields() {
		if f.Path != wire.KeyJobName && f.Path != wire.KeyProjectID { // the change says both
			f.Verdict = VerdictCreate
			out = append(out, f)
		}
	}
	return out
}
