package diff

import (
	"fmt"
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// enabledPath is the path of a job's enabled state, which is not in its body
// but in the listing.
const enabledPath = "enabled"

// enabled compares the enabled state and adds the action that changes it.
func (j *jobTask) enabled(change *Change) {
	want, before, live := j.want, j.before, j.live
	if want.Enabled == nil && j.in.LeftEnabled[live.ID] && !live.Item.Disabled {
		change.Note = "an earlier run enabled it for an update, and ended before it disabled it again"
		change.Fields = append([]Field{{Path: enabledPath, Before: jsontree.Bool(true), After: jsontree.Bool(false), Verdict: VerdictChange}}, change.Fields...)
		change.Actions = append(change.Actions, ActionDisable)
		return
	}
	if want.Enabled == nil || *want.Enabled == !live.Item.Disabled || j.ignore.matches(enabledPath) {
		return
	}
	field := Field{
		Path: enabledPath, Before: jsontree.Bool(!live.Item.Disabled), After: jsontree.Bool(*want.Enabled),
		Verdict: VerdictChange,
	}
	if before != nil && before.Enabled != nil {
		// Of two states three sides cannot all differ: no conflict is possible.
		field.Base = jsontree.Bool(*before.Enabled)
		if *before.Enabled == *want.Enabled {
			field.Verdict = VerdictDrift
		}
	}
	field.File, field.Line = (&comparison{placeOf: want.PlaceOf, pos: want.Pos}).place(enabledPath)
	change.Fields = append([]Field{field}, change.Fields...)
	if *want.Enabled {
		change.Actions = append(change.Actions, ActionEnable)
		return
	}
	change.Actions = append(change.Actions, ActionDisable)
	j.noteDisabled()
}

// noteDisabled counts a job that its definition disables, and refuses where it
// is protected.
func (j *jobTask) noteDisabled() {
	want := j.want
	j.removed = append(j.removed, want.Address)
	if want.Protect || j.before != nil && j.before.Protect {
		j.refuse(RuleProtected, want.Address, fmt.Sprintf(
			"%s is protected, and the definitions disable it; take protect: true out in a change of its own first",
			quote(want.Address)))
	}
}

// forced adds the sensitive values that --write-secret asks to write anew.
func (j *jobTask) forced(change *Change) {
	for _, use := range j.want.Secrets {
		if !slices.Contains(j.in.Options.WriteSecrets, use.Secret) && !slices.Contains(j.in.Options.WriteSecrets, "all") {
			continue
		}
		path := compile.ParameterPath(use.Parameter) + ".defaultValue"
		within := func(f Field) bool { return f.Path == path || f.Path == compile.ParameterPath(use.Parameter) }
		if !slices.ContainsFunc(change.Fields, within) {
			change.Fields = append(change.Fields, Field{
				Path: path, Verdict: VerdictChange, Sensitive: true, File: use.Pos.File, Line: use.Pos.Line,
			})
		}
	}
}

// unsendable lists the sensitive parameters and properties whose value in the
// desired body is what was read: a mask or a ciphertext, which would destroy the
// stored value.
func (c *comparison) unsendable() []string {
	declared := map[string]bool{}
	for _, param := range wire.ParametersOf(c.declared) {
		if param.Value(wire.ParamDefaultValue) != nil {
			declared[param.Name()] = true
		}
	}
	var lost []string
	for _, param := range wire.ParametersOf(c.desired) {
		value := param.Value(wire.ParamDefaultValue)
		hidden := !value.IsEmpty() || value.Kind() == jsontree.KindNull // some services show null in place of a mask
		if name := param.Name(); param.IsSensitive() && !declared[name] && hidden {
			lost = append(lost, compile.ParameterPath(name))
		}
	}
	s := c.sides()
	for _, e := range s.shownDesired.entries {
		if e.list == "steps" && holdsSecret(e.value) && !s.declared.has(e.path) {
			lost = append(lost, e.path)
		}
	}
	return lost
}
