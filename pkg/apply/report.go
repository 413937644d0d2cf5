package apply

import (
	"slices"
	"time"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// reportVersion is the version of the report document. Minor versions only add.
const reportVersion = "1.2"

// Report is the result of a run. Its JSON form is schemas/report.schema.json; it contains no secret
// and no request body.
type Report struct {
	FormatVersion string          `json:"format_version"`
	PlanID        string          `json:"plan_id"`
	ToolVersion   string          `json:"tool_version"`
	Environment   string          `json:"environment"`
	Endpoint      string          `json:"endpoint"`
	Head          diff.Revision   `json:"head"`
	Started       time.Time       `json:"started"`
	Finished      time.Time       `json:"finished"`
	Code          int             `json:"exit_code"` // of the command; Run leaves it 0
	Interrupted   bool            `json:"interrupted"`
	Halted        string          `json:"halted"` // why everything else was skipped; "" where nothing was
	Outcomes      map[Outcome]int `json:"outcomes"`
	Warnings      []string        `json:"warnings"`
	Results       []Result        `json:"results"` // ordered as the plan's changes and their actions
}

// Outcome is how one action ended.
type Outcome string

// The outcomes. The first five leave the object as the plan wanted it.
const (
	Applied             Outcome = "applied"                        // written, read again and found equal
	AppliedConfirmed    Outcome = "applied (confirmed by read)"    // the answer was lost, a read shows the write
	AppliedAfterAbsence Outcome = "applied after verified absence" // a create, sent again with proof that the first had not happened
	Unchanged           Outcome = "unchanged"                      // it was so already, nothing was sent
	AlreadyAbsent       Outcome = "already absent"                 // what was to be removed is gone
	Failed              Outcome = "failed"                         // not written
	Skipped             Outcome = "skipped"                        // not tried
	Unknown             Outcome = "unknown"                        // sent, and no read could show whether it happened
	Conflict            Outcome = "conflict"                       // changed by someone else since the plan; not written
	NotConverged        Outcome = "not-converged"                  // written, but the service holds something else
)

// Done reports whether the object is as the plan wanted it.
func (o Outcome) Done() bool {
	switch o {
	case Applied, AppliedConfirmed, AppliedAfterAbsence, Unchanged, AlreadyAbsent:
		return true
	}
	return false
}

// wrote reports whether the service has committed something.
func (o Outcome) wrote() bool {
	switch o {
	case Applied, AppliedConfirmed, AppliedAfterAbsence, NotConverged:
		return true
	}
	return false
}

// Wrote reports whether the service has committed something in the run.
func (r *Report) Wrote() bool {
	return slices.ContainsFunc(r.Results, func(result Result) bool { return result.Outcome.wrote() })
}

// Result is the result of one action of one change.
type Result struct {
	Address    string           `json:"address"`
	Kind       diff.Kind        `json:"kind"`
	ProjectID  string           `json:"project_id"`
	Name       string           `json:"name"`
	ID         string           `json:"id"` // the job's id or the template's uuid, "" if none is known
	Action     diff.Action      `json:"action"`
	Outcome    Outcome          `json:"outcome"`
	Message    string           `json:"message"`           // what happened, for people; "" if the outcome says all
	Next       remedy.Remedy    `json:"next"`              // what to do about it, such as a command
	Paths      []string         `json:"paths"`             // the fields that a conflict or a rewriting is about
	Written    []string         `json:"written,omitempty"` // what an action of several requests had written when it stopped
	Code       string           `json:"error_code"`
	Attempts   int              `json:"attempts"` // requests of the writes, including the client's own repetitions
	Causes     []string         `json:"causes"`   // the error of each failed attempt
	RequestIDs []string         `json:"request_ids"`
	Waited     float64          `json:"waited_seconds"`
	Duration   float64          `json:"duration_seconds"`
	Definition *diff.Definition `json:"definition"`
	Build      *Build           `json:"build"` // of a smoke run

	Owner  string            `json:"owner,omitempty"` // who answers for the job
	Labels map[string]string `json:"labels,omitempty"`

	// Stored means that the service stores what was sent, but in another form. The job is not
	// converged, but it was made from the definition.
	Stored bool `json:"-"`

	// Spelled means that the service stores some of it in another spelling.
	Spelled bool `json:"-"`

	// Rewritten has the paths of the fields that the service itself, and nobody else, stored with
	// another meaning than sent.
	Rewritten []string `json:"-"`
}

// Build is a smoke run of a changed job.
type Build struct {
	Number  string `json:"number"`  // "" if it did not start
	Result  string `json:"result"`  // SUCCESS, FAILURE or another status of the service; not started, unknown, interrupted
	Message string `json:"message"` // why, where it did not succeed
}

// Ending is what a run comes to as a whole.
type Ending string

// The endings, the worst last.
const (
	EndDone        Ending = "done"        // every action is done and verified
	EndFailed      Ending = "failed"      // something failed, and nothing was written
	EndStale       Ending = "stale"       // an object had changed since the plan, and nothing was written
	EndPartial     Ending = "partial"     // something is unknown or not converged, or failed beside a write
	EndInterrupted Ending = "interrupted" // the run was stopped
)

// Ending returns what the results amount to.
func (r *Report) Ending() Ending {
	var wrote, failed, stale, open bool
	for i := range r.Results {
		o := r.Results[i].Outcome
		wrote = wrote || o.wrote()
		failed = failed || o == Failed || o == Skipped
		stale = stale || o == Conflict
		open = open || o == Unknown || o == NotConverged
		if b := r.Results[i].Build; b != nil && b.Result != buildSucceeded {
			open = true
		}
	}
	switch {
	case r.Interrupted:
		return EndInterrupted
	case open, (failed || stale) && wrote:
		return EndPartial
	case stale:
		return EndStale
	case failed, r.Halted != "":
		return EndFailed
	}
	return EndDone
}

// Complete reports whether every action of the plan is done and verified.
func (r *Report) Complete() bool { return r.Ending() == EndDone }
