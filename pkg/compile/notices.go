package compile

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// NoticeAddress returns the address of a job's notifications in a plan.
func (j *Job) NoticeAddress() string { return j.Project + "/notification/" + j.Name }

// noticeConfigPlaceholder stands for a channel's param_config, which may hold a
// webhook's secret.
const noticeConfigPlaceholder = "<param_config>"

// NoticeBodies returns the bodies that set the declared channels (reference 4.24), with
// placeholders for values that may be secret.
func (j *Job) NoticeBodies() *jsontree.Value {
	list := jsontree.Array()
	for _, notice := range j.Notices {
		events := jsontree.Array()
		for _, event := range notice.Events {
			events.Append(jsontree.String(event))
		}
		body := jsontree.Object(jsontree.Member{Key: "notice_type", Value: jsontree.String(notice.Type)},
			jsontree.Member{Key: "enabled_event_type_names", Value: events})
		switch {
		case notice.Secret != "":
			body.Set("param_config", jsontree.String(spec.SecretPlaceholder(notice.Secret)))
		case notice.ParamConfig != nil:
			body.Set("param_config", jsontree.String(noticeConfigPlaceholder))
		}
		list.Append(body)
	}
	return list
}

// notices compiles the declared channels. An absent channel is not managed; an empty list or null
// turns it off. A null for all channels cancels those of defaults.job.
func (u *unit) notices(n *spec.Node) []Notice {
	switch {
	case n == nil || n.IsNull() || isPoison(n):
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
			var text string
			if secret := config.Get("secret"); secret != nil {
				u.record(path+".param_config", secret)
				notice.Secret = u.secretName(path+".param_config", secret)
				text = spec.SecretPlaceholder(notice.Secret)
			} else {
				text = u.filledText(path+".param_config", config)
			}
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

// LiveNotices returns the channels of a live job that have events, by type, as if they were
// declared.
func LiveNotices(rows []wire.Notice) []Notice {
	var notices []Notice
	for _, row := range rows {
		if events := row.EnabledEvents(); len(events) > 0 {
			notices = append(notices, Notice{Type: row.NoticeType, Events: events, ParamConfig: row.ParamConfig})
		}
	}
	slices.SortFunc(notices, func(a, b Notice) int { return strings.Compare(a.Type, b.Type) })
	return notices
}
