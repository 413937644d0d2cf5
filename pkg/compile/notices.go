package compile

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// notices compiles the declared channels. A channel that is absent is not
// managed; an empty list or null means that it is off.
func (u *unit) notices(n *spec.Node) []Notice {
	switch {
	case n == nil || isPoison(n):
		return nil
	case n.Kind != spec.MappingNode:
		u.wrongType("notifications", n, "a mapping of channels")
		return nil
	}
	notices := make([]Notice, 0, len(n.Fields))
	for _, f := range n.Fields {
		notices = append(notices, u.notice(f))
	}
	slices.SortFunc(notices, func(a, b Notice) int { return strings.Compare(a.Type, b.Type) })
	return notices
}

func (u *unit) notice(f spec.Field) Notice {
	path := NoticePath(f.Key.Text)
	u.record(path, f.Value)
	notice := Notice{Type: f.Key.Text, Events: []string{}, Pos: f.Key.Pos()}
	events := f.Value
	if f.Value.Kind == spec.MappingNode {
		events = f.Value.Get("events")
		if config := f.Value.Get("param_config"); config != nil {
			text := u.filledText(path+".param_config", config)
			notice.ParamConfig = &text
		}
	}
	if events == nil {
		u.report("missing-key", f.Value, path+".events", "write events: [] to turn the channel off", "%s says nothing about its events", f.Key.Text)
		return notice
	}
	items, _ := u.list(path+".events", events)
	for _, item := range items {
		if item.Kind != spec.ScalarNode || item.Type == spec.NullType {
			u.wrongType(path+".events", item, "a list of event names")
			continue
		}
		notice.Events = append(notice.Events, item.Text)
	}
	slices.Sort(notice.Events)
	notice.Events = slices.Compact(notice.Events)
	return notice
}
