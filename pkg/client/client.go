package client

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// Client makes calls. It is safe for concurrent use; all calls share its rate,
// its budget of repeats and its authentication.
type Client struct {
	endpoint *url.URL
	iam      *url.URL // nil if none was given
	dialect  Dialect
	cfg      Config
	proxy    *proxySettings
	auth     *authority
	governor *governor
	stats    *tally
	transp   *transports // nil with Config.Transport
	send     sender

	hiddenMu sync.RWMutex // guards what follows
	hidden   []string

	known knownForms // of the secrets that are the same for each call
}

// New returns a client. It opens no connection. Its errors are about the configuration and contain
// no secret.
func New(cfg Config) (*Client, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	c := &Client{dialect: cfg.Dialect, stats: newTally(), hidden: slices.Clone(cfg.Hide)}
	var err error
	if c.endpoint, err = parseEndpoint("the endpoint", cfg.Endpoint); err != nil {
		return nil, err
	}
	if cfg.IAMEndpoint != "" {
		if c.iam, err = parseEndpoint("the IAM endpoint", cfg.IAMEndpoint); err != nil {
			return nil, err
		}
	}
	if c.proxy, err = newProxySettings(cfg.Getenv); err != nil {
		return nil, err
	}
	shared, fresh := cfg.Transport, cfg.Transport
	if cfg.Transport == nil {
		if c.transp, err = newTransports(&cfg, c.proxy); err != nil {
			return nil, err
		}
		shared, fresh = c.transp.shared, c.transp.fresh
	}
	c.cfg = cfg
	c.auth = newAuthority(&c.cfg, c.stats)
	c.auth.fetch = c.requestToken
	c.governor = newGovernor(&c.cfg)
	c.send = c.chain(shared, fresh)
	return c, nil
}

// chain builds the chain of wrappers around a call, from the network outwards. The order matters:
//
//   - signing is next to the network, so that each attempt is dated and signed over what is really sent;
//   - errors come before all wrappers that decide by them;
//   - each attempt, also one after a renewed token, is logged, counted, and waits for its turn in the shared rate;
//   - renewal is inside the retries, because a refused authentication does not pass by itself, and
//     retries must not multiply failed authentications;
//   - retries are outermost, and the only place that waits for long.
func (c *Client) chain(shared, fresh http.RoundTripper) sender {
	send := withHTTP(withSignature(byRepeat(shared, fresh), c.auth, c.cfg.UserAgent), c.cfg.Timeouts.Attempt)
	send = withErrors(send, c.cfg.Now, c.maskFor)
	send = withLog(send, c.cfg.Logger, c.cfg.Now, c.stats)
	send = withRate(send, c.governor, c.stats)
	send = withRenewal(send, c.auth)
	return withRetry(send, newRetries(&c.cfg), c.stats)
}

// Close closes the idle connections. The client stays usable.
func (c *Client) Close() {
	if c.transp != nil {
		c.transp.shared.CloseIdleConnections()
		c.transp.fresh.CloseIdleConnections()
	}
}

// Dialect returns the generation of routes that the client speaks.
func (c *Client) Dialect() Dialect { return c.dialect }

// Proxy returns the proxy on the way to the endpoint, without its credentials;
// "" for a direct connection.
func (c *Client) Proxy() string {
	via, _ := c.proxy.forRequest(&http.Request{URL: c.endpoint})
	if via == nil {
		return ""
	}
	return via.Scheme + "://" + via.Host
}

// Paces returns the learned rates in calls per second, by operation. Calls that were never
// throttled are absent.
func (c *Client) Paces() map[string]float64 { return c.governor.paces() }

// Stats returns what the client did so far.
func (c *Client) Stats() Stats { return c.stats.snapshot() }

// Hide adds values that no error may show from now on, such as resolved secrets: the service may
// repeat them in any answer.
func (c *Client) Hide(values ...string) {
	c.hiddenMu.Lock()
	defer c.hiddenMu.Unlock()
	c.hidden = append(c.hidden, values...)
}

// maskFor hides the client's secrets, those of the call's own body, and those
// of Hide.
func (c *Client) maskFor(k *call, text string) string {
	if text == "" {
		return ""
	}
	secrets := append(c.auth.secrets(), c.proxy.secrets()...)
	c.hiddenMu.RLock()
	secrets = append(secrets, c.hidden...)
	c.hiddenMu.RUnlock()
	forms := c.known.of(secrets)
	if own := formsOf(secretsOf(k.body)); len(own) > 0 {
		forms = longestFirst(slices.Concat(forms, own))
	}
	return maskForms(text, forms)
}

// do sends a call that was built without an error.
func (c *Client) do(ctx context.Context, k *call, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	if k.body == nil && k.route.hasBody() {
		k.body = []byte("{}") // the gateway refuses an empty POST
	}
	return c.send(ctx, k)
}
