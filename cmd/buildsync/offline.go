package main

import (
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
)

// offlinePlan compares head with base alone: what is declared at the base is
// taken for live. No credential is read and nothing is connected to.
func (in *invocation) offlinePlan(p *planning) *diff.Plan {
	input := in.planInput(p).Input
	input.Endpoint = diff.Offline
	var base *compile.Result
	if p.revisions.base != nil {
		base = p.revisions.base.result
	}
	input.Live = diff.OfflineSnapshot(base, p.w.set.Workspace.Projects)
	input.Whole = input.Head
	input.Head, input.Base = p.scope.Narrow(input.Head, input.Base)
	input.Part = p.scope.Part()
	return diff.Compute(input)
}
