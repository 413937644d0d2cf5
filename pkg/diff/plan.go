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

// Plan is what would have to happen for the live state to be what the
// definitions say. It is data: rendering, approving and applying it are done
// elsewhere. Its JSON form is schemas/plan.schema.json and holds no secret and
// no request body.
type Plan struct {
	FormatVersion string    `json:"format_version"`
	PlanID        string    `json:"plan_id"` // sha256:… over all that decides what apply would do
	ToolVersion   string    `json:"tool_version"`
	CreatedAt     time.Time `json:"created_at,omitzero"` // UTC; an approval grows old. Decides nothing else and is not part of the plan id
	Environment   string    `json:"environment"`
	Endpoint      string    `json:"endpoint"`
	Base          *Revision `json:"base"`
	Head          Revision  `json:"head"`
	Partial       bool      `json:"partial,omitempty"` // a part of the definitions was asked for: --only, --label, --project, --changed, --shard
	Parts         []Part    `json:"parts,omitempty"`   // what was asked for, where that was not everything; several in joined plans
	Summary       Summary   `json:"summary"`
	Refusals      []Refusal `json:"refusals"`
	Changes       []Change  `json:"changes"`
	Question      string    `json:"question,omitempty"` // QuestionDrift; what is shown depends on it, what is done does not
	Region        string    `json:"region,omitempty"`   // of the endpoint, where it is a known one
	Projects      []string  `json:"projects,omitempty"` // the aliases that the plan is about
	Jobs          int       `json:"jobs,omitempty"`     // declared jobs that were compared
	Needs         []Need    `json:"needs,omitempty"`    // the secrets that apply has to know; decides nothing and is not part of the plan id
	Groups        []Group   `json:"groups,omitempty"`   // changes with one cause, as they are shown; only the JSON form has them, and they decide nothing

	// Checksum is over the whole stored document, so that an edit of what no id
	// covers, such as the summary, is seen. Only the JSON form has it.
	Checksum string `json:"checksum,omitempty"`
}

// Need is a secret that carrying out the plan takes.
type Need struct {
	Secret    string   `json:"secret"`
	Addresses []string `json:"addresses"`
	Missing   bool     `json:"missing,omitempty"` // it has no value where the plan was made
}

// Group is jobs that get the same change from the same place.
type Group struct {
	Addresses []string `json:"addresses"`
	Place     string   `json:"place,omitempty"` // file:line, where one place says all of it
}

// needs lists the secrets that p's changes write, each with the objects that
// need it.
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

// QuestionDrift marks the plan of drift, which asks one question and is not
// carried out.
const QuestionDrift = "drift"

// Revision names the definitions that were compiled.
type Revision struct {
	Ref    string `json:"ref,omitempty"`
	Commit string `json:"commit"`
	Dirty  bool   `json:"dirty"`
}

// Recorded reports whether r stands for the record of what was applied, which may
// be of several commits.
func (r *Revision) Recorded() bool { return r != nil && strings.HasPrefix(r.Ref, "refs/buildsync") }

// Summary counts. The actions count actions, Drift counts fields, the rest
// count objects.
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

// Kind is what a change is about.
type Kind string

// The kinds of object.
const (
	KindJob          Kind = "job"
	KindTemplate     Kind = "template"
	KindNotification Kind = "notification"
)

// Action is something apply does.
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

// Change is what happens to one object. Objects without actions are listed only
// where their verdict is worth a look (adopt, collision, conflict, unknown).
//
// A job's notifications are an object of their own: its change has the kind
// notification, the address alias/notification/job, the job's name and id, the
// action update, and stands right after the job's own change where there is
// one. Its ID is nil if the job is still to be created.
//
// Changes are ordered as apply carries them out: templates, then jobs with
// their notifications, then removals; within each by address.
type Change struct {
	Address    string      `json:"address"`
	Kind       Kind        `json:"kind"`
	ProjectID  string      `json:"project_id"`
	Name       string      `json:"name"`
	ID         *string     `json:"id"`
	Actions    []Action    `json:"actions"`
	Verdict    Verdict     `json:"verdict"`
	Definition *Definition `json:"definition"`

	Owner  string            `json:"owner,omitempty"`  // who answers for the job; decides nothing and is not part of the plan id
	Labels map[string]string `json:"labels,omitempty"` // as well

	Note      string    `json:"note,omitempty"` // such as "removed in 9d02c1f"
	Fields    []Field   `json:"fields"`
	Unchanged int       `json:"unchanged_fields"`
	Unproven  bool      `json:"unproven,omitempty"`  // applied before, and no smoke build of it has succeeded yet
	LastEdit  *LastEdit `json:"last_edit,omitempty"` // in a plan of drift, where the service knows

	// HaveFingerprint and WantFingerprint identify the live body and the desired
	// one, in all that is declared or changed, "" if there is none. Apply
	// compares the first with what it reads right before it writes. Those of a
	// template, and of a job that is created, are Fingerprint of the whole body.
	HaveFingerprint string `json:"have_fingerprint,omitempty"`
	WantFingerprint string `json:"want_fingerprint,omitempty"`

	Undeclared []Undeclared `json:"undeclared,omitempty"` // Options.ShowUndeclared
	Equalities []Equality   `json:"equalities,omitempty"` // Options.Explain
	Contents   []Field      `json:"contents,omitempty"`   // of a create, with Options.Contents

	// What apply works with; never serialised.
	Want           *compile.Job      `json:"-"` // nil for a removal or a template
	WantTemplate   *compile.Template `json:"-"`
	Live           *LiveJob          `json:"-"` // nil for a create; its body may be gone, see Have
	LiveTemplate   *LiveTemplate     `json:"-"`
	Have           jsontree.Packed   `json:"-"` // the live job's body, as it came
	Desired        jsontree.Packed   `json:"-"` // the whole update body, built over the live one, or that of a template; see DesiredBody
	Notices        []NoticeChange    `json:"-"`
	beforeTemplate *compile.Template // what the template is compared with
	before         *compile.Job      // what the job is compared with, of the base
	ignore         ignored           // what policy.ignore leaves to others
}

// DesiredBody returns the whole body of the create or update that c asks for, a
// tree of the caller's own; nil if it asks for neither. That of a new job is
// made of its definition, which is held anyway.
func (c *Change) DesiredBody() *jsontree.Value {
	if c.Kind == KindJob && c.Want != nil && slices.Contains(c.Actions, ActionCreate) {
		return c.Want.CreateBody()
	}
	return c.Desired.Unpack()
}

// LastEdit is the newest row of a live object's change history. Apply's own
// writes are rows like any other. It decides nothing and is not part of the plan
// id.
type LastEdit struct {
	User string    `json:"user"`
	Time time.Time `json:"time,omitzero"` // UTC, to the second; zero if the service does not say
}

// Definition is where an object is defined.
type Definition struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Field is one value that differs. Before is the live value, After the desired
// one, Base what the base's definitions said; nil means absent. Of a sensitive
// field the values are never held.
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

// Undeclared is a live value that the definitions do not name and that an
// update keeps.
type Undeclared struct {
	Path      string          `json:"path"`
	Value     *jsontree.Value `json:"value"`
	Sensitive bool            `json:"sensitive,omitempty"`
}

// Equality is a value that is written differently on both sides and means the
// same by the rule named.
type Equality struct {
	Path string `json:"path"`
	Rule string `json:"rule"`
}

// NoticeChange is one notification channel that apply has to write.
type NoticeChange struct {
	Want compile.Notice
	Have []string // the events that are on now
}

// Object returns the address of what c belongs to: a job's notifications belong
// to the job.
func (c *Change) Object() string {
	if c.Kind == KindNotification && c.Want != nil {
		return c.Want.Address
	}
	return c.Address
}

// InStep reports whether a change without actions means that nothing has to be
// done, and not that nothing may be.
func (c *Change) InStep() bool {
	switch c.Verdict {
	case VerdictUnknown, VerdictCollision, VerdictConflict, VerdictRemoveEdited:
		return false
	}
	return true
}

// planID identifies everything that decides what apply would do: two plans of
// one id lead to the same writes. What is only shown (explanations, undeclared
// values) is left out, and so is every sensitive value, since the digest of a
// short secret can be guessed.
func planID(p *Plan) string {
	b := idBuilder{}
	b.text("format", p.FormatVersion, p.ToolVersion, p.Environment, p.Endpoint)
	if p.Base != nil && !p.Base.Recorded() {
		// A record moves with each run; what it decides stands in the changes.
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

// Intact reports whether the plan's id is that of its content: a stored plan that
// was edited is not.
func (p *Plan) Intact() bool { return p.PlanID == planID(p) }

// idBuilder writes texts so that no two lists of texts look alike.
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
