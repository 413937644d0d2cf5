package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/client"
)

// list serves n jobs, or templates, in pages.
type list struct {
	n     int
	base  int    // the number of the first page
	below string // the answer to a page before the first: "", "same", "400"
	total func(n int) string
	odd   func(page int, scan int, rows []string) ([]string, int) // changes a page; a status of 0 is 200
	scan  int
}

func (l *list) serve(w http.ResponseWriter, r *http.Request, _ int) {
	query := r.URL.Query()
	templates := strings.Contains(r.URL.Path, "template")
	number, size := query.Get("page_index"), query.Get("page_size")
	if templates {
		number = query.Get("page")
	}
	index, _ := strconv.Atoi(number)
	length, _ := strconv.Atoi(size)
	if index == 0 {
		l.scan++
	}
	page := index - l.base
	if page < 0 {
		switch l.below {
		case "400":
			reply(w, 400, `{"error_code":"CB.00060200","error_msg":"Invalid parameter."}`)
			return
		case "same":
			page = 0
		}
	}
	var rows []string
	for i := page * length; page >= 0 && i < min(l.n, (page+1)*length); i++ {
		key := "id"
		if templates {
			key = "uuid"
		}
		rows = append(rows, fmt.Sprintf(`{"%s":"j%d","job_name":"n%d"}`, key, i, i))
	}
	status := 0
	if l.odd != nil {
		rows, status = l.odd(page, l.scan, rows)
	}
	switch status {
	case 0:
	case http.StatusBadRequest:
		reply(w, status, `{"error_code":"CB.00060200"}`)
		return
	default:
		reply(w, status, `{"error_code":"CB.00060100"}`)
		return
	}
	total := strconv.Itoa(l.n)
	if l.total != nil {
		total = l.total(l.n)
	}
	body := fmt.Sprintf(`{"total":%s,"jobs":[%s]}`, total, strings.Join(rows, ","))
	if templates {
		body = fmt.Sprintf(`{"result":{"total_size":%s,"items":[%s]},"status":"success"}`, total, strings.Join(rows, ","))
	}
	reply(w, 200, body)
}

// isDoubted names the lists whose end only the total shows, and those without a total. An empty page
// before the first one proves nothing about the end.
func isDoubted(name string) bool {
	return slices.Contains([]string{"empty", "empty, refused before", "a full page"}, name) || strings.Contains(name, "not counted")
}

func TestListing(t *testing.T) {
	t.Parallel()
	once := func(scan int, change func(page int, rows []string) ([]string, int)) func(int, int, []string) ([]string, int) {
		return func(page, at int, rows []string) ([]string, int) {
			if at != scan {
				return rows, 0
			}
			return change(page, rows)
		}
	}
	fixed := func(text string) func(int) string { return func(int) string { return text } }
	for _, test := range []struct {
		name     string
		list     list
		found    int
		complete bool
		requests int // 0: any number
	}{
		{"empty", list{n: 0}, 0, true, 1},
		{"empty, refused before", list{n: 0, base: 1, below: "400"}, 0, true, 2},
		{"empty, not counted", list{n: 0, total: fixed("null")}, 0, true, 4},
		{"one page, not counted", list{n: 5, total: fixed("null")}, 5, true, 4},
		{"a full page, not counted", list{n: 100, total: fixed("null")}, 100, true, 4},
		{"three pages, not counted", list{n: 250, total: fixed("null")}, 250, true, 8},
		{"base 1, not counted", list{n: 250, base: 1, total: fixed("null")}, 250, true, 10},
		{"base 1, first page twice, not counted", list{n: 250, base: 1, below: "same", total: fixed("null")}, 250, true, 10},
		{"refused beyond the end, not counted", list{n: 150, total: fixed("null"), odd: func(page, _ int, rows []string) ([]string, int) {
			if page > 1 {
				return nil, 400
			}
			return rows, 0
		}}, 150, true, 6},
		{"pages ignored, not counted", list{n: 5, total: fixed("null"), odd: func(page, _ int, rows []string) ([]string, int) {
			if page > 0 {
				return []string{`{"id":"j0","uuid":"j0","job_name":"n0"}`}, 0
			}
			return rows, 0
		}}, 5, true, 6},
		{"less in each second scan, not counted", list{n: 150, total: fixed("null"), odd: func(page, scan int, rows []string) ([]string, int) {
			if page == 1 && scan%2 == 0 {
				return nil, 0
			}
			return rows, 0
		}}, 150, false, 0},
		{"one page", list{n: 5}, 5, true, 1},
		{"a count with a fraction of zero", list{n: 5, total: fixed("5.0")}, 5, true, 1},
		{"a full page", list{n: 100}, 100, true, 2},
		{"three pages", list{n: 250}, 250, true, 3},
		{"ten full pages", list{n: 1000}, 1000, true, 10},
		{"base 1, nothing before", list{n: 250, base: 1}, 250, true, 4},
		{"base 1, first page twice", list{n: 250, base: 1, below: "same"}, 250, true, 4},
		{"base 1, refused before", list{n: 250, base: 1, below: "400"}, 250, true, 4},
		{"base 1, one page", list{n: 5, base: 1}, 5, true, 2},
		{"base 1, one page twice", list{n: 5, base: 1, below: "same"}, 5, true, 1},
		{"base 1, a full page twice", list{n: 100, base: 1, below: "same"}, 100, true, 2},
		{"total as text", list{n: 250, total: fixed(`"250"`)}, 250, true, 3},
		{"total too large", list{n: 5, total: fixed("7")}, 5, false, 0},
		{"total too small", list{n: 5, total: fixed("3")}, 5, false, 0},
		{"total of the page only", list{n: 250, total: fixed("100")}, 250, false, 0},
		{"total negative", list{n: 5, total: fixed("-1")}, 5, false, 0},
		{"total huge", list{n: 5, total: fixed("1000000000000000000")}, 5, false, 0},
		{"total a fraction", list{n: 5, total: fixed("5.5")}, 5, false, 0},
		{"total a word", list{n: 5, total: fixed(`"many"`)}, 5, false, 0},
		{"page 2 empty once", list{n: 250, odd: once(1, func(page int, rows []string) ([]string, int) {
			if page == 1 {
				return nil, 0
			}
			return rows, 0
		})}, 250, true, 0},
		{"page 2 shorter once", list{n: 250, odd: once(1, func(page int, rows []string) ([]string, int) {
			if page == 1 {
				return rows[:40], 0
			}
			return rows, 0
		})}, 250, true, 0},
		{"page 2 fails for a scan", list{n: 250, odd: once(1, func(page int, rows []string) ([]string, int) {
			if page == 1 {
				return nil, 500
			}
			return rows, 0
		})}, 250, true, 0},
		{"page 2 always shorter", list{n: 250, odd: func(page, _ int, rows []string) ([]string, int) {
			if page == 1 {
				return rows[:40], 0
			}
			return rows, 0
		}}, 190, false, 0},
		{"a row without an id", list{n: 5, odd: func(_, _ int, rows []string) ([]string, int) {
			if len(rows) > 0 {
				rows[2] = `{"job_name":"x"}`
			}
			return rows, 0
		}}, 4, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, ahead := range []int{0, 4} {
				l := test.list
				s := newServer(t, inTurn(l.serve))
				c, _ := newClient(t, s.URL, func(cfg *client.Config) { cfg.ListAhead = ahead })
				list, err := c.Listing(t.Context(), projectID)
				if err != nil {
					t.Fatal(err)
				}
				if len(list.Jobs) != test.found || list.Complete != test.complete || list.Complete != (list.Problem == "") {
					t.Errorf("%d ahead: %d jobs, complete %v (%s), want %d, %v", ahead, len(list.Jobs), list.Complete, list.Problem, test.found, test.complete)
				}
				if doubted := isDoubted(test.name); list.Complete && list.Doubted != doubted {
					t.Errorf("%d ahead: doubted %t, want %t", ahead, list.Doubted, doubted)
				}
				if n := len(s.all()); test.requests != 0 && n != test.requests {
					t.Errorf("%d ahead: %d requests, want %d", ahead, n, test.requests)
				}
			}

			again := test.list
			s := newServer(t, again.serve)
			c, _ := newClient(t, s.URL)
			uuids := map[string]bool{}
			var err error
			for template, e := range c.Templates(t.Context(), "") {
				if err = e; e == nil {
					uuids[template.UUID] = true
				}
			}
			var incomplete *client.IncompleteError
			if len(uuids) != test.found || (err == nil) != test.complete || err != nil && !errors.As(err, &incomplete) {
				t.Errorf("%d templates, %v, want %d", len(uuids), err, test.found)
			}
		})
	}
}

// TestTemplatesInOtherForms reads a list of templates that a service prints as a bare list, as null,
// or not at all: the first two are lists, the last is not an answer of this call.
func TestTemplatesInOtherForms(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{
		`{"result":[{"uuid":"a"},{"uuid":"b"}],"error":null,"status":"success"}`: 2,
		`{"result":[],"status":"success"}`:                                       0,
		`{"result":null,"error":null,"status":"success"}`:                        0,
		`{"result":{"items":null},"status":"success"}`:                           0,
		`{"result":{"items":{"uuid":"a"}},"status":"success"}`:                   1,
		`{"status":"success"}`:                                                   -1,
		`{"result":{"other":1},"status":"success"}`:                              -1,
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, answer) })
			c, _ := newClient(t, s.URL)
			got := 0
			for _, err := range c.Templates(t.Context(), "") {
				if err != nil {
					got = -1
					break
				}
				got++
			}
			if got != want {
				t.Errorf("%d templates, want %d", got, want)
			}
		})
	}
}

// TestListsOfOne checks the lists that no pager reads, printed as their only element.
func TestListsOfOne(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("a", 32)
	answers := map[string]string{
		http.MethodGet + " /v1/job/" + id + "/history":       `{"result":{"total":1,"job_update_records":{"update_number":7}},"status":"success"}`,
		http.MethodGet + " /v3/jobs/notice/" + id + "/query": `{"result":{"notice_type":"MAIL","enable_map":{"deleteJob":true}},"status":"success"}`,
		http.MethodDelete + " /v3/templates/u1/delete":       `{"result":{"uuid":"u2"},"status":"success"}`,
	}
	s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) { reply(w, 200, answers[r.Method+" "+r.URL.Path]) })
	c, _ := newClient(t, s.URL)
	if changes, err := c.JobChanges(t.Context(), id); err != nil || len(changes) != 1 || changes[0].Number != "7" {
		t.Errorf("changes: %v, %v", changes, err)
	}
	if notices, err := c.Notices(t.Context(), id); err != nil || len(notices) != 1 || !notices[0].EnableMap["deleteJob"] {
		t.Errorf("notifications: %v, %v", notices, err)
	}
	if err := c.DeleteTemplate(t.Context(), "u1"); !errors.Is(err, client.ErrWrongObject) {
		t.Errorf("an answer about another template: %v", err)
	}
}

// inTurn serves one request at a time.
func inTurn(serve func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request, n int) {
		mu.Lock()
		defer mu.Unlock()
		serve(w, r, n)
	}
}

// TestListingReadsAhead checks that pages are read at the same time once the first page has the
// total.
func TestListingReadsAhead(t *testing.T) {
	t.Parallel()
	l := list{n: 1000}
	const ahead = 4
	var together atomic.Int32
	s := newServer(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if index := r.URL.Query().Get("page_index"); index >= "1" && index <= "4" {
			ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
			defer cancel()
			for together.Add(1); together.Load() < ahead && ctx.Err() == nil; { // all four arrive before one is answered
				runtime.Gosched()
			}
			if ctx.Err() != nil {
				t.Errorf("page %s came alone", index)
			}
		}
		served := l
		served.serve(w, r, n)
	})
	c, _ := newClient(t, s.URL, func(cfg *client.Config) { cfg.ListAhead = ahead })
	list, err := c.Listing(t.Context(), projectID)
	if err != nil || len(list.Jobs) != l.n || !list.Complete || len(s.all()) != 10 {
		t.Errorf("%d jobs, complete %v, %v, by %d requests", len(list.Jobs), list.Complete, err, len(s.all()))
	}
	for i, job := range list.Jobs {
		if want := fmt.Sprint("j", i); job.ID != want {
			t.Fatalf("row %d is %s, want %s: not in the order of the service", i, job.ID, want)
		}
	}
}

// TestListingFindsEveryJob checks that a list that does not change is read completely, whatever the
// number of its first page.
func TestListingFindsEveryJob(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := list{
			n:     rapid.IntRange(0, 420).Draw(rt, "n"),
			base:  rapid.IntRange(0, 1).Draw(rt, "base"),
			below: rapid.SampledFrom([]string{"", "same", "400"}).Draw(rt, "below"),
		}
		s := newServer(t, inTurn(l.serve))
		defer s.Close()
		ahead := rapid.IntRange(0, 3).Draw(rt, "ahead")
		c, _ := newClient(t, s.URL, func(cfg *client.Config) { cfg.ListAhead = ahead })
		list, err := c.Listing(t.Context(), projectID)
		if err != nil || len(list.Jobs) != l.n || !list.Complete {
			rt.Fatalf("%+v: %d jobs, complete %v (%s), %v", l, len(list.Jobs), list.Complete, list.Problem, err)
		}
	})
}

func TestListingThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		answer   func(w http.ResponseWriter, r *http.Request)
		is       error
		requests int
	}{
		{"forbidden", func(w http.ResponseWriter, r *http.Request) { reply(w, 403, `{"error_code":"CB.9"}`) }, client.ErrForbidden, 1},
		{"outage", func(w http.ResponseWriter, r *http.Request) { reply(w, 503, ``) }, client.ErrAmbiguous, 5},
		{"portal", func(w http.ResponseWriter, r *http.Request) { reply(w, 200, `<html>`) }, client.ErrNotTheAPI, 1},
		{"another answer", func(w http.ResponseWriter, r *http.Request) { reply(w, 200, `{"status":"success"}`) }, client.ErrNotTheAPI, 1},
		{"rows without ids", func(w http.ResponseWriter, r *http.Request) {
			reply(w, 200, `{"total":1,"jobs":[{"key":"a","job_name":"b"}]}`)
		}, client.ErrNotTheAPI, 1},
		{"rows without names", func(w http.ResponseWriter, r *http.Request) {
			reply(w, 200, `{"total":1,"jobs":[{"id":"a","title":"b"}]}`)
		}, client.ErrNotTheAPI, 1},
	} {
		s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) { test.answer(w, r) })
		c, _ := newClient(t, s.URL)
		list, err := c.Listing(t.Context(), projectID)
		if !errors.Is(err, test.is) || list.Complete || len(s.all()) != test.requests {
			t.Errorf("%s: %d requests, %+v, %v", test.name, len(s.all()), list, err)
		}
	}
}

// TestListingIsNotReadAgainAfterARefusal checks that a list is not read again after an answer that
// would not change.
func TestListingIsNotReadAgainAfterARefusal(t *testing.T) {
	t.Parallel()
	l := list{n: 150}
	s := newServer(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if r.URL.Query().Get("page_index") == "1" {
			reply(w, 403, `{"error_code":"CB.9"}`)
			return
		}
		l.serve(w, r, n)
	})
	c, _ := newClient(t, s.URL)
	got, err := c.Listing(t.Context(), projectID)
	if !errors.Is(err, client.ErrForbidden) || got.Complete || len(s.all()) != 2 {
		t.Errorf("%d requests, want 2; %+v, %v", len(s.all()), got, err)
	}
}

// TestListWithoutEnd checks that reading stops at the page limit.
func TestListWithoutEnd(t *testing.T) {
	t.Parallel()
	next := 0
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		next++
		reply(w, 200, fmt.Sprintf(`{"total":99999,"jobs":[{"id":"j%d","job_name":"n"}]}`, next))
	})
	c, _ := newClient(t, s.URL)
	list, err := c.Listing(t.Context(), projectID)
	if err != nil || list.Complete || list.Problem == "" || len(s.all()) > 4*1000 {
		t.Errorf("%d requests, %v: complete %t, %q", len(s.all()), err, list.Complete, list.Problem)
	}
}

func TestHistoryOfAJobThatNeverRan(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		reply(w, 403, `{"error_code":"CB.00031059","error_msg":"no build history"}`)
	})
	c, _ := newClient(t, s.URL)
	for record, err := range c.History(t.Context(), jobID, 30) {
		t.Errorf("%+v, %v", record, err)
	}
}
