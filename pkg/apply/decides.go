package apply

import (
	"bytes"
	"fmt"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// sameJob reports whether head and base declare a job equally in everything that a plan depends on.
func (s Scope) sameJob(head, base *compile.Job) bool {
	var now, then spec.Policy
	if s.Policies != nil {
		now, then = s.Policies(head.Address)
	}
	if !bytes.Equal(decides(head, now), decides(base, then)) {
		return false
	}
	return compile.SameBody(head, base)
}

// decides returns, as text, everything about a job except its body that a plan depends on: the
// project's id, notifications, enabled state, pins, protection, the names of its secrets, and the
// policy. Jobs with the same text and body get the same plan for any live state.
func decides(j *compile.Job, policy spec.Policy) []byte {
	form := fmt.Appendf(nil, "%q %q %q %q %t %t", j.ProjectID, j.Name, j.ID, j.RenamedFrom, j.Adopt, j.Protect)
	for _, n := range j.Notices {
		form = fmt.Appendf(form, "\nnotice %q %q", n.Type, n.Events)
		if n.ParamConfig != nil {
			form = fmt.Appendf(form, " %q", *n.ParamConfig)
		}
	}
	if j.Enabled != nil {
		form = fmt.Appendf(form, "\nenabled %t", *j.Enabled)
	}
	for _, use := range j.Secrets {
		form = fmt.Appendf(form, "\nsecret %q %q", use.Parameter, use.Secret)
	}
	form = fmt.Appendf(form, "\npolicy %q %q", policy.OnRemove, policy.Drift)
	for _, rule := range policy.IgnoreRules(j.Name) {
		form = fmt.Appendf(form, "\nignore %q", rule)
	}
	return append(form, '\n')
}
