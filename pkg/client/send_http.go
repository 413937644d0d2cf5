package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/buildsync/buildsync/internal/failpoint"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// answerLimit bounds an answer after decompression.
const answerLimit = 32 << 20

// withHTTP makes one attempt: it builds the request, applies the attempt's deadline, and reads the
// answer within limits. A failure before the request had a connection proves that nothing was sent.
func withHTTP(transport http.RoundTripper, timeout time.Duration) sender {
	return func(ctx context.Context, k *call) (*answer, error) {
		var sent atomic.Bool
		ctx = context.WithValue(ctx, callKey{}, k)
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GotConn:      func(httptrace.GotConnInfo) { sent.Store(true) },
			WroteHeaders: func() { k.at("headers out") },
			WroteRequest: func(httptrace.WroteRequestInfo) { k.at("request out") },
		})
		attempt, cancel := deadline(ctx, k, timeout)
		defer cancel()
		req, err := k.request(attempt)
		if err != nil {
			return nil, k.broken(ctx, err, false)
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return nil, k.broken(ctx, because(attempt, err), sent.Load())
		}
		defer resp.Body.Close()
		k.at("headers in")
		a := &answer{status: resp.StatusCode, header: resp.Header}
		if k.sink != nil && resp.StatusCode/100 == 2 {
			return a, k.sink.receive(ctx, k, resp)
		}
		if k.sink != nil && k.sink.written > 0 && resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
			a.status = http.StatusOK // of the download as a whole
			return a, k.sink.nothingMore(ctx, k, resp)
		}
		a.raw, a.cut = readLimited(resp.Body)
		a.cut = because(attempt, a.cut)
		k.at("answer in")
		return a, nil
	}
}

// at is a place where a test can end the process in the middle of a write.
func (k *call) at(place string) {
	if k.repeat != repeatRead {
		failpoint.At(place)
	}
}

// errAttempt is the reason for ending an attempt at its own deadline.
var errAttempt = timeoutError("no complete answer in time")

type timeoutError string

func (e timeoutError) Error() string { return string(e) }

// Timeout makes timeoutError a net.Error's kind of timeout.
func (e timeoutError) Timeout() bool { return true }

// Temporary completes net.Error.
func (e timeoutError) Temporary() bool { return true }

// deadline bounds one attempt. A stream is bounded by its own stall timer
// instead: a long log is not a fault.
func deadline(ctx context.Context, k *call, timeout time.Duration) (context.Context, context.CancelFunc) {
	if k.sink != nil {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, timeout, errAttempt)
}

// because returns the reason why an attempt was cut short instead of its error: the attempt's own
// deadline, or the end of the caller's context.
func because(attempt context.Context, err error) error {
	if err == nil || attempt.Err() == nil {
		return err
	}
	if cause := context.Cause(attempt); cause == errAttempt {
		return cause
	}
	return attempt.Err()
}

// request builds a request whose body can be read again by each attempt and by
// the signer.
func (k *call) request(ctx context.Context) (*http.Request, error) {
	address := *k.base
	address.Path = k.path
	address.RawQuery = k.query.Encode()
	var body io.Reader
	if k.body != nil {
		body = bytes.NewReader(k.body)
	}
	req, err := http.NewRequestWithContext(ctx, k.route.method, address.String(), body)
	if err != nil {
		return nil, err
	}
	if k.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if k.sink != nil {
		k.sink.resume(req.Header)
	}
	return req, nil
}

// readLimited reads an answer up to the limit; err reports an answer that is not complete.
func readLimited(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, answerLimit+1))
	if len(raw) > answerLimit {
		return raw[:answerLimit], fmt.Errorf("the answer exceeds %d MiB", answerLimit>>20)
	}
	return raw, err
}

// broken returns the error of an attempt without an answer.
func (k *call) broken(ctx context.Context, err error, sent bool) *Error {
	e := &Error{
		Op: string(k.op), Method: k.route.method, Path: k.path,
		Outcome: NotSent, Attempts: 1, Cause: err,
	}
	if sent && !unprocessed(err) {
		e.Outcome = Unsure
	}
	e.timedOut = isTimeout(err)
	e.Message = describe(ctx, err, sent)
	switch {
	case ctx.Err() != nil:
	case isCertificate(err):
		e.kind = ErrCertificate
	default:
		e.unreachable = !sent
		e.passing = e.Outcome == Unsure || isPassing(err)
	}
	return e
}

// describe describes a failure without an answer. Only the context itself shows whether it is over:
// a timeout of the transport also claims to be its deadline.
func describe(ctx context.Context, err error, sent bool) string {
	switch ctx.Err() {
	case context.Canceled:
		return "interrupted"
	case context.DeadlineExceeded:
		return "the time for the whole run is over"
	}
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err // its text repeats the whole URL
	}
	if !sent {
		return fmt.Sprintf("no connection, nothing was sent: %v", err)
	}
	return fmt.Sprintf("no answer: %v", err)
}

// byteOrderMark may stand before JSON: RFC 8259 lets readers skip it.
var byteOrderMark = []byte("\ufeff")

// parse reads an answer strictly; a text that contains JSON is unwrapped up to twice.
func parse(raw []byte) (*jsontree.Value, error) {
	v, err := jsontree.Parse(bytes.TrimPrefix(raw, byteOrderMark), jsontree.Limits{Bytes: answerLimit})
	for range 2 {
		text, isText := v.AsString()
		if err != nil || !isText {
			break
		}
		inner, innerErr := jsontree.Parse([]byte(text), jsontree.Limits{Bytes: answerLimit})
		if innerErr != nil {
			break
		}
		v = inner
	}
	if err == nil {
		err = wholeNumbers(v)
	}
	return v, err
}
