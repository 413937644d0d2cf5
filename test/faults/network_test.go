package faults

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// authority signs certificates for a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

// issue makes a certificate for loopback; change spoils it.
func (a *authority) issue(t testing.TB, change func(*x509.Certificate)) *tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// front terminates TLS before the emulator. It can disturb connections before the emulator sees a
// request.
type front struct {
	*httptest.Server
	mu     sync.Mutex
	cert   *tls.Certificate
	accept func(net.Conn) net.Conn // nil: the connection is closed
	conns  []net.Conn
	heard  atomic.Int64 // requests received
}

// newFront starts a front and makes the bench's program use it.
func newFront(t testing.TB, b *bench, change func(*front, *tls.Config)) *front {
	t.Helper()
	a := newAuthority(t)
	f := &front{cert: a.issue(t, nil)}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.heard.Add(1)
		b.ServeHTTP(w, r)
	}))
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.Listener = &picking{f.Listener, f}
	f.TLS = &tls.Config{}
	if change != nil {
		change(f, f.TLS)
	}
	f.TLS.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		now := f.TLS.Clone()
		now.Certificates = []tls.Certificate{*f.cert}
		return now, nil
	}
	f.StartTLS()
	t.Cleanup(f.Close)
	ca := filepath.Join(b.root, "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil {
		t.Fatal(err)
	}
	b.env = append(b.env, "BUILDSYNC_ENDPOINT="+f.URL)
	b.exe = append(b.exe[:1:1], "--ca-file", ca)
	return f
}

// picking is a listener whose connections the front may disturb.
type picking struct {
	net.Listener
	f *front
}

func (p *picking) Accept() (net.Conn, error) {
	for {
		conn, err := p.Listener.Accept()
		if err != nil {
			return nil, err
		}
		p.f.mu.Lock()
		if p.f.accept != nil {
			conn = p.f.accept(conn)
		}
		if conn != nil {
			p.f.conns = append(p.f.conns, conn)
		}
		p.f.mu.Unlock()
		if conn != nil {
			return conn, nil
		}
	}
}

// set changes what the front does to new connections.
func (f *front) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// cut closes a connection in its handshake.
func cut(conn net.Conn) net.Conn {
	go func() {
		_, _ = conn.Read(make([]byte, 16))
		conn.Close()
	}()
	return nil
}

// everyWrite returns a workspace in which apply creates, updates, disables and deletes jobs and
// writes notifications. One live job belongs to nobody.
func everyWrite(t testing.TB) *bench {
	t.Helper()
	const text = `version: 1
jobs:
  - {name: a, arch: x86-64, steps: [{sh: {name: s, inputs: {command: "echo new"}}}]}
  - {name: made, arch: x86-64, steps: [{sh: {name: s, inputs: {command: "echo new"}}}]}
  - {name: off, arch: x86-64, enabled: false, steps: [{sh: {name: s, inputs: {command: "echo old"}}}]}
  - {name: told, arch: x86-64, notifications: {MAIL: [deleteJob]}, steps: [{sh: {name: s, inputs: {command: "echo old"}}}]}
  - {name: kept, arch: x86-64, steps: [{sh: {name: s, inputs: {command: "echo old"}}}]}
removed:
  - {job: gone, action: delete}
`
	b := newBench(t, emulator.Options{}, map[string]string{
		"jobs/j.yaml": text, "buildsync.yaml": workspaceFile + "policy: {max_removals: 9, max_removal_share: 1}\n",
	})
	b.live("echo old", "a", "off", "told", "gone", "kept")
	return b
}

// everyWriteDone fails the test unless the service holds what everyWrite declares, and each write
// was committed once.
func (b *bench) everyWriteDone() {
	b.t.Helper()
	truth := b.MustTruth(b.t)
	for name, want := range map[string]string{"a": "echo new", "made": "echo new", "off": "echo old", "told": "echo old", "kept": "echo old", "gone": ""} {
		if got := b.runs(name); got != want {
			b.t.Errorf("%s runs %q, want %q", name, got, want)
		}
	}
	for _, j := range truth.Jobs {
		if j.Disabled != (j.Name == "off") {
			b.t.Errorf("%s is disabled: %t", j.Name, j.Disabled)
		}
	}
}

// once fails the test if the service committed a write more often than needed.
func (b *bench) once() {
	b.t.Helper()
	commits := map[string]int{}
	for _, call := range b.Calls() {
		if call.Committed {
			commits[call.Op]++
		}
	}
	for op, n := range commits {
		if n > 1 {
			b.t.Errorf("%s was carried out %d times", op, n)
		}
	}
}

// TestCertificates checks each defect of a certificate. No request is sent, and the client does not
// try again.
func TestCertificates(t *testing.T) {
	t.Parallel()
	stranger := newAuthority(t)
	old := func(_ *front, c *tls.Config) { c.MaxVersion = tls.VersionTLS11 }
	spoil := func(change func(*x509.Certificate)) func(testing.TB, *authority) *tls.Certificate {
		return func(t testing.TB, a *authority) *tls.Certificate { return a.issue(t, change) }
	}
	for name, defect := range map[string]func(testing.TB, *authority) *tls.Certificate{
		"untrusted":         func(t testing.TB, _ *authority) *tls.Certificate { return stranger.issue(t, nil) },
		"another name":      spoil(func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 2)} }),
		"a common name":     spoil(func(c *x509.Certificate) { c.IPAddresses = nil }),
		"expired":           spoil(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }),
		"not yet valid":     spoil(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }),
		"for clients":       spoil(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }),
		"an authority lost": func(t testing.TB, a *authority) *tls.Certificate { return intermediate(t, a).issue(t, nil) },
		"an old protocol":   nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := everyWrite(t)
			var f *front
			if defect == nil {
				f = newFront(t, b, old)
			} else {
				f = newFront(t, b, nil)
				a := newAuthority(t)
				text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
				if err := os.WriteFile(filepath.Join(b.root, "ca.pem"), text, 0o600); err != nil {
					t.Fatal(err)
				}
				f.set(func() { f.cert = defect(t, a) })
			}
			got := b.must(1, "apply", "--yes")
			if n := f.heard.Load(); n > 0 {
				t.Errorf("%d requests went out", n)
			}
			f.set(func() {
				if len(f.conns) != 1 {
					t.Errorf("%d connections, want 1", len(f.conns))
				}
			})
			if said := got.stderr; !strings.Contains(said, "certificate") && !strings.Contains(said, "protocol version") {
				t.Errorf("it does not name the cause: %v", got)
			}
			if b.writes() > 0 {
				t.Errorf("%d writes", b.writes())
			}
		})
	}
}

// intermediate returns an authority that a has signed and that no server sends along.
func intermediate(t testing.TB, a *authority) *authority {
	t.Helper()
	made := a.issue(t, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.Subject.CommonName = true, true, x509.KeyUsageCertSign, "in between"
	})
	cert, err := x509.ParseCertificate(made.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, made.PrivateKey.(*ecdsa.PrivateKey)}
}

// TestCertificateTurnsBad changes the certificate at the first create, which has its own
// connection. No further request is sent, and the rest is skipped.
func TestCertificateTurnsBad(t *testing.T) {
	t.Parallel()
	b := everyWrite(t)
	f := newFront(t, b, nil)
	good, bad := f.cert, newAuthority(t).issue(t, nil)
	b.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultPass, After: func() { f.set(func() { f.cert = bad }) }})
	got := b.must(6, "apply", "--yes", "--parallelism", "1", "--report", "report.json")
	if report := b.report(); report.Halted == "" || !strings.Contains(report.Halted, "certificate") || !strings.Contains(got.stdout, "skipped") {
		t.Errorf("halted %q: %v", report.Halted, got)
	}
	if n := len(b.MustTruth(t).Named(emulator.DefaultProject, "made")); n != 0 {
		t.Errorf("%d jobs were created", n)
	}
	f.set(func() { f.cert = good })
	b.must(0, "apply", "--yes")
	b.everyWriteDone()
	b.once()
}

// TestHandshakesBreakOff breaks one handshake, then all.
func TestHandshakesBreakOff(t *testing.T) {
	t.Parallel()
	for name, forever := range map[string]bool{"once": false, "for ever": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := everyWrite(t)
			f := newFront(t, b, nil)
			// From the check before the first write on: the next connection is the create's.
			b.MustFail(t, emulator.Fault{Op: "UpdateJob", Kind: emulator.FaultPass, After: func() {
				f.set(func() {
					f.accept = func(conn net.Conn) net.Conn {
						if !forever {
							f.accept = nil
						}
						return cut(conn)
					}
				})
			}})
			code, made := 0, 1
			if forever {
				code, made = 6, 0
			}
			got := b.must(code, "apply", "--yes", "--parallelism", "1")
			if n := len(b.MustTruth(t).Named(emulator.DefaultProject, "made")); n != made {
				t.Errorf("%d jobs were created, want %d: %v", n, made, got)
			}
			f.set(func() { f.accept = nil })
			b.must(0, "apply", "--yes")
			b.everyWriteDone()
			b.once()
		})
	}
}

// mortality controls which connections die.
type mortality struct{ armed, dead, met atomic.Bool }

// dying is a connection that gives one more answer once armed, and then drops the next request
// unread.
type dying struct {
	net.Conn
	*mortality
}

func (d dying) Write(p []byte) (int, error) {
	n, err := d.Conn.Write(p)
	if d.armed.Load() {
		d.dead.Store(true)
	}
	return n, err
}

func (d dying) Read(p []byte) (int, error) {
	n, err := d.Conn.Read(p)
	if !d.dead.Load() || err != nil {
		return n, err
	}
	d.met.Store(true)
	if tcp, ok := d.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset, not an end
	}
	d.Close()
	return 0, io.EOF
}

// TestConnectionDiesOnReuse drops reused connections with the next request unread. Creates have
// connections of their own and never meet this.
func TestConnectionDiesOnReuse(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"ListJobs", "QueryJob", "UpdateJob", "UpdateNotice", "DisableJob"} {
		t.Run("after "+op, func(t *testing.T) {
			t.Parallel()
			b := everyWrite(t)
			f := newFront(t, b, nil)
			now := &mortality{}
			first := now
			f.set(func() { f.accept = func(conn net.Conn) net.Conn { return dying{conn, now} } })
			b.MustFail(t, emulator.Fault{Op: op, Kind: emulator.FaultPass, After: func() {
				f.set(func() {
					now.armed.Store(true)
					now = &mortality{} // later connections work
				})
			}})
			b.must(0, "apply", "--yes", "--parallelism", "1")
			b.AllPlayed(t)
			if !first.met.Load() {
				t.Error("no request met a connection that dies")
			}
			b.everyWriteDone()
			b.once()
			b.ResetCalls()
			b.must(0, "apply", "--yes")
			if n := b.writes(); n > 0 {
				t.Errorf("the next run wrote %d times", n)
			}
		})
	}
}

// TestEndlessAnswers checks that the client cuts off an endless answer by its size, and with -tags
// long also by time.
func TestEndlessAnswers(t *testing.T) {
	t.Parallel()
	kinds := []emulator.FaultKind{emulator.FaultEndless, emulator.FaultBigHeader, emulator.FaultGzipBomb}
	if long {
		kinds = append(kinds, emulator.FaultDrip, emulator.FaultHeader)
	}
	for _, kind := range kinds {
		for _, op := range []string{"CreateJob", "UpdateJob", "DeleteJob", "DisableJob", "UpdateNotice", "QueryJob", "ListJobs"} {
			t.Run(string(kind)+"/"+op, func(t *testing.T) {
				t.Parallel()
				b := everyWrite(t)
				b.MustFail(t, emulator.Fault{Op: op, Kind: kind})
				got := b.must(0, "apply", "--yes")
				b.AllPlayed(t)
				b.everyWriteDone()
				b.once()
				if !strings.HasPrefix(op, "Query") && op != "ListJobs" && !strings.Contains(got.stdout, "confirmed by read") {
					t.Errorf("it does not say that a read confirmed it: %v", got)
				}
				b.ResetCalls()
				b.must(0, "apply", "--yes")
				if n := b.writes(); n > 0 {
					t.Errorf("the next run wrote %d times", n)
				}
			})
		}
	}
}
