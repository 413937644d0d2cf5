package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// repeat says how often a call may be sent; the package comment has the rules.
type repeat uint8

const (
	repeatRead     repeat = iota // changes nothing
	repeatAbsolute               // ends in the same state however often it happens
	repeatNever                  // must not happen twice
	repeatToken                  // the token request
)

// call is one call of the API, ready to be sent any number of times.
type call struct {
	op        op
	base      *url.URL // of the service or of IAM
	route     route
	path      string
	query     url.Values
	body      []byte // nil for none
	repeat    repeat
	anonymous bool      // carries its own authentication
	emptyOK   bool      // an empty answer counts as a success
	sink      *download // takes the answer as a stream; nil for JSON
	attempt   int
	queued    *time.Duration // takes the time that attempts waited for their turn; may be nil
}

// answer is the response to a call, parsed unless it was streamed.
type answer struct {
	status    int
	header    http.Header
	requestID string // safe to print
	raw       []byte
	cut       error // the answer broke off or was cut at the ceiling
	body      *jsontree.Value
}

// sender makes one call. Each wrapper of the chain is one.
type sender func(context.Context, *call) (*answer, error)

// isIdentifier reports whether id is safe as an id in a path: it cannot change the path's meaning.
func isIdentifier(id string) bool {
	for i, c := range []byte(id) {
		letter := '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '.' && c != '_' && c != '-') {
			return false
		}
	}
	return id != "" && len(id) <= 128
}

// newCall fills a route's path. Each id is checked, because it may have come
// from a flag or a file.
func (c *Client) newCall(o op, repeat repeat, ids ...string) (*call, error) {
	r := c.routes(o)
	path, err := r.expand(ids)
	if err != nil {
		return nil, &Error{Op: string(o), Message: err.Error(), Outcome: NotSent, Cause: err}
	}
	return &call{op: o, base: c.endpoint, route: r, path: path, repeat: repeat}, nil
}

// fails returns the error of a call with a complete answer that is not what the call must return.
func (c *Client) fails(k *call, a *answer, outcome Outcome, kind error, format string, args ...any) *Error {
	return &Error{
		Op: string(k.op), Method: k.route.method, Path: k.path, Status: a.status, RequestID: a.requestID,
		Message: sanitize.Message(c.maskFor(k, fmt.Sprintf(format, args...))),
		Outcome: outcome, kind: kind, Attempts: 1,
	}
}

// requestID returns the gateway's id of this request, as it came.
func requestID(h http.Header) string {
	for _, name := range [...]string{"X-Request-Id", "X-Apig-Request-Id", "X-Iam-Trace-Id"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// result returns the member result of an answer, or the answer itself for calls without that
// envelope. Each call accepts both forms; the two generations of routes differ in nothing else.
func (a *answer) result() *jsontree.Value {
	if inner := a.body.Get("result"); inner.Kind() == jsontree.KindObject || inner.Kind() == jsontree.KindArray {
		return inner
	} else if text, ok := inner.AsString(); ok {
		if v, err := jsontree.Parse([]byte(text), jsontree.Limits{}); err == nil && v.Kind() == jsontree.KindObject {
			return v
		}
	}
	return a.body
}
