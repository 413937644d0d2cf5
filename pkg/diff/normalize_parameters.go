package diff

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// stringDefinition is the only known parameter definition, and the default (API reference 4.18), in
// canonical form.
var stringDefinition = strings.ToLower(wire.ParameterDefinition)

func definitionName(body *jsontree.Value, _ Modules) {
	for _, param := range body.Get(wire.KeyParameters).Items() {
		if param.Kind() != jsontree.KindObject {
			continue
		}
		param.Set(wire.KeyName, jsontree.String(canonicalDefinition(param)))
	}
}

func canonicalDefinition(param *jsontree.Value) string {
	name := strings.ToLower(param.Str(wire.KeyName))
	if isStringDefinition(name) {
		return stringDefinition
	}
	return name
}

// sameDefinition reports whether two parameters name one definition, as the service may write the
// name in other letters than it was sent.
func sameDefinition(a, b *jsontree.Value) bool {
	return canonicalDefinition(a) == canonicalDefinition(b)
}

// isStringDefinition reports whether name is the only known definition: in any letter case,
// missing, or damaged at its first letter.
func isStringDefinition(name string) bool {
	name = strings.ToLower(name)
	return name == "" || name == stringDefinition || name == stringDefinition[1:]
}

func predefinedDescription(body *jsontree.Value, _ Modules) {
	for _, param := range body.Get(wire.KeyParameters).Items() {
		if isPredefined(param) {
			dropParamField(param, wire.ParamDescription, nil)
		}
	}
}

// dropParamField removes a parameter's field if its value equals value, or in any case if value is
// nil.
func dropParamField(param *jsontree.Value, name string, value *string) {
	params := param.Get(wire.KeyParams)
	if params == nil {
		return
	}
	params.SetItems(slices.DeleteFunc(slices.Clone(params.Items()), func(field *jsontree.Value) bool {
		return field.Str(wire.KeyName) == name && (value == nil || strings.EqualFold(field.Str(wire.KeyValue), *value))
	}))
}

func setOrder(body *jsontree.Value, _ Modules) {
	nestedOrder(body, nil)
	sortItems(body.Get(wire.KeyParameters), paramName)
}

// nestedOrder sorts lists inside the items of lists.
func nestedOrder(body *jsontree.Value, _ Modules) {
	for _, param := range body.Get(wire.KeyParameters).Items() {
		fields := param.Get(wire.KeyParams)
		for _, field := range fields.Items() {
			sortItems(field.Get(wire.KeyLimits), func(limit *jsontree.Value) string { return limit.Str(wire.KeyName) })
		}
		sortItems(fields, func(field *jsontree.Value) string { return field.Str(wire.KeyName) })
	}
	for _, trigger := range body.Get(wire.KeyTriggers).Items() {
		sortItems(trigger.Get(wire.KeyParameters), func(field *jsontree.Value) string { return field.Str(wire.KeyName) })
	}
}

func sortItems(list *jsontree.Value, key func(*jsontree.Value) string) {
	slices.SortStableFunc(list.Items(), func(a, b *jsontree.Value) int { return strings.Compare(key(a), key(b)) })
}

// absentParams are the values that a parameter's missing fields stand for.
var absentParams = [][2]string{
	{wire.ParamDescription, ""}, {"deletion", "false"}, {"defaults", "false"},
	{wire.ParamStaticVar, "false"}, {wire.ParamSensitiveVar, "false"},
}

// withoutAbsent returns desired without the fields that a live parameter does not have and that mean
// what their absence means: an update of something else must not add them.
func withoutAbsent(desired, live *jsontree.Value) *jsontree.Value {
	out := desired.Clone()
	have := map[string]wire.Parameter{}
	for _, param := range wire.ParametersOf(live) {
		have[param.Name()] = param
	}
	for _, param := range wire.ParametersOf(out) {
		old, isLive := have[param.Name()]
		params := param.Definition.Get(wire.KeyParams)
		if !isLive || params == nil {
			continue
		}
		params.SetItems(slices.DeleteFunc(slices.Clone(params.Items()), func(field *jsontree.Value) bool {
			return isAbsentParam(field) && old.Field(field.Str(wire.KeyName)) == nil
		}))
	}
	return out
}

// isAbsentParam reports whether a parameter means the same without a field.
func isAbsentParam(field *jsontree.Value) bool {
	if !wire.Member(field, wire.KeyLimits).IsEmpty() {
		return false
	}
	return slices.ContainsFunc(absentParams, func(absent [2]string) bool {
		return field.Str(wire.KeyName) == absent[0] && strings.EqualFold(field.Get(wire.KeyValue).Text(), absent[1])
	})
}

// absentMembers and absentScmMembers are the values that missing members stand for, in canonical
// form.
var (
	absentMembers = map[string]string{
		wire.KeyFlavor: `"default"`, wire.KeyHostType: `"devcloud"`, wire.KeyBuildConfigType: `"ACTION"`,
		wire.KeyAutoUpdateSubModule: `"false"`, wire.KeyBuildIfCodeUpdated: `false`,
	}
	absentScmMembers = map[string]string{
		wire.KeyBuildType: `"branch"`, "depth": `"1"`, wire.KeyIsAutoBuild: `false`, wire.KeyEnableGitLFS: `false`,
	}
)

func serverDefaults(body *jsontree.Value, modules Modules) {
	dropDefaults(body, absentMembers)
	for _, scm := range body.Get(wire.KeySCMs).Items() {
		dropDefaults(scm, absentScmMembers)
	}
	for _, step := range body.Get(wire.KeySteps).Items() {
		dropDefaults(step, map[string]string{"enable": `true`})
		dropPropertyDefaults(step, modules)
	}
	for _, param := range body.Get(wire.KeyParameters).Items() {
		for _, absent := range absentParams {
			dropParamField(param, absent[0], &absent[1])
		}
		for _, field := range param.Get(wire.KeyParams).Items() {
			for _, limit := range field.Get(wire.KeyLimits).Items() {
				dropDefaults(limit, map[string]string{"disable": `"0"`})
			}
		}
	}
}

// dropDefaults removes the members of object that equal their default, given as JSON.
func dropDefaults(object *jsontree.Value, defaults map[string]string) {
	for key, value := range defaults {
		if v := object.Get(key); v != nil && string(v.AppendJSON(nil)) == value {
			object.Delete(key)
		}
	}
}

// dropPropertyDefaults removes the values from a step's properties that the service fills in
// according to the catalogue.
func dropPropertyDefaults(step *jsontree.Value, modules Modules) {
	properties := step.Get(wire.KeyProperties)
	var same []string
	for _, m := range properties.Members() {
		facts, known := propertyFacts(modules, step.Str(wire.KeyModuleID), m.Key)
		if known && facts.Default != nil && jsontree.Equal(m.Value, canonicalDefault(facts)) {
			same = append(same, m.Key)
		}
	}
	for _, key := range same {
		properties.Delete(key)
	}
	if properties != nil && properties.Len() == 0 {
		step.Delete(wire.KeyProperties)
	}
}

// canonicalDefault returns a property's default as normalized by the earlier rules.
func canonicalDefault(facts PropertyFacts) *jsontree.Value {
	if facts.Text {
		return facts.Default
	}
	return scalarsAsText(facts.Default.Clone())
}
