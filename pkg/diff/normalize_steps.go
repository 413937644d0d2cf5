package diff

import (
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// propertyTypes writes scalar properties as text, so that true and "true" are equal. It skips
// properties that the catalogue lists as text: there the service keeps the type that was sent.
func propertyTypes(body *jsontree.Value, modules Modules) {
	for _, step := range body.Get(wire.KeySteps).Items() {
		properties := step.Get(wire.KeyProperties)
		for _, m := range properties.Members() {
			if facts, known := propertyFacts(modules, step.Str(wire.KeyModuleID), m.Key); known && facts.Text {
				continue
			}
			properties.Set(m.Key, scalarsAsText(m.Value))
		}
	}
}

// scalarsAsText writes booleans and numbers in v as text, at any depth. The service mixes types
// inside objects too.
func scalarsAsText(v *jsontree.Value) *jsontree.Value {
	switch v.Kind() {
	case jsontree.KindBool, jsontree.KindNumber: // numbers are canonical by then
		return jsontree.String(v.Text())
	}
	for _, m := range v.Members() {
		v.Set(m.Key, scalarsAsText(m.Value))
	}
	items := v.Items()
	for i := range items {
		items[i] = scalarsAsText(items[i])
	}
	return v
}

func propertyFacts(modules Modules, moduleID, property string) (PropertyFacts, bool) {
	if modules == nil {
		return PropertyFacts{}, false
	}
	return modules.PropertyFacts(moduleID, property)
}

func preCondition(body *jsontree.Value, _ Modules) {
	for _, step := range body.Get(wire.KeySteps).Items() {
		if properties := step.Get(wire.KeyProperties); properties.Str("preCondition") == "SUCCESS" {
			properties.Delete("preCondition")
		}
	}
}

// secretMark stands for a sensitive value on both sides of a comparison.
const secretMark = "(sensitive)"

// secretValue replaces all sensitive values by secretMark: of parameters by their sensitiveVar, of
// step properties by the catalogue.
func secretValue(body *jsontree.Value, modules Modules) {
	for _, param := range body.Get(wire.KeyParameters).Items() {
		if isSensitive(param) {
			hideDefault(param)
		}
	}
	for _, step := range body.Get(wire.KeySteps).Items() {
		properties := step.Get(wire.KeyProperties)
		for _, m := range properties.Members() {
			if facts, known := propertyFacts(modules, step.Str(wire.KeyModuleID), m.Key); known && facts.Secret {
				properties.Set(m.Key, jsontree.String(secretMark))
			}
		}
	}
}

// hideDefault replaces a parameter's default value and choices by secretMark.
func hideDefault(param *jsontree.Value) {
	for _, field := range (wire.Parameter{Definition: param}).Fields(wire.ParamDefaultValue) {
		field.Set(wire.KeyValue, jsontree.String(secretMark))
		if !wire.Member(field, wire.KeyLimits).IsEmpty() { // the value is one of its choices
			field.Set(wire.KeyLimits, jsontree.String(secretMark))
		}
	}
}

// isSensitive reports whether a parameter's value must not be shown.
func isSensitive(param *jsontree.Value) bool { return wire.Parameter{Definition: param}.IsSensitive() }

// isPredefined reports whether the service created the parameter.
func isPredefined(param *jsontree.Value) bool {
	return wire.Parameter{Definition: param}.IsPredefined()
}

// paramName returns a parameter's name.
func paramName(param *jsontree.Value) string { return wire.Parameter{Definition: param}.Name() }
