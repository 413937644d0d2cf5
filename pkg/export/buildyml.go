package export

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// phases are the lists of steps of a build.yml, in the order in which they run.
var phases = []string{"PRE_BUILD", "BUILD", "POST_BUILD"}

// buildYML makes a definition of a build.yml.
type buildYML struct {
	*Exporter
	job  *yamltext.Node
	lost []Lost
}

func (e *Exporter) importBuildYML(root *spec.Node, opts ImportOptions) (*Imported, error) {
	b := &buildYML{Exporter: e, job: yamltext.Mapping(
		yamltext.Entry("name", yamltext.Text(cmp.Or(opts.Name, "imported"))), yamltext.Entry("project", yamltext.Text(importProject.Alias)),
		yamltext.Entry("arch", yamltext.Text("x86-64")), yamltext.Entry("steps", yamltext.Sequence()))}
	if _, err := b.compileJob(importProject, b.job); err != nil {
		return nil, err
	}
	for _, f := range root.Fields {
		switch f.Key.Text {
		case "version":
			b.version(f.Value)
		case "env":
			b.env("env", f.Value)
		case "envs":
			b.envs(f.Value)
		case "params":
			b.params(f.Value)
		case "steps":
			b.steps(f.Value)
		default:
			b.lose(f.Key.Text, "a definition has no such key")
		}
	}
	if root.Get("version") == nil {
		b.lose("version", "the file has none, and was read as 2.0")
	}
	b.codeBranch()
	return &Imported{Text: imported(b.job, opts), Lost: b.lost}, nil
}

// version says so where the file may mean something else than version 2.0 does.
func (b *buildYML) version(n *spec.Node) {
	if n.Text != "2.0" && n.Text != "2" {
		b.lose("version", fmt.Sprintf("only 2.0 is known, so the file was read as that and not as %q", n.Text))
	}
}

// isText reports whether a value is a text, and lists it as lost where it is a list
// or a mapping. null is not a text, and nothing is lost with it.
func (b *buildYML) isText(path string, n *spec.Node) bool {
	if n.Kind != spec.ScalarNode {
		b.lose(path, "it must be a text")
	}
	return n.Kind == spec.ScalarNode && !n.IsNull()
}

func (b *buildYML) lose(path, reason string) { b.lost = append(b.lost, Lost{path, reason}) }

// try changes the job if the result compiles; the error explains why it does not, and then nothing
// has changed.
func (b *buildYML) try(change func(job *yamltext.Node)) error {
	job := clone(b.job)
	change(job)
	if _, err := b.compileJob(importProject, job); err != nil {
		return err
	}
	b.job = job
	return nil
}

func clone(n *yamltext.Node) *yamltext.Node {
	if n == nil {
		return nil
	}
	c := *n
	c.Fields, c.Items = nil, nil
	for _, f := range n.Fields {
		c.Fields = append(c.Fields, yamltext.Entry(f.Key, clone(f.Value)))
	}
	for _, item := range n.Items {
		c.Items = append(c.Items, clone(item))
	}
	return &c
}

// predefinedBranch is the parameter of jobs made in the console.
const predefinedBranch = "codeBranch"

// codeBranch declares the parameter of console-made jobs if the file uses it.
func (b *buildYML) codeBranch() {
	const name = predefinedBranch
	for _, p := range itemsOf(b.job.Get("parameters")) {
		if p.Get("name").Text == name {
			return
		}
	}
	used := false
	var look func(n *yamltext.Node)
	look = func(n *yamltext.Node) {
		used = used || strings.Contains(n.Text, "${"+name+"}")
		for _, f := range n.Fields {
			look(f.Value)
		}
		for _, item := range n.Items {
			look(item)
		}
	}
	look(b.job)
	if used {
		b.addParameter("params", yamltext.OneLine(yamltext.Mapping(yamltext.Entry("name", yamltext.Text(name)),
			yamltext.Entry("default", yamltext.Text("master")), yamltext.Entry("predefined", yamltext.Literal("true")))))
	}
}

func (b *buildYML) addParameter(path string, p *yamltext.Node) {
	err := b.try(func(job *yamltext.Node) {
		if job.Get("parameters") == nil {
			place(job, "parameters", yamltext.Sequence())
		}
		list := job.Get("parameters")
		list.Items = append(list.Items, p)
	})
	if err != nil {
		b.lose(path, err.Error())
	}
}

// set gives a key of a mapping a value.
func set(n *yamltext.Node, key string, value *yamltext.Node) {
	for i, f := range n.Fields {
		if f.Key == key {
			n.Fields[i].Value = value
			return
		}
	}
	n.Add(key, value)
}

// setKey sets a key of the job, or reports it as lost.
func (b *buildYML) setKey(path, key string, value *yamltext.Node) {
	err := b.try(func(job *yamltext.Node) {
		if job.Get(key) != nil {
			set(job, key, value)
		} else {
			place(job, key, value)
		}
	})
	if err != nil {
		b.lose(path, err.Error())
	}
}

// envs reads machines with conditions. A definition has the one that has none.
func (b *buildYML) envs(list *spec.Node) {
	b.expect(spec.SequenceNode, "envs", list)
	taken := false
	for i, env := range list.Items {
		path := fmt.Sprintf("envs[%d]", i)
		switch condition := env.Str("condition"); {
		case condition != "" && condition != "default":
			b.lose(path, "a definition has one machine, for which no condition is possible")
		case taken:
			b.lose(path, "a definition has one machine, and an earlier one is taken")
		default:
			taken = true
			b.env(path, env)
		}
	}
}

// env reads the machine: env.resource.{arch, class, type}.
func (b *buildYML) env(at string, env *spec.Node) {
	b.expect(spec.MappingNode, at, env)
	for _, f := range env.Fields {
		if f.Key.Text == "condition" && f.Value.Text == "default" {
			continue
		}
		if f.Key.Text != "resource" {
			b.lose(at+"."+f.Key.Text, "a definition has no such key")
			continue
		}
		b.expect(spec.MappingNode, at+".resource", f.Value)
		for _, r := range f.Value.Fields {
			path, value := at+".resource."+r.Key.Text, strings.ToLower(r.Value.Text)
			switch {
			case !b.isText(path, r.Value):
			case r.Key.Text == "arch" && (value == "x86" || value == "x86-64" || value == "x86_64"):
			case r.Key.Text == "arch" && (value == "arm" || value == "arm64" || value == "aarch64"):
				b.setKey(path, wire.KeyArch, yamltext.Text("arm"))
			case r.Key.Text == "class":
				b.setKey(path, wire.KeyFlavor, yamltext.Text(value))
			case r.Key.Text == "type" && value == "docker": // what every job has
			default:
				b.lose(path, "a definition has nothing for it")
			}
		}
	}
}

// params reads the build parameters.
func (b *buildYML) params(params *spec.Node) {
	b.expect(spec.SequenceNode, "params", params)
	for i, p := range params.Items {
		name := p.Str("name")
		path := fmt.Sprintf("params[%s]", cmp.Or(name, fmt.Sprint(i)))
		if p.Kind != spec.MappingNode {
			b.lose(path, "it must be a mapping")
			continue
		}
		if name == "" {
			b.lose(path, "it has no name")
			continue
		}
		n := yamltext.OneLine(yamltext.Mapping(yamltext.Entry("name", yamltext.Text(name))))
		for _, f := range p.Fields {
			switch {
			case f.Key.Text == "name", f.Value.IsNull():
			case f.Key.Text == "value" || f.Key.Text == "description":
				if b.isText(path+"."+f.Key.Text, f.Value) {
					n.Add(map[string]string{"value": "default", "description": "description"}[f.Key.Text], verbatimOf(f.Value))
				}
			default:
				b.lose(path+"."+f.Key.Text, "a build parameter has no such key")
			}
		}
		if name == predefinedBranch {
			n.Add("predefined", yamltext.Literal("true"))
		}
		b.addParameter(path, n)
	}
}

// verbatimOf returns a value of the file with ${{ escaped: build.yml has no references.
func verbatimOf(n *spec.Node) *yamltext.Node {
	value := fromSpec(n)
	var escape func(n *yamltext.Node)
	escape = func(n *yamltext.Node) {
		switch {
		case n.Kind == yamltext.TextNode:
			n.Text = spec.EscapeReferences(n.Text)
		case n.Kind == yamltext.LiteralNode && strings.ContainsAny(n.Text, ".eE") && strings.ContainsAny(n.Text, "0123456789"):
			n.Kind = yamltext.TextNode // 1.10 is a version, and other readers take it for 1.1
		}
		for i, f := range n.Fields {
			n.Fields[i].Key = spec.EscapeReferences(f.Key)
			escape(f.Value)
		}
		for _, item := range n.Items {
			escape(item)
		}
	}
	escape(value)
	return value
}

// steps reads the phases in the order in which they run.
func (b *buildYML) steps(steps *spec.Node) {
	b.expect(spec.MappingNode, "steps", steps)
	for _, phase := range phases {
		list := steps.Get(phase)
		if list == nil {
			continue
		}
		b.expect(spec.SequenceNode, "steps."+phase, list)
		for i, item := range list.Items {
			path := fmt.Sprintf("steps.%s[%d]", phase, i)
			if len(item.Fields) != 1 {
				b.lose(path, "it is not one action with its settings below it")
				continue
			}
			word, settings := item.Fields[0].Key.Text, item.Fields[0].Value
			if word == "checkout" {
				b.checkout(path+".checkout", settings)
			} else {
				b.step(path+"."+word, word, settings)
			}
		}
	}
	for _, f := range steps.Fields {
		known := false
		for _, phase := range phases {
			known = known || phase == f.Key.Text
		}
		if !known {
			b.lose("steps."+f.Key.Text, "the phases are PRE_BUILD, BUILD and POST_BUILD")
		}
	}
}

// checkoutKeys are the inputs of checkout with the keys of a code source.
var checkoutKeys = map[string]string{"scm": wire.KeySCMType, "url": wire.KeyURL, "branch": wire.KeyBranch, "depth": wire.KeyDepth, "lfs": wire.KeyEnableGitLFS}

// checkout makes a code source: the service checks it out before the first step.
func (b *buildYML) checkout(path string, settings *spec.Node) {
	scm := yamltext.Mapping()
	b.expect(spec.MappingNode, path, settings)
	for _, f := range settings.Fields {
		if f.Key.Text != "inputs" {
			if f.Key.Text != "name" || f.Value.Text != "checkout" && !f.Value.IsNull() {
				b.lose(path+"."+f.Key.Text, "a code source has no such key")
			}
			continue
		}
		b.expect(spec.MappingNode, path+".inputs", f.Value)
		for _, in := range f.Value.Fields {
			key := checkoutKeys[in.Key.Text]
			switch {
			case !b.isText(path+".inputs."+in.Key.Text, in.Value):
			case key == wire.KeyEnableGitLFS && in.Value.Text != "true" && in.Value.Text != "false":
				b.lose(path+".inputs."+in.Key.Text, "it must be true or false")
			case key != "":
				scm.Add(key, verbatimOf(in.Value))
			case in.Key.Text == "submodule" && (in.Value.Text == "true" || in.Value.Text == "false"):
				b.setKey(path+".inputs.submodule", wire.KeyAutoUpdateSubModule, yamltext.Literal(in.Value.Text))
			case in.Key.Text == "submodule":
				b.lose(path+".inputs.submodule", "it must be true or false")
			default:
				b.lose(path+".inputs."+in.Key.Text, "a code source has no such key")
			}
		}
	}
	for len(scm.Fields) > 0 {
		err := b.try(func(job *yamltext.Node) {
			if job.Get(wire.KeySCMs) == nil {
				place(job, wire.KeySCMs, yamltext.Sequence())
			}
			list := job.Get(wire.KeySCMs)
			list.Items = append(list.Items, clone(scm))
		})
		if err == nil {
			return
		}
		last := scm.Fields[len(scm.Fields)-1]
		b.lose(path+".inputs."+last.Key, err.Error())
		scm.Fields = scm.Fields[:len(scm.Fields)-1]
	}
}

// expect reports a value of the wrong kind: otherwise it would be ignored silently.
func (b *buildYML) expect(kind spec.NodeKind, path string, n *spec.Node) {
	switch {
	case n.Kind == kind || n.IsNull():
	case kind == spec.SequenceNode:
		b.lose(path, "it must be a list")
	default:
		b.lose(path, "it must be a mapping")
	}
}

// step makes a step from an action: with all settings, or if that does not compile, with those that
// do.
func (b *buildYML) step(path, word string, settings *spec.Node) {
	if b.catalogue.Action(word) == nil {
		b.lose(path, fmt.Sprintf("the module of the action %q is not known: %s", word, remedy.HarvestImport))
		return
	}
	body := yamltext.Mapping()
	add := func(job *yamltext.Node) {
		steps := job.Get(wire.KeySteps)
		steps.Items = append(steps.Items, yamltext.Mapping(yamltext.Entry(word, clone(body))))
	}
	keep := func(at string, change func(body *yamltext.Node)) {
		before := clone(body)
		change(body)
		saved := b.job
		if err := b.try(add); err != nil {
			b.lose(at, err.Error())
			body = before
		}
		b.job = saved
	}
	b.expect(spec.MappingNode, path, settings)
	for _, f := range settings.Fields {
		switch f.Key.Text {
		case "name", "image":
			if !b.isText(path+"."+f.Key.Text, f.Value) {
				continue
			}
			keep(path+"."+f.Key.Text, func(body *yamltext.Node) { body.Add(f.Key.Text, verbatimOf(f.Value)) })
		case "enable":
			if b.isText(path+".enable", f.Value) {
				keep(path+".enable", func(body *yamltext.Node) { body.Add("enable", verbatimOf(f.Value)) })
			}
		case "inputs":
			b.expect(spec.MappingNode, path+".inputs", f.Value)
			for _, in := range f.Value.Fields {
				b.input(path+".inputs."+in.Key.Text, []string{in.Key.Text}, in.Value, keep)
			}
		default:
			b.lose(path+"."+f.Key.Text, "a step has no such key")
		}
	}
	if err := b.try(add); err != nil {
		b.lose(path, err.Error())
	}
}

// input adds an input to a step; a mapping that does not compile is added input by input.
func (b *buildYML) input(path string, keys []string, value *spec.Node, keep func(string, func(*yamltext.Node))) {
	if value.IsNull() {
		b.lose(path, "it has no value")
		return
	}
	if len(keys) == 1 && keys[0] == "command" && !b.isText(path, value) {
		return
	}
	count := len(b.lost)
	keep(path, func(body *yamltext.Node) { setPath(body, append([]string{"inputs"}, keys...), verbatimOf(value)) })
	if len(b.lost) == count || value.Kind != spec.MappingNode {
		return
	}
	b.lost = b.lost[:count]
	for _, f := range value.Fields {
		b.input(path+"."+f.Key.Text, append(append([]string(nil), keys...), f.Key.Text), f.Value, keep)
	}
}

func setPath(n *yamltext.Node, keys []string, value *yamltext.Node) {
	for _, key := range keys[:len(keys)-1] {
		below := n.Get(key)
		if below == nil {
			below = yamltext.Mapping()
			n.Add(key, below)
		}
		n = below
	}
	set(n, keys[len(keys)-1], value)
}
