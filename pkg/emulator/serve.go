package emulator

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// maxRequest is the maximum size of a request (API reference 3.2).
const maxRequest = 12 << 20

// request is one call while it is handled.
type request struct {
	e     *Emulator
	route *route
	http  *http.Request
	raw   []byte
	body  *jsontree.Value // of calls that carry one
	user  *User
	tx    *tx
	now   time.Time
}

func (rq *request) state() *state             { return rq.e.state }
func (rq *request) path(name string) string   { return rq.http.PathValue(name) }
func (rq *request) query(name string) string  { return rq.http.URL.Query().Get(name) }
func (rq *request) hasQuery(name string) bool { return rq.http.URL.Query().Has(name) }

// otherMethod returns the pattern of the same path under another method, "" if the path
// is unknown altogether.
func (rq *request) otherMethod() string {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		probe := &http.Request{Method: method, URL: rq.http.URL, Host: rq.http.Host}
		if _, pattern := rq.e.mux.Handler(probe); strings.Contains(pattern, "/v") {
			return pattern
		}
	}
	return ""
}

// ServeHTTP answers one request.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-e.closed:
		http.Error(w, "the emulator is closed", http.StatusServiceUnavailable)
	default:
		e.settle()
		e.mux.ServeHTTP(w, r)
	}
}

// serve wraps a route with the gateway's functions: request id, limits, faults, recording.
func (e *Emulator) serve(r *route) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		raw, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxRequest))
		id := randomID()
		call := e.recorder.start(r.Op, id, req, e.Now())
		call.body(raw)
		if err != nil {
			a := e.refusal(refuse(http.StatusRequestEntityTooLarge, codeParameter, "The request body is larger than 12 MB or was cut."), r.API)
			e.finish(w, call, a)
			return
		}
		rq := &request{e: e, route: r, http: req, raw: raw}
		fault := e.faults.take(r, req, raw)
		call.fault(fault)
		others := e.underway.Add(1) - 1
		defer e.underway.Add(-1)
		if !e.wait(req, e.opts.Latency+time.Duration(others)*e.quirks.SlowPerCall) {
			return
		}
		if fault != nil {
			e.play(w, rq, call, *fault)
			return
		}
		a, committed := e.process(rq)
		call.commit(committed)
		e.finish(w, call, a)
	}
}

// finish sends an answer with the common headers.
func (e *Emulator) finish(w http.ResponseWriter, call *openCall, a *answer) {
	call.done(a.status)
	e.setHeaders(w.Header(), call.id, a)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client has gone: nobody to tell
}

func (e *Emulator) setHeaders(header http.Header, id string, a *answer) {
	for name, values := range a.header {
		header[name] = values
	}
	header.Set("X-Request-Id", id)
	header.Set("Date", e.Now().UTC().Format(http.TimeFormat))
	header.Set("Server", "api-gateway")
}

// wait delays a request; it returns false if the client left or the emulator closed.
func (e *Emulator) wait(req *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-req.Context().Done():
	case <-e.closed:
	}
	return false
}

// process handles a request and reports whether it changed anything.
func (e *Emulator) process(rq *request) (*answer, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.processLocked(rq, true)
}

// rehearse makes the answer of process without changing anything.
func (e *Emulator) rehearse(rq *request) *answer {
	e.mu.Lock()
	defer e.mu.Unlock()
	a, _ := e.processLocked(rq, false)
	return a
}

func (e *Emulator) processLocked(rq *request, commit bool) (*answer, bool) {
	rq.now = e.Now()
	if err := e.admit(rq); err != nil {
		return e.refusal(err, rq.route.API), false
	}
	rq.tx = newTx(e.state, rq.user, rq.now)
	a, err := rq.route.handle(rq)
	committed := false
	if err == nil && commit {
		committed, err = rq.tx.commit()
	}
	if err != nil {
		return e.refusal(err, rq.route.API), false
	}
	return a, committed
}

// admit checks rate, authentication and body before the call itself. A request is admitted once,
// however late it is carried out.
func (e *Emulator) admit(rq *request) error {
	if rq.user != nil {
		return nil
	}
	if err := e.limiter.admit(rq.route, rq.now); err != nil {
		return err
	}
	user := &User{}
	if !rq.route.open {
		var err error
		if user, err = e.authenticate(rq); err != nil {
			return err
		}
	}
	if err := rq.readBody(); err != nil {
		return err
	}
	rq.user = user
	return nil
}

func (rq *request) readBody() error {
	method := rq.http.Method
	if rq.route.unknown {
		return nil // the URL is wrong, whatever the body is
	}
	if method != http.MethodPost && method != http.MethodPut && method != http.MethodDelete {
		return nil
	}
	if len(rq.raw) == 0 {
		if rq.e.quirks.BodyRequired && method != http.MethodDelete {
			return invalid("The request body is empty; a call without parameters sends {}.")
		}
		rq.body = jsontree.Object()
		return nil
	}
	if kind, _, err := mime.ParseMediaType(rq.http.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, codeParameter, "Invalid parameter. Content-Type must be application/json.")
	}
	body, err := jsontree.Parse(rq.raw, jsontree.Limits{Bytes: maxRequest})
	var syntax *jsontree.SyntaxError
	if errors.As(err, &syntax) {
		return invalid("The body is not JSON: %s at byte %d.", syntax.Reason, syntax.Offset)
	}
	if body.Kind() != jsontree.KindObject {
		return invalid("The body must be an object.")
	}
	rq.body = body
	return err
}
