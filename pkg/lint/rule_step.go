package lint

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// steps checks the steps of a unit: modules, properties, names, order, and the values of
// properties.
func (p *pass) steps(u *unit) {
	names := map[string]*spec.Node{}
	for i := range u.steps {
		s := &u.steps[i]
		if s.opaque {
			continue
		}
		p.module(u, s)
		p.properties(u, s)
		p.stepName(s, names)
		for j := range s.props {
			prop := &s.props[j]
			switch {
			case prop.name == "image":
				p.image(u, prop)
			case filePatterns[prop.name]:
				p.filePattern(u, prop)
			}
		}
	}
	p.stepDisabled(u)
	p.stepOrder(u)
}

// actionModule is the form of a step module's id (reference 4.18, module_id).
var actionModule = pattern(`^devcloud2018\.[A-Za-z0-9_]+_action_[0-9]+\.action$`)

func (p *pass) module(u *unit, s *step) {
	if s.id == nil {
		return // an action word: the compiler knows it or says so
	}
	for _, v := range u.values(s.id) {
		switch {
		case p.catalogue.Module(v.text) != nil || slices.Contains(p.config.tables.modules, v.text):
		case !actionModule().MatchString(v.text):
			p.report("module-id", v.node.Range, s.pointer+".module_id", quoted(v.text)+" is not a step module's id", p.moduleHint(v.text))
		default:
			p.report("module-unknown", v.node.Range, s.pointer+".module_id", "the step module "+quoted(v.text)+" is not in the catalogue",
				string(remedy.HarvestOrList))
		}
	}
}

func (p *pass) moduleHint(id string) string {
	if m := p.catalogue.Action(id); m != nil {
		return "write " + m.ID + ", or the action word as the step's key"
	}
	ids := make([]string, 0, 16)
	for _, m := range p.catalogue.Modules() {
		ids = append(ids, m.ID)
	}
	return cmp.Or(spec.DidYouMean(id, ids), "ids look like devcloud2018.codeci_action_20043.action")
}

// properties checks a step against the catalogue's facts about its module.
func (p *pass) properties(u *unit, s *step) {
	if s.module == nil || len(s.module.Properties) == 0 {
		return
	}
	for i := range s.props {
		prop := &s.props[i]
		if prop.known == nil {
			p.unknownProperty(s, prop)
			continue
		}
		p.propertyType(u, prop)
	}
	for i := range s.module.Properties {
		known := &s.module.Properties[i]
		if known.Required && s.prop(known.Name) == nil && !s.misplaced(known.Name) {
			p.missingProperty(s, known.Name)
		}
	}
}

func (p *pass) missingProperty(s *step, name string) {
	message := "the step " + s.label() + " needs the property " + quoted(name)
	if inputs := s.node.Key("inputs"); s.id != nil && inputs != nil {
		p.report("step-property", inputs.Range, s.pointer+".inputs", message, "a step in the API's own form has properties, not inputs")
		return
	}
	hint := "add it under inputs"
	if s.id != nil {
		hint = "add it under properties"
	}
	p.report("step-property", s.at.Range, s.pointer+"."+name, message, hint)
}

// misplaced reports whether the step has a property misspelt or beside inputs, or is not a mapping.
// Then that is reported, not the missing property.
func (s *step) misplaced(name string) bool {
	if s.word != "" {
		value := s.node.Fields[0].Value
		if value.Get(name) != nil || value.Kind == spec.ScalarNode && !value.IsNull() {
			return true
		}
	}
	for i := range s.props {
		if prop := &s.props[i]; prop.known == nil && prop.key != nil && spec.Nearest(prop.key.Text, []string{name}) == name {
			return true
		}
	}
	return false
}

func (p *pass) unknownProperty(s *step, prop *prop) {
	names := make([]string, 0, len(s.module.Properties))
	for i := range s.module.Properties {
		names = append(names, s.module.Properties[i].Name)
	}
	hint := "the service may still take it; if not, " + string(remedy.SetLive)
	if prop.where == "inputs" {
		names = s.module.InputNames()
	}
	near := spec.Nearest(prop.key.Text, names)
	if near != "" {
		hint = spec.Suggestion(near)
	}
	d := p.report("step-property", prop.key.Range, prop.pointer, "the catalogue has no property "+quoted(prop.key.Text)+" of "+moduleName(s.module), hint)
	d.Severity = spec.Warning
	if meant := s.module.Property(near); meant != nil && meant.Required && s.prop(near) == nil {
		d.Severity = spec.Error // it is the one that the step needs
	}
	if near != "" && s.prop(near) == nil {
		d.Fixes = p.replace(prop.key.Range, near, "write "+near, unsafeFix)
	}
}

func moduleName(m *catalog.Module) string {
	if word := m.Word(); word != "" {
		return "the action " + word
	}
	return m.ID
}

// propertyType reports a value that is not of the catalogue's type.
func (p *pass) propertyType(u *unit, prop *prop) {
	n := prop.value
	if n == nil || n.IsNull() || n.IsFile() || n.Kind == spec.ScalarNode && spec.HasReference(n.Text) {
		return
	}
	ok := true
	switch prop.known.Type {
	case catalog.String:
		ok = n.Kind == spec.ScalarNode
	case catalog.Bool, catalog.BoolOrString:
		ok = n.Kind == spec.ScalarNode && (n.Text == "true" || n.Text == "false" || strings.Contains(n.Text, "${"))
	case catalog.Number:
		_, err := strconv.ParseFloat(n.Text, 64)
		ok = n.Kind == spec.ScalarNode && err == nil
	case catalog.Array:
		ok = n.Kind == spec.SequenceNode
	case catalog.Object:
		ok = n.Kind == spec.MappingNode
	}
	if ok {
		return
	}
	hint := ""
	if at, found := p.offset(n.Range.Start); found && n.Kind != spec.ScalarNode && prop.known.Type == catalog.String && strings.IndexByte("[{", p.source[at]) >= 0 {
		hint = "a text that starts with " + quoted(string(p.source[at])) + " needs quotes, or | and a line of its own"
	}
	if hint == "" && n.Kind == spec.SequenceNode && prop.known.Type == catalog.String {
		hint = "a text of several lines starts with |, without dashes"
	}
	p.report("step-property", n.Range, prop.pointer, "the property "+quoted(prop.key.Text)+" is "+describe(n)+" and must be "+typeName(prop.known.Type), hint)
}

func typeName(t catalog.Type) string {
	switch t {
	case catalog.Bool, catalog.BoolOrString:
		return "true or false"
	case catalog.Array:
		return "a list"
	case catalog.Object:
		return "a mapping"
	case catalog.Number:
		return "a number"
	}
	return "a text"
}

func describe(n *spec.Node) string {
	switch n.Kind {
	case spec.MappingNode:
		return "a mapping"
	case spec.SequenceNode:
		return "a list"
	}
	return quoted(n.Text)
}

// stepName reports steps with equal names: plans and logs cannot distinguish them.
func (p *pass) stepName(s *step, first map[string]*spec.Node) {
	if s.name == nil || s.name.Kind != spec.ScalarNode || s.name.Text == "" {
		return
	}
	other := first[s.name.Text]
	if other == nil {
		first[s.name.Text] = s.name
		return
	}
	d := p.report("step-name", s.name.Range, s.pointer+".name", "a second step is called "+quoted(s.name.Text), "give each step a name of its own, so that plans and logs tell them apart")
	d.Related = []spec.Related{{Range: other.Range, Message: "the first one is here"}}
}

func (p *pass) stepDisabled(u *unit) {
	if len(u.steps) == 0 || u.kind == fragmentUnit {
		return
	}
	for i := range u.steps {
		if !u.steps[i].isOff() {
			return
		}
	}
	p.report("step-disabled", u.node.Key("steps").Range, u.pointer+".steps", "every step is switched off, so the build does nothing",
		"remove enable: false from a step, or write enabled: false for the job")
}

// uploads and builders are the modules whose order matters.
var (
	uploads  = []string{"devcloud2018.codeci_action_20018.action", "devcloud2018.codeci_action_20057.action"}
	fetchers = []string{"devcloud2018.codeci_action_20061.action"}
)

// stepOrder reports an upload before any step that could have built its files.
func (p *pass) stepOrder(u *unit) {
	if u.kind == fragmentUnit {
		return // what is before it is not known here
	}
	for i := range u.steps {
		s := &u.steps[i]
		if s.use != nil {
			return // its steps may build
		}
		if s.opaque || s.isOff() {
			continue
		}
		if s.module == nil || !slices.Contains(uploads, s.module.ID) {
			if s.module != nil && slices.Contains(fetchers, s.module.ID) {
				continue
			}
			return // something that may build
		}
		for j := i + 1; j < len(u.steps); j++ {
			later := &u.steps[j]
			if later.opaque || later.isOff() || later.module == nil || slices.Contains(uploads, later.module.ID) {
				continue
			}
			d := p.report("step-order", s.at.Range, s.pointer, "the step "+s.label()+" uploads before anything has been built", "move it after the steps that build")
			d.Related = []spec.Related{{Range: later.at.Range, Message: "the first step that could build is here"}}
			return
		}
	}
}
