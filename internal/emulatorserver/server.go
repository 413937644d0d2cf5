// Package emulatorserver serves the emulator on a loopback address. It refuses other addresses,
// because the emulator's key is public.
package emulatorserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/buildsync/buildsync/internal/loopback"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// AddressError refuses an address to listen on.
type AddressError struct{ address, reason string }

func (e *AddressError) Error() string { return fmt.Sprintf("%q: %s", e.address, e.reason) }

// BusyError reports an address that is in use.
type BusyError struct{ err error }

func (e *BusyError) Error() string { return fmt.Sprintf("starting the emulator: %v", e.err) }

func (e *BusyError) Unwrap() error { return e.err }

// Server is an emulator that listens.
type Server struct {
	Url    string
	server *http.Server
	silent *silentConns
	Core   *emulator.Emulator
	Failed chan error
}

// Serve starts an emulator on a loopback address.
func Serve(address string, options emulator.Options) (*Server, error) {
	if err := loopbackOnly(address); err != nil {
		return nil, err
	}
	core, err := emulator.New(options)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		_ = core.Close() // nothing has been written to it
		return nil, &BusyError{err}
	}
	return ServeOn(listener, core), nil
}

func ServeOn(listener net.Listener, core *emulator.Emulator) *Server {
	silent := &silentConns{open: map[net.Conn]bool{}}
	s := &Server{
		Url:    "http://" + listener.Addr().String(),
		server: &http.Server{Handler: core, ReadHeaderTimeout: 10 * time.Second, ConnState: silent.changed},
		silent: silent,
		Core:   core,
		Failed: make(chan error, 1),
	}
	go func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.Failed <- err
		}
	}()
	return s
}

// Close lets requests under way finish, then closes the store.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	s.silent.close()
	err := s.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.server.Close()
	}
	return errors.Join(err, s.Core.Close())
}

// silentConns are the connections without any data so far. Browsers open some in advance, and
// http.Server.Shutdown waits five seconds for their first request.
type silentConns struct {
	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
}

// changed is the server's hook for the state of a connection.
func (c *silentConns) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(c.open, conn)
	case c.closed:
		_ = conn.Close() // nobody has asked anything on it
	default:
		c.open[conn] = true
	}
}

func (c *silentConns) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.open {
		_ = conn.Close()
	}
}

// emulatorClock is the time of a run against an emulator in the same process: waiting moves the
// emulator's clock, so nobody waits for delays that are meant for a distributed service.
type emulatorClock struct{ core *emulator.Emulator }

// Now returns the emulator's time.
func (c emulatorClock) Now() time.Time { return c.core.Now() }

// Wait moves the emulator's clock.
func (c emulatorClock) Wait(ctx context.Context, d time.Duration) error {
	c.core.Advance(d)
	return ctx.Err()
}

// loopbackOnly refuses to serve the emulator, whose key is public, to others.
func loopbackOnly(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return &AddressError{address, "write it as HOST:PORT"}
	}
	if loopback.Is(host) {
		return nil
	}
	return &AddressError{address, "the emulator's key is public, so it serves loopback addresses only, such as 127.0.0.1"}
}

// Clock returns the time of a run against this emulator.
func (s *Server) Clock() apply.Clock { return emulatorClock{s.Core} }
