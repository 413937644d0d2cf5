package faults

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// refuseStreams speaks enough HTTP/2 to refuse the first stream of a connection unprocessed (RFC
// 9113, 8.7) and to close the connection (6.8).
func refuseStreams(conn net.Conn, refused *atomic.Int64) {
	defer conn.Close()
	if _, err := io.CopyN(io.Discard, conn, 24); err != nil { // the preface
		return
	}
	const settings, headers, rstStream, goAway, ack, refusedStream = 0x4, 0x1, 0x3, 0x7, 0x1, 0x7
	frame := func(kind, flags byte, stream uint32, payload []byte) {
		head := []byte{0, 0, byte(len(payload)), kind, flags, 0, 0, 0, 0}
		binary.BigEndian.PutUint32(head[5:], stream)
		_, _ = conn.Write(append(head, payload...))
	}
	frame(settings, 0, 0, nil)
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, conn, int64(head[0])<<16|int64(head[1])<<8|int64(head[2])); err != nil {
			return
		}
		switch stream := binary.BigEndian.Uint32(head[5:]) & 0x7fffffff; {
		case head[3] == settings && head[4]&ack == 0:
			frame(settings, ack, 0, nil)
		case head[3] == headers:
			refused.Add(1)
			frame(rstStream, 0, stream, []byte{0, 0, 0, refusedStream})
			frame(goAway, 0, 0, make([]byte, 8)) // no stream was processed
			_, _ = io.Copy(io.Discard, conn)     // until the client closes
			return
		}
	}
}

// TestStreamsAreRefused lets the server close a connection after an answer, and refuse the stream
// on the next one. Nothing may be lost, done twice, or reported as unknown.
func TestStreamsAreRefused(t *testing.T) {
	t.Parallel()
	for _, after := range []string{"/query", "/update", "/disable", "/jobs"} {
		t.Run("after "+strings.TrimPrefix(after, "/"), func(t *testing.T) {
			t.Parallel()
			b := everyWrite(t)
			var refuse atomic.Bool
			var refused, overHTTP2 atomic.Int64
			f := newFront(t, b, func(f *front, c *tls.Config) {
				c.NextProtos = []string{"h2", "http/1.1"}
				f.EnableHTTP2 = true
				inner, gone := f.Config.Handler, false
				f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.ProtoMajor == 2 {
						overHTTP2.Add(1)
						f.set(func() {
							if !gone && strings.HasSuffix(r.URL.Path, after) {
								gone = true
								refuse.Store(true)
								w.Header().Set("Connection", "close") // in HTTP/2: GOAWAY
							}
						})
					}
					inner.ServeHTTP(w, r)
				})
			})
			refuser(f, &refuse, &refused)
			got := b.must(0, "apply", "--yes", "--parallelism", "1")
			if refused.Load() == 0 || overHTTP2.Load() == 0 {
				t.Errorf("%d streams refused, %d requests over HTTP/2: %v", refused.Load(), overHTTP2.Load(), got)
			}
			if strings.Contains(got.stdout, "confirmed by read") {
				t.Errorf("a call that was not processed is reported as unclear: %v", got)
			}
			b.everyWriteDone()
			b.once()
		})
	}
}

// refuser makes the next HTTP/2 connection after refuse is set refuse its stream.
func refuser(f *front, refuse *atomic.Bool, refused *atomic.Int64) {
	spoil := func(conn net.Conn) {
		f.mu.Lock()
		config := f.TLS.Clone()
		config.Certificates = []tls.Certificate{*f.cert}
		f.mu.Unlock()
		config.GetConfigForClient = nil
		secured := tls.Server(conn, config)
		if secured.Handshake() != nil || secured.ConnectionState().NegotiatedProtocol != "h2" {
			secured.Close() // of a create, which is sent again
			return
		}
		refuse.Store(false)
		refuseStreams(secured, refused)
	}
	f.set(func() {
		f.accept = func(conn net.Conn) net.Conn {
			if refuse.Load() {
				go spoil(conn)
				return nil
			}
			return conn
		}
	})
}
