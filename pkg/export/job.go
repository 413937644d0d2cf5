package export

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/internal/crash"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Project is what a job belongs to.
type Project struct {
	Alias string // as buildsync.yaml declares it
	ID    string
}

// Job writes a live job as a definition. The error explains why no definition can express it; it is
// a *Crash in case of a bug.
func (e *Exporter) Job(project Project, live *diff.LiveJob) (d *Definition, err error) {
	err = crash.Caught(func() (err error) {
		d, err = e.job(project, live)
		return err
	})
	return d, err
}

// PinnedJob is Job for one of several live jobs with the same name: its id identifies it, and the
// definition may have another name.
func (e *Exporter) PinnedJob(project Project, live *diff.LiveJob) (*Definition, error) {
	pinned := *e
	pinned.withIDs = true
	return pinned.Job(project, live)
}

func (e *Exporter) job(project Project, live *diff.LiveJob) (*Definition, error) {
	if live.Body == nil {
		return nil, errors.New("its configuration was not read")
	}
	if !wire.IsJobName(live.Name) {
		return nil, fmt.Errorf("a job with the name %q cannot be created or updated: a name is %s (API reference 4.18, CreateBuildJob); rename it in the console and export again",
			sanitize.Line(live.Name, 60), wire.JobNameForm)
	}
	d := &Definition{Kind: diff.KindJob, Address: project.Alias + "/job/" + live.Name, Project: project.Alias, Name: live.Name}
	w := &jobWriter{Exporter: e, project: project, live: live, definition: d, body: tidy(live.Body, e.catalogue)}
	w.members()
	w.notices()
	if w.fits() {
		return d, nil
	}
	if w.world.defaults != nil {
		if w.alone = true; w.fits() {
			return d, nil
		}
	}
	for i := range w.parts {
		w.settle(&w.parts[i])
	}
	if w.fits() {
		return d, nil
	}
	for i := range w.parts {
		w.parts[i].asExtra = true
	}
	if w.fits() {
		return d, nil
	}
	return nil, fmt.Errorf("no definition compiles to it again: %s", w.reason)
}

// jobWriter writes one job.
type jobWriter struct {
	*Exporter
	project    Project
	live       *diff.LiveJob
	definition *Definition
	body       *jsontree.Value // tidy
	parts      []part
	channels   *yamltext.Node
	alone      bool   // what the defaults would add is written as null
	reason     string // why the last form did not fit
}

// part is one member of the body with the forms in which it can be written.
type part struct {
	key  string
	live *jsontree.Value

	forms   []*yamltext.Node   // of the whole, the friendliest first
	items   [][]*yamltext.Node // of each item of a list
	chosen  []int              // the form that is used, of the whole or of each item
	asExtra bool               // no form fits: the value is under extra
}

// value returns the part in its chosen form.
func (p *part) value() *yamltext.Node {
	if p.items == nil {
		return p.forms[p.chosen[0]]
	}
	list := yamltext.Sequence()
	for i, forms := range p.items {
		list.Items = append(list.Items, forms[p.chosen[i]])
	}
	return list
}

// members lists the parts of the body with their forms.
func (w *jobWriter) members() {
	for _, m := range w.body.Members() {
		p := part{key: m.Key, live: m.Value, chosen: []int{0}}
		switch m.Key {
		case wire.KeyArch, wire.KeyFlavor, wire.KeyHostType, wire.KeyBuildConfigType, wire.KeyGroupID:
			p.forms = textForms(m.Value)
		case wire.KeyAutoUpdateSubModule, wire.KeyBuildIfCodeUpdated:
			p.forms = flagForms(m.Value)
		case wire.KeyTimeout:
			p.forms = timeoutForms(m.Value)
		case wire.KeySCMs:
			p.items = formsOf(m.Value, scmForms)
		case wire.KeyParameters:
			p.items = formsOf(m.Value, w.parameterForms)
		case wire.KeySteps:
			p.items = formsOf(m.Value, w.stepForms)
		case wire.KeyTriggers:
			p.items = formsOf(m.Value, triggerForms)
		}
		if p.items != nil {
			p.chosen = make([]int, len(p.items))
		}
		p.asExtra = p.forms == nil && p.items == nil
		w.parts = append(w.parts, p)
	}
	if w.body.Get(wire.KeySteps) == nil && w.body.Str(wire.KeyBuildConfigType) != "YAML" {
		// A create must name the member (4.18).
		w.parts = append(w.parts, part{key: wire.KeySteps, live: jsontree.Array(), forms: []*yamltext.Node{yamltext.Sequence()}, chosen: []int{0}})
	}
}

// formsOf lists the forms of each item of a list, nil if it is not a list of
// objects.
func formsOf(list *jsontree.Value, forms func(*jsontree.Value) []*yamltext.Node) [][]*yamltext.Node {
	var all [][]*yamltext.Node
	for _, item := range list.Items() {
		if item.Kind() != jsontree.KindObject || item.Len() == 0 {
			return nil
		}
		all = append(all, forms(item))
	}
	return all
}

// keyOrder is the order of a job's keys in a file, that of the schema.
var keyOrder = []string{
	wire.KeyArch, wire.KeyFlavor, wire.KeyHostType, wire.KeyBuildConfigType, wire.KeyAutoUpdateSubModule, "enabled",
	wire.KeySCMs, wire.KeyParameters, wire.KeySteps, "notifications", wire.KeyTriggers, wire.KeyTimeout,
	keyOnCommit, wire.KeyGroupID, "id",
}

// keyOnCommit is the key of build_if_code_updated in a definition, which may have the API's name too.
const keyOnCommit = "on_commit"

// fileKey returns the key in a definition for a member of the body.
func fileKey(member string) string {
	if member == wire.KeyBuildIfCodeUpdated {
		return keyOnCommit
	}
	return member
}

// tree returns the whole definition in the chosen forms.
func (w *jobWriter) tree() *yamltext.Node {
	values := map[string]*yamltext.Node{"notifications": w.channels}
	if w.live.Item.Disabled {
		values["enabled"] = yamltext.Literal("false")
	}
	if w.withIDs {
		values["id"] = yamltext.Text(w.live.ID)
	}
	extra := yamltext.Mapping()
	for i := range w.parts {
		if p := &w.parts[i]; p.asExtra {
			extra.Add(spec.EscapeReferences(p.key), verbatim(w.withoutSecrets(p)))
		} else {
			values[fileKey(p.key)] = p.value()
		}
	}
	job := yamltext.Mapping(yamltext.Entry("name", yamltext.Text(w.live.Name)), yamltext.Entry("project", yamltext.Text(w.project.Alias)))
	for _, key := range keyOrder {
		job.Add(key, values[key])
	}
	if len(extra.Fields) > 0 {
		job.Add("extra", extra)
	}
	w.world.withoutTemplate(job)
	if w.alone {
		w.world.withoutDefaults(job)
	}
	if extra := job.Get("extra"); extra != nil {
		guardedKey(extra) // a lone $file is a field like any other here
	}
	return job
}

// fits reports whether the definition in its chosen forms compiles to the live job, and stores it
// if so.
func (w *jobWriter) fits() bool {
	tree := w.tree()
	job, err := w.compileJob(w.project, tree)
	if err != nil {
		w.reason = err.Error()
		return false
	}
	if paths := w.Differences(job, w.live); len(paths) > 0 {
		w.reason = "it would differ in " + strings.Join(paths, ", ")
		return false
	}
	w.definition.tree = tree
	w.definition.Secrets = nil
	for _, use := range job.Secrets {
		w.definition.Secrets = append(w.definition.Secrets, Secret{Name: use.Secret, Parameter: use.Parameter, Address: w.definition.Address})
	}
	w.definition.Withheld = w.withheld()
	return true
}

// settle finds the friendliest form of a part that compiles to the live value.
func (w *jobWriter) settle(p *part) {
	if p.asExtra {
		return
	}
	for i := range p.items {
		live := jsontree.Array(p.live.Items()[i])
		p.chosen[i] = slices.IndexFunc(p.items[i], func(form *yamltext.Node) bool { return w.same(p.key, yamltext.Sequence(form), live) })
		if p.chosen[i] < 0 {
			p.asExtra = true
			return
		}
	}
	if p.items == nil {
		p.chosen[0] = slices.IndexFunc(p.forms, func(form *yamltext.Node) bool { return w.same(p.key, form, p.live) })
		p.asExtra = p.chosen[0] < 0
		return
	}
	p.asExtra = !w.same(p.key, p.value(), p.live)
}

// same reports whether a part alone compiles to a value.
func (w *jobWriter) same(key string, form *yamltext.Node, live *jsontree.Value) bool {
	job, err := w.compileJob(w.project, yamltext.Mapping(yamltext.Entry("name", yamltext.Text("part")), yamltext.Entry("project", yamltext.Text(w.project.Alias)), yamltext.Entry(key, form)))
	if err != nil {
		return false
	}
	have := jsontree.Object(jsontree.Member{Key: key, Value: job.Body().Get(key)})
	want := jsontree.Object(jsontree.Member{Key: key, Value: live})
	return w.fingerprint(have) == w.fingerprint(want)
}

func textForms(v *jsontree.Value) []*yamltext.Node {
	if _, ok := v.AsString(); !ok {
		return nil
	}
	return []*yamltext.Node{yamltext.Text(spec.EscapeReferences(v.Text()))}
}

func flagForms(v *jsontree.Value) []*yamltext.Node {
	if t := v.Text(); t == "true" || t == "false" {
		return []*yamltext.Node{yamltext.Literal(t)}
	}
	return nil
}

func timeoutForms(v *jsontree.Value) []*yamltext.Node {
	if v.Kind() != jsontree.KindObject {
		return nil
	}
	var forms []*yamltext.Node
	if hours, ok := wire.TimeoutHours(v); ok && v.Len() == 2 {
		forms = append(forms, yamltext.Text(strconv.FormatInt(hours, 10)+"h"))
	}
	return append(forms, yamltext.OneLine(verbatim(v)))
}

// eventOrder is the order in which people read events.
var eventOrder = []string{
	wire.EventBuildFailed, wire.EventBuildSucceeded, wire.EventConfigUpdated, wire.EventDeleted, wire.EventDisabled,
}

var channelName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`) })

// notices writes the channels with events. MAIL is also written if it is off, because a new job has
// it on (4.23).
func (w *jobWriter) notices() {
	channels := yamltext.Mapping()
	rows := slices.Clone(w.live.Notices)
	slices.SortFunc(rows, func(a, b wire.Notice) int { return strings.Compare(a.NoticeType, b.NoticeType) })
	for _, row := range rows {
		events := enabledEvents(row)
		if !channelName().MatchString(row.NoticeType) || len(events) == 0 && row.NoticeType != wire.NoticeMail {
			continue
		}
		list := yamltext.OneLine(yamltext.Sequence())
		for _, event := range events {
			list.Items = append(list.Items, yamltext.Text(spec.EscapeReferences(event)))
		}
		channels.Add(row.NoticeType, list)
	}
	if len(channels.Fields) > 0 {
		w.channels = channels
	}
}

// enabledEvents lists the events of a channel that are on.
func enabledEvents(row wire.Notice) []string {
	var events []string
	for _, event := range eventOrder {
		if row.EnableMap[event] {
			events = append(events, event)
		}
	}
	for _, event := range row.EnabledEvents() {
		if !slices.Contains(eventOrder, event) {
			events = append(events, event)
		}
	}
	return events
}

// withheld lists what is left out as possibly secret.
func (w *jobWriter) withheld() []string {
	var paths []string
	for i, step := range w.live.Body.Get(wire.KeySteps).Items() {
		for _, name := range secretProperties(step, w.catalogue) {
			paths = append(paths, stepPath(w.live.Body.Get(wire.KeySteps).Items(), i)+".properties."+name)
		}
	}
	for _, row := range w.live.Notices {
		if row.ParamConfig != nil && *row.ParamConfig != "" {
			paths = append(paths, "notifications."+row.NoticeType+".param_config")
		}
	}
	return paths
}
