package wire

import (
	"encoding/json"
	"strings"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// reader takes known members out of an object; extra returns the rest. It accepts what the service
// mixes up: numbers as strings and booleans as "true".
type reader struct {
	object *jsontree.Value
	seen   map[string]bool
}

func read(object *jsontree.Value) *reader {
	return &reader{object: object, seen: map[string]bool{}}
}

// get returns the first non-empty member of those keys.
func (r *reader) get(keys ...string) *jsontree.Value {
	var found *jsontree.Value
	for _, key := range keys {
		r.seen[key] = true
		if v := r.object.Get(key); found.IsAbsentOrNull() {
			found = v
		}
	}
	return found
}

func (r *reader) text(keys ...string) string { return r.get(keys...).Text() }

// number returns "" for what is not a number.
func (r *reader) number(keys ...string) json.Number {
	v := r.get(keys...)
	switch v.Kind() {
	case jsontree.KindNumber:
		return json.Number(v.Text())
	case jsontree.KindString:
		if n := json.Number(strings.TrimSpace(v.Text())); isNumber(n) {
			return n
		}
	}
	return ""
}

func isNumber(n json.Number) bool {
	if n == "" {
		return false
	}
	v, err := jsontree.Parse([]byte(n), jsontree.Limits{})
	return err == nil && v.Kind() == jsontree.KindNumber
}

func (r *reader) flag(keys ...string) bool {
	v := r.get(keys...)
	switch v.Kind() {
	case jsontree.KindBool, jsontree.KindString:
		return strings.EqualFold(v.Text(), "true") || v.Text() == "1"
	case jsontree.KindNumber:
		return v.Text() == "1"
	}
	return false
}

// extra returns the members that were not read; nil for none.
func (r *reader) extra() *jsontree.Value {
	var rest []jsontree.Member
	for _, m := range r.object.Members() {
		if !r.seen[m.Key] {
			rest = append(rest, m)
		}
	}
	if rest == nil {
		return nil
	}
	return jsontree.Object(rest...)
}

// listMembers are the lists of a job or template body, and those in their items.
var listMembers = map[string][]string{
	KeySteps: nil, KeySCMs: nil, KeyParameters: {KeyParams}, KeyTriggers: {KeyParameters},
}

// SpellLists writes each list of a job or template body as one that the service
// printed as a bare object.
func SpellLists(body *jsontree.Value) {
	for key, inner := range listMembers {
		for _, item := range spellList(body, key) {
			if properties := item.Get(KeyProperties); key == KeySteps && properties.Kind() == jsontree.KindString {
				unquoted(item, jsontree.Member{Key: KeyProperties, Value: properties})
			}
			for _, key := range inner {
				for _, field := range spellList(item, key) {
					spellList(field, KeyLimits)
				}
			}
		}
	}
	if template := body.Get(KeyTemplate); template.Kind() == jsontree.KindObject {
		SpellLists(template)
	}
}

// spellList writes one member as a list and returns its items.
func spellList(object *jsontree.Value, key string) []*jsontree.Value {
	for _, m := range object.Members() {
		if strings.EqualFold(m.Key, key) {
			m.Value = unquoted(object, m)
		}
		if strings.EqualFold(m.Key, key) && m.Value.Kind() == jsontree.KindObject { // Steps in templates
			object.Set(m.Key, jsontree.Array(List(m.Value)...))
		}
	}
	return Member(object, key).Items()
}

// unquoted writes a list or object that the service printed as a text of JSON as itself, and returns
// it.
func unquoted(object *jsontree.Value, m jsontree.Member) *jsontree.Value {
	text, ok := m.Value.AsString()
	if !ok || !strings.HasPrefix(text, "[") && !strings.HasPrefix(text, "{") {
		return m.Value
	}
	inner, err := jsontree.Parse([]byte(text), jsontree.Limits{})
	if err != nil {
		return m.Value
	}
	object.Set(m.Key, inner)
	return inner
}

// List returns the items of a list that the service may print as one bare
// object when it has a single element.
func List(v *jsontree.Value) []*jsontree.Value {
	if v.Kind() == jsontree.KindObject && v.Len() > 0 {
		return []*jsontree.Value{v}
	}
	return v.Items()
}
