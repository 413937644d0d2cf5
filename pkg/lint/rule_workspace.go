package lint

import (
	"cmp"
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/spec"
)

// workspaceValues applies the rules about buildsync.yaml itself: regions, and the list of secrets.
func (p *pass) workspaceValues(root *spec.Node) {
	p.region(root.Get("region"), "region")
	if environments := root.Get("environments"); environments != nil {
		for _, f := range environments.Fields {
			p.region(f.Value.Get("region"), "environments."+f.Key.Text+".region")
		}
	}
	secrets := root.Get("secrets")
	if secrets == nil || secrets.Kind != spec.SequenceNode {
		return
	}
	first := map[string]*spec.Node{}
	for _, n := range secrets.Items {
		if !isPlainText(n) {
			continue
		}
		if was, twice := first[n.Text]; twice {
			f := p.report("secret-duplicate", n.Range, "secrets["+n.Text+"]", "the secret "+quoted(n.Text)+" is listed twice", "remove one of the two")
			f.Related = []spec.Related{{Range: was.Range, Message: "listed here"}}
			continue
		}
		first[n.Text] = n
	}
}

// region reports a region that is not in the table of addresses.
func (p *pass) region(n *spec.Node, pointer string) {
	if !isPlainText(n) || slices.Contains(wire.Regions(), n.Text) {
		return
	}
	hint := cmp.Or(spec.DidYouMean(n.Text, wire.Regions()), spec.Choices(wire.Regions()))
	p.report("region", n.Range, pointer, "no address of the build service is known in the region "+quoted(n.Text), hint)
}
