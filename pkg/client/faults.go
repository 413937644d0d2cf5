package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"syscall"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// isTimeout reports whether err is a timeout without an answer.
func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// isCertificate reports whether err concerns the server's identity or TLS version; trying again
// cannot help.
func isCertificate(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
		invalid      x509.CertificateInvalidError
		record       tls.RecordHeaderError
		alert        *net.OpError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host) ||
		errors.As(err, &invalid) || errors.As(err, &record) ||
		errors.As(err, &alert) && (alert.Op == "remote error" || alert.Op == "local error")
}

// isPassing reports whether a failed connection may succeed later.
func isPassing(err error) bool {
	var operation *net.OpError
	var lookup *net.DNSError
	return isTimeout(err) || errors.As(err, &operation) || errors.As(err, &lookup) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// unprocessed reports whether an HTTP/2 error says that the request was not
// processed (RFC 9113, 8.7).
func unprocessed(err error) bool {
	var stream http2StreamError
	return errors.As(err, &stream) && stream.Code == http2RefusedStream
}

// http2StreamError has the form of the unexported error of net/http, which
// fills any struct of that form through errors.As.
type http2StreamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e http2StreamError) Error() string { return "HTTP/2 stream error" }

const http2RefusedStream = 0x7

// redirectTarget returns the target of a redirect without parts that may be
// secret.
func redirectTarget(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" {
		return ""
	}
	return sanitize.Line(u.Scheme+"://"+u.Host, 200)
}
