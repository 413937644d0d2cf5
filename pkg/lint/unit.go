package lint

import (
	"cmp"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// unitKind is the kind of a unit.
type unitKind uint8

const (
	jobUnit unitKind = iota + 1
	templateUnit
	fragmentUnit
	defaultsUnit // defaults.job of the workspace: a job with anything missing
)

// unit is one job, template, fragment or set of defaults, decoded for the rules.
type unit struct {
	linter   *linter
	kind     unitKind
	node     *spec.Node
	name     string     // as written, references and all
	inputs   *spec.Node // the declared inputs of a template or fragment, or of the family that a job is in
	pointer  string     // jobs[name]
	template *spec.Node
	params   []param
	steps    []step
}

// param is one entry of parameters.
type param struct {
	node     *spec.Node
	nameAt   *spec.Node // nil if there is none
	name     string
	pointer  string
	raw      bool
	secret   bool
	system   bool // predefined: the console made it
	value    *spec.Node
	options  []*spec.Node // the active ones
	disabled []string
}

// step is one entry of steps.
type step struct {
	node    *spec.Node
	at      *spec.Node // what to point at: the action word or the module id
	word    string     // "" in the raw form
	module  *catalog.Module
	id      *spec.Node // of the raw form
	name    *spec.Node
	enable  *spec.Node
	pointer string
	props   []prop
	opaque  bool       // its members could not be decoded, or are elsewhere
	use     *spec.Node // the name of the fragment that it stands for, or template
	inputs  *spec.Node // beside use
}

// prop is one property of a step, in either form.
type prop struct {
	key     *spec.Node
	name    string // the API's
	value   *spec.Node
	known   *catalog.Property // nil if the catalogue does not know it
	pointer string
	where   string // inputs, properties, or "" for image
}

func (l *linter) unitOf(n *spec.Node, kind unitKind) *unit {
	u := &unit{linter: l, kind: kind, node: n, name: n.Str("name")}
	u.template = templateName(cmp.Or(n.Get("template"), u.inherited("template")))
	switch kind {
	case jobUnit:
		u.pointer = "jobs[" + u.name + "]"
	case templateUnit:
		u.pointer = "templates[" + u.name + "]"
	case fragmentUnit:
		u.pointer = "fragments[" + u.name + "]"
	default:
		u.pointer = "defaults.job"
	}
	if kind == templateUnit || kind == fragmentUnit {
		u.inputs = n.Get("inputs")
	}
	u.params = u.readParams(n.Get("parameters"))
	u.steps = u.readSteps(n.Get("steps"))
	return u
}

// inherited returns the value of defaults.job for a key that a job lacks, nil if there is none or if
// the job drops it.
func (u *unit) inherited(key string) *spec.Node {
	if u.kind != jobUnit || u.linter.set.Workspace == nil || u.node.Get(key) != nil || u.drops(key) {
		return nil
	}
	return u.linter.set.Workspace.JobDefaults.Get(key)
}

// drops reports whether a job does not inherit what is at a path.
func (u *unit) drops(path string) bool {
	list := u.node.Get("without")
	return list != nil && slices.ContainsFunc(list.Items, func(item *spec.Node) bool {
		dropped, err := valuepath.Parse(item.Text)
		return err == nil && dropped.Matches(valuepath.Own(path))
	})
}

// ofFamily decodes a job of a family; name is that of the family.
func (l *linter) ofFamily(n *spec.Node, family *spec.Node) *unit {
	u := l.unitOf(n, jobUnit)
	u.inputs = family.Get("inputs")
	return u
}

// templateName returns the node that names the template that a job uses.
func templateName(n *spec.Node) *spec.Node {
	if n == nil || n.Kind == spec.ScalarNode && n.Type == spec.NullType {
		return nil
	}
	if n.Kind == spec.ScalarNode {
		return n
	}
	return n.Get("name")
}

func (u *unit) readParams(n *spec.Node) []param {
	if n == nil || n.Kind != spec.SequenceNode {
		return nil
	}
	params := make([]param, 0, len(n.Items))
	for i, item := range n.Items {
		if item.Kind != spec.MappingNode {
			continue
		}
		p := param{node: item, nameAt: item.Get("name"), value: item.Get("default")}
		secret := item.Get("secret")
		p.secret = secret != nil && !secret.IsNull()
		p.system = item.Str("predefined") == "true"
		if raw := item.Get("params"); raw != nil {
			p.raw = true
			p.readRaw(raw)
		} else if item.Get("definition") != nil {
			p.raw = true
		} else if options := item.Get("options"); options != nil {
			p.readOptions(options)
		}
		if p.nameAt != nil && p.nameAt.Kind == spec.ScalarNode && !p.nameAt.IsNull() {
			p.name = p.nameAt.Text
		}
		p.pointer = u.pointer + ".parameters" + spec.ItemSegment(item, i)
		params = append(params, p)
	}
	return params
}

// readRaw reads what the rules need from a definition in the API's form (reference 4.18, params).
func (p *param) readRaw(n *spec.Node) {
	for _, field := range n.Items {
		value := field.Get("value")
		if value == nil {
			continue
		}
		switch name := field.Str("name"); {
		case strings.EqualFold(name, wire.ParamName):
			p.nameAt = value
		case strings.EqualFold(name, wire.ParamDefaultValue):
			p.value = value
			if limits := field.Get("limits"); limits != nil {
				p.readOptions(limits)
			}
		case strings.EqualFold(name, wire.ParamSensitiveVar):
			p.secret = p.secret || wire.MeansTrue(value.Text)
		case strings.EqualFold(name, wire.ParamDefaults):
			p.system = p.system || wire.MeansTrue(value.Text)
		}
	}
}

// readOptions keeps the options that can be chosen (reference, LimitsParam).
func (p *param) readOptions(n *spec.Node) {
	for _, item := range n.Items {
		switch {
		case item.Kind == spec.ScalarNode && item.Type != spec.NullType:
			p.options = append(p.options, item)
		case item.Kind == spec.MappingNode:
			name := item.Get("name")
			switch {
			case name == nil:
			case item.Str("disable") == "1" || item.Str("disable") == "true":
				p.disabled = append(p.disabled, name.Text)
			default:
				p.options = append(p.options, name)
			}
		}
	}
}

func (u *unit) readSteps(n *spec.Node) []step {
	if n == nil || n.Kind != spec.SequenceNode {
		return nil
	}
	steps := make([]step, 0, len(n.Items))
	for i, item := range n.Items {
		s := u.readStep(item)
		s.pointer = u.pointer + ".steps" + spec.ItemSegment(item, i)
		for j := range s.props {
			p := &s.props[j]
			if p.where == "" {
				p.pointer = s.pointer + "." + p.key.Text
			} else {
				p.pointer = s.pointer + "." + p.where + "." + p.key.Text
			}
		}
		steps = append(steps, s)
	}
	return steps
}

func (u *unit) readStep(n *spec.Node) step {
	s := step{node: n, at: n}
	if n.Kind != spec.MappingNode {
		s.opaque = true
		return s
	}
	if id := n.Get("module_id"); id != nil {
		s.id, s.at, s.name, s.enable = id, id, n.Get("name"), n.Get("enable")
		for _, v := range u.values(id) {
			s.module = u.linter.catalogue.Module(v.text)
		}
		s.addProps(n.Get("properties"), "properties")
		return s
	}
	if use := n.Get("use"); use != nil {
		s.opaque, s.use, s.at, s.inputs = true, use, use, n.Get("inputs")
		return s
	}
	if len(n.Fields) != 1 {
		s.opaque = true
		return s
	}
	s.at, s.word = n.Fields[0].Key, n.Fields[0].Key.Text
	s.module = u.linter.catalogue.Action(s.word)
	body := n.Fields[0].Value
	s.name, s.enable = body.Get("name"), body.Get("enable")
	if image := body.Get("image"); image != nil {
		s.props = append(s.props, prop{key: body.Key("image"), name: "image", value: image, known: s.module.Property("image")})
	}
	s.addInputs(body.Get("inputs"), "")
	s.addProps(body.Get("properties"), "properties")
	return s
}

func (s *step) addProps(n *spec.Node, where string) {
	if n == nil || n.Kind != spec.MappingNode {
		return
	}
	for _, f := range n.Fields {
		s.props = append(s.props, prop{key: f.Key, name: f.Key.Text, value: f.Value, known: s.module.Property(f.Key.Text), where: where})
	}
}

// addInputs translates build.yml's names to the API's; prefix is that of a mapping with inputs as
// keys.
func (s *step) addInputs(n *spec.Node, prefix string) {
	if n == nil || n.Kind != spec.MappingNode {
		return
	}
	for _, f := range n.Fields {
		name := prefix + f.Key.Text
		if s.module.HasInputsUnder(name) && f.Value.Kind == spec.MappingNode && !f.Value.IsFile() {
			s.addInputs(f.Value, name+".")
			continue
		}
		p := prop{key: f.Key, name: name, value: f.Value, where: "inputs"}
		if input := s.module.Input(name); input != nil && s.module.Property(name) == nil {
			if input.Property == "" {
				continue // the catalogue knows the word but not what it is called: the compiler says so
			}
			p.name = input.Property
		}
		p.known = s.module.Property(p.name)
		s.props = append(s.props, p)
	}
}

// prop returns the property with a name of the API, or nil if it is not set.
func (s *step) prop(name string) *prop {
	for i := range s.props {
		if s.props[i].name == name {
			return &s.props[i]
		}
	}
	return nil
}

// isOff reports whether a step is switched off.
func (s *step) isOff() bool { return s.enable != nil && s.enable.Text == "false" }

// label returns the name of a step for messages.
func (s *step) label() string {
	switch {
	case s.name != nil && s.name.Text != "":
		return quoted(s.name.Text)
	case s.word != "":
		return quoted(s.word)
	case s.id != nil:
		return quoted(s.id.Text)
	}
	return "without a name"
}
