package diff

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// FormatVersion is the version of the plan document. Minor versions only add.
const FormatVersion = "1.2"

// Plan lists what must happen so that the live state matches the definitions. It is data:
// rendering, approving and applying are done elsewhere. Its JSON form is schemas/plan.schema.json;
// it contains no secret and no request body.
type Plan struct {
	FormatVersion string    `json:"format_version"`
	PlanID        string    `json:"plan_id"` // sha256:… over all that decides what apply would do
	ToolVersion   string    `json:"tool_version"`
	CreatedAt     time.Time `json:"created_at,omitzero"` // UTC, for the age of an approval; not part of the plan id
	Environment   string    `json:"environment"`
	Endpoint      string    `json:"endpoint"`
	Base          *Revision `json:"base"`
	Head          Revision  `json:"head"`
	Partial       bool      `json:"partial,omitempty"` // limited by --only, --label, --project, --changed or --shard
	Parts         []Part    `json:"parts,omitempty"`   // the requested part, if not everything; several in joined plans
	Summary       Summary   `json:"summary"`
	Refusals      []Refusal `json:"refusals"`
	Changes       []Change  `json:"changes"`
	Question      string    `json:"question,omitempty"`  // QuestionDrift; changes what is shown, not what is done
	Region        string    `json:"region,omitempty"`    // of the endpoint, where it is a known one
	Projects      []string  `json:"projects,omitempty"`  // their aliases
	Jobs          int       `json:"jobs,omitempty"`      // declared jobs that were compared
	Templates     int       `json:"templates,omitempty"` // published templates that were compared
	NotLive       int       `json:"not_live,omitempty"`  // declared objects that drift could not compare: an apply creates them
	Unapplied     int       `json:"unapplied,omitempty"` // objects that drift leaves out, because the definitions changed: an apply writes them
	Needs         []Need    `json:"needs,omitempty"`     // the secrets that apply needs; not part of the plan id
	Groups        []Group   `json:"groups,omitempty"`    // changes with one cause, for display; only in the JSON form

	Kept map[string]*jsontree.Value `json:"-"` // Input.KeptTemplates, for the journal of the next run
	Made []string                   `json:"-"` // of Input.Made, what the base does not declare, for the same journal

	// Checksum covers the whole stored document, so that edits outside the plan id, such as in the
	// summary, are detected. Only the JSON form has it.
	Checksum string `json:"checksum,omitempty"`
}

// Need is a secret that applying the plan requires.
type Need struct {
	Secret    string   `json:"secret"`
	Addresses []string `json:"addresses"`
	Missing   bool     `json:"missing,omitempty"` // it had no value when the plan was made
}

// Group is jobs that get the same change.
type Group struct {
	Addresses []string `json:"addresses"`
	Place     string   `json:"place,omitempty"` // file:line, if there is one place
}

// needs lists the secrets that p's changes write, with the objects that need each.
func needs(p *Plan) []Need {
	var out []Need
	need := func(secret, address string) {
		at := slices.IndexFunc(out, func(n Need) bool { return n.Secret == secret })
		if at < 0 {
			at, out = len(out), append(out, Need{Secret: secret})
		}
		if !slices.Contains(out[at].Addresses, address) {
			out[at].Addresses = append(out[at].Addresses, address)
		}
	}
	for i := range p.Changes {
		c := &p.Changes[i]
		for _, notice := range c.Notices {
			if notice.Want.Secret != "" {
				need(notice.Want.Secret, c.Address)
			}
		}
		if !c.WritesBody() {
			continue
		}
		for _, use := range c.Want.Secrets {
			need(use.Secret, c.Address)
		}
	}
	slices.SortFunc(out, func(a, b Need) int { return cmp.Compare(a.Secret, b.Secret) })
	return out
}

// WritesBody reports whether applying c sends a job's whole body.
func (c *Change) WritesBody() bool {
	return c.Kind == KindJob && c.Want != nil && (slices.Contains(c.Actions, ActionCreate) || slices.Contains(c.Actions, ActionUpdate))
}

// QuestionDrift marks a plan of the drift command, which cannot be applied.
const QuestionDrift = "drift"

// Revision names the definitions that were compiled.
type Revision struct {
	Ref    string `json:"ref,omitempty"`
	Commit string `json:"commit"`
	Dirty  bool   `json:"dirty"`
}

// Recorded reports whether r is the applied record, which may name several commits.
func (r *Revision) Recorded() bool { return r != nil && strings.HasPrefix(r.Ref, "refs/buildsync") }

// Summary counts. The action counts count actions, Drift counts fields, the others count objects.
type Summary struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Replace   int `json:"replace"`
	Enable    int `json:"enable"`
	Disable   int `json:"disable"`
	Delete    int `json:"delete"`
	Unchanged int `json:"unchanged"`
	Drift     int `json:"drift"`
	Conflict  int `json:"conflict"`
	Adopt     int `json:"adopt"`
	Collision int `json:"collision"`
	Unmanaged int `json:"unmanaged"`
}

// Kind is the kind of object that a change is for.
type Kind string

// The kinds of object.
const (
	KindJob          Kind = "job"
	KindTemplate     Kind = "template"
	KindNotification Kind = "notification"
)

// Action is something that apply does.
type Action string

// The actions.
const (
	ActionCreate  Action = "create"
	ActionUpdate  Action = "update"
	ActionReplace Action = "replace"
	ActionEnable  Action = "enable"
	ActionDisable Action = "disable"
	ActionDelete  Action = "delete"
	ActionSmoke   Action = "smoke" // in reports only: a build of a job that was not written
)

// Verdict is the outcome of the three-way comparison, of an object or a field.
type Verdict string

// The verdicts of the table in docs/plan-apply.md.
const (
	VerdictUnchanged    Verdict = "unchanged"
	VerdictChange       Verdict = "change"
	VerdictDrift        Verdict = "drift"
	VerdictConflict     Verdict = "conflict"
	VerdictCreate       Verdict = "create"
	VerdictAdopt        Verdict = "adopt"
	VerdictCollision    Verdict = "collision"
	VerdictRemove       Verdict = "remove"
	VerdictRemoveEdited Verdict = "remove-edited" // removed here, edited outside
	VerdictUnmanaged    Verdict = "unmanaged"
	VerdictUnknown      Verdict = "unknown" // could not be read: nothing is done
)

// Change is what happens to one object. Objects without actions are listed only if their verdict
// needs attention (adopt, collision, conflict, unknown).
//
// A job's notifications are a separate object: kind notification, address alias/notification/job,
// the job's name and id, action update. Their change follows the job's own change, if any. ID is
// nil if the job does not exist yet.
//
// Changes are in the order of apply: templates, jobs with their notifications, removals; each
// sorted by address.
type Change struct {
	Address    string      `json:"address"`
	Kind       Kind        `json:"kind"`
	ProjectID  string      `json:"project_id"`
	Name       string      `json:"name"`
	ID         *string     `json:"id"`
	Actions    []Action    `json:"actions"`
	Verdict    Verdict     `json:"verdict"`
	Definition *Definition `json:"definition"`

	Owner  string            `json:"owner,omitempty"`  // not part of the plan id
	Labels map[string]string `json:"labels,omitempty"` // not part of the plan id

	Note      string    `json:"note,omitempty"` // such as "removed in 9d02c1f"
	Fields    []Field   `json:"fields"`
	Unchanged int       `json:"unchanged_fields"`
	Unproven  bool      `json:"unproven,omitempty"`  // applied before, and no smoke build of it has succeeded yet
	LastEdit  *LastEdit `json:"last_edit,omitempty"` // of an edit outside, where the service knows

	// HaveFingerprint and WantFingerprint identify the live and the desired body, in everything
	// declared or changed; "" without a body. Apply compares the first with what it reads right
	// before writing. For templates and new jobs they are Fingerprint of the whole body.
	HaveFingerprint string `json:"have_fingerprint,omitempty"`
	WantFingerprint string `json:"want_fingerprint,omitempty"`

	Undeclared []Undeclared `json:"undeclared,omitempty"` // Options.ShowUndeclared
	Equalities []Equality   `json:"equalities,omitempty"` // Options.Explain
	Contents   []Field      `json:"contents,omitempty"`   // of a create, with Options.Contents

	// For apply; never serialised.
	Want           *compile.Job      `json:"-"` // nil for a removal or a template
	WantTemplate   *compile.Template `json:"-"`
	Live           *LiveJob          `json:"-"` // nil for a create; its body may be gone, see Have
	LiveTemplate   *LiveTemplate     `json:"-"`
	Have           jsontree.Packed   `json:"-"` // the live job's body, as it came
	Desired        jsontree.Packed   `json:"-"` // the whole update body, built over the live one, or that of a template; see DesiredBody
	Notices        []NoticeChange    `json:"-"`
	beforeTemplate *compile.Template // the base's template
	inBase         bool              // see BaseHoldsTemplate
	unclear        bool              // see noteRewritten
	rewritten      []string          // see RewrittenBefore
	before         *compile.Job      // the base's job
	ignore         ignored           // by policy.ignore
}

// DesiredBody returns the whole body of the create or update in c; nil if it has neither. The
// caller owns the result. For a new job it is made from the definition, which is in memory anyway.
func (c *Change) DesiredBody() *jsontree.Value {
	if c.Kind == KindJob && c.Want != nil && slices.Contains(c.Actions, ActionCreate) {
		return c.Want.CreateBody()
	}
	return c.Desired.Unpack()
}

// LastEdit is the newest row of a live object's change history, including rows of apply's own
// writes. It is not part of the plan id.
type LastEdit struct {
	User string    `json:"user"`
	Time time.Time `json:"time,omitzero"` // UTC, to the second; zero if the service does not say
}

// Definition is where an object is defined.
type Definition struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Field is one value that differs. Before is the live value, After the desired one, Base the
// base's; nil means absent. The values of a sensitive field are never stored.
type Field struct {
	Path      string          `json:"path"`
	Before    *jsontree.Value `json:"before"`
	After     *jsontree.Value `json:"after"`
	Base      *jsontree.Value `json:"base"`
	Verdict   Verdict         `json:"verdict"`
	Sensitive bool            `json:"sensitive"`
	File      string          `json:"file,omitempty"`
	Line      int             `json:"line,omitempty"`
}

// Undeclared is a live value that the definitions do not name and an update keeps.
type Undeclared struct {
	Path      string          `json:"path"`
	Value     *jsontree.Value `json:"value"`
	Sensitive bool            `json:"sensitive,omitempty"`
}

// Equality is a value that is written differently on both sides but means the same by the named
// rule.
type Equality struct {
	Path string `json:"path"`
	Rule string `json:"rule"`
}

// NoticeChange is one notification channel that apply has to write.
type NoticeChange struct {
	Want compile.Notice
	Have []string // the events that are on now
}

// Object returns the address of the object that people see: notifications belong to their job.
func (c *Change) Object() string {
	if c.Kind == KindNotification && c.Want != nil {
		return c.Want.Address
	}
	return c.Address
}

// InStep reports whether a change without actions means that nothing needs doing. Otherwise nothing
// may be done.
func (c *Change) InStep() bool {
	switch c.Verdict {
	case VerdictUnknown, VerdictCollision, VerdictConflict, VerdictRemoveEdited:
		return false
	}
	return true
}

// planID identifies everything that decides what apply would do: plans with the same id lead to the
// same writes. It leaves out what is only shown (explanations, undeclared values), and sensitive
// values, because the digest of a short secret can be guessed.
func planID(p *Plan) string {
	b := idBuilder{}
	b.text("format", p.FormatVersion, p.ToolVersion, p.Environment, p.Endpoint)
	if p.Base != nil && !p.Base.Recorded() {
		// The record's ref moves with each run; its content is in the changes.
		b.text("base", p.Base.Commit)
	}
	b.text("head", p.Head.Commit)
	if p.Head.Dirty {
		b.text("dirty")
	}
	for _, r := range p.Refusals {
		b.text("refusal", r.Rule, r.Address, r.Message)
	}
	for i := range p.Changes {
		b.change(&p.Changes[i])
	}
	return digest(b.buf)
}

// Intact reports whether the plan's id matches its content, which an edit of a stored plan changes.
func (p *Plan) Intact() bool { return p.PlanID == planID(p) }

// idBuilder writes texts unambiguously: different lists give different bytes.
type idBuilder struct{ buf []byte }

func (b *idBuilder) text(parts ...string) {
	for _, part := range parts {
		b.buf = jsontree.AppendQuoted(b.buf, part)
		b.buf = append(b.buf, ' ')
	}
	b.buf = append(b.buf, '\n')
}

func (b *idBuilder) change(c *Change) {
	if c.Verdict == VerdictUnchanged && len(c.Actions) == 0 {
		return
	}
	b.text("change", string(c.Kind), c.Address, c.ProjectID, c.Name, string(c.Verdict), c.HaveFingerprint, c.WantFingerprint)
	if c.ID != nil {
		b.text("id", *c.ID)
	}
	for _, action := range c.Actions {
		b.text("action", string(action))
	}
	for _, f := range c.Fields {
		b.text("field", f.Path, string(f.Verdict))
		for _, v := range []*jsontree.Value{f.Before, f.After} {
			b.buf = append(v.AppendJSON(b.buf), v.Kind().String()...)
			b.buf = append(b.buf, '\n')
		}
	}
}

// DriftOnly returns the part of p that answers one question: did someone edit
// what we declare? It keeps fields that were edited outside, conflicts
// included, objects that were deleted outside, and objects with a field for
// which there is no answer. It keeps the refusals that say that something
// could not be read.
func DriftOnly(p *Plan) *Plan {
	out := *p
	out.Changes, out.Refusals = []Change{}, []Refusal{}
	out.Summary = Summary{Unchanged: p.Summary.Unchanged, Unmanaged: p.Summary.Unmanaged}
	for _, c := range p.Changes {
		out.countNotLive(&c)
		if c.unapplied() {
			out.Unapplied++
		}
		if c.Verdict == VerdictUnchanged {
			out.Summary.Unchanged--
		}
		kept := c
		kept.Actions = []Action{}
		kept.Fields = []Field{}
		for _, f := range c.Fields {
			if f.editedOutside() {
				kept.Fields = append(kept.Fields, f)
			}
		}
		deleted := c.Verdict == VerdictDrift && len(c.Fields) == 0
		if len(kept.Fields) == 0 && !deleted && c.Verdict != VerdictUnknown {
			out.Summary.Unchanged += standing(&c)
			if c.unclear { // its note says what this question has no answer for
				out.Changes = append(out.Changes, kept)
			}
			continue
		}
		out.Changes = append(out.Changes, kept)
		out.Summary.count(&kept)
	}
	for _, r := range p.Refusals {
		switch r.Rule {
		case RuleListingIncomplete, RuleListingUnread, RuleListingEmpty, RuleUnreadable, RuleDuplicateLive, RuleDuplicateTemplate, RulePinnedIDMissing:
			out.Refusals = append(out.Refusals, r)
		}
	}
	out.Needs, out.Question = nil, QuestionDrift
	out.PlanID = planID(&out)
	return &out
}

// unapplied reports whether an apply would write c because the definitions changed, and not only to
// set an edit back.
func (c *Change) unapplied() bool {
	ours := func(f Field) bool { return f.Verdict == VerdictChange }
	return len(c.Actions) > 0 && (c.Verdict == VerdictRemove || c.ID != nil && slices.ContainsFunc(c.Fields, ours))
}

// countNotLive counts a declared object that is to be created as not live instead of as compared.
func (p *Plan) countNotLive(c *Change) {
	if c.Verdict != VerdictCreate || c.ID != nil {
		return
	}
	switch c.Kind {
	case KindJob:
		p.Jobs--
	case KindTemplate:
		p.Templates--
	default:
		return
	}
	p.NotLive++
}

func (f *Field) editedOutside() bool {
	return f.Verdict == VerdictDrift || f.Verdict == VerdictConflict || f.Verdict == VerdictRemoveEdited
}

// EditedOutside reports whether a field of c was changed by someone else since it was applied.
func (c *Change) EditedOutside() bool {
	return slices.ContainsFunc(c.Fields, func(f Field) bool { return f.editedOutside() })
}

// standing returns 1 for a declared object that is live, else 0.
func standing(c *Change) int {
	if c.ID != nil && c.Kind != KindNotification && stage(c) < 2 {
		return 1
	}
	return 0
}

// Drifted reports whether anything that the definitions declare was edited
// outside.
func (p *Plan) Drifted() bool {
	for i := range p.Changes {
		c := &p.Changes[i]
		if driftCount(c) > 0 || c.Verdict == VerdictConflict || c.Verdict == VerdictRemoveEdited {
			return true
		}
	}
	return false
}
