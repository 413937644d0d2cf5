package bulk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// Request describes a change.
type Request struct {
	Path     valuepath.Path
	Value    string // as YAML
	Delete   bool   // Path, in the place of setting it
	Missing  bool   // only jobs that have no value at Path
	Where    []Condition
	Selects  func(*Object) bool // the jobs that may change
	All      bool               // take along the jobs that share a place
	Override bool               // write into the jobs where a place is shared

	wish *wish
}

// Changed is a value before and after.
type Changed struct {
	Job, Path, Before, After string
}

// Result is a proven change: the files and values that it changes. It is empty if nothing must
// change.
type Result struct {
	Files   map[string][]byte
	Before  map[string][]byte // the files as they were read
	After   *compile.Loaded   // the workspace with the files written
	Changed []Changed
	Places  []spec.Pos
}

// SharedError reports a place that also affects values that were not chosen.
type SharedError struct {
	At     spec.Pos
	Chosen int
	Others []string // the jobs and templates that were not chosen
}

func (e *SharedError) Error() string {
	return fmt.Sprintf("%s sets the value of %d chosen jobs, and also of %s", e.At, e.Chosen, sanitize.Some(e.Others, 3))
}

// OthersText lists those values.
func (e *SharedError) OthersText() string { return sanitize.Some(e.Others, 3) }

// target is a value to change.
type target struct {
	o    *Object
	path string
	has  bool // it has a value now
}

// world is a workspace during a change.
type world struct {
	*compile.Loaded           // with its parsed files
	objects         []*Object // jobs, then templates
	sources         *sources
	edits           *edits
}

func newWorld(loaded *compile.Loaded) *world {
	return &world{Loaded: loaded, objects: objectsOf(loaded.Result, nil), sources: newSources(loaded), edits: newEdits(loaded)}
}

// objectsOf lists the jobs and templates of a result. It reuses unchanged ones of before.
func objectsOf(result *compile.Result, before []*Object) (objects []*Object) {
	have := make(map[*compile.Job]*Object, len(before))
	for _, o := range before {
		if o.Job != nil {
			have[o.Job] = o
		}
	}
	for _, job := range result.Jobs {
		o := have[job]
		if o == nil {
			o = OfJob(job)
		}
		objects = append(objects, o)
	}
	for _, t := range result.Templates {
		objects = append(objects, ofTemplate(t))
	}
	return objects
}

// Set makes the fewest edits that set the chosen values, compiles the result, and proves that
// exactly those values have changed. If nothing must change, that is not an error. The workspace
// must be loaded with its parsed files (compile.Options.Keep).
func Set(loaded *compile.Loaded, r Request) (*Result, error) {
	all := newWorld(loaded)
	r.wish = newWish(r.Value)
	chosen, err := all.chosen(r)
	if err != nil || len(chosen) == 0 {
		return &Result{}, err
	}
	var failed error
	for _, useDefaults := range []bool{true, false} {
		attempt := *all
		attempt.edits = newEdits(loaded)
		targets, err := attempt.edit(r, chosen, useDefaults)
		if err != nil {
			return nil, err
		}
		result, err := attempt.proven(r, targets)
		if err == nil {
			return result, nil
		}
		failed = cmp.Or(failed, err)
	}
	return nil, failed
}

// chosen lists the selected values that do not have the wanted value yet.
func (w *world) chosen(r Request) (targets []target, err error) {
	if err := checkPaths(w.objects, append([]Condition{{Path: r.Path}}, r.Where...)); err != nil {
		return nil, err
	}
	asked := Condition{Path: r.Path}
	for _, o := range w.objects {
		if o.Job == nil || r.Selects != nil && !r.Selects(o) || !r.Path.IsAbout(o.Name) {
			continue
		}
		found := findValues(o, []Condition{asked}, r.Where)
		if r.Missing && len(asked.in(o)) > 0 {
			continue
		}
		for _, v := range found {
			if !r.Delete && r.is(v.Path, v.Value) {
				continue
			}
			if strings.Contains(Text(v.Path, v.Value), spec.SecretPlaceholder("")[:8]) {
				return nil, fmt.Errorf("%s of %s is the value of a secret: its definition says only the secret's name", v.Path, o.Address)
			}
			targets = append(targets, target{o, v.Path, true})
		}
		if !r.Delete && len(asked.in(o)) == 0 && !r.Path.IsPattern() && holds(o, r.Where) && w.canAdd(o, r.Path.String()) {
			targets = append(targets, target{o, r.Path.String(), false})
		}
	}
	return targets, nil
}

// wish is a wanted value.
type wish struct {
	node *spec.Node
	text string // as Text writes what it compiles to
}

// newWish reads a value. A text that is not YAML is a string, and so is one of which YAML would drop
// a part: a comment, spaces at the ends, an anchor.
func newWish(value string) *wish {
	n, found := spec.ParseFile("value", []byte(value))
	if found.HasErrors() || n == nil || n.Kind == spec.ScalarNode && !isWhole(n, value) {
		n = &spec.Node{Kind: spec.ScalarNode, Type: spec.StringType, Text: value}
	}
	if n.Kind == spec.ScalarNode {
		return &wish{n, n.Text}
	}
	return &wish{n, string(n.JSON().AppendJSON(nil))}
}

// isWhole reports whether a scalar says all of value: it is the same text, or that text in quotes.
func isWhole(n *spec.Node, value string) bool {
	if value == "" || n.Text == value {
		return value != ""
	}
	quote := value[0]
	return (quote == '"' || quote == '\'') && !strings.Contains(value, "\n") && len(value) > 1 &&
		value[len(value)-1] == quote && !strings.Contains(value, string(quote)+" #")
}

// is reports whether a value is the wanted one. A channel may be given in its short form, the list
// of events.
func (r Request) is(path string, v *jsontree.Value) bool {
	text, want := Text(path, v), r.wish.text
	return text == want || strings.HasPrefix(path, "notifications[") && text == `{"events":`+want+`}`
}

// want returns what to write in place of have.
func (r Request) want(o *Object, path string) *yamltext.Node {
	n := r.wish.node
	if n.Kind == spec.ScalarNode && n.Type != spec.StringType {
		if v := o.get(path); v != nil {
			if _, isText := v.AsString(); isText && !n.IsNull() {
				return yamltext.Text(n.Text)
			}
		}
	}
	return written(n)
}

// edit makes the edits for targets, and returns them with the other values that --all allows to
// change.
func (w *world) edit(r Request, targets []target, useDefaults bool) ([]target, error) {
	present := slices.DeleteFunc(slices.Clone(targets), func(t target) bool { return !t.has })
	absent := slices.DeleteFunc(slices.Clone(targets), func(t target) bool { return t.has })
	taken, err := w.change(r, present, targets)
	if err != nil {
		return nil, err
	}
	targets = append(slices.Clone(targets), taken...)
	more, err := w.add(r, absent, targets, useDefaults)
	return append(targets, more...), err
}

// change edits the places with the targets' values, and returns what else they change.
func (w *world) change(r Request, targets, chosen []target) (taken []target, err error) {
	if len(targets) == 0 {
		return nil, nil
	}
	covered := newCover(chosen)
	c := w.choose(r, targets, covered)
	for c.left > 0 {
		best, first := c.next()
		if best == nil {
			left := c.rest(targets)
			override := w.override
			switch {
			case !r.Override:
				return nil, c.whyNot(left)
			case r.Delete:
				override = w.drop
			}
			more, err := override(r, left, append(slices.Clone(chosen), taken...))
			return append(taken, more...), err
		}
		taken = append(taken, c.take(best.others)...)
		if err := w.apply(r, best.entry, first); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// changes reports whether the wanted text would change a value.
func (w *world) changes(r Request, o *Object, path string) bool {
	v := o.get(path)
	if v == nil || v.Len() > 0 && !r.Delete && path != "timeout" {
		return false // a part of it says it
	}
	return r.Delete || !r.is(path, v)
}

// apply edits one place.
func (w *world) apply(r Request, e entry, t target) error {
	switch {
	case r.Delete:
		return w.edits.remove(e)
	case e.key != nil:
		return w.edits.setValue(e, r.want(t.o, t.path))
	case e.parent != nil:
		return w.edits.setItem(e, r.want(t.o, t.path))
	}
	return errors.New("a whole file cannot be set")
}

// cover is the set of chosen values.
type cover map[*Object][]valuepath.Path

func newCover(targets []target) cover {
	c := cover{}
	for _, t := range targets {
		c[t.o] = append(c[t.o], valuepath.Own(t.path))
	}
	return c
}

// holds reports whether a value of o is chosen, is part of a chosen value, or contains one.
func (c cover) holds(o *Object, path string) bool {
	chosen := c[o]
	if len(chosen) == 0 {
		return false
	}
	own := valuepath.Own(path)
	return slices.ContainsFunc(chosen, func(p valuepath.Path) bool { return p.Covers(own) || own.Covers(p) })
}
