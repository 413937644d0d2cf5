package export

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/crash"
	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// Update changes the definition of a job to match the live job. It returns the changed files: those
// with the definition and with its scripts; none if both are equal. secrets are those that the files
// need and that buildsync.yaml does not declare yet. Only the nodes that differ change, so comments,
// references and spelling elsewhere stay. The error explains why it cannot be done in place; it is a
// *Crash in case of a bug.
func (e *Exporter) Update(set *spec.Set, job *compile.Job, live *diff.LiveJob, opts compile.Options) (files []File, secrets []Secret, err error) {
	err = crash.Caught(func() (err error) {
		if files, secrets, err = e.update(set, job, live, opts, nodeByNode); err == nil {
			return nil
		}
		// What an alias elsewhere stands for cannot go or move: try with values in the places of aliases.
		apart, own := detached(set, job, opts)
		for _, most := range []extent{nodeByNode, wholeKeys} {
			if most == wholeKeys {
				if files, secrets, err = e.update(set, job, live, opts, most); err == nil {
					return nil
				}
			}
			if own != nil {
				edited, needed, refused := e.update(apart, own, live, opts, most)
				if refused == nil {
					files, secrets = edited, needed
					return nil
				}
			}
		}
		return err
	})
	return files, secrets, err
}

// detached returns the workspace with values in the places of the aliases of anchors that are within
// a job's definition, and the job in it; nil if there are none.
func detached(set *spec.Set, job *compile.Job, opts compile.Options) (*spec.Set, *compile.Job) {
	in, have := definitionOf(set, job)
	if have == nil || bytes.IndexByte(in.Source, '&') < 0 {
		return nil, nil
	}
	ed := yamledit.New(in.Name, in.Source)
	if ed.Detach(ed.At(have.Range.Start), ed.At(have.Range.End)); !ed.Changed() {
		return nil, nil
	}
	view := spec.Edited(set.Tree, map[string][]byte{in.Name: refitted(in.Name, in.Source, ed.Apply())})
	opts.Keep = true
	loaded, found := compile.Load(view, set.Workspace.Environment, opts)
	if found.HasErrors() {
		return nil, nil
	}
	same := func(other *compile.Job) bool { return other.Address == job.Address }
	if i := slices.IndexFunc(loaded.Result.Jobs, same); i >= 0 {
		return loaded.Set, loaded.Result.Jobs[i]
	}
	return nil, nil
}

// withPlaces lists paths, each with the line that says its value, if any does.
func withPlaces(job *compile.Job, paths []string) string {
	list := make([]string, len(paths))
	for i, path := range paths {
		list[i] = path
		if at, known := job.PlaceOf(path); known && at.IsValid() {
			list[i] += fmt.Sprintf(" (%s:%d)", at.File, at.Line)
		}
	}
	return strings.Join(list, ", ")
}

// chosen returns a live job without what the service adds to the declared one.
func (e *Exporter) chosen(live *diff.LiveJob, job *compile.Job) *diff.LiveJob {
	c := *live
	c.Body = e.withoutAdded(live.Body, job.Body())
	return &c
}

// placesOf lists where the file of a job says the values of paths; nil if that is not known.
func placesOf(known bool, job *compile.Job, paths []string) []spec.Pos {
	if !known {
		return nil
	}
	places := []spec.Pos{}
	for _, path := range paths {
		if at, known := job.PlaceOf(path); known && at.File == job.Pos.File {
			places = append(places, at)
		}
	}
	return places
}

// extent is how much of a definition an edit may write anew.
type extent int

const (
	nodeByNode extent = iota // comments within keys stay
	wholeKeys
)

func (e *Exporter) update(set *spec.Set, job *compile.Job, live *diff.LiveJob, opts compile.Options, most extent) ([]File, []Secret, error) {
	differ := e.Differences(job, live)
	if len(differ) == 0 {
		return nil, nil, nil
	}
	live = e.chosen(live, job)
	definition, err := e.Job(Project{Alias: job.Project, ID: job.ProjectID}, live)
	if err != nil {
		return nil, nil, err
	}
	in, have := definitionOf(set, job)
	if err := byHand(job, have, differ); err != nil {
		return nil, nil, err
	}
	want := definition.tree
	u := &update{e: e, job: job, live: live, have: have, want: want}
	if u.workspace, err = declaring(set, definition.Secrets); err != nil {
		return nil, nil, err
	}
	u.keep()
	// Take the smallest edit that compiles to the live job.
	for i, attempt := range []struct {
		change  func(*editor, string)
		scripts bool // files that the definition includes may change
		places  bool // only what is written where a difference is may change
		alone   bool // the definition no longer uses its template
		most    extent
	}{
		{change: u.adjust, scripts: true}, {change: u.adjust, scripts: true, places: true}, {change: u.adjust, scripts: true}, {change: u.reconcile, scripts: true},
		{change: u.adjust, places: true}, {change: u.adjust}, {change: u.reconcile}, {change: u.replace, most: wholeKeys}, {change: u.empty, most: wholeKeys}, {change: u.empty, alone: true, most: wholeKeys},
	} {
		if attempt.most != most || attempt.alone && have.Get("template") == nil && want.Get("template") == nil {
			continue
		}
		ed, keys := newEditor(in.Name, in.Source), u.keys()
		ed.includes = &includes{tree: set.Tree, from: in.Name, edit: attempt.scripts}
		ed.differs = placesOf(attempt.places, job, differ)
		if i == 0 {
			if !u.inputs(ed, differ) {
				continue
			}
			keys = slices.DeleteFunc(keys, func(key string) bool { return key == "steps" })
		}
		if attempt.alone {
			u.leaveTemplate(ed)
			keys = append(slices.DeleteFunc(keys, func(key string) bool { return key == "steps" || key == "parameters" }), "steps", "parameters")
		}
		for _, key := range keys {
			attempt.change(ed, key)
		}
		files := slices.Clone(ed.includes.changed)
		if text := refitted(in.Name, in.Source, ed.Apply()); !bytes.Equal(text, in.Source) {
			files = append(files, File{Name: in.Name, Text: text})
		}
		if after := u.holds(set, files, opts); after != nil {
			return files, undeclared(set, after, definition.Secrets), nil
		}
	}
	return nil, nil, fmt.Errorf("its definition at %s:%d cannot be edited in place%s; edit it by hand: it differs in %s", job.Pos.File, job.Pos.Line, u.why, withPlaces(job, differ))
}

// keep gives the wanted definition what the live job cannot say, and finds the keys that go.
func (u *update) keep() {
	keepSecrets(u.have, u.want)
	u.e.keepForms(u.have, u.want, u.live.Body)
	keepChannels(u.have, u.want, u.job, u.live)
	for _, key := range u.keys() {
		if u.have.Get(key) != nil && u.wanted(key) == nil {
			u.going = append(u.going, key)
		}
	}
}

// leaveTemplate removes the template of a definition, or writes null against that of the defaults.
func (u *update) leaveTemplate(ed *editor) {
	if null := u.want.Get("template"); null != nil && u.have.Get("template") == nil {
		ed.InsertKey(u.have, u.before("template"), "template", null)
	} else {
		ed.SetKey(u.have, "template", null)
	}
}

// byHand explains why people have to edit the definition of a job, if they have to.
func byHand(job *compile.Job, have *spec.Node, differ []string) error {
	switch {
	case job.Use.IsValid():
		return fmt.Errorf("it is a job of a family, which is edited by hand (%s:%d); it differs in %s", job.Pos.File, job.Pos.Line, withPlaces(job, differ))
	case have == nil:
		return errors.New("its definition is not found")
	case have.Get("matrix") != nil:
		return fmt.Errorf("it comes from a matrix, which is edited by hand; it differs in %s", withPlaces(job, differ))
	}
	return nil
}

// declaring returns buildsync.yaml with secrets declared.
func declaring(set *spec.Set, secrets []Secret) ([]byte, error) {
	text, err := set.Tree.ReadFile(spec.WorkspaceFile, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, secret := range secrets {
		names = append(names, secret.Name)
	}
	return DeclareSecrets(text, names)
}

// undeclared returns the secrets that a job uses and a workspace does not declare.
func undeclared(set *spec.Set, job *compile.Job, secrets []Secret) []Secret {
	return slices.DeleteFunc(slices.Clone(secrets), func(s Secret) bool {
		uses := func(use compile.SecretUse) bool { return use.Secret == s.Name }
		return !slices.ContainsFunc(job.Secrets, uses) || declares(set.Workspace.Root.Get("secrets"), s.Name)
	})
}

// holds returns the job as it is after an edit, if files make it match the live one and change no
// other job: two may include the same script. Otherwise it returns nil.
func (u *update) holds(set *spec.Set, files []File, opts compile.Options) *compile.Job {
	edited := map[string][]byte{}
	for _, f := range files {
		edited[f.Name] = f.Text
	}
	_, alone := edited[u.job.Pos.File]
	only := func(tree spec.Tree) spec.Tree { return tree }
	if alone = alone && len(edited) == 1; alone {
		// Only the job's own file, the templates and the fragments determine its meaning.
		var names []string
		for _, file := range set.Files {
			if file.Name == u.job.Pos.File || file.Shares() {
				names = append(names, file.Name)
			}
		}
		only = func(tree spec.Tree) spec.Tree { return onlyTree{tree, names} }
	}
	edited[spec.WorkspaceFile] = u.workspace
	after, err := compileOverlay(only(spec.Edited(set.Tree, edited)), set.Workspace.Environment, opts)
	if err != nil {
		u.why = ", as the edit would not compile: " + err.Error()
		return nil
	}
	u.why = ""
	if source := edited[u.job.Pos.File]; !alone || bytes.IndexByte(source, '&') >= 0 { // an alias elsewhere may stand for what is edited
		before, err := compileOverlay(only(set.Tree), set.Workspace.Environment, opts)
		if err != nil {
			return nil
		}
		changed := changedJobs(before, after)
		delete(changed, u.job.Pos)
		if len(changed) > 0 || !slices.EqualFunc(before.Templates, after.Templates, sameTemplate) {
			return nil
		}
	}
	for _, now := range after.Jobs {
		if now.Address == u.job.Address && len(u.e.Differences(now, u.live)) == 0 {
			return now
		}
	}
	return nil
}

// definitionOf finds the node that a job was compiled from.
func definitionOf(set *spec.Set, job *compile.Job) (*spec.File, *spec.Node) {
	for _, file := range set.Files {
		for _, n := range file.Jobs {
			if n.Pos() == job.Pos {
				return file, n
			}
		}
	}
	return nil, nil
}

// keepSecrets gives the parameters of want the names of secrets that the
// definition uses already.
func keepSecrets(have *spec.Node, want *yamltext.Node) {
	for _, p := range itemsOf(want.Get("parameters")) {
		secret := p.Get("secret")
		if secret == nil || have.Get("parameters") == nil {
			continue
		}
		for _, old := range have.Get("parameters").Items {
			if name := p.Get("name"); name != nil && old.Str("name") == name.Text && old.Str("secret") != "" {
				secret.Text = old.Str("secret")
			}
		}
	}
}

// update edits one definition.
type update struct {
	e    *Exporter
	job  *compile.Job
	live *diff.LiveJob
	have *spec.Node
	want *yamltext.Node

	going     []string // keys that the edit removes
	why       string   // the last edit does not compile
	workspace []byte   // buildsync.yaml, with the secrets that want uses
}

// keys lists the keys that differ in meaning, whether they come from the definition, the defaults
// or a template.
func (u *update) keys() []string {
	body := tidy(u.live.Body, u.e.catalogue)
	compiled := tidy(u.job.Body(), u.e.catalogue)
	var keys []string
	isKey := func(key string) bool { return slices.Contains(keyOrder, fileKey(key)) }
	for _, side := range [][]string{memberNames(body.Members()), memberNames(compiled.Members())} {
		for _, key := range side {
			if u.e.fingerprint(only(key, body.Get(key))) == u.e.fingerprint(only(key, compiled.Get(key))) {
				continue
			}
			if !isKey(key) || u.want.Get("extra").Get(key) != nil || u.have.Get("extra").Get(key) != nil {
				keys = append(keys, "extra")
			}
			if isKey(key) {
				keys = append(keys, u.written(key))
			}
		}
	}
	if enabled := u.job.Enabled == nil || *u.job.Enabled; enabled == u.live.Item.Disabled && !u.live.Item.StateUnseen {
		keys = append(keys, "enabled")
	}
	if slices.ContainsFunc(u.e.Differences(u.job, u.live), func(path string) bool { return strings.HasPrefix(path, "notifications.") }) {
		keys = append(keys, "notifications")
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	// What is written already comes first: a new key is at the end of the one
	// before it, and would move along with that one's last item.
	written, missing := []string{}, []string{}
	for _, key := range keys {
		if u.have.Get(key) != nil {
			written = append(written, key)
		} else {
			missing = append(missing, key)
		}
	}
	return append(written, missing...)
}

// inputs changes the inputs of a job's template, if they explain all differences in the steps.
// Otherwise it returns false.
func (u *update) inputs(ed *editor, differ []string) bool {
	given := u.have.Get("template").Get("inputs")
	values := propertyValues(tidy(u.live.Body, u.e.catalogue))
	changed := false
	for _, path := range differ {
		if !strings.HasPrefix(path, "steps") {
			continue
		}
		name := ""
		for origin := u.job.Provenance[path].Origin; origin != nil && name == ""; origin = origin.From {
			if origin.Kind == spec.FromInput {
				name = origin.Name
			}
		}
		value, key := values[path], given.Key(name)
		if name == "" || value == nil || key == nil {
			return false
		}
		ed.SetValue(key, given.Get(name), verbatim(value))
		changed = true
	}
	return changed
}

// propertyValues are the properties of a body's steps by their paths.
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
		ed.InsertKey(u.have, u.before(key), key, want)
	case want == nil:
		ed.SetKey(u.have, key, nil)
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
		ed.InsertKey(u.have, u.before(key), key, want)
	} else {
		u.bring(key, ed, ed.SetValue)
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
		ed.InsertKey(u.have, u.before(key), key, u.emptiedExtra())
	case key == "extra":
		ed.SetValue(u.have.Key(key), have, u.emptiedExtra())
	case u.wanted(key) != nil || have == nil && u.want.Get("extra").Get(key) != nil:
		u.replace(ed, key)
	case have == nil || u.merged(ed, key):
		ed.InsertKey(u.have, u.before(key), key, yamltext.Literal("null"))
	default:
		ed.SetValue(u.have.Key(key), have, yamltext.Literal("null"))
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

// written returns the key that the definition has, or is to get, for a member of the body.
func (u *update) written(member string) string {
	if u.have.Get(member) != nil {
		return member
	}
	return fileKey(member)
}

// wanted is the value that a key is to have.
func (u *update) wanted(key string) *yamltext.Node {
	key = fileKey(key)
	if key == "enabled" && u.want.Get(key) == nil {
		return yamltext.Literal("true") // the definition, or a default, says otherwise
	}
	return u.want.Get(key)
}

// before is the key that is before another in the schema's order, of those that stay.
func (u *update) before(key string) string {
	last := ""
	for _, k := range append([]string{"name", "project", "owner", "labels", "template"}, keyOrder...) {
		if k == fileKey(key) {
			break
		}
		if u.have.Get(k) != nil && !slices.Contains(u.going, k) {
			last = k
		}
	}
	return last
}
