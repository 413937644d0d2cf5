package export

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

// world is what a workspace adds to each definition in it.
type world struct {
	tree     spec.Tree // for what the defaults include; nil: nothing
	defaults *spec.Node
	vars     map[string]*spec.Node
	given    map[string]string // variables of the command line
}

func worldOf(opts Options) world {
	w := world{given: opts.Vars}
	if opts.Workspace != nil && opts.Workspace.Workspace != nil {
		w.tree, w.defaults, w.vars = opts.Workspace.Tree, opts.Workspace.Workspace.JobDefaults, opts.Workspace.Workspace.Vars
	}
	return w
}

// addTo writes the defaults, and the variables that they may use, into the workspace file of a
// probe, without the template of the defaults, which a probe lacks.
func (w world) addTo(workspace *yamltext.Node) {
	if w.defaults == nil {
		return
	}
	defaults := fromSpec(w.defaults)
	defaults.Fields = slices.DeleteFunc(defaults.Fields, func(f yamltext.Field) bool { return f.Key == "template" })
	workspace.Add("defaults", yamltext.Mapping(yamltext.Entry("job", defaults)))
	vars := yamltext.Mapping()
	for name, value := range w.vars {
		vars.Add(name, fromSpec(value))
	}
	slices.SortFunc(vars.Fields, func(a, b yamltext.Field) int { return strings.Compare(a.Key, b.Key) })
	if len(vars.Fields) > 0 {
		workspace.Add("vars", vars)
	}
}

// referred returns the variable's value where n is a reference to one, else n.
func (w world) referred(n *spec.Node) *spec.Node {
	for range len(w.vars) {
		name, isVariable := strings.CutPrefix(n.Reference(), "vars.")
		if value := w.vars[name]; isVariable && value != nil {
			n = value
		}
	}
	return n
}

// secrets lists the names of secrets that the defaults use.
func (w world) secrets() []string {
	var names []string
	if parameters := w.referred(w.defaults.Get("parameters")); parameters != nil {
		for _, p := range parameters.Items {
			if name := w.referred(p).Str("secret"); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// withoutDefaults adds what cancels the workspace's defaults that the live job does not have: null,
// or its equivalent for keys that do not allow null.
func (w world) withoutDefaults(job *yamltext.Node) {
	if w.defaults == nil {
		return
	}
	for _, f := range w.defaults.Fields {
		key := f.Key.Text
		f.Value = w.referred(f.Value)
		have := job.Get(fileKey(key))
		switch {
		case key == "template" || key == "project" || key == "name":
		case key == "enabled" && have == nil:
			place(job, key, yamltext.Literal("true"))
		case key == "notifications" && f.Value.Kind == spec.MappingNode && !f.Value.IsNull():
			w.addMissing(job, key, f.Value, func() *yamltext.Node { return yamltext.OneLine(yamltext.Sequence()) })
		case key == "extra" && f.Value.Kind == spec.MappingNode:
			w.addMissing(job, key, f.Value, func() *yamltext.Node { return yamltext.Literal("null") })
		case have == nil:
			place(job, fileKey(key), yamltext.Literal("null"))
		}
	}
}

// withoutTemplate adds null against a template of the defaults: it would add its parameters and, to a
// job whose steps are under extra, its steps. A probe lacks templates, so this is not found by trying.
func (w world) withoutTemplate(job *yamltext.Node) {
	if w.defaults == nil {
		return
	}
	if template := w.defaults.Get("template"); template != nil && !w.referred(template).IsNull() {
		place(job, "template", yamltext.Literal("null"))
	}
}

// addMissing gives a mapping of a job the keys that only the defaults have.
func (w world) addMissing(job *yamltext.Node, key string, defaults *spec.Node, nothing func() *yamltext.Node) {
	have := job.Get(key)
	if have == nil {
		have = yamltext.Mapping()
		place(job, key, have)
	}
	for _, f := range bareKey(fromSpec(defaults)).Fields {
		if have.Get(f.Key) == nil {
			have.Add(f.Key, nothing())
		}
	}
}

// place adds a key of a job at its place in the schema's order.
func place(job *yamltext.Node, key string, value *yamltext.Node) {
	order := append([]string{"name", "project", "template"}, append(slices.Clone(keyOrder), "extra")...)
	rank := slices.Index(order, key)
	at := slices.IndexFunc(job.Fields, func(f yamltext.Field) bool { return slices.Index(order, f.Key) > rank })
	if at < 0 || rank < 0 {
		at = len(job.Fields)
	}
	job.Fields = slices.Insert(job.Fields, at, yamltext.Entry(key, value))
}

// probeTree is the files of a probe over those of the workspace, whose
// definitions it does not read.
type probeTree struct {
	spec.MapTree
	below spec.Tree
}

func (t probeTree) ReadFile(name string, limit int64) ([]byte, error) {
	text, err := t.MapTree.ReadFile(name, limit)
	if err != nil && t.below != nil {
		return t.below.ReadFile(name, limit)
	}
	return text, err
}
