package lint

import (
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// notifications checks channels, events and the channel's own configuration.
func (p *pass) notifications(u *unit) {
	n := u.node.Get("notifications")
	if n == nil || n.Kind != spec.MappingNode || len(n.Fields) == 0 {
		return
	}
	failure, certain := false, true
	for _, f := range n.Fields {
		pointer := u.pointer + ".notifications." + f.Key.Text
		if !slices.Contains(wire.NoticeChannels, f.Key.Text) {
			d := p.report("notification", f.Key.Range, pointer, "unknown notification channel "+quoted(f.Key.Text), spec.DidYouMeanOneOf(f.Key.Text, wire.NoticeChannels))
			if near := spec.Nearest(f.Key.Text, wire.NoticeChannels); near != "" && n.Get(near) == nil {
				d.Fixes = p.replace(f.Key.Range, near, "write "+near, unsafeFix)
			}
		}
		events := f.Value
		if f.Value.Kind == spec.MappingNode {
			events = f.Value.Get("events")
			p.paramConfig(u, f.Value.Get("param_config"), pointer+".param_config")
		}
		if events == nil || events.Kind != spec.SequenceNode {
			certain = certain && events.IsNull()
			continue
		}
		failed, known := p.events(u, events, pointer)
		failure, certain = failure || failed, certain && known
	}
	if !failure && certain && u.kind == jobUnit {
		d := p.report("notification", u.node.Key("notifications").Range, u.pointer+".notifications",
			"no channel reports a failed build", "add buildJobFail to one of them")
		d.Severity = spec.Info
	}
}

// events checks one channel's events and reports whether a failure is among them and whether all
// are known.
func (p *pass) events(u *unit, n *spec.Node, pointer string) (failure, known bool) {
	first, known := map[string]*spec.Node{}, true
	for _, item := range n.Items {
		for _, v := range u.values(item) {
			failure = failure || v.text == wire.EventBuildFailed
			if !slices.Contains(wire.NoticeEvents, v.text) {
				known = false
				d := p.report("notification", v.node.Range, pointer, "unknown event "+quoted(v.text), spec.DidYouMeanOneOf(v.text, wire.NoticeEvents))
				if near := spec.Nearest(v.text, wire.NoticeEvents); near != "" && v.node.Text == v.text {
					d.Fixes = p.replace(v.node.Range, near, "write "+near, unsafeFix)
				}
				continue
			}
			if other := first[v.text]; other != nil {
				d := p.report("notification", v.node.Range, pointer, "event "+quoted(v.text)+" is listed twice", "remove one")
				d.Related = []spec.Related{{Range: other.Range, Message: "first here"}}
				continue
			}
			first[v.text] = v.node
		}
	}
	return failure, known
}

// paramConfig checks that the channel's configuration is JSON. It may contain an address with a
// token, so it is not quoted.
func (p *pass) paramConfig(u *unit, n *spec.Node, pointer string) {
	for _, v := range u.values(n) {
		if v.text == "" {
			continue
		}
		parsed, err := jsontree.Parse([]byte(v.text), jsontree.Limits{})
		switch {
		case err != nil:
			p.report("notification", v.node.Range, pointer, "param_config is not JSON", "the service takes a JSON object as text, such as '{\"key\": \"value\"}'")
		case parsed.Kind() != jsontree.KindObject:
			p.report("notification", v.node.Range, pointer, "param_config must be a JSON object, not a "+parsed.Kind().String(), "write '{…}'")
		}
	}
}
