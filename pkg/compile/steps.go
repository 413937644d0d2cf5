package compile

import (
	"strings"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// stepFields are the members of a step, in the order of the reference
// (CreateBuildJobSteps, 4.18).
var stepFields = []string{wire.KeyProperties, wire.KeyModuleID, wire.KeyName, wire.KeyVersion, wire.KeyEnable}

// steps compiles a list of steps. template has the steps for `use: template`, nil if there are
// none.
func (u *unit) steps(n *spec.Node, template *ofTemplate) *jsontree.Value {
	items, _ := u.list("steps", n)
	l := &stepList{u: u, list: jsontree.Array(), count: map[string]int{}, template: template}
	l.add(items)
	return l.list
}

// step compiles a step in either form. count has the number of steps so far by name.
func (u *unit) step(n *spec.Node, count map[string]int) *jsontree.Value {
	if n.Kind != spec.MappingNode || len(n.Fields) == 0 {
		u.wrongType("steps", n, "a list of steps")
		return nil
	}
	if n.Get("module_id") != nil {
		return u.rawStep(n, count)
	}
	if len(n.Fields) != 1 {
		d := u.report("missing-key", n, "steps", "write one action word with its settings below it, module_id, or use",
			"a step has either module_id, or exactly one action word, or use")
		for _, f := range n.Fields {
			d.Related = append(d.Related, spec.Related{Range: f.Key.Range, Message: "key " + describe(f.Key)})
		}
		return nil
	}
	action := n.Fields[0]
	module := u.c.catalogue.Action(action.Key.Text)
	if module == nil {
		u.unknownAction(action.Key)
		return nil
	}
	if !action.Value.IsNull() && action.Value.Kind != spec.MappingNode {
		u.wrongType("steps."+action.Key.Text, action.Value, "a mapping of name, image, enable, version, inputs and properties")
		return nil
	}
	return u.actionStep(n, action, module, count)
}

func (u *unit) unknownAction(key *spec.Node) {
	hint := string(remedy.HarvestOrRaw)
	if catalog.IsGuideWord(key.Text) {
		u.report("module-unknown", key, "steps."+key.Text, string(remedy.HarvestWord),
			"the action %s is known, and the id of its step module is not public", describe(key))
		return
	}
	if near := spec.Nearest(key.Text, u.c.catalogue.Words()); near != "" {
		hint = spec.Suggestion(near) + " Otherwise " + hint
	}
	u.report("module-unknown", key, "steps."+key.Text, hint, "no step module is known for the action %s", describe(key))
}

func stepPath(name string, count map[string]int) string {
	count[name]++
	return StepPath(name, count[name])
}

// rawStep compiles a step in the API's form. Members that the reference does not list are kept.
func (u *unit) rawStep(n *spec.Node, count map[string]int) *jsontree.Value {
	path := stepPath(n.Str("name"), count)
	u.record(path, n)
	module := u.c.catalogue.Module(n.Str("module_id"))
	members := map[string]*jsontree.Value{}
	for _, f := range n.Fields {
		key, member := f.Key.Text, path+valuepath.Member(f.Key.Text)
		switch key {
		case "module_id", "name", "version":
			members[key] = u.text(member, f.Value)
		case "enable":
			members[key] = u.nullableBool(member, f.Value)
		case "properties":
			members[key] = u.properties(member, f.Value, module)
		default:
			members[key] = u.value(member, f.Value)
		}
	}
	u.needs(n, "module_id", path, "step", "4.18, CreateBuildJobSteps")
	u.needsName(n, n.Get("module_id"), path)
	return orderedStep(members, n)
}

// needsName reports a job's step without a name. In a build template the service accepts one
// (reference 4.21). at is the node to report at.
func (u *unit) needsName(step, at *spec.Node, path string) {
	switch {
	case u.owner == spec.OfTemplate:
	case step.Get("name") != nil:
		u.needs(step, "name", path, "step", "4.18, CreateBuildJobSteps")
	default:
		u.report("missing-key", at, path+".name", "add name: with what the step does", "the step needs a name: the service refuses it without one (API reference 4.18, CreateBuildJobSteps)")
	}
}

// needs reports a null or blank text for a key without which the service refuses the whole body.
// The schema reports absent ones. section is "" for what the reference does not list.
func (u *unit) needs(owner *spec.Node, key, path, what, section string) {
	n := owner.Get(key)
	if n == nil || !isBlank(n) {
		return
	}
	why := ": the service refuses it without one (API reference " + section + ")"
	if section == "" {
		why = ""
	}
	u.report("missing-key", n, path+"."+key, "write it", "the %s needs %s%s", what, key, why)
}

// isBlank reports whether n is null or a text of blanks: both make a value empty.
func isBlank(n *spec.Node) bool {
	return n.IsNull() || n.Kind == spec.ScalarNode && !isPoison(n) && strings.TrimSpace(n.Text) == ""
}

func orderedStep(members map[string]*jsontree.Value, n *spec.Node) *jsontree.Value {
	step := jsontree.Object(make([]jsontree.Member, 0, len(members))...)
	for _, key := range stepFields {
		if v := members[key]; v != nil {
			step.Set(key, v)
			delete(members, key)
		}
	}
	for _, f := range n.Fields {
		if v := members[f.Key.Text]; v != nil {
			step.Set(f.Key.Text, v)
		}
	}
	return step
}

// properties compiles a step's properties as they are written.
func (u *unit) properties(path string, n *spec.Node, module *catalog.Module) *jsontree.Value {
	u.record(path, n)
	if n.IsNull() {
		return jsontree.Null()
	}
	if n.Kind != spec.MappingNode {
		u.wrongType(path, n, "a mapping")
		return jsontree.Object()
	}
	members := make([]jsontree.Member, 0, len(n.Fields))
	for _, f := range n.Fields {
		members = append(members, jsontree.Member{Key: f.Key.Text, Value: u.property(path, f.Key.Text, f.Value, module)})
	}
	return jsontree.Object(members...)
}

// property compiles the property called name below path: as the written text if the catalogue
// declares text, with YAML's type otherwise.
func (u *unit) property(path, name string, n *spec.Node, module *catalog.Module) *jsontree.Value {
	path += valuepath.Member(name)
	if name == commandProperty {
		u.refuseShellActive(path, n)
	}
	known := module.Property(name)
	if known != nil && known.Type == catalog.String && n.Kind == spec.ScalarNode && !n.IsNull() {
		return u.text(path, n)
	}
	return u.value(path, n)
}

// actionStep compiles the friendly form.
func (u *unit) actionStep(n *spec.Node, action spec.Field, module *catalog.Module, count map[string]int) *jsontree.Value {
	body := action.Value
	name := body.Get("name")
	path := stepPath(u.stepName(name, module), count)
	u.record(path, n)
	members := map[string]*jsontree.Value{"module_id": jsontree.String(module.ID)}
	u.recordFixed(path+".module_id", action.Key, spec.FromCatalogue, action.Key.Text)
	if name != nil {
		members["name"] = u.text(path+".name", name)
	} else {
		// The reference wants a name for every step of a job (4.18).
		members["name"] = jsontree.String(module.Name)
		u.recordFixed(path+".name", action.Key, spec.FromCatalogue, action.Key.Text)
	}
	if v := body.Get("version"); v != nil {
		members["version"] = u.text(path+".version", v)
	}
	if v := body.Get("enable"); v != nil {
		members["enable"] = u.nullableBool(path+".enable", v)
	}
	if name != nil {
		u.needsName(body, nil, path)
	}
	p := &propertyBuilder{u: u, path: path + ".properties", module: module, word: action.Key.Text, from: map[string]*spec.Node{}}
	if v := body.Get("image"); v != nil {
		p.set("image", action.Key, v)
	}
	p.inputs(body.Get("inputs"), "")
	p.verbatim(body.Get("properties"))
	if v := p.value(); v != nil {
		members["properties"] = v
	}
	return orderedStep(members, n)
}

func (u *unit) stepName(n *spec.Node, module *catalog.Module) string {
	if n == nil {
		return module.Name
	}
	return u.plainText(n)
}

// propertyBuilder collects the properties of a friendly step.
type propertyBuilder struct {
	u      *unit
	path   string
	module *catalog.Module
	word   string
	from   map[string]*spec.Node // where each property was set

	declared, null bool
	members        []jsontree.Member
}

// value returns the properties, nil if nothing declares them.
func (p *propertyBuilder) value() *jsontree.Value {
	switch {
	case p.declared:
		return jsontree.Object(p.members...)
	case p.null:
		return jsontree.Null()
	}
	return nil
}

func (p *propertyBuilder) declare(at *spec.Node) {
	if !p.declared {
		p.declared = true
		p.u.record(p.path, at)
	}
}

// isTaken reports a property that is set twice.
func (p *propertyBuilder) isTaken(property string, at *spec.Node) bool {
	first := p.from[property]
	if first == nil {
		p.from[property] = at
		return false
	}
	d := p.u.report("step-property", at, p.path+valuepath.Member(property), "keep one of the two", "the property %q is set twice in this step", property)
	d.Related = append(d.Related, spec.Related{Range: first.Range, Message: "first set here"})
	return true
}

func (p *propertyBuilder) set(property string, key, n *spec.Node) {
	p.declare(n)
	if !p.isTaken(property, key) {
		p.members = append(p.members, jsontree.Member{Key: property, Value: p.u.property(p.path, property, n, p.module)})
	}
}

// inputs compiles the inputs below prefix. The catalogue translates build.yml's names; every other
// name is a property.
func (p *propertyBuilder) inputs(n *spec.Node, prefix string) {
	if n == nil || n.IsNull() {
		return
	}
	if n.Kind != spec.MappingNode {
		p.u.wrongType(p.path, n, "a mapping")
		return
	}
	p.declare(n)
	for _, f := range n.Fields {
		name := prefix + f.Key.Text
		input := p.module.Input(name)
		switch {
		case input != nil:
			p.input(input, f)
		case f.Value.Kind == spec.MappingNode && p.module.HasInputsUnder(name):
			p.inputs(f.Value, name+".")
		case prefix != "":
			p.u.report("step-property", f.Key, p.path, spec.DidYouMeanOneOf(name, p.inputsUnder(prefix)), "the action %s has no input %q", p.word, name)
		default:
			p.set(name, f.Key, f.Value)
		}
	}
}

func (p *propertyBuilder) inputsUnder(prefix string) []string {
	var names []string
	for _, in := range p.module.Inputs {
		if strings.HasPrefix(in.Name, prefix) {
			names = append(names, in.Name)
		}
	}
	return names
}

// input compiles an input that has another name or value in the API.
func (p *propertyBuilder) input(input *catalog.Input, f spec.Field) {
	if input.Property == "" {
		p.u.report("step-property", f.Key, p.path, "under properties: "+input.Note, "the input %q of the action %s cannot be translated", input.Name, p.word)
		return
	}
	if len(input.Values) == 0 || f.Value.Kind != spec.ScalarNode || isPoison(f.Value) {
		p.set(input.Property, f.Key, f.Value)
		return
	}
	for _, v := range input.Values {
		if v.From == f.Value.Text {
			p.declare(f.Value)
			if v.To == "" { // as if the input were absent
				return
			}
			if !p.isTaken(input.Property, f.Key) {
				path := p.path + valuepath.Member(input.Property)
				p.members = append(p.members, jsontree.Member{Key: input.Property, Value: jsontree.String(v.To)})
				p.u.recordFixed(path, f.Value, spec.FromCatalogue, p.word+" "+input.Name)
			}
			return
		}
	}
	p.u.report("step-property", f.Value, p.path+valuepath.Member(input.Property), "set the property "+input.Property+" under properties: "+input.Note,
		"the value %s of the input %q cannot be translated", describe(f.Value), input.Name)
}

// verbatim copies the properties under the key properties.
func (p *propertyBuilder) verbatim(n *spec.Node) {
	switch {
	case n == nil:
	case n.IsNull():
		p.null = true
		p.u.record(p.path, n)
	case n.Kind != spec.MappingNode:
		p.u.wrongType(p.path, n, "a mapping")
	default:
		p.declare(n)
		for _, f := range n.Fields {
			p.set(f.Key.Text, f.Key, f.Value)
		}
	}
}
