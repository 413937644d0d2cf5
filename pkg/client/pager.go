package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

const (
	pageCeiling  = 1000 // pages of one scan
	extraScans   = 3    // after one that does not add up
	unknownTotal = -1
	uncounted    = "the service does not say how many rows there are"
)

// page is one page of a list.
type page struct {
	rows  []*jsontree.Value
	total int // unknownTotal where the service does not say, or says nonsense
	odd   string
}

// lacks reports whether no row of the page has a member that identifies its object. Reading the list
// again cannot help then.
func (g page) lacks(member func(row *jsontree.Value) string) bool {
	return len(g.rows) > 0 && !slices.ContainsFunc(g.rows, func(row *jsontree.Value) bool { return member(row) != "" })
}

// pager reads a paged list without relying on its page base, total or stability: the reference
// counts pages from 0 and has an example from 1, a total may count something else,
// and other writers add and remove rows meanwhile. So rows are identified by id, and a
// scan is complete only if it found as many as the service counts. If the service does not count,
// two scans in a row must find the same rows up to a page without new ones, and the list stays
// doubted.
type pager struct {
	fetch func(ctx context.Context, index int) (page, error)
	id    func(row *jsontree.Value) string
	width int // pages at a time; 0: one
}

// scan is one reading of the whole list.
type scan struct {
	rows    []*jsontree.Value
	total   int
	problem string // "" for a complete one
	doubted bool   // it ended with an empty page: the count alone says that this is the end
	err     error  // of the page that could not be read
}

// complete reports whether the scan found as many rows as the service counts.
func (s *scan) complete() bool { return s.problem == "" && s.err == nil }

// once reads the list once and yields each new row. When the loop is over, the scan has the result.
func (p *pager) once(ctx context.Context, s *scan) iter.Seq[*jsontree.Value] {
	return func(yield func(*jsontree.Value) bool) {
		seen := map[string]bool{}
		ctx, cancel := context.WithCancel(ctx)
		pages := &aheadReader{fetch: p.fetch, width: p.width, last: -1}
		defer pages.running.Wait()
		defer cancel()
		for index := 0; ; index++ {
			if index == pageCeiling {
				s.problem = fmt.Sprintf("the list does not end within %d pages", pageCeiling)
				return
			}
			got, err := pages.page(ctx, index)
			if err != nil {
				if index == 0 && invalidPage(err) {
					continue // a service that counts pages from 1
				}
				if s.total == unknownTotal && len(seen) > 0 && invalidPage(err) {
					s.judge(len(seen)) // there is no page beyond the last
					return
				}
				s.err = err
				return
			}
			s.total = got.total
			s.doubted = s.doubted || len(got.rows) == 0 && (len(seen) > 0 || got.total == 0)
			if got.odd != "" {
				s.problem = got.odd
			}
			fresh := 0
			for _, row := range got.rows {
				id := p.id(row)
				if id == "" {
					s.problem = "a row of the list has no id"
					continue
				}
				if seen[id] {
					continue
				}
				seen[id] = true
				fresh++
				if !yield(row) {
					return
				}
			}
			if p.ended(s, index, len(got.rows), fresh, len(seen)) {
				s.judge(len(seen))
				return
			}
		}
	}
}

// ended decides whether the list is over after a page.
func (p *pager) ended(s *scan, index, rows, fresh, found int) bool {
	enough := found == s.total
	switch {
	case s.total == 0 && rows == 0 && index == 0:
		return true // counted as empty, and empty
	case enough && (index > 0 || rows < wire.MaxPage):
		return true
	case enough && s.total > wire.MaxPage:
		return true
	case s.total == unknownTotal:
		return fresh == 0 && (index > 1 || index == 1 && rows == 0)
	case index == 0:
		// Neither an empty first page of a list that is not counted as empty nor a full page that
		// counts only itself proves the end: pages may be counted from 1, and a total may be the
		// page's.
		return false
	case fresh > 0:
		return false
	case index == 1 && !enough && s.total > found:
		return false // the first page twice, or an empty page before the first
	}
	return true
}

// judge records what is wrong with a scan after every page was read.
func (s *scan) judge(found int) {
	switch {
	case s.problem != "" || s.err != nil || found == s.total:
	case s.total == unknownTotal:
		s.problem = uncounted
	default:
		s.problem = fmt.Sprintf("the listing has %d rows, but the service counts %d", found, s.total)
	}
}

// invalidPage reports whether the service refused the number of a page.
func invalidPage(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Outcome == Rejected && e.kind == nil
}

// all reads the list, and again if the count does not fit. It returns the best scan, with its
// problem if it has one.
func (p *pager) all(ctx context.Context, wait func(context.Context, time.Duration) error) *scan {
	best := &scan{total: unknownTotal}
	var before *scan
	for try := range 1 + extraScans {
		s := &scan{total: unknownTotal}
		for row := range p.once(ctx, s) {
			s.rows = append(s.rows, row)
		}
		if s.complete() {
			return s
		}
		if s.confirms(before, p.id) {
			s.problem, s.doubted = "", true
			return s
		}
		before = s
		if try == 0 || len(s.rows) > len(best.rows) || best.err != nil && s.err == nil {
			best = s
		}
		if final(s.err) || s.err != nil && len(s.rows) == 0 || try == extraScans {
			break
		}
		if err := wait(ctx, time.Duration(try+1)*time.Second); err != nil {
			break
		}
	}
	return best
}

// confirms reports whether a scan of a list that the service does not count found the same rows as
// the one before.
func (s *scan) confirms(before *scan, id func(*jsontree.Value) string) bool {
	if before == nil || s.err != nil || before.err != nil || s.problem != uncounted || before.problem != uncounted || len(s.rows) != len(before.rows) {
		return false
	}
	had := map[string]bool{}
	for _, row := range before.rows {
		had[id(row)] = true
	}
	return !slices.ContainsFunc(s.rows, func(row *jsontree.Value) bool { return !had[id(row)] })
}

// final reports whether reading the list again cannot help.
func final(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Outcome != Unsure || !e.passing)
}

// pageOf returns the page in an answer.
func pageOf(rows, total *jsontree.Value) page {
	got := page{rows: rows.Items(), total: unknownTotal}
	if rows.Kind() == jsontree.KindObject && rows.Len() > 0 {
		got.rows = []*jsontree.Value{rows} // one element printed as itself
	}
	if total.IsAbsentOrNull() {
		return got
	}
	whole, fraction, _ := strings.Cut(total.Text(), ".") // some servers print 2 as 2.0
	n, err := strconv.ParseInt(whole, 10, 64)
	if strings.Trim(fraction, "0") != "" {
		err = strconv.ErrSyntax
	}
	switch {
	case err != nil || n < 0:
		got.odd = fmt.Sprintf("the service counts %s rows", scalar(total))
	case n > wire.MaxPage*pageCeiling:
		got.total = wire.MaxPage*pageCeiling + 1
		got.odd = fmt.Sprintf("the service counts %d rows, more than can be", n)
	default:
		got.total = int(n)
	}
	return got
}
