package client_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
)

// operation is a call of each kind that the rules of repeating distinguish.
type operation struct {
	name string
	call func(context.Context, *client.Client) error
	ok   string // the service's answer without a fault
}

var (
	readOp   = operation{"read", func(ctx context.Context, c *client.Client) error { _, err := c.QueryJob(ctx, jobID); return err }, `{"result":{"steps":[]},"status":"success"}`}
	updateOp = operation{"update", func(ctx context.Context, c *client.Client) error {
		return c.UpdateJob(ctx, withID(jobBody("a"), jobID))
	}, okJob}
	createOp = operation{"create", func(ctx context.Context, c *client.Client) error {
		_, err := c.CreateJob(ctx, jobBody("a"))
		return err
	}, okJob}
	runOp = operation{"run", func(ctx context.Context, c *client.Client) error {
		_, err := c.RunJob(ctx, wire.RunRequest{JobID: jobID})
		return err
	}, `{"actual_build_number":"1"}`}
)

// TestRepeating checks how often each kind of call is sent if a fault happens once and if it always
// happens, and the error of the latter. (The package comment has the rules.)
func TestRepeating(t *testing.T) {
	t.Parallel()
	const gatewayThrottle = `{"error_code":"APIGW.0308","error_msg":"slow"}`
	faults := map[string]func(w http.ResponseWriter, r *http.Request){
		"gateway 429":      func(w http.ResponseWriter, r *http.Request) { reply(w, 429, gatewayThrottle) },
		"500 too many":     func(w http.ResponseWriter, r *http.Request) { reply(w, 500, `{"error_code":"CB.00060211"}`) },
		"500 busy":         func(w http.ResponseWriter, r *http.Request) { reply(w, 500, `{"error_code":"CB.00060100"}`) },
		"500 internal":     func(w http.ResponseWriter, r *http.Request) { reply(w, 500, `{"error_code":"CB.00060101"}`) },
		"502 page":         func(w http.ResponseWriter, r *http.Request) { reply(w, 502, `<html>`) },
		"503":              func(w http.ResponseWriter, r *http.Request) { reply(w, 503, ``) },
		"reset":            reset,
		"cut":              func(w http.ResponseWriter, r *http.Request) { reply(w, 200, `{"status":"succ`) },
		"portal":           func(w http.ResponseWriter, r *http.Request) { reply(w, 200, `<html>log in`) },
		"200 with error":   func(w http.ResponseWriter, r *http.Request) { reply(w, 200, `{"error_code":"CB.00060200"}`) },
		"invalid":          func(w http.ResponseWriter, r *http.Request) { reply(w, 400, `{"error_code":"CB.00060200"}`) },
		"route missing":    func(w http.ResponseWriter, r *http.Request) { reply(w, 404, `{"error_code":"APIGW.0101"}`) },
		"redirect":         func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Location", "/x"); w.WriteHeader(307) },
		"forbidden":        func(w http.ResponseWriter, r *http.Request) { reply(w, 403, `{"error_code":"CB.9"}`) },
		"large header":     func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-A", strings.Repeat("a", 2<<20)) },
		"duplicate keys":   func(w http.ResponseWriter, r *http.Request) { reply(w, 200, `{"status":"failed","status":"success"}`) },
		"success, no data": func(w http.ResponseWriter, r *http.Request) { reply(w, 200, `{"status":"success"}`) },
	}
	type expectation struct {
		sent    int
		outcome client.Outcome
	}
	const patiently = -1 // as often as two and a half minutes allow
	for _, test := range []struct {
		fault                string
		read, update, create expectation
	}{
		{"gateway 429", expectation{patiently, client.NotSent}, expectation{patiently, client.NotSent}, expectation{patiently, client.NotSent}},
		{"500 too many", expectation{patiently, client.Unsure}, expectation{patiently, client.Unsure}, expectation{1, client.Unsure}},
		{"500 busy", expectation{5, client.Unsure}, expectation{1, client.Unsure}, expectation{1, client.Unsure}},
		{"500 internal", expectation{5, client.Unsure}, expectation{1, client.Unsure}, expectation{1, client.Unsure}},
		{"502 page", expectation{5, client.Unsure}, expectation{1, client.Unsure}, expectation{1, client.Unsure}},
		{"503", expectation{5, client.Unsure}, expectation{1, client.Unsure}, expectation{1, client.Unsure}},
		{"reset", expectation{5, client.Unsure}, expectation{1, client.Unsure}, expectation{1, client.Unsure}},
		{"cut", expectation{5, client.Unsure}, expectation{1, client.Unsure}, expectation{1, client.Unsure}},
		{"large header", expectation{5, client.Unsure}, expectation{1, client.Unsure}, expectation{1, client.Unsure}},
		{"duplicate keys", expectation{5, client.Unsure}, expectation{1, client.Unsure}, expectation{1, client.Unsure}},
		{"portal", expectation{1, client.Unsure}, expectation{1, client.Unsure}, expectation{1, client.Unsure}},
		{"200 with error", expectation{1, client.Rejected}, expectation{1, client.Rejected}, expectation{1, client.Rejected}},
		{"invalid", expectation{1, client.Rejected}, expectation{1, client.Rejected}, expectation{1, client.Rejected}},
		{"route missing", expectation{1, client.Rejected}, expectation{1, client.Rejected}, expectation{1, client.Rejected}},
		{"redirect", expectation{1, client.Rejected}, expectation{1, client.Rejected}, expectation{1, client.Rejected}},
		{"forbidden", expectation{1, client.Rejected}, expectation{1, client.Rejected}, expectation{1, client.Rejected}},
		{"success, no data", expectation{1, client.Unsure}, expectation{1, client.Unsure}, expectation{1, client.Unsure}},
	} {
		for _, kind := range []struct {
			operation
			want expectation
		}{{readOp, test.read}, {updateOp, test.update}, {createOp, test.create}, {runOp, test.create}} {
			t.Run(test.fault+"/"+kind.name+"/for ever", func(t *testing.T) {
				t.Parallel()
				s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) { faults[test.fault](w, r) })
				c, _ := newClient(t, s.URL)
				err := kind.call(t.Context(), c)
				have := expectation{len(s.all()), client.OutcomeOf(err)}
				want := kind.want
				if want.sent == patiently && have.sent >= 9 && have.sent <= 13 { // the waits are random
					want.sent = have.sent
				}
				if have != want {
					t.Errorf("have %+v, want %+v (%v)", have, want, err)
				}
				var e *client.Error
				if !errors.As(err, &e) || e.Attempts != want.sent {
					t.Errorf("Attempts: %+v", e)
				}
			})
			t.Run(test.fault+"/"+kind.name+"/once", func(t *testing.T) {
				t.Parallel()
				s := newServer(t, func(w http.ResponseWriter, r *http.Request, n int) {
					if n == 1 {
						faults[test.fault](w, r)
						return
					}
					reply(w, 200, kind.ok)
				})
				c, _ := newClient(t, s.URL)
				err := kind.call(t.Context(), c)
				if repeated := kind.want.sent != 1; repeated != (err == nil) {
					t.Errorf("sent %d times: %v", len(s.all()), err)
				}
				for _, r := range s.all()[1:] {
					if r.body != s.all()[0].body {
						t.Errorf("the repeated request carries another body: %q", r.body)
					}
				}
			})
		}
	}
}

// reset closes the connection without an answer, so that the outcome is unknown.
func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

func TestConnectionRefusedIsProof(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	listener.Close()
	for _, kind := range []struct {
		operation
		attempts int
	}{{readOp, 5}, {updateOp, 4}, {createOp, 4}} {
		c, _ := newClient(t, address)
		err := kind.call(t.Context(), c)
		var e *client.Error
		if !errors.As(err, &e) || e.Outcome != client.NotSent || e.Attempts != kind.attempts || !strings.Contains(err.Error(), "nothing was sent") {
			t.Errorf("%s: %v", kind.name, err)
		}
	}
}

// TestAnswerCutAtEachByte checks that a read is repeated after a broken answer, and a create is
// unsure.
func TestAnswerCutAtEachByte(t *testing.T) {
	t.Parallel()
	for n := range len(okJob) {
		s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			conn, out, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			fmt.Fprintf(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(okJob), okJob[:n])
			out.Flush()
		})
		c, _ := newClient(t, s.URL)
		if _, err := c.CreateJob(t.Context(), jobBody("a")); client.OutcomeOf(err) != client.Unsure {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
		if len(s.all()) != 1 {
			t.Fatalf("cut after %d bytes: sent %d times", n, len(s.all()))
		}
	}
}

func TestRedirectsAreNeverFollowed(t *testing.T) {
	t.Parallel()
	other := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, okJob) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			http.Redirect(w, r, other.URL+"/steal", status)
		})
		for _, kind := range []operation{readOp, updateOp, createOp} {
			c, _ := newClient(t, s.URL)
			err := kind.call(t.Context(), c)
			if !errors.Is(err, client.ErrRedirect) {
				t.Errorf("%d %s: %v", status, kind.name, err)
			}
		}
	}
	if n := len(other.all()); n != 0 {
		t.Errorf("the other host received %d requests", n)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Content-Encoding", "gzip")
		var bomb bytes.Buffer
		z, _ := gzip.NewWriterLevel(&bomb, gzip.BestSpeed) // the level is valid
		zeros := make([]byte, 1<<20)
		for range 33 {
			_, _ = z.Write(zeros)
		}
		z.Close()
		_, _ = w.Write(bomb.Bytes())
	})
	c, _ := newClient(t, s.URL)
	_, err := c.CreateJob(t.Context(), jobBody("a"))
	if client.OutcomeOf(err) != client.Unsure || !strings.Contains(err.Error(), "32 MiB") {
		t.Errorf("error = %v", err)
	}
}

// TestCreatesUseFreshConnections checks that each create and each run uses a new connection, and
// has no header that makes the transport send it again.
func TestCreatesUseFreshConnections(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		switch {
		case r.Method == http.MethodGet:
			reply(w, 200, readOp.ok)
		case strings.HasSuffix(r.URL.Path, "/build"):
			reply(w, 200, runOp.ok)
		default:
			reply(w, 200, okJob)
		}
	})
	c, _ := newClient(t, s.URL)
	for _, kind := range []operation{readOp, readOp, createOp, createOp, runOp, readOp} {
		if err := kind.call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	ports := map[string]int{}
	for _, r := range s.all() {
		ports[r.remote]++
		for name := range r.header {
			if strings.Contains(strings.ToLower(name), "idempotency") {
				t.Errorf("the request carries %s", name)
			}
		}
	}
	for _, i := range []int{2, 3, 4} {
		if n := ports[s.all()[i].remote]; n != 1 {
			t.Errorf("request %d shared its connection with %d others", i, n-1)
		}
	}
	if ports[s.all()[0].remote] != 3 {
		t.Errorf("the reads did not share a connection: %v", ports)
	}
}

func TestInterruptedCalls(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	release := make(chan struct{})
	s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		arrived <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	c, _ := newClient(t, s.URL)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	err := createOp.call(ctx, c)
	if !errors.Is(err, context.Canceled) || client.OutcomeOf(err) != client.Unsure || len(s.all()) != 1 {
		t.Errorf("in flight: %v, sent %d times", err, len(s.all()))
	}
	err = createOp.call(ctx, c)
	if !errors.Is(err, context.Canceled) || client.OutcomeOf(err) != client.NotSent || len(s.all()) != 1 {
		t.Errorf("before sending: %v, sent %d times", err, len(s.all()))
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		header  func(now time.Time) string
		atLeast time.Duration
		gives   bool // up, at once
	}{
		{"seconds", func(time.Time) string { return "45" }, 45 * time.Second, false},
		{"the limit", func(time.Time) string { return "60" }, 60 * time.Second, false},
		{"a date", func(now time.Time) string { return now.Add(30 * time.Second).UTC().Format(http.TimeFormat) }, 28 * time.Second, false},
		{"a day", func(time.Time) string { return "86400" }, 0, true},
		{"a far date", func(time.Time) string { return "Fri, 01 Jan 2100 00:00:00 GMT" }, 0, true},
		{"negative", func(time.Time) string { return "-1" }, 0, false},
		{"a word", func(time.Time) string { return "soon" }, 0, false},
		{"absurd", func(time.Time) string { return "1180591620717411303424" }, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, func(w http.ResponseWriter, _ *http.Request, n int) {
				if n > 1 {
					reply(w, 200, okJob)
					return
				}
				w.Header().Set("Retry-After", test.header(time.Now()))
				reply(w, 429, `{"error_code":"APIGW.0308"}`)
			})
			c, clock := newClient(t, s.URL)
			_, err := c.CreateJob(t.Context(), jobBody("a"))
			if test.gives {
				var e *client.Error
				if !errors.As(err, &e) || e.RetryAfter < time.Hour || len(s.all()) != 1 || len(clock.slept) != 0 || !strings.Contains(err.Error(), "come back") {
					t.Errorf("%v, slept %v", err, clock.slept)
				}
				return
			}
			var slept time.Duration
			for _, d := range clock.slept {
				slept += d
			}
			if err != nil || slept < test.atLeast || slept > test.atLeast+3*time.Second {
				t.Errorf("%v, slept %v, want %v", err, clock.slept, test.atLeast)
			}
		})
	}
}

// TestBudget checks that the budget of repeats soon ends a run of many calls in an outage.
func TestBudget(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 503, ``) })
	c, _ := newClient(t, s.URL)
	for range 10 {
		_ = readOp.call(t.Context(), c)
	}
	if n := len(s.all()); n != 10+20 {
		t.Errorf("%d requests for 10 calls, want 30: one each and 20 repeats", n)
	}
	err := readOp.call(t.Context(), c)
	if err == nil || !strings.Contains(err.Error(), "not repeated") {
		t.Errorf("error = %v", err)
	}
	if stats := c.Stats(); stats.Retries != 20 || stats.Attempts != 31 || stats.Calls["read job"] != 11 {
		t.Errorf("stats = %+v", stats)
	}
}

func TestWrongObject(t *testing.T) {
	t.Parallel()
	wrong := strings.ReplaceAll(okJob, jobID, otherID)
	for _, test := range []struct {
		name, answer string
		call         func(context.Context, *client.Client) error
	}{
		{"update", wrong, updateOp.call},
		{"delete", wrong, func(ctx context.Context, c *client.Client) error { return c.DeleteJob(ctx, jobID) }},
		{"notice", wrong, func(ctx context.Context, c *client.Client) error { return c.DisableNotice(ctx, jobID, "MAIL") }},
		{"disable", wrong, func(ctx context.Context, c *client.Client) error { return c.DisableJob(ctx, jobID) }},
		{"template", `{"result":[{"uuid":"other"}],"status":"success"}`, func(ctx context.Context, c *client.Client) error { return c.DeleteTemplate(ctx, "u1") }},
		{"read", `{"result":{"job_id":"` + otherID + `","steps":[]},"status":"success"}`, readOp.call},
		{"record of another build", `{"result":{"id":"x","build_no":532},"status":"success"}`, func(ctx context.Context, c *client.Client) error { _, err := c.Record(ctx, jobID, 61); return err }},
		{"record", `{"result":{"id":"x","codeci_job_id":"` + otherID + `"},"status":"success"}`, func(ctx context.Context, c *client.Client) error { _, err := c.Record(ctx, jobID, 1); return err }},
	} {
		s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, test.answer) })
		c, _ := newClient(t, s.URL)
		err := test.call(t.Context(), c)
		if !errors.Is(err, client.ErrWrongObject) || client.OutcomeOf(err) != client.Unsure {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestMalformedIDsAreNotSent(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, okJob) })
	c, _ := newClient(t, s.URL)
	for _, id := range []string{"", "a/../b", "a b", "a?x=1", "\x1b[31m", "-x", strings.Repeat("a", 200), "構"} {
		err := c.DeleteJob(t.Context(), id)
		if client.OutcomeOf(err) != client.NotSent || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: %v", id, err)
		}
	}
	if err := c.UpdateJob(t.Context(), jobBody("a")); client.OutcomeOf(err) != client.NotSent {
		t.Errorf("update without job_id: %v", err)
	}
	if n := len(s.all()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// TestTLS checks certificates. A bad one ends a call at once with nothing sent. (The other tests
// use plain HTTP/1.)
func TestTLS(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		asked := 0
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			_, _ = io.Copy(io.Discard, r.Body)
			reply(w, 200, okJob)
		}))
		s.EnableHTTP2 = http2
		s.Config.ErrorLog = quietLog()
		s.StartTLS()
		defer s.Close()

		c, clock := newClient(t, s.URL)
		err := createOp.call(t.Context(), c)
		if !errors.Is(err, client.ErrCertificate) || client.OutcomeOf(err) != client.NotSent || asked != 0 || len(clock.slept) != 0 {
			t.Errorf("untrusted: %v, %d requests, slept %v", err, asked, clock.slept)
		}
		c, _ = newClient(t, s.URL, trust(t, s))
		if err := createOp.call(t.Context(), c); err != nil {
			t.Errorf("trusted by --ca-file: %v", err)
		}
		if err := updateOp.call(t.Context(), c); err != nil {
			t.Errorf("trusted by --ca-file: %v", err)
		}
		c, _ = newClient(t, strings.Replace(s.URL, "127.0.0.1", "localhost", 1), trust(t, s))
		if err := createOp.call(t.Context(), c); !errors.Is(err, client.ErrCertificate) {
			t.Errorf("wrong name: %v", err)
		}
	}
}

// TestHandshakes checks that an old protocol and a broken handshake end before any byte of the
// request is sent. Only the broken handshake is tried again.
func TestHandshakes(t *testing.T) {
	t.Parallel()
	old := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, okJob) }))
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = quietLog()
	old.StartTLS()
	defer old.Close()
	c, clock := newClient(t, old.URL, trust(t, old))
	err := createOp.call(t.Context(), c)
	if !errors.Is(err, client.ErrCertificate) || client.OutcomeOf(err) != client.NotSent || len(clock.slept) != 0 {
		t.Errorf("TLS 1.1: %v, slept %v", err, clock.slept)
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var accepted atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			_, _ = conn.Read(make([]byte, 16))
			conn.Close()
		}
	}()
	c, _ = newClient(t, "https://"+listener.Addr().String())
	err = createOp.call(t.Context(), c)
	if client.OutcomeOf(err) != client.NotSent || errors.Is(err, client.ErrCertificate) || accepted.Load() != 4 {
		t.Errorf("cut handshake: %d connections, %v", accepted.Load(), err)
	}
}

func TestCAFile(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{empty: "no certificate in PEM form", empty + "x": "no such file"} {
		_, err := client.New(client.Config{Endpoint: "https://example.com", Credentials: client.Credentials{Token: "t"}, CAFile: path})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestObserver checks that an observer sees each attempt and no secret.
func TestObserver(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request, n int) {
		if n == 1 {
			w.Header().Set("X-Request-Id", "SK-canary")
			w.WriteHeader(503)
			return
		}
		reply(w, 200, readOp.ok)
	})
	c, _ := newClient(t, s.URL)
	var seen []client.Attempt
	ctx := client.WithObserver(t.Context(), func(a client.Attempt) { seen = append(seen, a) })
	if err := readOp.call(ctx, c); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 2 || seen[0].Status != 503 || seen[0].Outcome != client.Unsure || seen[1].Outcome != client.OK || seen[1].RequestID != "req-1" {
		t.Errorf("seen %+v", seen)
	}
	if strings.Contains(fmt.Sprintf("%+v", seen), "canary") {
		t.Error("a secret was seen")
	}
}

// TestARouteThatIsAlwaysRefusedIsWaitedForOnce checks that a kind of call that was refused for
// minutes is not waited for again by each further call, even if other calls are accepted.
func TestARouteThatIsAlwaysRefusedIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if strings.HasSuffix(r.URL.Path, "/update") {
			reply(w, 500, `{"error_code":"CB.00060211","error_msg":"too many"}`)
			return
		}
		reply(w, 200, readOp.ok)
	})
	c, clock := newClient(t, s.URL)
	for i := range 5 {
		before, began := len(s.all()), clock.Now()
		if err := updateOp.call(t.Context(), c); !errors.Is(err, client.ErrRateLimited) {
			t.Fatalf("update %d: %v", i, err)
		}
		sent, took := len(s.all())-before, clock.Now().Sub(began)
		if i > 0 && (sent != 1 || took > 30*time.Second) {
			t.Errorf("update %d was sent %d times in %v after the first had given up", i, sent, took)
		}
		if err := readOp.call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}

// TestThrottlingHalvesTheRate checks that throttled answers slow down all later calls.
func TestThrottlingHalvesTheRate(t *testing.T) {
	t.Parallel()
	const calls = 40
	took := map[bool]time.Duration{}
	for _, throttled := range []bool{false, true} {
		s := newServer(t, func(w http.ResponseWriter, _ *http.Request, n int) {
			if throttled && n == 1 {
				reply(w, 429, `{"error_code":"APIGW.0308","error_msg":"slower"}`)
				return
			}
			reply(w, 200, readOp.ok)
		})
		c, clock := newClient(t, s.URL, func(cfg *client.Config) { cfg.Rate = 60 })
		_ = readOp.call(t.Context(), c) // throttled, then repeated
		began := clock.Now()
		for range calls {
			if err := readOp.call(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		took[throttled] = clock.Now().Sub(began)
	}
	// The rate rises by a tenth every ten seconds, so the time is less than double.
	if took[true] < took[false]*5/4 {
		t.Errorf("%d calls took %v after a throttled answer, %v without one", calls, took[true], took[false])
	}
}
