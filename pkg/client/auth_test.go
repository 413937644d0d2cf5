package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
)

// iam is a server that is both IAM and the build service. It issues tokens, and refuses those that
// were revoked.
type iam struct {
	*server
	mu      sync.Mutex
	issued  int
	failed  int
	revoked map[string]bool
	expires func() string
	refuse  bool // every token
}

func newIAM(t *testing.T) *iam {
	s := &iam{revoked: map[string]bool{}, expires: func() string { return time.Now().Add(24 * time.Hour).Format(time.RFC3339Nano) }}
	s.server = newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.URL.Path == "/v3/auth/tokens" {
			s.issued++
			w.Header().Set("X-Subject-Token", fmt.Sprintf("T%d-canary", s.issued))
			reply(w, 201, `{"token":{"expires_at":"`+s.expires()+`"}}`)
			return
		}
		if token := r.Header.Get("X-Auth-Token"); token == "" || s.refuse || s.revoked[token] {
			s.failed++
			reply(w, 401, `{"error_code":"APIGW.0301","error_msg":"token `+token+` is not valid"}`)
			return
		}
		reply(w, 200, readOp.ok)
	})
	return s
}

func (s *iam) revoke(tokens ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range tokens {
		s.revoked[token] = true
	}
}

func (s *iam) counts() (issued, failed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issued, s.failed
}

func byPassword(address string) func(*client.Config) {
	return func(cfg *client.Config) {
		cfg.IAMEndpoint = address
		cfg.Credentials = client.Credentials{Password: client.Password{User: "u", Password: "PW-canary", Domain: "d", Project: "cn-north-4"}}
	}
}

func TestTokenRequest(t *testing.T) {
	t.Parallel()
	s := newIAM(t)
	c, _ := newClient(t, s.URL, byPassword(s.URL))
	for range 3 {
		if err := readOp.call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	first := s.all()[0]
	var body, want any
	if err := json.Unmarshal([]byte(first.body), &body); err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal([]byte(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"u","password":"PW-canary","domain":{"name":"d"}}}},"scope":{"project":{"name":"cn-north-4"}}}}`), &want)
	if fmt.Sprint(body) != fmt.Sprint(want) || first.line() != "POST /v3/auth/tokens" || first.header.Get("Authorization") != "" {
		t.Errorf("token request %s %s", first.line(), first.body)
	}
	if issued, failed := s.counts(); issued != 1 || failed != 0 || s.all()[1].header.Get("X-Auth-Token") != "T1-canary" {
		t.Errorf("%d tokens issued, %d refused", issued, failed)
	}
}

// TestTokenRenewedOnceForAll checks that all callers together renew an expired token once, and that
// creates continue too.
func TestTokenRenewedOnceForAll(t *testing.T) {
	t.Parallel()
	s := newIAM(t)
	c, clock := newClient(t, s.URL, byPassword(s.URL))
	if err := readOp.call(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	_ = clock.Sleep(t.Context(), 2*time.Minute)
	s.revoke("T1-canary")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if err := readOp.call(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if issued, _ := s.counts(); issued != 2 {
		t.Errorf("%d tokens were requested, want 2", issued)
	}
}

func TestTokenIsRenewedBeforeItEnds(t *testing.T) {
	t.Parallel()
	s := newIAM(t)
	c, clock := newClient(t, s.URL, byPassword(s.URL))
	for range 3 {
		if err := readOp.call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		_ = clock.Sleep(t.Context(), 23*time.Hour+58*time.Minute)
		s.mu.Lock()
		now := clock.Now()
		s.expires = func() string { return now.Add(24 * time.Hour).Format(time.RFC3339Nano) }
		s.mu.Unlock()
	}
	if issued, failed := s.counts(); issued != 3 || failed != 0 {
		t.Errorf("%d tokens, %d refused calls; want 3 and 0", issued, failed)
	}
}

// TestNonsenseExpiry checks that an expiry in the past, or none, does not make every call request a
// token.
func TestNonsenseExpiry(t *testing.T) {
	t.Parallel()
	for _, expires := range []string{"2001-01-01T00:00:00.000000Z", "", "soon"} {
		s := newIAM(t)
		s.expires = func() string { return expires }
		c, clock := newClient(t, s.URL, byPassword(s.URL))
		for range 10 {
			if err := readOp.call(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			_ = clock.Sleep(t.Context(), time.Second)
		}
		if issued, _ := s.counts(); issued != 1 {
			t.Errorf("expires_at %q: %d tokens within ten seconds", expires, issued)
		}
	}
}

// TestFailedAuthenticationsAreBounded checks that a run sends at most two requests that fail
// authentication, with any cause and any number of callers.
func TestFailedAuthenticationsAreBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(address string) func(*client.Config)
		limit  int
	}{
		{"token", func(string) func(*client.Config) {
			return func(cfg *client.Config) { cfg.Credentials = client.Credentials{Token: "T-canary"} }
		}, 1},
		{"access key", func(string) func(*client.Config) { return func(*client.Config) {} }, 1},
		{"password", byPassword, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newIAM(t)
			s.refuse = true
			c, _ := newClient(t, s.URL, test.change(s.URL))
			var group sync.WaitGroup
			for range 12 {
				group.Go(func() {
					err := readOp.call(t.Context(), c)
					if !errors.Is(err, client.ErrUnauthorized) || strings.Contains(err.Error(), "canary") {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if _, failed := s.counts(); failed != test.limit || c.Stats().FailedAuth != failed {
				t.Errorf("%d failed authentications, want %d; stats %+v", failed, test.limit, c.Stats())
			}
			if err := createOp.call(t.Context(), c); client.OutcomeOf(err) != client.NotSent {
				t.Errorf("a create afterwards: %v", err)
			}
		})
	}
}

// TestRefusedAgainAfterRenewal checks that a refusal right after a renewal ends all authentication.
func TestRefusedAgainAfterRenewal(t *testing.T) {
	t.Parallel()
	s := newIAM(t)
	c, clock := newClient(t, s.URL, byPassword(s.URL))
	if err := readOp.call(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := clock.Sleep(t.Context(), 10*time.Minute); err != nil { // a new token is not requested again
		t.Fatal(err)
	}
	s.mu.Lock()
	s.refuse = true
	s.mu.Unlock()
	for range 4 {
		if err := readOp.call(t.Context(), c); !errors.Is(err, client.ErrUnauthorized) {
			t.Error(err)
		}
		if err := clock.Sleep(t.Context(), 10*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if issued, failed := s.counts(); issued != 2 || failed != 2 || c.Stats().FailedAuth != 2 {
		t.Errorf("%d tokens, %d failed authentications, want 2 and 2; stats %+v", issued, failed, c.Stats())
	}
	if n := len(s.all()); n != 1+1+1+1+1 {
		t.Errorf("%d requests, want 5", n)
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		reply(w, 401, `{"error":{"code":401,"message":"The username or password PW-canary is wrong.","title":"Unauthorized"}}`)
	})
	c, _ := newClient(t, s.URL, byPassword(s.URL))
	for range 3 {
		err := readOp.call(t.Context(), c)
		if !errors.Is(err, client.ErrUnauthorized) || strings.Contains(err.Error(), "canary") {
			t.Errorf("error = %v", err)
		}
	}
	if n := len(s.all()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// TestTokenRequestFaults checks that the token request is repeated if that can help, and never
// after a refusal.
func TestTokenRequestFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		bad  func(w http.ResponseWriter, r *http.Request)
		sent int
	}{
		{"reset", reset, 3},
		{"503", func(w http.ResponseWriter, r *http.Request) { reply(w, 503, "") }, 3},
		{"no token", func(w http.ResponseWriter, r *http.Request) { reply(w, 201, `{"token":{}}`) }, 1},
		{"portal", func(w http.ResponseWriter, r *http.Request) { reply(w, 200, `<html>`) }, 1},
		{"not found", func(w http.ResponseWriter, r *http.Request) { reply(w, 404, `{"error_code":"APIGW.0101"}`) }, 1},
	} {
		s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) { test.bad(w, r) })
		c, _ := newClient(t, s.URL, byPassword(s.URL))
		err := createOp.call(t.Context(), c)
		if client.OutcomeOf(err) != client.NotSent || len(s.all()) != test.sent {
			t.Errorf("%s: sent %d times, want %d: %v", test.name, len(s.all()), test.sent, err)
		}
	}
}

// signed returns a gateway that checks signatures with its own clock.
func signed(t *testing.T, clock func() time.Time, dates bool) *server {
	return newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Header()["Date"] = nil
		if dates {
			w.Header().Set("Date", clock().UTC().Format(http.TimeFormat))
		}
		if err := signer.Verify(r, nil, "SK-canary", clock(), 15*time.Minute); err != nil {
			reply(w, 401, `{"error_code":"APIGW.0301","error_msg":"`+err.Error()+`"}`)
			return
		}
		reply(w, 200, readOp.ok)
	})
}

// TestClock checks that a wrong clock costs one failed call and is then corrected. Without a
// plausible date from the server, the error names the clock as a possible cause.
func TestClock(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{16 * time.Minute, -16 * time.Minute, time.Hour, -time.Hour, 24 * time.Hour, -24 * time.Hour} {
		var c *client.Client
		var clock *fakeTime
		s := signed(t, func() time.Time { return clock.Now().Add(off) }, true)
		c, clock = newClient(t, s.URL)
		for range 3 {
			if err := readOp.call(t.Context(), c); err != nil {
				t.Errorf("off by %v: %v", off, err)
			}
		}
		if stats := c.Stats(); stats.FailedAuth != 1 || len(s.all()) != 4 || (stats.ClockSkew-off).Abs() > 2*time.Second {
			t.Errorf("off by %v: %d requests, %+v", off, len(s.all()), stats)
		}
	}
	for _, test := range []struct {
		name string
		off  time.Duration
		date bool
		text string
	}{
		{"no date", time.Hour, false, "clock"},
		{"absurd date", 30 * 24 * time.Hour, true, "clock"},
		{"not a fault of the clock", 0, true, "not authenticated"},
	} {
		var clock *fakeTime
		s := signed(t, func() time.Time { return clock.Now().Add(test.off) }, test.date)
		c, time := newClient(t, s.URL, func(cfg *client.Config) {
			if test.off == 0 {
				cfg.Credentials.Key.Secret = "other-canary"
			}
		})
		clock = time
		err := readOp.call(t.Context(), c)
		if !errors.Is(err, client.ErrUnauthorized) || len(s.all()) != 1 || !strings.Contains(err.Error()+client.ErrUnauthorized.Error(), test.text) {
			t.Errorf("%s: %d requests: %v", test.name, len(s.all()), err)
		}
	}
}

// TestFirstCallGoesAlone checks that the first authenticated call goes alone, and the others follow
// if it succeeds.
func TestFirstCallGoesAlone(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var running, most, done int
	release := make(chan struct{})
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request, n int) {
		mu.Lock()
		running++
		if done == 0 {
			most = max(most, running)
		}
		mu.Unlock()
		if n == 1 {
			<-release
		}
		mu.Lock()
		running--
		done++
		mu.Unlock()
		reply(w, 200, readOp.ok)
	})
	c, _ := newClient(t, s.URL)
	var group sync.WaitGroup
	started := make(chan struct{}, 8)
	for range 8 {
		group.Go(func() {
			started <- struct{}{}
			if err := readOp.call(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	for range 8 {
		<-started
	}
	close(release)
	group.Wait()
	if most != 1 || len(s.all()) != 8 {
		t.Errorf("%d calls ran before the first was answered", most)
	}
}

// memoryCache is a token cache in memory.
type memoryCache struct {
	mu     sync.Mutex
	tokens map[string]string
	end    time.Time
}

func (m *memoryCache) Load(key string) (string, time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	token, ok := m.tokens[key]
	return token, m.end, ok
}

func (m *memoryCache) Store(key, token string, expires time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tokens[key], m.end = token, expires
	return nil
}

func TestTokenCache(t *testing.T) {
	t.Parallel()
	s := newIAM(t)
	cache := &memoryCache{tokens: map[string]string{}}
	use := func() {
		c, _ := newClient(t, s.URL, byPassword(s.URL), func(cfg *client.Config) { cfg.TokenCache = cache })
		if err := readOp.call(t.Context(), c); err != nil {
			t.Error(err)
		}
	}
	use()
	use()
	if issued, _ := s.counts(); issued != 1 {
		t.Errorf("%d tokens for two runs with a cache", issued)
	}
	s.revoke("T1-canary") // a refused token of the cache is replaced
	use()
	use()
	if issued, _ := s.counts(); issued != 2 {
		t.Errorf("%d tokens after a revocation", issued)
	}
	for key := range cache.tokens {
		if strings.Contains(key, "canary") {
			t.Error("the key of the cache holds a secret")
		}
	}
}

func TestBadCredentials(t *testing.T) {
	t.Parallel()
	for name, credentials := range map[string]client.Credentials{
		"none":             {},
		"no secret":        {Key: signer.Key{Access: "a"}},
		"line break":       {Token: "canary\nX-Injected: 1"},
		"key with a break": {Key: signer.Key{Access: "canary\r\n", Secret: "canary"}},
		"half a user":      {Password: client.Password{User: "u", Password: "canary"}},
		"no IAM endpoint":  {Password: client.Password{User: "u", Password: "canary", Domain: "d", Project: "p"}},
	} {
		_, err := client.New(client.Config{Endpoint: "https://example.com", Credentials: credentials})
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
		if text := fmt.Sprintf("%v %+v %#v", credentials, credentials, credentials); strings.Contains(text, "canary") {
			t.Errorf("%s prints %s", name, text)
		}
		if data, _ := json.Marshal(credentials); strings.Contains(string(data), "canary") {
			t.Errorf("%s is marshalled to %s", name, data)
		}
	}
}
