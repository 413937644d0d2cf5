package client

import (
	"context"
	"net/url"
	"strconv"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Listing reads a project's whole job list (API reference 4.5), up to three more times if the count
// does not fit. A list with Complete false proves the presence of its jobs, never the absence of
// others. It returns an error if nothing could be read or further reading makes no sense.
func (c *Client) Listing(ctx context.Context, projectID string) (wire.JobList, error) {
	s := c.jobPager(projectID).all(ctx, c.cfg.Sleep)
	if s.err != nil && (len(s.rows) == 0 || final(s.err)) {
		return wire.JobList{Total: s.total, Problem: "the list could not be read"}, s.err
	}
	if ctx.Err() != nil && !s.complete() {
		return wire.JobList{Total: s.total, Problem: "interrupted"}, ctx.Err()
	}
	list := wire.JobList{Total: s.total, Complete: s.complete(), Problem: s.problem, Doubted: s.doubted}
	if s.err != nil {
		list.Problem = "a page could not be read: " + s.err.Error()
	}
	list.Problem = sanitize.Message(list.Problem)
	list.Jobs = make([]wire.JobItem, 0, len(s.rows))
	for _, row := range s.rows {
		list.Jobs = append(list.Jobs, wire.DecodeJobItem(row))
	}
	return list, nil
}

// IncompleteError reports a list that was read to its end and has fewer or more rows than the
// service counts. It proves no absence.
type IncompleteError struct {
	Op      string
	Problem string
}

func (e *IncompleteError) Error() string {
	return e.Op + ": the list is incomplete: " + sanitize.Message(e.Problem)
}

func (s *scan) verdict(o op) error {
	if s.err != nil {
		return s.err
	}
	if s.problem != "" {
		return &IncompleteError{Op: string(o), Problem: s.problem}
	}
	return nil
}

func (c *Client) jobPager(projectID string) *pager {
	return &pager{
		width: c.cfg.ListAhead,
		id:    wire.JobItemID,
		fetch: func(ctx context.Context, index int) (page, error) {
			k, err := c.newCall(opListJobs, repeatRead, projectID)
			if err != nil {
				return page{}, err
			}
			k.query = url.Values{"page_index": {strconv.Itoa(index)}, "page_size": {strconv.Itoa(wire.MaxPage)}}
			a, err := c.do(ctx, k, nil)
			if err != nil {
				return page{}, err
			}
			list := a.result()
			rows := list.Get("jobs")
			if rows == nil {
				rows = list.Get("job_list")
			}
			if rows.Kind() != jsontree.KindArray && rows.Kind() != jsontree.KindObject && !rows.IsAbsentOrNull() || rows == nil && list.Get("total") == nil {
				return page{}, c.fails(k, a, Unsure, ErrNotTheAPI, "the answer lists no jobs")
			}
			got := pageOf(rows, list.Get("total"))
			switch {
			case got.lacks(wire.JobItemID):
				return page{}, c.fails(k, a, Unsure, ErrNotTheAPI, "the rows of the job list have no id")
			case got.lacks(wire.JobItemName):
				return page{}, c.fails(k, a, Unsure, ErrNotTheAPI, "the rows of the job list have no job_name")
			}
			return got, nil
		},
	}
}
