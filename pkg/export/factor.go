package export

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Factoring moves what definitions have in common to one place: the new texts of the files, and
// what was moved, for people.
type Factoring struct {
	Files     map[string][]byte
	Defaults  []string         // keys that went to defaults.job
	Templates []SharedTemplate // steps that became templates
	Fragments []SharedTemplate // sequences of steps that became fragments
	Jobs      int              // definitions that became shorter
}

// SharedTemplate is a template or fragment made from the common steps of jobs.
type SharedTemplate struct {
	Name string
	Jobs int
}

// leastShared is how many jobs must have the same steps to make a template worthwhile.
const leastShared = 3

// Factor moves what the jobs of a workspace have in common into defaults.job, templates and
// fragments, until a second Factor would move nothing. No compiled body may change: such a job
// stays as it is. So do definitions with a template, a matrix, or comments in their steps.
func Factor(set *spec.Set, layout *Layout, opts compile.Options) (*Factoring, error) {
	opts.Keep = true
	before, found := compile.Load(set.Tree, set.Workspace.Environment, opts)
	if err := firstError(found); err != nil {
		return nil, err
	}
	all, shorter := &Factoring{Files: map[string][]byte{}}, map[string]bool{}
	for {
		f, after, err := factorOnce(before, layout)
		if err != nil {
			return nil, err
		}
		if len(f.out.Files) == 0 {
			all.Jobs = len(shorter)
			return all, nil
		}
		// A job that cannot give one value is left as it is for all of them. Where its obstacle is
		// moved with the others, it may give the rest.
		all.add(f.out)
		for _, job := range f.jobs {
			if job.given {
				shorter[job.file.Name+"\n"+job.node.Str("name")] = true
			}
		}
		before = after
	}
}

// add is for a factoring of the files that f has made.
func (f *Factoring) add(next *Factoring) {
	maps.Copy(f.Files, next.Files)
	f.Defaults = append(f.Defaults, next.Defaults...)
	f.Templates = append(f.Templates, next.Templates...)
	f.Fragments = append(f.Fragments, next.Fragments...)
}

// factorOnce moves what can be moved at once, and compiles the result.
func factorOnce(before *compile.Loaded, layout *Layout) (*factorer, *compile.Loaded, error) {
	left, kept, onlyNew := map[*spec.Node]bool{}, map[*spec.Node]bool{}, false
	for range 7 {
		f := &factorer{set: before.Set, layout: layout, left: left, kept: kept, onlyNew: onlyNew, editors: map[string]*editor{}, out: &Factoring{Files: map[string][]byte{}}}
		if err := f.run(); err != nil {
			return nil, nil, err
		}
		if len(f.out.Files) == 0 {
			return f, nil, nil
		}
		after, found := before.With(f.out.Files)
		err := firstError(found)
		if err != nil && f.reuses {
			onlyNew = true // an input does not take a value
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		changed := changedJobs(before.Result, after.Result)
		if len(changed) == 0 {
			return f, after, nil
		}
		for _, job := range f.jobs {
			switch {
			case !changed[job.node.Pos()]:
			case job.reused:
				kept[job.node] = true
			default:
				left[job.node] = true
			}
		}
	}
	return nil, nil, errors.New("what the definitions share cannot be moved without changing what they mean")
}

// changedJobs returns the places of the definitions whose jobs have changed.
func changedJobs(before, after *compile.Result) map[spec.Pos]bool {
	now := map[string]*compile.Job{}
	for _, job := range after.Jobs {
		now[job.Address] = job
	}
	changed := map[spec.Pos]bool{}
	for _, job := range before.Jobs {
		if other := now[job.Address]; other == nil || !sameJob(job, other) {
			changed[job.Pos] = true
		}
	}
	return changed
}

// sameJob reports whether two compilations of a job are equal apart from the order of parameters,
// which has no meaning.
func sameJob(a, b *compile.Job) bool {
	bodies := [2]*jsontree.Value{a.Body().Clone(), b.Body().Clone()}
	for _, body := range bodies {
		slices.SortStableFunc(body.Get(wire.KeyParameters).Items(), func(x, y *jsontree.Value) int {
			return strings.Compare(readParameter(x).name(), readParameter(y).name())
		})
	}
	notices := func(x, y compile.Notice) bool {
		sameConfig := (x.ParamConfig == nil) == (y.ParamConfig == nil) && (x.ParamConfig == nil || *x.ParamConfig == *y.ParamConfig)
		return x.Type == y.Type && slices.Equal(x.Events, y.Events) && sameConfig
	}
	return jsontree.Equal(bodies[0], bodies[1]) && slices.EqualFunc(a.Notices, b.Notices, notices) &&
		a.Owner == b.Owner && a.ID == b.ID && a.Protect == b.Protect && slices.Equal(a.RenamedFrom, b.RenamedFrom) && maps.Equal(a.Labels, b.Labels) && (a.Enabled == nil) == (b.Enabled == nil) && (a.Enabled == nil || *a.Enabled == *b.Enabled)
}

func sameTemplate(a, b *compile.Template) bool {
	return a.Address == b.Address && jsontree.Equal(a.Body, b.Body)
}

// factorer is one attempt.
type factorer struct {
	set     *spec.Set
	layout  *Layout
	left    map[*spec.Node]bool // definitions that stay as they are
	kept    map[*spec.Node]bool // definitions that use nothing that exists
	onlyNew bool                // nothing that exists is used
	reuses  bool                // something that exists is used
	jobs    []*sharing
	editors map[string]*editor
	made    []*madeTemplate
	out     *Factoring
}

// sharing is the definition of a job from which values may be moved.
type sharing struct {
	file  *spec.File
	node  *spec.Node
	plain bool // it may be edited
	given bool // it gave something

	templated bool // its steps went to a template
	reused    bool // it uses a template or fragment that existed
}

func (f *factorer) run() error {
	for _, file := range f.set.Files {
		f.editors[file.Name] = newEditor(file.Name, file.Source)
		for _, family := range file.Families {
			for _, n := range itemsIn(family.Get("jobs")) {
				if n.Get("family") == nil {
					f.jobs = append(f.jobs, &sharing{file: file, node: n}) // a default would reach it, too
				}
			}
		}
		for _, n := range file.Jobs {
			if n.Get("family") != nil {
				continue
			}
			plain := !f.left[n] && n.Get("matrix") == nil && n.Get("template") == nil && !f.editors[file.Name].IsFlow(n) && !f.editors[file.Name].shares(n)
			f.jobs = append(f.jobs, &sharing{file: file, node: n, plain: plain})
		}
	}
	if err := f.defaults(); err != nil {
		return err
	}
	f.reuseTemplates()
	if err := f.templates(); err != nil {
		return err
	}
	if err := f.fragments(); err != nil {
		return err
	}
	for name, ed := range f.editors {
		if ed.Changed() {
			f.out.Files[name] = refitted(name, ed.Src, ed.Apply())
		}
	}
	for _, job := range f.jobs {
		if job.given {
			f.out.Jobs++
		}
	}
	return nil
}

// shares reports whether a definition merges a mapping, or holds an anchor that others may use: no
// value can leave it by itself.
func (ed *editor) shares(job *spec.Node) bool {
	return ed.Anchored(ed.At(job.Range.Start), ed.At(job.Range.End)) ||
		slices.ContainsFunc(job.Fields, func(f spec.Field) bool { return !ed.Owns(job, f.Key.Text) })
}

// itemsIn returns the mappings of a list.
func itemsIn(list *spec.Node) []*spec.Node {
	if list == nil || list.Kind != spec.SequenceNode {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(list.Items), func(n *spec.Node) bool { return n.Kind != spec.MappingNode })
}

// shareable are the keys that can move to defaults.job: single values, since lists belong to the
// job, and mappings that are merged key by key, notifications and extra.
var shareable = []string{
	"project", "owner", "labels", "arch", "flavor", "host_type", "build_config_type", "auto_update_sub_module", "notifications", "timeout", keyOnCommit, wire.KeyBuildIfCodeUpdated, "extra",
}

// defaults moves the value that most jobs have. A key that some job lacks stays, because that job
// would inherit it.
func (f *factorer) defaults() error {
	source, err := f.set.Tree.ReadFile(spec.WorkspaceFile, spec.MaxFileBytes)
	if err != nil {
		return err
	}
	root, err := parseWorkspace(source)
	if err != nil {
		return err
	}
	made := yamltext.Mapping()
	for _, key := range shareable {
		if f.set.Workspace.JobDefaults.Get(key) != nil {
			continue
		}
		value := f.majority(key)
		if value == nil {
			continue
		}
		made.Add(key, value)
		f.out.Defaults = append(f.out.Defaults, key)
		for _, job := range f.jobs {
			if job.plain && yamltext.Equal(fromSpec(job.node.Get(key)), value) && !f.editors[job.file.Name].hasComments(job.node, key) {
				f.editors[job.file.Name].SetKey(job.node, key, nil)
				job.given = true
			}
		}
	}
	if len(made.Fields) == 0 {
		return nil
	}
	ed := newEditor(spec.WorkspaceFile, source)
	ed.addDefaults(root, made)
	f.editors[spec.WorkspaceFile] = ed
	return nil
}

// addDefaults writes new keys below defaults.job of a workspace file.
func (ed *editor) addDefaults(root *spec.Node, made *yamltext.Node) {
	defaults := root.Get("defaults")
	job := defaults.Get("job")
	switch {
	case job != nil && len(job.Fields) > 0:
		for _, f := range made.Fields {
			ed.InsertKey(job, "", f.Key, f.Value)
		}
	case defaults != nil && len(defaults.Fields) > 0:
		ed.SetKey(defaults, "job", made)
	default:
		ed.SetKey(root, "defaults", yamltext.Mapping(yamltext.Entry("job", made)))
	}
}

// majority returns the value of a key that at least half of the jobs, and two, have; nil if there
// is none, or if a job lacks the key or one below it, because it would inherit that.
func (f *factorer) majority(key string) *yamltext.Node {
	counts, values := map[string]int{}, map[string]*yamltext.Node{}
	below := ""
	for i, job := range f.jobs {
		n := job.node.Get(key)
		if n == nil || n.IsNull() || n.Kind != spec.ScalarNode && key != "notifications" && !((key == "extra" || key == "labels") && isFlat(n)) {
			return nil
		}
		value := fromSpec(n)
		keys := keysOf(value)
		if i > 0 && keys != below || n.Kind == spec.MappingNode && keys == "" {
			return nil
		}
		below = keys
		var written bytes.Buffer
		yamltext.AppendBlock(&written, yamltext.Mapping(yamltext.Entry(key, value)), "")
		id := written.String()
		if values[id] = value; job.plain {
			counts[id]++
		}
	}
	for _, id := range slices.Sorted(maps.Keys(counts)) {
		if counts[id] > 1 && 2*counts[id] >= len(f.jobs) {
			return values[id]
		}
	}
	return nil
}

// isFlat reports whether a mapping has only single values: deeper values would be merged, and an
// escaped $file has another meaning beside other keys.
func isFlat(n *spec.Node) bool {
	return n.Kind == spec.MappingNode && !slices.ContainsFunc(n.Fields, func(f spec.Field) bool {
		return f.Value.Kind != spec.ScalarNode || spec.IsIncludeKey(f.Key.Text)
	})
}

// keysOf lists the keys of a mapping, in one text.
func keysOf(n *yamltext.Node) string {
	var keys []string
	for _, f := range n.Fields {
		keys = append(keys, f.Key)
		for _, item := range f.Value.Items {
			yamltext.OneLine(item)
		}
		yamltext.OneLine(f.Value)
	}
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

// templates makes a template of each list of steps that several jobs share, apart from a few
// values.
func (f *factorer) templates() error {
	groups := map[string][]*sharing{}
	for _, job := range f.jobs {
		steps := job.node.Get("steps")
		if job.plain && !job.templated && steps != nil && len(steps.Items) > 0 && !f.editors[job.file.Name].hasComments(job.node, "steps") {
			shape := shapeOf(fromSpec(steps), "")
			groups[shape] = append(groups[shape], job)
		}
	}
	names := map[string]bool{}
	for _, file := range f.set.Files {
		for _, t := range file.Templates {
			names[t.Str("name")] = true
		}
	}
	shapes := slices.Collect(maps.Keys(groups))
	slices.SortFunc(shapes, func(a, b string) int {
		return cmp.Or(len(groups[b])-len(groups[a]), groups[a][0].node.Pos().Compare(groups[b][0].node.Pos()))
	})
	for _, shape := range shapes {
		if err := f.share(groups[shape], names); err != nil {
			return err
		}
	}
	return nil
}

// fromSpec returns a node that was read as one that can be written.
func fromSpec(n *spec.Node) *yamltext.Node { return (*includes)(nil).fromSpec(n) }

// fromSpec is fromSpec with the texts of readable files in the places of their includes.
func (x *includes) fromSpec(n *spec.Node) *yamltext.Node {
	if text, is := x.text(n); is {
		return yamltext.Text(spec.EscapeReferences(text))
	}
	switch {
	case n == nil:
		return nil
	case n.Kind == spec.MappingNode:
		m := yamltext.Mapping()
		for _, f := range n.Fields {
			m.Add(f.Key.Text, x.fromSpec(f.Value))
		}
		m.Flow = m.IsInclude()
		return m
	case n.Kind == spec.SequenceNode:
		s := yamltext.Sequence()
		for _, item := range n.Items {
			s.Items = append(s.Items, x.fromSpec(item))
		}
		return s
	case n.Type == spec.StringType:
		return yamltext.Text(n.Text)
	case n.Type == spec.NullType:
		return yamltext.Literal("null")
	}
	return yamltext.Literal(n.Text)
}
