package jobs

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// CheckParameters refuses undeclared parameters and values that are not options: the service would
// use its defaults.
func CheckParameters(job Ref, body *jsontree.Value, parameters []wire.RunParameter) error {
	declared := map[string]*jsontree.Value{}
	var names []string
	for _, definition := range body.Get(wire.KeyParameters).Items() {
		name := ParameterField(definition, wire.ParamName)
		declared[name] = definition
		names = append(names, name)
	}
	for _, p := range parameters {
		definition, known := declared[p.Name]
		if !known {
			return wrongInput("%s declares no parameter %q%s", job, p.Name, nearOrAll(p.Name, names, "it has: "))
		}
		if options := optionsOf(definition); len(options) > 0 && !slices.Contains(options, p.Value) {
			return wrongInput("the value of the parameter %s is not one of its options: %s", p.Name, strings.Join(options, ", "))
		}
	}
	return nil
}

// ParameterField returns one field of a parameter definition, as text.
func ParameterField(parameter *jsontree.Value, name string) string {
	return wire.Parameter{Definition: parameter}.Value(name).Text()
}

// optionsOf returns the values that an enumeration offers; none for other types.
func optionsOf(definition *jsontree.Value) []string {
	var options []string
	for _, field := range definition.Get(wire.KeyParams).Items() {
		for _, option := range field.Get(wire.KeyLimits).Items() {
			if option.Str(wire.KeyDisable) != "1" {
				options = append(options, option.Str(wire.KeyName))
			}
		}
	}
	return options
}
