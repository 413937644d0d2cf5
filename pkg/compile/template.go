package compile

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

const kindTemplate = "template"

// shared is the common part of templates, fragments and families.
type shared struct {
	kind     string // template, fragment or family
	node     *spec.Node
	name     string
	inputs   []templateInput
	compiled bool // for what uses it, or to be published
}

// template is a template of the definitions.
type template struct {
	shared
	parameters *spec.Node // marked as the template's
	steps      *spec.Node
}

// templateInput is a declared input; value is nil without a default.
type templateInput struct {
	name  string
	key   *spec.Node
	value *spec.Node
}

func (s *shared) inputNames() []string {
	names := make([]string, 0, len(s.inputs))
	for _, in := range s.inputs {
		names = append(names, in.name)
	}
	return names
}

// openInputs gives each input its key as a value, for checks that do not depend on the user of s.
func (s *shared) openInputs() map[string]*spec.Node {
	values := map[string]*spec.Node{}
	for _, in := range s.inputs {
		values[in.name] = in.key
	}
	return values
}

// poisonedInputs gives each input a value that is never reported.
func (s *shared) poisonedInputs() map[string]*spec.Node {
	values := map[string]*spec.Node{}
	for _, in := range s.inputs {
		values[in.name] = poison(in.key)
	}
	return values
}

// collect reads all templates, fragments and families before any job uses one.
func (c *compiler) collect() {
	for _, file := range c.set.Files {
		c.collectFile(file)
	}
}

func (c *compiler) collectFile(file *spec.File) {
	for _, n := range file.Families {
		c.collectFamily(n)
	}
	for _, n := range file.Fragments {
		c.collectFragment(n)
	}
	for _, n := range file.Templates {
		c.collectTemplate(n)
	}
}

// collectShared reads the common part of a template, fragment or family. known returns the earlier
// declaration of a name, nil if there is none; ok is false if n was reported.
func collectShared(c *compiler, kind string, n *spec.Node, known func(name string) *spec.Node) (s shared, ok bool) {
	name, list := n.Get("name"), (&shared{kind: kind}).list()
	if n.Kind != spec.MappingNode || name == nil || name.Kind != spec.ScalarNode || name.Text == "" {
		c.report("missing-key", n, list, "", "a %s needs a name", kind)
		return shared{}, false
	}
	if at := strings.Index(name.Text, spec.ReferenceStart); at >= 0 {
		c.reportAt("expression", c.textRange(name, at, len(name.Text)), list+"["+name.Text+"].name", "write the name without a reference", "the name of a %s cannot hold ${{: it is used by its name", kind)
		return shared{}, false
	}
	if other := known(name.Text); other != nil {
		d := c.report("duplicate-"+kind, name, list+"["+name.Text+"].name", "rename one of them", "the %s %q is defined twice", kind, name.Text)
		d.Related = append(d.Related, spec.Related{Range: other.Get("name").Range, Message: "first defined here"})
		return shared{}, false
	}
	s = shared{kind: kind, node: n, name: name.Text}
	if inputs := n.Get("inputs"); inputs != nil && inputs.Kind == spec.MappingNode {
		for _, f := range inputs.Fields {
			if required := f.Value.Get("required"); required != nil && required.Text == "false" && f.Value.Get("default") == nil {
				c.report(kind+"-input", required, kind+"s["+name.Text+"].inputs."+f.Key.Text+".required", "give it a default, such as default: \"\", or remove required: false",
					"the input %q has no default, so it is required", f.Key.Text)
			}
			s.inputs = append(s.inputs, templateInput{name: f.Key.Text, key: f.Key, value: f.Value.Get("default")})
		}
	}
	return s, true
}

func (c *compiler) collectTemplate(n *spec.Node) {
	s, ok := collectShared(c, kindTemplate, n, func(name string) *spec.Node {
		if t := c.templates[name]; t != nil {
			return t.node
		}
		return nil
	})
	if !ok {
		return
	}
	t := &template{shared: s}
	if p := n.Get("parameters"); p != nil {
		t.parameters = marked(p, spec.FromTemplate, t.name)
	}
	if p := n.Get("steps"); p != nil {
		t.steps = marked(p, spec.FromTemplate, t.name)
	}
	c.templates[t.name] = t
}

// checkShared reports the references of templates, fragments and families that can never be
// resolved.
func (c *compiler) checkShared() {
	for _, name := range slices.Sorted(maps.Keys(c.templates)) {
		c.templates[name].check(c, spec.OfTemplate)
	}
	for _, name := range slices.Sorted(maps.Keys(c.fragments)) {
		c.fragments[name].check(c, spec.OfFragment)
	}
	for _, name := range slices.Sorted(maps.Keys(c.families)) {
		c.families[name].check(c, "")
	}
	if c.defaults != nil {
		s := &scope{c: c}
		c.newUnit("", "defaults.job", s)
		s.check(c.defaults)
	}
}

// check reports the references of s that no use can resolve, also in texts for people, and also if
// nothing uses s.
func (s *shared) check(c *compiler, owner spec.Owner) {
	for _, f := range s.node.Fields {
		inside := &scope{c: c, inputs: s.openInputs()}
		if f.Key.Text == "inputs" {
			inside.inputs = nil // a default is written where no input is known
		}
		u := c.newUnit(owner, s.list()+"["+s.name+"]", inside)
		u.field = f.Key.Text
		inside.check(f.Value)
	}
}

// checkUnused compiles unused templates, to find mistakes in them. Values that a job would give
// stay open and are not reported.
func (c *compiler) checkUnused() {
	for _, name := range slices.Sorted(maps.Keys(c.templates)) {
		t := c.templates[name]
		if t.compiled || c.total > c.maxTotal {
			continue
		}
		u := c.newUnit(spec.OfTemplate, "templates["+name+"]", &scope{c: c, inputs: t.poisonedInputs(), anyJob: true})
		if parameters := u.get(t.node, "parameters"); parameters != nil {
			u.parameters(parameters)
		}
		if steps := u.get(t.node, "steps"); steps != nil {
			u.steps(steps, nil)
		}
		c.total += u.valueCount()
	}
}

// check resolves the references to variables and inputs in n; the others depend on the job.
func (s *scope) check(n *spec.Node) {
	if n == nil {
		return
	}
	for _, f := range n.Fields {
		s.check(f.Key)
		s.check(f.Value)
	}
	for _, item := range n.Items {
		s.check(item)
	}
	if n.Kind != spec.ScalarNode || !strings.Contains(n.Text, spec.ReferenceStart) {
		return
	}
	parts, err := spec.SplitReferences(n.Text)
	if err != nil {
		s.expandText(n)
		return
	}
	for _, p := range parts {
		if p.IsReference && !strings.HasPrefix(p.Text, "matrix.") && !strings.HasPrefix(p.Text, "job.") {
			s.resolve(n, p)
		}
	}
}

// useTemplate returns the parameters and steps of the template in a job's template: {name, inputs},
// with the inputs filled in.
func (u *unit) useTemplate(use *spec.Node) (parts, bool) {
	if isPoison(use) {
		return parts{}, false
	}
	nameAt, given := use, (*spec.Node)(nil)
	if use.Kind == spec.MappingNode {
		nameAt, given = use.Get("name"), use.Get("inputs")
	}
	if nameAt == nil || nameAt.Kind != spec.ScalarNode {
		u.report("missing-key", use, "template.name", "", "template needs the name of a template")
		return parts{}, false
	}
	t := u.c.templates[nameAt.Text]
	if t == nil {
		u.report("template-unknown", nameAt, "template.name", spec.DidYouMeanOneOf(nameAt.Text, slices.Sorted(maps.Keys(u.c.templates))),
			"there is no template %s", describe(nameAt))
		return parts{}, false
	}
	t.compiled = true
	u.c.noteTemplate(t.name)
	u.template, u.templateAt = t.name, nameAt
	inside := *u.scope
	inside.inputs, inside.ofFamily = u.inputs(&t.shared, use, given), false
	part := func(key string, marked *spec.Node) *spec.Node {
		return u.checked(spec.OfTemplate, t.node.Key(key), marked, inside.expand(marked))
	}
	return parts{parameters: part("parameters", t.parameters), steps: part("steps", t.steps)}, true
}

// inputs gives each input of a template, fragment or family its value: the one given at the use,
// else the default.
func (u *unit) inputs(t *shared, use, given *spec.Node) map[string]*spec.Node {
	values := make(map[string]*spec.Node, len(t.inputs))
	path, hint, rule := t.kind+".inputs", "add it under "+t.kind+".inputs", t.kind+"-input"
	if t.kind == kindFragment {
		path, hint = "steps.inputs", "add it under inputs, beside use"
	}
	if given != nil && !given.IsNull() && given.Kind != spec.MappingNode {
		u.wrongType(path, given, "a mapping")
		given = nil
	}
	outside := *u.scope
	outside.inputs, outside.ofFamily = nil, false // a default is written where no input is known
	if given != nil {
		for _, f := range given.Fields {
			if !slices.ContainsFunc(t.inputs, func(in templateInput) bool { return in.name == f.Key.Text }) {
				u.report(rule, f.Key, path+"."+f.Key.Text, spec.DidYouMeanOneOf(f.Key.Text, t.inputNames()), "the %s %q has no input %q", t.kind, t.name, f.Key.Text)
			}
		}
	}
	for _, in := range t.inputs {
		switch value := given.Get(in.name); {
		case value != nil:
			values[in.name] = value
		case in.value != nil:
			values[in.name] = outside.expand(in.value)
		default:
			d := u.report(rule, use, path+"."+in.name, hint, "the %s %q needs the input %q", t.kind, t.name, in.name)
			d.Related = append(d.Related, spec.Related{Range: in.key.Range, Message: "declared here"})
			values[in.name] = poison(use)
		}
	}
	return values
}

// publishTemplates compiles the templates that are also stored on the server.
func (c *compiler) publishTemplates() {
	for _, name := range slices.Sorted(maps.Keys(c.templates)) {
		t := c.templates[name]
		u := c.newUnit(spec.OfTemplate, "templates["+name+"]", &scope{c: c,
			noMatrix: "a published template belongs to no job", noJob: "a published template belongs to no job; a script can use ${JOB_NAME}"})
		publish := u.get(t.node, "publish")
		if publish == nil || publish.IsNull() {
			continue
		}
		if on, ok := u.boolean("publish", publish); !ok || !on {
			continue
		}
		c.result.Templates = append(c.result.Templates, u.publish(t))
	}
}

// publish compiles the body that creates a template (reference 4.21). The server has no inputs. An
// input with a default is filled in; one without becomes the build parameter of its name.
func (u *unit) publish(t *template) *Template {
	t.compiled = true
	u.scope.inputs = map[string]*spec.Node{}
	var open []templateInput
	for _, in := range t.inputs {
		if in.value != nil {
			u.scope.inputs[in.name] = u.expand(in.value)
			continue
		}
		open = append(open, in)
		u.scope.inputs[in.name] = &spec.Node{
			Kind: spec.ScalarNode, Type: spec.StringType, Style: spec.PlainStyle, Text: "${" + in.name + "}", Range: in.key.Range,
		}
	}
	body := jsontree.Object()
	template := jsontree.Object(jsontree.Member{Key: "steps", Value: jsontree.Array()})
	part := func(key string, marked *spec.Node) *spec.Node {
		return u.checked(spec.OfTemplate, t.node.Key(key), marked, u.expand(marked))
	}
	if steps := part("steps", t.steps); steps != nil {
		template.Set(wire.KeySteps, u.steps(steps, nil))
	} else if u.get(t.node, "extra").Get("template").Get("steps") == nil {
		u.report("missing-key", t.node.Get("name"), "steps", "", "the published template %q needs steps", t.name)
	} else {
		template.Delete(wire.KeySteps)
	}
	body.Set(wire.KeyTemplate, template)
	body.Set(wire.KeyName, jsontree.String(t.name))
	u.record("name", t.node.Get("name"))
	for _, key := range []string{"description", "tool_type"} {
		if n := u.get(t.node, key); n != nil {
			body.Set(key, u.text(key, n))
		}
	}
	if parameters := u.openInputs(open, part("parameters", t.parameters)); parameters != nil {
		list := u.parameters(parameters)
		u.refuseSecrets(t, parameters)
		body.Set(wire.KeyParameters, list)
	}
	u.templateExtra(t, body, u.get(t.node, "extra"))
	return &Template{
		Address: cmp.Or(u.c.workspace.Default, "-") + "/template/" + t.name, Name: t.name, Body: body,
		Pos: t.node.Pos(), Provenance: provenanceOf(u.recorded),
	}
}

// templateExtra adds further fields to the body, verbatim.
func (u *unit) templateExtra(t *template, body *jsontree.Value, extra *spec.Node) {
	if extra == nil || extra.IsNull() {
		return
	}
	if extra.Kind != spec.MappingNode {
		u.wrongType("extra", extra, "a mapping of body fields")
		return
	}
	for _, f := range extra.Fields {
		if f.Key.Text == "template" && (f.Value.Kind == spec.MappingNode || f.Value.IsNull()) {
			u.templateMembers(t, body.Get(wire.KeyTemplate), f.Value)
			continue
		}
		if body.Get(f.Key.Text) != nil {
			u.reportTwice(f.Key, "extra."+f.Key.Text, u.besideExtra(t.node, f.Key.Text))
			continue
		}
		body.Set(f.Key.Text, u.value(valuepath.First(f.Key.Text), f.Value))
	}
}

// templateMembers adds further members of a template beside its steps: image, image_source, actions
// and others that the service keeps.
func (u *unit) templateMembers(t *template, template *jsontree.Value, members *spec.Node) {
	for _, f := range members.Fields {
		if template.Get(f.Key.Text) != nil {
			u.reportTwice(f.Key, "extra.template"+valuepath.Member(f.Key.Text), t.node.Key(f.Key.Text))
			continue
		}
		template.Set(f.Key.Text, u.value("template"+valuepath.Member(f.Key.Text), f.Value))
	}
}

// openInputs appends a build parameter for each input without a default that
// the template does not declare as one.
func (u *unit) openInputs(open []templateInput, parameters *spec.Node) *spec.Node {
	for _, in := range open {
		if parameters != nil && slices.ContainsFunc(parameters.Items, func(p *spec.Node) bool { return parameterName(p) == in.name }) {
			continue
		}
		if !wire.IsParameterName(in.name) {
			u.report("template-input", in.key, "inputs."+in.name, "give it a default, or rename it: Latin letters, digits and _",
				"the input %q of a published template has no default and cannot become a build parameter", in.name)
			continue
		}
		scalar := func(text string) *spec.Node {
			return &spec.Node{Kind: spec.ScalarNode, Type: spec.StringType, Text: text, Range: in.key.Range,
				Origin: &spec.Origin{Kind: spec.FromInput, Name: in.name, Pos: in.key.Pos()}}
		}
		p := &spec.Node{Kind: spec.MappingNode, Range: in.key.Range, Fields: []spec.Field{{Key: scalar("name"), Value: scalar(in.name)}}}
		grown := &spec.Node{Kind: spec.SequenceNode, Range: in.key.Range}
		if parameters != nil {
			c := *parameters
			grown = &c
		}
		grown.Items = append(slices.Clone(grown.Items), p)
		parameters = grown
	}
	return parameters
}

// refuseSecrets reports secret parameters: everyone in the tenant can read a template on the
// server.
func (u *unit) refuseSecrets(t *template, parameters *spec.Node) {
	for _, p := range parameters.Items {
		at := p.Get("secret")
		if params := p.Get("params"); params != nil && at == nil {
			for _, field := range params.Items {
				if strings.EqualFold(field.Str("name"), wire.ParamSensitiveVar) && wire.MeansTrue(field.Str("value")) {
					at = field
				}
			}
		}
		if at != nil && !at.IsNull() {
			u.report("template-secret", at, ParameterPath(parameterName(p)), "set publish: false, or declare the parameter in the jobs",
				"the published template %q cannot hold the secret parameter %q", t.name, parameterName(p))
		}
	}
}
