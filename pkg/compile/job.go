package compile

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// bodyOrder is the order of a job's members: first that of the reference (4.18), then the other
// members that the service takes.
var bodyOrder = []string{
	wire.KeyArch, wire.KeyProjectID, wire.KeyJobName, wire.KeyAutoUpdateSubModule, wire.KeyFlavor, wire.KeyParameters,
	wire.KeySCMs, wire.KeySteps, wire.KeyHostType, wire.KeyBuildConfigType,
	wire.KeyBuildIfCodeUpdated, wire.KeyGroupID, wire.KeyTriggers, wire.KeyTimeout,
}

// textFields are the members of a job's body that hold plain text.
var textFields = []string{wire.KeyArch, wire.KeyFlavor, wire.KeyHostType, wire.KeyBuildConfigType, wire.KeyGroupID}

// keyOnCommit is the friendly name of build_if_code_updated, which in spite of its name is the
// commit trigger.
const keyOnCommit = "on_commit"

// keyWithout lists what a job does not inherit.
const keyWithout = "without"

// compileEntry compiles one entry of jobs: a job, a job for each combination of its matrix, or the
// jobs of a family. use is the use of the family that contains the entry, nil outside of families.
func (c *compiler) compileEntry(n *spec.Node, use *familyUse) {
	if n.Kind != spec.MappingNode {
		c.report("wrong-type", n, "jobs", "", "a job must be a mapping, not %s", describe(n))
		return
	}
	if isFamilyUse(n) {
		c.compileFamily(n, use)
		return
	}
	if matrix := n.Get("matrix"); matrix == nil || matrix.IsNull() {
		c.compileJob(n, nil, use)
		return
	}
	s := &scope{c: c, noMatrix: "a matrix cannot use itself", noJob: "the matrix is multiplied before the jobs have names"}
	use.known(s)
	u := c.newUnit(spec.OfJob, "jobs["+n.Str("name")+"]", s)
	for _, combo := range u.combinations(u.get(n, "matrix")) {
		c.compileJob(n, combo, use)
	}
}

func (c *compiler) compileJob(n *spec.Node, combo []binding, use *familyUse) {
	if !c.hasRoom(n.Range) {
		return
	}
	c.total += jobValues
	s := &scope{c: c, matrix: combo, noJob: "job.name is not known inside the name itself"}
	if combo == nil {
		s.noMatrix = "this job has no matrix"
		if use != nil && len(use.combo) > 0 {
			s.noMatrix = "the matrix belongs to the use of the family: give the family an input for it"
		}
	}
	use.known(s)
	u := c.newUnit(spec.OfJob, "jobs["+n.Str("name")+"]", s)
	if use != nil {
		u.way = use.way
	}
	u.recorded = c.room[:0]
	defer func() { c.room = emptied(u.recorded) }()
	u.inherited.entries = u.without(n)
	whole := u.inherit(n)
	alias, project := u.project(u.get(whole, "project"), n)
	s.jobProject = alias
	name := u.jobName(n)
	if project == nil || name == "" {
		return
	}
	s.jobName, s.noJob = name, ""
	u.pointer = "jobs[" + name + "]"
	j := &Job{
		Address: JobAddress(alias, name), Project: alias, ProjectID: project.ID, Name: name,
		Pos: n.Pos(), nameAt: nameOf(n, use), writtenAt: n.Get("name").Range, chosen: choices(combo), use: use,
	}
	u.record("job_name", u.get(n, "name"))
	u.jobContent(whole, n, j)
	u.reportUnused()
	j.Secrets, j.Template, j.Fragments, j.templateAt = u.secrets, u.template, u.fragments, u.templateAt
	if use != nil {
		j.Use = use.entry.Pos()
	}
	c.total += max(0, u.valueCount()-jobValues)
	if c.noBodies {
		j.body = nil // it lacks what no finding depends on
	}
	switch {
	case c.pack:
		c.packJob(j, u.recorded)
	default:
		j.Provenance = provenanceOf(u.recorded)
	}
	c.result.Jobs = append(c.result.Jobs, j)
}

// jobValues is the least number of values that a job counts as: very many small jobs need memory
// too.
const jobValues = 20

// jobContent compiles everything of a job except its name and project.
func (u *unit) jobContent(whole, own *spec.Node, j *Job) {
	j.body = u.jobBody(whole, u.parts(whole, own))
	j.Notices = u.notices(u.get(whole, "notifications"))
	u.settings(whole, j)
}

// hasRoom reports whether another job may be compiled; at is where it is.
func (c *compiler) hasRoom(at spec.Range) bool {
	if c.last = at; c.total > c.maxTotal && !c.exhausted {
		c.reportAt("expansion-limit", at, "jobs", "split the workspace", "the definitions compile to more than %d values; the jobs from here on are left out", c.maxTotal)
		c.exhausted = true // reported once is enough: such a result is not used
	}
	return !c.exhausted
}

// jobName resolves and checks the job's name.
func (u *unit) jobName(n *spec.Node) string {
	node := n.Get("name")
	if node == nil {
		u.report("missing-key", n, "name", "", "a job needs a name")
		return ""
	}
	node = u.expand(node)
	if isPoison(node) {
		return ""
	}
	if node.Kind != spec.ScalarNode || node.Type == spec.NullType || node.Text == "" {
		u.wrongType("name", node, "a name")
		return ""
	}
	// The schema has checked names that are written literally.
	if node.Origin != nil && !wire.IsJobName(node.Text) {
		u.report("job-name", node, "name", wire.JobNameForm, "%q is not a valid job name", node.Text)
		return ""
	}
	return node.Text
}

// parts are the lists of a job that may come from its template.
type parts struct {
	parameters, steps *spec.Node
	template          *ofTemplate // what `use: template` stands for in steps
}

func (u *unit) parts(whole, own *spec.Node) parts {
	p := parts{parameters: u.get(whole, "parameters"), steps: u.get(whole, "steps"), template: &ofTemplate{}}
	use := u.get(whole, "template")
	if use == nil || use.IsNull() {
		return p
	}
	p.template.named = true
	fromTemplate, ok := u.useTemplate(use)
	if !ok {
		u.inherited.entries = nil // the template's values are unknown
		return p
	}
	p.template.steps = fromTemplate.steps
	fromTemplate.parameters = u.inherited.parameters(fromTemplate.parameters)
	if own.Get("steps") == nil && fromTemplate.steps != nil && !usesTemplate(p.steps) {
		p.steps, p.template = fromTemplate.steps, nil
	}
	if own.Get("parameters") == nil {
		if fromTemplate.parameters != nil {
			p.parameters = fromTemplate.parameters
		}
	} else {
		p.parameters = mergeParameters(fromTemplate.parameters, p.parameters)
	}
	return p
}

// jobBody builds the declared part of the body.
func (u *unit) jobBody(whole *spec.Node, p parts) *jsontree.Value {
	members, extra := map[string]*jsontree.Value{}, u.get(whole, "extra")
	for _, key := range textFields {
		if n := u.get(whole, key); n != nil {
			members[key] = u.text(key, n)
		}
	}
	if n := u.get(whole, wire.KeyArch); n != nil && n.IsNull() && extra.Get(wire.KeyArch) == nil {
		u.report("missing-key", n, wire.KeyArch, "write x86-64 or arm", "the job needs arch: the service refuses it without one (API reference 4.18, CreateBuildJob)")
	}
	if n := u.get(whole, "auto_update_sub_module"); n != nil {
		members["auto_update_sub_module"] = u.boolText("auto_update_sub_module", n)
	}
	if n := u.commitTrigger(whole); n != nil {
		members[wire.KeyBuildIfCodeUpdated] = u.nullableBool(wire.KeyBuildIfCodeUpdated, n)
	}
	if p.parameters != nil {
		members[wire.KeyParameters] = u.parameters(p.parameters)
	}
	if n := u.get(whole, "scms"); n != nil {
		members[wire.KeySCMs] = u.scms(n)
	}
	if p.steps != nil {
		members[wire.KeySteps] = u.steps(p.steps, p.template)
	} else if members[wire.KeyBuildConfigType].Text() == "YAML" && extra.Get("steps") == nil {
		// The steps of such a job are in the repository's build.yml, but a create call needs the
		// member (reference 4.18).
		members[wire.KeySteps] = jsontree.Array()
		u.recordFixed("steps", u.get(whole, "build_config_type"), spec.FromCompiler, "build_config_type: YAML")
	}
	if n := u.get(whole, "triggers"); n != nil {
		members[wire.KeyTriggers] = u.triggers(n)
	}
	if n := u.get(whole, "timeout"); n != nil {
		members["timeout"] = u.timeout(n)
	}
	return u.withExtra(whole, extra, members)
}

// commitTrigger returns the setting that starts a build for each commit: on_commit, or the API's
// name for it. The job's own setting wins over an inherited one; a job with both is refused.
func (u *unit) commitTrigger(whole *spec.Node) *spec.Node {
	friendly, raw := u.get(whole, keyOnCommit), u.get(whole, wire.KeyBuildIfCodeUpdated)
	if friendly == nil || raw == nil {
		return cmp.Or(friendly, raw)
	}
	inherited := func(n *spec.Node) bool { return fromDefaults(n.Origin) }
	switch {
	case inherited(friendly) && !inherited(raw):
		return raw
	case inherited(friendly) == inherited(raw):
		u.report("extra-field", raw, wire.KeyBuildIfCodeUpdated, "remove one of the two", "on_commit and build_if_code_updated are one setting")
	}
	return friendly
}

// reportTwice reports a field that is under extra and that beside, a key outside of it, sets too.
func (u *unit) reportTwice(field *spec.Node, pointer string, beside *spec.Node) {
	d := u.report("extra-field", field, pointer, "remove one of the two; null beside extra leaves out what defaults.job or a template sets",
		"%s is set under extra and beside it", field.Text)
	if beside == nil {
		return
	}
	message := "set here too"
	if beside.Text != field.Text {
		message = "set by " + beside.Text + " here too"
	}
	if other := (spec.Related{Range: beside.Range, Message: message}); !slices.Contains(d.Related, other) {
		d.Related = append(d.Related, other)
	}
}

// besideExtra returns the key that sets a member of the body, nil if none does.
func (u *unit) besideExtra(whole *spec.Node, member string) *spec.Node {
	for _, key := range []string{member, map[string]string{wire.KeyBuildIfCodeUpdated: keyOnCommit}[member], "template"} {
		if found := whole.Key(key); found != nil && !whole.Get(key).IsNull() {
			return found
		}
	}
	return nil
}

// withExtra returns the members in order, with those of extra inserted verbatim.
func (u *unit) withExtra(whole, extra *spec.Node, members map[string]*jsontree.Value) *jsontree.Value {
	var others []jsontree.Member
	if n := extra; n != nil && !n.IsNull() {
		if n.Kind != spec.MappingNode {
			u.wrongType("extra", n, "a mapping of body fields")
			n = &spec.Node{}
		}
		for _, f := range n.Fields {
			key := f.Key.Text
			switch {
			case key == wire.KeyProjectID || key == wire.KeyJobName || key == wire.KeyJobID:
				u.report("extra-field", f.Key, "extra."+key, "", "%s is what identifies a job and cannot be set under extra", key)
			case members[key] != nil && !members[key].IsEmpty(): // null leaves the key to extra, against a default
				u.reportTwice(f.Key, "extra."+key, u.besideExtra(whole, key))
			case slices.Contains(bodyOrder, key):
				members[key] = u.value(key, f.Value)
			default:
				others = append(others, jsontree.Member{Key: key, Value: u.value(valuepath.First(key), f.Value)})
			}
		}
	}
	ordered := make([]jsontree.Member, 0, len(members)+len(others))
	for _, key := range bodyOrder {
		if v := members[key]; v != nil {
			ordered = append(ordered, jsontree.Member{Key: key, Value: v})
		}
	}
	return jsontree.Object(append(ordered, others...)...)
}

// settings reads the settings that are not part of the body.
func (u *unit) settings(whole *spec.Node, j *Job) {
	if n := u.get(whole, "enabled"); n != nil {
		if enabled, ok := u.boolean("enabled", n); ok {
			j.Enabled = &enabled
		}
	}
	if n := u.get(whole, "adopt"); n != nil {
		j.Adopt, _ = u.boolean("adopt", n)
	}
	if n := u.get(whole, "protect"); n != nil {
		j.Protect, _ = u.boolean("protect", n)
	}
	u.belongings(whole, j)
	if n := u.get(whole, "id"); n != nil {
		j.ID = u.filledText("id", n)
	}
	if n := u.get(whole, "renamed_from"); n != nil {
		items, _ := u.list("renamed_from", n)
		for i, item := range items {
			former := FormerName{Name: u.filledText("renamed_from"+valuepath.Index(i), item)}
			former.At, former.Others = item.Shown()
			j.RenamedFrom, j.former = append(j.RenamedFrom, former.Name), append(j.former, former)
		}
	}
}

// boolText compiles a boolean that the API wants as the text "true" or "false"
// (reference 4.18, auto_update_sub_module).
func (u *unit) boolText(path string, n *spec.Node) *jsontree.Value {
	v := u.nullableBool(path, n)
	if value, ok := v.AsBool(); ok {
		return jsontree.String(strconv.FormatBool(value))
	}
	return v
}

func (u *unit) nullableBool(path string, n *spec.Node) *jsontree.Value {
	if n.IsNull() {
		u.record(path, n)
		return jsontree.Null()
	}
	value, ok := u.boolean(path, n)
	if !ok {
		return jsontree.Null()
	}
	return jsontree.Bool(value)
}

// CreateBody returns a copy of the whole body of a create call (reference 4.18): the body with project
// and name, in the reference's order.
func (j *Job) CreateBody() *jsontree.Value {
	declared := j.BodyCopy()
	body := jsontree.Object()
	for _, key := range bodyOrder {
		switch key {
		case "project_id":
			body.Set(key, jsontree.String(j.ProjectID))
		case wire.KeyJobName:
			body.Set(key, jsontree.String(j.Name))
		default:
			body.Set(key, declared.Get(key))
		}
	}
	for _, m := range declared.Members() {
		if !slices.Contains(bodyOrder, m.Key) {
			body.Set(m.Key, m.Value)
		}
	}
	return body
}

// MissingForCreate lists the members that a create call needs (reference 4.18) and the definitions
// do not declare. An existing job does not need them.
func (j *Job) MissingForCreate() []string {
	declared := j.Body()
	var missing []string
	for _, key := range []string{"arch", "steps"} {
		if declared.Get(key).IsAbsentOrNull() {
			missing = append(missing, key)
		}
	}
	return missing
}
