package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"
)

// TestErrorText checks that an error names the call, its object, the cause and the next step.
func TestErrorText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  *Error
		want string
	}{
		{
			&Error{Op: "create job", Method: "POST", Path: "/v3/jobs/create", Status: 400, Code: "CB.00060200", Message: "Invalid parameter.", RequestID: "r1", Outcome: Rejected, Attempts: 1},
			"create job: POST /v3/jobs/create: HTTP 400 CB.00060200: Invalid parameter. (request id r1)",
		},
		{
			&Error{Op: "create job", Method: "POST", Path: "/v3/jobs/create", Outcome: Unsure, Message: "no answer: EOF", Cause: io.EOF, Attempts: 1},
			"create job: POST /v3/jobs/create: no answer: EOF; it may have taken effect",
		},
		{
			&Error{Op: "read job", Method: "GET", Path: "/v3/jobs/a/query", Outcome: Unsure, Status: 502, Message: "Bad Gateway", Attempts: 5, Waited: 3210 * time.Millisecond, First: &Error{Status: 503, Message: "Unavailable"}},
			"read job: GET /v3/jobs/a/query: HTTP 502: Bad Gateway; given up after 5 attempts and 3.2s of waiting, first: HTTP 503: Unavailable",
		},
		{
			&Error{Op: "list jobs", Method: "GET", Path: "/v3/p/jobs", Status: 401, Code: "APIGW.0301", Message: "Incorrect authentication", Outcome: NotSent, kind: ErrUnauthorized, Attempts: 1},
			"list jobs: GET /v3/p/jobs: HTTP 401 APIGW.0301: Incorrect authentication; check the credentials: `buildsync doctor` says which ones are used",
		},
		{
			&Error{Op: "list jobs", Method: "GET", Path: "/v3/p/jobs", Status: 429, RetryAfter: 90 * time.Second, Outcome: NotSent, throttled: true, Message: "slow", Attempts: 1},
			"list jobs: GET /v3/p/jobs: HTTP 429: slow; the service asks to come back in 1m30s",
		},
		{
			&Error{Op: "delete job", Outcome: NotSent, Message: `"a/b" is not a job_id`},
			`delete job: "a/b" is not a job_id`,
		},
		{
			&Error{Op: "read job", Method: "GET", Path: "/v3/\x1b[31m", Status: 404, kind: ErrNotFound, Outcome: Rejected},
			`read job: GET /v3/\u{001b}[31m: HTTP 404: not found`,
		},
		{
			&Error{Op: "list jobs", Method: "GET", Path: "/v3/p/jobs", Outcome: NotSent, Message: "no connection, nothing was sent: connection refused", unreachable: true, Attempts: 1},
			"list jobs: GET /v3/p/jobs: no connection, nothing was sent: connection refused; check the address and the network: `buildsync doctor` says which address and proxy are used",
		},
		{&Error{Op: "x"}, "x: failed"},
	} {
		if have := test.err.Error(); have != test.want {
			t.Errorf("have %s\nwant %s", have, test.want)
		}
	}
}

func TestOutcomeOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want Outcome
	}{
		{nil, OK},
		{&Error{Outcome: Rejected}, Rejected},
		{fmt.Errorf("reading: %w", &Error{Outcome: NotSent}), NotSent},
		{errors.New("x"), Unsure},
		{context.Canceled, Unsure},
	} {
		if have := OutcomeOf(test.err); have != test.want {
			t.Errorf("OutcomeOf(%v) = %v, want %v", test.err, have, test.want)
		}
	}
	for outcome, want := range map[Outcome]string{OK: "ok", Rejected: "rejected", NotSent: "not_sent", Unsure: "unsure"} {
		if outcome.String() != want {
			t.Errorf("%d prints as %s", outcome, outcome)
		}
	}
	if err := error(&Error{Cause: context.Canceled}); !errors.Is(err, context.Canceled) {
		t.Error("the cause is not found")
	}
}
