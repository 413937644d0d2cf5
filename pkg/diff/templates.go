package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// templates compares the published templates with the caller's own. A template
// cannot be updated: a changed one is created anew and the old one deleted.
func (p *planner) templates() {
	live := map[string][]*LiveTemplate{}
	seen := map[string]bool{}
	for _, template := range p.in.Live.Templates {
		if !seen[template.UUID] { // one row on two pages
			seen[template.UUID] = true
			live[template.Name] = append(live[template.Name], template)
		}
	}
	for _, want := range p.in.Head.Templates {
		p.template(want, live[want.Name])
	}
	p.templateRemovals(live)
}

func (p *planner) template(want *compile.Template, named []*LiveTemplate) {
	change := Change{Kind: KindTemplate, Address: want.Address, Name: want.Name, WantTemplate: want}
	if want.Pos.IsValid() {
		change.Definition = &Definition{File: want.Pos.File, Line: want.Pos.Line}
	}
	var before *compile.Template
	if p.base != nil {
		before = p.base.templates[want.Name]
	}
	change.WantFingerprint = Fingerprint(flatTemplate(want.Body), p.in.Modules)
	switch len(named) {
	case 0:
		if problem := p.in.Live.TemplatesProblem; problem != "" {
			p.refuse(RuleUnreadable, want.Address, fmt.Sprintf("whether %s exists is not known, so nothing is done to it: %s",
				quote(want.Address), sanitize.Line(problem, messageLimit)))
			change.Verdict = VerdictUnknown
			p.templateChanges = append(p.templateChanges, change)
			return
		}
		change.Verdict, change.Actions, change.Desired = VerdictCreate, []Action{ActionCreate}, want.Body
		change.Contents = p.contents(flatTemplate(want.Body), want.Provenance, &change)
		if before != nil {
			change.Verdict, change.Note = VerdictDrift, "was deleted outside buildsync"
			p.drifted = append(p.drifted, want.Address)
		}
		p.templateChanges = append(p.templateChanges, change)
	case 1:
		p.compareTemplate(want, before, named[0], change)
	default:
		p.refuse(RuleDuplicateTemplate, want.Address, duplicateTemplates(want, named, p.in.Modules))
		change.Verdict = VerdictUnknown
		p.templateChanges = append(p.templateChanges, change)
	}
}

func (p *planner) compareTemplate(want, before *compile.Template, live *LiveTemplate, change Change) {
	c := &comparison{
		live: flatTemplate(live.Body), declared: flatTemplate(want.Body), modules: p.in.Modules,
		threeWay: before != nil, provenance: want.Provenance, pos: want.Pos,
	}
	if before != nil {
		c.base = flatTemplate(before.Body)
	}
	c.desired = overlay{p.in.Modules, ignoreNothing}.body(c.live, c.declared, c.base)
	change.ID, change.LiveTemplate, change.Desired = &live.UUID, live, want.Body
	change.HaveFingerprint = Fingerprint(c.live, p.in.Modules)
	change.Fields = c.fields()
	change.Unchanged = c.unchanged(change.Fields)
	change.Verdict = objectVerdict(change.Fields)
	if len(change.Fields) > 0 {
		change.Actions = []Action{ActionReplace}
		change.Note = "the new one is created first, then the old one is deleted"
	}
	if p.base != nil && before == nil {
		switch {
		case len(change.Fields) == 0, p.in.Options.Adopt:
			change.Verdict = VerdictAdopt
		default:
			p.refuse(RuleCollision, want.Address, fmt.Sprintf(
				"a template called %s exists already (uuid %s), is not managed, and differs from the definition; pass --adopt to take it over",
				quote(want.Name), quote(live.UUID)))
			change = Change{Kind: change.Kind, Address: change.Address, Name: change.Name, ID: change.ID, WantTemplate: want,
				Verdict: VerdictCollision, Note: "exists, not managed", Definition: change.Definition, HaveFingerprint: change.HaveFingerprint}
		}
	}
	if change.Verdict == VerdictConflict && !p.in.Options.ForceConflicts {
		p.refuse(RuleConflict, want.Address, fmt.Sprintf(
			"%s was changed both in the definitions and outside, in %s; look at both, then pass --force-conflicts to let the definitions win",
			quote(want.Address), pathsWith(change.Fields, VerdictConflict)))
	}
	if driftCount(&change) > 0 {
		p.drifted = append(p.drifted, want.Address)
	}
	p.explain(c, &change)
	if len(change.Actions) > 0 || change.Verdict != VerdictUnchanged || p.wordy(&change) {
		p.templateChanges = append(p.templateChanges, change)
		return
	}
	p.plan.Summary.Unchanged++
}

// templateRemovals plans the templates that the base published and the head
// does not. A template cannot be disabled: only policy.on_remove: delete
// removes it.
func (p *planner) templateRemovals(live map[string][]*LiveTemplate) {
	if p.base == nil {
		return
	}
	declared := indexDefinitions(p.whole()).templates
	for _, before := range p.base.result.Templates {
		named := live[before.Name]
		if declared[before.Name] != nil || len(named) == 0 {
			continue
		}
		change := Change{Kind: KindTemplate, Address: before.Address, Name: before.Name, Verdict: VerdictRemove, Note: "no longer published"}
		if len(named) > 1 {
			p.refuse(RuleDuplicateTemplate, before.Address, duplicateTemplates(before, named, p.in.Modules))
			change.Verdict = VerdictUnknown
			p.removalChanges = append(p.removalChanges, change)
			continue
		}
		p.removeTemplate(before, named[0], change)
	}
}

func (p *planner) removeTemplate(before *compile.Template, live *LiveTemplate, change Change) {
	change.ID, change.LiveTemplate = &live.UUID, live
	change.HaveFingerprint = Fingerprint(flatTemplate(live.Body), p.in.Modules)
	if p.in.Policy.OnRemove != "delete" {
		change.Note += "; kept, since policy.on_remove is not delete"
		p.removalChanges = append(p.removalChanges, change)
		return
	}
	c := &comparison{live: flatTemplate(live.Body), declared: flatTemplate(before.Body), modules: p.in.Modules}
	c.desired = overlay{p.in.Modules, ignoreNothing}.body(c.live, c.declared, nil)
	if n := len(c.fields()); n > 0 {
		change.Verdict = VerdictRemoveEdited
		if !p.in.Options.ForceConflicts {
			p.refuse(RuleConflict, before.Address, fmt.Sprintf(
				"%s is no longer published, and was edited outside in %s; pass --force-conflicts to delete it all the same",
				quote(before.Address), count(n, "field")))
		}
	}
	change.Actions = []Action{ActionDelete}
	p.removed = append(p.removed, before.Address)
	p.removalChanges = append(p.removalChanges, change)
}

func duplicateTemplates(want *compile.Template, named []*LiveTemplate, modules Modules) string {
	wanted := Fingerprint(flatTemplate(want.Body), modules)
	var uuids []string
	for _, template := range named {
		uuid := quote(template.UUID)
		if Fingerprint(flatTemplate(template.Body), modules) == wanted {
			uuid += " as defined"
		}
		uuids = append(uuids, uuid)
	}
	slices.Sort(uuids)
	return fmt.Sprintf("%d of your templates are called %s (uuids %s); delete all but one with buildsync template delete",
		len(named), sanitize.Line(want.Name, nameLimit), strings.Join(uuids, ", "))
}

// templateMembers are a template's members that a user can say something about
// (API reference 4.21).
var templateMembers = []string{"name", "description", "tool_type", "parameters"}

// flatTemplate brings a template's body into the shape of a job's: the steps
// beside the parameters. The service stores a template's keys in more than one
// letter case (API reference 4.20, note at template), so they are read without.
func flatTemplate(body *jsontree.Value) *jsontree.Value {
	if body == nil {
		return nil
	}
	out := jsontree.Object()
	for _, key := range templateMembers {
		if v := getFold(body, key); v != nil {
			out.Set(key, v.Clone())
		}
	}
	steps := getFold(getFold(body, "template"), "steps")
	if steps.Kind() != jsontree.KindArray {
		return out
	}
	list := jsontree.Array()
	for _, step := range steps.Items() {
		list.Append(flatStep(step))
	}
	out.Set("steps", list)
	return out
}

func flatStep(step *jsontree.Value) *jsontree.Value {
	if step.Kind() != jsontree.KindObject {
		return step.Clone()
	}
	out := jsontree.Object()
	for _, m := range step.Members() {
		key := strings.ToLower(m.Key)
		if key == "moduleid" {
			key = "module_id"
		}
		out.Set(key, m.Value.Clone())
	}
	return out
}

// getFold returns the member called key in any letter case.
func getFold(v *jsontree.Value, key string) *jsontree.Value {
	if exact := v.Get(key); exact != nil {
		return exact
	}
	for _, m := range v.Members() {
		if strings.EqualFold(m.Key, key) {
			return m.Value
		}
	}
	return nil
}
