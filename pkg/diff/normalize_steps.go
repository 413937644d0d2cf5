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

// forgetOthers removes, from the live steps that the update removes or gives
// another module, the properties that neither the catalogue knows nor the base
// declares. The service added them, so they go with the step, and they may be
// new at each read: a plan that named them would always be stale. Steps of a
// module that the catalogue does not know are left alone. bodies are copies of
// the live body.
func (c *comparison) forgetOthers(bodies ...*jsontree.Value) {
	base := c.base.Get(wire.KeySteps).Items()
	for h, step := range c.live.Get(wire.KeySteps).Items() {
		b, goes := c.replaced(h, step)
		if !goes {
			continue
		}
		var declared *jsontree.Value
		if b != none && b < len(base) {
			declared = base[b].Get(wire.KeyProperties)
		}
		var others []string
		known := false
		for _, m := range step.Get(wire.KeyProperties).Members() {
			if _, ok := propertyFacts(c.modules, step.Str(wire.KeyModuleID), m.Key); ok {
				known = true
			} else if declared.Get(m.Key) == nil {
				others = append(others, m.Key)
			}
		}
		if !known {
			continue
		}
		for _, body := range bodies {
			for _, key := range others {
				body.Get(wire.KeySteps).Items()[h].Get(wire.KeyProperties).Delete(key)
			}
		}
	}
}

// replaced reports whether the desired body lacks the live step with index h or
// has it with another module. base is the index of its step in the base, or none.
func (c *comparison) replaced(h int, step *jsontree.Value) (base int, replaced bool) {
	link := c.links[wire.KeySteps]
	if link == nil {
		link = &correspondence{}
	}
	for d, item := range c.desired.Get(wire.KeySteps).Items() {
		if link.partner(link.live, d) == h {
			return link.partner(link.base, d), item.Str(wire.KeyModuleID) != step.Str(wire.KeyModuleID)
		}
	}
	for b, partner := range link.baseLive {
		if partner == h {
			return b, true
		}
	}
	return none, true
}
