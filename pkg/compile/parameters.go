package compile

import (
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// The types of a parameter. The first is in reference 4.26; the second is the service's
// enumeration.
const (
	normalParam = "normalparam"
	enumParam   = "customizeparam"
)

// parameters compiles a list of build parameters.
func (u *unit) parameters(n *spec.Node) *jsontree.Value {
	items, _ := u.list("parameters", n)
	list := jsontree.Array()
	seen := map[string]*spec.Node{}
	for _, item := range items {
		if item.Kind != spec.MappingNode {
			u.wrongType("parameters", item, "a list of mappings")
			continue
		}
		name := parameterName(item)
		path := ParameterPath(name)
		if first := seen[name]; first != nil && name != "" {
			d := u.report("param-duplicate", nameNode(item), path, "", "the parameter %q is declared twice", name)
			d.Related = append(d.Related, spec.Related{Range: nameNode(first).Range, Message: "first declared here"})
			continue
		}
		seen[name] = item
		u.record(path, item)
		if isRawParameter(item) {
			list.Append(u.rawParameter(path, name, item))
		} else if p := u.parameter(path, name, item); p != nil {
			list.Append(p)
		}
	}
	return list
}

func nameNode(n *spec.Node) *spec.Node {
	if name := n.Get("name"); name != nil {
		return name
	}
	return n
}

// parameter compiles the friendly form: all eight fields, in the order of the
// reference's examples, each value a string.
func (u *unit) parameter(path, name string, n *spec.Node) *jsontree.Value {
	nameAt := n.Get("name")
	if nameAt == nil || name == "" {
		if nameAt == nil || !isPoison(nameAt) {
			u.report("missing-key", n, "parameters", "", "a parameter needs a name")
		}
		return nil
	}
	if nameAt.Origin != nil && !wire.IsParameterName(name) {
		u.report("param-name", nameAt, path, "1 to 128 Latin letters, digits and _", "%q is not a valid parameter name", name)
	}
	b := &paramBuilder{u: u, path: path, node: n,
		fixed: &spec.Origin{Kind: spec.FromCompiler, Name: "parameter form", Pos: n.Pos(), From: n.Origin}}
	options, limits := u.options(path, n.Get("options"))
	typ := normalParam
	if len(options) > 0 {
		typ = enumParam
	}
	b.add("name", name, nameAt)
	b.addFixed("type", typ)
	value, at := u.defaultValue(path, name, n, options)
	if at != nil {
		b.add("defaultValue", value, at)
	} else {
		b.addFixed("defaultValue", value)
	}
	if limits != nil {
		b.setLimits(limits)
		u.record(LimitsPath(path, wire.ParamDefaultValue), n.Get("options"))
	}
	b.text("description", "description")
	b.flag("deletion", "deletable")
	b.flag("defaults", "predefined")
	b.flag("staticVar", "static")
	if secret := n.Get("secret"); secret != nil && !secret.IsNull() {
		b.add("sensitiveVar", "true", secret)
	} else {
		b.addFixed("sensitiveVar", "false")
	}
	return jsontree.Object(
		jsontree.Member{Key: wire.KeyName, Value: jsontree.String(wire.ParameterDefinition)},
		jsontree.Member{Key: wire.KeyParams, Value: jsontree.Array(b.params...)},
	)
}

// defaultValue returns the default's text and its node, nil if there is none.
func (u *unit) defaultValue(parameter, name string, n *spec.Node, options []string) (string, *spec.Node) {
	given := n.Get("default")
	if secret := n.Get("secret"); secret != nil && !secret.IsNull() {
		if given != nil && !given.IsNull() {
			u.report("secret-default", given, parameter+".defaultValue", "remove default: the value comes from the secret", "the parameter %q takes its value from a secret and has a literal default as well", name)
		}
		return u.secret(name, secret), secret
	}
	if given == nil {
		if len(options) > 0 {
			return options[0], n.Get("options")
		}
		return "", nil
	}
	if given.Kind != spec.ScalarNode {
		u.wrongType(parameter+".defaultValue", given, "a text")
		return "", given
	}
	if given.IsNull() {
		return "", given
	}
	if len(given.Text) > wire.MaxDefault && len([]rune(given.Text)) > wire.MaxDefault {
		u.report("param-default", given, parameter+".defaultValue", "", "the default of %q has more than %d characters", name, wire.MaxDefault)
	}
	return given.Text, given
}

// secret records that a parameter takes its value from a secret of the workspace, and returns the
// placeholder for the body.
func (u *unit) secret(parameter string, n *spec.Node) string {
	if u.secretName(ParameterPath(parameter), n) == "" {
		return ""
	}
	u.secrets = append(u.secrets, SecretUse{Parameter: parameter, Secret: n.Text, Pos: n.Pos()})
	return spec.SecretPlaceholder(n.Text)
}

// secretName returns the name of a secret of the workspace, "" if n is not one.
func (u *unit) secretName(path string, n *spec.Node) string {
	if n.Kind != spec.ScalarNode || n.Text == "" {
		u.wrongType(path+".secret", n, "the name of a secret")
		return ""
	}
	if !u.c.secrets[n.Text] {
		u.report("secret-unknown", n, path+".secret", spec.DidYouMeanOneOf(n.Text, u.c.result.Secrets), "buildsync.yaml declares no secret %q", n.Text)
	}
	return n.Text
}

// options compiles the choices of an enumeration: their names, and the limits of the reference
// (LimitsParam). limits is empty if options is declared empty, and nil if it is absent.
func (u *unit) options(path string, n *spec.Node) ([]string, *jsontree.Value) {
	if n == nil {
		return nil, nil
	}
	items, _ := u.items(path+".options", n)
	limits := jsontree.Array()
	var names []string
	for _, item := range items {
		name, shown, disabled := u.option(path, item)
		if disabled == "0" || len(names) == 0 {
			names = append(names, name)
		}
		if u.c.noBodies {
			continue
		}
		limits.Append(jsontree.Object(
			jsontree.Member{Key: wire.KeyDisable, Value: jsontree.String(disabled)},
			jsontree.Member{Key: wire.KeyName, Value: jsontree.String(name)},
			jsontree.Member{Key: wire.KeyDisplayName, Value: jsontree.String(shown)},
		))
	}
	return names, limits
}

// option reads one choice: its text, or {name, display_name, disable}.
func (u *unit) option(path string, n *spec.Node) (name, shown, disabled string) {
	if n.Kind == spec.ScalarNode && n.Type != spec.NullType {
		return n.Text, n.Text, "0"
	}
	if n.Kind != spec.MappingNode {
		u.wrongType(path+".options", n, "a list of texts")
		return "", "", "0"
	}
	name, shown, disabled = n.Str("name"), n.Str("name"), "0"
	if v := n.Get("display_name"); v != nil {
		shown = u.plainText(v)
	}
	if v := n.Get("disable"); v != nil && !v.IsNull() {
		switch v.Text {
		case "true", "1":
			disabled = "1"
		case "false", "0":
		default:
			u.wrongType(path+".options.disable", v, "true or false")
		}
	}
	return name, shown, disabled
}

// rawParameter compiles the raw form: any definition and fields, with values as the written text.
func (u *unit) rawParameter(path, name string, n *spec.Node) *jsontree.Value {
	p := jsontree.Object()
	if definition := n.Get("definition"); definition != nil {
		p.Set(wire.KeyName, u.text(path+".definition", definition))
	}
	switch params, secret := n.Get("params"), n.Get("secret"); {
	case params == nil:
	case params.IsNull() && secret == nil:
		p.Set(wire.KeyParams, jsontree.Null())
	default:
		p.Set(wire.KeyParams, u.rawParams(name, path, n))
	}
	for _, f := range n.Fields {
		if key := f.Key.Text; key != "secret" && key != "definition" && key != "params" {
			p.Set(key, u.value(path+valuepath.Member(key), f.Value))
		}
	}
	return p
}

// rawParams compiles the fields of a raw parameter, with the value of its secret.
func (u *unit) rawParams(name, path string, n *spec.Node) *jsontree.Value {
	list := jsontree.Array()
	items, _ := u.list(path+".params", n.Get("params"))
	for _, item := range items {
		list.Append(u.rawParam(path, item))
	}
	if secret := n.Get("secret"); secret != nil && !secret.IsNull() {
		u.setRaw(list, "defaultValue", u.secret(name, secret), path, secret)
		u.setRaw(list, "sensitiveVar", "true", path, secret)
	}
	return list
}

func (u *unit) rawParam(path string, n *spec.Node) *jsontree.Value {
	if n.Kind != spec.MappingNode {
		return u.value(path+".params", n)
	}
	entry := jsontree.Object()
	member := path + valuepath.Member(n.Str("name"))
	for _, f := range n.Fields {
		switch {
		case f.Value.Kind == spec.ScalarNode && (f.Key.Text == "name" || f.Key.Text == "value"):
			entry.Set(f.Key.Text, u.text(member, f.Value))
		case f.Key.Text == "limits":
			entry.Set(wire.KeyLimits, u.value(LimitsPath(path, n.Str("name")), f.Value))
		default:
			entry.Set(f.Key.Text, u.value(member+valuepath.Member(f.Key.Text), f.Value))
		}
	}
	return entry
}

// setRaw sets the field called name, appending it if it is new.
func (u *unit) setRaw(params *jsontree.Value, name, value, path string, at *spec.Node) {
	u.record(path+valuepath.Member(name), at)
	for _, p := range params.Items() {
		if p.Str(wire.KeyName) == name {
			p.Set(wire.KeyValue, jsontree.String(value))
			return
		}
	}
	params.Append(u.param(name, value))
}

func (u *unit) param(name, value string) *jsontree.Value {
	return jsontree.Object(
		jsontree.Member{Key: wire.KeyName, Value: jsontree.String(name)},
		jsontree.Member{Key: wire.KeyValue, Value: jsontree.String(value)},
		jsontree.Member{Key: wire.KeyLimits, Value: jsontree.Null()},
	)
}

// paramBuilder makes the fields of one parameter.
type paramBuilder struct {
	u      *unit
	path   string
	node   *spec.Node
	fixed  *spec.Origin // of the fields that the form fills in
	params []*jsontree.Value
}

// setLimits gives limits to the field that was added last.
func (b *paramBuilder) setLimits(limits *jsontree.Value) {
	if len(b.params) > 0 {
		b.params[len(b.params)-1].Set(wire.KeyLimits, limits)
	}
}

func (b *paramBuilder) append(field, value string) {
	if b.u.c.noBodies {
		return
	}
	if b.params == nil {
		b.params = make([]*jsontree.Value, 0, 8)
	}
	b.params = append(b.params, b.u.param(field, value))
}

func (b *paramBuilder) add(field, value string, at *spec.Node) {
	b.u.noteMember(b.path, field, Provenance{Pos: at.Pos(), Origin: b.u.through(at.Origin)})
	b.append(field, value)
}

func (b *paramBuilder) addFixed(field, value string) {
	b.u.noteMember(b.path, field, Provenance{Pos: b.node.Pos(), Origin: b.fixed})
	b.append(field, value)
}

func (b *paramBuilder) text(field, key string) {
	n := b.node.Get(key)
	if n == nil {
		b.addFixed(field, "")
		return
	}
	b.add(field, b.u.filledText(b.path+"."+key, n), n)
}

func (b *paramBuilder) flag(field, key string) {
	n := b.node.Get(key)
	if n == nil || n.IsNull() {
		b.addFixed(field, "false")
		return
	}
	value := "false"
	if set, _ := b.u.boolean(b.path+"."+field, n); set {
		value = "true"
	}
	b.add(field, value, n)
}
