package wire

import (
	"strings"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Parameter is a definition of a build parameter as it is sent and read
// (reference 4.18): a list of fields, each with a name and a value. Every stage
// asks it what a field is, so that they cannot disagree on what is secret.
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

// Field returns the entry called name, nil where there is none. Names are
// compared without regard to case: a service that takes SENSITIVEVAR must not
// find a gap here.
func (p Parameter) Field(name string) *jsontree.Value {
	for _, field := range Member(p.Definition, KeyParams).Items() {
		if strings.EqualFold(Member(field, KeyName).Text(), name) {
			return field
		}
	}
	return nil
}

// Value returns the value of a field, nil where there is none.
func (p Parameter) Value(name string) *jsontree.Value { return Member(p.Field(name), KeyValue) }

// Name returns the parameter's name, "" where it has none.
func (p Parameter) Name() string { return p.Value(ParamName).Text() }

// IsSensitive reports whether the service hides the parameter's value.
func (p Parameter) IsSensitive() bool { return MeansTrue(p.Value(ParamSensitiveVar).Text()) }

// IsPredefined reports whether the service made the parameter.
func (p Parameter) IsPredefined() bool { return MeansTrue(p.Value(ParamDefaults).Text()) }

// MeansTrue reports whether the text of a flag, such as sensitiveVar, may mean
// true to the service: true in any letter case, with blanks around it, or 1.
// The API's own type for these flags is text.
func MeansTrue(text string) bool {
	text = strings.TrimSpace(text)
	return strings.EqualFold(text, "true") || text == "1"
}

// Member returns the member called by one of keys, in any letter case; an exact
// one goes first. It returns nil where there is none.
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
