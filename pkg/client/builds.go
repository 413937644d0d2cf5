package client

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// History yields a job's builds of the last days, at most 30 (API reference
// 4.2). A job that never ran has none, which the service says with an error.
func (c *Client) History(ctx context.Context, jobID string, days int) iter.Seq2[wire.HistoryRecord, error] {
	return c.builds(ctx, opHistory, jobID, url.Values{"interval": {strconv.Itoa(days)}})
}

// PeriodHistory yields a job's builds from one day to another, at most 30 days
// apart (API reference 4.1).
func (c *Client) PeriodHistory(ctx context.Context, jobID string, from, to time.Time) iter.Seq2[wire.HistoryRecord, error] {
	return c.builds(ctx, opPeriodHistory, jobID, period(from, to))
}

func period(from, to time.Time) url.Values {
	return url.Values{"start_time": {from.Format(wire.DateLayout)}, "end_time": {to.Format(wire.DateLayout)}}
}

// builds yields a history page by page. New builds push older ones to later pages meanwhile, so
// rows are identified by number, and a wrong count is not an error.
func (c *Client) builds(ctx context.Context, o op, jobID string, query url.Values) iter.Seq2[wire.HistoryRecord, error] {
	pages := &pager{
		id: func(row *jsontree.Value) string { return row.Str("record_id") + "#" + row.Str("build_number") },
		fetch: func(ctx context.Context, index int) (page, error) {
			k, err := c.newCall(o, repeatRead, jobID)
			if err != nil {
				return page{}, err
			}
			k.query = url.Values{"offset": {strconv.Itoa(index)}, "limit": {strconv.Itoa(wire.MaxPage)}}
			for name, values := range query {
				k.query[name] = values
			}
			a, err := c.do(ctx, k, nil)
			if noHistory(err) {
				return page{}, nil
			}
			if err != nil {
				return page{}, err
			}
			list := a.result()
			return pageOf(list.Get("history_records"), list.Get("total")), nil
		},
	}
	return func(yield func(wire.HistoryRecord, error) bool) {
		s := &scan{total: unknownTotal}
		for row := range pages.once(ctx, s) {
			if !yield(wire.DecodeHistoryRecord(row), nil) {
				return
			}
		}
		if s.err != nil {
			yield(wire.HistoryRecord{}, s.err)
		}
	}
}

// noHistory recognises the answer that there is no build yet. It comes with status 403 but does not
// concern permissions.
func noHistory(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == codeNoHistory
}

// LastSuccessful returns the last successful build of any job of the project
// that builds the repository (API reference 4.7).
func (c *Client) LastSuccessful(ctx context.Context, projectID, repository string) (wire.HistoryRecord, error) {
	k, err := c.newCall(opLastHistory, repeatRead, projectID)
	if err == nil {
		k.query = url.Values{"repository_name": {repository}}
	}
	a, err := c.do(ctx, k, err)
	if err != nil {
		return wire.HistoryRecord{}, err
	}
	// Here the member result is a word, not an envelope.
	return wire.DecodeHistoryRecord(a.result()), nil
}

// HistoryDetails returns a build's parameters and steps (API reference 4.8). The number in the
// answer is not checked: the reference's own example requests build 1 and receives build 5.
func (c *Client) HistoryDetails(ctx context.Context, jobID string, buildNo int) (wire.HistoryDetails, error) {
	a, err := c.readBuild(ctx, opHistoryDetails, jobID, buildNo)
	if err != nil {
		return wire.HistoryDetails{}, err
	}
	return wire.DecodeHistoryDetails(a.result()), nil
}

// Record returns everything about one build (API reference 4.12).
func (c *Client) Record(ctx context.Context, jobID string, buildNo int) (wire.Record, error) {
	return c.record(ctx, opRecord, jobID, buildNo)
}

// OldRecord is Record over the older route (API reference 5.3, announced for
// removal).
func (c *Client) OldRecord(ctx context.Context, jobID string, buildNo int) (wire.Record, error) {
	return c.record(ctx, opOldRecord, jobID, buildNo)
}

func (c *Client) record(ctx context.Context, o op, jobID string, buildNo int) (wire.Record, error) {
	k, err := c.newCall(o, repeatRead, jobID, strconv.Itoa(buildNo))
	a, err := c.do(ctx, k, err)
	if err != nil {
		return wire.Record{}, err
	}
	record := wire.DecodeRecord(a.result())
	if record.ID == "" && record.BuildRecordID == "" {
		return record, c.fails(k, a, Unsure, ErrNotTheAPI, "the answer has no build record")
	}
	if record.CodeciJobID != "" && record.CodeciJobID != jobID {
		return record, c.fails(k, a, Unsure, ErrWrongObject, "the answer is a build of job %q", record.CodeciJobID)
	}
	if n, err := record.BuildNo.Float64(); err == nil && n != float64(buildNo) { // one that is missing proves nothing
		return record, c.fails(k, a, Unsure, ErrWrongObject, "the answer is build %s", record.BuildNo)
	}
	return record, nil
}

// OutputInfo returns what a build produced (API reference 4.13).
func (c *Client) OutputInfo(ctx context.Context, jobID string, buildNo int) (wire.OutputInfo, error) {
	a, err := c.readBuild(ctx, opOutput, jobID, buildNo)
	if err != nil {
		return wire.OutputInfo{}, err
	}
	return wire.DecodeOutputInfo(a.body.Get(wire.KeyResult)), nil
}

func (c *Client) readBuild(ctx context.Context, o op, jobID string, buildNo int) (*answer, error) {
	k, err := c.newCall(o, repeatRead, jobID, strconv.Itoa(buildNo))
	return c.do(ctx, k, err)
}

// SuccessRatio returns the share of a job's builds that succeeded from one day
// to another (API reference 4.9).
func (c *Client) SuccessRatio(ctx context.Context, jobID string, from, to time.Time) (wire.SuccessRatio, error) {
	k, err := c.newCall(opSuccessRatio, repeatRead, jobID)
	if err == nil {
		k.query = period(from, to)
	}
	a, err := c.do(ctx, k, err)
	if err != nil {
		return wire.SuccessRatio{}, err
	}
	return wire.DecodeSuccessRatio(a.result()), nil
}

// FlowGraph returns how the parts of a build depend on each other (API reference
// 5.2, announced for removal).
func (c *Client) FlowGraph(ctx context.Context, recordID string) (wire.FlowGraph, error) {
	k, err := c.newCall(opFlowGraph, repeatRead, recordID)
	a, err := c.do(ctx, k, err)
	if err != nil {
		return wire.FlowGraph{}, err
	}
	return wire.DecodeFlowGraph(a.result()), nil
}
