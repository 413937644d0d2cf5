package client_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

const (
	jobID     = "48c66c6002964721be537cdc6ce0297b"
	otherID   = "db8467d972cc47f7a1bd2a3a3e77596a"
	projectID = "6ecbc5bac7c8442fb3d2563d53c13582"
	recordID  = "9d6169b9-022d-458c-9dc8-48cc94cc4083"
)

// fakeTime is a clock that moves only during a sleep.
type fakeTime struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newFakeTime() *fakeTime { return &fakeTime{now: time.Now()} }

func (f *fakeTime) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fakeTime) Sleep(ctx context.Context, d time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.now = f.now.Add(d)
	f.slept = append(f.slept, d)
	return nil
}

// server is an HTTP server that records its requests.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
}

type request struct {
	method, path, query, body string
	header                    http.Header
	remote                    string
}

func (r request) line() string { return r.method + " " + r.path }

func newServer(t testing.TB, handle func(w http.ResponseWriter, r *http.Request, n int)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.requests = append(s.requests, request{
			r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Clone(), r.RemoteAddr,
		})
		n := len(s.requests)
		s.mu.Unlock()
		handle(w, r, n)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) all() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.requests...)
}

// newClient returns a client of the server with a fake clock.
func newClient(t testing.TB, address string, change ...func(*client.Config)) (*client.Client, *fakeTime) {
	t.Helper()
	clock := newFakeTime()
	cfg := client.Config{
		Endpoint:    address,
		Credentials: client.Credentials{Key: signer.Key{Access: "AK-canary", Secret: "SK-canary"}},
		Now:         clock.Now,
		Sleep:       clock.Sleep,
		Rate:        1e6,
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, clock
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Request-Id", "req-1")
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

func jobBody(name string) *jsontree.Value {
	return jsontree.Object(
		jsontree.Member{Key: "project_id", Value: jsontree.String(projectID)},
		jsontree.Member{Key: "job_name", Value: jsontree.String(name)},
		jsontree.Member{Key: "arch", Value: jsontree.String("x86-64")},
		jsontree.Member{Key: "steps", Value: jsontree.Array()},
	)
}

func withID(body *jsontree.Value, id string) *jsontree.Value {
	body.Set("job_id", jsontree.String(id))
	return body
}

// trust makes a client trust the server's certificate.
func trust(t testing.TB, s *httptest.Server) func(*client.Config) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return func(cfg *client.Config) { cfg.CAFile = path }
}

func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }
