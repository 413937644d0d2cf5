package client

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// op names a call in errors and statistics.
type op string

// The calls, in the order of the API reference.
const (
	opPeriodHistory  op = "list builds of a period"
	opHistory        op = "list builds"
	opKeystore       op = "download keystore file"
	opRunning        op = "read running status"
	opListJobs       op = "list jobs"
	opRunJob         op = "run job"
	opLastHistory    op = "read last successful build"
	opHistoryDetails op = "read build details"
	opSuccessRatio   op = "read success ratio"
	opFullLog        op = "download build log"
	opStepLog        op = "download step log"
	opRecord         op = "read build record"
	opOutput         op = "read build output"
	opStopBuild      op = "stop build"
	opDeleteJob      op = "delete job"
	opDisableJob     op = "disable job"
	opEnableJob      op = "recover job"
	opCreateJob      op = "create job"
	opUpdateJob      op = "update job"
	opListTemplates  op = "list templates"
	opOfficial       op = "list official templates"
	opCreateTemplate op = "create template"
	opDeleteTemplate op = "delete template"
	opListNotices    op = "list notifications"
	opUpdateNotice   op = "update notification"
	opDisableNotice  op = "turn notification off"
	opQueryJob       op = "read job"
	opFullJob        op = "read job in full"
	opUpdateFullJob  op = "update job in full"
	opOldLog         op = "download build log (old route)"
	opFlowGraph      op = "read flow graph"
	opOldRecord      op = "read build record (old route)"
	opOldStop        op = "stop build (old route)"
	opCreateToken    op = "request token"
	opIAMProjects    op = "list IAM projects"
	opJobChanges     op = "list changes of a job"
	opNameExists     op = "check job name"
)

// route is the method and path of a call. A route without a method does not
// exist in its generation.
type route struct {
	method string
	path   string // with {slots} for ids, in the order of the ids
}

// generations has the routes of a call: that of the API reference (v3, v4), and the newer
// equivalent, if any.
type generations struct {
	reference route
	successor route // zero: the reference's route serves in both
}

// routeTable is the only place that knows the two generations of routes.
var routeTable = map[op]generations{
	opPeriodHistory:  {reference: route{"GET", "/v3/jobs/{job_id}/period-history"}},
	opHistory:        {reference: route{"GET", "/v3/jobs/{job_id}/history"}},
	opKeystore:       {reference: route{"GET", "/v3/keystore"}},
	opRunning:        {route{"GET", "/v3/jobs/{job_id}/status"}, route{"GET", "/v1/job/{job_id}/running-status"}},
	opListJobs:       {route{"GET", "/v3/{project_id}/jobs"}, route{"GET", "/v1/job/{project_id}/list"}},
	opRunJob:         {route{"POST", "/v3/jobs/build"}, route{"POST", "/v1/job/execute"}},
	opLastHistory:    {reference: route{"GET", "/v3/jobs/{project_id}/last-history"}},
	opHistoryDetails: {reference: route{"GET", "/v3/jobs/{job_id}/{build_number}/history-details"}},
	opSuccessRatio:   {reference: route{"GET", "/v3/jobs/{job_id}/success-ratio"}},
	opFullLog:        {route{"GET", "/v4/{record_id}/download-log"}, route{"GET", "/v1/log/{record_id}/download-log"}},
	opStepLog:        {reference: route{"GET", "/v4/{record_id}/task-log"}},
	opRecord:         {route{"GET", "/v4/jobs/{job_id}/{build_no}/record-info"}, route{"GET", "/v1/record/{job_id}/{build_no}/record-info"}},
	opOutput:         {reference: route{"GET", "/v3/jobs/{job_id}/{build_no}/output-info"}},
	opStopBuild:      {route{"POST", "/v3/jobs/{job_id}/{build_no}/stop"}, route{"POST", "/v1/job/{job_id}/stop"}},
	opDeleteJob:      {route{"POST", "/v3/jobs/{job_id}/delete"}, route{"DELETE", "/v1/job/{job_id}/delete"}},
	opDisableJob:     {route{"POST", "/v3/jobs/{job_id}/disable"}, route{"POST", "/v1/job/{job_id}/disable"}},
	opEnableJob:      {route{"POST", "/v3/jobs/{job_id}/recover"}, route{"POST", "/v1/job/{job_id}/disable"}},
	opCreateJob:      {route{"POST", "/v3/jobs/create"}, route{"POST", "/v1/job/create"}},
	opUpdateJob:      {route{"POST", "/v3/jobs/update"}, route{"POST", "/v1/job/update"}},
	opListTemplates:  {route{"GET", "/v3/templates/query"}, route{"GET", "/v1/template/custom"}},
	opOfficial:       {successor: route{"GET", "/v1/template/officialtemplates"}},
	opCreateTemplate: {route{"POST", "/v3/templates/create"}, route{"POST", "/v1/template/create"}},
	opDeleteTemplate: {route{"DELETE", "/v3/templates/{uuid}/delete"}, route{"DELETE", "/v1/template/{uuid}/delete"}},
	opListNotices:    {route{"GET", "/v3/jobs/notice/{job_id}/query"}, route{"GET", "/v1/job/{job_id}/notice"}},
	opUpdateNotice:   {route{"POST", "/v3/jobs/notice/{job_id}/update"}, route{"PUT", "/v1/job/{job_id}/notice"}},
	opDisableNotice:  {route{"POST", "/v3/jobs/notice/{job_id}/disable"}, route{"PUT", "/v1/job/{job_id}/notice"}},
	opQueryJob:       {route{"GET", "/v3/jobs/{job_id}/query"}, route{"GET", "/v1/job/{job_id}/config"}},
	opFullJob:        {successor: route{"GET", "/v1/job/{job_id}/config"}},
	opUpdateFullJob:  {successor: route{"POST", "/v1/job/update"}},
	opOldLog:         {reference: route{"GET", "/v3/{record_id}/download-log"}},
	opFlowGraph:      {route{"GET", "/v3/{build_flow_record_id}/flow-graph"}, route{"GET", "/v1/record/{build_flow_record_id}/flow-graph"}},
	opOldRecord:      {reference: route{"GET", "/v3/jobs/{job_id}/{build_no}/record-info"}},
	opOldStop:        {reference: route{"POST", "/v3/jobs/stop"}},
	opCreateToken:    {reference: route{"POST", "/v3/auth/tokens"}},
	opIAMProjects:    {reference: route{"GET", "/v3/projects"}},
	opJobChanges:     {successor: route{"GET", "/v1/job/{job_id}/history"}},
	opNameExists:     {successor: route{"GET", "/v1/job/check/exist"}},
}

// routes returns the route of a call in the client's generation. Calls of one generation only work
// with both, because one service serves both.
func (c *Client) routes(o op) route {
	g := routeTable[o]
	if c.dialect == DialectV1 && g.successor.method != "" || g.reference.method == "" {
		return g.successor
	}
	return g.reference
}

// expand puts ids into the slots of the path.
func (r route) expand(ids []string) (string, error) {
	segments := strings.Split(r.path, "/")
	used := 0
	for i, segment := range segments {
		if !strings.HasPrefix(segment, "{") {
			continue
		}
		slot := strings.Trim(segment, "{}")
		if used == len(ids) {
			return "", fmt.Errorf("no %s given", slot)
		}
		if !isIdentifier(ids[used]) {
			return "", fmt.Errorf("%q is not a %s: it must be letters and digits, as the service prints it", sanitize.Line(ids[used], 100), slot)
		}
		segments[i] = ids[used]
		used++
	}
	return strings.Join(segments, "/"), nil
}

// hasBody reports whether a request of this route carries one. The gateway
// refuses a body-less POST, so those without content send an empty object.
func (r route) hasBody() bool { return r.method == http.MethodPost || r.method == http.MethodPut }
