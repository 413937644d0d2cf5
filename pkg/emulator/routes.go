package emulator

import "net/http"

// generation is which of the two families of routes a call belongs to.
type generation string

const (
	apiV3  generation = "v3" // the reference: /v3 and /v4
	apiV1  generation = "v1" // the successor: /v1 and /v2
	apiIAM generation = "iam"
)

// handler answers one call. It runs under the emulator's lock and writes through the request's tx.
type handler func(*request) (*answer, error)

// route is one call of the API. Both generations share a handler if their bodies are the same.
type route struct {
	Op      string // name of the operation, one for both generations
	API     generation
	Pattern string // method and path
	Section string // of the API reference
	handle  handler
	open    bool // needs no authentication
	unknown bool // not a call of the API: answers that the URL does not exist
}

func (e *Emulator) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range routeTable() {
		mux.Handle(r.Pattern, e.serve(r))
	}
	e.addControl(mux)
	e.addPage(mux)
	mux.Handle("/", e.serve(&route{Op: "Unknown", Pattern: "/", handle: unknownURL, open: true, unknown: true}))
	return mux
}

func unknownURL(rq *request) (*answer, error) {
	if rq.otherMethod() == "" {
		return nil, refuse(http.StatusNotFound, codeNoURL, "URL not found. %s %s", rq.http.Method, rq.http.URL.Path)
	}
	return nil, refuse(http.StatusNotFound, codeNoRoute,
		"The API does not exist or has not been published in the environment: %s %s", rq.http.Method, rq.http.URL.Path)
}

func routeTable() []*route {
	return append(append(iamRoutes(), referenceRoutes()...), successorRoutes()...)
}

// Route is one call that the emulator serves.
type Route struct {
	Op      string `json:"op"`      // as in Fault.Op and Call.Op
	API     string `json:"api"`     // v3, v1 or iam
	Pattern string `json:"pattern"` // method and path
	Section string `json:"section"` // of the API reference; empty if it has none
}

// Routes lists every call, those of the reference first.
func Routes() []Route {
	var list []Route
	for _, r := range routeTable() {
		list = append(list, Route{Op: r.Op, API: string(r.API), Pattern: r.Pattern, Section: r.Section})
	}
	return list
}

func iamRoutes() []*route {
	return []*route{
		{Op: "CreateToken", API: apiIAM, Pattern: "POST /v3/auth/tokens", Section: "3.2", handle: createToken, open: true},
		{Op: "ListIAMProjects", API: apiIAM, Pattern: "GET /v3/projects", Section: "7.3", handle: listIAMProjects},
	}
}

func referenceRoutes() []*route {
	return []*route{
		{Op: "CreateJob", API: apiV3, Pattern: "POST /v3/jobs/create", Section: "4.18", handle: createJob},
		{Op: "UpdateJob", API: apiV3, Pattern: "POST /v3/jobs/update", Section: "4.19", handle: updateJob},
		{Op: "QueryJob", API: apiV3, Pattern: "GET /v3/jobs/{job_id}/query", Section: "4.26", handle: queryJob},
		{Op: "ListJobs", API: apiV3, Pattern: "GET /v3/{project_id}/jobs", Section: "4.5", handle: listJobs},
		{Op: "DeleteJob", API: apiV3, Pattern: "POST /v3/jobs/{job_id}/delete", Section: "4.15", handle: deleteJob},
		{Op: "DisableJob", API: apiV3, Pattern: "POST /v3/jobs/{job_id}/disable", Section: "4.16", handle: disableJob},
		{Op: "RecoverJob", API: apiV3, Pattern: "POST /v3/jobs/{job_id}/recover", Section: "4.17", handle: recoverJob},
		{Op: "QueryNotice", API: apiV3, Pattern: "GET /v3/jobs/notice/{job_id}/query", Section: "4.23", handle: queryNotice},
		{Op: "UpdateNotice", API: apiV3, Pattern: "POST /v3/jobs/notice/{job_id}/update", Section: "4.24", handle: updateNotice},
		{Op: "DisableNotice", API: apiV3, Pattern: "POST /v3/jobs/notice/{job_id}/disable", Section: "4.25", handle: disableNotice},
		{Op: "QueryTemplates", API: apiV3, Pattern: "GET /v3/templates/query", Section: "4.20", handle: queryTemplates},
		{Op: "CreateTemplate", API: apiV3, Pattern: "POST /v3/templates/create", Section: "4.21", handle: createTemplate},
		{Op: "DeleteTemplate", API: apiV3, Pattern: "DELETE /v3/templates/{uuid}/delete", Section: "4.22", handle: deleteTemplate},
		{Op: "RunJob", API: apiV3, Pattern: "POST /v3/jobs/build", Section: "4.6", handle: runJob},
		{Op: "RunningStatus", API: apiV3, Pattern: "GET /v3/jobs/{job_id}/status", Section: "4.4", handle: runningStatus},
		{Op: "StopBuild", API: apiV3, Pattern: "POST /v3/jobs/{job_id}/{build_no}/stop", Section: "4.14", handle: stopBuild},
		{Op: "PeriodHistory", API: apiV3, Pattern: "GET /v3/jobs/{job_id}/period-history", Section: "4.1", handle: periodHistory},
		{Op: "History", API: apiV3, Pattern: "GET /v3/jobs/{job_id}/history", Section: "4.2", handle: history},
		{Op: "LastHistory", API: apiV3, Pattern: "GET /v3/jobs/{project_id}/last-history", Section: "4.7", handle: lastHistory},
		{Op: "HistoryDetails", API: apiV3, Pattern: "GET /v3/jobs/{job_id}/{build_number}/history-details", Section: "4.8", handle: historyDetails},
		{Op: "SuccessRatio", API: apiV3, Pattern: "GET /v3/jobs/{job_id}/success-ratio", Section: "4.9", handle: successRatio},
		{Op: "DownloadLog", API: apiV3, Pattern: "GET /v4/{record_id}/download-log", Section: "4.10", handle: downloadLog},
		{Op: "DownloadStepLog", API: apiV3, Pattern: "GET /v4/{record_id}/task-log", Section: "4.11", handle: downloadStepLog},
		{Op: "RecordInfo", API: apiV3, Pattern: "GET /v4/jobs/{job_id}/{build_no}/record-info", Section: "4.12", handle: recordInfo},
		{Op: "OutputInfo", API: apiV3, Pattern: "GET /v3/jobs/{job_id}/{build_no}/output-info", Section: "4.13", handle: outputInfo},
		{Op: "DownloadKeystore", API: apiV3, Pattern: "GET /v3/keystore", Section: "4.3", handle: downloadKeystore},
		{Op: "DownloadLogOld", API: apiV3, Pattern: "GET /v3/{record_id}/download-log", Section: "5.1", handle: downloadLog},
		{Op: "FlowGraph", API: apiV3, Pattern: "GET /v3/{build_flow_record_id}/flow-graph", Section: "5.2", handle: flowGraph},
		{Op: "RecordInfoOld", API: apiV3, Pattern: "GET /v3/jobs/{job_id}/{build_no}/record-info", Section: "5.3", handle: recordInfoOld},
		{Op: "StopBuildOld", API: apiV3, Pattern: "POST /v3/jobs/stop", Section: "5.4", handle: stopBuildOld},
		{Op: "LiveLog", API: apiV3, Pattern: "GET /v3/jobs/{job_id}/{build_no}/real-time-log", handle: liveLog},
		{Op: "ListBuilds", API: apiV3, Pattern: "GET /v3/jobs/{job_id}/build-info-records", handle: listBuilds},
	}
}

// successorRoutes returns the routes of the newer generation, which the reference lacks: their Section
// is that of the equivalent call.
func successorRoutes() []*route {
	return []*route{
		{Op: "CreateJob", API: apiV1, Pattern: "POST /v1/job/create", Section: "4.18", handle: createJob},
		{Op: "UpdateJob", API: apiV1, Pattern: "POST /v1/job/update", Section: "4.19", handle: updateJob},
		{Op: "QueryJob", API: apiV1, Pattern: "GET /v1/job/{job_id}/config", Section: "4.26", handle: queryJob},
		{Op: "ListJobs", API: apiV1, Pattern: "GET /v1/job/{project_id}/list", Section: "4.5", handle: listJobsWrapped},
		{Op: "DeleteJob", API: apiV1, Pattern: "DELETE /v1/job/{job_id}/delete", Section: "4.15", handle: deleteJob},
		{Op: "DisableJob", API: apiV1, Pattern: "POST /v1/job/{job_id}/disable", Section: "4.16", handle: switchJob},
		{Op: "CheckDisabled", API: apiV1, Pattern: "GET /v1/job/{job_id}/check/disable", handle: checkDisabled},
		{Op: "QueryNotice", API: apiV1, Pattern: "GET /v1/job/{job_id}/notice", Section: "4.23", handle: queryNotice},
		{Op: "UpdateNotice", API: apiV1, Pattern: "PUT /v1/job/{job_id}/notice", Section: "4.24", handle: updateNotice},
		{Op: "QueryTemplates", API: apiV1, Pattern: "GET /v1/template/custom", Section: "4.20", handle: queryTemplates},
		{Op: "OfficialTemplates", API: apiV1, Pattern: "GET /v1/template/officialtemplates", handle: officialTemplates},
		{Op: "CreateTemplate", API: apiV1, Pattern: "POST /v1/template/create", Section: "4.21", handle: createTemplateBrief},
		{Op: "DeleteTemplate", API: apiV1, Pattern: "DELETE /v1/template/{uuid}/delete", Section: "4.22", handle: deleteTemplate},
		{Op: "RunJob", API: apiV1, Pattern: "POST /v1/job/execute", Section: "4.6", handle: runJobWrapped},
		{Op: "StopBuild", API: apiV1, Pattern: "POST /v1/job/{job_id}/stop", Section: "4.14", handle: stopBuildByBody},
		{Op: "RunningStatus", API: apiV1, Pattern: "GET /v1/job/{job_id}/running-status", Section: "4.4", handle: runningStatusWrapped},
		{Op: "DownloadLog", API: apiV1, Pattern: "GET /v1/log/{record_id}/download-log", Section: "4.10", handle: downloadLog},
		{Op: "RecordInfo", API: apiV1, Pattern: "GET /v1/record/{job_id}/{build_no}/record-info", Section: "4.12", handle: recordInfo},
		{Op: "FlowGraph", API: apiV1, Pattern: "GET /v1/record/{build_flow_record_id}/flow-graph", Section: "5.2", handle: flowGraphWrapped},
		{Op: "BuildScript", API: apiV1, Pattern: "GET /v1/record/{record_id}/build-script", handle: buildScript},
		{Op: "FullStages", API: apiV1, Pattern: "GET /v1/record/{record_id}/full-stages", handle: fullStages},
		{Op: "AutoExecute", API: apiV1, Pattern: "POST /v1/job/{job_id}/auto-execute", handle: autoExecute},
		{Op: "ChangeHistory", API: apiV1, Pattern: "GET /v1/job/{job_id}/history", handle: changeHistory},
		{Op: "CheckName", API: apiV1, Pattern: "GET /v1/job/check/exist", handle: checkName},
		{Op: "CheckCount", API: apiV1, Pattern: "GET /v1/job/check/count", handle: checkCount},
		{Op: "CheckWebhook", API: apiV1, Pattern: "POST /v1/job/check/webhook-url", handle: checkWebhook},
		{Op: "Flavors", API: apiV1, Pattern: "GET /v2/resource/spec", handle: flavors},
		{Op: "DefaultParameters", API: apiV1, Pattern: "GET /v1/job/default-parameters", handle: defaultParameters},
		{Op: "SystemParameters", API: apiV1, Pattern: "GET /v1/job/system-parameters", handle: systemParameters},
		{Op: "ParameterRules", API: apiV1, Pattern: "GET /v1/job/build-params", handle: parameterRules},
		{Op: "ListRecycled", API: apiV1, Pattern: "GET /v1/job/recycling-jobs", handle: listRecycled},
		{Op: "RestoreRecycled", API: apiV1, Pattern: "POST /v1/job/recycling-restoration", handle: restoreRecycled},
		{Op: "DeleteRecycled", API: apiV1, Pattern: "DELETE /v1/job/recycling-deletion", handle: deleteRecycled},
		{Op: "EmptyRecycled", API: apiV1, Pattern: "DELETE /v1/job/recycling-empty", handle: emptyRecycled},
		{Op: "GroupTree", API: apiV1, Pattern: "GET /v1/job/{project_id}/group/tree", handle: groupTree},
		{Op: "CreateGroup", API: apiV1, Pattern: "POST /v1/job/{project_id}/group/create", handle: createGroup},
		{Op: "UpdateGroup", API: apiV1, Pattern: "PUT /v1/job/{project_id}/group/update", handle: updateGroup},
		{Op: "DeleteGroup", API: apiV1, Pattern: "DELETE /v1/job/{project_id}/group/delete", handle: deleteGroup},
		{Op: "MoveToGroup", API: apiV1, Pattern: "POST /v1/job/{project_id}/group/move", handle: moveToGroup},
		{Op: "SwapGroups", API: apiV1, Pattern: "POST /v1/job/{project_id}/group/swap", handle: swapGroups},
	}
}
