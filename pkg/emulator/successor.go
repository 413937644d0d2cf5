package emulator

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Calls whose newer form differs from the reference's. Their forms are those of the vendor's SDK
// and of recorded traffic; if these disagree, those of traffic.

// listJobsWrapped returns the listing as traffic shows it: result.job_list.
func listJobsWrapped(rq *request) (*answer, error) {
	rows, total, err := jobPage(rq)
	if err != nil {
		return nil, err
	}
	return rq.success(obj("total", num(total), "job_list", rows))
}

// switchJob disables or enables, as its body says.
func switchJob(rq *request) (*answer, error) {
	disabled, given := rq.body.Get("disabled").AsBool()
	if !given {
		return nil, invalid("disabled is mandatory and must be a boolean.")
	}
	return setDisabled(rq, disabled, rq.body.Str("reason"))
}

// checkDisabled returns a job's disabled state; "reson" is the service's spelling.
func checkDisabled(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	disabled, by := 0, ""
	if j.Disabled {
		disabled, by = 1, j.User
	}
	return rq.success(obj("job_id", str(j.ID), "job_name", str(j.Name), "disabled", num(disabled),
		"reson", strOrNull(j.Reason), "forbiddener", strOrNull(by), "forbidden_time", jsontree.Int(j.Updated.UnixMilli())))
}

// createTemplateBrief answers the uuid only.
func createTemplateBrief(rq *request) (*answer, error) {
	made, err := rq.e.newTemplate(rq.tx, rq.user, rq.body)
	if err != nil {
		return nil, err
	}
	rq.tx.putTemplate(made)
	return rq.success(obj("uuid", str(made.UUID)))
}

func runJobWrapped(rq *request) (*answer, error) {
	result, err := startBuild(rq)
	if err != nil {
		return nil, err
	}
	return rq.success(result)
}

// stopBuildByBody takes the build's number from the body or the query: vendor
// pages show the first, the SDK sends the second.
func stopBuildByBody(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	number := cmp.Or(rq.body.Str("build_no"), rq.query("build_no"))
	if number == "" {
		return nil, invalid("build_no is mandatory.")
	}
	_, b, err := rq.buildByNumber(j, number)
	if err == nil {
		err = rq.stop(b)
	}
	if err != nil {
		return nil, err
	}
	return ok(obj("status", str("success")))
}

func runningStatusWrapped(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	status, finished := rq.lastBuild(j)
	return rq.success(obj("last_job_id", str(j.ID), "last_build_no", str(strconv.Itoa(j.Builds)),
		"last_build_status", str(status), "is_running", jsontree.Bool(!finished)))
}

func flowGraphWrapped(rq *request) (*answer, error) {
	graph, err := rq.graph()
	if err != nil {
		return nil, err
	}
	return rq.success(graph)
}

// changeHistory lists who changed a job and when, the newest change first.
func changeHistory(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	page, err := rq.intQuery("page_no", false, 1, 1<<31)
	if err != nil {
		return nil, err
	}
	size := 10
	if rq.hasQuery("page_size") {
		if size, err = rq.intQuery("page_size", false, 1, wire.MaxPage); err != nil {
			return nil, err
		}
	}
	rows := jsontree.Array()
	start, end := window(page, size, 1, j.Changes)
	for i := start; i < end; i++ {
		c, err := rq.state().change(j.ID, j.Changes-i)
		if err != nil {
			return nil, err
		}
		rows.Append(obj("id", str(recordID(j.ID)+"-"+strconv.Itoa(c.Number)), "update_number", num(c.Number),
			"update_type", str(c.Kind), "user_id", str(c.UserID), "user_name", str(c.User), "nick_name", str(c.User),
			"update_at", jsontree.Int(c.Time.UnixMilli())))
	}
	return rq.success(obj("job_update_records", rows, "total", num(j.Changes)))
}

// checkName reports whether a project has a job of a name. It reads the jobs themselves, including
// those that the list does not show yet.
func checkName(rq *request) (*answer, error) {
	project, name := rq.query("project_id"), rq.query("job_name")
	if err := rq.checkProject(project); err != nil {
		return nil, err
	}
	if name == "" {
		return nil, invalid("job_name is mandatory.")
	}
	exists := false
	for _, j := range rq.state().byProject[project] {
		exists = exists || j.Name == name && (j.live() || rq.e.quirks.RecycledNameBlocked)
	}
	return rq.success(jsontree.Bool(exists))
}

// checkCount reports whether the quota of jobs is used up: never in the emulator.
func checkCount(rq *request) (*answer, error) { return rq.success(jsontree.Bool(false)) }

// checkWebhook accepts every http address; the emulator calls none.
func checkWebhook(rq *request) (*answer, error) {
	c := &checker{}
	c.need("", rq.body, "job_id", jsontree.KindString)
	c.need("", rq.body, "notice_type", jsontree.KindString)
	c.need("", rq.body, "webhook_url", jsontree.KindString)
	if c.err != nil {
		return nil, c.err
	}
	if _, err := rq.jobByID(rq.body.Str("job_id")); err != nil {
		return nil, err
	}
	if url := rq.body.Str("webhook_url"); len(url) < 8 || url[:4] != "http" {
		return nil, refuse(http.StatusBadRequest, codeParameter, "Invalid parameter. webhook_url must be an http or https address.")
	}
	return rq.success(jsontree.Null())
}

// flavors lists the executors' sizes, as a bare array.
func flavors(rq *request) (*answer, error) {
	if err := rq.checkProject(rq.query("project_id")); err != nil {
		return nil, err
	}
	list := jsontree.Array()
	for _, size := range []string{"1u4g", "2u8g", "4u8g", "8u16g", "16u64g"} {
		list.Append(str(size))
	}
	return ok(list)
}

func defaultParameters(rq *request) (*answer, error) {
	return rq.success(jsontree.Array(
		definition("codeBranch", "normalparam", "master", "代码分支，系统预定义参数", "true", nil)))
}

// systemParameters lists the predefined variables of a build.
func systemParameters(rq *request) (*answer, error) {
	rows := jsontree.Array()
	for i, variable := range wire.RuntimeVariables() {
		rows.Append(obj("id", num(i+1), "parameter_name", str(variable[0]), "description", str(variable[1])))
	}
	return rq.success(rows)
}

// parameterRules describes the kinds of parameter and the fields of each as rules, in the SDK's
// form, without values.
func parameterRules(rq *request) (*answer, error) {
	rows := jsontree.Array()
	for _, kind := range []string{"Text", "Enumeration"} {
		params := jsontree.Array()
		for _, field := range []string{"name", "type", "defaultValue", "description", "deletion", "defaults", "staticVar", "sensitiveVar"} {
			limits := jsontree.Array()
			if field == "name" {
				limits.Append(obj("type", str("regex"), "value", str(parameterForm), "errormsg", str("1 to 128 letters, digits or _")))
			}
			params.Append(obj("name", str(field), "title", str(field), "type", str("string"),
				"required", jsontree.Bool(field == "name" || field == "type"), "constraints", limits,
				"deletion", jsontree.Bool(false), "defaults", jsontree.Bool(true)))
		}
		rows.Append(obj("name", str(definitionName), "title", str(kind), "params", params))
	}
	return rq.success(obj("build_parameters", rows))
}

// officialTemplates returns the vendor's own: one for every known module.
func officialTemplates(rq *request) (*answer, error) {
	if rq.e.quirks.NoOfficialTemplates {
		return unknownURL(rq)
	}
	var list []*template
	for i, s := range stacks() {
		properties := obj("image", str(s.image), "command", str(s.command))
		for _, m := range serverProperties(s.module) {
			properties.Set(m.Key, m.Value)
		}
		list = append(list, publicTemplate(0x0ff1c1a10000+i, "official-"+s.name, "official", rq.now, obj(
			"module_id", str(s.module), "name", str(s.step), "properties", properties, "enable", jsontree.Bool(true))))
	}
	var found []*template
	for _, t := range list {
		if matchesName(t, rq.query("name")) {
			found = append(found, t)
		}
	}
	items, total, err := rq.templatePage(found, "page", "page_size")
	if err != nil {
		return nil, err
	}
	return rq.success(obj("total_size", num(total), "items", items))
}
