package emulator

import (
	"net/http"
	"sync"
	"time"
)

// Call is one request that reached the emulator's API.
type Call struct {
	Time      time.Time `json:"time"`
	Op        string    `json:"op"` // "CreateJob"; "Unknown" for a URL that does not exist
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	RequestID string    `json:"request_id"`
	Status    int       `json:"status"`    // 0: no answer was sent
	Committed bool      `json:"committed"` // it changed the state
	Fault     string    `json:"fault,omitempty"`
}

// maxCalls bounds the recorded calls; the oldest are dropped first.
const maxCalls = 100_000

// maxRecent is how many of the last calls are kept with their bodies, each cut at maxRecentBody
// bytes.
const (
	maxRecent     = 200
	maxRecentBody = 256 << 10
)

// recentCall is a call with its body as it was sent.
type recentCall struct {
	call Call
	raw  []byte
}

// recorder keeps the calls in order of arrival.
type recorder struct {
	mu     sync.Mutex
	calls  []*Call
	bodies map[*Call][]byte // of the last calls
	recent []*Call          // the keys of bodies, oldest first
}

// openCall is a call without a final outcome.
type openCall struct {
	recorder *recorder
	call     *Call
	id       string
}

func (r *recorder) start(op, id string, req *http.Request, now time.Time) *openCall {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.calls) >= maxCalls {
		r.calls = append(r.calls[:0:0], r.calls[maxCalls/2:]...)
	}
	c := &Call{Time: now, Op: op, Method: req.Method, Path: req.URL.EscapedPath(), RequestID: id}
	r.calls = append(r.calls, c)
	return &openCall{recorder: r, call: c, id: id}
}

// body keeps a call's body for the page of requests.
func (o *openCall) body(raw []byte) {
	if len(raw) > maxRecentBody {
		raw = []byte("too large")
	}
	o.recorder.mu.Lock()
	defer o.recorder.mu.Unlock()
	r := o.recorder
	if r.bodies == nil {
		r.bodies = map[*Call][]byte{}
	}
	if len(r.recent) >= maxRecent {
		delete(r.bodies, r.recent[0])
		r.recent = r.recent[1:]
	}
	r.recent, r.bodies[o.call] = append(r.recent, o.call), raw
}

// recentCalls returns the last calls with their bodies, newest first.
func (r *recorder) recentCalls() []recentCall {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []recentCall
	for i := len(r.recent) - 1; i >= 0; i-- {
		list = append(list, recentCall{*r.recent[i], r.bodies[r.recent[i]]})
	}
	return list
}

func (o *openCall) set(change func(*Call)) {
	o.recorder.mu.Lock()
	defer o.recorder.mu.Unlock()
	change(o.call)
}

func (o *openCall) done(status int) { o.set(func(c *Call) { c.Status = status }) }

func (o *openCall) commit(committed bool) {
	if committed {
		o.set(func(c *Call) { c.Committed = true })
	}
}

func (o *openCall) fault(f *Fault) {
	if f != nil {
		o.set(func(c *Call) { c.Fault = string(f.Kind) })
	}
}

// Calls returns the calls since the start or the last ResetCalls, oldest first.
func (e *Emulator) Calls() []Call {
	e.recorder.mu.Lock()
	defer e.recorder.mu.Unlock()
	calls := make([]Call, len(e.recorder.calls))
	for i, c := range e.recorder.calls {
		calls[i] = *c
	}
	return calls
}

// ResetCalls deletes the recorded calls.
func (e *Emulator) ResetCalls() {
	e.recorder.mu.Lock()
	defer e.recorder.mu.Unlock()
	e.recorder.calls, e.recorder.recent, e.recorder.bodies = nil, nil, nil
}
