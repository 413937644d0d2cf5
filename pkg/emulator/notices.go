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

// noticeRows returns a job's rows: one for every type, even if all events are off. A new job sends
// mail if its build fails.
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

// queryNotice serves API reference 4.23.
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
		if masked := secretMask; rq.e.quirks.NoticeMasked && row.ParamConfig != nil && *row.ParamConfig != "" {
			row.ParamConfig = &masked
		}
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

// updateNotice serves API reference 4.24: the list is the complete set of enabled events of one type.
func updateNotice(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	c := &checker{}
	update := wire.NoticeUpdate{NoticeType: c.need("", rq.body, "notice_type", jsontree.KindString).Text()}
	for _, event := range c.need("", rq.body, "enabled_event_type_names", jsontree.KindArray).Items() {
		update.EnabledEventTypeNames = append(update.EnabledEventTypeNames, event.Text())
	}
	c.may("", rq.body, jsontree.KindString, "param_config")
	if c.err != nil {
		return nil, c.err
	}
	if config, given := rq.body.Get("param_config").AsString(); given {
		update.ParamConfig = &config
	} else if i := noticeIndex(j.Notices, update.NoticeType); i >= 0 && !rq.e.quirks.NoticeReplaces {
		update.ParamConfig = j.Notices[i].ParamConfig
	}
	return rq.storeNotice(j, update)
}

// noticeOf turns enabled events into a row. It refuses an unknown type or event.
func noticeOf(update wire.NoticeUpdate) (wire.Notice, error) {
	row := wire.Notice{NoticeType: update.NoticeType, EnableMap: map[string]bool{}, ParamConfig: update.ParamConfig}
	if !slices.Contains(noticeTypes, row.NoticeType) && !slices.Contains(newNotices, row.NoticeType) {
		return row, invalid("notice_type %s is unknown.", row.NoticeType)
	}
	for _, event := range noticeEvents {
		row.EnableMap[event] = false
	}
	for _, event := range update.EnabledEventTypeNames {
		if !slices.Contains(noticeEvents, event) {
			return row, invalid("enabled_event_type_names: the event %q is unknown.", event)
		}
		row.EnableMap[event] = true
	}
	return row, nil
}

func (rq *request) storeNotice(j *job, update wire.NoticeUpdate) (*answer, error) {
	row, err := noticeOf(update)
	if err != nil {
		return nil, err
	}
	next := *j
	next.Notices = slices.Clone(j.Notices)
	if i := noticeIndex(next.Notices, row.NoticeType); i >= 0 {
		next.Notices[i] = row
	} else {
		next.Notices = append(next.Notices, row)
	}
	rq.tx.putJob(&next, nil, "NOTICE")
	if rq.e.quirks.ObjectResult {
		return rq.success(obj("job_id", str(next.ID)))
	}
	return rq.success(str(next.ID))
}

// disableNotice serves API reference 4.25: all events of one type go off.
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
	update := wire.NoticeUpdate{NoticeType: kind}
	if i := noticeIndex(j.Notices, kind); i >= 0 {
		update.ParamConfig = j.Notices[i].ParamConfig
	}
	return rq.storeNotice(j, update)
}
