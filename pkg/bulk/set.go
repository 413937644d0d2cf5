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
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// Workspace is what a change starts from. Load reads and compiles the same
// workspace with files replaced.
type Workspace struct {
	Set    *spec.Set
	Result *compile.Result
	Load   func(files map[string][]byte) (*spec.Set, *compile.Result, spec.Diagnostics)
}

// Request says what is to change in which jobs.
type Request struct {
	Path     valuepath.Path
	Value    string // as YAML
	Delete   bool   // Path, in the place of setting it
	Missing  bool   // only jobs that have no value at Path
	Where    []Condition
	Selects  func(*Object) bool // the jobs that may change
	All      bool               // take along the jobs that share a place
	Override bool               // write into the jobs where a place is shared
}

// Changed is a value before and after.
type Changed struct {
	Job, Path, Before, After string
}

// Result is a proven change: the files that it writes and the values that it
// changes.
type Result struct {
	Files   map[string][]byte
	Changed []Changed
	Places  []spec.Pos
}

// SharedError says that a place feeds values that were not chosen.
type SharedError struct {
	At     spec.Pos
	Chosen int
	Others []string // the jobs and templates that were not chosen
}

func (e *SharedError) Error() string {
	return fmt.Sprintf("%s says the value of %d chosen jobs and of %s as well", e.At, e.Chosen, someOf(e.Others))
}

// OthersText names those that were not chosen.
func (e *SharedError) OthersText() string { return someOf(e.Others) }

// someOf names the first of many.
func someOf(names []string) string {
	if len(names) <= 3 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
}

// target is a value that is to change.
type target struct {
	o    *Object
	path string
	has  bool // it has a value now
}

// world is a workspace while it is changed.
type world struct {
	Workspace
	objects []*Object // jobs, then templates
	sources *Sources
	edits   *edits
}

func newWorld(w Workspace) *world {
	all := &world{Workspace: w, objects: objectsOf(w.Result), sources: NewSources(w.Set)}
	all.edits = newEdits(w.Set)
	return all
}

func objectsOf(result *compile.Result) (objects []*Object) {
	for _, job := range result.Jobs {
		objects = append(objects, OfJob(job))
	}
	for _, t := range result.Templates {
		objects = append(objects, ofTemplate(t))
	}
	return objects
}

// Set finds the fewest edits that give the chosen values, makes them, compiles,
// and proves that exactly those have changed. Nothing to change is no error.
func Set(w Workspace, r Request) (*Result, error) {
	all := newWorld(w)
	chosen, err := all.chosen(r)
	if err != nil || len(chosen) == 0 {
		return &Result{}, err
	}
	var failed error
	for _, useDefaults := range []bool{true, false} {
		attempt := *all
		attempt.edits = newEdits(w.Set)
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

// chosen lists the values that are to change and do not have the wanted value
// yet.
func (w *world) chosen(r Request) (targets []target, err error) {
	if err := CheckPaths(w.objects, append([]Condition{{Path: r.Path}}, r.Where...)); err != nil {
		return nil, err
	}
	asked := Condition{Path: r.Path}
	for _, o := range w.objects {
		if o.Job == nil || r.Selects != nil && !r.Selects(o) || !r.Path.IsAbout(o.Name) {
			continue
		}
		found := Find(o, []Condition{asked}, r.Where)
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
		if !r.Delete && len(asked.in(o)) == 0 && !r.Path.IsPattern() && Holds(o, r.Where) && w.canAdd(o, r.Path.String()) {
			targets = append(targets, target{o, r.Path.String(), false})
		}
	}
	return targets, nil
}

// is reports whether a value is the wanted one. A channel may be wanted in its
// short form, the list of its events.
func (r Request) is(path string, v *jsontree.Value) bool {
	text, want := Text(path, v), r.text()
	return text == want || strings.HasPrefix(path, "notifications[") && text == `{"events":`+want+`}`
}

// text is the wanted value as Text writes what it compiles to.
func (r Request) text() string {
	n := r.node()
	if n == nil || n.Kind == spec.ScalarNode {
		return strings.TrimSpace(cmp.Or(textOf(n), r.Value))
	}
	return string(jsonOf(n).AppendJSON(nil))
}

func textOf(n *spec.Node) string {
	if n == nil {
		return ""
	}
	return n.Text
}

// node is the wanted value; nil where it is no YAML, and so a text.
func (r Request) node() *spec.Node {
	n, found := spec.ParseFile("value", []byte(r.Value))
	if found.HasErrors() || n == nil || strings.Contains(r.Value, "\n") && n.Kind == spec.ScalarNode {
		return &spec.Node{Kind: spec.ScalarNode, Type: spec.StringType, Text: r.Value}
	}
	return n
}

// want is what is written in the place of a value that was have.
func (r Request) want(o *Object, path string) *yamltext.Node {
	n := r.node()
	if n.Kind == spec.ScalarNode && n.Type != spec.StringType {
		if v := o.get(path); v != nil {
			if _, isText := v.AsString(); isText && !n.IsNull() {
				return yamltext.Text(n.Text)
			}
		}
	}
	return written(n)
}

// edit makes the edits that give targets, and returns them with what --all took
// along.
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

// candidate is a place that can give some of the targets their value.
type candidate struct {
	entry
	covers []target // of the chosen
	others []target // that it would change besides
	rank   int      // how good it is for the first target
}

// change edits the places that say the targets' values.
func (w *world) change(r Request, targets, chosen []target) (taken []target, err error) {
	left := targets
	for len(left) > 0 {
		candidates := w.candidates(r, left, append(slices.Clone(chosen), taken...))
		best := pick(candidates, func(c *candidate) bool { return len(c.others) == 0 })
		if best == nil && r.All {
			best = pick(candidates, func(*candidate) bool { return true })
		}
		switch {
		case best == nil && r.Override && !r.Delete:
			more, err := w.override(r, left, append(slices.Clone(chosen), taken...))
			return append(taken, more...), err
		case best == nil:
			return nil, w.whyNot(candidates, left)
		}
		taken = append(taken, best.others...)
		if err := w.apply(r, best.entry, best.covers[0]); err != nil {
			return nil, err
		}
		left = slices.DeleteFunc(slices.Clone(left), func(t target) bool { return slices.Contains(best.covers, t) })
	}
	return taken, nil
}

// pick chooses the candidate that covers most, the nearest to the source among
// equals.
func pick(candidates []*candidate, fits func(*candidate) bool) (best *candidate) {
	for _, c := range candidates {
		if fits(c) && (best == nil || len(c.covers) > len(best.covers) || len(c.covers) == len(best.covers) && c.rank < best.rank) {
			best = c
		}
	}
	return best
}

// candidates lists the places of targets, with what else they feed.
func (w *world) candidates(r Request, targets, chosen []target) []*candidate {
	byPos := map[spec.Pos]*candidate{}
	var list []*candidate
	for _, t := range targets {
		places := w.sources.places(t.o, t.path)
		if r.Delete {
			places = w.sources.standing(t.o, t.path)
		}
		for rank, e := range places {
			at := e.value.Range.Start
			if byPos[at] == nil {
				byPos[at] = &candidate{entry: e, rank: rank}
				list = append(list, byPos[at])
			}
			byPos[at].covers = append(byPos[at].covers, t)
		}
	}
	covered := newCover(chosen)
	for _, o := range w.objects {
		for path, from := range o.from {
			for _, station := range from.Stations() {
				if c := byPos[station.Pos]; c != nil && !covered.holds(o, path) && !c.holds(o, path) && w.changes(r, o, path) {
					c.others = append(c.others, target{o, path, true})
				}
			}
		}
	}
	for _, c := range list {
		slices.SortFunc(c.others, func(a, b target) int {
			return cmp.Or(strings.Compare(a.o.Address, b.o.Address), strings.Compare(a.path, b.path))
		})
	}
	return list
}

func (c *candidate) holds(o *Object, path string) bool {
	return slices.ContainsFunc(c.others, func(t target) bool { return t.o == o && t.path == path })
}

// changes reports whether a value would be another one with the wanted text.
func (w *world) changes(r Request, o *Object, path string) bool {
	v := o.get(path)
	if v == nil || v.Len() > 0 && !r.Delete && path != "timeout" {
		return false // a part of it says it
	}
	return r.Delete || !r.is(path, v)
}

// whyNot says which place is shared with whom, or that there is none.
func (w *world) whyNot(candidates []*candidate, left []target) error {
	best := pick(candidates, func(c *candidate) bool { return slices.Contains(c.covers, left[0]) })
	if best == nil {
		return fmt.Errorf("%s of %s is written in no definition that can be edited: it comes from the compiler, a file or the catalogue", left[0].path, left[0].o.Address)
	}
	shared := &SharedError{At: best.value.Range.Start, Chosen: len(best.covers)}
	for _, t := range best.others {
		name := t.o.Address
		if i := slices.IndexFunc(left, func(l target) bool { return l.o == t.o }); i >= 0 {
			name = t.o.Address + "." + t.path
		}
		if !slices.Contains(shared.Others, name) {
			shared.Others = append(shared.Others, name)
		}
	}
	return shared
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

// cover knows the values that are chosen.
type cover map[*Object][]valuepath.Path

func newCover(targets []target) cover {
	c := cover{}
	for _, t := range targets {
		c[t.o] = append(c[t.o], valuepath.Own(t.path))
	}
	return c
}

// holds reports whether a value of o is chosen, a part of what is chosen, or
// what a chosen value is a part of.
func (c cover) holds(o *Object, path string) bool {
	own := valuepath.Own(path)
	return slices.ContainsFunc(c[o], func(p valuepath.Path) bool { return p.Covers(own) || own.Covers(p) })
}
