package wire

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Parameter is the definition of a build parameter as sent and read (reference 4.18): a list of
// fields with name and value. All packages use its methods, so they agree on which values are
// secret.
type Parameter struct{ Definition *jsontree.Value }

// ParametersOf returns the parameters of a job's or a template's body.
func ParametersOf(body *jsontree.Value) []Parameter {
	items := Member(body, KeyParameters).Items()
	parameters := make([]Parameter, len(items))
	for i, item := range items {
		parameters[i] = Parameter{item}
	}
	return parameters
}

// Fields returns all entries called name: a list can have a name twice, and it is unknown which one
// the service uses. Case is ignored, because the service may accept SENSITIVEVAR.
func (p Parameter) Fields(name string) []*jsontree.Value {
	var found []*jsontree.Value
	for _, field := range Member(p.Definition, KeyParams).Items() {
		if strings.EqualFold(Member(field, KeyName).Text(), name) {
			found = append(found, field)
		}
	}
	return found
}

// Field returns the first entry called name, nil if there is none.
func (p Parameter) Field(name string) *jsontree.Value {
	if fields := p.Fields(name); len(fields) > 0 {
		return fields[0]
	}
	return nil
}

// Value returns the value of a field, nil if there is none.
func (p Parameter) Value(name string) *jsontree.Value { return Member(p.Field(name), KeyValue) }

// Name returns the parameter's name, "" if it has none.
func (p Parameter) Name() string { return p.Value(ParamName).Text() }

// IsSensitive reports whether the service hides the parameter's value. One of several entries is
// enough.
func (p Parameter) IsSensitive() bool {
	return slices.ContainsFunc(p.Fields(ParamSensitiveVar), func(field *jsontree.Value) bool {
		return MeansTrue(Member(field, KeyValue).Text())
	})
}

// IsPredefined reports whether the service created the parameter.
func (p Parameter) IsPredefined() bool { return MeansTrue(p.Value(ParamDefaults).Text()) }

// MeansTrue reports whether the text of a flag, such as sensitiveVar, may mean
// true to the service: true, yes or on in any letter case, with blanks
// around it, or 1.
// The API's own type for these flags is text.
func MeansTrue(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "1", "1.0", "yes", "on":
		return true
	}
	return false
}

// Member returns the member called by one of keys, ignoring case; an exact match wins. It returns
// nil if there is none.
func Member(v *jsontree.Value, keys ...string) *jsontree.Value {
	for _, key := range keys {
		if exact := v.Get(key); exact != nil {
			return exact
		}
	}
	for _, m := range v.Members() {
		for _, key := range keys {
			if strings.EqualFold(m.Key, key) {
				return m.Value
			}
		}
	}
	return nil
}

// ModuleOf returns the module of a step, which templates also store as moduleId.
func ModuleOf(step *jsontree.Value) string { return Member(step, KeyModuleID, "moduleId").Text() }

// PlainStep returns a copy of a template's step with the keys of a job's: the service stores them in
// several letter cases (API reference 4.20, note at template).
func PlainStep(step *jsontree.Value) *jsontree.Value {
	if step.Kind() != jsontree.KindObject {
		return step.Clone()
	}
	out := jsontree.Object()
	for _, m := range step.Members() {
		key := strings.ToLower(m.Key)
		if key == "moduleid" {
			key = KeyModuleID
		}
		out.Set(key, m.Value.Clone())
	}
	return out
}
