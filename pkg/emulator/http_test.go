package emulator_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// caller sends raw requests as one user.
type caller struct {
	t     testing.TB
	srv   *emulatortest.Server
	token string
	http  *http.Client
}

func start(t testing.TB, opts emulator.Options) *caller {
	t.Helper()
	srv := emulatortest.Start(t, opts)
	token, err := srv.Token(0)
	if err != nil {
		t.Fatal(err)
	}
	return &caller{t: t, srv: srv, token: token, http: newHTTP(t)}
}

func newHTTP(t testing.TB) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport: transport, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// reply is an answer read to its end.
type reply struct {
	status int
	header http.Header
	text   string
	body   *jsontree.Value // nil if the text is not JSON
}

func (c *caller) request(method, path, body string) *http.Request {
	c.t.Helper()
	req, err := http.NewRequest(method, c.srv.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", c.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func (c *caller) send(req *http.Request) (reply, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{status: resp.StatusCode, header: resp.Header, text: string(data)}, err
	}
	tree, _ := jsontree.Parse(data, jsontree.Limits{})
	return reply{resp.StatusCode, resp.Header, string(data), tree}, nil
}

// call sends a request with a token and fails the test if no answer comes.
func (c *caller) call(method, path, body string) reply {
	c.t.Helper()
	r, err := c.send(c.request(method, path, body))
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

// good is call for requests that must succeed.
func (c *caller) good(method, path, body string) *jsontree.Value {
	c.t.Helper()
	r := c.call(method, path, body)
	if r.status/100 != 2 || r.body == nil {
		c.t.Fatalf("%s %s: got %d %s, want success", method, path, r.status, r.text)
	}
	return r.body
}

// create makes a job and returns its id.
func (c *caller) create(body string) string {
	c.t.Helper()
	id := c.good("POST", "/v3/jobs/create", body).Get("result").Str("job_id")
	if len(id) != 32 {
		c.t.Fatalf("job_id %q is not 32 characters", id)
	}
	return id
}

func (r reply) code() string {
	if code := r.body.Str("error_code"); code != "" {
		return code
	}
	return r.body.Get("error").Str("code")
}

func jobBody(name string) string {
	return fmt.Sprintf(`{"project_id":%q,"job_name":%q,"arch":"x86-64","steps":[]}`, emulator.DefaultProject, name)
}

// signed signs a request with the default key.
func signed(t testing.TB, req *http.Request, access, secret string, at time.Time) *http.Request {
	t.Helper()
	req.Header.Del("X-Auth-Token")
	if req.Body != nil && req.GetBody == nil {
		data, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		req.Body = io.NopCloser(bytes.NewReader(data))
	}
	if err := signer.Sign(req, signer.Key{Access: access, Secret: secret}, at); err != nil {
		t.Fatal(err)
	}
	return req
}

// epoch is the start time of the tests' clocks.
var epoch = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func fixedClock() time.Time { return epoch }

// counter makes ids in order: 00…01, 00…02.
func counter() func() string {
	n := 0
	return func() string { n++; return fmt.Sprintf("%032x", n) }
}
