package screen

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint/secret"
)

// Sensitive stands for a value that must not be shown.
const Sensitive = "(sensitive)"

// Redacted returns a copy of a tree in which no secret can be read: the values
// of sensitive parameters, the step properties that the catalogue calls secret,
// a notification's param_config, and every text that looks like a secret or
// carries a secret's name. Templates spell their keys in more than one way,
// so keys are compared without regard to case. known hides the secrets that a run knows; nil: it knows none.
func Redacted(v *jsontree.Value, modules *catalog.Catalogue, known *strings.Replacer) *jsontree.Value {
	if known == nil {
		known = strings.NewReplacer()
	}
	return redactor{modules, known}.value("", v.Clone())
}

type redactor struct {
	modules *catalog.Catalogue
	known   *strings.Replacer
}

// shortestKnown is the length below which a secret of the environment is not
// looked for in results: to hide each "test" would spoil them.
const shortestKnown = 8

// Hiding returns what replaces the values of secrets, wherever the service repeats
// them.
func Hiding(values []string) *strings.Replacer {
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) }) // no secret hides a part of a longer one
	var pairs []string
	for _, value := range values {
		if len(value) >= shortestKnown {
			pairs = append(pairs, value, Sensitive)
		}
	}
	return strings.NewReplacer(pairs...)
}

// value hides what is secret in the value of something called name.
func (r redactor) value(name string, v *jsontree.Value) *jsontree.Value {
	switch v.Kind() {
	case jsontree.KindString:
		return jsontree.String(HideSecret(name, r.known.Replace(v.Text())))
	case jsontree.KindArray:
		items := v.Items()
		for i := range items {
			items[i] = r.value(name, items[i])
		}
	case jsontree.KindObject:
		r.object(v)
	}
	return v
}

func (r redactor) object(v *jsontree.Value) {
	module := r.modules.Module(wire.ModuleOf(v))
	label, _ := wire.Member(v, wire.KeyName).AsString()
	for _, m := range v.Members() {
		switch {
		case strings.EqualFold(m.Key, "param_config") && !m.Value.IsEmpty():
			v.Set(m.Key, jsontree.String(Sensitive))
			continue
		case strings.EqualFold(m.Key, wire.KeyProperties) && module != nil:
			for _, property := range m.Value.Members() {
				if p := module.Property(property.Key); p != nil && p.Secret && !property.Value.IsEmpty() {
					m.Value.Set(property.Key, jsontree.String(Sensitive))
				}
			}
		case strings.EqualFold(m.Key, wire.KeyParams):
			HideParameter(m.Value)
		}
		name := m.Key
		if strings.EqualFold(name, wire.KeyValue) && label != "" {
			name = label // {"name": "TOKEN", "value": …}
		}
		v.Set(m.Key, r.value(name, m.Value))
	}
}

// HideParameter hides the default value of a parameter definition where the
// definition says that it is sensitive, or its name does.
func HideParameter(params *jsontree.Value) {
	parameter := wire.Parameter{Definition: jsontree.Object(jsontree.Member{Key: wire.KeyParams, Value: params})}
	name, marked := parameter.Name(), parameter.IsSensitive()
	for _, value := range parameter.Fields(wire.ParamDefaultValue) {
		for _, m := range value.Members() {
			isValue := strings.EqualFold(m.Key, wire.KeyValue)
			if m.Value.IsEmpty() || !isValue && !strings.EqualFold(m.Key, wire.KeyLimits) {
				continue
			}
			if marked {
				value.Set(m.Key, jsontree.String(Sensitive))
			} else if text, ok := m.Value.AsString(); ok && isValue {
				value.Set(m.Key, jsontree.String(HideSecret(name, text)))
			}
		}
	}
}

// HideSecret hides what looks like a secret in the value of something called
// name.
func HideSecret(name, text string) string {
	if safe := secret.Redact(text); safe != text {
		return safe
	}
	if len(secret.FindValue(name, text)) > 0 {
		return Sensitive
	}
	return text
}
