package emulator

import (
	"maps"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Types and events of notifications (API reference 4.23), in the order of its
// example; WECOM and FEISHU are of newer installations.
var (
	noticeTypes  = []string{"DING_TALK", "MAIL", "MESSAGE"}
	newNotices   = []string{"WECOM", "FEISHU"}
	noticeEvents = []string{"buildJobFail", "updateConfigJob", "buildJobSuccess", "deleteJob", "forbiddenJob"}
)

// noticeRows returns a job's rows: one for every type, even if all is off. A new
// job tells by mail when its build fails.
func noticeRows(stored []wire.Notice) []wire.Notice {
	rows := make([]wire.Notice, 0, len(noticeTypes))
	for _, kind := range noticeTypes {
		row := wire.Notice{NoticeType: kind, EnableMap: map[string]bool{}}
		for _, event := range noticeEvents {
			row.EnableMap[event] = kind == "MAIL" && event == "buildJobFail"
		}
		if i := noticeIndex(stored, kind); i >= 0 {
			row = stored[i]
			row.EnableMap = maps.Clone(row.EnableMap)
		}
		rows = append(rows, row)
	}
	for _, row := range stored {
		if !slices.Contains(noticeTypes, row.NoticeType) {
			row.EnableMap = maps.Clone(row.EnableMap)
			rows = append(rows, row)
		}
	}
	return rows
}

func noticeIndex(rows []wire.Notice, kind string) int {
	return slices.IndexFunc(rows, func(n wire.Notice) bool { return n.NoticeType == kind })
}

// queryNotice is API reference 4.23.
func queryNotice(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	rows := noticeRows(j.Notices)
	if rq.e.quirks.NewNotices {
		for _, kind := range newNotices {
			if noticeIndex(rows, kind) < 0 {
				rows = append(rows, wire.Notice{NoticeType: kind})
			}
		}
	}
	list := jsontree.Array()
	for _, row := range rows {
		list.Append(noticeRow(row))
	}
	return rq.success(list)
}

func noticeRow(row wire.Notice) *jsontree.Value {
	enabled := jsontree.Object()
	for _, event := range noticeEvents {
		enabled.Set(event, jsontree.Bool(row.EnableMap[event]))
	}
	config := jsontree.Null()
	if row.ParamConfig != nil {
		config = str(*row.ParamConfig)
	}
	return obj("notice_type", str(row.NoticeType), "enable_map", enabled, "param_config", config)
}

// updateNotice is API reference 4.24: the list given is the complete set of
// events that are on for one type.
func updateNotice(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	c := &checker{}
	kind := c.need("", rq.body, "notice_type", jsontree.KindString).Text()
	events := c.need("", rq.body, "enabled_event_type_names", jsontree.KindArray)
	c.may("", rq.body, jsontree.KindString, "param_config")
	if c.err == nil && !slices.Contains(noticeTypes, kind) && !slices.Contains(newNotices, kind) {
		c.fail("notice_type %s is unknown", kind)
	}
	row := wire.Notice{NoticeType: kind, EnableMap: map[string]bool{}}
	for _, event := range noticeEvents {
		row.EnableMap[event] = false
	}
	for _, event := range events.Items() {
		if !slices.Contains(noticeEvents, event.Text()) {
			c.fail("the event %s is unknown", event.Text())
		}
		row.EnableMap[event.Text()] = true
	}
	if c.err != nil {
		return nil, c.err
	}
	if config, given := rq.body.Get("param_config").AsString(); given {
		row.ParamConfig = &config
	} else if i := noticeIndex(j.Notices, kind); i >= 0 {
		row.ParamConfig = j.Notices[i].ParamConfig
	}
	return rq.storeNotice(j, row)
}

func (rq *request) storeNotice(j *job, row wire.Notice) (*answer, error) {
	next := *j
	next.Notices = slices.Clone(j.Notices)
	if i := noticeIndex(next.Notices, row.NoticeType); i >= 0 {
		next.Notices[i] = row
	} else {
		next.Notices = append(next.Notices, row)
	}
	rq.tx.putJob(&next, nil)
	rq.tx.note(next.ID, "NOTICE")
	return rq.success(obj("job_id", str(next.ID)))
}

// disableNotice is API reference 4.25: all events of one type go off.
func disableNotice(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	given := rq.query("notice_type")
	if given == "" {
		return nil, invalid("notice_type is mandatory.")
	}
	kind := strings.ToUpper(given)
	for _, spelt := range [][2]string{{"EMAIL", "MAIL"}, {"DINGTALK", "DING_TALK"}} {
		if kind == spelt[0] {
			kind = spelt[1]
		}
	}
	known := slices.Contains(noticeTypes, kind) || slices.Contains(newNotices, kind)
	accepted := rq.e.quirks.NoticeCase
	if !known || accepted == NoticeLower && given != strings.ToLower(given) || accepted == NoticeUpper && given != kind {
		return nil, invalid("notice_type %s is unknown.", given)
	}
	row := wire.Notice{NoticeType: kind, EnableMap: map[string]bool{}}
	for _, event := range noticeEvents {
		row.EnableMap[event] = false
	}
	if i := noticeIndex(j.Notices, kind); i >= 0 {
		row.ParamConfig = j.Notices[i].ParamConfig
	}
	return rq.storeNotice(j, row)
}
