package export

import (
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// ToBuildYML writes what a job builds as a CodeArts build.yml, and lists what such a file cannot
// express; that stays with the job. A step without an action word is an error, because a build
// without it would be a different one.
func (e *Exporter) ToBuildYML(job *compile.Job) (text []byte, lost []Lost, err error) {
	body := job.Body()
	w := &buildYMLWriter{Exporter: e}
	root := yamltext.Mapping(yamltext.Entry("version", yamltext.Literal("2.0")))
	root.Add("params", w.params(body.Get(wire.KeyParameters)))
	root.Add("env", w.env(body))
	steps := yamltext.Mapping()
	steps.Add("PRE_BUILD", w.checkouts(body))
	build := yamltext.Sequence()
	for i, step := range body.Get(wire.KeySteps).Items() {
		n, err := w.step(step, stepPath(body.Get(wire.KeySteps).Items(), i))
		if err != nil {
			return nil, nil, err
		}
		if n != nil {
			build.Items = append(build.Items, n)
		}
	}
	steps.Add("BUILD", build)
	root.Add("steps", steps)
	for _, m := range body.Members() {
		switch m.Key {
		case wire.KeyParameters, wire.KeySCMs, wire.KeySteps, wire.KeyArch, wire.KeyAutoUpdateSubModule, wire.KeyProjectID, wire.KeyJobName:
		case wire.KeyFlavor:
			w.loseEmpty(m.Key, m.Value)
		default:
			w.lose(m.Key, "it stays with the job")
		}
	}
	if job.Enabled != nil && !*job.Enabled {
		w.lose("enabled", "it stays with the job")
	}
	if len(job.Notices) > 0 {
		w.lose("notifications", "they stay with the job")
	}
	return source("", root), w.lost, nil
}

type buildYMLWriter struct {
	*Exporter
	lost []Lost
}

func (w *buildYMLWriter) lose(path, reason string) { w.lost = append(w.lost, Lost{path, reason}) }

// loseEmpty lists a value that the definition makes empty: a build.yml can only leave it out, which
// means the default.
func (w *buildYMLWriter) loseEmpty(path string, v *jsontree.Value) {
	if v.IsEmpty() {
		w.lose(path, "it is empty, and a build.yml cannot make it so")
	}
}

func (w *buildYMLWriter) params(parameters *jsontree.Value) *yamltext.Node {
	var list *yamltext.Node
	for _, definition := range parameters.Items() {
		p := readParameter(definition)
		path := compile.ParameterPath(p.name())
		if p.isSensitive() {
			w.lose(path, "its value is secret; declare it in the job")
			continue
		}
		if p.fields[wire.ParamDefaultValue].Get(wire.KeyLimits).Kind() == jsontree.KindArray {
			w.lose(path+".options", "a build.yml has no options")
		}
		w.loseFields(p, path)
		if list == nil {
			list = yamltext.Sequence()
		}
		n := yamltext.Mapping(yamltext.Entry("name", yamltext.Text(p.name())), yamltext.Entry("value", yamltext.Text(p.value(wire.ParamDefaultValue))))
		if description := p.value(wire.ParamDescription); description != "" {
			n.Add("description", yamltext.Text(description))
		}
		list.Items = append(list.Items, n)
	}
	return list
}

// loseFields lists what a build.yml cannot say of a parameter. The import of a
// build.yml knows that codeBranch is predefined.
func (w *buildYMLWriter) loseFields(p *parameter, path string) {
	for _, field := range p.definition.Get(wire.KeyParams).Items() {
		name, value := field.Str(wire.KeyName), field.Str(wire.KeyValue)
		switch name {
		case wire.ParamName, wire.ParamType, wire.ParamDefaultValue, wire.ParamDescription, wire.ParamSensitiveVar:
			continue
		case wire.ParamDefaults, wire.ParamStaticVar, wire.ParamDeletion:
			if !wire.MeansTrue(value) || name == wire.ParamDefaults && p.name() == predefinedBranch {
				continue
			}
			name = map[string]string{wire.ParamDefaults: "predefined", wire.ParamStaticVar: "static", wire.ParamDeletion: "deletable"}[name]
		}
		w.lose(path+valuepath.Member(name), "a build.yml cannot say it of a parameter")
	}
}

func (w *buildYMLWriter) env(body *jsontree.Value) *yamltext.Node {
	resource := yamltext.Mapping(yamltext.Entry("type", yamltext.Text("docker")), yamltext.Entry("arch", yamltext.Text("X86")))
	if body.Str(wire.KeyArch) == "arm" {
		set(resource, "arch", yamltext.Text("ARM"))
	}
	if flavor := body.Str(wire.KeyFlavor); flavor != "" && !strings.EqualFold(flavor, "DEFAULT") {
		resource.Add("class", yamltext.Text(strings.ToUpper(flavor)))
	}
	return yamltext.Mapping(yamltext.Entry("resource", resource))
}

func (w *buildYMLWriter) checkouts(body *jsontree.Value) *yamltext.Node {
	var list *yamltext.Node
	for i, scm := range body.Get(wire.KeySCMs).Items() {
		inputs := yamltext.Mapping()
		for _, name := range []string{"scm", "url", "branch", "lfs", "depth"} {
			if v := scm.Get(checkoutKeys[name]); !v.IsEmpty() {
				inputs.Add(name, plainOf(v))
			}
		}
		if body.Get(wire.KeyAutoUpdateSubModule).Text() == "true" {
			inputs.Add("submodule", yamltext.Literal("true"))
		}
		for _, m := range scm.Members() {
			known := false
			for _, key := range checkoutKeys {
				known = known || key == m.Key
			}
			path := fmt.Sprintf("scms[%d].%s", i, m.Key)
			if known {
				w.loseEmpty(path, m.Value)
			} else {
				w.lose(path, "checkout has no such input")
			}
		}
		if list == nil {
			list = yamltext.Sequence()
		}
		list.Items = append(list.Items, yamltext.Mapping(yamltext.Entry("checkout",
			yamltext.Mapping(yamltext.Entry("name", yamltext.Text("checkout")), yamltext.Entry("inputs", inputs)))))
	}
	return list
}

// plainOf returns a value as a file without references has it.
func plainOf(v *jsontree.Value) *yamltext.Node {
	n := verbatim(v)
	if n.Kind == yamltext.TextNode {
		n.Text = v.Text()
	}
	return n
}

func (w *buildYMLWriter) step(step *jsontree.Value, path string) (*yamltext.Node, error) {
	module := w.catalogue.Module(step.Str(wire.KeyModuleID))
	if module == nil || module.Word() == "" {
		return nil, fmt.Errorf("%s: the module %s has no action word, so a build.yml cannot hold it", path, step.Str(wire.KeyModuleID))
	}
	if on, ok := step.Get(wire.KeyEnable).AsBool(); ok && !on {
		w.lose(path, "the step is switched off")
		return nil, nil
	}
	for _, m := range step.Members() {
		switch m.Key {
		case wire.KeyModuleID, wire.KeyName, wire.KeyProperties, wire.KeyEnable:
		default:
			w.lose(path+valuepath.Member(m.Key), "a step of a build.yml has no such key")
		}
	}
	n := yamltext.Mapping(yamltext.Entry("name", yamltext.Text(step.Str(wire.KeyName))))
	properties := step.Get(wire.KeyProperties)
	if image := properties.Str("image"); image != "" {
		n.Add("image", yamltext.Text(image))
	}
	for _, m := range byInterest(properties.Members()) {
		switch {
		case m.Value.IsEmpty():
			w.loseEmpty(path+".properties"+valuepath.Member(m.Key), m.Value)
			continue
		case m.Key == "image":
			continue
		case m.Key == "command":
			setPath(n, []string{"inputs", "command"}, plainOf(m.Value))
			continue
		}
		if name, value := inputOf(module, m); name != "" {
			setPath(n, append([]string{"inputs"}, strings.Split(name, ".")...), value)
			continue
		}
		reason := "no input of build.yml is known for it"
		if isDefaultOf(module, m) {
			reason += "; it is the module's default" // a plan shows it as no longer declared
		}
		w.lose(path+".properties"+valuepath.Member(m.Key), reason)
	}
	return yamltext.Mapping(yamltext.Entry(module.Word(), n)), nil
}

// inputOf returns the input that sets a property to a value, "" if none is known.
func inputOf(module *catalog.Module, m jsontree.Member) (name string, value *yamltext.Node) {
	for _, in := range module.Inputs {
		if in.Property != m.Key {
			continue
		}
		if len(in.Values) == 0 {
			return in.Name, plainOf(m.Value)
		}
		for _, v := range in.Values {
			if v.To != m.Value.Text() {
				continue
			}
			if v.From == "true" || v.From == "false" {
				return in.Name, yamltext.Literal(v.From)
			}
			return in.Name, yamltext.Text(v.From)
		}
	}
	return "", nil
}
