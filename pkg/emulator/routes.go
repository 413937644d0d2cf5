package emulator

import "net/http"

// generation is which of the two families of routes a call belongs to.
type generation string

const (
	apiV3  generation = "v3" // the reference: /v3 and /v4
	apiV1  generation = "v1" // the successor: /v1 and /v2
	apiIAM generation = "iam"
)

// handler answers one call. It runs under the emulator's lock; what it writes
// goes through the request's tx.
type handler func(*request) (*answer, error)

// route is one call of the API. Both generations share handlers where their
// bodies are the same.
type route struct {
	Op      string // name of the operation, one for both generations
	API     generation
	Pattern string // method and path
	Section string // of the API reference
	handle  handler
	open    bool // needs no authentication
}

func (e *Emulator) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range routeTable() {
		mux.Handle(r.Pattern, e.serve(r))
	}
	mux.Handle("/", e.serve(&route{Op: "Unknown", Pattern: "/", handle: unknownURL, open: true}))
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
	}
}

func successorRoutes() []*route { return nil }
