package emulator_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fault  emulator.Fault
		check  func(t *testing.T, r reply, err error)
		commit bool
	}{
		{"busy, not carried out", emulator.Fault{Kind: emulator.FaultStatus, Status: 500, Code: "CB.00060100"}, wantStatus(500, "CB.00060100"), false},
		{"busy, carried out", emulator.Fault{Kind: emulator.FaultStatus, Status: 500, Code: "CB.00060100", Commit: emulator.CommitFirst}, wantStatus(500, "CB.00060100"), true},
		{"error inside 200", emulator.Fault{Kind: emulator.FaultStatus, Status: 200, Shape: "object", Code: "X"}, wantStatus(200, "X"), false},
		{"success false", emulator.Fault{Kind: emulator.FaultStatus, Status: 200, Shape: "failed", Code: "X"}, wantText(`"success":false`), false},
		{"error in a text", emulator.Fault{Kind: emulator.FaultStatus, Status: 200, Shape: "text", Code: "X"}, wantText(`\"error_code\":\"X\"`), false},
		{"body as it stands", emulator.Fault{Kind: emulator.FaultStatus, Status: 502, Body: "<x>"}, wantText("<x>"), false},
		{"unauthorised", emulator.Fault{Kind: emulator.FaultStatus, Status: 401}, wantStatus(401, "APIGW.0301"), false},
		{"throttled", emulator.Fault{Kind: emulator.FaultThrottle, RetryAfter: "7"}, func(t *testing.T, r reply, _ error) {
			if r.status != 429 || r.header.Get("Retry-After") != "7" || r.code() != "APIGW.0308" {
				t.Errorf("got %d %v %s", r.status, r.header, r.text)
			}
		}, false},
		{"captive portal", emulator.Fault{Kind: emulator.FaultHTML}, wantText("<!DOCTYPE html>"), false},
		{"redirect", emulator.Fault{Kind: emulator.FaultRedirect, Status: 307, Location: "http://other.invalid/"}, func(t *testing.T, r reply, _ error) {
			if r.status != 307 || r.header.Get("Location") != "http://other.invalid/" {
				t.Errorf("got %d %v", r.status, r.header)
			}
		}, false},
		{"reset before", emulator.Fault{Kind: emulator.FaultReset}, wantReset, false},
		{"reset after", emulator.Fault{Kind: emulator.FaultReset, Commit: emulator.CommitFirst}, wantReset, true},
		{"closed", emulator.Fault{Kind: emulator.FaultClose}, wantError, false},
		{"delay", emulator.Fault{Kind: emulator.FaultDelay, Delay: time.Millisecond}, wantStatus(200, ""), true},
		{"right answer, dry", emulator.Fault{Kind: emulator.FaultPass, Commit: emulator.CommitNever}, wantStatus(200, ""), false},
		{"cut at 0", emulator.Fault{Kind: emulator.FaultTruncate}, wantError, true},
		{"cut at 5", emulator.Fault{Kind: emulator.FaultTruncate, Cut: 5}, func(t *testing.T, r reply, err error) {
			if !errors.Is(err, io.ErrUnexpectedEOF) || len(r.text) != 5 {
				t.Errorf("got %q %v", r.text, err)
			}
		}, true},
		{"drip", emulator.Fault{Kind: emulator.FaultDrip, Delay: time.Microsecond}, wantStatus(200, ""), true},
		{"no id", emulator.Fault{Kind: emulator.FaultNoID}, func(t *testing.T, r reply, _ error) {
			if r.status != 200 || r.body.Get("result").Len() != 0 {
				t.Errorf("got %d %s", r.status, r.text)
			}
		}, true},
		{"other id", emulator.Fault{Kind: emulator.FaultOtherID}, wantStatus(200, ""), true},
		{"a key twice", emulator.Fault{Kind: emulator.FaultTwiceKeys}, wantRefused, true},
		{"a key in two cases", emulator.Fault{Kind: emulator.FaultCaseKeys}, wantRefused, true},
		{"trailing data", emulator.Fault{Kind: emulator.FaultTrailing}, wantRefused, true},
		{"invalid UTF-8", emulator.Fault{Kind: emulator.FaultBadUTF8}, wantRefused, true},
		{"too deep", emulator.Fault{Kind: emulator.FaultDeep}, wantRefused, true},
		{"big number", emulator.Fault{Kind: emulator.FaultBigNumber}, wantText("123456789012345678901234567890"), true},
		{"big header", emulator.Fault{Kind: emulator.FaultBigHeader}, wantError, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, emulator.Options{})
			test.fault.Op = "CreateJob"
			c.srv.MustFail(t, test.fault)
			r, err := c.send(c.request("POST", "/v3/jobs/create", jobBody("a")))
			test.check(t, r, err)
			if got := len(c.srv.MustTruth(t).Jobs) == 1; got != test.commit {
				t.Errorf("carried out = %t, want %t", got, test.commit)
			}
			c.srv.AllPlayed(t)
			call := c.srv.Calls()[0]
			if call.Fault != string(test.fault.Kind) || call.Committed != test.commit {
				t.Errorf("recorded %+v", call)
			}
			if r := c.call("GET", "/v3/"+emulator.DefaultProject+"/jobs?page_index=0&page_size=1", ""); r.status != 200 {
				t.Errorf("another call meets the fault: %d", r.status)
			}
		})
	}
}

func wantStatus(status int, code string) func(*testing.T, reply, error) {
	return func(t *testing.T, r reply, err error) {
		t.Helper()
		if err != nil || r.status != status || r.code() != code {
			t.Errorf("got %d %s %v, want %d %s", r.status, r.text, err, status, code)
		}
	}
}

func wantText(text string) func(*testing.T, reply, error) {
	return func(t *testing.T, r reply, err error) {
		t.Helper()
		if err != nil || !strings.Contains(r.text, text) {
			t.Errorf("got %d %s %v, want %s", r.status, r.text, err, text)
		}
	}
}

func wantError(t *testing.T, r reply, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("got %d %s, want a broken connection", r.status, r.text)
	}
}

func wantReset(t *testing.T, _ reply, err error) {
	t.Helper()
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want a reset", err)
	}
}

// wantRefused wants an answer that a strict reader does not take.
func wantRefused(t *testing.T, r reply, err error) {
	t.Helper()
	if err != nil || r.status != 200 || r.body != nil {
		t.Errorf("got %d %v %.80s, want a 200 that is not to be trusted", r.status, err, r.text)
	}
	if _, err := jsontree.Parse([]byte(r.text), jsontree.Limits{}); err == nil {
		t.Error("the strict parser takes it")
	}
}

func TestSilenceEndsWithTheClient(t *testing.T) {
	t.Parallel()
	for _, commit := range []emulator.Commit{emulator.CommitNever, emulator.CommitFirst} {
		c := start(t, emulator.Options{})
		reached := make(chan struct{})
		c.srv.MustFail(t, emulator.Fault{Op: "CreateJob", Kind: emulator.FaultSilence, Commit: commit, After: func() { close(reached) }})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-reached; cancel() }()
		if _, err := c.send(c.request("POST", "/v3/jobs/create", jobBody("a")).WithContext(ctx)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the client's own end", err)
		}
		if got := len(c.srv.MustTruth(t).Jobs); (got == 1) != (commit == emulator.CommitFirst) {
			t.Errorf("commit %s: %d jobs", commit, got)
		}
	}
}

func TestLateCommit(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{Now: fixedClock})
	c.srv.MustFail(t, emulator.Fault{Op: "CreateJob", Kind: emulator.FaultStatus, Status: 504, Commit: emulator.CommitLate, Delay: 10 * time.Minute})
	if r := c.call("POST", "/v3/jobs/create", jobBody("a")); r.status != 504 {
		t.Fatalf("got %d", r.status)
	}
	c.srv.Advance(10*time.Minute - 1)
	if got := len(c.srv.MustTruth(t).Jobs); got != 0 {
		t.Errorf("%d jobs before the commit is due", got)
	}
	c.srv.Advance(1)
	if got := len(c.srv.MustTruth(t).Jobs); got != 1 || !c.srv.Calls()[0].Committed {
		t.Errorf("%d jobs when it is due, recorded %+v", got, c.srv.Calls()[0])
	}
}

func TestLateCommitNeedsAuthentication(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{Now: fixedClock})
	c.token = "nobody's"
	c.srv.MustFail(t, emulator.Fault{Op: "CreateJob", Kind: emulator.FaultReset, Commit: emulator.CommitLate, Delay: time.Second})
	_, err := c.send(c.request("POST", "/v3/jobs/create", jobBody("a")))
	wantError(t, reply{}, err)
	c.srv.Advance(time.Minute)
	if got := len(c.srv.MustTruth(t).Jobs); got != 0 {
		t.Errorf("a request without a right was carried out late: %d jobs", got)
	}
}

func TestWhichRequestsAFaultMeets(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		faults []emulator.Fault
		want   string // statuses of five listings
	}{
		{"first only", []emulator.Fault{{Op: "ListJobs"}}, "500 200 200 200 200"},
		{"third", []emulator.Fault{{Op: "ListJobs", Nth: 3}}, "200 200 500 200 200"},
		{"second and third", []emulator.Fault{{Op: "ListJobs", Nth: 2, Times: 2}}, "200 500 500 200 200"},
		{"for ever", []emulator.Fault{{Method: "GET", Times: -1}}, "500 500 500 500 500"},
		{"by path", []emulator.Fault{{Path: "/v3/*/jobs", Nth: 5}}, "200 200 200 200 500"},
		{"two queue up", []emulator.Fault{{Op: "ListJobs"}, {Op: "ListJobs", Status: 503}}, "500 503 200 200 200"},
		{"another operation", []emulator.Fault{{Op: "QueryJob"}}, "200 200 200 200 200"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, emulator.Options{})
			for _, f := range test.faults {
				f.Kind = emulator.FaultStatus
				if f.Status == 0 {
					f.Status = 500
				}
				c.srv.MustFail(t, f)
			}
			var got []string
			for range 5 {
				got = append(got, http.StatusText(c.call("GET", "/v3/"+emulator.DefaultProject+"/jobs?page_index=0&page_size=1", "").status))
			}
			want := strings.NewReplacer("200", "OK", "500", "Internal Server Error", "503", "Service Unavailable").Replace(test.want)
			if joined := strings.Join(got, " "); joined != want {
				t.Errorf("got %s, want %s", joined, want)
			}
			if left := len(c.srv.Unplayed()); (left > 0) != (test.name == "another operation") {
				t.Errorf("%d faults unplayed", left)
			}
		})
	}
}

func TestEndlessAnswers(t *testing.T) {
	t.Parallel()
	for _, kind := range []emulator.FaultKind{emulator.FaultEndless, emulator.FaultHeader} {
		c := start(t, emulator.Options{})
		c.srv.MustFail(t, emulator.Fault{Op: "ListIAMProjects", Kind: kind})
		resp, err := c.http.Do(c.request("GET", "/v3/projects", ""))
		if kind == emulator.FaultHeader {
			if err == nil {
				t.Errorf("%s: the header ended", kind)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := io.CopyN(io.Discard, resp.Body, 4<<20); n != 4<<20 {
			t.Errorf("%s: the body ended after %d bytes", kind, n)
		}
		resp.Body.Close()
	}
}

func TestGzipBomb(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	c.srv.MustFail(t, emulator.Fault{Op: "ListIAMProjects", Kind: emulator.FaultGzipBomb})
	req := c.request("GET", "/v3/projects", "")
	req.Header.Set("Accept-Encoding", "gzip") // by hand, so that the transport leaves it packed
	r, err := c.send(req)
	if err != nil || r.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("got %v %v", r.header, err)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader([]byte(r.text)))
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, unpacked)
	if err != nil || n < 500*int64(len(r.text)) {
		t.Errorf("%d bytes became %d (%v), want a factor of 500 at least", len(r.text), n, err)
	}
}

func TestDieOnReuse(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	c.srv.MustFail(t, emulator.Fault{Op: "ListIAMProjects", Kind: emulator.FaultDieOnReuse})
	c.good("GET", "/v3/projects", "")
	// A POST is not sent again by the transport once a byte of it has gone out.
	if r, err := c.send(c.request("POST", "/v3/jobs/create", jobBody("a"))); err == nil {
		t.Errorf("got %d, want a dead connection", r.status)
	}
	if got := len(c.srv.MustTruth(t).Jobs); got != 0 {
		t.Errorf("%d jobs, want none", got)
	}
}

func TestCommitOnError(t *testing.T) {
	t.Parallel()
	c := withQuirks(t, "commit-on-error")
	c.srv.MustFail(t, emulator.Fault{Op: "CreateJob", Kind: emulator.FaultStatus, Status: 500, Times: 4})
	for range 4 {
		c.call("POST", "/v3/jobs/create", jobBody("a"))
	}
	if got := len(c.srv.MustTruth(t).Jobs); got != 2 {
		t.Errorf("%d of 4 failing creates were carried out, want every second", got)
	}
}

func TestWindowsForOthers(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	id := c.create(jobBody("a"))
	edit := func(name string) func() {
		return func() {
			c.good("POST", "/v3/jobs/update", strings.Replace(jobBody(name), "{", `{"job_id":"`+id+`",`, 1))
		}
	}
	c.srv.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultPass, Before: edit("before"), After: edit("after")})
	edit("mine")()
	job := c.srv.MustTruth(t).Job(id)
	if job.Name != "after" || strings.Join(job.History, " ") != "CREATE UPDATE UPDATE UPDATE" {
		t.Errorf("name %s, history %v", job.Name, job.History)
	}
}

func TestMalformedFaultsAreRefused(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	for _, f := range []emulator.Fault{
		{}, {Kind: "x"}, {Kind: emulator.FaultStatus}, {Kind: emulator.FaultReset, Op: "Nothing"}, {Kind: emulator.FaultReset, Path: "["},
		{Kind: emulator.FaultReset, Commit: "x"}, {Kind: emulator.FaultReset, Times: -2}, {Kind: emulator.FaultStatus, Status: 200, Shape: "x"},
	} {
		if err := c.srv.Fail(f); err == nil {
			t.Errorf("%+v is taken", f)
		}
		if _, err := emulator.New(emulator.Options{Faults: []emulator.Fault{f}}); err == nil {
			t.Errorf("%+v is taken as an option", f)
		}
	}
}

func TestParseFault(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want emulator.Fault
	}{
		{"CreateJob:nth=2,kind=reset-after", emulator.Fault{Op: "CreateJob", Nth: 2, Kind: emulator.FaultReset, Commit: emulator.CommitFirst}},
		{"*:kind=silence-before", emulator.Fault{Kind: emulator.FaultSilence, Commit: emulator.CommitNever}},
		{":status=503,times=-1,retry_after=1", emulator.Fault{Kind: emulator.FaultStatus, Status: 503, Times: -1, RetryAfter: "1"}},
		{"QueryJob:kind=delay,delay=1.5s,method=GET,path=/v3/*", emulator.Fault{Op: "QueryJob", Kind: emulator.FaultDelay, Delay: 1500 * time.Millisecond, Method: "GET", Path: "/v3/*"}},
		{"UpdateJob:kind=die-on-reuse", emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultDieOnReuse}},
		{"UpdateJob:kind=truncate,cut=3,commit=never", emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultTruncate, Cut: 3, Commit: emulator.CommitNever}},
	}
	for _, test := range tests {
		got, err := emulator.ParseFault(test.text)
		if d := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", test.text, err, d)
		}
		var back emulator.Fault
		data, err := json.Marshal(got)
		if err == nil {
			err = json.Unmarshal(data, &back)
		}
		if d := cmp.Diff(got, back); err != nil || d != "" {
			t.Errorf("%s through JSON: %v\n%s", test.text, err, d)
		}
	}
	for _, text := range []string{"", "CreateJob", "CreateJob:x", "CreateJob:kind=x", "CreateJob:nth=x,kind=reset", "No:kind=reset", "*:delay=1,kind=delay", "*:colour=red"} {
		if _, err := emulator.ParseFault(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestRateAndLatency(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{Now: fixedClock, Rate: 2, Latency: time.Microsecond})
	var got []int
	for range 3 {
		got = append(got, c.call("GET", "/v3/projects", "").status)
	}
	r := c.call("GET", "/v3/projects", "")
	if got[0] != 200 || got[1] != 200 || got[2] != 429 || r.header.Get("Retry-After") != "1" {
		t.Errorf("two a second: %v, Retry-After %q", got, r.header.Get("Retry-After"))
	}
	c.srv.Advance(time.Second)
	c.good("GET", "/v3/projects", "")
}

func FuzzParseFault(f *testing.F) {
	f.Add("CreateJob:nth=2,kind=reset-after")
	f.Add("*:status=503,times=-1")
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := emulator.ParseFault(text)
		if err != nil {
			return
		}
		e, err := emulator.New(emulator.Options{Faults: []emulator.Fault{fault}})
		if err != nil {
			t.Fatalf("%q parses and is refused: %v", text, err)
		}
		e.Close()
	})
}
