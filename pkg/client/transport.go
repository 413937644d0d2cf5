package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/buildsync/buildsync/internal/loopback"
	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Timeouts bound the stages of one attempt, so that a very slow server cannot block a run. A zero
// field means its default.
type Timeouts struct {
	Connect time.Duration // default 10 s
	TLS     time.Duration // default 10 s
	Header  time.Duration // from the request's end to the answer's header; default 60 s
	Attempt time.Duration // the whole attempt; default 90 s
	Stall   time.Duration // between two pieces of a stream; default 60 s
}

func (t Timeouts) withDefaults() Timeouts {
	for _, field := range [...]struct {
		at    *time.Duration
		value time.Duration
	}{
		{&t.Connect, 10 * time.Second}, {&t.TLS, 10 * time.Second}, {&t.Header, 60 * time.Second},
		{&t.Attempt, 90 * time.Second}, {&t.Stall, 60 * time.Second},
	} {
		if *field.at <= 0 {
			*field.at = field.value
		}
	}
	return t
}

// transports are two ways to the server: shared connections, and a fresh connection for each
// request that must not be sent twice, because a request on a reused connection may be lost unread
// without any sign.
type transports struct {
	shared, fresh *http.Transport
}

func newTransports(cfg *Config, proxy *proxySettings) (*transports, error) {
	roots, err := certificatePool(cfg.CAFile)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: cfg.Timeouts.Connect, KeepAlive: 30 * time.Second}
	dial := dialWithin(dialer, cfg.Endpoint, cfg.IAMEndpoint)
	// Both transports are built from scratch: a clone would offer HTTP/2 to the server and then not
	// speak it.
	build := func() *http.Transport {
		return &http.Transport{
			Proxy:                  proxy.forRequest,
			DialContext:            dial,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			TLSHandshakeTimeout:    cfg.Timeouts.TLS,
			ResponseHeaderTimeout:  cfg.Timeouts.Header,
			MaxResponseHeaderBytes: 1 << 20,
			Protocols:              new(http.Protocols),
		}
	}
	shared, fresh := build(), build()
	shared.MaxIdleConnsPerHost = MaxInFlight // fewer would close connections that the next calls need
	shared.IdleConnTimeout = 60 * time.Second
	shared.Protocols.SetHTTP1(true)
	shared.Protocols.SetHTTP2(true)
	fresh.DisableKeepAlives = true
	fresh.Protocols.SetHTTP1(true)
	return &transports{shared: shared, fresh: fresh}, nil
}

// dialWithin dials. For a plain-http endpoint it refuses every address that is not loopback,
// whatever the name resolves to.
func dialWithin(dialer *net.Dialer, endpoints ...string) func(context.Context, string, string) (net.Conn, error) {
	plain := false
	for _, endpoint := range endpoints {
		plain = plain || strings.HasPrefix(endpoint, "http://")
	}
	if plain {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().Unmap().IsLoopback() {
				return fmt.Errorf("%s is not loopback, and http is not encrypted", address)
			}
			return nil
		}
	}
	return dialer.DialContext
}

// certificatePool returns the system's authorities and those of file; without a file nil, which
// means the system's.
func certificatePool(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the authorities of %s: %w", remedy.CAFile, err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading the authorities of %s %s: it holds no certificate in PEM form", remedy.CAFile, sanitize.Line(file, 300))
	}
	return pool, nil
}

// CheckEndpoint returns the error of New for an address, which what names, so that callers can check
// it before they look for credentials.
func CheckEndpoint(what, text string) error {
	_, err := parseEndpoint(what, text)
	return err
}

// parseEndpoint accepts https URLs of a host, and http only to loopback.
func parseEndpoint(what, text string) (*url.URL, error) {
	u, err := url.Parse(text)
	shown := sanitize.Line(text, 200)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, fmt.Errorf("%s is not a URL such as https://HOST", what)
	case u.User != nil:
		return nil, fmt.Errorf("%s holds a user or a password; credentials come from the environment", what)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%s %q must end with the host: no path, no query", what, shown)
	case u.Scheme == "http" && !loopback.Is(u.Hostname()):
		return nil, fmt.Errorf("%s %q is plain http, which is for loopback only: credentials would travel unencrypted; use https", what, shown)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%s %q must begin with https://", what, shown)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
