package client

import (
	"context"
	"sync"

	"github.com/buildsync/buildsync/pkg/client/wire"
)

// aheadReader fetches the pages of one scan in order, and in parallel some of the following ones:
// the first page's total tells which exist.
type aheadReader struct {
	fetch func(ctx context.Context, index int) (page, error)
	width int // pages at a time

	known      bool // the first page
	next, last int  // next: the page to begin next; last: the last that must exist
	begun      map[int]chan fetched
	running    sync.WaitGroup
}

// fetched is one page, or why there is none.
type fetched struct {
	page  page
	err   error
	fault any // a panic's value, raised again in the caller
}

// page returns a page. Parallel fetches end with ctx.
func (r *aheadReader) page(ctx context.Context, index int) (page, error) {
	for ; r.next <= min(r.last, index+r.width-1); r.next++ {
		r.begin(ctx, r.next)
	}
	answer, begun := r.begun[index]
	if !begun {
		got, err := r.fetch(ctx, index)
		if err == nil && !r.known {
			r.known = true
			r.expect(index, got)
		}
		return got, err
	}
	delete(r.begun, index)
	got := <-answer
	if got.fault != nil {
		panic(got.fault)
	}
	return got.page, got.err
}

// expect computes from the first page which others must exist: a full page and the number of rows.
// A service that counts pages from 1 has refused page 0.
func (r *aheadReader) expect(index int, got page) {
	if r.width > 1 && len(got.rows) == wire.MaxPage && got.total > wire.MaxPage && got.total <= wire.MaxPage*pageCeiling {
		r.next, r.last = index+1, index+(got.total-1)/wire.MaxPage
	}
}

func (r *aheadReader) begin(ctx context.Context, index int) {
	if r.begun == nil {
		r.begun = map[int]chan fetched{}
	}
	answer := make(chan fetched, 1)
	r.begun[index] = answer
	r.running.Go(func() {
		var got fetched
		defer func() {
			got.fault = recover()
			answer <- got
		}()
		got.page, got.err = r.fetch(ctx, index)
	})
}
