package export

import (
	"errors"
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/internal/crash"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// probeProject is the project of a template's probes; templates have no project.
var probeProject = Project{Alias: "probe", ID: strings.Repeat("0", 32)}

// Template writes a build template of the service as a published one. The error explains why no
// definition can express it; it is a *Crash in case of a bug.
func (e *Exporter) Template(live *diff.LiveTemplate) (d *Definition, err error) {
	err = crash.Caught(func() (err error) {
		d, err = e.template(live)
		return err
	})
	return d, err
}

func (e *Exporter) template(live *diff.LiveTemplate) (*Definition, error) {
	d := &Definition{Kind: diff.KindTemplate, Address: "template/" + live.Name, Name: live.Name}
	body := tidy(flat(live.Body), e.catalogue)
	for _, p := range body.Get(wire.KeyParameters).Items() {
		if readParameter(p).isSensitive() {
			return nil, errors.New("a published template cannot hold a sensitive parameter: everybody in the tenant reads it")
		}
	}
	w := &jobWriter{Exporter: e, project: probeProject, live: &diff.LiveJob{Name: live.Name}, definition: d, body: body}
	w.members()
	for range 2 {
		tree := w.templateTree(withoutMoments(live.Body, e.catalogue))
		if w.templateFits(tree, live) {
			d.tree = tree
			return d, nil
		}
		for i := range w.parts {
			w.settle(&w.parts[i])
		}
	}
	if w.reason == "" {
		w.reason = "it holds something that only the console can write"
	}
	return nil, fmt.Errorf("no definition compiles to it again: %s", w.reason)
}

// templateTree returns the definition in its chosen forms. Parts without a form go under extra, in
// the API's form.
func (w *jobWriter) templateTree(live *jsontree.Value) *yamltext.Node {
	beside := yamltext.Mapping()
	for _, m := range wire.Member(live, wire.KeyTemplate).Members() {
		if !strings.EqualFold(m.Key, wire.KeySteps) && !m.Value.IsEmpty() {
			beside.Add(spec.EscapeReferences(m.Key), small(verbatim(m.Value)))
		}
	}
	n := yamltext.Mapping(yamltext.Entry("name", yamltext.Text(w.live.Name)))
	values, extra := map[string]*yamltext.Node{}, yamltext.Mapping()
	for i := range w.parts {
		p := &w.parts[i]
		switch {
		case p.key == wire.KeyName:
		case p.key == wire.KeyDescription || p.key == wire.KeyToolType:
			values[p.key] = yamltext.Text(spec.EscapeReferences(p.live.Text()))
		case !p.asExtra:
			values[p.key] = p.value()
		case p.key == wire.KeySteps:
			beside.Add(p.key, verbatim(p.live))
		default:
			extra.Add(spec.EscapeReferences(p.key), verbatim(p.live))
		}
	}
	n.Add(wire.KeyDescription, values[wire.KeyDescription])
	n.Add("publish", yamltext.Literal("true"))
	n.Add(wire.KeyToolType, values[wire.KeyToolType])
	n.Add(wire.KeyParameters, values[wire.KeyParameters])
	n.Add(wire.KeySteps, values[wire.KeySteps])
	if len(beside.Fields) > 0 {
		extra.Add(wire.KeyTemplate, guardedKey(beside))
	}
	if len(extra.Fields) > 0 {
		n.Add("extra", guardedKey(extra))
	}
	return n
}

func (w *jobWriter) templateFits(tree *yamltext.Node, live *diff.LiveTemplate) bool {
	workspace := yamltext.Mapping(yamltext.Entry("version", yamltext.Literal("1")), yamltext.Entry("projects", yamltext.Mapping(yamltext.Entry(w.project.Alias, yamltext.Text(w.project.ID)))))
	parts := spill(tree)
	result, err := w.probe(workspace, source("", yamltext.Mapping(yamltext.Entry("version", yamltext.Literal("1")), yamltext.Entry("templates", yamltext.Sequence(parts.tree)))), parts.place(""))
	switch {
	case err != nil:
		w.reason = err.Error()
		return false
	case len(result.Templates) != 1:
		w.reason = "it does not compile to one template"
		return false
	}
	if paths := w.TemplateDifferences(result.Templates[0], live); len(paths) > 0 {
		w.reason = "it would differ in " + strings.Join(paths, ", ")
		return false
	}
	return true
}

// TemplateDifferences lists the paths at which a compiled template differs from the live one, by
// the rules of diff, with nothing undeclared.
func (e *Exporter) TemplateDifferences(want *compile.Template, live *diff.LiveTemplate) []string {
	if diff.TemplateFingerprint(want.Body, want.Body, e.modules) == diff.TemplateFingerprint(live.Body, want.Body, e.modules) {
		return nil
	}
	if paths := diff.Paths(diff.TemplateDifferences(live.Body, want.Body, e.modules)); len(paths) > 0 {
		return paths
	}
	return []string{"its body"}
}

// flat brings a template's item into the shape of a job's body. The service
// stores a template's keys in more than one letter case (4.20, note at
// template).
func flat(item *jsontree.Value) *jsontree.Value {
	out := jsontree.Object()
	for _, key := range []string{wire.KeyName, wire.KeyDescription, wire.KeyToolType, wire.KeyParameters} {
		if v := wire.Member(item, key); v != nil {
			out.Set(key, v.Clone())
		}
	}
	steps := wire.Member(wire.Member(item, wire.KeyTemplate), wire.KeySteps)
	if steps.Kind() != jsontree.KindArray {
		return out
	}
	list := jsontree.Array()
	for _, step := range steps.Items() {
		list.Append(wire.PlainStep(step))
	}
	out.Set(wire.KeySteps, list)
	return out
}
