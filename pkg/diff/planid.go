package diff

import (
	"github.com/buildsync/buildsync/pkg/jsontree"
)

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

// Intact tells whether the plan's id is that of its content: a stored plan that
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
