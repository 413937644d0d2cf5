package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// FaultKind is what goes wrong.
type FaultKind string

// The kinds of fault. A kind that alters the service's own answer carries out the request first,
// the others do not carry it out; Commit overrides both.
const (
	FaultStatus     FaultKind = "status"       // answers Status with Code and Message, or with Body
	FaultThrottle   FaultKind = "throttle"     // 429 of the gateway, with RetryAfter if given
	FaultHTML       FaultKind = "html"         // an HTML page with Status, default 200
	FaultRedirect   FaultKind = "redirect"     // Status (default 302) to Location
	FaultReset      FaultKind = "reset"        // the connection is reset
	FaultClose      FaultKind = "close"        // the connection is closed without an answer
	FaultSilence    FaultKind = "silence"      // no answer until the client gives up
	FaultDelay      FaultKind = "delay"        // the right answer, Delay later
	FaultPass       FaultKind = "pass"         // the right answer; for Before and After
	FaultTruncate   FaultKind = "truncate"     // the right answer, cut after Cut bytes of its body
	FaultDrip       FaultKind = "drip"         // the right answer, one byte every Delay (default 1 s)
	FaultNoID       FaultKind = "no-id"        // the right answer without the ids in it
	FaultOtherID    FaultKind = "other-id"     // the right answer with another object's ids
	FaultTwiceKeys  FaultKind = "twice-keys"   // a repeated key in the answer, with another value
	FaultCaseKeys   FaultKind = "case-keys"    // a repeated key in different letter case
	FaultTrailing   FaultKind = "trailing"     // data after the answer
	FaultBadUTF8    FaultKind = "bad-utf8"     // a text with bytes that are not UTF-8
	FaultDeep       FaultKind = "deep"         // nesting of 20,000 levels
	FaultBigNumber  FaultKind = "big-number"   // numbers beyond 64 bits
	FaultEndless    FaultKind = "endless"      // a body that never ends
	FaultHeader     FaultKind = "header"       // a header that never ends
	FaultBigHeader  FaultKind = "big-header"   // a header of 10 MB
	FaultGzipBomb   FaultKind = "gzip-bomb"    // 64 MiB of blanks in 64 KiB
	FaultDieOnReuse FaultKind = "die-on-reuse" // the right answer; the connection dies when used again
)

// Commit is whether and when a request that meets a fault is carried out.
type Commit string

// When a request is carried out.
const (
	CommitDefault Commit = ""      // by kind; Quirks.CommitOnError may decide
	CommitNever   Commit = "never" // the state stays as it is
	CommitFirst   Commit = "first" // before the fault plays
	CommitLate    Commit = "late"  // Delay after the request, in spite of a closed connection
)

// Fault is something that goes wrong with matching requests. Zero match members accept everything.
type Fault struct {
	Op     string `json:"op,omitempty"`           // operation, "CreateJob"
	Method string `json:"method,omitempty"`       // "POST"
	Path   string `json:"path,omitempty"`         // pattern of path.Match over the URL's path
	Holds  string `json:"request_body,omitempty"` // text in the request's body
	Nth    int    `json:"nth,omitempty"`          // the first matching request that it affects, from 1; 0 is 1
	Times  int    `json:"times,omitempty"`        // how many requests it affects; 0 is 1, -1 is all

	Kind   FaultKind `json:"kind"`
	Commit Commit    `json:"commit,omitempty"`

	Status     int               `json:"status,omitempty"`
	Code       string            `json:"code,omitempty"`
	Message    string            `json:"message,omitempty"`
	Shape      string            `json:"shape,omitempty"` // of the error: flat (default), object, failed, text
	Body       string            `json:"body,omitempty"`
	Header     map[string]string `json:"header,omitempty"`
	RetryAfter string            `json:"retry_after,omitempty"`
	Location   string            `json:"location,omitempty"`
	Delay      time.Duration     `json:"-"` // "delay" in JSON, "1.5s"
	Cut        int               `json:"cut,omitempty"`

	// Before and After are called before and after the request is carried out, outside the
	// emulator's lock, so that a test can act there.
	Before func() `json:"-"`
	After  func() `json:"-"`
}

// faultJSON is Fault with the delay as people write it.
type faultJSON struct {
	*plainFault
	Delay string `json:"delay,omitempty"`
}

type plainFault Fault

// MarshalJSON writes the fault in the form of the control address and --fault files.
func (f Fault) MarshalJSON() ([]byte, error) {
	out := faultJSON{plainFault: (*plainFault)(&f)}
	if f.Delay != 0 {
		out.Delay = f.Delay.String()
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads the form of MarshalJSON, with * for any operation. An unknown member or an
// invalid delay is an error.
func (f *Fault) UnmarshalJSON(data []byte) error {
	in := faultJSON{plainFault: (*plainFault)(f)}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return err
	}
	if f.Op == "*" {
		f.Op = ""
	}
	if in.Delay == "" {
		return nil
	}
	delay, err := time.ParseDuration(in.Delay)
	f.Delay = delay
	return err
}

func (f Fault) check() error {
	if !slices.Contains(faultKinds(), f.Kind) {
		return fmt.Errorf("unknown kind of fault %q; known: %s", f.Kind, joinKinds())
	}
	if !slices.Contains([]Commit{CommitDefault, CommitNever, CommitFirst, CommitLate}, f.Commit) {
		return fmt.Errorf("fault %s: commit is never, first or late, not %q", f.Kind, f.Commit)
	}
	if !slices.Contains([]string{"", "flat", "object", "failed", "text"}, f.Shape) {
		return fmt.Errorf("fault %s: shape is flat, object, failed or text, not %q", f.Kind, f.Shape)
	}
	if _, err := path.Match(f.Path, "/"); err != nil {
		return fmt.Errorf("fault %s: path %q: %w", f.Kind, f.Path, err)
	}
	if f.Op != "" && !slices.ContainsFunc(routeTable(), func(r *route) bool { return r.Op == f.Op }) {
		return fmt.Errorf("fault %s: unknown operation %q", f.Kind, f.Op)
	}
	if f.Kind == FaultStatus && (f.Status < 200 || f.Status > 599) {
		return fmt.Errorf("fault status: a status from 200 to 599 is needed, not %d", f.Status)
	}
	if f.Nth < 0 || f.Times < -1 || f.Cut < 0 || f.Delay < 0 {
		return fmt.Errorf("fault %s: nth, cut and delay must not be negative, and times is -1 for ever", f.Kind)
	}
	return nil
}

// faultKinds lists the kinds of fault.
func faultKinds() []FaultKind {
	return []FaultKind{
		FaultStatus, FaultThrottle, FaultHTML, FaultRedirect, FaultReset, FaultClose, FaultSilence, FaultDelay, FaultPass,
		FaultTruncate, FaultDrip, FaultNoID, FaultOtherID, FaultTwiceKeys, FaultCaseKeys, FaultTrailing, FaultBadUTF8,
		FaultDeep, FaultBigNumber, FaultEndless, FaultHeader, FaultBigHeader, FaultGzipBomb, FaultDieOnReuse,
	}
}

func joinKinds() string {
	var names []string
	for _, k := range faultKinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

func (f Fault) matches(r *route, req *http.Request, raw []byte) bool {
	if !bytes.Contains(raw, []byte(f.Holds)) {
		return false
	}
	if f.Op != "" && f.Op != r.Op || f.Method != "" && f.Method != req.Method {
		return false
	}
	if f.Path == "" {
		return true
	}
	matched, _ := path.Match(f.Path, req.URL.Path) // check has tried the pattern
	return matched
}

// FaultState is a fault and its use so far.
type FaultState struct {
	Fault  Fault `json:"fault"`
	Seen   int   `json:"seen"`   // matching requests
	Played int   `json:"played"` // requests it affected
	Done   bool  `json:"done"`   // it is used up, or, if unlimited, has affected one
}

// faultBook holds the faults in order.
type faultBook struct {
	mu     sync.Mutex
	faults []*FaultState
	errors int // faults without a Commit
	late   []lateCommit
}

type lateCommit struct {
	due  time.Time
	rq   *request
	call *openCall
}

func (b *faultBook) add(f Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, &FaultState{Fault: f})
}

// take returns the fault for a request, nil for none. Only the first that is due plays; the others
// wait for the next request.
func (b *faultBook) take(r *route, req *http.Request, raw []byte) *Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	var met *Fault
	for _, s := range b.faults {
		if !s.Fault.matches(r, req, raw) {
			continue
		}
		s.Seen++
		times := max(s.Fault.Times, 1)
		if s.Fault.Times == -1 {
			times = s.Played + 1
		}
		if met == nil && s.Seen >= s.Fault.Nth && s.Played < times {
			s.Played++
			s.Done = s.Fault.Times == -1 || s.Played == times
			met = &s.Fault
		}
	}
	return met
}

// Fail adds faults. An error names the member that is wrong.
func (e *Emulator) Fail(faults ...Fault) error {
	for _, f := range faults {
		if err := f.check(); err != nil {
			return err
		}
	}
	for _, f := range faults {
		e.faults.add(f)
	}
	return nil
}

// Faults returns all faults and their use so far.
func (e *Emulator) Faults() []FaultState {
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	states := make([]FaultState, len(e.faults.faults))
	for i, s := range e.faults.faults {
		states[i] = *s
	}
	return states
}

// Unplayed returns the faults that have affected fewer requests than planned: a test with unplayed
// faults has tested nothing.
func (e *Emulator) Unplayed() []FaultState {
	return slices.DeleteFunc(e.Faults(), func(s FaultState) bool { return s.Done })
}

// ClearFaults removes all faults and pending late commits.
func (e *Emulator) ClearFaults() {
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	e.faults.faults, e.faults.late = nil, nil
}

// settle carries out the late commits that are due.
func (e *Emulator) settle() {
	now := e.Now()
	e.faults.mu.Lock()
	var due []lateCommit
	e.faults.late = slices.DeleteFunc(e.faults.late, func(l lateCommit) bool {
		if now.Before(l.due) {
			return false
		}
		due = append(due, l)
		return true
	})
	e.faults.mu.Unlock()
	slices.SortStableFunc(due, func(a, b lateCommit) int { return a.due.Compare(b.due) })
	for _, l := range due {
		_, committed := e.process(l.rq)
		l.call.commit(committed)
	}
}
