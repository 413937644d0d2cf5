package lint

import (
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/spec"
)

// ownRepositories are the code sources that the service hosts itself.
var ownRepositories = map[string]bool{"codehub": true, "repo": true}

// commitTrigger checks a job that is built on each commit: its first source must be a repository of
// the service, and a timer beside it is probably a misunderstanding of build_if_code_updated.
func (p *pass) commitTrigger(u *unit) {
	for _, key := range []string{"on_commit", "build_if_code_updated"} {
		n := u.node.Get(key)
		for _, v := range u.values(n) {
			if v.text != "true" {
				continue
			}
			if kind := foreignSource(u.node.Get("scms")); kind != "" {
				p.report("commit-trigger", v.node.Range, u.pointer+"."+key, "the service starts no build on a commit to a "+kind+" source",
					"it does so for its own repositories only (codehub, repo); remove "+key+", or call the service from a webhook")
			}
			if hasTimer(u.node.Get("triggers")) {
				p.report("commit-trigger", v.node.Range, u.pointer+"."+key, key+" starts a build on each commit, besides the timer",
					"it does not limit the timer to changed code; remove "+key+" if only the timer is meant")
			}
		}
	}
}

// foreignSource returns the kind of a job's first code source if the service does not host it, else
// "".
func foreignSource(list *spec.Node) string {
	if list == nil || list.Kind != spec.SequenceNode || len(list.Items) == 0 {
		return ""
	}
	kind := list.Items[0].Str("scm_type")
	if ownRepositories[strings.ToLower(kind)] {
		return ""
	}
	return kind
}

func hasTimer(list *spec.Node) bool {
	if list == nil || list.Kind != spec.SequenceNode {
		return false
	}
	for _, n := range list.Items {
		if n.Get("cron") != nil || n.Str("name") == wire.TimerTrigger {
			return true
		}
	}
	return false
}
