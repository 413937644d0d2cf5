package wire

import (
	"strings"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Keys of a job body (API reference 4.18, 4.19, 4.26).
const (
	KeyProjectID           = "project_id"
	KeyJobID               = "job_id"
	KeyJobName             = "job_name"
	KeyArch                = "arch"
	KeyAutoUpdateSubModule = "auto_update_sub_module" // the string "true" or "false"
	KeyFlavor              = "flavor"
	KeyParameters          = "parameters"
	KeySCMs                = "scms"
	KeySteps               = "steps"
	KeyHostType            = "host_type"
	KeyBuildConfigType     = "build_config_type"
)

// Keys of a job body that the service knows and the reference does not list.
const (
	KeyTriggers             = "triggers"
	KeyGroupID              = "group_id"
	KeyTimeout              = "timeout"    // written
	KeyLimitTime            = "limit_time" // read
	KeyBuildIfCodeUpdated   = "build_if_code_updated"
	KeyDescription          = "description"
	KeyDomainID             = "domain_id"
	KeyActions              = "actions"
	KeyBuildEnvironmentType = "build_environment_type"
	KeyClusterSelected      = "cluster_selected"
)

// ServiceMembers returns the members of a job body that the service alone writes.
// They are never compared and never sent.
func ServiceMembers() []string {
	return []string{KeyDomainID, KeyActions, KeyBuildEnvironmentType, KeyClusterSelected}
}

// TemplateServiceMembers returns the members of a template's row that the service alone writes (table
// 4-183, and names of its kind). They are never sent.
func TemplateServiceMembers() []string {
	return []string{
		KeyUUID, "id", "type", KeyScope, KeyPublic, "favourite", "weight", "user_id", "user_name", "nick_name", KeyDomainID, "domain_name",
		"create_time", "update_time", "created_at", "updated_at", "creator", "updater", KeyProjectID, "intl_description", "i18n",
	}
}

// Keys of one source of a job (CreateBuildJobScm).
const (
	KeyBranch        = "branch"
	KeyURL           = "url"
	KeyRepoID        = "repo_id"
	KeyWebURL        = "web_url"
	KeySCMType       = "scm_type"
	KeyIsAutoBuild   = "is_auto_build"
	KeyBuildType     = "build_type"
	KeyDepth         = "depth"
	KeyEndPointID    = "end_point_id"
	KeyEndpointIDAlt = "endpoint_id" // the same member as another writer spells it
	KeySource        = "source"
	KeyEnableGitLFS  = "enable_git_lfs"
	KeyGroupName     = "group_name"
	KeyRepoName      = "repo_name"
)

// Keys of a step (CreateBuildJobSteps), a parameter (CreateBuildJobParameter)
// and the limits of an enumeration (LimitsParam).
const (
	KeyModuleID    = "module_id"
	KeyName        = "name"
	KeyProperties  = "properties"
	KeyVersion     = "version"
	KeyEnable      = "enable"
	KeyParams      = "params"
	KeyValue       = "value"
	KeyLimits      = "limits"
	KeyDisable     = "disable"
	KeyDisplayName = "display_name"
)

// Names that are in the params of a parameter definition.
const (
	ParamName         = "name"
	ParamType         = "type"
	ParamDefaultValue = "defaultValue"
	ParamDescription  = "description"
	ParamDeletion     = "deletion"
	ParamDefaults     = "defaults"
	ParamStaticVar    = "staticVar"
	ParamSensitiveVar = "sensitiveVar"
)

// ParameterDefinition is the name that every parameter definition carries (the
// default of API reference 4.18; the service may return it upper-cased).
const ParameterDefinition = "hudson.model.StringParameterDefinition"

// TimerTrigger is the only known trigger. The service takes triggers although the reference does
// not list them.
const TimerTrigger = "hudson.triggers.TimerTrigger"

// RuntimeVariables lists the variables that the service sets in every build (its system
// parameters), each with its meaning. Nobody has to declare them.
func RuntimeVariables() [][2]string {
	return [][2]string{
		{"BUILDNUMBER", "daily build number"}, {"TIMESTAMP", "time of the build"}, {"INCREASENUM", "number of the build"},
		{"PROJECT_ID", "project of the job"}, {"WORKSPACE", "directory of the source code"}, {"GIT_TAG", "tag that is built"},
		{"COMMIT_ID", "commit that is built"}, {"COMMIT_ID_SHORTER", "its first eight digits"}, {"JOB_NAME", "name of the job"},
		{"EXECUTOR", "user who started the build"},
	}
}

// Keys of a template body (API reference 4.20, 4.21).
const (
	KeyTemplate = "template"
	KeyToolType = "tool_type"
	KeyUUID     = "uuid"
	KeyScope    = "scope"
	KeyPublic   = "public"
)

// ScopeCustom is the scope of a user's template.
const ScopeCustom = "custom"

// KeyResult is the envelope's member with the content of an answer.
const KeyResult = "result"

// Notification types and events (API reference 4.23); the sets are open.
const (
	NoticeMail    = "MAIL"
	NoticeMessage = "MESSAGE"

	EventBuildFailed    = "buildJobFail"
	EventBuildSucceeded = "buildJobSuccess"
	EventConfigUpdated  = "updateConfigJob"
	EventDeleted        = "deleteJob"
	EventDisabled       = "forbiddenJob"
)

// The known notification types and events. WECOM and FEISHU are of newer services.
var (
	NoticeChannels = []string{NoticeMail, NoticeMessage, "DING_TALK", "WECOM", "FEISHU"}
	NoticeEvents   = []string{EventBuildFailed, EventBuildSucceeded, EventConfigUpdated, EventDeleted, EventDisabled}
)

// NewerRoutesOnly are the members of a job that the reference does not list for v3 (4.18, 4.19,
// 4.26); a dot leads into the items of a list. The newer routes show and store them.
var NewerRoutesOnly = []string{
	KeyTriggers, KeyTimeout, KeyBuildIfCodeUpdated, KeyGroupID,
	KeySCMs + "." + KeyEnableGitLFS, KeySCMs + "." + KeyGroupName, KeySCMs + "." + KeyRepoName,
}

// HoldsNewerOnly reports whether a job has one of NewerRoutesOnly. An empty value and false are as
// an absent one.
func HoldsNewerOnly(body *jsontree.Value) bool { return len(NewerOnly(body).Members()) > 0 }

// NewerOnly returns the values of NewerRoutesOnly that a job has, by path; of a list the first item's.
func NewerOnly(body *jsontree.Value) *jsontree.Value {
	out := jsontree.Object()
	holds := func(v *jsontree.Value) bool {
		on, isBool := v.AsBool()
		return !v.IsEmpty() && (on || !isBool)
	}
	for _, path := range NewerRoutesOnly {
		list, key, nested := strings.Cut(path, ".")
		if !nested && holds(body.Get(path)) {
			out.Set(path, body.Get(path).Clone())
		}
		for _, item := range body.Get(list).Items() {
			if nested && holds(item.Get(key)) && out.Get(path) == nil {
				out.Set(path, item.Get(key).Clone())
			}
		}
	}
	return out
}
