package emulator

import (
	"net/http"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// jobOf returns the live job that a request's path names.
func jobOf(rq *request) (*job, error) { return rq.jobByID(rq.path("job_id")) }

func (rq *request) jobByID(id string) (*job, error) {
	if !isObjectID(id) {
		return nil, badJobID()
	}
	j := rq.state().liveJob(id)
	if j == nil || !rq.e.projectExists(j.Project) {
		return nil, noJob(id)
	}
	return j, nil
}

func (rq *request) checkProject(id string) error {
	switch {
	case !isProjectID(id):
		return refuse(http.StatusBadRequest, codeService, "Invalid service ID.")
	case !rq.e.projectExists(id):
		return refuse(http.StatusForbidden, codeService, "The project %s does not exist or may not be read by this user.", id)
	}
	return nil
}

// createJob serves POST /v3/jobs/create (API reference 4.18).
func createJob(rq *request) (*answer, error) {
	if err := rq.e.checkJob(rq.body); err != nil {
		return nil, err
	}
	project, name := rq.body.Str("project_id"), rq.body.Str("job_name")
	if err := rq.checkProject(project); err != nil {
		return nil, err
	}
	if err := rq.nameFree(project, name, ""); err != nil {
		return nil, err
	}
	body := rq.written()
	j := rq.e.newJob(rq.tx, body)
	rq.tx.putJob(j, body, "CREATE")
	return rq.success(obj("job_id", str(j.ID)))
}

// written returns the body of a create or update without its id, and without what the route drops.
func (rq *request) written() *jsontree.Value {
	body := rq.body.Clone()
	body.Delete("job_id")
	if rq.route.API == apiV3 {
		hideMembers(body, rq.e.quirks.V3Dropped)
	}
	return body
}

// newJob makes a job from a checked body, with the service's additions.
func (e *Emulator) newJob(t *tx, body *jsontree.Value) *job {
	if e.quirks.PredefinedParameter {
		addPredefined(body)
	}
	e.fill(body)
	return &job{
		ID: e.opts.ID(), Project: body.Str("project_id"), Name: body.Str("job_name"), Repo: repository(body),
		Creator: t.user.ID, User: t.user.Name, Created: t.now, Seq: t.nextSeq(),
	}
}

// addPredefined adds the parameter of console-made jobs.
func addPredefined(body *jsontree.Value) {
	if hasParameter(body, "codeBranch") {
		return
	}
	if body.Get("parameters").IsAbsentOrNull() {
		body.Set("parameters", jsontree.Array())
	}
	body.Get("parameters").Append(definition("codeBranch", "normalparam", "master", "代码分支，系统预定义参数", "true", nil))
}

// updateJob serves POST /v3/jobs/update (API reference 4.19). The body replaces the stored one: an
// optional section that is absent is cleared.
func updateJob(rq *request) (*answer, error) {
	id, isText := rq.body.Get("job_id").AsString()
	if !isText || id == "" {
		return nil, invalid("job_id is mandatory.")
	}
	if err := rq.e.checkJob(rq.body); err != nil {
		return nil, err
	}
	old, err := rq.jobByID(id)
	if err != nil {
		return nil, err
	}
	if old.Disabled && rq.e.quirks.DisabledLocked {
		return nil, refuse(http.StatusUnprocessableEntity, codeRejected, "The job %s is disabled and cannot be updated.", old.Name)
	}
	if rq.body.Str("project_id") != old.Project {
		return nil, invalid("project_id is not the project of the job.")
	}
	if err := rq.nameFree(old.Project, rq.body.Str("job_name"), id); err != nil {
		return nil, err
	}
	body := rq.written()
	rq.e.fill(body)
	next := *old
	next.Name, next.Repo = body.Str("job_name"), repository(body)
	rq.tx.putJob(&next, body, "UPDATE")
	return rq.success(obj("job_id", str(id)))
}

// nameFree refuses a name that another job of the project has.
func (rq *request) nameFree(project, name, self string) error {
	if rq.e.quirks.UniqueNames == UniqueOff {
		return nil
	}
	for _, j := range rq.state().byProject[project] {
		if j.Name == name && j.ID != self && (j.live() || rq.e.quirks.RecycledNameBlocked) {
			return nameTaken(rq.e.quirks.UniqueNames, "job")
		}
	}
	return nil
}

// deleteJob moves a job to the recycle bin (API reference 4.15).
func deleteJob(rq *request) (*answer, error) {
	old, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	next := *old
	next.Deleted, next.Deleter = rq.now, rq.user.Name
	rq.tx.putJob(&next, nil, "DELETE")
	return rq.success(obj("job_id", str(next.ID), "project_id", str(next.Project)))
}

// disableJob serves API reference 4.16.
func disableJob(rq *request) (*answer, error) { return setDisabled(rq, true, "") }

// recoverJob serves API reference 4.17: it enables a disabled job. It does not concern the recycle bin.
func recoverJob(rq *request) (*answer, error) { return setDisabled(rq, false, "") }

func setDisabled(rq *request, disabled bool, reason string) (*answer, error) {
	old, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	next := *old
	next.Disabled, next.Reason = disabled, reason
	kind := "RECOVER"
	if disabled {
		kind = "DISABLE"
	}
	rq.tx.putJob(&next, nil, kind)
	return ok(obj("status", str("success")))
}

// queryJob serves API reference 4.26.
func queryJob(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	body, err := rq.state().body(j.ID)
	if err != nil {
		return nil, err
	}
	body.Set("job_id", str(j.ID))
	if rq.hideParameters() {
		body.Set("parameters", jsontree.Array())
	}
	body = rq.e.present(body, rq.route.API)
	if rq.e.quirks.TextInText {
		body = str(string(body.AppendJSON(nil)))
	}
	return rq.success(body)
}

// hideParameters reports whether a query leaves the parameters out.
func (rq *request) hideParameters() bool {
	if rq.e.quirks.ParametersNeedFlag {
		return rq.query("get_all_params") != "true"
	}
	return rq.query("get_all_params") == "false" || rq.query("get_all_parameters") == "false"
}

// repository returns the name of a body's first code source, by which 4.7 searches.
func repository(body *jsontree.Value) string {
	items := body.Get("scms").Items()
	if len(items) == 0 {
		return ""
	}
	if name := items[0].Str("repo_name"); name != "" {
		return name
	}
	return repoName(items[0].Str("url"))
}

func repoName(url string) string {
	name := strings.TrimSuffix(url[strings.LastIndexAny(url, "/:")+1:], ".git")
	return name
}

func hasParameter(body *jsontree.Value, name string) bool {
	return slices.ContainsFunc(body.Get("parameters").Items(), func(d *jsontree.Value) bool { return paramField(d, "name") == name })
}
