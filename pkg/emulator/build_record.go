package emulator

import (
	"fmt"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// recordInfo serves API reference 4.12.
func recordInfo(rq *request) (*answer, error) {
	j, b, err := rq.buildOf("build_no")
	if err != nil {
		return nil, err
	}
	return rq.success(rq.record(j, b))
}

// recordInfoOld serves API reference 5.3.
func recordInfoOld(rq *request) (*answer, error) {
	j, b, err := rq.buildOf("build_no")
	if err != nil {
		return nil, err
	}
	return ok(obj("success", jsontree.Bool(true), "result", rq.record(j, b)))
}

// record is table 4-102. The daily number's key is that of the examples.
func (rq *request) record(j *job, b *build) *jsontree.Value {
	p := b.at(rq.now)
	created := str(b.Start.UTC().Format(recordTime))
	started := timeOrNull(p.started.UTC(), recordTime)
	buildType := "branch"
	switch {
	case b.Tag != "":
		buildType = "tag"
	case b.Commit != "":
		buildType = "commitId"
	}
	message := jsontree.Null()
	for i, step := range p.steps {
		if step.status == "error" && p.result == resultFailure {
			message = str(fmt.Sprintf("The step %s failed with exit code 1.", b.Steps[i].Name))
		}
	}
	return obj(
		"id", str(b.Record), "build_project_id", str(recordID(j.ID)), "build_record_id", str(b.Record),
		"parent_record_id", jsontree.Null(), "devcloud_project_id", str(j.Project), "codeci_job_id", str(j.ID),
		"user_id", str(b.UserID), "build_no", num(b.Number), "daily_build_num", str(b.Daily), "execution_id", str(b.Octopus),
		"repo_name", strOrNull(b.Repo), "repo_id", strOrNull(b.RepoID), "branch", strOrNull(b.Branch), "tag", strOrNull(b.Tag),
		"commit", strOrNull(b.Commit), "commit_message", jsontree.Null(), "commit_create_time", created,
		"trigger_type", str("MANUAL"), "build_type", str(buildType), "status", str(p.result), "domain_id", str(DefaultDomainID),
		"create_time", created, "schedule_time", created, "queued_time", created, "start_time", started, "runnable_time", started,
		"finish_time", timeOrNull(p.finished.UTC(), recordTime), "duration", jsontree.Int(p.duration(rq.now).Milliseconds()),
		"record_status", jsontree.Null(), "use_private_slave", num(0), "region", str(DefaultRegion), "err_msg", message,
		"build_config_type", str(b.Config),
	)
}

// outputInfo serves API reference 4.13: the output of the publishing steps.
func outputInfo(rq *request) (*answer, error) {
	j, b, err := rq.buildOf("build_no")
	if err != nil {
		return nil, err
	}
	p := b.at(rq.now)
	packages, images := jsontree.Object(), jsontree.Object()
	first := jsontree.Null()
	for i, step := range b.Steps {
		if p.steps[i].status != "success" {
			continue
		}
		switch {
		case strings.Contains(step.Module, "_20018."):
			first = output(j, b, "generic", "file")
			packages.Set(step.Name, output(j, b, "generic", "file"))
		case strings.Contains(step.Module, "_20004."):
			images.Set(step.Name, output(j, b, "docker", "image"))
		}
	}
	return rq.success(obj("package_info", first, "package_infos", orNull(packages), "image_infos", orNull(images)))
}

func orNull(v *jsontree.Value) *jsontree.Value {
	if v.Len() == 0 {
		return jsontree.Null()
	}
	return v
}

func output(j *job, b *build, packageType, kind string) *jsontree.Value {
	return obj("project_id", str(j.Project), "name", str(j.Name), "version", str(b.Daily), "package_type", str(packageType),
		"uri", str("/"+j.Name+"/"+b.Daily+"/"+j.Name), "type", str(kind), "daily_build_number", str(b.Daily))
}

// flowGraph serves API reference 5.2. A job of steps is one vertex without edges.
func flowGraph(rq *request) (*answer, error) {
	graph, err := rq.graph()
	if err != nil {
		return nil, err
	}
	return ok(obj("success", jsontree.Bool(true), "result", graph))
}

func (rq *request) graph() (*jsontree.Value, error) {
	b, err := rq.buildByRecord("build_flow_record_id")
	if err != nil {
		return nil, err
	}
	p := b.at(rq.now)
	return obj("edges", jsontree.Array(), "vertices", jsontree.Array(obj(
		"id", str(b.Record), "status", str(p.result), "display_name", str(rq.state().jobs[b.Job].Name),
		"build_duration", jsontree.Int(p.duration(rq.now).Milliseconds()),
		"start_time", str(p.began(b).In(wire.ServiceZone).Format(historyTime)),
		"finish_time", timeOrNull(p.finished.In(wire.ServiceZone), historyTime), "build_no", str(fmt.Sprint(b.Number)),
	))), nil
}
