package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Outcome is how a call ended, seen from the state of the service.
type Outcome uint8

// The outcomes of a call.
const (
	OK       Outcome = iota // done
	Rejected                // the service refused: nothing was changed
	NotSent                 // proof that nothing was processed
	Unsure                  // it may have happened, or may happen yet
)

func (o Outcome) String() string {
	switch o {
	case OK:
		return "ok"
	case Rejected:
		return "rejected"
	case NotSent:
		return "not_sent"
	}
	return "unsure"
}

// OutcomeOf returns how the call that returned err ended: OK for nil, Unsure for
// an error that did not come from this package.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return OK
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Outcome
	}
	return Unsure
}

// The kinds of *Error, for errors.Is.
var (
	ErrNotFound     = errors.New("not found")
	ErrExists       = errors.New("already exists")                     // by status 409 only, there is no public code: look up the name after any refused create
	ErrInvalidID    = errors.New("the service does not accept the id") // if it accepted the id before, the object is gone
	ErrUnauthorized = errors.New("not authenticated")
	ErrForbidden    = errors.New("forbidden")
	ErrRateLimited  = errors.New("too many requests")
	ErrTryAgain     = errors.New("the service is busy") // the service may have processed the call
	ErrAmbiguous    = errors.New("the call may have taken effect")
	ErrNotTheAPI    = errors.New("the answer does not come from the build API")
	ErrRouteMissing = errors.New("the service does not have this call")
	ErrRedirect     = errors.New("the server redirects")
	ErrWrongObject  = errors.New("the answer is about another object")
	ErrCertificate  = errors.New("the server's identity cannot be verified")
)

// EndsRun reports whether err makes every further call pointless or dangerous: the key is refused,
// the route does not exist, or the other side is not the service or answers about other objects.
func EndsRun(err error) bool {
	for _, kind := range [...]error{ErrUnauthorized, ErrRouteMissing, ErrRedirect, ErrCertificate, ErrWrongObject} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// FailsAgain reports whether the same call would fail again: err ends the run, or forbids this
// call. Other calls may be allowed.
func FailsAgain(err error) bool { return EndsRun(err) || errors.Is(err, ErrForbidden) }

// RouteMissing reports whether err says that the service does not have the call, in whatever form a
// server or a gateway says so. A code of the service about an object does not.
func RouteMissing(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	return e.kind == ErrRouteMissing || !e.Answered && slices.Contains([]int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}, e.Status)
}

// Error describes a failed call.
type Error struct {
	Op         string        // what was being done, in the imperative: "create job"
	Method     string        // of the request
	Path       string        // of the request, without the query
	Status     int           // HTTP status; 0 if no answer came
	Code       string        // error_code of the service or the gateway
	Message    string        // what the service said, sanitised, at most 2 KiB
	RequestID  string        // X-Request-Id of the answer
	RetryAfter time.Duration // what the service asked to wait; 0 if it did not
	Outcome    Outcome
	Answered   bool          // the code is the service's own: the call has ended
	Attempts   int           // how often the request was tried
	Waited     time.Duration // between the attempts
	First      error         // the first attempt's error if there were several
	Cause      error         // of a failure without an answer: network, TLS, parsing, context

	kind        error // its sentinel, or nil
	throttled   bool  // asks for fewer calls
	passing     bool  // another attempt may succeed
	timedOut    bool  // no answer before the deadline
	date        time.Time
	unreachable bool // no connection was made
	gaveUp      bool // of a throttled answer: this kind of call was refused for too long
}

// Is reports whether e is one of this package's sentinels.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrAmbiguous:
		return e.Outcome == Unsure
	case ErrRateLimited:
		return e.throttled
	}
	return e.kind != nil && e.kind == target ||
		target == ErrTryAgain && e.Outcome == Unsure && e.Answered && (busyCodes[e.Code] || e.Status == 503)
}

// Unwrap returns the cause, so that errors.Is finds context.Canceled and
// errors.As a certificate's error.
func (e *Error) Unwrap() error { return e.Cause }

// Error returns one line for people: what was done, to what, why it failed, and what to do next if
// that is known. It contains no secret and no terminal control character.
func (e *Error) Error() string {
	if next := e.Next(); next != "" {
		return e.told() + "; " + next
	}
	return e.told()
}

// told is Error without the advice.
func (e *Error) told() string {
	var out strings.Builder
	out.WriteString(e.Happened())
	if e.Outcome == Unsure && e.Method != "" && e.Method != "GET" {
		out.WriteString("; it may have taken effect")
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&out, "; given up after %d attempts and %s of waiting", e.Attempts, e.Waited.Round(100*time.Millisecond))
		if first := e.first(); first != "" {
			fmt.Fprintf(&out, ", first: %s", first)
		}
	}
	return out.String()
}

// Happened returns what happened to the request, without what follows from it: for
// who has found out whether it took effect.
func (e *Error) Happened() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: ", e.Op)
	if e.Method != "" {
		fmt.Fprintf(&out, "%s %s: ", e.Method, sanitize.Line(e.Path, 300))
	}
	out.WriteString(e.reason())
	if e.RequestID != "" {
		fmt.Fprintf(&out, " (request id %s)", sanitize.Line(e.RequestID, 100))
	}
	return out.String()
}

// reason returns the cause without the request.
func (e *Error) reason() string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.Code != "" && e.Code != strconv.Itoa(e.Status) { // IAM repeats the status
		parts = append(parts, sanitize.Line(e.Code, 100))
	}
	text := strings.Join(parts, " ")
	switch {
	case e.Message != "":
		text = joined(text, e.Message)
	case e.kind != nil:
		text = joined(text, e.kind.Error())
	}
	if text == "" {
		return "failed"
	}
	return text
}

// first returns the first attempt's reason if it differs from the last.
func (e *Error) first() string {
	var first *Error
	if !errors.As(e.First, &first) || first.reason() == e.reason() {
		return ""
	}
	return first.reason()
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + ": " + b
}

// Next returns advice on what to do, with which Error ends; "" if there is none in general.
func (e *Error) Next() string {
	switch e.kind {
	case ErrUnauthorized:
		return string(remedy.CheckCredentials)
	case ErrForbidden:
		return "ask the project's owner for the permission to do this"
	case ErrRouteMissing:
		return string(remedy.CheckRoutes)
	case ErrNotTheAPI, ErrRedirect:
		return "check the endpoint and the proxy: something other than the build API answers there"
	case ErrCertificate:
		return string(remedy.TrustAuthority)
	}
	if e.unreachable {
		return string(remedy.CheckConnection)
	}
	if e.throttled && e.RetryAfter > 0 {
		return string(remedy.ComeBackIn(e.RetryAfter.Round(time.Second)))
	}
	return ""
}

// EndedBy returns why ctx has ended: an interrupt, or --timeout. A time limit ends calls that the
// service refuses again and again, so it comes with err, the last of them: that is the likely
// reason.
func EndedBy(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	var said *Error
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.As(err, &said) {
		return cause
	}
	return fmt.Errorf("%w; the last call: %s", cause, sanitize.Message(err.Error()))
}
