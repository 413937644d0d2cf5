package diff

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// overTemplate returns c's comparison with another body of the template.
func (c *Change) overTemplate(live *jsontree.Value, modules Modules) *comparison {
	var declared, base *jsontree.Value
	if c.beforeTemplate != nil {
		base = c.beforeTemplate.Body
	}
	if c.WantTemplate != nil {
		declared = c.WantTemplate.Body
	} else {
		declared, base = base, nil
	}
	out := &comparison{live: seenTemplate(live, declared, base), declared: flatTemplate(declared, declared), base: flatTemplate(base, base), modules: modules}
	out.overlaid(ignoreNothing)
	return out
}

// TemplateAsPlanned reports whether a template that was read later is what c was planned from, in
// everything that c declares or changes.
func (c *Change) TemplateAsPlanned(live *jsontree.Value, modules Modules) bool {
	have, _ := c.overTemplate(live, modules).fingerprints()
	return have == c.HaveFingerprint
}

// BaseHoldsTemplate reports whether the base's definition holds all that c replaces of the live
// template.
func (c *Change) BaseHoldsTemplate() bool { return c.inBase }

// mayBeEdited reports whether somebody else may have written the live value of a field: then the
// base's definition does not hold it.
func (c *comparison) mayBeEdited(f Field) bool {
	switch {
	case f.Verdict != VerdictChange:
		return true
	case f.Sensitive, f.Before == nil, slices.Contains(orderedLists, f.Path):
		return false
	}
	return f.Base == nil || c.sides().isRewritten(f.Path) && !jsontree.Equal(f.Base, f.Before)
}

// OntoTemplate returns c with its body built over live, which was read later and is as planned:
// undeclared values are kept as they are now.
func (c *Change) OntoTemplate(live *jsontree.Value, modules Modules) *Change {
	out := *c
	out.Desired = jsontree.Pack(replacement(c.WantTemplate.Body, live, c.overTemplate(live, modules).desired))
	return &out
}

// KeptTemplate returns a live template as it may be stored: without the values of sensitive
// parameters, which the definitions must declare.
func KeptTemplate(live *jsontree.Value) *jsontree.Value {
	out := live.Clone()
	for _, list := range []*jsontree.Value{wire.Member(out, wire.KeyParameters), wire.Member(wire.Member(out, wire.KeyTemplate), wire.KeyParameters)} {
		for _, item := range list.Items() {
			param := wire.Parameter{Definition: item}
			if !param.IsSensitive() {
				continue
			}
			for _, field := range param.Fields(wire.ParamDefaultValue) {
				field.Set(wire.KeyValue, jsontree.Null())
			}
		}
	}
	return out
}

// UnmetTemplate returns the fields in which a template that was read differs from what was sent. An
// undeclared value may have changed by itself but must exist.
func (c *Change) UnmetTemplate(have, sent *jsontree.Value, modules Modules) []Field {
	unmet := TemplateDifferences(have, sent, modules)
	if len(unmet) == 0 {
		return nil
	}
	declared := c.overTemplate(have, modules).sides().declared
	return slices.DeleteFunc(unmet, func(f Field) bool {
		return !declared.has(f.Path) && isScalar(f.Before) && isScalar(f.After)
	})
}

// templateAsWritten returns the base of a live template that an earlier run may have written
// without recording it. If the template is as that run wanted it, that run wrote it. before is the
// recorded base, nil if there is none.
func (p *Planner) templateAsWritten(address string, before *compile.Template, live *LiveTemplate) *compile.Template {
	for _, tried := range slices.Backward(p.in.TriedTemplates[address]) {
		if before != nil && slices.ContainsFunc(UnshownMembers(live.Body, tried.Body, before.Body), func(key string) bool {
			return !jsontree.Equal(tried.Body.Get(key), before.Body.Get(key))
		}) {
			continue // nothing shows that the run wrote it
		}
		c := (&Change{WantTemplate: tried}).overTemplate(live.Body, p.in.Modules)
		c.spelled, c.rewritten = true, p.in.Rewritten[address]
		if len(c.edits(c.fields())) == 0 {
			return tried
		}
	}
	return before
}
