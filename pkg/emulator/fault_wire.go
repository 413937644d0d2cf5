package emulator

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// takeOver returns the connection of a request. If there is none (HTTP/2, a recorder), it aborts
// the handler, which ends the stream.
func takeOver(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the documented way for a handler to cut its answer
	}
	return conn, buffered
}

// abort ends a connection without an answer.
func abort(w http.ResponseWriter, reset bool) {
	conn, _ := takeOver(w)
	if tcp, isTCP := conn.(*net.TCPConn); isTCP && reset {
		_ = tcp.SetLinger(0) // pending data is dropped and the peer sees a reset
	}
	_ = conn.Close()
}

// sendRaw plays the faults that need the bare connection.
func (e *Emulator) sendRaw(w http.ResponseWriter, rq *request, call *openCall, f Fault, a *answer) {
	conn, buffered := takeOver(w)
	defer conn.Close()
	out := &rawWriter{conn: conn, done: e.closed}
	stop := out.watch()
	defer stop()
	head := e.head(call, f.withHeader(a))
	switch f.Kind {
	case FaultTruncate:
		out.write(head.length(len(a.body)))
		out.write(a.body[:min(f.Cut, len(a.body))])
	case FaultDrip:
		pace := f.Delay
		if pace == 0 {
			pace = dripEvery
		}
		for _, b := range append(head.length(len(a.body)), a.body...) {
			if !out.write([]byte{b}) || !e.wait(rq.http, pace) {
				return
			}
		}
	case FaultEndless:
		out.write(head.chunked())
		chunk := []byte(fmt.Sprintf("%x\r\n%s\r\n", 64<<10, strings.Repeat(" ", 64<<10)))
		for out.write(chunk) {
		}
	case FaultHeader:
		out.write(head.open())
		line := []byte("X-More: " + strings.Repeat("a", 1<<10) + "\r\n")
		for out.write(line) {
		}
	case FaultBigHeader:
		out.write(head.open())
		out.write([]byte("X-Big: " + strings.Repeat("a", 10<<20) + "\r\nContent-Length: 2\r\n\r\n{}"))
	case FaultGzipBomb:
		bomb := gzipBomb()
		out.write(head.encoded(len(bomb)))
		out.write(bomb)
	case FaultDieOnReuse:
		out.write(head.length(len(a.body)))
		out.write(a.body)
		call.done(a.status)
		e.dieOnReuse(conn, buffered.Reader)
		return
	}
	call.done(a.status)
}

// dieOnReuse waits for the first byte of another request and resets.
func (e *Emulator) dieOnReuse(conn net.Conn, in *bufio.Reader) {
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-e.closed:
			_ = conn.Close() // ends the read below
		case <-ended:
		}
	}()
	_, _ = in.ReadByte() // its error means that the client has left
	if tcp, isTCP := conn.(*net.TCPConn); isTCP {
		_ = tcp.SetLinger(0)
	}
}

// rawHead is the first part of a hand-written response, without the length of the body.
type rawHead []byte

func (e *Emulator) head(call *openCall, a *answer) rawHead {
	header := http.Header{}
	e.setHeaders(header, call.id, a)
	header.Del("Content-Length")
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	_ = header.Write(&out) // a buffer takes everything
	return out.Bytes()
}

func (h rawHead) with(lines string) []byte { return append(bytes.Clone(h), lines...) }
func (h rawHead) open() []byte             { return h.with("") }
func (h rawHead) length(n int) []byte      { return h.with(fmt.Sprintf("Content-Length: %d\r\n\r\n", n)) }
func (h rawHead) chunked() []byte          { return h.with("Transfer-Encoding: chunked\r\n\r\n") }
func (h rawHead) encoded(n int) []byte {
	return h.with(fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", n))
}

// gzipBomb is 64 MiB of blanks around an empty object, compressed to about a thousandth. A gzip
// file may have several members: the blanks are compressed once and repeated.
func gzipBomb() []byte {
	blanks := gzipMember(strings.Repeat(" ", 1<<20))
	return append(bytes.Repeat(blanks, 64), gzipMember("{}")...)
}

func gzipMember(text string) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = io.WriteString(z, text) // a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// rawWriter writes to a connection until it fails or the emulator closes.
type rawWriter struct {
	conn   net.Conn
	done   <-chan struct{}
	failed bool
}

func (r *rawWriter) write(data []byte) bool {
	select {
	case <-r.done:
		return false
	default:
	}
	if !r.failed {
		_, err := r.conn.Write(data)
		r.failed = err != nil
	}
	return !r.failed
}

// watch ends a blocked write when the emulator closes.
func (r *rawWriter) watch() (stop func()) {
	ended := make(chan struct{})
	go func() {
		select {
		case <-r.done:
			_ = r.conn.SetDeadline(time.Unix(1, 0)) // wakes a blocked write
		case <-ended:
		}
	}()
	return func() { close(ended) }
}
