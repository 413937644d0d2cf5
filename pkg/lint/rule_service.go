package lint

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/spec"
)

// protectDisabled reports a job that is protected from being disabled, and disabled.
func (p *pass) protectDisabled(u *unit) {
	protect, enabled := u.node.Get("protect"), u.node.Get("enabled")
	if protect == nil || enabled == nil || protect.Text != "true" || enabled.Text != "false" {
		return
	}
	f := p.report("protect-disabled", enabled.Range, u.pointer+".enabled", "the job is protected, but its definition disables it", "remove one of the two: plan refuses to disable a protected job")
	f.Related = []spec.Related{{Range: protect.Range, Message: "protected here"}}
}

// serviceValues reports values that only the service writes: members under extra that have no
// effect, and members of a code source that are declared empty.
func (p *pass) serviceValues(u *unit) {
	if extra := u.node.Get("extra"); extra != nil {
		for _, f := range extra.Fields {
			switch key := f.Key.Text; {
			case slices.Contains(wire.ServiceMembers(), key):
				p.report("service-value", f.Key.Range, u.pointer+".extra."+key, "only the service sets "+quoted(key)+": buildsync never sends it", "remove it")
			case key == wire.KeyLimitTime:
				p.report("service-value", f.Key.Range, u.pointer+".extra."+key, quoted(key)+" is how the service shows the timeout: it is never sent", "write timeout instead")
			}
		}
	}
	list := u.node.Get("scms")
	if list == nil || list.Kind != spec.SequenceNode {
		return
	}
	for i, n := range list.Items {
		pointer := u.pointer + ".scms" + spec.ItemSegment(n, i)
		for _, key := range []string{wire.KeyRepoID, wire.KeyWebURL, wire.KeyGroupName, wire.KeyRepoName} {
			v := n.Get(key)
			if v == nil || v.Kind != spec.ScalarNode || !v.IsNull() && v.Text != "" {
				continue
			}
			p.report("service-value", v.Range, pointer+"."+key, key+" is declared empty, but the service derives it from the address of the repository",
				"remove the key: the live value stays")
		}
	}
}
