package client

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/buildsync/buildsync/pkg/client/signer"
)

// refuse is an HTTP/2 server that refuses every stream of a connection unprocessed (RFC 9113, 8.7).
func refuse(conn net.Conn, streams *int) {
	defer conn.Close()
	preface := make([]byte, 24)
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	// A pipe has no buffer, so reading must not wait for the own writes.
	frames := make(chan []byte, 1000)
	defer close(frames)
	go func() {
		for data := range frames {
			if _, err := conn.Write(data); err != nil {
				return
			}
		}
	}()
	frame := func(kind, flags byte, stream uint32, payload []byte) {
		head := []byte{0, 0, byte(len(payload)), kind, flags, 0, 0, 0, 0}
		binary.BigEndian.PutUint32(head[5:], stream)
		frames <- append(head, payload...)
	}
	const settings, headers, rstStream, ack = 0x4, 0x1, 0x3, 0x1
	frame(settings, 0, 0, nil)
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, conn, length); err != nil {
			return
		}
		switch stream := binary.BigEndian.Uint32(head[5:]) & 0x7fffffff; {
		case head[3] == settings && head[4]&ack == 0:
			frame(settings, ack, 0, nil)
		case head[3] == headers:
			*streams++
			frame(rstStream, 0, stream, []byte{0, 0, 0, http2RefusedStream})
		}
	}
}

// TestRefusedStreamIsProof checks that a stream that HTTP/2 refuses unprocessed proves that nothing
// was done.
func TestRefusedStreamIsProof(t *testing.T) {
	t.Parallel()
	err := errors.Join(errors.New("outer"), http2StreamError{Code: http2RefusedStream})
	if !unprocessed(err) || unprocessed(http2StreamError{Code: 2}) || unprocessed(io.EOF) {
		t.Error("the error of a refused stream is not recognised")
	}
	donor := httptest.NewTLSServer(nil)
	donor.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: donor.Certificate().Raw})
	if err := os.WriteFile(ca, data, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) { // the transport itself tries again for a minute
		c, err := New(Config{
			Endpoint: "https://127.0.0.1", CAFile: ca, Rate: 1e6,
			Credentials: Credentials{Key: signer.Key{Access: "a", Secret: "s"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		streams := 0
		c.transp.shared.DialContext = func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go refuse(tls.Server(far, &tls.Config{Certificates: donor.TLS.Certificates, NextProtos: []string{"h2"}}), &streams)
			return near, nil
		}
		err = c.DisableJob(t.Context(), testJob)
		if OutcomeOf(err) != NotSent || streams == 0 {
			t.Errorf("%d streams, outcome %v: %v", streams, OutcomeOf(err), err)
		}
	})
}
