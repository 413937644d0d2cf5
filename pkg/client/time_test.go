package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

const testJob = "48c66c6002964721be537cdc6ce0297b"

// pipes is a listener with connections in memory, so that the real transport runs in a synctest
// bubble.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inBubble runs f in fake time, with a client whose real transport ends at handler.
func inBubble(t *testing.T, handler http.HandlerFunc, f func(t *testing.T, c *Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{
			Endpoint: "http://127.0.0.1", Credentials: Credentials{Key: signer.Key{Access: "a", Secret: "s"}}, Rate: 1e6,
		})
		if err != nil {
			t.Fatal(err)
		}
		listener := newPipes()
		c.transp.shared.DialContext, c.transp.fresh.DialContext = listener.dial, listener.dial
		handlers := make(chan struct{}, 16) // one place for each running request
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handlers <- struct{}{}
			defer func() { <-handlers }()
			handler(w, r)
		})}
		go func() { _ = server.Serve(listener) }()
		f(t, c)
		c.Close()
		server.Close()
		for range cap(handlers) { // the bubble must not end before them
			handlers <- struct{}{}
		}
	})
}

func createBody() *jsontree.Value {
	return jsontree.Object(jsontree.Member{Key: "job_name", Value: jsontree.String("a")})
}

// TestSilence checks that an attempt without an answer ends after a minute. A read is tried twice,
// a create once.
func TestSilence(t *testing.T) {
	t.Parallel()
	silent := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // without this the server does not notice that the connection ended
		<-r.Context().Done()
	}
	inBubble(t, silent, func(t *testing.T, c *Client) {
		began := time.Now()
		_, err := c.CreateJob(t.Context(), createBody())
		if took := time.Since(began); OutcomeOf(err) != Unsure || took != 60*time.Second {
			t.Errorf("create: %v after %v", err, took)
		}
		began = time.Now()
		_, err = c.QueryJob(t.Context(), testJob)
		var e *Error
		if took := time.Since(began); !errors.As(err, &e) || e.Attempts != 2 || took > 121*time.Second || !isTimeout(err) {
			t.Errorf("read: %v after %v", err, took)
		}
	})
}

// TestDrip checks that a server that sends one byte a second cannot exceed an attempt's limit.
func TestDrip(t *testing.T) {
	t.Parallel()
	drip := func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := io.WriteString(w, " "); err != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}
	inBubble(t, drip, func(t *testing.T, c *Client) {
		began := time.Now()
		_, err := c.CreateJob(t.Context(), createBody())
		if took := time.Since(began); OutcomeOf(err) != Unsure || took != 90*time.Second || !strings.Contains(err.Error(), "in time") {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// TestStreamsMayTakeLong checks that a long download is not cut off, but a stalled one is.
func TestStreamsMayTakeLong(t *testing.T) {
	t.Parallel()
	stall := false
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		for i := range 100 {
			if stall && i == 50 {
				<-r.Context().Done()
				return
			}
			fmt.Fprintf(w, "line %d\n", i)
			_ = http.NewResponseController(w).Flush()
			time.Sleep(30 * time.Second)
		}
	}
	inBubble(t, handler, func(t *testing.T, c *Client) {
		var log bytes.Buffer
		n, err := c.FullLog(t.Context(), testJob, &log, LogOptions{})
		if err != nil || n != int64(log.Len()) || !strings.HasSuffix(log.String(), "line 99\n") {
			t.Errorf("%d bytes, %v", n, err)
		}
		stall = true
		log.Reset()
		_, err = c.FullLog(t.Context(), testJob, &log, LogOptions{})
		if !isTimeout(err) || !strings.HasSuffix(log.String(), "line 49\n") {
			t.Errorf("a stalled download: %v", err)
		}
	})
}

// TestWaitingEndsWithTheContext checks that every wait ends with the context.
func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	throttle := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "50")
		w.WriteHeader(429)
		fmt.Fprint(w, `{"error_code":"APIGW.0308"}`)
	}
	inBubble(t, throttle, func(t *testing.T, c *Client) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		_, err := c.CreateJob(ctx, createBody())
		if took := time.Since(began); OutcomeOf(err) != NotSent || took != 3*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// The bars are 115 and 3 percent (make bench-throttle measures them). The waits between attempts
// are random, so a run may exceed them slightly.
const (
	paceBar    = 125
	refusalBar = 4
)

// limitedServer answers a call after 20 ms and accepts a fixed number per window.
type limitedServer struct {
	mu           sync.Mutex
	routes       map[op]*limitedServer // a limit for each kind of call; nil: one limit for all
	most         int
	window       time.Duration
	retryAfter   bool
	closed       time.Time // everything before it is refused
	began        time.Time
	taken        int
	all, refused int
}

func (s *limitedServer) send(ctx context.Context, k *call) (*answer, error) {
	if s.routes != nil {
		return s.route(k.op).send(ctx, k)
	}
	time.Sleep(20 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all++
	now := time.Now()
	if now.Sub(s.began) >= s.window {
		s.began, s.taken = now, 0
	}
	if s.taken++; s.most > 0 && s.taken > s.most || now.Before(s.closed) {
		s.refused++
		e := &Error{Outcome: NotSent, kind: ErrRateLimited, throttled: true, passing: true}
		if s.retryAfter {
			e.RetryAfter = s.began.Add(s.window).Sub(now)
		}
		return nil, e
	}
	return &answer{}, nil
}

func (s *limitedServer) route(kind op) *limitedServer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.routes[kind] == nil {
		s.routes[kind] = &limitedServer{most: s.most, window: s.window, retryAfter: s.retryAfter}
	}
	return s.routes[kind]
}

// TestPace sends 1,000 reads to services with a limit for each second or minute. All are answered
// in little more time than the limit needs, and few answers are refusals.
func TestPace(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*limitedServer{
		"no limit":                 {},
		"10 a second":              {most: 10, window: time.Second},
		"10 a second, Retry-After": {most: 10, window: time.Second, retryAfter: true},
		"50 a minute":              {most: 50, window: time.Minute},
		"50 a minute, Retry-After": {most: 50, window: time.Minute, retryAfter: true},
		"100 in ten seconds":       {most: 100, window: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const calls = 1000
				cfg := Config{Credentials: Credentials{Token: "t"}}
				if err := cfg.complete(); err != nil {
					t.Fatal(err)
				}
				stats := newTally()
				send := withRetry(withRate(s.send, newGovernor(&cfg), stats), newRetries(&cfg), stats)
				began := time.Now()
				var group sync.WaitGroup
				work := make(chan struct{}, calls)
				for range calls {
					work <- struct{}{}
				}
				close(work)
				for range 32 {
					group.Go(func() {
						for range work {
							if _, err := send(t.Context(), &call{op: "QueryJob", repeat: repeatRead}); err != nil {
								t.Error(err)
							}
						}
					})
				}
				group.Wait()
				took, least := time.Since(began), time.Duration(calls)*20*time.Millisecond/32
				if s.most > 0 {
					least = time.Duration(calls/s.most-1) * s.window
				}
				t.Logf("%v, at least %v; %d of %d refused", took, least, s.refused, s.all)
				bar := time.Duration(paceBar)
				if s.window == 10*time.Second {
					bar = 145 // the bar applies to seconds and minutes
				}
				if took > least*bar/100+2*time.Second || s.refused*100 > refusalBar*s.all {
					t.Errorf("took %v, the limit allows %v; %d of %d answers are refusals", took, least, s.refused, s.all)
				}
			})
		})
	}
}

// TestPaceAfterOthers checks a run with a learned pace when other programs have used up the limit.
// It is refused twice, continues at half the pace, and returns to the learned pace within the run.
func TestPaceAfterOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const calls, closed = 1000, 2500 * time.Millisecond
		cfg := Config{Credentials: Credentials{Token: "t"}, Paces: map[string]float64{string(allKinds): 10.4}}
		if err := cfg.complete(); err != nil {
			t.Fatal(err)
		}
		s := &limitedServer{most: 10, window: time.Second, closed: time.Now().Add(closed)}
		stats := newTally()
		send := withRetry(withRate(s.send, newGovernor(&cfg), stats), newRetries(&cfg), stats)
		began := time.Now()
		var left atomic.Int32
		var group sync.WaitGroup
		for range 32 {
			group.Go(func() {
				for left.Add(1) <= calls {
					if _, err := send(t.Context(), &call{op: "QueryJob", repeat: repeatRead}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if took, least := time.Since(began), closed+calls/10*time.Second; took > least*135/100 {
			t.Errorf("took %v, the limit allows %v; %d of %d answers are refusals", took, least, s.refused, s.all)
		} else {
			t.Log(took, least, s.refused, s.all)
		}
	})
}

// TestPaceOfSeveralKinds reads 1,000 jobs and the notifications of 250, as a plan does, from
// services with one limit for all calls or one for each route. It runs again with the pace that the
// first run learned.
func TestPaceOfSeveralKinds(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]*limitedServer{
		"10 a second over all":              {most: 10, window: time.Second},
		"10 a second over all, Retry-After": {most: 10, window: time.Second, retryAfter: true},
		"50 a minute over all":              {most: 50, window: time.Minute},
		"50 a minute and route":             {most: 50, window: time.Minute, routes: map[op]*limitedServer{}},
		"50 a minute, route, Retry-After":   {most: 50, window: time.Minute, retryAfter: true, routes: map[op]*limitedServer{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var learned map[string]float64
				for _, run := range []string{"first", "second"} {
					s := &limitedServer{most: limit.most, window: limit.window, retryAfter: limit.retryAfter}
					kinds := 1
					if limit.routes != nil {
						s.routes, kinds = map[op]*limitedServer{}, 2
					}
					learned = paceOfPlan(t, s, run, kinds, learned)
				}
			})
		})
	}
}

// paceOfPlan sends the calls of a plan and checks their time. kinds is the number of kinds of call
// that the limit counts apart.
func paceOfPlan(t *testing.T, s *limitedServer, run string, kinds int, paces map[string]float64) (learned map[string]float64) {
	const jobs = 1000
	cfg := Config{Credentials: Credentials{Token: "t"}, Paces: paces}
	if err := cfg.complete(); err != nil {
		t.Fatal(err)
	}
	stats, g := newTally(), newGovernor(&cfg)
	send := withRetry(withRate(s.send, g, stats), newRetries(&cfg), stats)
	began := time.Now()
	var group sync.WaitGroup
	work := make(chan int, jobs)
	for i := range jobs {
		work <- i
	}
	close(work)
	for range 32 {
		group.Go(func() {
			for i := range work {
				kinds := []op{"QueryJob"}
				if i%4 == 0 {
					kinds = append(kinds, "QueryNotice")
				}
				for _, kind := range kinds {
					if _, err := send(t.Context(), &call{op: kind, repeat: repeatRead}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	calls := jobs + jobs/4
	if kinds > 1 {
		calls = jobs
	}
	took, least := time.Since(began), time.Duration(calls/s.most-1)*s.window
	all, refused := s.all, s.refused
	for _, route := range s.routes {
		all, refused = all+route.all, refused+route.refused
	}
	t.Logf("%s: %v, at least %v; %d of %d refused", run, took, least, refused, all)
	if took > least*paceBar/100+2*time.Second || refused*100 > refusalBar*all {
		t.Errorf("%s: took %v, the limit allows %v; %d of %d answers are refusals", run, took, least, refused, all)
	}
	return g.paces()
}

// TestOneCallOutlastsTheLimit checks that the last call of a run waits until a limit of one minute
// is over.
func TestOneCallOutlastsTheLimit(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*limitedServer{
		"no hint": {most: 50, window: time.Minute}, "Retry-After": {most: 50, window: time.Minute, retryAfter: true},
	} {
		for kind, repeat := range map[string]repeat{"a read": repeatRead, "an update": repeatAbsolute, "a create": repeatNever} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &limitedServer{most: s.most, window: s.window, retryAfter: s.retryAfter, began: time.Now(), taken: s.most}
					cfg := Config{Credentials: Credentials{Token: "t"}}
					if err := cfg.complete(); err != nil {
						t.Fatal(err)
					}
					stats := newTally()
					send := withRetry(withRate(s.send, newGovernor(&cfg), stats), newRetries(&cfg), stats)
					began := time.Now()
					if _, err := send(t.Context(), &call{op: "Op", repeat: repeat}); err != nil {
						t.Fatal(err)
					}
					if took := time.Since(began); took < 55*time.Second || took > 2*time.Minute || s.all > 15 {
						t.Errorf("%d requests in %v", s.all, took)
					}
				})
			})
		}
	}
}

// TestOutageOfThrottling checks that a service that always throttles is given up after a bounded
// number of requests and a bounded time.
func TestOutageOfThrottling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &limitedServer{most: -1, window: time.Hour}
		s.most, s.taken, s.began = 1, 1, time.Now()
		cfg := Config{Credentials: Credentials{Token: "t"}}
		if err := cfg.complete(); err != nil {
			t.Fatal(err)
		}
		stats := newTally()
		send := withRetry(withRate(s.send, newGovernor(&cfg), stats), newRetries(&cfg), stats)
		began := time.Now()
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if _, err := send(t.Context(), &call{op: "QueryJob", repeat: repeatRead}); !errors.Is(err, ErrRateLimited) {
					t.Errorf("got %v", err)
				}
			})
		}
		group.Wait()
		if took := time.Since(began); s.all > 30 || took > 6*time.Minute {
			t.Errorf("%d requests in %v", s.all, took)
		}
	})
}

// TestRateIsACeiling checks that --rate limits all calls together, and that processes that share it
// have together the rate of one.
func TestRateIsACeiling(t *testing.T) {
	t.Parallel()
	for _, share := range []int{1, 3, 8} {
		synctest.Test(t, func(t *testing.T) {
			g := newGovernor(&Config{Now: time.Now, Sleep: Sleep, Rate: 600, Share: share})
			began := time.Now()
			const calls = 100
			for i := range calls {
				kind := op([]string{"QueryJob", "ListJobs"}[i%2])
				if _, err := g.acquire(t.Context(), kind); err != nil {
					t.Fatal(err)
				}
				g.release(kind, nil, 0)
			}
			if took, want := time.Since(began), time.Duration((calls-1)*share)*100*time.Millisecond; took < want*99/100 || took > want*101/100 {
				t.Errorf("share %d: %d calls took %v, want %v", share, calls, took, want)
			}
		})
	}
}

// TestFullJitter checks that each wait is between zero and an interval that doubles up to its
// limit.
func TestFullJitter(t *testing.T) {
	t.Parallel()
	cfg := Config{Credentials: Credentials{Token: "t"}}
	if err := cfg.complete(); err != nil {
		t.Fatal(err)
	}
	r := newRetries(&cfg)
	for base, want := range map[time.Duration][]time.Duration{
		cfg.Backoff.Base:      {500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 20 * time.Second, 20 * time.Second},
		cfg.Backoff.Throttled: {2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 20 * time.Second, 20 * time.Second},
	} {
		most := make([]time.Duration, len(want))
		for range 500 {
			delays := r.delays(base)
			for i := range want {
				d := delays.NextBackOff()
				if d < 0 || d > want[i]+1 {
					t.Fatalf("wait %d of base %v = %v, beyond %v", i, base, d, want[i])
				}
				most[i] = max(most[i], d)
			}
		}
		for i := range want {
			if most[i] < want[i]*9/10 {
				t.Errorf("wait %d of base %v never exceeded %v of %v", i, base, most[i], want[i])
			}
		}
	}
}

// TestOutage checks that a read gives up within two minutes in an outage.
func TestOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{
			Endpoint: "https://example.com", Credentials: Credentials{Token: "t"},
			Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for range 8 {
			_, err = c.QueryJob(t.Context(), testJob)
		}
		if took := time.Since(began); err == nil || took > 120*time.Second || c.Stats().Attempts > 28 {
			t.Errorf("%v, %d requests in %v", err, c.Stats().Attempts, took)
		}
	})
}

// TestUntil checks that no attempt begins once the run has to stop. A wait before an attempt ends
// at once; a call under way ends by itself.
func TestUntil(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		var stop context.CancelFunc
		c, err := New(Config{
			Endpoint: "http://127.0.0.1", Rate: 1e6, Credentials: Credentials{Token: "t"},
			Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				requests++
				time.AfterFunc(time.Second, stop)
				time.Sleep(2 * time.Second)
				return &http.Response{
					StatusCode: 429, Header: http.Header{"Retry-After": {"30"}}, Request: req,
					Body: io.NopCloser(strings.NewReader(`{"error_code":"APIGW.0308","error_msg":"slower"}`)),
				}, nil
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		until, end := context.WithCancel(t.Context())
		stop = end
		began := time.Now()
		err = c.DisableJob(Until(t.Context(), until), testJob)
		if took := time.Since(began); took != 2*time.Second || requests != 1 || !errors.Is(err, ErrRateLimited) {
			t.Errorf("%d requests in %v: %v", requests, took, err)
		}
		if err := c.DisableJob(Until(t.Context(), until), testJob); requests != 1 || OutcomeOf(err) != NotSent {
			t.Errorf("%d requests: %v", requests, err)
		}
	})
}
