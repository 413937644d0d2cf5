package export

import (
	"cmp"
	"regexp"
	"slices"
	"sync"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// stepForms lists the forms of a step: the action word with inputs, the word
// with the API's properties, and the API's own form.
func (e *Exporter) stepForms(step *jsontree.Value) []*yamltext.Node {
	raw := yamltext.Mapping()
	for _, key := range []string{wire.KeyModuleID, wire.KeyName, wire.KeyVersion, wire.KeyEnable, wire.KeyProperties} {
		if v := step.Get(key); v != nil {
			raw.Add(key, verbatim(v))
		}
	}
	unknown := false
	for _, m := range step.Members() {
		if raw.Get(m.Key) == nil {
			raw.Add(spec.EscapeReferences(m.Key), verbatim(m.Value))
			unknown = true
		}
	}
	module := e.catalogue.Module(step.Str(wire.KeyModuleID))
	if module == nil || module.Word() == "" || unknown {
		return []*yamltext.Node{raw}
	}
	return []*yamltext.Node{
		yamltext.Mapping(yamltext.Entry(module.Word(), actionForm(step, module, true))),
		yamltext.Mapping(yamltext.Entry(module.Word(), actionForm(step, module, false))),
		raw,
	}
}

// actionForm returns the mapping below an action word.
func actionForm(step *jsontree.Value, module *catalog.Module, withInputs bool) *yamltext.Node {
	n := yamltext.Mapping()
	add := func(key string) {
		if v := step.Get(key); v != nil {
			n.Add(key, verbatim(v))
		}
	}
	add(wire.KeyName)
	properties := step.Get(wire.KeyProperties)
	if !withInputs {
		add(wire.KeyEnable)
		add(wire.KeyVersion)
		add(wire.KeyProperties)
		return n
	}
	if image, ok := properties.Get("image").AsString(); ok {
		n.Add("image", yamltext.Text(spec.EscapeReferences(image)))
	}
	add(wire.KeyEnable)
	add(wire.KeyVersion)
	inputs, others := yamltext.Mapping(), yamltext.Mapping()
	for _, m := range byInterest(properties.Members()) {
		switch {
		case m.Key == "image" && n.Get("image") != nil:
		case module.Input(m.Key) != nil || module.HasInputsUnder(m.Key) || module.Property(m.Key) == nil:
			// As an input the name would have another meaning, or none.
			others.Add(spec.EscapeReferences(m.Key), verbatim(m.Value))
		default:
			inputs.Add(m.Key, verbatim(m.Value))
		}
	}
	if len(inputs.Fields) > 0 {
		n.Add("inputs", guardedKey(inputs))
	}
	if len(others.Fields) > 0 || properties.Kind() == jsontree.KindObject && len(inputs.Fields) == 0 && n.Get("image") == nil {
		n.Add(wire.KeyProperties, guardedKey(others))
	}
	return n
}

// byInterest puts the script first, because readers look for it.
func byInterest(members []jsontree.Member) []jsontree.Member {
	sorted := slices.Clone(members)
	slices.SortStableFunc(sorted, func(a, b jsontree.Member) int { return rankOf(a.Key) - rankOf(b.Key) })
	return sorted
}

func rankOf(key string) int {
	if key == "command" {
		return 0
	}
	return 1
}

var plainDepth = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[1-9][0-9]{0,5}$`) })

// scmOrder is the order of a code source's keys in a file.
var scmOrder = []string{
	wire.KeySCMType, wire.KeyURL, wire.KeyRepoID, wire.KeyBranch, wire.KeyBuildType, wire.KeyDepth, wire.KeyIsAutoBuild,
	wire.KeyEndPointID, wire.KeySource, wire.KeyWebURL, wire.KeyGroupName, wire.KeyRepoName, wire.KeyEnableGitLFS,
}

func scmForms(scm *jsontree.Value) []*yamltext.Node {
	n := yamltext.Mapping()
	for _, key := range scmOrder {
		v := scm.Get(key)
		switch {
		case v == nil:
		case key == wire.KeyDepth && plainDepth().MatchString(v.Text()):
			n.Add(key, yamltext.Literal(v.Text()))
		default:
			n.Add(key, verbatim(v))
		}
	}
	for _, m := range scm.Members() {
		if n.Get(m.Key) == nil {
			n.Add(spec.EscapeReferences(m.Key), verbatim(m.Value))
		}
	}
	return []*yamltext.Node{n}
}

func triggerForms(trigger *jsontree.Value) []*yamltext.Node {
	raw := verbatim(trigger)
	if list := raw.Get("parameters"); list != nil {
		for _, p := range list.Items {
			yamltext.OneLine(p)
		}
	}
	var cron, zone string
	for _, p := range trigger.Get(wire.KeyParameters).Items() {
		switch p.Str(wire.KeyName) {
		case "spec":
			cron = p.Str(wire.KeyValue)
		case "timeZoneId":
			zone = p.Str(wire.KeyValue)
		}
	}
	if cron == "" {
		return []*yamltext.Node{raw}
	}
	friendly := yamltext.OneLine(yamltext.Mapping(yamltext.Entry("cron", yamltext.Text(spec.EscapeReferences(cron)))))
	if zone != "" {
		friendly.Add("timezone", yamltext.Text(spec.EscapeReferences(zone)))
	}
	return []*yamltext.Node{friendly, raw}
}

// parameterForms lists the forms of a build parameter. The value of a sensitive one is never
// written, whatever the service returned.
func (w *jobWriter) parameterForms(definition *jsontree.Value) []*yamltext.Node {
	p := readParameter(definition)
	secret := ""
	if p.isSensitive() {
		if w.fromFile {
			secret = spec.PlaceholderSecret(p.value(wire.ParamDefaultValue)) // compile wrote it
		}
		secret = cmp.Or(secret, w.secretName(w.definition.Address, w.live.Name, p.name()))
	}
	forms := []*yamltext.Node{p.friendly(secret), p.raw(secret)}
	if secret != "" && p.fields[wire.ParamDefaultValue] == nil {
		forms = append(forms, p.raw(""))
	}
	return forms
}

// parameter is a live build parameter, its fields by name.
type parameter struct {
	definition *jsontree.Value
	fields     map[string]*jsontree.Value
}

func readParameter(definition *jsontree.Value) *parameter {
	p := &parameter{definition: definition, fields: map[string]*jsontree.Value{}}
	for _, field := range definition.Get(wire.KeyParams).Items() {
		if name := field.Str(wire.KeyName); p.fields[name] == nil {
			p.fields[name] = field
		}
	}
	return p
}

func (p *parameter) value(name string) string { return p.fields[name].Str(wire.KeyValue) }
func (p *parameter) name() string             { return p.value(wire.ParamName) }
func (p *parameter) isOn(name string) bool    { return wire.MeansTrue(p.value(name)) }
func (p *parameter) isSensitive() bool        { return wire.Parameter{Definition: p.definition}.IsSensitive() }

// friendly returns the parameter by its own keys.
func (p *parameter) friendly(secret string) *yamltext.Node {
	n := yamltext.OneLine(yamltext.Mapping(yamltext.Entry("name", yamltext.Text(spec.EscapeReferences(p.name())))))
	limits := p.fields[wire.ParamDefaultValue].Get(wire.KeyLimits)
	var options *yamltext.Node
	first := ""
	for _, limit := range limits.Items() {
		if options == nil {
			options = yamltext.OneLine(yamltext.Sequence())
			first = limit.Str(wire.KeyName)
		}
		options.Items = append(options.Items, option(limit))
	}
	n.Add("options", options)
	switch value := p.value(wire.ParamDefaultValue); {
	case secret != "":
		n.Add("secret", yamltext.Text(secret))
	case value != "" && (options == nil || value != first || limits.Items()[0].Str(wire.KeyDisable) == "1"):
		n.Add("default", yamltext.Text(spec.EscapeReferences(value)))
	}
	for _, flag := range []struct{ field, key string }{
		{wire.ParamDefaults, "predefined"}, {wire.ParamStaticVar, "static"}, {wire.ParamDeletion, "deletable"},
	} {
		if p.isOn(flag.field) {
			n.Add(flag.key, yamltext.Literal("true"))
		}
	}
	// The service writes a predefined parameter's description in its own language.
	if description := p.value(wire.ParamDescription); description != "" && !p.isOn(wire.ParamDefaults) {
		n.Add("description", yamltext.Text(spec.EscapeReferences(description)))
	}
	return n
}

// option returns one choice of an enumeration.
func option(limit *jsontree.Value) *yamltext.Node {
	name, shown := limit.Str(wire.KeyName), limit.Str(wire.KeyDisplayName)
	if shown == name && limit.Str(wire.KeyDisable) != "1" {
		return yamltext.Text(spec.EscapeReferences(name))
	}
	n := yamltext.Mapping(yamltext.Entry(wire.KeyName, yamltext.Text(spec.EscapeReferences(name))))
	if shown != name {
		n.Add(wire.KeyDisplayName, yamltext.Text(spec.EscapeReferences(shown)))
	}
	if limit.Str(wire.KeyDisable) == "1" {
		n.Add(wire.KeyDisable, yamltext.Literal("true"))
	}
	return n
}

// raw returns the parameter in the API's form, with a secret in place of its value.
func (p *parameter) raw(secret string) *yamltext.Node {
	n := yamltext.Mapping()
	if secret != "" {
		n.Add("secret", yamltext.Text(secret))
	}
	if name := p.definition.Get(wire.KeyName); name != nil {
		n.Add("definition", verbatim(name))
	}
	if params := p.definition.Get(wire.KeyParams); params != nil {
		list := verbatim(withoutSecret(params, p.isSensitive()))
		for _, entry := range list.Items {
			yamltext.OneLine(entry)
		}
		n.Add(wire.KeyParams, list)
	}
	for _, m := range p.definition.Members() {
		if m.Key != wire.KeyName && m.Key != wire.KeyParams {
			n.Add(spec.EscapeReferences(m.Key), verbatim(m.Value))
		}
	}
	return n
}

// withoutSecret takes the value out of a sensitive parameter's fields.
func withoutSecret(params *jsontree.Value, sensitive bool) *jsontree.Value {
	c := params.Clone()
	for _, field := range c.Items() {
		if sensitive && field.Str(wire.KeyName) == wire.ParamDefaultValue {
			field.Delete(wire.KeyValue)
		}
	}
	return c
}

// withoutSecrets returns a part's value for extra, where secrets are not allowed.
func (w *jobWriter) withoutSecrets(p *part) *jsontree.Value {
	if p.key != wire.KeyParameters {
		return p.live
	}
	c := p.live.Clone()
	for _, definition := range c.Items() {
		if params := definition.Get(wire.KeyParams); params != nil {
			definition.Set(wire.KeyParams, withoutSecret(params, readParameter(definition).isSensitive()))
		}
	}
	return c
}

// stepPath returns the path of the i-th step.
func stepPath(steps []*jsontree.Value, i int) string {
	name, nth := steps[i].Str(wire.KeyName), 1
	for _, before := range steps[:i] {
		if before.Str(wire.KeyName) == name {
			nth++
		}
	}
	return compile.StepPath(name, nth)
}
