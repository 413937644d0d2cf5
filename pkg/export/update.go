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
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Update changes the definition of a job to match the live job. It returns the changed files: those
// with the definition and with its scripts; none if both are equal. Only the nodes that differ change,
// so comments, references and spelling elsewhere stay. The error explains why it cannot be done in
// place; it is a *Crash in case of a bug.
func (e *Exporter) Update(set *spec.Set, job *compile.Job, live *diff.LiveJob, opts compile.Options) (files []File, effects Effects, err error) {
	err = crash.Caught(func() (err error) {
		if files, effects, err = e.update(set, job, live, opts, nodeByNode); err == nil {
			return nil
		}
		// What an alias elsewhere stands for cannot go or move: try with values in the places of aliases.
		apart, own := detached(set, job, opts)
		for _, most := range []extent{nodeByNode, wholeKeys} {
			if most == wholeKeys {
				if files, effects, err = e.update(set, job, live, opts, most); err == nil {
					return nil
				}
			}
			if own != nil {
				edited, needed, refused := e.update(apart, own, live, opts, most)
				if refused == nil {
					files, effects = edited, needed
					return nil
				}
			}
		}
		return err
	})
	return files, effects, err
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

func (e *Exporter) update(set *spec.Set, job *compile.Job, live *diff.LiveJob, opts compile.Options, most extent) (files []File, effects Effects, err error) {
	differ := e.Differences(job, live)
	if len(differ) == 0 {
		return nil, effects, nil
	}
	live = e.chosen(live, job)
	definition, err := e.Job(Project{Alias: job.Project, ID: job.ProjectID}, live)
	if err != nil {
		return nil, effects, err
	}
	in, have := definitionOf(set, job)
	if err := byHand(job, have, differ); err != nil {
		return nil, effects, err
	}
	want := definition.tree
	u := &update{e: e, job: job, live: live, have: have, want: want}
	if u.workspace, err = declaring(set, definition.Secrets); err != nil {
		return nil, effects, err
	}
	u.keep(&includes{tree: set.Tree, from: in.Name})
	valueOf := valuesOf(set, job, opts.Vars)
	for _, a := range attempts {
		if a.most != most || a.alone && have.Get("template") == nil && want.Get("template") == nil {
			continue
		}
		ed := newEditor(in.Name, in.Source)
		ed.includes = &includes{tree: set.Tree, from: in.Name, edit: a.scripts}
		ed.differs = placesOf(a.places, job, differ)
		if !a.literal {
			ed.valueOf = valueOf
		}
		if !u.try(a, ed, differ) {
			continue
		}
		files = slices.Clone(ed.includes.changed)
		if text := refitted(in.Name, in.Source, ed.Apply()); !bytes.Equal(text, in.Source) {
			files = append(files, File{Name: in.Name, Text: text})
		}
		if after := u.holds(set, files, opts); after != nil {
			return files, Effects{undeclared(set, after, definition.Secrets), ed.replaced}, nil
		}
	}
	return nil, effects, fmt.Errorf("its definition at %s:%d cannot be edited in place%s; edit it by hand: it differs in %s", job.Pos.File, job.Pos.Line, u.why, withPlaces(job, differ))
}

// keep gives the wanted definition what the live job cannot say, and finds the keys that go.
func (u *update) keep(x *includes) {
	keepSecrets(u.have, u.want)
	u.e.keepForms(x, u.have, u.want, u.live.Body)
	keepChannels(u.have, u.want, u.job, u.live)
	for _, key := range u.keys() {
		if u.have.Get(key) != nil && u.wanted(key) == nil {
			u.going = append(u.going, key)
		}
	}
}

// leaveTemplate removes the template of a definition, or writes null against that of the defaults.
func (u *update) leaveTemplate(ed *editor) {
	switch null := u.want.Get("template"); {
	case null == nil:
		ed.DropKey(u.have, "template")
	case u.have.Get("template") == nil:
		ed.InsertKey(u.have, u.before(ed, "template"), "template", null)
	default:
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

// written returns the key that the definition has, or is to get, for a member of the body.
func (u *update) written(member string) string {
	if u.have.Get(member) != nil {
		return member
	}
	return fileKey(member)
}

// wanted returns the value that a key is to have.
func (u *update) wanted(key string) *yamltext.Node {
	key = fileKey(key)
	if key == "enabled" && u.want.Get(key) == nil {
		return yamltext.Literal("true") // the definition, or a default, says otherwise
	}
	return u.want.Get(key)
}

// before returns the key that is before another in the schema's order, of those that the definition
// has itself and that stay.
func (u *update) before(ed *editor, key string) string {
	last := ""
	for _, k := range append([]string{"name", "project", "owner", "labels", "template"}, keyOrder...) {
		if k == fileKey(key) {
			break
		}
		if ed.Owns(u.have, k) && !slices.Contains(u.going, k) {
			last = k
		}
	}
	return last
}
