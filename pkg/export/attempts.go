package export

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// extent is how much of a definition an edit may write anew.
type extent int

const (
	nodeByNode extent = iota // comments within keys stay
	wholeKeys
)

// attempt is a way to edit a definition.
type attempt struct {
	change  func(*update, *editor, string)
	inputs  bool // the inputs of its template change
	scripts bool // files that the definition includes may change
	places  bool // only what is written where a difference is may change
	literal bool // a text with references that differs is replaced whole
	alone   bool // the definition no longer uses its template
	most    extent
}

// attempts begin with the smallest edit. The first that compiles to the live job is taken.
var attempts = []attempt{
	{change: (*update).adjust, scripts: true, inputs: true},
	{change: (*update).adjust, scripts: true, places: true},
	{change: (*update).adjust, scripts: true},
	{change: (*update).reconcile, scripts: true},
	{change: (*update).adjust, places: true},
	{change: (*update).adjust},
	{change: (*update).reconcile},
	{change: (*update).reconcile, literal: true},
	{change: (*update).replace, most: wholeKeys},
	{change: (*update).empty, literal: true, most: wholeKeys},
	{change: (*update).empty, alone: true, literal: true, most: wholeKeys},
}

// try edits the keys of the definition that differ. It returns false where the attempt cannot help.
func (u *update) try(a attempt, ed *editor, differ []string) bool {
	keys := u.keys()
	if a.inputs {
		if !u.inputs(ed, differ) {
			return false
		}
		keys = slices.DeleteFunc(keys, func(key string) bool { return key == "steps" })
	}
	if a.alone {
		u.leaveTemplate(ed)
		keys = append(slices.DeleteFunc(keys, func(key string) bool { return key == "steps" || key == "parameters" }), "steps", "parameters")
	}
	for _, key := range keys {
		a.change(u, ed, key)
	}
	return true
}

// inputs changes the inputs of a job's template and fragments, if they explain all differences in the
// steps. Otherwise it returns false.
func (u *update) inputs(ed *editor, differ []string) bool {
	values := propertyValues(tidy(u.live.Body, u.e.catalogue))
	changed, done := false, map[*spec.Node]map[string]bool{}
	for _, path := range differ {
		if !strings.HasPrefix(path, "steps") {
			continue
		}
		user, name := u.inputOf(u.job.Provenance[path].Origin)
		value := values[path]
		if user == nil || value == nil {
			return false
		}
		if changed = true; done[user][name] {
			continue // two places use it
		}
		if done[user] == nil {
			done[user] = map[string]bool{}
		}
		done[user][name] = true
		given, want := user.Get("inputs"), verbatim(value)
		switch {
		case given.Get(name) != nil:
			ed.reconcile(given.Key(name), given.Get(name), want)
		case given != nil && len(given.Fields) > 0:
			ed.InsertKey(given, given.Fields[len(given.Fields)-1].Key.Text, name, want)
		case given == nil && len(done[user]) == 1:
			ed.InsertKey(user, user.Fields[0].Key.Text, "inputs", yamltext.Mapping(yamltext.Entry(name, want)))
		default:
			return false
		}
	}
	return changed
}

// inputOf returns the input that a value is, with the node of the definition that gives it, or may
// give it: the template of the job, or a step that uses a fragment. It is nil for other values.
func (u *update) inputOf(origin *spec.Origin) (user *spec.Node, name string) {
	users := append([]*spec.Node{u.have.Get("template")}, itemsIn(u.have.Get("steps"))...)
	for ; origin != nil; origin = origin.From {
		if origin.Kind == spec.FromInput {
			name = origin.Name
		}
		for _, n := range users {
			given := n.Get("inputs").Get(name)
			used := n.Get("use")
			switch {
			case name == "" || n == nil || n.Kind != spec.MappingNode:
			case given != nil && given.Pos() == origin.Pos,
				given == nil && origin.Kind == spec.FromFragment && used != nil && used.Pos() == origin.Pos,
				given == nil && origin.Kind == spec.FromTemplate && n == users[0]:
				return n, name
			}
		}
	}
	return nil, ""
}

// propertyValues returns the properties of a body's steps by their paths.
func propertyValues(body *jsontree.Value) map[string]*jsontree.Value {
	values := map[string]*jsontree.Value{}
	steps := body.Get(wire.KeySteps).Items()
	for i, step := range steps {
		for _, m := range step.Get(wire.KeyProperties).Members() {
			values[stepPath(steps, i)+".properties"+valuepath.Member(m.Key)] = m.Value
		}
	}
	return values
}

// reconcile changes the nodes below a key that differ.
func (u *update) reconcile(ed *editor, key string) { u.bring(key, ed, ed.reconcile) }

// bring sets a key to the wanted value: by change if the key stays.
func (u *update) bring(key string, ed *editor, change func(key, have *spec.Node, want *yamltext.Node)) {
	have, want := u.have.Get(key), u.wanted(key)
	switch {
	case have == nil && want == nil:
	case have == nil:
		ed.InsertKey(u.have, u.before(ed, key), key, want)
	case want == nil:
		ed.DropKey(u.have, key)
	default:
		change(u.have.Key(key), have, want)
	}
}

// adjust is reconcile for a definition whose references are still right.
func (u *update) adjust(ed *editor, key string) {
	ed.keepReferences = true
	u.reconcile(ed, key)
}

// replace gives a key its new value whole. A key that is merged in gets one of its own over it, since
// others may merge the same.
func (u *update) replace(ed *editor, key string) {
	if want := u.wanted(key); want != nil && u.merged(ed, key) {
		ed.InsertKey(u.have, u.before(ed, key), key, want)
	} else {
		u.bring(key, ed, func(key, have *spec.Node, want *yamltext.Node) { ed.setValue(key, have, ed.kept(have, want)) })
	}
}

// merged reports whether the definition has a key only from a mapping that it merges.
func (u *update) merged(ed *editor, key string) bool {
	return u.have.Get(key) != nil && !ed.Owns(u.have, key)
}

// empty is replace for a value that is not live but comes from elsewhere, such as a default.
func (u *update) empty(ed *editor, key string) {
	switch have := u.have.Get(key); {
	case key == "extra" && (have == nil || u.merged(ed, key)):
		ed.InsertKey(u.have, u.before(ed, key), key, u.emptiedExtra())
	case key == "extra":
		ed.setValue(u.have.Key(key), have, u.emptiedExtra())
	case u.wanted(key) != nil || have == nil && u.want.Get("extra").Get(key) != nil:
		u.replace(ed, key)
	case have == nil || u.merged(ed, key):
		ed.InsertKey(u.have, u.before(ed, key), key, yamltext.Literal("null"))
	default:
		ed.setValue(u.have.Key(key), have, yamltext.Literal("null"))
	}
}

// emptiedExtra returns the wanted value of extra, with a null for each field that only the
// definitions have.
func (u *update) emptiedExtra() *yamltext.Node {
	extra := yamltext.Mapping()
	if want := u.want.Get("extra"); want != nil {
		extra.Fields = slices.Clone(want.Fields)
		bareKey(extra)
	}
	for _, key := range memberNames(tidy(u.job.Body(), u.e.catalogue).Members()) {
		if !slices.Contains(keyOrder, fileKey(key)) && extra.Get(spec.EscapeReferences(key)) == nil {
			extra.Add(spec.EscapeReferences(key), yamltext.Literal("null"))
		}
	}
	return guardedKey(extra)
}
