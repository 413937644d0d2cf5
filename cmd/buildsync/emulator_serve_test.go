package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/buildsync/buildsync/internal/emulatorserver"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// pipeListener hands out the far ends of connections in memory, so that a test
// can run on a clock of its own.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l pipeListener) dial() net.Conn {
	near, far := net.Pipe()
	l.conns <- far
	return near
}

func (l pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l pipeListener) Close() error { close(l.done); return nil }

func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// TestEmulatorEndsAtOnce checks that Ctrl-C does not wait for idle connections.
func TestEmulatorEndsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		core, err := emulator.New(emulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		listener := pipeListener{make(chan net.Conn), make(chan struct{})}
		served := emulatorserver.ServeOn(listener, core)

		silent := listener.dial()
		answered := listener.dial()
		if _, err := io.WriteString(answered, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(answered), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()

		before := time.Now()
		if err := served.Close(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(before); took > time.Second {
			t.Errorf("the end took %v", took)
		}
		for name, conn := range map[string]net.Conn{"silent": silent, "answered": answered} {
			if _, err := conn.Read(make([]byte, 1)); err == nil {
				t.Errorf("the %s connection is still open", name)
			}
		}
	})
}
