package client

import (
	"errors"
	"log/slog"
	"time"

	"github.com/buildsync/buildsync/pkg/client/signer"
)

// Credentials are one way to authenticate: a ready token, an access key, or an
// IAM user's password, in this order where several are set. They print as
// nothing, in every format.
type Credentials struct {
	Token     string // X-Auth-Token, scope project
	Key       signer.Key
	Password  Password
	ProjectID string // IAM project of an access key (X-Project-Id); optional
}

// Password is an IAM user's, exchanged for a token of the scope of a project
// (API reference 3.1).
type Password struct {
	User      string
	Password  string
	Domain    string // the account's name
	Project   string // the IAM project's name, which is the region's
	ProjectID string // instead of the name
}

// String hides the credentials.
func (c Credentials) String() string { return "client.Credentials{…}" }

// GoString is String, for %#v.
func (c Credentials) GoString() string { return c.String() }

// LogValue is String, for slog.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON is String, for reports.
func (c Credentials) MarshalJSON() ([]byte, error) { return []byte(`"` + c.String() + `"`), nil }

// String hides the password.
func (p Password) String() string { return "client.Password{…}" }

// GoString is String, for %#v.
func (p Password) GoString() string { return p.String() }

// Kind names the way of authenticating: token, access key, password, or none.
func (c Credentials) Kind() string {
	switch {
	case c.Token != "":
		return "token"
	case c.Key.Access != "":
		return "access key"
	case c.Password.User != "":
		return "password"
	}
	return "none"
}

func (c Credentials) check(cfg *Config) error {
	switch c.Kind() {
	case "none":
		return errors.New("no credentials: set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or BUILDSYNC_TOKEN")
	case "token":
		if !printable(c.Token) {
			return errors.New("the token contains characters that no token has; was it copied with a line break?")
		}
	case "access key":
		if c.Key.Secret == "" {
			return errors.New("the access key has no secret key")
		}
		if !printable(c.Key.Access) || !printable(c.Key.SecurityToken) {
			return errors.New("the access key or its security token contains invalid characters; was it copied with a line break?")
		}
	case "password":
		p := c.Password
		if p.Password == "" || p.Domain == "" || p.Project == "" && p.ProjectID == "" {
			return errors.New("an IAM user needs a password, a domain (the account's name), and a region or an IAM project")
		}
		if cfg.IAMEndpoint == "" {
			return errors.New("an IAM user's password needs the IAM endpoint")
		}
	}
	return nil
}

// printable reports whether s is allowed in a header.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// TokenCache keeps IAM tokens between runs. The key identifies the owner of the
// token and holds no secret.
type TokenCache interface {
	Load(key string) (token string, expires time.Time, ok bool)
	Store(key, token string, expires time.Time) error
}
