package diff

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// decisive returns the part of one side that a plan depends on: what the definitions declare and do
// not ignore, and what the update changes. Other values are kept as they are at the write, so a
// member that changes by itself does not make a plan stale.
func (c *comparison) decisive(side, other *view) []entry {
	s := c.sides()
	var out []entry
	for _, e := range side.entries {
		declared := s.declared.has(e.path) && (c.ignored == nil || !c.ignored(e.path))
		differs := !jsontree.Equal(other.get(e.path), e.value)
		if differs && side == s.live && c.isServers(e) {
			differs = false
		}
		if declared || differs {
			out = append(out, e)
		}
	}
	return out
}

// fingerprints identify the values that a plan depends on, of the live and of the desired body.
// They contain no sensitive value.
func (c *comparison) fingerprints() (have, want string) {
	s := c.sides()
	return c.fingerprint(s.live, s.desired, s.livePaths), c.fingerprint(s.desired, s.live, s.desiredPaths)
}

func (c *comparison) fingerprint(side, other *view, paths *itemPaths) string {
	var lines []string
	for _, e := range c.decisive(side, other) {
		value := e.value.Clone()
		value.SortKeys()
		path := e.path
		if e.wholeItem {
			path = e.list // its place among items without a partner means nothing
		}
		lines = append(lines, string(value.AppendJSON(append(jsontree.AppendQuoted(nil, path), ' '))))
	}
	slices.Sort(lines)
	for _, list := range orderedLists {
		if c.declared.Get(list) == nil {
			continue
		}
		for _, path := range paired(paths, list) {
			lines = append(lines, string(jsontree.AppendQuoted(nil, path)))
		}
	}
	var text []byte
	for _, line := range lines {
		text = append(append(text, line...), '\n')
	}
	return digest(text)
}

// over returns c's comparison with a body that was read later.
func (c *Change) over(live *jsontree.Value, modules Modules) *comparison {
	name := c.Name
	if c.Live != nil {
		name = c.Live.Name // it may be renamed
	}
	out := &comparison{live: named(live, name), modules: modules}
	switch {
	case c.Want != nil:
		out.declared = declaredBody(c.Want)
		if c.before != nil {
			out.base = declaredBody(c.before)
		}
	case c.before != nil:
		out.declared = declaredBody(c.before)
	default:
		out.declared = writable(c.Have.Unpack(), modules)
	}
	out.overlaid(c.ignore.matches)
	if c.Want != nil && c.Live != nil {
		setIdentity(out.desired, c.Want, c.Live)
	}
	return out
}

// writable reduces a body that nobody declared to what a user can set: the members of the API
// reference and the properties that the catalogue knows. Everything else may change by itself.
func writable(body *jsontree.Value, modules Modules) *jsontree.Value {
	out := jsontree.Object()
	for _, m := range body.Members() {
		if slices.Contains(memberOrder, m.Key) {
			out.Set(m.Key, m.Value)
		}
	}
	for _, step := range out.Get(wire.KeySteps).Items() {
		known := jsontree.Object()
		for _, m := range step.Get(wire.KeyProperties).Members() {
			if modules == nil {
				break
			}
			if _, ok := modules.PropertyFacts(step.Str(wire.KeyModuleID), m.Key); ok {
				known.Set(m.Key, m.Value)
			}
		}
		if known.Len() > 0 {
			step.Set(wire.KeyProperties, known)
		}
	}
	return out
}

// Fingerprint identifies a body of c's job, in everything that c declares or changes; for a created
// job in everything. "" for an absent body.
func (c *Change) Fingerprint(body *jsontree.Value, modules Modules) string {
	if body == nil || c.Live == nil {
		return Fingerprint(body, modules)
	}
	have, _ := c.over(body, modules).fingerprints()
	return have
}

// AsPlanned reports whether a body that was read later equals the one that c was planned from.
func (c *Change) AsPlanned(live *jsontree.Value, modules Modules) bool {
	return c.Fingerprint(live, modules) == c.HaveFingerprint
}

// Unmet returns the fields in which a body read after the write differs from what was sent. An
// undeclared value may have changed by itself but must exist. Values that the old body had and the
// sent one lacks must be gone, except members of steps, where the service restores a module's
// properties.
func (c *Change) Unmet(have *jsontree.Value, modules Modules) []Field {
	before := c.Have.Unpack()
	before.Delete(wire.KeySteps)
	differing := differing(have, c.DesiredBody(), before, modules)
	differing = slices.DeleteFunc(differing, func(f Field) bool { // a service may not return it: then it is unknown
		return f.Path == wire.KeyJobName && absent(f.Before)
	})
	if len(differing) == 0 || c.Live == nil {
		return differing
	}
	over := c.over(have, modules)
	declared := over.sides().declared
	return slices.DeleteFunc(differing, func(f Field) bool {
		ours := declared.has(f.Path) && !over.ignored(f.Path)
		return !ours && isScalar(f.Before) && isScalar(f.After)
	})
}

func isScalar(v *jsontree.Value) bool {
	switch v.Kind() {
	case jsontree.KindString, jsontree.KindNumber, jsontree.KindBool:
		return true
	}
	return false
}

// Since returns how a body that was read later differs from the one that c was planned from: Before
// is the planned value, After the present one.
func (c *Change) Since(live *jsontree.Value, modules Modules) []Field {
	then, now := c.over(c.Have.Unpack(), modules), c.over(live, modules)
	old, fresh := then.sides(), now.sides()
	var out []Field
	seen := map[string]bool{}
	note := func(e entry) {
		before, after := old.live.get(e.path), fresh.live.get(e.path)
		if seen[e.path] || jsontree.Equal(before, after) {
			return
		}
		seen[e.path] = true
		f := Field{
			Path: e.path, Verdict: VerdictChange,
			Before: cmp.Or(old.shownLive.get(e.path), before), After: cmp.Or(fresh.shownLive.get(e.path), after),
		}
		if holdsSecret(f.Before) || holdsSecret(f.After) {
			f.Sensitive, f.Before, f.After = true, nil, nil
		}
		out = appendChange(out, f)
	}
	for _, e := range then.decisive(old.live, old.desired) {
		note(e)
	}
	for _, e := range now.decisive(fresh.live, fresh.desired) {
		note(e)
	}
	for _, list := range orderedLists {
		if before, after := paired(old.livePaths, list), paired(fresh.livePaths, list); len(out) == 0 && !slices.Equal(before, after) {
			out = append(out, Field{Path: list, Verdict: VerdictChange, Before: names(then.live, old.livePaths, list, before), After: names(now.live, fresh.livePaths, list, before)})
		}
	}
	sortFields(out)
	return out
}

// Onto returns c with its body built over live, which was read later and is as planned: undeclared
// values are kept as they are now.
func (c *Change) Onto(live *jsontree.Value, modules Modules) *Change {
	out := *c
	out.Have, out.Desired = jsontree.Pack(live), jsontree.Pack(withoutAbsent(c.over(live, modules).desired, live))
	return &out
}

// Differences returns the paths at which a live body differs from the result of an update to want,
// by the comparison of Compute: values that the service adds, fills in or spells differently are
// equal. before is the replaced body, nil for a create; what it had and want lacks must be gone.
// Sensitive values cannot be compared and never differ.
func Differences(live, want, before *jsontree.Value, modules Modules) []string {
	return Paths(differing(live, want, before, modules))
}

func differing(live, want, before *jsontree.Value, modules Modules) []Field {
	c := &comparison{live: live, declared: want, base: before, modules: modules}
	c.overlaid(ignoreNothing)
	return c.fields()
}

// Paths lists the paths of fields.
func Paths(fields []Field) []string {
	var paths []string
	for i := range fields {
		paths = append(paths, fields[i].Path)
	}
	return paths
}

// TemplateDifferences returns the fields in which a template that was read differs from the body
// that was sent: Before is what was read, After what was sent.
func TemplateDifferences(have, want *jsontree.Value, modules Modules) []Field {
	return differing(seenTemplate(have, want, nil), flatTemplate(want, want), nil, modules)
}

// TemplateFingerprint is Fingerprint for a template, as sent or as read, in what the definition can
// have.
func TemplateFingerprint(body, definition *jsontree.Value, modules Modules) string {
	return Fingerprint(seenTemplate(body, definition, nil), modules)
}

func ignoreNothing(string) bool { return false }

// Fingerprint identifies the meaning of a body: the SHA-256 of its canonical JSON, without members
// that only the service writes and without sensitive values. Bodies with equal fingerprints make
// the same builds. "" for an absent body.
func Fingerprint(body *jsontree.Value, modules Modules) string {
	if body == nil {
		return ""
	}
	canonical := Normalize(body, modules)
	canonical.SortKeys()
	return digest(canonical.AppendJSON(nil))
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

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
	out.Desired = jsontree.Pack(c.replacement(live, c.overTemplate(live, modules).desired))
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
