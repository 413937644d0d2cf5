package wire

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// JobItem is one row of the job listing (API reference 4.5). Any member may be
// missing.
type JobItem struct {
	ID              string      `json:"id"`
	JobName         string      `json:"job_name"`
	JobCreator      string      `json:"job_creator,omitempty"`
	UserName        string      `json:"user_name,omitempty"`
	LastBuildTime   json.Number `json:"last_build_time,omitempty"` // milliseconds; beyond float32
	HealthScore     json.Number `json:"health_score,omitempty"`
	SourceCode      string      `json:"source_code,omitempty"`
	LastBuildStatus string      `json:"last_build_status,omitempty"` // blue, red, timeout, aborted, building, none
	IsFinished      bool        `json:"is_finished"`
	Disabled        bool        `json:"disabled"`
	Favorite        bool        `json:"favorite"`
	IsModify        bool        `json:"is_modify"`
	IsDelete        bool        `json:"is_delete"`
	IsExecute       bool        `json:"is_execute"`
	IsCopy          bool        `json:"is_copy"`
	IsForbidden     bool        `json:"is_forbidden"`
	IsView          bool        `json:"is_view"`

	// StateUnseen is true where the row has no disabled: the state is unknown.
	StateUnseen bool `json:"-"`

	// Building is true while a build is running, according to either of two members.
	Building bool `json:"-"`

	// Extra holds the members that the reference does not list; nil for none.
	Extra *jsontree.Value `json:"-"`
}

// JobList is a project's listing (API reference 4.5) and its completeness: a job that an incomplete
// list lacks may exist.
type JobList struct {
	Jobs     []JobItem `json:"jobs"`
	Total    int       `json:"total"` // as the service counts; -1 if it does not say
	Complete bool      `json:"-"`     // the rows are as many as the service counts
	Problem  string    `json:"-"`     // why it is not complete, for people
	Doubted  bool      `json:"-"`     // it ended with an empty page: only the count shows that nothing is missing
}

// Notice is one row of a job's notifications (API reference 4.23).
type Notice struct {
	NoticeType  string          `json:"notice_type"`
	EnableMap   map[string]bool `json:"enable_map"`
	ParamConfig *string         `json:"param_config"` // may hold a webhook's secret
	Extra       *jsontree.Value `json:"-"`
}

// Channel returns the row of a channel, whatever its letter case, and one without a type if rows have none.
func Channel(rows []Notice, channel string) Notice {
	for _, row := range rows {
		if strings.EqualFold(row.NoticeType, channel) {
			return row
		}
	}
	return Notice{}
}

// EnabledEvents lists the events that n is sent on, sorted.
func (n Notice) EnabledEvents() []string {
	events := []string{}
	for event, on := range n.EnableMap {
		if on {
			events = append(events, event)
		}
	}
	slices.Sort(events)
	return events
}

// NoticeUpdate is the body of a notification update (API reference 4.24). EnabledEventTypeNames is
// the complete list of enabled events.
type NoticeUpdate struct {
	NoticeType            string   `json:"notice_type"`
	EnabledEventTypeNames []string `json:"enabled_event_type_names"`
	ParamConfig           *string  `json:"param_config,omitempty"`
}

// Template is one row of the template query (API reference 4.20). Item is the
// row as it came, with the steps and parameters.
type Template struct {
	UUID        string `json:"uuid"`
	Name        string `json:"name"`
	Scope       string `json:"scope,omitempty"` // custom, official
	Public      bool   `json:"public"`
	ToolType    string `json:"tool_type,omitempty"`
	Description string `json:"description,omitempty"`
	UserID      string `json:"user_id,omitempty"`
	UserName    string `json:"user_name,omitempty"`
	DomainID    string `json:"domain_id,omitempty"`
	CreateTime  string `json:"create_time,omitempty"`

	Item *jsontree.Value `json:"-"`
}

// Project is an IAM project (API reference 7.3).
type Project struct {
	ID       string `json:"id"`
	Name     string `json:"name"` // of the first level: the region
	DomainID string `json:"domain_id,omitempty"`
	Enabled  bool   `json:"enabled"`
}

// JobChange is one row of a job's change history. The call exists in the v1
// generation of routes only; the reference does not list it.
type JobChange struct {
	Number   json.Number `json:"update_number"`
	Type     string      `json:"update_type"`
	Time     json.Number `json:"update_at"` // milliseconds
	UserID   string      `json:"user_id,omitempty"`
	UserName string      `json:"user_name,omitempty"`
	NickName string      `json:"nick_name,omitempty"`
}
