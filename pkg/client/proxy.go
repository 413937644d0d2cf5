package client

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/internal/loopback"
)

// proxySettings has HTTPS_PROXY and NO_PROXY. The standard library ignores an unreadable value, and
// the call would bypass the proxy. Here it is an error, without the value, because it may contain a
// password.
type proxySettings struct {
	https *url.URL // nil for none
	skip  []string // hosts, domains, addresses and networks that are reached directly
}

// newProxySettings reads the variables from getenv; nil reads none.
func newProxySettings(getenv func(string) string) (*proxySettings, error) {
	settings := &proxySettings{}
	if getenv == nil {
		return settings, nil
	}
	for _, name := range [...]string{"HTTPS_PROXY", "https_proxy"} {
		value := strings.TrimSpace(getenv(name))
		if value == "" {
			continue
		}
		u, err := parseProxy(value)
		if err != nil {
			return nil, fmt.Errorf("%s is not usable: %w; write it as http://host:port", name, err)
		}
		settings.https = u
		break
	}
	skip := getenv("NO_PROXY")
	if skip == "" {
		skip = getenv("no_proxy")
	}
	for entry := range strings.SplitSeq(skip, ",") {
		if entry = strings.ToLower(strings.TrimSpace(entry)); entry != "" {
			settings.skip = append(settings.skip, entry)
		}
	}
	return settings, nil
}

// parseProxy reads a proxy's URL; a bare host:port means http. Its errors never contain the value.
func parseProxy(value string) (*url.URL, error) {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	if err != nil {
		return nil, fmt.Errorf("it is not a URL")
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		return nil, fmt.Errorf("its scheme must be http, https, socks5 or socks5h")
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("it has no host")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("its port is not a number from 1 to 65535")
		}
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("it has more than a host and a port")
	}
	return u, nil
}

// forRequest chooses the proxy of a request; nil for a direct connection.
func (p *proxySettings) forRequest(req *http.Request) (*url.URL, error) {
	if p.https == nil || req.URL.Scheme != "https" || p.direct(req.URL) {
		return nil, nil
	}
	return p.https, nil
}

// direct reports whether NO_PROXY names the host of u, or it is loopback.
func (p *proxySettings) direct(u *url.URL) bool {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if loopback.Is(host) {
		return true
	}
	if port == "" {
		port = "443"
	}
	at, addrErr := netip.ParseAddr(host)
	for _, entry := range p.skip {
		if entry == "*" {
			return true
		}
		if network, err := netip.ParsePrefix(entry); err == nil {
			if addrErr == nil && network.Contains(at.Unmap()) {
				return true
			}
			continue
		}
		if name, only, ok := strings.Cut(entry, ":"); ok && !strings.Contains(only, ":") {
			if only != port {
				continue
			}
			entry = name
		}
		entry = strings.TrimPrefix(strings.TrimPrefix(entry, "*"), ".")
		if entry != "" && (host == entry || strings.HasSuffix(host, "."+entry)) {
			return true
		}
	}
	return false
}

// secrets returns what a text about the proxy must not repeat.
func (p *proxySettings) secrets() []string {
	if p.https == nil || p.https.User == nil {
		return nil
	}
	password, _ := p.https.User.Password()
	return []string{password}
}
