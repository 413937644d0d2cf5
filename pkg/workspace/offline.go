package workspace

import (
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/diff"
)

// OfflinePlan compares head with base only: the base's declarations replace the live state. It
// reads no credentials and makes no connection.
func (w *Workspace) OfflinePlan(planned apply.PlanInput) *diff.Plan {
	input, scope := planned.Input, planned.Scope
	input.Endpoint = diff.Offline
	input.Live = diff.OfflineSnapshot(input.Base, w.Set.Workspace.Projects)
	input.Whole = input.Head
	input.Head, input.Base = scope.Narrow(input.Head, input.Base)
	input.Part = scope.Part()
	return diff.Compute(input)
}
