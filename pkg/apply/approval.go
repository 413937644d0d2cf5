package apply

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Approval is what somebody approved: a stored plan, or a plan of which only the id is known. The
// zero Approval approves nothing.
type Approval struct {
	ID   string // sha256: and the digits, at least the first 12; "" approves nothing
	Plan *diff.Plan
}

// approvedID matches a plan's id, or the beginning of one that documents show.
var approvedID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^sha256:[0-9a-f]{12,64}$`) })

// PlanIDOf returns a plan's id, or the beginning of one, as somebody copied it: a shortened id ends
// with an ellipsis. ok is false if the text has not that form.
func PlanIDOf(text string) (id string, ok bool) {
	id = strings.TrimSuffix(strings.TrimSuffix(text, "…"), "...")
	return id, approvedID().MatchString(id)
}

// clocksMayDiffer is the allowed difference between the clocks of two machines.
const clocksMayDiffer = 5 * time.Minute

// CheckStored returns an error unless the stored plan may be approved at a time: by this version,
// under its id if one was given, and at most mostAge after it was made. Zero allows any age.
func (a Approval) CheckStored(now time.Time, mostAge time.Duration) error {
	if a.Plan.FormatVersion != diff.FormatVersion {
		return fmt.Errorf("is a plan of format %s, and this version approves %s; make a new plan and approve that", sanitize.Line(a.Plan.FormatVersion, 20), diff.FormatVersion)
	}
	if a.ID != "" && !strings.HasPrefix(a.Plan.PlanID, a.ID) {
		return fmt.Errorf("is the plan %s, not %s %s", a.Plan.PlanID, a.ID, remedy.AsApproved)
	}
	if mostAge == 0 {
		return nil
	}
	made := a.Plan.CreatedAt
	var reason string
	switch age := now.Sub(made); {
	case made.IsZero():
		reason = "does not say when it was made"
	case age < -clocksMayDiffer:
		reason = fmt.Sprintf("was made at %s, which is in the future here: one of the clocks is wrong", made.Format(time.RFC3339))
	case age > mostAge:
		reason = fmt.Sprintf("was made at %s, which is longer ago than %s %s", made.Format(time.RFC3339), remedy.PlanAge, mostAge)
	default:
		return nil
	}
	return errors.New(reason + "; make a new plan and approve that")
}

// Check returns an error unless fresh, a plan made just now, is the approved one.
func (a Approval) Check(fresh *diff.Plan) error {
	if a.Plan != nil {
		return Approve(a.Plan, fresh)
	}
	// An empty plan cannot exceed an approval: everything is done already.
	if a.ID != "" && !strings.HasPrefix(fresh.PlanID, a.ID) && (fresh.HasChanges() || fresh.Refused()) {
		return fmt.Errorf("the plan is %s now, not %s %s; look at a new plan and approve that", fresh.PlanID, sanitize.Line(a.ID, 80), remedy.AsApproved)
	}
	return nil
}

// CheckInputs returns an error if no plan from these inputs can be the approved one. It needs no
// request.
func (a Approval) CheckInputs(in PlanInput) error {
	if a.Plan == nil {
		return nil
	}
	return Approve(a.Plan, &diff.Plan{
		ToolVersion: in.ToolVersion, Environment: in.Environment, Endpoint: in.Endpoint,
		Head: in.HeadRevision, Base: in.BaseRevision,
	})
}
