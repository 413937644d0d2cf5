package signer_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/client/signer"
)

var date = time.Date(2023, 4, 1, 8, 30, 15, 0, time.UTC)

func request(t testing.TB, method, address, body string) *http.Request {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, address, reader)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// TestSignVectors uses signatures of an independent implementation of API reference 3.2 (Python:
// hmac, hashlib, urllib.parse.quote).
func TestSignVectors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, method, url, body string
		token                   string
		header                  map[string]string
		names, want             string
	}{
		{
			name: "query", method: "GET",
			url:   "https://example.com/v3/jobs/48c66c6002964721be537cdc6ce0297b/query?get_all_params=true",
			names: "x-sdk-date", want: "8dad38e22dd664f4d315d94f6e06170f2ae9f51a23a7038034cd803ea5894d94",
		},
		{
			name: "body, temporary key, headers that are not signed", method: "POST",
			url: "https://example.com/v3/jobs/create", body: `{"job_name":"构建"}`, token: "temporary",
			header: map[string]string{"Content-Type": "application/json", "X_Odd": "1", "X-Project-Id": " p1 "},
			names:  "x-project-id;x-sdk-date;x-security-token",
			want:   "b9da3a2261659f2e08551561aab291e06ab6f72eee8be7e1d87c2b307e2b0137",
		},
		{
			name: "encoding and order", method: "GET",
			url:   "https://example.com/v3/" + url.PathEscape("空 格") + "/a+b~c?b=2&a=z&a=A+%26%3D%2F&b=",
			names: "x-sdk-date", want: "217683ad1565e54e837f928755d02821610356514ea91f677306d5927ce27c03",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			req := request(t, test.method, test.url, test.body)
			for name, value := range test.header {
				req.Header.Set(name, value)
			}
			key := signer.Key{Access: "AK1", Secret: "example-secret-key", SecurityToken: test.token}
			if err := signer.Sign(req, key, date); err != nil {
				t.Fatal(err)
			}
			want := "SDK-HMAC-SHA256 Access=AK1, SignedHeaders=" + test.names + ", Signature=" + test.want
			if have := req.Header.Get("Authorization"); have != want {
				t.Errorf("Authorization:\nhave %s\nwant %s", have, want)
			}
		})
	}
}

func TestSignLeavesTheBodyWhole(t *testing.T) {
	t.Parallel()
	req := request(t, "POST", "https://example.com/v3/jobs/create", "body")
	if err := signer.Sign(req, signer.Key{Access: "a", Secret: "s"}, date); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil || string(body) != "body" {
		t.Errorf("body = %q, %v", body, err)
	}
	req.GetBody = nil
	if err := signer.Sign(req, signer.Key{}, date); err == nil {
		t.Error("a body that cannot be read twice was signed")
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	const window = 15 * time.Minute
	key := signer.Key{Access: "AK1", Secret: "secret", SecurityToken: "temp"}
	for _, test := range []struct {
		name   string
		change func(*http.Request)
		now    time.Time
		body   string
		want   error
	}{
		{name: "untouched", now: date, body: "body"},
		{name: "edge of the window", now: date.Add(window), body: "body"},
		{name: "too old", now: date.Add(window + time.Second), body: "body", want: signer.ErrDate},
		{name: "from the future", now: date.Add(-window - time.Second), body: "body", want: signer.ErrDate},
		{name: "other body", now: date, body: "bodz", want: signer.ErrSignature},
		{name: "other path", now: date, body: "body", want: signer.ErrSignature, change: func(r *http.Request) { r.URL.Path += "x" }},
		{name: "other query", now: date, body: "body", want: signer.ErrSignature, change: func(r *http.Request) { r.URL.RawQuery = "a=2" }},
		{name: "damaged query", now: date, body: "body", want: signer.ErrSignature, change: func(r *http.Request) { r.URL.RawQuery = "a=%zz" }},
		{name: "other method", now: date, body: "body", want: signer.ErrSignature, change: func(r *http.Request) { r.Method = "PUT" }},
		{name: "other token", now: date, body: "body", want: signer.ErrSignature, change: func(r *http.Request) { r.Header.Set(signer.HeaderSecurityToken, "x") }},
		{name: "no signature", now: date, body: "body", want: signer.ErrUnsigned, change: func(r *http.Request) { r.Header.Del("Authorization") }},
		{name: "date not signed", now: date, body: "body", want: signer.ErrUnsigned, change: func(r *http.Request) {
			r.Header.Set("Authorization", "SDK-HMAC-SHA256 Access=AK1, SignedHeaders=host, Signature=00")
		}},
		{name: "malformed date", now: date, body: "body", want: signer.ErrDate, change: func(r *http.Request) { r.Header.Set(signer.HeaderDate, "today") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			req := request(t, "POST", "https://example.com/v3/x?a=1", "body")
			if err := signer.Sign(req, key, date); err != nil {
				t.Fatal(err)
			}
			if test.change != nil {
				test.change(req)
			}
			if err := signer.Verify(req, []byte(test.body), key.Secret, test.now, window); !errors.Is(err, test.want) {
				t.Errorf("Verify = %v, want %v", err, test.want)
			}
		})
	}
}

// TestVerifySignedHost checks requests that sign the host too, as other clients do. Servers read
// the host from the request line, not from the headers. The signature is from the same independent
// implementation.
func TestVerifySignedHost(t *testing.T) {
	t.Parallel()
	const signature = "c2a01d75b96ea58b37b58cb028ebaec98760602cdf419bfc4f4900bb9457a1d7"
	for name, place := range map[string]func(*http.Request){
		"request line": func(r *http.Request) { r.Host, r.URL.Host = "example.com", "" },
		"address":      func(r *http.Request) { r.Host = "" },
		"header":       func(r *http.Request) { r.Host = "other.example"; r.Header.Set("Host", "example.com") },
	} {
		req := request(t, "GET", "https://example.com/v3/jobs", "")
		req.Header.Set(signer.HeaderDate, date.Format(signer.DateLayout))
		req.Header.Set("Authorization", "SDK-HMAC-SHA256 Access=AK1, SignedHeaders=host;x-sdk-date, Signature="+signature)
		place(req)
		if err := signer.Verify(req, nil, "secret", date, time.Minute); err != nil {
			t.Errorf("host in the %s: %v", name, err)
		}
	}
}

// TestDeclaredContentHash checks requests that declare their body's hash, or that the body is not
// signed.
func TestDeclaredContentHash(t *testing.T) {
	t.Parallel()
	const ofBody = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"
	for _, test := range []struct {
		name, declared, body string
		want                 error
	}{
		{name: "hash of the body", declared: ofBody, body: "body"},
		{name: "hash of another body", declared: ofBody, body: "bodz", want: signer.ErrSignature},
		{name: "body not signed", declared: signer.UnsignedBody, body: "anything"},
		{name: "no hash", declared: "none", body: "body", want: signer.ErrSignature},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			req := request(t, "POST", "https://example.com/v2/keystore/upload", "body")
			req.Header.Set(signer.HeaderContentHash, test.declared)
			if err := signer.Sign(req, signer.Key{Access: "AK1", Secret: "secret"}, date); err != nil {
				t.Fatal(err)
			}
			if err := signer.Verify(req, []byte(test.body), "secret", date, time.Minute); !errors.Is(err, test.want) {
				t.Errorf("Verify = %v, want %v", err, test.want)
			}
		})
	}
}

// TestSignThenVerify checks that any signed request verifies, and only with its own secret.
func TestSignThenVerify(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		segments := rapid.SliceOfN(rapid.StringMatching(`[a-zA-Z0-9 %+~é空:@&=-]{1,8}`), 1, 4).Draw(t, "segments")
		values := url.Values{}
		for range rapid.IntRange(0, 4).Draw(t, "n") {
			values.Add(rapid.StringMatching(`[a-z_ é]{1,4}`).Draw(t, "name"), rapid.String().Draw(t, "value"))
		}
		address := (&url.URL{Scheme: "https", Host: "example.com", Path: "/" + strings.Join(segments, "/"), RawQuery: values.Encode()}).String()
		body := rapid.String().Draw(t, "body")
		req, err := http.NewRequest("POST", address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := signer.Sign(req, signer.Key{Access: "ak", Secret: "sk"}, date); err != nil {
			t.Fatal(err)
		}
		if err := signer.Verify(req, []byte(body), "sk", date, time.Minute); err != nil {
			t.Fatalf("own signature refused: %v", err)
		}
		if err := signer.Verify(req, []byte(body), "sl", date, time.Minute); !errors.Is(err, signer.ErrSignature) {
			t.Fatalf("another secret was accepted: %v", err)
		}
	})
}

func TestKeyDoesNotPrint(t *testing.T) {
	t.Parallel()
	key := signer.Key{Access: "AK1", Secret: "canary-secret", SecurityToken: "canary-token"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(format, key); strings.Contains(text, "canary") {
			t.Errorf("%s prints %s", format, text)
		}
	}
}
