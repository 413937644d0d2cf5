package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

const testJob = "48c66c6002964721be537cdc6ce0297b"

// pipes is a listener whose connections are in memory, so that the real
// transport runs in a bubble of fake time.
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

// inBubble runs f with a client whose real transport ends at handler, in fake
// time.
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
		handlers := make(chan struct{}, 16) // one place for each that runs
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handlers <- struct{}{}
			defer func() { <-handlers }()
			handler(w, r)
		})}
		go func() { _ = server.Serve(listener) }()
		f(t, c)
		c.Close()
		server.Close()
		for range cap(handlers) { // the bubble must not end before they do
			handlers <- struct{}{}
		}
	})
}

func createBody() *jsontree.Value {
	return jsontree.Object(jsontree.Member{Key: "job_name", Value: jsontree.String("a")})
}

// Silence ends an attempt after a minute; a read is tried twice, a create once
// (F06).
func TestSilence(t *testing.T) {
	t.Parallel()
	silent := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice the end of the connection
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

// A server that sends a byte a second cannot hold an attempt beyond its limit
// (F32).
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

// A long download is not cut; one that stalls is.
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

// All waiting ends with the context.
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

// The rate never exceeds its ceiling, halves on throttling and recovers.
func TestBucket(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Now: time.Now}
		b := newBucket(&cfg)
		run := func(d time.Duration) int {
			n := 0
			for end := time.Now().Add(d); time.Now().Before(end); n++ {
				wait, _ := b.take()
				time.Sleep(wait)
			}
			return n
		}
		if n := run(5 * time.Second); n < 4*5 || n > 8+4*5+1 {
			t.Errorf("%d calls in the first 5 s, want 4 a second and a burst of 8", n)
		}
		for range 8 { // one sign, although eight calls in flight saw it
			b.throttled()
		}
		if have := float64(b.limiter.Limit()); have != 2 {
			t.Errorf("rate after throttling = %v, want 2", have)
		}
		for range 10 {
			time.Sleep(2 * time.Second)
			b.throttled()
		}
		if have := float64(b.limiter.Limit()); have != rateFloor {
			t.Errorf("rate after much throttling = %v, want the floor", have)
		}
		time.Sleep(10 * time.Minute)
		if n := run(10 * time.Second); n > 8+8*10+1 || float64(b.limiter.Limit()) != rateCeiling {
			t.Errorf("%d calls in 10 s at rate %v after a long quiet", n, b.limiter.Limit())
		}
	})
}

func TestBucketOfTheUser(t *testing.T) {
	t.Parallel()
	for perMinute, want := range map[float64]float64{12: 0.2, 60: 1, 6000: 100} {
		b := newBucket(&Config{Now: time.Now, Rate: perMinute})
		if have := float64(b.limiter.Limit()); have != want || b.ceiling != want || b.floor > want {
			t.Errorf("--rate %v: %v a second, from %v to %v", perMinute, have, b.floor, b.ceiling)
		}
	}
}

// Processes that divide a rate have together what one of them would have alone.
func TestBucketsShareTheRate(t *testing.T) {
	t.Parallel()
	for _, perMinute := range []float64{0, 12, 600} {
		whole := newBucket(&Config{Now: time.Now, Rate: perMinute})
		for _, share := range []int{1, 3, 8, 100} {
			b := newBucket(&Config{Now: time.Now, Rate: perMinute, Share: share})
			n := float64(share)
			for what, pair := range map[string][2]float64{
				"start":   {float64(b.limiter.Limit()) * n, float64(whole.limiter.Limit())},
				"floor":   {b.floor * n, whole.floor},
				"ceiling": {b.ceiling * n, whole.ceiling},
			} {
				if math.Abs(pair[0]-pair[1]) > 1e-9 {
					t.Errorf("rate %v, %d processes: their %s is %v together, want %v", perMinute, share, what, pair[0], pair[1])
				}
			}
			if burst := b.limiter.Burst(); burst < 1 || burst > 1 && burst*share > rateBurst {
				t.Errorf("%d processes: bursts of %d", share, burst)
			}
		}
	}
}

// Each wait lies between nothing and an interval that doubles up to the cap.
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

// A read in a total outage gives up within two minutes.
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

// Under Until no attempt begins once the run is to stop, and the wait before it
// ends at once; a call that is under way ends by itself.
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
