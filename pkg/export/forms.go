package export

import (
	"regexp"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// stepForms lists the forms of a step: the action word with inputs, the word
// with the API's properties, and the API's own form.
func (e *Exporter) stepForms(step *jsontree.Value) []*node {
	raw := mapping()
	for _, key := range []string{wire.KeyModuleID, wire.KeyName, wire.KeyVersion, wire.KeyEnable, wire.KeyProperties} {
		if v := step.Get(key); v != nil {
			raw.add(key, verbatim(v))
		}
	}
	unknown := false
	for _, m := range step.Members() {
		if raw.get(m.Key) == nil {
			raw.add(m.Key, verbatim(m.Value))
			unknown = true
		}
	}
	module := e.catalogue.Module(step.Str(wire.KeyModuleID))
	if module == nil || module.Word() == "" || unknown {
		return []*node{raw}
	}
	return []*node{
		mapping(field{module.Word(), actionForm(step, module, true)}),
		mapping(field{module.Word(), actionForm(step, module, false)}),
		raw,
	}
}

// actionForm is what stands below an action word.
func actionForm(step *jsontree.Value, module *catalog.Module, withInputs bool) *node {
	n := mapping()
	add := func(key string) {
		if v := step.Get(key); v != nil {
			n.add(key, verbatim(v))
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
		n.add("image", text(escaped(image)))
	}
	add(wire.KeyEnable)
	add(wire.KeyVersion)
	inputs, others := mapping(), mapping()
	for _, m := range byInterest(properties.Members()) {
		switch {
		case m.Key == "image" && n.get("image") != nil:
		case module.Input(m.Key) != nil || module.HasInputsUnder(m.Key) || module.Property(m.Key) == nil:
			// As an input the name would mean something else, or nothing that is known.
			others.add(m.Key, verbatim(m.Value))
		default:
			inputs.add(m.Key, verbatim(m.Value))
		}
	}
	if len(inputs.fields) > 0 {
		n.add("inputs", guardedKey(inputs))
	}
	if len(others.fields) > 0 || properties.Kind() == jsontree.KindObject && len(inputs.fields) == 0 && n.get("image") == nil {
		n.add(wire.KeyProperties, guardedKey(others))
	}
	return n
}

// guardedKey escapes a lone key that would be read as an include.
func guardedKey(n *node) *node {
	if len(n.fields) == 1 && isIncludeKey(n.fields[0].key) {
		n.fields[0].key = "$" + n.fields[0].key
	}
	return n
}

// byInterest puts the script first: it is what a reader looks for.
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

var plainDepth = regexp.MustCompile(`^[1-9][0-9]{0,5}$`)

// scmOrder is the order of a code source's keys in a file.
var scmOrder = []string{
	wire.KeySCMType, wire.KeyURL, wire.KeyRepoID, wire.KeyBranch, wire.KeyBuildType, wire.KeyDepth, wire.KeyIsAutoBuild,
	wire.KeyEndPointID, wire.KeySource, wire.KeyWebURL, wire.KeyGroupName, wire.KeyRepoName, wire.KeyEnableGitLFS,
}

func scmForms(scm *jsontree.Value) []*node {
	n := mapping()
	for _, key := range scmOrder {
		v := scm.Get(key)
		switch {
		case v == nil:
		case key == wire.KeyDepth && plainDepth.MatchString(v.Text()):
			n.add(key, literal(v.Text()))
		default:
			n.add(key, verbatim(v))
		}
	}
	for _, m := range scm.Members() {
		if n.get(m.Key) == nil {
			n.add(m.Key, verbatim(m.Value))
		}
	}
	return []*node{n}
}

func triggerForms(trigger *jsontree.Value) []*node {
	raw := verbatim(trigger)
	if list := raw.get("parameters"); list != nil {
		for _, p := range list.items {
			oneLine(p)
		}
	}
	var cron, zone string
	for _, p := range trigger.Get("parameters").Items() {
		switch p.Str(wire.KeyName) {
		case "spec":
			cron = p.Str(wire.KeyValue)
		case "timeZoneId":
			zone = p.Str(wire.KeyValue)
		}
	}
	if cron == "" {
		return []*node{raw}
	}
	friendly := oneLine(mapping(field{"cron", text(escaped(cron))}))
	if zone != "" {
		friendly.add("timezone", text(escaped(zone)))
	}
	return []*node{friendly, raw}
}

// parameterForms lists the forms of a build parameter. The value of a sensitive
// one is never written, whatever the service returned for it.
func (w *jobWriter) parameterForms(definition *jsontree.Value) []*node {
	p := readParameter(definition)
	secret := ""
	if p.isSensitive() {
		secret = w.secretName(w.definition.Address, w.live.Name, p.name())
	}
	forms := []*node{p.friendly(secret), p.raw(secret)}
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
func (p *parameter) isOn(name string) bool    { return strings.EqualFold(p.value(name), "true") }
func (p *parameter) isSensitive() bool        { return p.isOn(wire.ParamSensitiveVar) }

// friendly is the parameter by its own keys.
func (p *parameter) friendly(secret string) *node {
	n := oneLine(mapping(field{"name", text(escaped(p.name()))}))
	limits := p.fields[wire.ParamDefaultValue].Get(wire.KeyLimits)
	var options *node
	first := ""
	for _, limit := range limits.Items() {
		if options == nil {
			options = oneLine(sequence())
			first = limit.Str(wire.KeyName)
		}
		options.items = append(options.items, option(limit))
	}
	n.add("options", options)
	switch value := p.value(wire.ParamDefaultValue); {
	case secret != "":
		n.add("secret", text(secret))
	case value != "" && (options == nil || value != first || limits.Items()[0].Str(wire.KeyDisable) == "1"):
		n.add("default", text(escaped(value)))
	}
	for _, flag := range []struct{ field, key string }{
		{wire.ParamDefaults, "predefined"}, {wire.ParamStaticVar, "static"}, {wire.ParamDeletion, "deletable"},
	} {
		if p.isOn(flag.field) {
			n.add(flag.key, literal("true"))
		}
	}
	// The service writes a predefined parameter's description in its own language.
	if description := p.value(wire.ParamDescription); description != "" && !p.isOn(wire.ParamDefaults) {
		n.add("description", text(escaped(description)))
	}
	return n
}

// option is one choice of an enumeration.
func option(limit *jsontree.Value) *node {
	name, shown := limit.Str(wire.KeyName), limit.Str(wire.KeyDisplayName)
	if shown == name && limit.Str(wire.KeyDisable) != "1" {
		return text(escaped(name))
	}
	n := mapping(field{wire.KeyName, text(escaped(name))})
	if shown != name {
		n.add(wire.KeyDisplayName, text(escaped(shown)))
	}
	if limit.Str(wire.KeyDisable) == "1" {
		n.add(wire.KeyDisable, literal("true"))
	}
	return n
}

// raw is the parameter as the API has it; a secret stands in for its value.
func (p *parameter) raw(secret string) *node {
	n := mapping()
	if secret != "" {
		n.add("secret", text(secret))
	}
	if name := p.definition.Get(wire.KeyName); name != nil {
		n.add("definition", verbatim(name))
		if strings.EqualFold(name.Text(), wire.ParameterDefinition) {
			n.fields[len(n.fields)-1].value = text(wire.ParameterDefinition)
		}
	}
	if params := p.definition.Get(wire.KeyParams); params != nil {
		list := verbatim(withoutSecret(params, p.isSensitive()))
		for _, entry := range list.items {
			oneLine(entry)
		}
		n.add(wire.KeyParams, list)
	}
	for _, m := range p.definition.Members() {
		if m.Key != wire.KeyName && m.Key != wire.KeyParams {
			n.add(m.Key, verbatim(m.Value))
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

// withoutSecrets is a part's value for extra, where no secret can stand.
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

// stepPath is the path of the i-th step.
func stepPath(steps []*jsontree.Value, i int) string {
	name, nth := steps[i].Str(wire.KeyName), 1
	for _, before := range steps[:i] {
		if before.Str(wire.KeyName) == name {
			nth++
		}
	}
	return compile.StepPath(name, nth)
}
