package client

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// QueryJob returns a job's body as stored by the service, with all parameters (API reference 4.26).
func (c *Client) QueryJob(ctx context.Context, jobID string) (*jsontree.Value, error) {
	return c.queryJob(ctx, opQueryJob, jobID)
}

// FullJob is QueryJob over the newer route, which shows members that the reference's route hides.
// It returns nil if QueryJob already uses that route.
func (c *Client) FullJob(ctx context.Context, jobID string) (*jsontree.Value, error) {
	if c.dialect == DialectV1 {
		return nil, nil
	}
	return c.queryJob(ctx, opFullJob, jobID)
}

func (c *Client) queryJob(ctx context.Context, o op, jobID string) (*jsontree.Value, error) {
	k, err := c.newCall(o, repeatRead, jobID)
	if err == nil {
		// The reference documents one name of the flag, the service reads the other.
		k.query = url.Values{"get_all_params": {"true"}, "get_all_parameters": {"true"}}
	}
	a, err := c.do(ctx, k, err)
	if err != nil {
		return nil, err
	}
	body := a.result()
	if body.Kind() != jsontree.KindObject || body == a.body && body.Get(wire.KeySteps) == nil {
		return nil, c.fails(k, a, Unsure, ErrNotTheAPI, "the answer has no job")
	}
	if id := body.Str(wire.KeyJobID); id != "" && id != jobID {
		return nil, c.fails(k, a, Unsure, ErrWrongObject, "the answer is the job %q", id)
	}
	wire.SpellLists(body)
	return body, nil
}

// CreateJob creates a job and returns its id (API reference 4.18). An error whose
// outcome is Unsure means that the job may exist.
func (c *Client) CreateJob(ctx context.Context, body *jsontree.Value) (id string, err error) {
	k, a, err := c.write(ctx, opCreateJob, repeatNever, body)
	if err != nil {
		return "", err
	}
	id = a.result().Str(wire.KeyJobID)
	if !isIdentifier(id) {
		return "", c.fails(k, a, Unsure, nil, "the answer says success without the new job's id")
	}
	return id, nil
}

// UpdateJob replaces a job's body; body carries its job_id (API reference 4.19).
func (c *Client) UpdateJob(ctx context.Context, body *jsontree.Value) error {
	return c.updateJob(ctx, opUpdateJob, body)
}

// UpdateFullJob is UpdateJob over the newer route, which stores members that the reference does not
// list for the other one.
func (c *Client) UpdateFullJob(ctx context.Context, body *jsontree.Value) error {
	return c.updateJob(ctx, opUpdateFullJob, body)
}

func (c *Client) updateJob(ctx context.Context, o op, body *jsontree.Value) error {
	id := body.Str(wire.KeyJobID)
	if !isIdentifier(id) {
		return &Error{Op: string(o), Outcome: NotSent, Message: "the body has no job_id"}
	}
	k, a, err := c.write(ctx, o, repeatAbsolute, body)
	if err != nil {
		return err
	}
	return c.sameJob(k, a, id, true)
}

// DeleteJob puts a job into the recycle bin (API reference 4.15).
func (c *Client) DeleteJob(ctx context.Context, jobID string) error {
	k, a, err := c.write(ctx, opDeleteJob, repeatAbsolute, nil, jobID)
	if err != nil {
		return err
	}
	return c.sameJob(k, a, jobID, true)
}

// DisableJob disables a job: it does not run until EnableJob (API reference 4.16).
func (c *Client) DisableJob(ctx context.Context, jobID string) error {
	return c.setDisabled(ctx, opDisableJob, jobID, true)
}

// EnableJob enables a disabled job (API reference 4.17). It does not restore a deleted job.
func (c *Client) EnableJob(ctx context.Context, jobID string) error {
	return c.setDisabled(ctx, opEnableJob, jobID, false)
}

func (c *Client) setDisabled(ctx context.Context, o op, jobID string, disabled bool) error {
	var body *jsontree.Value
	if c.dialect == DialectV1 { // one route for both directions
		body = jsontree.Object(
			jsontree.Member{Key: "disabled", Value: jsontree.Bool(disabled)},
			jsontree.Member{Key: "reason", Value: jsontree.String("")},
		)
	}
	k, a, err := c.write(ctx, o, repeatAbsolute, body, jobID)
	if err != nil {
		return err
	}
	return c.sameJob(k, a, jobID, false)
}

// sameJob checks that a success is about the requested job. If must is set, an answer without the
// job's id is Unsure.
func (c *Client) sameJob(k *call, a *answer, want string, must bool) error {
	have := a.body.Get(wire.KeyResult).Str(wire.KeyJobID)
	if have == "" {
		have = a.result().Str(wire.KeyJobID)
	}
	switch {
	case have == want, have == "" && !must:
		return nil
	case have == "":
		return c.fails(k, a, Unsure, nil, "the answer says success without the job's id")
	}
	return c.fails(k, a, Unsure, ErrWrongObject, "the call was about job %s, the answer is about %q", want, have)
}

// write sends a call with a body, nil for none.
func (c *Client) write(ctx context.Context, o op, repeat repeat, body *jsontree.Value, ids ...string) (*call, *answer, error) {
	k, err := c.newCall(o, repeat, ids...)
	if err == nil && body != nil {
		k.body = body.AppendJSON(nil)
	}
	a, err := c.do(ctx, k, err)
	return k, a, err
}

// RunJob starts a build (API reference 4.6). It is never sent twice without proof
// that the first request was not processed.
func (c *Client) RunJob(ctx context.Context, run wire.RunRequest) (wire.RunResult, error) {
	k, err := c.newCall(opRunJob, repeatNever)
	if err == nil {
		k.body, err = json.Marshal(run)
	}
	a, err := c.do(ctx, k, err)
	if err != nil {
		return wire.RunResult{}, err
	}
	result := wire.DecodeRunResult(a.result())
	if result.ActualBuildNumber == "" {
		return result, c.fails(k, a, Unsure, nil, "the answer says success without the build's number")
	}
	return result, nil
}

// JobRunning reports whether a build of the job is running (API reference 4.4). The
// answer lags behind a start; to wait for a build, read its record.
func (c *Client) JobRunning(ctx context.Context, jobID string) (bool, error) {
	k, err := c.newCall(opRunning, repeatRead, jobID)
	a, err := c.do(ctx, k, err)
	if err != nil {
		return false, err
	}
	state := a.body.Get(wire.KeyResult)
	if inner := state.Get("is_running"); inner != nil {
		state = inner
	}
	running, ok := state.AsBool()
	if !ok {
		return false, c.fails(k, a, Unsure, ErrNotTheAPI, "the answer says neither true nor false")
	}
	return running, nil
}

// StopBuild stops a build (API reference 4.14).
func (c *Client) StopBuild(ctx context.Context, jobID string, buildNo int) error {
	k, err := c.newCall(opStopBuild, repeatAbsolute, jobID, strconv.Itoa(buildNo))
	if err == nil {
		k.emptyOK = true
		if c.dialect == DialectV1 {
			// The vendor's pages have the number in the body, its SDK in the query.
			k.query = url.Values{"build_no": {strconv.Itoa(buildNo)}}
			k.body, err = json.Marshal(map[string]int{"build_no": buildNo})
		}
	}
	_, err = c.do(ctx, k, err)
	return err
}

// StopJob stops a build over the older route (API reference 5.4, announced for
// removal).
func (c *Client) StopJob(ctx context.Context, jobID string, buildNo int) error {
	k, err := c.newCall(opOldStop, repeatAbsolute)
	if err == nil {
		k.emptyOK = true
		k.body, err = json.Marshal(map[string]string{"job_id": jobID, "build_no": strconv.Itoa(buildNo)})
	}
	a, err := c.do(ctx, k, err)
	if err != nil {
		return err
	}
	if stopped, ok := a.body.Get(wire.KeyResult).AsBool(); ok && !stopped {
		return c.fails(k, a, Rejected, nil, "the service did not stop build %d", buildNo)
	}
	return nil
}

// JobChanges returns the newest rows of a job's change history, up to 100. The
// call exists among the newer routes only and is used with either generation.
func (c *Client) JobChanges(ctx context.Context, jobID string) ([]wire.JobChange, error) {
	k, err := c.newCall(opJobChanges, repeatRead, jobID)
	if err == nil {
		k.query = url.Values{"page_no": {"1"}, "page_size": {strconv.Itoa(wire.MaxPage)}}
	}
	a, err := c.do(ctx, k, err)
	if err != nil {
		return nil, err
	}
	var changes []wire.JobChange
	for _, row := range wire.List(a.result().Get("job_update_records")) {
		changes = append(changes, wire.DecodeJobChange(row))
	}
	return changes, nil
}

// JobNameExists reports whether a project has a job of that name. The call exists
// among the newer routes only and is used with either generation.
func (c *Client) JobNameExists(ctx context.Context, projectID, name string) (bool, error) {
	k, err := c.newCall(opNameExists, repeatRead)
	if err == nil {
		k.query = url.Values{"project_id": {projectID}, "job_name": {name}}
	}
	a, err := c.do(ctx, k, err)
	if err != nil {
		return false, err
	}
	exists, ok := a.body.Get(wire.KeyResult).AsBool()
	if !ok {
		return false, c.fails(k, a, Unsure, ErrNotTheAPI, "the answer says neither true nor false")
	}
	return exists, nil
}
