package apply

import (
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// missing returns the paths at which a body that was read is not what was sent,
// by the comparison that the next plan will make. Members that the old body held
// and the sent one does not must be gone, but for those of steps, where the
// service puts a module's properties back by itself.
func (s *step) missing(have *jsontree.Value) []string {
	before := s.change.Have.Unpack()
	before.Delete(wire.KeySteps)
	return s.seen(diff.Differences(have, s.change.DesiredBody(), before, s.run.opts.Modules))
}

// changedSincePlan returns the paths at which the job is no longer what the plan
// was made from.
func (s *step) changedSincePlan(have *jsontree.Value) []string {
	return diff.Differences(have, s.change.Have.Unpack(), nil, s.run.opts.Modules)
}

// asPlanned tells whether the job is what the plan was made from.
func (s *step) asPlanned(have *jsontree.Value) bool {
	return s.fingerprint(have) == s.change.HaveFingerprint
}

func (s *step) fingerprint(body *jsontree.Value) string {
	return diff.Fingerprint(body, s.run.opts.Modules)
}

// templateDifferences returns the paths at which a template, as a listing shows
// it, is not what body says (API reference 4.20, 4.21).
func (r *run) templateDifferences(item, body *jsontree.Value) []string {
	return diff.TemplateDifferences(item, body, r.opts.Modules)
}
