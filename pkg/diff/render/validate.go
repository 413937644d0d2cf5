package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/diff"
)

var (
	kinds    = []diff.Kind{diff.KindJob, diff.KindTemplate, diff.KindNotification}
	actions  = []diff.Action{diff.ActionCreate, diff.ActionUpdate, diff.ActionReplace, diff.ActionEnable, diff.ActionDisable, diff.ActionDelete}
	verdicts = []diff.Verdict{
		diff.VerdictUnchanged, diff.VerdictChange, diff.VerdictDrift, diff.VerdictConflict, diff.VerdictCreate,
		diff.VerdictAdopt, diff.VerdictCollision, diff.VerdictRemove, diff.VerdictRemoveEdited,
		diff.VerdictUnmanaged, diff.VerdictUnknown,
	}
)

// validate refuses a document with words that this version does not know: it cannot show them
// correctly.
func validate(p *diff.Plan) error {
	if !strings.HasPrefix(p.PlanID, "sha256:") {
		return fmt.Errorf("plan_id %.20q is not a digest", p.PlanID)
	}
	for i := range p.Changes {
		if err := validateChange(&p.Changes[i]); err != nil {
			return fmt.Errorf("changes[%d]: %w", i, err)
		}
	}
	if p.Changes == nil {
		p.Changes = []diff.Change{}
	}
	if p.Refusals == nil {
		p.Refusals = []diff.Refusal{}
	}
	return nil
}

func validateChange(c *diff.Change) error {
	if !slices.Contains(kinds, c.Kind) {
		return fmt.Errorf("kind %.20q is not known", c.Kind)
	}
	if !slices.Contains(verdicts, c.Verdict) {
		return fmt.Errorf("verdict %.20q is not known", c.Verdict)
	}
	for _, action := range c.Actions {
		if !slices.Contains(actions, action) {
			return fmt.Errorf("action %.20q is not known", action)
		}
	}
	for _, f := range slices.Concat(c.Fields, c.Contents) {
		if !slices.Contains(verdicts, f.Verdict) {
			return fmt.Errorf("verdict %.20q of a field is not known", f.Verdict)
		}
	}
	if c.Actions == nil {
		c.Actions = []diff.Action{}
	}
	if c.Fields == nil {
		c.Fields = []diff.Field{}
	}
	return nil
}
