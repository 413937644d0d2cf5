package wire

import (
	"encoding/json"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// RunRequest starts a build (API reference 4.6).
type RunRequest struct {
	JobID     string         `json:"job_id"`
	Parameter []RunParameter `json:"parameter,omitempty"`
	SCM       *RunSCM        `json:"scm,omitempty"`
}

// RunParameter is one parameter of a build.
type RunParameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// RunSCM says what to build: a tag or a commit.
type RunSCM struct {
	BuildTag      string `json:"build_tag,omitempty"`
	BuildCommitID string `json:"build_commit_id,omitempty"`
}

// RunResult is the answer to a RunRequest. The numbers are strings on the wire.
type RunResult struct {
	OctopusJobName    string `json:"octopus_job_name"`
	ActualBuildNumber string `json:"actual_build_number"`
	DailyBuildNumber  string `json:"daily_build_number"`
}

// HistoryRecord is one build in a history (API reference 4.1, 4.2, 4.7).
type HistoryRecord struct {
	RecordID      string      `json:"record_id"`
	JobID         string      `json:"job_id"`
	JobName       string      `json:"job_name,omitempty"`
	BuildNumber   json.Number `json:"build_number"`
	StartTime     string      `json:"start_time"`
	EndTime       string      `json:"end_time"`
	Result        string      `json:"result"`
	Branch        string      `json:"branch,omitempty"`
	CommitID      string      `json:"commit_id,omitempty"`
	CommitMessage string      `json:"commit_message,omitempty"`
	Executor      string      `json:"executor,omitempty"`
	TriggerType   string      `json:"trigger_type,omitempty"`

	Extra *jsontree.Value `json:"-"`
}

// HistoryDetails has a build's parameters and steps (API reference 4.8).
// Sensitive parameter values arrive as asterisks.
type HistoryDetails struct {
	JobName     string            `json:"job_name"`
	BuildNumber json.Number       `json:"build_number"`
	ProjectID   string            `json:"project_id"`
	ProjectName string            `json:"project_name"`
	Parameters  map[string]string `json:"parameters"`
	BuildSteps  []BuildStep       `json:"build_steps"`
}

// BuildStep is one step of a build that ran.
type BuildStep struct {
	Name      string      `json:"name"`
	Status    string      `json:"status"`     // running, success, error or ""
	BuildTime json.Number `json:"build_time"` // milliseconds
}

// Record is everything about one build (API reference 4.12 and, for the older
// route, 5.3).
type Record struct {
	ID                string      `json:"id"`
	BuildProjectID    string      `json:"build_project_id"`
	BuildRecordID     string      `json:"build_record_id"`
	ParentRecordID    string      `json:"parent_record_id,omitempty"`
	DevcloudProjectID string      `json:"devcloud_project_id"`
	CodeciJobID       string      `json:"codeci_job_id"`
	UserID            string      `json:"user_id"`
	BuildNo           json.Number `json:"build_no"`
	DailyBuildNumber  string      `json:"daily_build_number"` // daily_build_num in the examples
	ExecutionID       string      `json:"execution_id"`
	RepoName          string      `json:"repo_name,omitempty"`
	RepoID            string      `json:"repo_id,omitempty"`
	Branch            string      `json:"branch,omitempty"`
	Tag               string      `json:"tag,omitempty"`
	Commit            string      `json:"commit,omitempty"`
	CommitMessage     string      `json:"commit_message,omitempty"`
	CommitCreateTime  string      `json:"commit_create_time,omitempty"`
	TriggerType       string      `json:"trigger_type"`
	BuildType         string      `json:"build_type"`
	Status            string      `json:"status"` // SUCCESS, FAILURE, RUNNING and others
	DomainID          string      `json:"domain_id"`
	CreateTime        string      `json:"create_time"`
	ScheduleTime      string      `json:"schedule_time,omitempty"`
	QueuedTime        string      `json:"queued_time,omitempty"`
	StartTime         string      `json:"start_time,omitempty"`
	RunnableTime      string      `json:"runnable_time,omitempty"`
	FinishTime        string      `json:"finish_time,omitempty"`
	Duration          json.Number `json:"duration,omitempty"` // milliseconds
	RecordStatus      string      `json:"record_status,omitempty"`
	UsePrivateSlave   json.Number `json:"use_private_slave,omitempty"`
	Region            string      `json:"region"`
	ErrMsg            string      `json:"err_msg,omitempty"`
	BuildConfigType   string      `json:"build_config_type"` // YAML or ACTION

	Extra *jsontree.Value `json:"-"`
}

// OutputInfo is what a build produced (API reference 4.13).
type OutputInfo struct {
	PackageInfo  *Output           `json:"package_info"`
	PackageInfos map[string]Output `json:"package_infos"`
	ImageInfos   map[string]Output `json:"image_infos"`
}

// Output is one package or image of a build.
type Output struct {
	ProjectID        string `json:"project_id"`
	Name             string `json:"name"`
	Version          string `json:"version"`
	PackageType      string `json:"package_type"`
	URI              string `json:"uri"`
	Type             string `json:"type"`
	DailyBuildNumber string `json:"daily_build_number"`
}

// SuccessRatio is the share of builds that succeeded (API reference 4.9).
type SuccessRatio struct {
	SuccessCount json.Number `json:"success_count"`
	TotalCount   json.Number `json:"total_count"`
	SuccessRatio json.Number `json:"success_ratio"` // a fraction of 1, two decimals
}

// FlowGraph has the dependencies between the parts of a build (API reference 5.2, announced for
// removal).
type FlowGraph struct {
	Edges    []FlowEdge   `json:"edges"`
	Vertices []FlowVertex `json:"vertices"`
}

// FlowEdge means that From depends on To.
type FlowEdge struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// FlowVertex is one part of a build.
type FlowVertex struct {
	ID            string      `json:"id"`
	Status        string      `json:"status"`
	DisplayName   string      `json:"display_name"`
	BuildDuration json.Number `json:"build_duration"`
	StartTime     string      `json:"start_time"`
	FinishTime    string      `json:"finish_time"`
	BuildNo       string      `json:"build_no"`
}
