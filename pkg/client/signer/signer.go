// Package signer makes and checks the SDK-HMAC-SHA256 signatures of the cloud's gateway (API
// reference 3.2). Client and emulator share it, so they use the same canonical form.
//
// Where gateways differ, the form is: the path is decoded, and each segment encoded again with the
// unreserved characters A–Z a–z 0–9 - _ . ~; the path ends with "/"; the query is sorted by name,
// then value; headers with an underscore or a name that starts with content-type are not signed.
// The header X-Sdk-Content-Sha256, if present, replaces the hash of the body.
package signer

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Names that a signed request carries.
const (
	algorithm           = "SDK-HMAC-SHA256"
	HeaderDate          = "X-Sdk-Date"
	HeaderSecurityToken = "X-Security-Token"
	HeaderContentHash   = "X-Sdk-Content-Sha256" // optional: the body's hash, or UnsignedBody
	UnsignedBody        = "UNSIGNED-PAYLOAD"     // what the SDK declares for bodies that are not JSON
	DateLayout          = "20060102T150405Z"
)

// Key is an access key, its secret, and for temporary keys the security token
// that goes with them.
type Key struct {
	Access        string
	Secret        string
	SecurityToken string
}

// String hides the secret, in case a key is printed by mistake.
func (k Key) String() string { return "signer.Key{…}" }

// GoString is String, for %#v.
func (k Key) GoString() string { return k.String() }

// Sign dates req with now and writes its Authorization header. It reads the
// body through req.GetBody and leaves req.Body at its start; a body without
// GetBody is an error, because it could not be sent again.
func Sign(req *http.Request, key Key, now time.Time) error {
	body, err := bodyCopy(req)
	if err != nil {
		return err
	}
	req.Header.Set(HeaderDate, now.UTC().Format(DateLayout))
	if key.SecurityToken != "" {
		req.Header.Set(HeaderSecurityToken, key.SecurityToken)
	}
	names := signedNames(req.Header)
	signature, err := signature(req, names, body, key.Secret)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", fmt.Sprintf("%s Access=%s, SignedHeaders=%s, Signature=%s",
		algorithm, key.Access, strings.Join(names, ";"), signature))
	return nil
}

func bodyCopy(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	if req.GetBody == nil {
		return nil, fmt.Errorf("signing %s %s: the body cannot be read twice", req.Method, req.URL.Path)
	}
	r, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("signing %s %s: %w", req.Method, req.URL.Path, err)
	}
	defer r.Close()
	return io.ReadAll(r)
}

func signature(req *http.Request, names []string, body []byte, secret string) (string, error) {
	canonical, err := canonicalRequest(req, names, body)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(canonical))
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s\n%s\n%s", algorithm, req.Header.Get(HeaderDate), hex.EncodeToString(sum[:]))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// canonicalRequest returns the text to sign: method, path, query, the named headers, their names,
// and the hash of the body. Names are lower-case and sorted.
func canonicalRequest(req *http.Request, names []string, body []byte) (string, error) {
	query, err := canonicalQuery(req.URL.RawQuery)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n%s\n%s\n", req.Method, canonicalPath(req.URL.Path), query)
	for _, name := range names {
		for _, value := range headerValues(req, name) {
			fmt.Fprintf(&out, "%s:%s\n", name, strings.TrimSpace(value))
		}
	}
	fmt.Fprintf(&out, "\n%s\n%s", strings.Join(names, ";"), contentHash(req, body))
	return out.String(), nil
}

func contentHash(req *http.Request, body []byte) string {
	if declared := req.Header.Get(HeaderContentHash); declared != "" {
		return declared
	}
	return bodyHash(body)
}

func bodyHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// headerValues returns a header's values, sorted as the SDK sorts them. Host is
// not a header of an *http.Request and comes from the request line.
func headerValues(req *http.Request, name string) []string {
	if name == "host" && req.Header.Get("Host") == "" {
		if req.Host != "" {
			return []string{req.Host}
		}
		return []string{req.URL.Host}
	}
	values := slices.Clone(req.Header.Values(name))
	slices.Sort(values)
	return values
}

func signedNames(header http.Header) []string {
	var names []string
	for name := range header {
		lower := strings.ToLower(name)
		if lower == "authorization" || strings.HasPrefix(lower, "content-type") || strings.Contains(lower, "_") {
			continue
		}
		names = append(names, lower)
	}
	slices.Sort(names)
	return names
}

func canonicalPath(decoded string) string {
	segments := strings.Split(decoded, "/")
	for i, segment := range segments {
		segments[i] = escape(segment)
	}
	path := strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path
}

func canonicalQuery(raw string) (string, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return "", fmt.Errorf("a malformed query: %w", err)
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names {
		sorted := slices.Clone(values[name])
		slices.Sort(sorted)
		for _, value := range sorted {
			parts = append(parts, escape(name)+"="+escape(value))
		}
	}
	return strings.Join(parts, "&"), nil
}

// escape percent-encodes everything but A–Z a–z 0–9 - _ . ~, byte by byte.
func escape(s string) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			c == '-', c == '_', c == '.', c == '~':
			out.WriteByte(c)
		default:
			out.Write([]byte{'%', digits[c>>4], digits[c&0xf]})
		}
	}
	return out.String()
}

// Authorization is a parsed Authorization header.
type Authorization struct {
	Access    string
	Names     []string // signed headers, as sent
	Signature string
}

// Reasons for which Verify refuses a request.
var (
	ErrUnsigned  = errors.New("the request carries no SDK-HMAC-SHA256 signature")
	ErrDate      = errors.New("the signature's date is outside the window")
	ErrSignature = errors.New("the signature does not match the request")
)

// ParseAuthorization reads an Authorization header; ErrUnsigned when it is
// another scheme or damaged.
func ParseAuthorization(header string) (Authorization, error) {
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return Authorization{}, ErrUnsigned
	}
	var auth Authorization
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Access":
			auth.Access = value
		case "SignedHeaders":
			auth.Names = strings.Split(value, ";")
		case "Signature":
			auth.Signature = value
		}
	}
	if auth.Access == "" || auth.Signature == "" || !slices.Contains(auth.Names, strings.ToLower(HeaderDate)) {
		return Authorization{}, ErrUnsigned
	}
	return auth, nil
}

// Verify checks a request as the gateway does: the signature over the headers
// that it names, made with secret, and a date within window of now. It reads
// nothing from req.Body: the caller passes the body.
func Verify(req *http.Request, body []byte, secret string, now time.Time, window time.Duration) error {
	auth, err := ParseAuthorization(req.Header.Get("Authorization"))
	if err != nil {
		return err
	}
	date, err := time.Parse(DateLayout, req.Header.Get(HeaderDate))
	if err != nil || date.Before(now.Add(-window)) || date.After(now.Add(window)) {
		return ErrDate
	}
	// A hash that the caller declared is worth something only if it is the body's.
	if declared := contentHash(req, body); declared != UnsignedBody && declared != bodyHash(body) {
		return ErrSignature
	}
	want, err := signature(req, auth.Names, body, secret)
	if err != nil {
		return ErrSignature
	}
	if subtle.ConstantTimeCompare([]byte(want), bytes.ToLower([]byte(auth.Signature))) != 1 {
		return ErrSignature
	}
	return nil
}
