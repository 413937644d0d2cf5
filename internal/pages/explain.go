package pages

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// explainable is a compiled object that can be explained.
type explainable struct {
	kind       string
	Address    string
	body       *jsontree.Value
	notices    []compile.Notice
	job        *compile.Job // nil for another object
	provenance map[string]compile.Provenance
}

// bodies lists an object's parts with their paths: each channel's body of its
// notifications, and each value of its body.
func (o explainable) bodies() []compiled {
	var parts []compiled
	if len(o.notices) > 0 {
		bodies := (&compile.Job{Notices: o.notices}).NoticeBodies()
		parts = append(parts, compiled{path: "notifications", body: bodies})
		for _, body := range bodies.Items() {
			parts = append(parts, compiled{path: compile.NoticePath(body.Str("notice_type")), body: body})
		}
	}
	bulk.Walk(o.body, func(path string, v *jsontree.Value) { parts = append(parts, compiled{path: path, body: v}) })
	return parts
}

// Values lists the declared values of an object in groups, in the order of the body.
func (o explainable) Values(w *workspace.Workspace) []Explained {
	shown := map[string]*jsontree.Value{}
	var order []string
	bulk.Walk(screen.Redacted(o.body, w.Catalogue, nil), func(path string, v *jsontree.Value) {
		if shown[path] == nil {
			order = append(order, path)
		}
		shown[path] = v
	})
	for _, notice := range o.notices {
		path := compile.NoticePath(notice.Type)
		shown[path+".events"] = jsontree.Array()
		order = append(order, path, path+".events", path+".param_config")
		for _, event := range notice.Events {
			shown[path+".events"].Append(jsontree.String(event))
		}
		if notice.ParamConfig != nil {
			shown[path+".param_config"] = jsontree.String("(sensitive)")
		}
	}
	if o.kind == "template" {
		shown["publish"] = jsontree.Bool(true) // only such templates are objects
	}
	if o.job != nil {
		for i, name := range o.job.RenamedFrom { // no value of the job: set does not count it
			shown["renamed_from"+valuepath.Index(i)] = jsontree.String(name)
		}
		shown["project"] = jsontree.String(o.job.Project)
		for _, v := range bulk.OfJob(o.job).Values { // what is beside the body
			if _, isPlace := o.job.Provenance[v.Path]; isPlace && shown[v.Path] == nil {
				shown[v.Path] = v.Value
			}
		}
	}
	rank := map[string]int{}
	for path := range o.provenance {
		rank[path] = len(order) // what the body does not hold comes last
	}
	for i, path := range order {
		rank[path] = i
	}
	hasParts := withParts(o.provenance)
	values := make([]Explained, 0, len(o.provenance))
	for path, p := range o.provenance {
		v := Explained{Path: path, Way: way(w, o.stations(p))}
		if !hasParts[path] {
			v.Value = shown[path]
		}
		values = append(values, v)
	}
	slices.SortFunc(values, func(a, b Explained) int {
		return cmp.Or(cmp.Compare(rank[a.Path], rank[b.Path]), strings.Compare(a.Path, b.Path))
	})
	return values
}

// withParts returns the paths that begin another one.
func withParts(all map[string]compile.Provenance) map[string]bool {
	has := map[string]bool{}
	for path := range all {
		for i, c := range path {
			if c == '.' || c == '[' {
				has[path[:i]] = true
			}
		}
	}
	return has
}

func (o explainable) stations(p compile.Provenance) []compile.Station {
	if o.job != nil {
		return o.job.Way(p)
	}
	return p.Stations()
}

func (o explainable) unknownPath(path valuepath.Path, values []Explained) error {
	var paths []string
	for _, v := range values {
		paths = append(paths, v.Path)
	}
	text := fmt.Sprintf("the definitions of %s declare nothing at %q", o.Address, path.String())
	if near := cmp.Or(path.Nearest(paths, spec.Nearest), spec.Nearest(path.String(), paths)); near != "" && near != path.String() {
		return errors.New(spec.WithSuggestion(text, near))
	}
	return fmt.Errorf("%s; `buildsync explain %s` lists what they declare", text, o.Address)
}

// findExplainable finds the object that a word names, and the path after its address or name. The
// longest matching address wins, because an alias may contain dots.
func findExplainable(w *workspace.Workspace, word string) (o explainable, path string, err error) {
	if p, err := valuepath.Parse(word); err == nil && (strings.HasPrefix(word, "jobs[") || strings.HasPrefix(word, "templates[")) {
		word = strings.TrimSuffix(p.Job+p.Template+"."+p.String(), ".") // as lint prints it
	}
	var found []explainable
	best := ""
	var names []string
	jobs := map[string]bool{}
	consider := func(name string, candidate explainable) {
		names = append(names, name)
		rest, ok := strings.CutPrefix(word, name)
		switch {
		case !ok || rest != "" && rest[0] != '.' && rest[0] != '[' || len(name) < len(best):
		case len(name) == len(best) && best != "":
			found = append(found, candidate)
		default:
			found, best, path = []explainable{candidate}, name, strings.TrimPrefix(rest, ".")
		}
	}
	for _, job := range w.Result.Jobs {
		candidate := explainable{"job", job.Address, job.CreateBody(), job.Notices, job, job.Provenance}
		consider(job.Address, candidate)
		consider(job.Name, candidate)
		jobs[job.Name] = true
		if len(job.Notices) > 0 {
			consider(job.NoticeAddress(), explainable{"notification", job.NoticeAddress(), jsontree.Object(), job.Notices, nil, noticesOnly(job.Provenance)})
		}
	}
	for _, t := range w.Result.Templates {
		candidate := explainable{"template", t.Address, t.Body, nil, nil, t.Provenance}
		consider(t.Address, candidate)
		if !jobs[t.Name] { // the name is a job's first
			consider(t.Name, candidate)
		}
	}
	switch len(found) {
	case 1:
		return found[0], path, nil
	case 0:
		return o, "", unknownObject{word, names}
	}
	return o, "", fmt.Errorf("%q is the name of jobs in several projects: %s and %s; give the address", best, found[0].Address, found[1].Address)
}

// unknownObject is the error about a word that no object has as its name.
type unknownObject struct {
	word  string
	names []string // the known ones
}

func (e unknownObject) Error() string { return e.text(nil) }

// text returns the message; rules are the words that are known beside the names, if any.
func (e unknownObject) text(rules []string) string {
	slash := strings.LastIndexByte(e.word, '/') + 1
	name, path, hasPath := strings.Cut(e.word[slash:], ".")
	name = e.word[:slash] + name
	text, names := fmt.Sprintf("no definition compiles to an object called %q", name), e.names
	all := "`buildsync compile` prints all addresses"
	if len(rules) > 0 && slash == 0 && !hasPath {
		text = fmt.Sprintf("%q is neither a rule nor an object that the definitions compile to", e.word)
		names = append(slices.Clone(names), rules...)
	}
	if len(rules) > 0 {
		all += ", `buildsync explain` all rules"
	}
	near := spec.Nearest(name, names)
	switch {
	case near != "" && hasPath:
		return spec.WithSuggestion(text, near+"."+path)
	case near != "":
		return spec.WithSuggestion(text, near)
	}
	return text + "; " + all
}

// ruleOrObject says of an error of findExplainable that the word could have named a rule as well.
func ruleOrObject(err error) error {
	var unknown unknownObject
	if errors.As(err, &unknown) {
		return errors.New(unknown.text(lint.RuleNames()))
	}
	return err
}

// noticesOnly returns the provenance of a job's notifications.
func noticesOnly(all map[string]compile.Provenance) map[string]compile.Provenance {
	some := map[string]compile.Provenance{}
	for path, p := range all {
		if strings.HasPrefix(path, "notifications") {
			some[path] = p
		}
	}
	return some
}

// wholeOf returns the value that contains a path and came as a whole, such as a property that is a
// list; -1 for none.
func wholeOf(path string, values []Explained) int {
	return slices.IndexFunc(values, func(v Explained) bool { return v.Value != nil && v.Value.Len() > 0 && isPart(path, v.Path) })
}

// Explain shows where the values of a word come from: of an object, or of a path in one.
func Explain(w *workspace.Workspace, word string) (screen.Reply, error) {
	o, path, err := findExplainable(w, word)
	if err != nil {
		return screen.Reply{}, ruleOrObject(err)
	}
	values := o.Values(w)
	if path == "" {
		return valueList(o.Address, values), nil
	}
	asked, err := valuepath.Parse(path)
	if err != nil {
		return screen.Reply{}, err
	}
	below := slices.DeleteFunc(slices.Clone(values), func(v Explained) bool { return !asked.Covers(valuepath.Own(v.Path)) })
	switch {
	case len(below) == 1 && asked.Matches(valuepath.Own(below[0].Path)):
		return valuePage(o.Address, below[0]), nil
	case len(below) > 0:
		return valueList(o.Address, below), nil
	}
	if i := wholeOf(asked.String(), values); i >= 0 {
		return valuePage(o.Address, values[i]), nil
	}
	return screen.Reply{}, o.unknownPath(asked, values)
}
