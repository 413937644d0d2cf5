package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// templates compares the published templates with the caller's own. A template
// cannot be updated: a changed one is created again and the old one deleted.
func (p *Planner) templates(out, removals *outcome) {
	live := map[string][]*LiveTemplate{}
	seen := map[string]bool{}
	for _, template := range p.in.Live.Templates {
		if !seen[template.UUID] { // one row on two pages
			seen[template.UUID] = true
			live[template.Name] = append(live[template.Name], template)
		}
	}
	for _, want := range p.in.Head.Templates {
		p.template(want, live[want.Name], out)
	}
	p.templateRemovals(live, removals)
}

func (p *Planner) template(want *compile.Template, named []*LiveTemplate, out *outcome) {
	change := Change{Kind: KindTemplate, Address: want.Address, Name: want.Name, WantTemplate: want}
	if want.Pos.IsValid() {
		change.Definition = &Definition{File: want.Pos.File, Line: want.Pos.Line}
	}
	var before *compile.Template
	if p.base != nil {
		before = p.base.templates[want.Name]
	}
	change.WantFingerprint = TemplateFingerprint(want.Body, want.Body, p.in.Modules)
	switch len(named) {
	case 0:
		if problem := p.in.Live.TemplatesProblem; problem != "" {
			out.refuse(RuleUnreadable, want.Address, fmt.Sprintf("%s may exist or not, so nothing is done to it: %s",
				quote(want.Address), sanitize.Message(problem)))
			change.Verdict = VerdictUnknown
			out.changes = append(out.changes, change)
			return
		}
		change.Verdict, change.Actions, change.Desired = VerdictCreate, []Action{ActionCreate}, jsontree.Pack(want.Body)
		change.Contents = p.contents(flatTemplate(want.Body, want.Body), want.PlaceOf, &change)
		kept := p.in.KeptTemplates[want.Address]
		switch {
		case kept != nil:
			change.beforeTemplate = before
			change = *change.OntoTemplate(kept, p.in.Modules)
			whole := change.DesiredBody()
			change.WantFingerprint = TemplateFingerprint(whole, whole, p.in.Modules)
			change.Contents = p.contents(flatTemplate(whole, whole), want.PlaceOf, &change) // what a journal adds must be seen
			change.Note = "an apply that did not finish deleted the old one; what no definition declares is kept from it"
		case before == nil:
		case len(p.in.TriedTemplates[want.Address]) > 0: // where names are unique, a replacement deletes first
			change.Note = "an apply that did not finish may have deleted the old one"
		default:
			change.Verdict, change.Note = VerdictDrift, p.in.whyNotLive()
			out.drifted = append(out.drifted, want.Address)
		}
		out.changes = append(out.changes, change)
	case 1:
		p.compareTemplate(want, before, named[0], change, out)
	default:
		if old := p.halfReplaced(want, before, named); old != nil {
			p.compareTemplate(want, before, old, change, out)
			return
		}
		out.refuse(RuleDuplicateTemplate, want.Address, duplicateTemplates(want, named, p.in.Modules))
		change.Verdict = VerdictUnknown
		out.changes = append(out.changes, change)
	}
}

// halfReplaced returns the template that an unfinished replacement should have deleted: of two with
// one name, one is as wanted and the other was being replaced, or is as in the base. Replacing it
// again finds the new one in place and deletes the old one. It returns nil if a person must decide.
func (p *Planner) halfReplaced(want, before *compile.Template, named []*LiveTemplate) *LiveTemplate {
	if len(named) != 2 {
		return nil
	}
	is := func(live *LiveTemplate, definition *compile.Template) bool {
		return definition != nil && len(TemplateDifferences(live.Body, definition.Body, p.in.Modules)) == 0
	}
	for i, old := range named {
		if is(named[1-i], want) && (p.in.Replacing[old.UUID] || !is(old, want) && is(old, before)) {
			return old
		}
	}
	return nil
}

func (p *Planner) compareTemplate(want, before *compile.Template, live *LiveTemplate, change Change, out *outcome) {
	before = p.templateAsWritten(want.Address, before, live)
	change.beforeTemplate = before
	c := change.overTemplate(live.Body, p.in.Modules)
	c.threeWay, c.spelled, c.placeOf, c.pos = before != nil, p.storedSpelled(want.Address), want.PlaceOf, want.Pos
	c.rewritten = p.in.Rewritten[want.Address]
	change.ID, change.LiveTemplate, change.Desired = &live.UUID, live, jsontree.Pack(change.replacement(live.Body, c.desired))
	change.HaveFingerprint, change.WantFingerprint = c.fingerprints()
	change.Fields = c.fields()
	change.Unchanged = c.unchanged(change.Fields)
	change.Verdict = objectVerdict(change.Fields)
	if len(change.Fields) > 0 {
		change.inBase = before != nil && !slices.ContainsFunc(change.Fields, c.mayBeEdited)
		change.Actions = []Action{ActionReplace}
		change.Note = "the new one is created first, then the old one is deleted"
		c.noteRewritten(&change, change.Fields)
	}
	if p.base != nil && before == nil && !p.in.FirstApply && !p.in.Made[live.UUID] {
		switch {
		case len(change.Fields) == 0, p.in.Options.Adopt:
			change.Verdict = VerdictAdopt
		default:
			out.refuse(RuleCollision, want.Address, fmt.Sprintf(
				"a template called %s exists already (uuid %s), is not managed, and differs from the definition; %s",
				quote(want.Name), quote(live.UUID), remedy.Adopt))
			change = Change{Kind: change.Kind, Address: change.Address, Name: change.Name, ID: change.ID, WantTemplate: want,
				Verdict: VerdictCollision, Note: "exists, not managed", Definition: change.Definition, HaveFingerprint: change.HaveFingerprint}
		}
	}
	if len(change.Actions) > 0 {
		if lost := c.unsendable(); len(lost) > 0 {
			out.refuse(RuleSecret, want.Address, fmt.Sprintf(
				"replacing %s creates it again, and the value of %s is unknown: the service never returns it in clear; declare it in the template",
				quote(want.Address), strings.Join(lost, ", ")))
		}
	}
	if change.Verdict == VerdictConflict && !p.in.Options.ForceConflicts {
		out.refuse(RuleConflict, want.Address, fmt.Sprintf(
			"%s was changed both in the definitions and outside, in %s; %s",
			quote(want.Address), pathsWith(change.Fields, VerdictConflict), remedy.ForceBoth))
	}
	if driftCount(&change) > 0 {
		out.drifted = append(out.drifted, want.Address)
	}
	p.explain(c, &change)
	if len(change.Actions) > 0 || change.Verdict != VerdictUnchanged || hasDetails(&change) {
		out.changes = append(out.changes, change)
		return
	}
	out.unchanged++
}

// templateRemovals plans the templates that the base published and the head
// does not. A template cannot be disabled: only policy.on_remove: delete
// removes it.
func (p *Planner) templateRemovals(live map[string][]*LiveTemplate, out *outcome) {
	if p.base == nil {
		return
	}
	for _, before := range p.base.result.Templates {
		named := live[before.Name]
		if p.definitions.templates[before.Name] != nil || len(named) == 0 {
			continue
		}
		change := Change{Kind: KindTemplate, Address: before.Address, Name: before.Name, Verdict: VerdictRemove, Note: "no longer published"}
		if len(named) > 1 {
			out.refuse(RuleDuplicateTemplate, before.Address, duplicateTemplates(before, named, p.in.Modules))
			change.Verdict = VerdictUnknown
			out.changes = append(out.changes, change)
			continue
		}
		p.removeTemplate(before, named[0], change, out)
	}
}

func (p *Planner) removeTemplate(before *compile.Template, live *LiveTemplate, change Change, out *outcome) {
	change.ID, change.LiveTemplate = &live.UUID, live
	change.beforeTemplate = before
	change.HaveFingerprint, _ = change.overTemplate(live.Body, p.in.Modules).fingerprints()
	if p.in.Policy.OnRemove != "delete" {
		change.Note += "; kept, since policy.on_remove is not delete"
		out.changes = append(out.changes, change)
		return
	}
	c := &comparison{live: seenTemplate(live.Body, before.Body, nil), declared: flatTemplate(before.Body, before.Body), modules: p.in.Modules,
		spelled: p.storedSpelled(before.Address), rewritten: p.in.Rewritten[before.Address]}
	c.overlaid(ignoreNothing)
	differences := c.fields()
	c.noteRewritten(&change, differences)
	if n := len(c.edits(differences)); n > 0 {
		change.Verdict = VerdictRemoveEdited
		if !p.in.Options.ForceConflicts {
			out.refuse(RuleConflict, before.Address, fmt.Sprintf(
				"%s is no longer published, and was edited outside in %s; %s",
				quote(before.Address), sanitize.Counted(n, "field"), remedy.ForceRemoval("delete")))
		}
	}
	if file := p.in.Unread.Templates[before.Name]; file != "" {
		out.refuse(RuleUnreadFile, before.Address, unreadFile(before.Address, "delete", file, "template"))
	}
	if p.in.Found[before.Address] && !p.in.Options.Adopt {
		out.refuse(RuleNotWritten, before.Address, fmt.Sprintf(
			"%s would be deleted, and was never written from here, only found as it was declared (uuid %s). %s",
			quote(before.Address), quote(live.UUID), remedy.AdoptToRemove))
	}
	change.Actions = []Action{ActionDelete}
	out.removed = append(out.removed, before.Address)
	out.changes = append(out.changes, change)
}

func duplicateTemplates(want *compile.Template, named []*LiveTemplate, modules Modules) string {
	var uuids []string
	for _, template := range named {
		uuid := quote(template.UUID)
		if len(TemplateDifferences(template.Body, want.Body, modules)) == 0 {
			uuid += " as defined"
		}
		uuids = append(uuids, uuid)
	}
	slices.Sort(uuids)
	return fmt.Sprintf("%d of your templates are called %s (uuids %s); %s",
		len(named), sanitize.Line(want.Name, nameLimit), strings.Join(uuids, ", "), remedy.DeleteTwins)
}

// templateMembers are the members of a template that the reference lets a user set (4.21).
var templateMembers = []string{wire.KeyName, wire.KeyDescription, wire.KeyToolType, wire.KeyParameters}

// insideTemplate begins the keys of flatTemplate for the members beside the steps. No body has such
// keys.
const insideTemplate = wire.KeyTemplate + "\x00"

// flatTemplate converts a template's body to the shape of a job's: the steps beside the parameters.
// It ignores the letter case of keys, because the service stores several (API reference 4.20, note
// at template). Of the members that the reference does not list it takes those that definitions
// have: the others in a live template are the service's own.
func flatTemplate(body *jsontree.Value, definitions ...*jsontree.Value) *jsontree.Value {
	if body == nil {
		return nil
	}
	out := jsontree.Object()
	for _, key := range slices.Concat(templateMembers, furtherMembers(definitions...)) {
		if v := wire.Member(body, key); v != nil {
			out.Set(key, v.Clone())
		}
	}
	for _, m := range wire.Member(body, "template").Members() {
		switch key := plainKey(m.Key); {
		case key != wire.KeySteps:
			out.Set(insideTemplate+key, m.Value.Clone())
		case m.Value.Kind() == jsontree.KindArray:
			list := jsontree.Array()
			for _, step := range m.Value.Items() {
				list.Append(wire.PlainStep(step))
			}
			out.Set(wire.KeySteps, list)
		}
	}
	return out
}

// furtherMembers lists the members of definitions that the reference does not list. A body that was
// read is not a definition.
func furtherMembers(definitions ...*jsontree.Value) []string {
	var out []string
	for _, definition := range definitions {
		if definition.Get(wire.KeyUUID) != nil {
			continue
		}
		for _, m := range definition.Members() {
			if m.Key != wire.KeyTemplate && !slices.Contains(templateMembers, m.Key) && !slices.Contains(out, m.Key) {
				out = append(out, m.Key)
			}
		}
	}
	return out
}

// UnshownMembers lists the members of definitions that the reference does not list and that the
// service does not show of a template: they are unknown.
func UnshownMembers(live *jsontree.Value, definitions ...*jsontree.Value) []string {
	return slices.DeleteFunc(furtherMembers(definitions...), func(key string) bool { return !wire.Member(live, key).IsAbsentOrNull() })
}

// seenTemplate returns a live template in the shape of flatTemplate. Members that the service does
// not show are as the base has them; without a base they count as equal to the definition's.
func seenTemplate(live, definition, base *jsontree.Value) *jsontree.Value {
	out := flatTemplate(live, definition, base)
	known := base
	if base == nil {
		known = definition
	}
	for _, key := range UnshownMembers(live, definition, base) {
		if v := known.Get(key); out != nil && v != nil {
			out.Set(key, v.Clone())
		}
	}
	return out
}

// replacement returns the body of a template that replaces a live one. Members that the definition
// does not name are kept, as in an update of a job. desired is the wanted flat body.
func (c *Change) replacement(live, desired *jsontree.Value) *jsontree.Value {
	want, base := c.WantTemplate.Body, (*jsontree.Value)(nil)
	if c.beforeTemplate != nil {
		base = c.beforeTemplate.Body
	}
	template := want.Get(wire.KeyTemplate)
	if template.Kind() != jsontree.KindObject {
		return want
	}
	body := want.Clone()
	declared := map[string]bool{}
	for _, m := range template.Members() {
		declared[plainKey(m.Key)] = true
	}
	spelled := map[string]string{} // as the live template has them
	for _, m := range wire.Member(live, wire.KeyTemplate).Members() {
		spelled[plainKey(m.Key)] = m.Key
	}
	for _, m := range desired.Members() {
		key, inner := strings.CutPrefix(m.Key, insideTemplate)
		switch {
		case m.Key == wire.KeySteps:
			body.Get(wire.KeyTemplate).Set(wire.KeySteps, m.Value.Clone())
		case inner && !declared[key] && !m.Value.IsEmpty():
			body.Get(wire.KeyTemplate).Set(cmp.Or(spelled[key], key), m.Value.Clone())
		case !inner && !m.Value.IsEmpty() && (m.Key == wire.KeyParameters || !slices.Contains(templateMembers, m.Key) || wire.Member(want, m.Key) == nil):
			body.Set(m.Key, m.Value.Clone())
		}
	}
	compared := slices.Concat(templateMembers, furtherMembers(want, base), wire.TemplateServiceMembers(), []string{wire.KeyTemplate})
	for _, m := range live.Members() {
		is := func(key string) bool { return plainKey(key) == plainKey(m.Key) }
		if !m.Value.IsEmpty() && !slices.ContainsFunc(compared, is) {
			body.Set(m.Key, m.Value.Clone())
		}
	}
	return body
}

// plainKey returns a key in the API's spelling: the service also stores moduleId and Steps in
// templates.
func plainKey(key string) string {
	var out strings.Builder
	for i, r := range key {
		if unicode.IsUpper(r) && i > 0 && key[i-1] != '_' && !unicode.IsUpper(rune(key[i-1])) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}
