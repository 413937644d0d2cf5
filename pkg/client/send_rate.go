package client

import (
	"context"
	"errors"
	"sync"
	"time"
)

// How the pace is found. There is no fixed rate: the client learns from the answers what the
// service accepts, for all calls together. A gateway may limit each route instead: that shows when
// calls of other kinds are accepted while one kind is refused. From then on each kind has its own
// pace.
const (
	flightStart       = 8           // requests in flight at first
	flightGrowthFirst = 0.125       // with each good answer, until one is refused
	slowerAnswers     = 3           // times the quickest answers: more in flight would only queue
	pauseFirst        = time.Second // after a throttled answer; doubles with each further one
	pauseMost         = 20 * time.Second
	paceSafety        = 0.97   // of the accepted rate
	paceAgain         = 0.93   // of the pace at the next throttled answer
	paceGrowth        = 1.0005 // with each good answer
	paceGrowthFirst   = 1.002  // until the first estimate has proved too high
	paceFloor         = 0.2    // calls per second
	paceUnbounded     = 1000
	fewTaken          = 8                      // too few good answers to see an overall limit
	longestWindow     = time.Minute            // of a limit
	otherCalls        = 3                      // of other kinds, accepted while one is refused, show limits per route
	otherPatience     = 2 * time.Second        // before another kind probes
	otherWait         = 100 * time.Millisecond // between their checks
)

// allKinds is the key for all kinds of call among the learned paces.
const allKinds op = "all calls"

// MaxInFlight is the default limit of requests in flight. The client learns how many of them the
// service accepts, so callers may start as many tasks.
const MaxInFlight = 32

// governor decides when a request may go: it limits the requests in flight and the pace of each
// kind of call.
type governor struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration) error

	maxWait  time.Duration
	mu       sync.Mutex
	limit    float64 // requests in flight
	most     float64
	inFlight int
	halved   time.Time
	quickest time.Duration
	ceiling  *pacer        // of --rate, over all calls; nil without it
	all      *pacer        // of all calls, while there are no pacers
	pacers   map[op]*pacer // by kind of call, once limits of routes show; nil before
	givenUp  map[op]bool   // kinds that were refused for throttlePatience, and not taken since
	changed  chan struct{} // closed when a place is free or a probe has its answer
}

// pacer is the pace of one kind of call, or of all.
type pacer struct {
	rate    float64   // calls per second; 0: as fast as answers come
	growth  float64   // of rate, with each good answer
	next    time.Time // of the next call by rate
	until   time.Time // after a throttled answer, nothing is sent before
	closed  time.Time // when the first of the strikes came
	strikes int       // throttled answers since the last good one
	probing bool      // one request is probing whether calls are accepted again

	since time.Time // of the counting
	taken int       // good answers since

	// Of a pacer of all calls:
	byKind  map[op]int // taken, by kind
	refused op         // the kind that was refused first
	others  int        // calls of other kinds that were taken since
	asking  bool       // one of them is out
	ofAll   bool       // one of them was refused once: it is a limit over all
}

func newGovernor(cfg *Config) *governor {
	g := &governor{
		now: cfg.Now, sleep: cfg.Sleep, maxWait: cfg.MaxWait, limit: flightStart, most: MaxInFlight,
		all: &pacer{byKind: map[op]int{}}, changed: make(chan struct{}), givenUp: map[op]bool{},
	}
	if cfg.InFlight > 0 {
		g.most = float64(cfg.InFlight)
		g.limit = min(g.limit, g.most)
	}
	share := float64(max(cfg.Share, 1))
	g.limit, g.most = max(1, g.limit/share), max(1, g.most/share)
	if cfg.Rate > 0 {
		g.ceiling = &pacer{rate: cfg.Rate / 60 / share}
	}
	for kind, rate := range cfg.Paces {
		switch {
		case rate <= 0:
		case op(kind) == allKinds:
			g.all.rate = rate / share
		case g.pacers == nil:
			g.pacers = map[op]*pacer{}
			fallthrough
		default:
			g.pacers[op(kind)] = &pacer{rate: rate / share}
		}
	}
	return g
}

// pacer returns the pacer for a kind of call.
func (g *governor) pacer(kind op) *pacer {
	if g.pacers == nil {
		return g.all
	}
	p := g.pacers[kind]
	if p == nil {
		p = &pacer{since: g.now()}
		g.pacers[kind] = p
	}
	return p
}

// split gives each kind of call a pace of its own. Only the one that was refused
// is closed.
func (g *governor) split() {
	closed := *g.all
	closed.taken, closed.byKind = closed.byKind[closed.refused], nil
	g.pacers = map[op]*pacer{closed.refused: &closed}
	for kind, taken := range g.all.byKind {
		if kind != closed.refused {
			g.pacers[kind] = &pacer{since: closed.since, taken: taken}
		}
	}
}

// tryOther decides about a call of another kind than the refused one while all are closed: a few
// may go to probe the limit.
func (p *pacer) tryOther(now time.Time) (wait time.Duration, goes bool) {
	switch {
	case p.taken < fewTaken: // other programs may have used up that route's limit, or it was chance
		return 0, true
	case p.strikes > 1 && !p.asking && !p.ofAll && p.others < otherCalls:
		p.asking = true
		return 0, true
	case !p.probing && now.Sub(p.until) >= otherPatience: // no call of the refused kind probes
		p.probing = true
		return 0, true
	}
	return max(otherWait, p.until.Sub(now)), false
}

// learnFromOther learns from the answer to a call that began while another kind was refused. It
// reports whether the answer needs no other handling.
func (g *governor) learnFromOther(kind op, err error, began time.Time) bool {
	p := g.all
	if g.pacers != nil || p.strikes == 0 || kind == p.refused || began.Before(p.closed) {
		return false
	}
	if !p.asking {
		return false // it probed instead of the refused kind
	}
	p.asking = false
	switch {
	case errors.Is(err, ErrRateLimited):
		p.ofAll = true
		return true
	case err == nil:
		p.taken++
		p.byKind[kind]++
		if p.others++; p.others == otherCalls {
			g.split()
		}
		return true
	}
	return false
}

// acquire waits until a call may be sent. It returns the time waited, and the error of ctx if that
// ends first.
func (g *governor) acquire(ctx context.Context, kind op) (waited time.Duration, err error) {
	began := g.now()
	for {
		if err := ctx.Err(); err != nil {
			return g.now().Sub(began), err
		}
		switch wait, changed := g.try(kind); {
		case changed != nil:
			select {
			case <-changed:
			case <-ctx.Done():
				return g.now().Sub(began), ctx.Err()
			}
		case wait > 0:
			if err := g.sleep(ctx, wait); err != nil {
				return g.now().Sub(began), err
			}
		default:
			return g.now().Sub(began), nil
		}
	}
}

// try takes a place, or returns what to wait for: a time or a change.
func (g *governor) try(kind op) (wait time.Duration, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p, now := g.pacer(kind), g.now()
	if p.since.IsZero() {
		p.since = now
	}
	wait = max(p.until.Sub(now), p.next.Sub(now))
	if g.ceiling != nil {
		wait = max(wait, g.ceiling.next.Sub(now))
	}
	other := g.pacers == nil && p.strikes > 0 && kind != p.refused
	switch {
	case g.inFlight >= int(g.limit):
		return 0, g.changed
	case other:
		if wait, goes := p.tryOther(now); !goes {
			return wait, nil
		}
	case p.strikes > 0 && p.probing:
		return 0, g.changed
	case wait > 0:
		return wait, nil
	default:
		p.probing = p.strikes > 0
	}
	g.inFlight++
	p.step(now)
	if g.ceiling != nil {
		g.ceiling.step(now)
	}
	return 0, nil
}

// step sets the time of the next call.
func (p *pacer) step(now time.Time) {
	if p.rate > 0 {
		from := p.next
		if from.Before(now) {
			from = now
		}
		p.next = from.Add(time.Duration(float64(time.Second) / p.rate))
	}
}

// release frees a place and learns from the answer.
func (g *governor) release(kind op, err error, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	p, now := g.pacer(kind), g.now()
	if !errors.Is(err, ErrRateLimited) {
		delete(g.givenUp, kind)
	}
	if g.learnFromOther(kind, err, now.Add(-took)) {
		g.wake()
		return
	}
	var e *Error
	switch {
	case errors.As(err, &e) && errors.Is(err, ErrRateLimited):
		asked := e.RetryAfter
		if asked > g.maxWait {
			asked = 0 // the call fails at once, and so do the next ones
		}
		if p.strikes == 0 {
			p.refused = kind
		}
		p.throttled(now, asked)
		if now.Sub(p.closed) >= throttlePatience {
			g.givenUp[kind] = true
		}
		e.gaveUp = g.givenUp[kind]
		if now.Sub(g.halved) >= pauseFirst || g.halved.IsZero() {
			g.limit, g.halved = max(1, g.limit/2), now
		}
	case err == nil:
		g.count(p, kind, now, now.Add(-took))
		if g.quickest == 0 || took < g.quickest {
			g.quickest = took
		}
		if took <= g.quickest*slowerAnswers {
			g.limit = min(g.most, g.limit+g.flightGrowth())
		}
	}
	g.tell(p)
}

// flightGrowth returns how much a good answer adds to the limit of requests in flight. Until the
// first throttled answer, the limit doubles in six round trips, so that a short run reaches its
// speed. Afterwards each round trip adds one.
func (g *governor) flightGrowth() float64 {
	if g.halved.IsZero() {
		return flightGrowthFirst
	}
	return 1 / g.limit
}

// count counts a good answer. An answer to a call from before the refusal does not show that calls
// are accepted again.
func (g *governor) count(p *pacer, kind op, now, began time.Time) {
	if p.strikes > 0 && !began.After(p.closed) {
		p.taken++
	} else {
		p.answered(now, g.ceiling)
	}
	if g.pacers == nil {
		if p.taken == 1 {
			clear(p.byKind)
		}
		p.byKind[kind]++
	}
}

// giveBack frees a place that was not used.
func (g *governor) giveBack(kind op) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	g.tell(g.pacer(kind))
}

// tell wakes the calls that wait for a place or a probe.
func (g *governor) tell(p *pacer) {
	p.probing = false
	g.wake()
}

func (g *governor) wake() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// throttled closes the kind of call for a while. Requests that were under way at the first
// throttled answer are the same sign and do not count again.
func (p *pacer) throttled(now time.Time, asked time.Duration) {
	if now.Before(p.until) {
		if until := now.Add(asked); until.After(p.until) {
			p.until = until
		}
		return
	}
	if p.strikes == 0 {
		p.closed, p.others, p.asking = now, 0, false
	}
	p.strikes++
	if now.Sub(p.closed) >= throttlePatience {
		return // given up: the calls that are left ask once each, and need not wait for it
	}
	pause := min(pauseMost, pauseFirst<<min(p.strikes-1, 10))
	p.until = now.Add(max(pause, asked))
}

// answered counts a good answer. The first one after a throttled answer shows how many calls the
// service accepted in the time since.
func (p *pacer) answered(now time.Time, ceiling *pacer) {
	if p.strikes == 0 {
		if p.rate == 0 && now.Sub(p.since) > longestWindow { // a run with few calls shows no limit
			p.since, p.taken = now, 0
			clear(p.byKind)
		}
		p.taken++
		if p.rate > 0 {
			if p.rate *= max(p.growth, paceGrowth); p.rate > paceUnbounded {
				p.rate = 0
			}
		}
		return
	}
	switch elapsed := now.Sub(p.since).Seconds(); {
	case p.rate > 0 && p.strikes == 1:
		p.rate, p.growth = p.rate*paceAgain, paceGrowth
	case p.rate > 0:
		// It was closed for longer than a moment: a limit of many seconds.
		p.growth = paceGrowth
		seen := float64(p.taken) / elapsed * paceSafety
		if seen < p.rate/2 { // too little to judge by: others may have used the limit up
			seen, p.growth = p.rate/2, paceGrowthFirst
		}
		p.rate = min(p.rate*paceAgain, seen)
	case p.taken >= fewTaken && elapsed > 0:
		p.rate, p.growth = float64(p.taken)/elapsed*paceSafety, paceGrowthFirst
	case ceiling != nil:
		p.rate, p.growth = ceiling.rate/2, paceGrowthFirst
	case p.byKind != nil:
		p.strikes = 0 // keep the pace and the count
		p.taken++
		return
	case p.taken > 0 && elapsed > 0:
		p.rate, p.growth = float64(p.taken)/elapsed*paceSafety, paceGrowthFirst
	default:
		p.rate, p.growth = 1, paceGrowthFirst
	}
	p.rate = max(p.rate, paceFloor)
	p.strikes, p.taken, p.since, p.next = 0, 1, now, now
	p.step(now) // the call that has probed counts
}

// paces returns the rates that were learned, in calls per second.
func (g *governor) paces() map[string]float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	learned := map[string]float64{}
	if g.pacers == nil && g.all.rate > 0 {
		learned[string(allKinds)] = g.all.rate
	}
	for kind, p := range g.pacers {
		if p.rate > 0 {
			learned[string(kind)] = p.rate
		}
	}
	return learned
}

// withRate makes each attempt take its turn, and learns from the answers.
func withRate(next sender, g *governor, stats *tally) sender {
	return func(ctx context.Context, k *call) (*answer, error) {
		pause, end := waiting(ctx)
		defer end()
		stats.queues(g.now())
		waited, err := g.acquire(pause, k.op)
		stats.queued(g.now())
		if k.queued != nil {
			*k.queued += waited
		}
		if err != nil {
			return nil, k.broken(pause, err, false)
		}
		if err := pause.Err(); err != nil {
			g.giveBack(k.op)
			return nil, k.broken(pause, err, false)
		}
		began := g.now()
		a, err := next(ctx, k)
		g.release(k.op, err, g.now().Sub(began))
		if errors.Is(err, ErrRateLimited) {
			stats.throttledOnce()
		}
		return a, err
	}
}
