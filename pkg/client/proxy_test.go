package client

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/client/wire"
)

func TestProxyVariables(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value string
		want  string // "": an error
	}{
		{"http://proxy.example.com:3128", "http://proxy.example.com:3128"},
		{"proxy.example.com:3128", "http://proxy.example.com:3128"},
		{"https://user:pw-canary@proxy.example.com", "https://proxy.example.com"},
		{"socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"},
		{" http://proxy:1 ", "http://proxy:1"},
		{"http://[::1]:3128", "http://[::1]:3128"},
		{"://pw-canary", ""},
		{"http://", ""},
		{"http://user:pw-canary@", ""},
		{"http://proxy:pw-canary", ""},
		{"http://proxy:70000", ""},
		{"http://proxy:0", ""},
		{"ftp://user:pw-canary@proxy", ""},
		{"http://user:pw-canary@proxy:12%zz", ""},
		{"http://user:pw-can\x7fary@proxy", ""},
		{"http://proxy/path-canary", ""},
		{"http://proxy?x=canary", ""},
		{"javascript:canary", ""},
	} {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
			c, err := New(Config{
				Endpoint: "https://example.com", Credentials: Credentials{Key: signer.Key{Access: "a", Secret: "s"}},
				Getenv: func(asked string) string {
					if asked == name {
						return test.value
					}
					return ""
				},
			})
			if test.want == "" {
				if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), name) {
					t.Errorf("%s=%q: %v", name, test.value, err)
				}
				continue
			}
			if err != nil || c.Proxy() != test.want {
				t.Errorf("%s=%q: proxy %v, %v", name, test.value, c, err)
			}
		}
	}
}

func TestNoProxy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		skip, url string
		direct    bool
	}{
		{"", "https://example.com", false},
		{"example.com", "https://example.com", true},
		{"EXAMPLE.com", "https://api.Example.com", true},
		{".example.com", "https://api.example.com", true},
		{"*.example.com", "https://api.example.com", true},
		{"example.com", "https://notexample.com", false},
		{"example.com:443", "https://example.com", true},
		{"example.com:8443", "https://example.com", false},
		{"a, b ,example.com", "https://example.com", true},
		{"*", "https://example.com", true},
		{"10.0.0.0/8", "https://10.1.2.3", true},
		{"10.0.0.0/8", "https://11.1.2.3", false},
		{"10.1.2.3", "https://10.1.2.3:8443", true},
		{",,", "https://example.com", false},
		{"", "https://127.0.0.1:8473", true},
		{"", "https://localhost", true},
	} {
		settings, err := newProxySettings(func(name string) string {
			return map[string]string{"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": test.skip}[name]
		})
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(test.url)
		if err != nil {
			t.Fatal(err)
		}
		if have := settings.direct(u); have != test.direct {
			t.Errorf("NO_PROXY=%q, %s: direct = %v", test.skip, test.url, have)
		}
	}
}

// TestProxyRefusal checks that an error shows a proxy's answer sanitized and without the password,
// and that the answer proves that nothing was sent.
func TestProxyRefusal(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, out, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = out.WriteString("HTTP/1.1 407 no \x1b[31m pw-canary " + r.Header.Get("Proxy-Authorization") + "\r\n\r\n")
		out.Flush()
	}))
	defer proxy.Close()
	c, err := New(Config{
		Endpoint: "https://example.com", Credentials: Credentials{Key: signer.Key{Access: "a", Secret: "s"}},
		Getenv: func(name string) string {
			if name == "HTTPS_PROXY" {
				return strings.Replace(proxy.URL, "http://", "http://user:pw-canary@", 1)
			}
			return ""
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateJob(t.Context(), createBody())
	if OutcomeOf(err) != NotSent {
		t.Fatalf("error = %v", err)
	}
	for _, bad := range []string{"canary", "\x1b", "Y2FuYXJ5", "dXNlcjpwdy1jYW5hcnk"} {
		if strings.Contains(err.Error(), bad) {
			t.Errorf("the error holds %q: %v", bad, err)
		}
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for endpoint, ok := range map[string]bool{
		"https://example.com":             true,
		"https://example.com/":            true,
		"https://example.com:8443":        true,
		"http://127.0.0.1:8473":           true,
		"http://[::1]:8473":               true,
		"http://localhost:8473":           true,
		"http://example.com":              false,
		"http://127.0.0.1.example.com":    false,
		"http://10.0.0.1":                 false,
		"https://user:canary@example.com": false,
		"https://example.com/path":        false,
		"https://example.com?x=canary":    false,
		"https://":                        false,
		"ftp://example.com":               false,
		"example.com":                     false,
		"":                                false,
		"https://exa\x1bmple.com":         false,
	} {
		_, err := New(Config{Endpoint: endpoint, Credentials: Credentials{Token: "t"}})
		if (err == nil) != ok {
			t.Errorf("%q: %v", endpoint, err)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\x1b") {
			t.Errorf("%q: the error holds a control character", endpoint)
		}
	}
}

// TestPlainHTTPStaysOnLoopback checks that plain http is sent only to loopback, whatever a name
// resolves to.
func TestPlainHTTPStaysOnLoopback(t *testing.T) {
	t.Parallel()
	c, err := New(Config{Endpoint: "http://localhost:1", Credentials: Credentials{Token: "t"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.transp.shared.DialContext(t.Context(), "tcp", "192.0.2.1:80")
	if err == nil || !strings.Contains(err.Error(), "not loopback") {
		t.Errorf("error = %v", err)
	}
}

func TestRegions(t *testing.T) {
	t.Parallel()
	for _, name := range wire.Regions() {
		endpoint, err := Endpoint(name)
		if err != nil || !strings.HasPrefix(endpoint, "https://") || !strings.Contains(endpoint, name) {
			t.Errorf("%s: %s, %v", name, endpoint, err)
		}
		iam, err := IAMEndpoint(name)
		if err != nil || !strings.HasPrefix(iam, "https://iam.") {
			t.Errorf("%s: %s, %v", name, iam, err)
		}
	}
	for _, name := range []string{"", "cn-north-99", "https://evil", "cn north"} {
		if endpoint, err := Endpoint(name); err == nil || endpoint != "" {
			t.Errorf("%q: %s", name, endpoint)
		}
	}
}
