package diff

import (
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Rule removes one kind of difference that has no meaning. The rules are
// applied to both sides, in order, before the comparison. plan --explain names
// the rule that made two values equal.
type Rule struct {
	ID  string
	Doc string // what it treats as equal, and the evidence

	apply func(body *jsontree.Value, modules Modules)
}

// Rules returns the rules in the order in which they are applied.
func Rules() []Rule {
	return []Rule{
		{"limit-time", "limit_time (read) and timeout in hours (written) are the same value", limitTime},
		{"read-only", "members that only the service writes: domain_id, actions, build_environment_type, cluster_selected", readOnly},
		{"moments", "the time at which the service last wrote something, like update_time and a step's stepUpdateTime: a member named so whose value is a time", moments},
		{"endpoint-key", "endpoint_id is another spelling of a code source's end_point_id", endpointKey},
		{"definition-name", "a parameter's definition name in any letter case, damaged at its first letter, or missing (API reference 4.20, 4.26)", definitionName},
		{"numbers", "1.10 and 1.1, 1e3 and 1000: a number is its value, exactly", numbers},
		{"canonical-types", "true and \"true\", 1 and \"1\" where the API reference has one type and the service writes the other", canonicalTypes},
		{"property-types", "true and \"true\", 1 and \"1\" in a step's property, unless the catalogue knows it as text (API reference 4.20, 4.26)", propertyTypes},
		{"line-endings", "CRLF and LF", lineEndings},
		{"letter-case", "arch, flavor, host_type, build_config_type, a timeout's unit, and a code source's scm_type and build_type in any letter case; scm_type repo is codehub", letterCase},
		{"timeout-unit", "240 minutes and 4 hours: a timeout is its length", timeoutUnit},
		{"predefined-description", "the description of a predefined parameter, which the service translates", predefinedDescription},
		{"pre-condition", "a step's preCondition SUCCESS, which the service adds", preCondition},
		{"secret-value", "a sensitive value comes back masked or as ciphertext: it is unknown, never different", secretValue},
		{"empty", "null, absent, [] and {}; an empty string too, except in a step's properties", func(body *jsontree.Value, _ Modules) { wire.DropEmpty(body) }},
		{"server-default", "absent and the value that the service takes for it: flavor DEFAULT, host_type devcloud, build_config_type ACTION, depth 1 and similar", serverDefaults},
		{"set-order", "the order of parameters, of their fields, of their options and of a trigger's parameters", setOrder},
	}
}

// Normalize returns a copy of body with every rule applied.
func Normalize(body *jsontree.Value, modules Modules) *jsontree.Value {
	c := body.Clone()
	for _, rule := range Rules() {
		rule.apply(c, modules)
	}
	return c
}

// ModulesOf returns the facts of a catalogue.
func ModulesOf(c *catalog.Catalogue) Modules {
	if c == nil {
		return nil
	}
	return catalogueFacts{c}
}

type catalogueFacts struct{ catalogue *catalog.Catalogue }

func (f catalogueFacts) PropertyFacts(moduleID, property string) (PropertyFacts, bool) {
	p := f.catalogue.Module(moduleID).Property(property)
	if p == nil {
		return PropertyFacts{}, false
	}
	facts := PropertyFacts{Text: p.Type == catalog.String && !p.Boolish, Secret: p.Secret}
	if p.ServerFills {
		facts.Default = p.Default
	}
	return facts, true
}
