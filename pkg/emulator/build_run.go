package emulator

import (
	"net/http"
	"strconv"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// runJob serves API reference 4.6.
func runJob(rq *request) (*answer, error) {
	result, err := startBuild(rq)
	if err != nil {
		return nil, err
	}
	return ok(result)
}

// startBuild queues a build of the job that the body names.
func startBuild(rq *request) (*jsontree.Value, error) {
	c := &checker{}
	id := c.need("", rq.body, "job_id", jsontree.KindString).Text()
	c.each("", rq.body, "parameter", func(at string, p *jsontree.Value) {
		c.need(at, p, "name", jsontree.KindString)
		if value := p.Get("value"); value.Kind() != jsontree.KindString {
			c.fail("%s.value must be a string", at)
		}
	})
	c.may("", rq.body, jsontree.KindObject, "scm")
	c.may("scm", rq.body.Get("scm"), jsontree.KindString, "build_tag", "build_commit_id")
	if c.err != nil {
		return nil, c.err
	}
	j, err := rq.jobByID(id)
	if err != nil {
		return nil, err
	}
	if j.Disabled {
		return nil, refuse(http.StatusUnprocessableEntity, codeRejected, "The job %s is disabled.", j.Name)
	}
	body, err := rq.state().body(j.ID)
	if err != nil {
		return nil, err
	}
	b, err := rq.newBuild(j, body)
	if err != nil {
		return nil, err
	}
	next := *j
	next.Builds, next.LastBuild = b.Number, b.Start
	rq.tx.putBuild(b)
	rq.tx.putJob(&next, nil, "")
	return obj("octopus_job_name", str(b.Octopus), "actual_build_number", str(strconv.Itoa(b.Number)),
		"daily_build_number", str(b.Daily)), nil
}

// buildOf returns the build with the job and number in a path.
func (rq *request) buildOf(numberKey string) (*job, *build, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, nil, err
	}
	return rq.buildByNumber(j, rq.path(numberKey))
}

func (rq *request) buildByNumber(j *job, text string) (*job, *build, error) {
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 {
		return nil, nil, invalid("The build number must be a number from 1.")
	}
	builds := rq.state().builds[j.ID]
	if number > len(builds) {
		return nil, nil, refuse(http.StatusForbidden, codeNoHistory, "The build history %d of the job does not exist.", number)
	}
	return j, builds[number-1], nil
}

// stop ends a build that has not ended by itself.
func (rq *request) stop(b *build) error {
	if b.at(rq.now).ended() {
		return refuse(http.StatusBadRequest, codeRunState, "The build has ended already; its state changed in the meantime.")
	}
	ended := *b
	ended.Stopped = rq.now
	rq.tx.putBuild(&ended)
	return nil
}

// stopBuild serves API reference 4.14.
func stopBuild(rq *request) (*answer, error) {
	_, b, err := rq.buildOf("build_no")
	if err == nil {
		err = rq.stop(b)
	}
	if err != nil {
		return nil, err
	}
	if rq.e.quirks.EmptyStop {
		return &answer{status: http.StatusOK, header: http.Header{}}, nil
	}
	return ok(obj("success", jsontree.Bool(true), "result", str("")))
}

// stopBuildOld serves API reference 5.4: the build is named in the body.
func stopBuildOld(rq *request) (*answer, error) {
	c := &checker{}
	id := c.need("", rq.body, "job_id", jsontree.KindString).Text()
	number := c.need("", rq.body, "build_no", jsontree.KindString).Text()
	if c.err != nil {
		return nil, c.err
	}
	j, err := rq.jobByID(id)
	if err != nil {
		return nil, err
	}
	_, b, err := rq.buildByNumber(j, number)
	if err == nil {
		err = rq.stop(b)
	}
	if err != nil {
		return nil, err
	}
	return ok(obj("result", jsontree.Bool(true)))
}

// runningStatus serves API reference 4.4: true while an executor works on the job, so still false right
// after the run request.
func runningStatus(rq *request) (*answer, error) {
	j, err := jobOf(rq)
	if err != nil {
		return nil, err
	}
	running := false
	for _, b := range rq.state().builds[j.ID] {
		running = running || !b.at(rq.now).ended()
	}
	return ok(obj("result", jsontree.Bool(running)))
}

// lastBuild returns the list's word for a job's last build, and whether it has ended.
func (rq *request) lastBuild(j *job) (status string, finished bool) {
	builds := rq.state().builds[j.ID]
	if len(builds) == 0 {
		return "none", true
	}
	switch p := builds[len(builds)-1].at(rq.now); p.result {
	case resultSuccess:
		return "blue", true
	case resultFailure:
		return "red", true
	case resultAborted:
		return "aborted", true
	}
	return "building", false
}

// healthBuilds is how many builds count for the health score.
const healthBuilds = 5

// health returns the share of a job's last builds that succeeded, in percent.
func (rq *request) health(j *job) int {
	builds := rq.state().builds[j.ID]
	good, ended := 0, 0
	for i := len(builds) - 1; i >= 0 && ended < healthBuilds; i-- {
		p := builds[i].at(rq.now)
		if !p.ended() {
			continue
		}
		ended++
		if p.result == resultSuccess {
			good++
		}
	}
	if ended == 0 {
		return 0
	}
	return 100 * good / ended
}
