package catalog

import (
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// decodeRule is the rule of every finding about a modules file.
const decodeRule = "modules-file"

// decoder turns nodes into modules and collects their errors.
type decoder struct {
	at    string // pointer of the module being read
	diags spec.Diagnostics
}

func (d *decoder) report(n *spec.Node, pointer, message, hint string) {
	if d.at != "" && pointer != "" {
		pointer = d.at + "." + pointer
	}
	d.diags = append(d.diags, spec.Diagnostic{
		Rule: decodeRule, Severity: spec.Error, Range: n.Range, Message: message, Hint: hint, Pointer: pointer,
	})
}

// isMapping checks that n is a mapping of the keys given and nothing else.
func (d *decoder) isMapping(n *spec.Node, what string, keys ...string) bool {
	if n.Kind != spec.MappingNode {
		d.report(n, "", what+" must be a mapping", "")
		return false
	}
	for _, f := range n.Fields {
		known := false
		for _, key := range keys {
			known = known || key == f.Key.Text
		}
		if !known {
			d.report(f.Key, f.Key.Text, fmt.Sprintf("%s has no key %q", what, f.Key.Text), spec.DidYouMean(f.Key.Text, keys))
		}
	}
	return true
}

func (d *decoder) text(n *spec.Node, key string) string {
	v := n.Get(key)
	if v == nil || v.IsNull() {
		return ""
	}
	if v.Kind != spec.ScalarNode {
		d.report(v, key, key+" must be a text", "")
		return ""
	}
	return v.Text
}

func (d *decoder) flag(n *spec.Node, key string) bool {
	v := n.Get(key)
	if v == nil {
		return false
	}
	if v.Kind != spec.ScalarNode || v.Type != spec.BoolType {
		d.report(v, key, key+" must be true or false", "")
		return false
	}
	return v.Text == "true"
}

func (d *decoder) texts(n *spec.Node, key string) []string {
	v := n.Get(key)
	if v == nil || v.IsNull() {
		return nil
	}
	if v.Kind != spec.SequenceNode {
		d.report(v, key, key+" must be a list of texts", "")
		return nil
	}
	texts := make([]string, 0, len(v.Items))
	for _, item := range v.Items {
		if item.Kind != spec.ScalarNode {
			d.report(item, key, key+" must be a list of texts", "")
			continue
		}
		texts = append(texts, item.Text)
	}
	return texts
}

func (d *decoder) confidence(n *spec.Node, fallback Confidence) Confidence {
	v := n.Get("confidence")
	if v == nil {
		return fallback
	}
	switch c := Confidence(v.Text); c {
	case Documented, Observed, NoProperties, NameOnly, Harvested, Inferred:
		return c
	}
	d.report(v, "confidence", fmt.Sprintf("%q is not a confidence", v.Text),
		"write documented, observed, observed-no-properties, id-and-name-only, harvested or inferred")
	return fallback
}

func (d *decoder) module(n *spec.Node) *Module {
	if !d.isMapping(n, "a module", "module_id", "name", "aliases", "description", "confidence", "sources",
		"versions_seen", "actions", "properties", "inputs") {
		return nil
	}
	m := &Module{
		ID: d.text(n, "module_id"), Name: d.text(n, "name"), Aliases: d.texts(n, "aliases"),
		Description: d.text(n, "description"), Confidence: d.confidence(n, Harvested), Sources: d.texts(n, "sources"),
	}
	if m.ID == "" {
		d.report(n, "module_id", "a module needs its module_id", "")
	}
	if v := n.Get("versions_seen"); v != nil {
		m.Versions = v.JSON().Items()
	}
	m.Actions = d.actions(n.Get("actions"), m.Confidence)
	m.Properties = d.properties(n.Get("properties"), m.Confidence)
	m.Inputs = d.inputs(n.Get("inputs"), m.Confidence)
	for _, key := range []string{"module_id", "name", "properties", "inputs"} {
		d.refuseReferences(n.Get(key), key)
	}
	return m
}

// refuseReferences reports a ${{ in what a step is compiled from: nothing would
// resolve it.
func (d *decoder) refuseReferences(n *spec.Node, key string) {
	if n == nil {
		return
	}
	if n.Kind == spec.ScalarNode && strings.Contains(n.Text, spec.ReferenceStart) {
		d.report(n, key, "references are not resolved in a modules file", "write the value itself")
	}
	for _, f := range n.Fields {
		d.refuseReferences(f.Key, key)
		d.refuseReferences(f.Value, key)
	}
	for _, item := range n.Items {
		d.refuseReferences(item, key)
	}
}

func (d *decoder) actions(n *spec.Node, confidence Confidence) []Action {
	if n == nil || n.IsNull() {
		return nil
	}
	if n.Kind != spec.SequenceNode {
		d.report(n, "actions", "actions must be a list of action words", "")
		return nil
	}
	var actions []Action
	for _, item := range n.Items {
		a := Action{Confidence: confidence}
		if item.Kind == spec.ScalarNode {
			a.Word = item.Text
		} else if d.isMapping(item, "an action", "word", "confidence", "source") {
			a = Action{Word: d.text(item, "word"), Confidence: d.confidence(item, confidence), Source: d.text(item, "source")}
		}
		if !isWord(a.Word) {
			d.report(item, "actions", fmt.Sprintf("%q is not an action word", a.Word), "letters, digits and _, such as upload_artifact")
			continue
		}
		actions = append(actions, a)
	}
	return actions
}

// isWord reports whether s can be a step's key: lower-case letters, digits, _
// and -, and none of the keys of a raw step.
func isWord(s string) bool {
	switch s {
	case "", "module_id", "name", "properties", "version", "enable", "image", "inputs":
		return false
	}
	return hasWordLetters(s)
}

func hasWordLetters(s string) bool {
	for _, r := range s {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", r) {
			return false
		}
	}
	return true
}

func (d *decoder) properties(n *spec.Node, confidence Confidence) []Property {
	if n == nil || n.IsNull() {
		return nil
	}
	if n.Kind != spec.MappingNode {
		d.report(n, "properties", "properties must be a mapping of names", "")
		return nil
	}
	properties := make([]Property, 0, len(n.Fields))
	for _, f := range n.Fields {
		properties = append(properties, d.property(f.Key.Text, f.Value, confidence))
	}
	return properties
}

func (d *decoder) property(name string, n *spec.Node, confidence Confidence) Property {
	p := Property{Name: name, Type: String, Confidence: confidence}
	if n.IsNull() || !d.isMapping(n, "property "+name, "type", "description", "confidence", "source", "example", "known_values", "default",
		"default_basis", "normalise", "required", "required_source", "server_fills", "secret", "items") {
		return p
	}
	if v := n.Get("type"); v != nil {
		switch t := Type(v.Text); t {
		case String, Bool, BoolOrString, Number, Array, Object, Any:
			p.Type = t
		default:
			d.report(v, "properties."+name+".type", fmt.Sprintf("%q is not a type", v.Text), "write string, bool, bool|string, number, array, object or any")
		}
	}
	if v := n.Get("normalise"); v != nil && v.Text != "boolish" {
		d.report(v, "properties."+name+".normalise", fmt.Sprintf("%q is not a normalisation", v.Text), "write boolish")
	}
	p.Description, p.Source = d.text(n, "description"), d.text(n, "source")
	p.Confidence = d.confidence(n, confidence)
	p.Example, p.Default, p.DefaultBasis = n.Get("example").JSON(), n.Get("default").JSON(), d.text(n, "default_basis")
	p.Known = d.texts(n, "known_values")
	p.Boolish = n.Str("normalise") == "boolish" || p.Type == BoolOrString
	p.Required, p.RequiredSource = d.flag(n, "required"), d.text(n, "required_source")
	p.ServerFills, p.Secret = d.flag(n, "server_fills"), d.flag(n, "secret")
	p.Items = n.Get("items").JSON()
	return p
}

func (d *decoder) inputs(n *spec.Node, confidence Confidence) []Input {
	if n == nil || n.IsNull() {
		return nil
	}
	if n.Kind != spec.MappingNode {
		d.report(n, "inputs", "inputs must be a mapping of build.yml's names", "")
		return nil
	}
	inputs := make([]Input, 0, len(n.Fields))
	for _, f := range n.Fields {
		in := Input{Name: f.Key.Text, Confidence: confidence}
		if f.Value.Kind == spec.ScalarNode {
			in.Property = f.Value.Text
		} else if d.isMapping(f.Value, "input "+in.Name, "property", "values", "confidence", "source", "note") {
			in.Property, in.Note = d.text(f.Value, "property"), d.text(f.Value, "note")
			in.Confidence, in.Source = d.confidence(f.Value, confidence), d.text(f.Value, "source")
			if values := f.Value.Get("values"); values != nil {
				for _, v := range values.Fields {
					in.Values = append(in.Values, InputValue{From: v.Key.Text, To: v.Value.Text})
				}
			}
		}
		inputs = append(inputs, in)
	}
	return inputs
}
