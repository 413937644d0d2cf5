package diff

// Refusal is a rail that keeps the plan, or one object of it, from being
// applied.
type Refusal struct {
	Rule    string `json:"rule"`
	Message string `json:"message"`
	Address string `json:"address,omitempty"` // the object it is about, if it is about one
}

// The rules of refusals.
const (
	RuleMaxRemovals       = "max-removals"
	RuleListingIncomplete = "listing-incomplete"
	RuleListingUnread     = "listing-unread"
	RuleListingEmpty      = "listing-empty"
	RuleNoDefinitions     = "no-definitions"
	RuleProtected         = "protected"
	RuleConflict          = "conflict"
	RuleCollision         = "collision"
	RuleDrift             = "drift"
	RuleDuplicateLive     = "duplicate-live-job"
	RuleDuplicateTemplate = "duplicate-live-template"
	RulePinnedIDMissing   = "pinned-id-missing"
	RuleCreateIncomplete  = "create-incomplete"
	RuleSecret            = "secret"
	RuleRename            = "rename"
	RuleUnreadable        = "unreadable"
	RuleUnreadFile        = "unread-file"
	RuleNotWritten        = "not-written"
)

// Exit statuses that a plan can lead to; the whole table is in docs/cli.md.
const (
	exitOK          = 0
	exitError       = 1
	exitDifferences = 2
	exitRefused     = 5
)

// Partial tells whether r holds back only the object that it names: nothing is
// done to that one, and everything else may go on.
func (r Refusal) Partial() bool {
	return r.Rule == RuleUnreadable || r.Rule == RuleDuplicateLive || r.Rule == RuleDuplicateTemplate
}

// ExitCode is the exit status that r asks for: 1 where the live state could not
// be read, 5 for every rail.
func (r Refusal) ExitCode() int {
	if r.Rule == RuleUnreadable || r.Rule == RuleListingUnread {
		return exitError
	}
	return exitRefused
}

// Refused tells whether nothing of p may be applied.
func (p *Plan) Refused() bool {
	for _, r := range p.Refusals {
		if !r.Partial() {
			return true
		}
	}
	return false
}

// HasChanges tells whether applying p would write anything.
func (p *Plan) HasChanges() bool {
	for i := range p.Changes {
		if len(p.Changes[i].Actions) > 0 {
			return true
		}
	}
	return false
}

// ExitCode is the exit status of a command that only plans: that of the worst
// refusal, else 0.
func (p *Plan) ExitCode() int {
	code := exitOK
	for _, r := range p.Refusals {
		code = max(code, r.ExitCode())
	}
	return code
}

// DetailedExitCode is ExitCode, with 2 where p is not refused and would write.
func (p *Plan) DetailedExitCode() int {
	if code := p.ExitCode(); code != exitOK {
		return code
	}
	if p.HasChanges() {
		return exitDifferences
	}
	return exitOK
}
