package emulator

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Emulator is the service. It is an http.Handler for IAM, the build API, the
// control address /_emulator/ and the page at /, all on one address.
type Emulator struct {
	opts   Options
	quirks Quirks
	mux    *http.ServeMux
	closed chan struct{} // releases requests that a fault keeps waiting

	mu    sync.RWMutex // guards state
	state *state

	recorder recorder
	faults   faultBook
	gate     gate
	limiter  limiter
	clock    clock
	pages    pageCounter
	reads    int          // config reads so far, for Quirks.MovingFields
	underway atomic.Int64 // requests being handled
}

// New makes an emulator. It reads the state at Options.Path if there is any; it is an error if
// another process has the file open.
func New(opts Options) (*Emulator, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	disk, err := openStore(opts)
	if err != nil {
		return nil, err
	}
	e := &Emulator{opts: opts, quirks: opts.Quirks.withDefaults(), closed: make(chan struct{})}
	e.clock.base = opts.Now
	e.limiter = newLimiter(e.quirks, opts.Rate)
	if e.state, err = loadState(disk); err != nil {
		return nil, closeAfter(disk, err)
	}
	// An earlier process may have moved its clock ahead. Time must never run back, or that
	// process's objects would be in the future.
	last, err := lastTime(disk)
	if err != nil {
		return nil, closeAfter(disk, err)
	}
	if latest := e.state.latest(); latest.After(last) {
		last = latest // that process was killed
	}
	if ahead := last.Sub(opts.Now()); ahead > 0 {
		e.clock.advance(ahead)
	}
	if err := e.seed(opts.Seed); err != nil {
		return nil, closeAfter(disk, err)
	}
	for _, f := range opts.Faults {
		e.faults.add(f)
	}
	e.mux = e.routes()
	return e, nil
}

func closeAfter(disk store, err error) error {
	_ = disk.close() // err says more than a failed close of an unused store
	return err
}

// Close ends requests that a fault keeps waiting and closes the store. Later requests are refused.
func (e *Emulator) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.closed:
		return nil
	default:
		close(e.closed)
	}
	return errors.Join(e.keepTime(), e.state.disk.close())
}

// clockRow is the row with the clock's last time.
const clockRow = "last"

// keepTime stores the time if it was moved ahead: builds that have ended must not run again in the
// next process.
func (e *Emulator) keepTime() error {
	if !e.clock.moved() {
		return nil
	}
	value, err := e.Now().MarshalText()
	if err != nil {
		return err
	}
	return e.state.disk.commit([]write{{tableClock, clockRow, value}})
}

// lastTime returns the time of keepTime; zero if there is none.
func lastTime(disk store) (time.Time, error) {
	var last time.Time
	value, err := disk.get(tableClock, clockRow)
	if err == nil && value != nil {
		err = last.UnmarshalText(value)
	}
	return last, err
}

// Advance moves the emulator's clock forward: builds proceed, lists catch up,
// late commits land, tokens age.
func (e *Emulator) Advance(d time.Duration) { e.clock.advance(d) }

// Now returns the emulator's time.
func (e *Emulator) Now() time.Time { return e.clock.now() }

// Quirks returns the switches that are in force.
func (e *Emulator) Quirks() Quirks { return e.quirks }

// projectExists reports whether id is a CodeArts project here.
func (e *Emulator) projectExists(id string) bool {
	return isProjectID(id) && (len(e.opts.Projects) == 0 || slices.Contains(e.opts.Projects, id))
}

// clock is a base clock with an offset.
type clock struct {
	mu     sync.Mutex
	base   func() time.Time
	offset time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.offset)
}

// moved reports whether the clock is ahead of its base.
func (c *clock) moved() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset > 0
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}

// recordID gives an id the form of a build record's: 36 characters with hyphens.
func recordID(id string) string {
	return fmt.Sprintf("%s-%s-%s-%s-%s", id[:8], id[8:12], id[12:16], id[16:20], id[20:32])
}
