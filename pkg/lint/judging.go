package lint

import (
	"strings"

	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// judging is the state of checking the organisation's policies. Their findings cannot be configured
// or suppressed in definitions.
type judging struct {
	set   *policy.Set
	run   *policy.Run
	found spec.Diagnostics

	broken bool // a job breaks a policy
}

// loadPolicies reads the policies of the workspace and returns the errors in their files.
func (l *linter) loadPolicies() spec.Diagnostics {
	l.judging.set = &policy.Set{}
	var found spec.Diagnostics
	if l.set.Tree != nil && l.set.Workspace != nil {
		l.judging.set, found = policy.Load(l.set.Tree, l.set.Workspace, l.catalogue)
		l.judging.set.EachFile(func(name string, source []byte, root *spec.Node) { l.pass(name, source).readComments(root) })
	}
	l.judging.run = l.judging.set.NewRun(l.opts.Today)
	return found
}

// judge checks the jobs of a batch against the policies.
func (l *linter) judge(b *batch) {
	if b.result == nil || len(l.judging.set.Policies) == 0 {
		return
	}
	files := b.read
	places := policy.NewPlaces(func(name string) *spec.Node {
		if name == workspaceFile && l.set.Workspace != nil {
			return l.set.Workspace.Root
		}
		for _, file := range files {
			if file.Name == name {
				return file.Root
			}
		}
		return nil
	})
	before := len(l.judging.found)
	for i, job := range b.result.Jobs {
		for _, breach := range l.judging.run.Judge(l.judging.set.OfJob(job)) {
			l.judging.broken = true
			breach.Job.Job = b.withPlaces().Jobs[i]
			l.judging.found = append(l.judging.found, places.Finding(breach))
		}
	}
	found := l.judging.found[before:]
	if len(found) == 0 {
		return
	}
	for _, file := range files {
		found.SharpenInto(file.Root)
	}
	if l.set.Workspace != nil {
		found.SharpenInto(l.set.Workspace.Root)
	}
}

// isPolicyRule reports whether a rule is a policy of the organisation.
func isPolicyRule(name string) bool { return strings.HasPrefix(name, policy.RulePrefix) }
