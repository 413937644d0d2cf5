package wire

import "encoding/json"

// JobItem is one row of the job listing (reference 4.5). Any member may be
// missing.
type JobItem struct {
	ID              string      `json:"id"`
	JobName         string      `json:"job_name"`
	JobCreator      string      `json:"job_creator,omitempty"`
	UserName        string      `json:"user_name,omitempty"`
	LastBuildTime   json.Number `json:"last_build_time,omitempty"` // milliseconds; beyond float32 (quirk Q19)
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
}

// Notice is one row of a job's notifications (reference 4.23).
type Notice struct {
	NoticeType  string          `json:"notice_type"`
	EnableMap   map[string]bool `json:"enable_map"`
	ParamConfig *string         `json:"param_config"`
}

// NoticeUpdate is the body of a notification update (reference 4.24):
// EnabledEventTypeNames is the complete list of what shall be on.
type NoticeUpdate struct {
	NoticeType            string   `json:"notice_type"`
	EnabledEventTypeNames []string `json:"enabled_event_type_names"`
	ParamConfig           *string  `json:"param_config,omitempty"`
}
