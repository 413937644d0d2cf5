package client

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func answerOf(status int, body string, header ...string) *answer {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &answer{status: status, header: h, raw: []byte(body)}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	const (
		rejected = Rejected
		notSent  = NotSent
		unsure   = Unsure
	)
	for _, test := range []struct {
		name     string
		answer   *answer
		empty    bool
		outcome  Outcome
		code     string
		is       []error
		passing  bool
		answered bool
		message  string
	}{
		{name: "success", answer: answerOf(200, `{"result":{"job_id":"a"},"error":null,"status":"success"}`)},
		{name: "success with the code 0", answer: answerOf(200, `{"error_code":"0","error_msg":"success","error":{"code":0,"message":"ok"},"status":"0","result":{"job_id":"a"}}`)},
		{name: "success in another word", answer: answerOf(200, `{"status":"ok","result":{"job_id":"a"}}`)},
		{name: "success of an accepted call", answer: answerOf(202, `{"status":"Accepted","result":{"job_id":"a"}}`)},
		{name: "success of a completed call", answer: answerOf(200, `{"status":"COMPLETED"}`)},
		{name: "success as a number", answer: answerOf(200, `{"status":200,"result":{"job_id":"a"}}`)},
		{name: "success in capitals", answer: answerOf(200, `{"status":"SUCCESS"}`)},
		{name: "success with empty errors", answer: answerOf(200, `{"success":true,"err_code":"","error":"","error_code":null,"result":{}}`)},
		{name: "success as text", answer: answerOf(200, `{"success":"true","result":""}`)},
		{name: "success with an empty error object", answer: answerOf(200, `{"status":"success","error":{}}`)},
		{name: "success with an error of nulls", answer: answerOf(200, `{"status":"success","error":{"code":null,"reason":"","detail":{"a":null}},"result":{"job_id":"a"}}`)},
		{name: "success with an empty status", answer: answerOf(200, `{"result":{"job_id":"a"},"status":""}`)},
		{name: "success after a byte order mark", answer: answerOf(200, "\ufeff"+`{"result":{"job_id":"a"}}`)},
		{name: "an error of nulls and a failed status", answer: answerOf(200, `{"status":"error","error":{"code":null}}`), outcome: rejected, message: "status error"},
		{name: "success in a string", answer: answerOf(200, `"{\"result\":{\"job_id\":\"a\"},\"status\":\"success\"}"`)},
		{name: "success in a string in a string", answer: answerOf(200, `"\"{\\\"status\\\":\\\"success\\\"}\""`)},
		{name: "success, created", answer: answerOf(201, `{"token":{}}`)},
		{name: "bare array", answer: answerOf(200, `[1]`)},
		{name: "empty where allowed", answer: answerOf(200, " \n"), empty: true},
		{name: "empty where not", answer: answerOf(200, ""), outcome: unsure, passing: true, is: []error{ErrAmbiguous}},

		{name: "200 with error_code", answer: answerOf(200, `{"error_code":"CB.00060200","error_msg":"Invalid parameter."}`), outcome: rejected, code: "CB.00060200", answered: true, message: "Invalid parameter."},
		{name: "200 with an error object", answer: answerOf(200, `{"error":{"code":"DEVCB.00030000","reason":"no"},"status":"error"}`), outcome: rejected, code: "DEVCB.00030000", answered: true, message: "no"},
		{name: "200 with an error message object", answer: answerOf(200, `{"error":{"code":7,"message":"no"}}`), outcome: rejected, code: "7", answered: true, message: "no"},
		{name: "200 with an error text", answer: answerOf(200, `{"error":"no","result":null,"status":"success"}`), outcome: rejected, message: "no"},
		{name: "200 with a failed status", answer: answerOf(200, `{"status":"failed","result":{"job_id":"a"}}`), outcome: rejected, message: "status failed"},
		{name: "200 with an unknown status", answer: answerOf(200, `{"status":"processing","result":{"job_id":"a"}}`), outcome: unsure, message: "status processing"},
		{name: "200 with a status in another language", answer: answerOf(200, `{"status":"运行中"}`), outcome: unsure, message: "status 运行中"},
		{name: "200 with an unknown status and a code", answer: answerOf(200, `{"status":"processing","error_code":"DEVCB.00030000"}`), outcome: rejected, code: "DEVCB.00030000", answered: true, message: "status processing"},
		{name: "200 with an unknown status and no success", answer: answerOf(200, `{"status":"processing","success":false}`), outcome: rejected, message: "status processing"},
		{name: "422 with an unknown status", answer: answerOf(422, `{"status":"processing"}`), outcome: rejected, message: "status processing"},
		{name: "200 with a status that is not a text", answer: answerOf(200, `{"status":500}`), outcome: rejected},
		{name: "200 without success", answer: answerOf(200, `{"success":false,"message":"no","err_code":"X.1"}`), outcome: rejected, code: "X.1", answered: true, message: "no"},
		{name: "200 without success, without a code", answer: answerOf(200, `{"success":false,"message":"no","result":{"job_id":"a"}}`), outcome: rejected, message: "no"},
		{name: "200 without success, other spelling", answer: answerOf(200, `{"success":"false","errCode":"X.2"}`), outcome: rejected, code: "X.2", answered: true},
		{name: "200 with an error in a string", answer: answerOf(200, `"{\"error_code\":\"X.3\",\"error_msg\":\"no\"}"`), outcome: rejected, code: "X.3", answered: true},
		{name: "200 with not found", answer: answerOf(200, `{"error":{"code":"CB.00031006","reason":"gone"},"status":"error"}`), outcome: rejected, code: "CB.00031006", answered: true, is: []error{ErrNotFound}},
		{name: "200 and busy", answer: answerOf(200, `{"error_code":"CB.00060100"}`), outcome: unsure, code: "CB.00060100", answered: true, passing: true, is: []error{ErrTryAgain, ErrAmbiguous}},

		{name: "job not found, v1", answer: answerOf(422, `{"error_code":"DEVCB.00031006"}`), outcome: rejected, code: "DEVCB.00031006", answered: true, is: []error{ErrNotFound}},
		{name: "template not found", answer: answerOf(422, `{"error_code":"DEV.CB.0520002"}`), outcome: rejected, code: "DEV.CB.0520002", answered: true, is: []error{ErrNotFound}},
		{name: "not found by status", answer: answerOf(404, `{"error_code":"CB.1"}`), outcome: rejected, code: "CB.1", answered: true, is: []error{ErrNotFound}},
		{name: "not found as a page", answer: answerOf(404, `<html>nginx</html>`), outcome: unsure, is: []error{ErrNotTheAPI}, message: "nginx"},
		{name: "not found without a code", answer: answerOf(404, `{"detail":"x"}`), outcome: unsure, is: []error{ErrNotTheAPI}},
		{name: "URL unknown", answer: answerOf(404, `{"error_code":"CB.00060214"}`), outcome: rejected, code: "CB.00060214", answered: true, is: []error{ErrRouteMissing}},
		{name: "route missing", answer: answerOf(404, `{"error_code":"APIGW.0101"}`), outcome: rejected, code: "APIGW.0101", is: []error{ErrRouteMissing}},
		{name: "method not allowed", answer: answerOf(405, `{"error_code":"X"}`), outcome: rejected, code: "X", answered: true, is: []error{ErrRouteMissing}},
		{name: "conflict", answer: answerOf(409, `{"error_code":"X"}`), outcome: rejected, code: "X", answered: true, is: []error{ErrExists}},
		{name: "invalid parameter", answer: answerOf(400, `{"error_code":"CB.00060200"}`), outcome: rejected, code: "CB.00060200", answered: true},
		{name: "forbidden", answer: answerOf(403, `{"error_code":"CB.9"}`), outcome: rejected, code: "CB.9", answered: true, is: []error{ErrForbidden}},
		{name: "no such build", answer: answerOf(403, `{"error_code":"CB.00031059"}`), outcome: rejected, code: "CB.00031059", answered: true, is: []error{ErrNotFound}},
		{name: "forbidden by the gateway", answer: answerOf(403, `{"error_code":"APIGW.0302"}`), outcome: notSent, code: "APIGW.0302", is: []error{ErrForbidden}},
		{name: "refused by the gateway", answer: answerOf(401, `{"error_code":"APIGW.0301"}`), outcome: notSent, code: "APIGW.0301", is: []error{ErrUnauthorized}},
		{name: "refused by IAM", answer: answerOf(401, `{"error":{"code":401,"message":"no","title":"Unauthorized"}}`), outcome: rejected, code: "401", answered: true, is: []error{ErrUnauthorized}},
		{name: "refused by a page", answer: answerOf(401, `<html>`), outcome: unsure, is: []error{ErrUnauthorized}},

		{name: "throttled by the gateway", answer: answerOf(429, `{"error_code":"APIGW.0308"}`), outcome: notSent, code: "APIGW.0308", passing: true, is: []error{ErrRateLimited}},
		{name: "throttled by the service", answer: answerOf(429, `{"error_code":"CB.5"}`), outcome: rejected, code: "CB.5", answered: true, passing: true, is: []error{ErrRateLimited}},
		{name: "throttled by a page", answer: answerOf(429, `slow down`), outcome: unsure, passing: true, is: []error{ErrRateLimited}},
		{name: "throttled with 500", answer: answerOf(500, `{"error_code":"CB.00060211"}`), outcome: unsure, code: "CB.00060211", answered: true, passing: true, is: []error{ErrRateLimited, ErrTryAgain}},
		{name: "busy", answer: answerOf(500, `{"error_code":"CB.00060100"}`), outcome: unsure, code: "CB.00060100", answered: true, passing: true, is: []error{ErrTryAgain}},
		{name: "internal", answer: answerOf(500, `{"error_code":"CB.00060101"}`), outcome: unsure, code: "CB.00060101", answered: true, passing: true},
		{name: "unavailable, said by the service", answer: answerOf(503, `{"error_code":"CB.1"}`), outcome: unsure, code: "CB.1", answered: true, passing: true, is: []error{ErrTryAgain}},
		{name: "unavailable, bare", answer: answerOf(503, ``), outcome: unsure, passing: true},
		{name: "bad gateway page", answer: answerOf(502, `<html>502</html>`), outcome: unsure, passing: true, message: "502"},
		{name: "gateway gave up", answer: answerOf(504, `{"error_code":"APIGW.0201"}`), outcome: unsure, code: "APIGW.0201", passing: true},
		{name: "not implemented", answer: answerOf(501, `{"error_code":"X"}`), outcome: unsure, code: "X", answered: true},

		{name: "captive portal", answer: answerOf(200, `<html>log in</html>`), outcome: unsure, is: []error{ErrNotTheAPI}, message: "log in"},
		{name: "plain text", answer: answerOf(200, `ok`), outcome: unsure, is: []error{ErrNotTheAPI}},
		{name: "redirect", answer: answerOf(302, ``, "Location", "https://evil.example.com/x?token=1"), outcome: rejected, is: []error{ErrRedirect}, message: "https://evil.example.com, "},
		{name: "redirect after processing", answer: answerOf(303, ``), outcome: unsure, is: []error{ErrRedirect}},
		{name: "duplicate key", answer: answerOf(200, `{"status":"failed","status":"success"}`), outcome: unsure, passing: true, message: "duplicate key"},
		{name: "case-variant key", answer: answerOf(200, `{"status":"failed","STATUS":"success"}`), outcome: unsure, passing: true},
		{name: "trailing data", answer: answerOf(200, `{"status":"success"}{}`), outcome: unsure, passing: true},
		{name: "invalid UTF-8", answer: answerOf(200, "{\"status\":\"success\",\"a\":\"\xff\"}"), outcome: unsure, passing: true},
		{name: "depth", answer: answerOf(200, `{"a":`+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)+`}`), outcome: unsure, passing: true},
		{name: "number beyond 64 bits", answer: answerOf(200, `{"status":"success","a":[{"b":99999999999999999999}]}`), outcome: unsure, passing: true, message: "64 bits"},
		{name: "cut success", answer: &answer{status: 200, header: http.Header{}, raw: []byte(`{"status":"success"}`), cut: errors.New("unexpected EOF")}, outcome: unsure, passing: true, message: "broke off after 20 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body, e := classify(test.answer, test.empty, time.Now())
			if test.outcome == OK {
				if e != nil || body == nil {
					t.Fatalf("classify = %v, %v; want a success", body, e)
				}
				return
			}
			if e == nil {
				t.Fatal("classified as a success")
			}
			type verdict struct {
				Outcome  Outcome
				Code     string
				Passing  bool
				Answered bool
			}
			want := verdict{test.outcome, test.code, test.passing, test.answered}
			if diff := cmp.Diff(want, verdict{e.Outcome, e.Code, e.passing, e.Answered}); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
			for _, sentinel := range []error{ErrNotFound, ErrExists, ErrUnauthorized, ErrForbidden, ErrRateLimited, ErrTryAgain, ErrNotTheAPI, ErrRouteMissing, ErrRedirect} {
				want := false
				for _, is := range test.is {
					want = want || is == sentinel
				}
				if have := errors.Is(e, sentinel); have != want {
					t.Errorf("errors.Is(%v) = %v", sentinel, have)
				}
			}
			if !strings.Contains(e.Message, test.message) {
				t.Errorf("message %q lacks %q", e.Message, test.message)
			}
		})
	}
}

// TestClassifyCutAnywhere checks that a success that breaks off after any byte is neither a success
// nor a refusal.
func TestClassifyCutAnywhere(t *testing.T) {
	t.Parallel()
	whole := `{"result":{"job_id":"db8467d972cc47f7a1bd2a3a3e77596a"},"error":null,"status":"success"}`
	for n := range len(whole) {
		if _, e := classify(answerOf(200, whole[:n]), false, time.Now()); e == nil || e.Outcome != Unsure || !e.passing {
			t.Fatalf("cut after %d bytes: %+v", n, e)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		header string
		date   time.Time
		want   time.Duration
	}{
		{"7", now, 7 * time.Second},
		{" 0 ", now, 0},
		{"86400", now, 24 * time.Hour},
		{"Wed, 01 May 2024 12:00:30 GMT", now, 30 * time.Second},
		{"Wed, 01 May 2024 12:00:30 GMT", time.Time{}, 30 * time.Second},
		{"Wed, 01 May 2024 12:00:30 GMT", now.Add(20 * time.Second), 10 * time.Second},
		{"Wed, 01 May 2024 11:00:00 GMT", now, 0},
		{"-5", now, 0},
		{"", now, 0},
		{"soon", now, 0},
		{"1180591620717411303424", now, 0},
		{"1.5", now, 0},
		{"7 seconds", now, 0},
		{"+7", now, 0},
	} {
		if have := retryAfter(test.header, test.date, now); have != test.want {
			t.Errorf("retryAfter(%q) = %v, want %v", test.header, have, test.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "7", "-1", "Wed, 01 May 2024 12:00:30 GMT", "99999999999999999999"} {
		f.Add(seed)
	}
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, header string) {
		if d := retryAfter(header, now, now); d < 0 {
			t.Errorf("retryAfter(%q) = %v", header, d)
		}
	})
}

// FuzzClassify checks that an answer with an error in any part is never a success.
func FuzzClassify(f *testing.F) {
	for _, seed := range []string{
		`{"result":{"job_id":"a"},"error":null,"status":"success"}`, `{"error_code":"X","error_msg":"y"}`,
		`"{\"status\":\"failed\"}"`, `{"success":false}`, `[]`, `<html>`, ``, `{"status":"failed","STATUS":"success"}`,
	} {
		f.Add(200, []byte(seed))
		f.Add(500, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, raw []byte) {
		if status < 100 || status > 999 {
			return
		}
		body, e := classify(&answer{status: status, header: http.Header{}, raw: raw}, false, time.Now())
		if (body == nil) == (e == nil) {
			t.Fatalf("classify(%d, %q) = %v, %v", status, raw, body, e)
		}
		if e != nil {
			if e.Outcome == OK {
				t.Fatal("an error whose outcome is OK")
			}
			return
		}
		if status/100 != 2 || readFailure(body).found {
			t.Fatalf("%d %q was classified as a success", status, raw)
		}
		if code := body.Get("error_code"); !code.IsEmpty() {
			t.Fatalf("a success carries error_code %s", code.Text())
		}
	})
}
