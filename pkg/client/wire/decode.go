package wire

import (
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// JobItemID returns the id of a row of the job listing, "" if it has none.
func JobItemID(v *jsontree.Value) string { return read(v).text(jobIDKeys...) }

// JobItemName returns the name of the job of a row, "" if it has none.
func JobItemName(v *jsontree.Value) string { return read(v).text(jobNameKeys...) }

// The id and name of a job in a row of the listing: as in the reference (4.5), and as the calls for
// one job spell them.
var (
	jobIDKeys   = []string{"id", KeyJobID, "jobId"}
	jobNameKeys = []string{KeyJobName, "jobName", KeyName}
)

// DecodeJobItem reads one row of the job listing.
func DecodeJobItem(v *jsontree.Value) JobItem {
	r := read(v)
	item := JobItem{
		ID:              r.text(jobIDKeys...),
		JobName:         r.text(jobNameKeys...),
		JobCreator:      r.text("job_creator"),
		UserName:        r.text("user_name"),
		LastBuildTime:   r.number("last_build_time"),
		HealthScore:     r.number("health_score"),
		SourceCode:      r.text("source_code"),
		LastBuildStatus: r.text("last_build_status"),
		IsFinished:      r.flag("is_finished"),
		Disabled:        r.flag("disabled"),
		Favorite:        r.flag("favorite"),
		IsModify:        r.flag("is_modify"),
		IsDelete:        r.flag("is_delete"),
		IsExecute:       r.flag("is_execute"),
		IsCopy:          r.flag("is_copy"),
		IsForbidden:     r.flag("is_forbidden"),
		IsView:          r.flag("is_view"),
	}
	item.StateUnseen = !slices.Contains([]string{"true", "false", "1", "0"}, strings.ToLower(r.text("disabled")))
	finished := r.get("is_finished")
	built := item.LastBuildStatus != "" && item.LastBuildStatus != "none"
	item.Building = item.LastBuildStatus == "building" || built && !finished.IsAbsentOrNull() && !item.IsFinished
	item.Extra = r.extra()
	return item
}

// DecodeNotice reads one notification row. Events that are not booleans count
// as off.
func DecodeNotice(v *jsontree.Value) Notice {
	r := read(v)
	notice := Notice{NoticeType: spelled(r.text(keyNoticeType), NoticeChannels), EnableMap: map[string]bool{}}
	events := read(r.get("enable_map"))
	for _, m := range events.object.Members() {
		notice.EnableMap[spelled(m.Key, NoticeEvents)] = events.flag(m.Key)
	}
	for _, event := range r.get("enabled_event_type_names").Items() { // as an update writes them
		notice.EnableMap[spelled(event.Text(), NoticeEvents)] = true
	}
	if config := r.get("param_config"); !config.IsAbsentOrNull() {
		text, isString := config.AsString()
		if !isString {
			text = string(config.AppendJSON(nil))
		}
		notice.ParamConfig = &text
	}
	notice.Extra = r.extra()
	return notice
}

// spelled returns a known name in the reference's letter case. The examples have mail and MAIL
// (4.23, 4.25), and a service may show events in another case too.
func spelled(text string, known []string) string {
	for _, name := range known {
		if strings.EqualFold(text, name) {
			return name
		}
	}
	return text
}

// DecodeNotices reads the rows of a job's notifications, one for each channel. A service may have a
// row for each event, or an object with the channels as its members. It returns nil if a row has no
// channel.
func DecodeNotices(v *jsontree.Value) []Notice {
	items := List(v)
	if v.Kind() == jsontree.KindObject && read(v).get(keyNoticeType).IsAbsentOrNull() {
		items = nil
		for _, m := range v.Members() {
			row := m.Value.Clone()
			if row.Kind() == jsontree.KindObject && read(row).get(keyNoticeType).IsAbsentOrNull() {
				row.Set(keyNoticeType, jsontree.String(m.Key))
			}
			items = append(items, row)
		}
	}
	notices := []Notice{}
	for _, item := range items {
		row := DecodeNotice(item)
		if row.NoticeType == "" {
			return nil
		}
		at := slices.IndexFunc(notices, func(n Notice) bool { return strings.EqualFold(n.NoticeType, row.NoticeType) })
		if at < 0 {
			notices = append(notices, row)
			continue
		}
		for event, on := range row.EnableMap {
			notices[at].EnableMap[event] = on || notices[at].EnableMap[event]
		}
		if notices[at].ParamConfig == nil {
			notices[at].ParamConfig = row.ParamConfig
		}
	}
	return notices
}

const keyNoticeType = "notice_type"

// DecodeTemplate reads one template row.
func DecodeTemplate(v *jsontree.Value) Template {
	r := read(v)
	return Template{
		UUID:        r.text(KeyUUID),
		Name:        r.text(KeyName),
		Scope:       r.text(KeyScope),
		Public:      r.flag(KeyPublic),
		ToolType:    r.text(KeyToolType),
		Description: r.text(KeyDescription),
		UserID:      r.text("user_id"),
		UserName:    r.text("user_name"),
		DomainID:    r.text("domain_id"),
		CreateTime:  r.text("create_time"),
		Item:        v,
	}
}

// DecodeProject reads one IAM project.
func DecodeProject(v *jsontree.Value) Project {
	r := read(v)
	return Project{ID: r.text("id"), Name: r.text("name"), DomainID: r.text("domain_id"), Enabled: r.flag("enabled")}
}

// DecodeJobChange reads one row of a job's change history.
func DecodeJobChange(v *jsontree.Value) JobChange {
	r := read(v)
	return JobChange{
		Number:   r.number("update_number"),
		Type:     r.text("update_type"),
		Time:     r.number("update_at"),
		UserID:   r.text("user_id"),
		UserName: r.text("user_name"),
		NickName: r.text("nick_name"),
	}
}

// DecodeRunResult reads the answer to a run.
func DecodeRunResult(v *jsontree.Value) RunResult {
	r := read(v)
	return RunResult{
		OctopusJobName:    r.text("octopus_job_name"),
		ActualBuildNumber: r.text("actual_build_number"),
		DailyBuildNumber:  r.text("daily_build_number"),
	}
}
