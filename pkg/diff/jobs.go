package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// jobTask compares one job of the head with the live one.
type jobTask struct {
	*Planner
	*outcome
	want, before *compile.Job // before: at the base, nil if it was not declared
	live         *LiveJob     // nil: there is none
	ignore       ignored
}

// found is a job of the head with its live job and the refusals so far.
type found struct {
	want   *compile.Job
	live   *LiveJob // nil: there is none
	known  bool     // live is certain
	ignore ignored
	outcome
}

// findJobs finds the live job of every job of the head.
func (p *Planner) findJobs() {
	var all []*found
	owner := map[*LiveJob]*found{}
	sorted := slices.SortedStableFunc(slices.Values(p.in.Head.Jobs), func(a, b *compile.Job) int {
		return strings.Compare(a.Address, b.Address)
	})
	for _, want := range sorted {
		ignore := p.ignoreFor(want.Name)
		if ignore.wholeJob {
			continue
		}
		f := &found{want: want, ignore: ignore}
		if f.live, f.known = p.identify(want, &f.outcome); f.live != nil {
			p.claimed[f.live], p.managed[f.live] = true, true
			if first := owner[f.live]; first != nil {
				refuseShared(first, f)
			} else {
				owner[f.live] = f
			}
		}
		all = append(all, f)
	}
	for _, f := range all {
		p.jobs = append(p.jobs, p.when(f.live, f.outcome, func(out *outcome) {
			j := &jobTask{Planner: p, outcome: out, want: f.want, before: p.base.predecessor(f.want), live: f.live, ignore: f.ignore}
			j.compare(f.known)
		}))
	}
}

// refuseShared refuses two definitions of the same live job: each would overwrite the other. Lint
// cannot see this, because only the service knows the name for an id.
func refuseShared(first, second *found) {
	for _, pair := range [][2]*found{{first, second}, {second, first}} {
		if f, other := pair[0], pair[1]; f.known {
			f.refuse(RuleRename, f.want.Address, fmt.Sprintf(
				"%s is the live job %s (id %s), and so is %s; remove one of the two definitions, or correct its id or renamed_from",
				placed(f.want), quote(f.live.Name), quote(f.live.ID), placed(other.want)))
			f.known = false
		}
	}
}

// placed returns a job's address and place.
func placed(job *compile.Job) string {
	at := definitionOf(job)
	if at == nil {
		return quote(job.Address)
	}
	return fmt.Sprintf("%s (%s:%d)", quote(job.Address), at.File, at.Line)
}

// definitionOf returns where a job is defined, nil if unknown.
func definitionOf(job *compile.Job) *Definition {
	at := job.DefinedAt()
	if !at.IsValid() {
		return nil
	}
	return &Definition{File: at.File, Line: at.Line}
}

// compare plans the job. known is false if the live job is uncertain.
func (j *jobTask) compare(known bool) {
	switch {
	case !known: // already refused
		j.add(Change{Verdict: VerdictUnknown})
	case j.live == nil:
		j.create()
	case j.live.ReadErr != nil:
		j.refuse(RuleUnreadable, j.want.Address, fmt.Sprintf("%s could not be read, so nothing is done to it: %s",
			quote(j.want.Address), sanitize.Message(j.live.ReadErr.Error())))
		j.add(Change{Verdict: VerdictUnknown})
	case j.live.Body == nil:
		j.unread()
	default:
		j.update()
	}
}

// nameLimit is the length in characters to which a message cuts a name.
const nameLimit = 200

func quote(name string) string { return `"` + sanitize.Line(name, nameLimit) + `"` }

// unread is a job that exists and was not read, because no change was expected.
func (j *jobTask) unread() {
	if j.before != nil && jsontree.Equal(j.before.Body(), j.want.Body()) {
		j.unchanged++
		return
	}
	j.refuse(RuleUnreadable, j.want.Address, fmt.Sprintf("%s was not read, so nothing is done to it; %s", quote(j.want.Address), remedy.LeaveChanged))
	j.add(Change{Verdict: VerdictUnknown})
}

// add completes a change with the job's facts and stores it.
func (j *jobTask) add(c Change) {
	c.Kind, c.Address, c.ProjectID, c.Name = KindJob, j.want.Address, j.want.ProjectID, j.want.Name
	c.Want, c.Live = j.want, j.live
	c.Owner, c.Labels = j.want.Owner, j.want.Labels
	c.Definition = definitionOf(j.want)
	if j.live != nil {
		c.ID = &j.live.ID
	}
	j.changes = append(j.changes, c)
}

// create plans a job that does not exist.
func (j *jobTask) create() {
	want := j.want
	body := want.CreateBody()
	change := Change{Verdict: VerdictCreate, Actions: []Action{ActionCreate}}
	if j.before != nil {
		change.Verdict, change.Note = VerdictDrift, j.in.whyNotLive()
		j.drifted = append(j.drifted, want.Address)
	}
	if missing := want.MissingForCreate(); len(missing) > 0 {
		j.refuse(RuleCreateIncomplete, want.Address, fmt.Sprintf(
			"%s does not exist yet, and creating it requires %s (API reference 4.18); declare it in the definition or in defaults.job",
			quote(want.Address), strings.Join(missing, " and ")))
	}
	change.WantFingerprint = Fingerprint(body, j.in.Modules)
	change.Contents = j.contents(declaredBody(want), want.PlaceOf, &change)
	if want.Enabled != nil && !*want.Enabled {
		change.Actions = append(change.Actions, ActionDisable) // disabling a new job is not a removal
	}
	j.add(change)
	j.notices()
}

// comparison compares the job as it was read.
func (j *jobTask) comparison() *comparison {
	c := &comparison{
		live: namedBody(j.live), declared: declaredBody(j.want), modules: j.in.Modules,
		threeWay: j.base != nil && j.before != nil, placeOf: j.want.PlaceOf, pos: j.want.Pos,
		spelled: j.spelled(j.want), rewritten: j.rewrittenPaths(j.want),
	}
	if j.before != nil {
		c.base = declaredBody(j.before)
	}
	c.overlaid(j.ignore.matches)
	return c
}

// update plans a job that exists and was read.
func (j *jobTask) update() {
	if j.isPlainlyInStep() {
		j.unchanged++
		j.notices()
		return
	}
	if tried := j.triedOf(j.want); !j.notReached(tried, j.before, j.live) {
		j.before = j.asWritten(tried, j.before, j.live)
	}
	c := j.comparison()
	if j.complete(c) {
		c = j.comparison()
	}
	setIdentity(c.desired, j.want, j.live)
	change := Change{Verdict: VerdictUnchanged, Fields: j.seen(c.fields())}
	if len(j.live.Unseen) > 0 {
		change.Note = fmt.Sprintf("%s cannot be read over these routes; %s", strings.Join(j.live.Unseen, ", "), remedy.ShownByV1)
	}
	j.forced(&change)
	if len(change.Fields) > 0 {
		change.Actions = append(change.Actions, ActionUpdate)
	}
	j.enabled(&change)
	j.ofBasePolicy(change.Fields)
	change.Verdict = objectVerdict(change.Fields)
	c.noteRewritten(&change, change.Fields)
	if j.base != nil && j.before == nil && !j.in.FirstApply && !j.in.Made[j.live.ID] {
		j.adoptOrRefuse(&change)
	}
	j.explain(c, &change)
	j.addRefusals(c, &change)
	if j.in.Unproven[j.want.Address] && change.Verdict != VerdictCollision {
		change.Unproven = true
		change.addNote("applied, not proven: no smoke build of it has succeeded")
	}
	switch {
	case change.Unproven || len(change.Actions) > 0 || change.Verdict != VerdictUnchanged || hasDetails(&change):
		have, want := c.fingerprints()
		change.HaveFingerprint = have
		if change.Verdict != VerdictCollision {
			change.WantFingerprint = want
			change.Unchanged = c.unchanged(change.Fields)
			if !j.in.Options.OnlyShown {
				change.before, change.ignore = j.before, j.ignore
				change.Have, change.Desired = jsontree.Pack(j.live.Body), jsontree.Pack(withoutAbsent(c.desired, j.live.Body))
			}
		}
		j.add(change)
	default:
		j.unchanged++
	}
	if change.Verdict != VerdictCollision {
		j.notices()
	}
}

// objectVerdict returns the most serious verdict of the fields.
func objectVerdict(fields []Field) Verdict {
	verdict := VerdictUnchanged
	for _, f := range fields {
		switch f.Verdict {
		case VerdictConflict:
			return VerdictConflict
		case VerdictChange:
			verdict = VerdictChange
		case VerdictDrift:
			if verdict == VerdictUnchanged {
				verdict = VerdictDrift
			}
		}
	}
	return verdict
}

// adoptOrRefuse handles a live job with a declared name that the base did not declare.
func (j *jobTask) adoptOrRefuse(change *Change) {
	want, live := j.want, j.live
	switch {
	case len(change.Actions) == 0, want.Adopt, j.in.Options.Adopt:
		change.Verdict = VerdictAdopt
		change.Note = "is declared from now on"
		if want.Enabled == nil && live.Item.Disabled {
			// A removal may have disabled it before it was reverted, or a person for a reason: the
			// live state does not show which.
			change.Note += "; it is disabled, and stays so without enabled: true"
		}
	default:
		// People who can read the merge request may not be allowed to read this job: report only
		// that it exists.
		j.refuse(RuleCollision, want.Address, fmt.Sprintf(
			"%s exists already (id %s), is not managed, and differs from the definition in %s; %s",
			quote(want.Address), quote(live.ID), sanitize.Counted(len(change.Fields), "field"), remedy.AdoptJob))
		*change = Change{Verdict: VerdictCollision, Note: "exists, not managed"}
	}
}

// addRefusals turns verdicts into refusals.
func (j *jobTask) addRefusals(c *comparison, change *Change) {
	want := j.want
	if driftCount(change) > 0 {
		j.drifted = append(j.drifted, want.Address)
	}
	if change.Verdict == VerdictConflict && !j.in.Options.ForceConflicts {
		j.refuse(RuleConflict, want.Address, fmt.Sprintf(
			"%s was changed both in the definitions and outside, in %s; %s",
			quote(want.Address), pathsWith(change.Fields, VerdictConflict), remedy.ForceBoth))
	}
	if slices.Contains(change.Actions, ActionUpdate) {
		if lost := c.unsendable(); len(lost) > 0 {
			j.refuse(RuleSecret, want.Address, fmt.Sprintf(
				"updating %s replaces the whole job, and the value of %s is unknown: the service never returns it in clear; %s",
				quote(want.Address), strings.Join(slices.Compact(slices.Clone(lost)), ", "), declareSecret(lost)))
		}
	}
}

// declareSecret says how the unknown values at some paths can be declared. No definition can tell two
// parameters of one name apart, so only one of them can stay.
func declareSecret(paths []string) string {
	for i, path := range paths {
		if slices.Contains(paths[:i], path) {
			return "the live job has several parameters of this name: declare one of them under parameters with secret: NAME, in place of those under extra; the others are removed"
		}
	}
	return "declare it with secret: NAME"
}

// pathsWith lists the first paths with a verdict, for a message.
func pathsWith(fields []Field, verdict Verdict) string {
	var paths []string
	for _, f := range fields {
		if f.Verdict == verdict {
			paths = append(paths, sanitize.Line(f.Path, nameLimit))
		}
	}
	return sanitize.Some(paths, 3)
}

// declaredBody returns what the definitions declare: the compiled members and the name.
func declaredBody(job *compile.Job) *jsontree.Value {
	body := job.BodyCopy()
	if body == nil {
		body = jsontree.Object()
	}
	body.Set(wire.KeyJobName, jsontree.String(job.Name))
	return body
}

// namedBody returns a live body with the job's name. The listing has it even if the body lacks it.
func namedBody(live *LiveJob) *jsontree.Value { return named(live.Body, live.Name) }

func named(body *jsontree.Value, name string) *jsontree.Value {
	if body.Kind() != jsontree.KindObject || body.Str(wire.KeyJobName) != "" {
		return body
	}
	body = body.Clone()
	body.Set(wire.KeyJobName, jsontree.String(name))
	return body
}

// setIdentity sets the members of an update that identify its job (API reference 4.19).
func setIdentity(body *jsontree.Value, want *compile.Job, live *LiveJob) {
	body.Set(wire.KeyJobID, jsontree.String(live.ID))
	body.Set(wire.KeyProjectID, jsontree.String(want.ProjectID))
	body.Set(wire.KeyJobName, jsontree.String(want.Name))
}

// enabledPath is the path of a job's enabled state, which is in the listing and not in the body.
const enabledPath = "enabled"

// enabled compares the enabled state and adds the action that changes it.
func (j *jobTask) enabled(change *Change) {
	want, before, live := j.want, j.before, j.live
	if want.Enabled == nil && j.in.LeftEnabled[live.ID] && !live.Item.Disabled {
		change.Note = "an earlier run enabled it for an update, and ended before it disabled it again"
		change.Fields = append([]Field{{Path: enabledPath, Before: jsontree.Bool(true), After: jsontree.Bool(false), Verdict: VerdictChange}}, change.Fields...)
		change.Actions = append(change.Actions, ActionDisable)
		return
	}
	if want.Enabled == nil || j.ignore.matches(enabledPath) {
		return
	}
	field := Field{
		Path: enabledPath, Before: jsontree.Bool(!live.Item.Disabled), After: jsontree.Bool(*want.Enabled),
		Verdict: VerdictChange,
	}
	if live.Item.StateUnseen {
		// Only the base knows the state. Without one it would be written at each apply, but for the
		// first, which makes one.
		if j.base == nil && !j.in.FirstApply || before != nil && before.Enabled != nil && *before.Enabled == *want.Enabled {
			return
		}
		field.Before = nil
	} else if *want.Enabled == !live.Item.Disabled {
		return
	}
	if before != nil && before.Enabled != nil {
		// The state has two values, so three sides cannot all differ: no conflict is possible.
		field.Base = jsontree.Bool(*before.Enabled)
		if *before.Enabled == *want.Enabled {
			field.Verdict = VerdictDrift
		}
	}
	field.File, field.Line = (&comparison{placeOf: want.PlaceOf, pos: want.Pos}).place(enabledPath)
	change.Fields = append([]Field{field}, change.Fields...)
	if *want.Enabled {
		change.Actions = append(change.Actions, ActionEnable)
		return
	}
	change.Actions = append(change.Actions, ActionDisable)
	j.noteDisabled()
}

// noteDisabled counts a job that its definition disables, and refuses it if it is protected.
func (j *jobTask) noteDisabled() {
	want := j.want
	j.removed = append(j.removed, want.Address)
	if want.Protect || j.before != nil && j.before.Protect {
		j.refuse(RuleProtected, want.Address, fmt.Sprintf(
			"%s is protected, and the definitions disable it; remove protect: true in a separate change first",
			quote(want.Address)))
	}
}

// writesSecret reports whether --write-secret names a secret.
func (o *Options) writesSecret(name string) bool {
	return name != "" && (slices.Contains(o.WriteSecrets, name) || slices.Contains(o.WriteSecrets, "all"))
}

// forced adds the sensitive values that --write-secret writes again, and those that come from another
// secret than in the base: values are never compared, so only the names can tell.
func (j *jobTask) forced(change *Change) {
	for _, use := range j.want.Secrets {
		if !j.in.Options.writesSecret(use.Secret) && !j.fromAnotherSecret(use) {
			continue
		}
		path := compile.ParameterPath(use.Parameter) + ".defaultValue"
		within := func(f Field) bool { return f.Path == path || f.Path == compile.ParameterPath(use.Parameter) }
		if !slices.ContainsFunc(change.Fields, within) {
			change.Fields = append(change.Fields, Field{
				Path: path, Verdict: VerdictChange, Sensitive: true, File: use.Pos.File, Line: use.Pos.Line,
			})
		}
	}
}

// fromAnotherSecret reports whether the base takes a parameter's value from another secret.
func (j *jobTask) fromAnotherSecret(use compile.SecretUse) bool {
	return j.before != nil && slices.ContainsFunc(j.before.Secrets, func(was compile.SecretUse) bool {
		return was.Parameter == use.Parameter && was.Secret != use.Secret
	})
}

// unsendable lists the sensitive parameters and properties whose desired value is the one that was
// read: a mask or ciphertext that would destroy the stored value.
func (c *comparison) unsendable() []string {
	declared := map[string]bool{}
	for _, param := range wire.ParametersOf(c.declared) {
		if param.Value(wire.ParamDefaultValue) != nil {
			declared[param.Name()] = true
		}
	}
	var lost []string
	for _, param := range wire.ParametersOf(c.desired) {
		value := param.Value(wire.ParamDefaultValue)
		hidden := !value.IsEmpty() || value.Kind() == jsontree.KindNull // some services show null in place of a mask
		if name := param.Name(); param.IsSensitive() && !declared[name] && hidden {
			lost = append(lost, compile.ParameterPath(name))
		}
	}
	s := c.sides()
	for _, e := range s.shownDesired.entries {
		if e.list == wire.KeySteps && holdsSecret(e.value) && !s.declared.has(e.path) {
			lost = append(lost, e.path)
		}
	}
	return lost
}
