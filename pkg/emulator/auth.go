package emulator

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// The gateway's rules for signatures: a date further
// than dateWindow from its own is refused, and a key that failed more than
// maxFailures times in a row is locked for lockTime.
const (
	dateWindow  = 15 * time.Minute
	maxFailures = 5
	lockTime    = 5 * time.Minute
)

// gate counts failed authentications by access key. The emulator's lock guards it.
type gate struct {
	failures map[string]int
	locked   map[string]time.Time // until
}

func (g *gate) fail(access string, now time.Time) {
	if g.failures == nil {
		g.failures, g.locked = map[string]int{}, map[string]time.Time{}
	}
	if g.failures[access]++; g.failures[access] > maxFailures {
		g.locked[access] = now.Add(lockTime)
		g.failures[access] = 0
	}
}

func unauthorised(code, message string) error {
	return &apiError{status: http.StatusUnauthorized, code: code, message: message}
}

// authenticate returns the user of a request: by token or by signature.
func (e *Emulator) authenticate(rq *request) (*User, error) {
	if value := rq.http.Header.Get("X-Auth-Token"); value != "" {
		return e.userOfToken(value, rq.now)
	}
	auth, err := signer.ParseAuthorization(rq.http.Header.Get("Authorization"))
	if err != nil {
		return nil, unauthorised(codeAuth, "Incorrect IAM authentication information: x-auth-token and signature not found")
	}
	if rq.now.Before(e.gate.locked[auth.Access]) {
		return nil, unauthorised(codeAuth, "Incorrect IAM authentication information: AK access failed to reach the limit, forbidden")
	}
	user, err := e.checkSignature(rq, auth.Access)
	if err != nil {
		e.gate.fail(auth.Access, rq.now)
		return nil, err
	}
	delete(e.gate.failures, auth.Access)
	return user, nil
}

func (e *Emulator) checkSignature(rq *request, access string) (*User, error) {
	user := e.userByKey(access)
	if user == nil {
		return nil, unauthorised(codeAuth, "Incorrect IAM authentication information: verify aksk signature fail, Get secretKey failed")
	}
	if user.SecurityToken != "" &&
		subtle.ConstantTimeCompare([]byte(user.SecurityToken), []byte(rq.http.Header.Get(signer.HeaderSecurityToken))) != 1 {
		return nil, unauthorised(codeAuth, "Incorrect IAM authentication information: the security token is missing or wrong")
	}
	switch err := signer.Verify(rq.http, rq.raw, user.SecretKey, rq.now, dateWindow); {
	case errors.Is(err, signer.ErrDate):
		return nil, unauthorised(codeAuth, "Incorrect IAM authentication information: the request date is more than 15 minutes from the server's")
	case err != nil:
		return nil, unauthorised(codeAuth, "Incorrect IAM authentication information: verify aksk signature fail")
	}
	return user, nil
}

func (e *Emulator) userByKey(access string) *User {
	for i := range e.opts.Users {
		if e.opts.Users[i].AccessKey == access {
			return &e.opts.Users[i]
		}
	}
	return nil
}

func (e *Emulator) userOfToken(value string, now time.Time) (*User, error) {
	known := e.state.tokens[tokenHash(value)]
	if known == nil {
		return nil, unauthorised(codeAuth, "Incorrect IAM authentication information: decrypt token fail")
	}
	user := e.userByKey(known.User)
	if user == nil || !now.Before(known.Expires) {
		return nil, unauthorised(codeExpired, "The token must be updated.")
	}
	return user, nil
}

func tokenHash(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// Token makes a token for the first user that is valid for life, like a POST to /v3/auth/tokens; 0
// means Options.TokenLife.
func (e *Emulator) Token(life time.Duration) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	user := &e.opts.Users[0]
	t := newTx(e.state, user, e.Now())
	if life == 0 {
		life = e.opts.TokenLife
	}
	value, _ := issueToken(t, user, life)
	_, err := t.commit()
	return value, err
}

// ExpireTokens ends all tokens at once, as happens in the middle of a long run.
func (e *Emulator) ExpireTokens() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := newTx(e.state, &User{}, e.Now())
	for _, known := range e.state.tokens {
		ended := *known
		ended.Expires = t.now
		t.putToken(&ended)
	}
	_, err := t.commit()
	return err
}

func issueToken(t *tx, user *User, life time.Duration) (string, *token) {
	var secret [48]byte
	_, _ = rand.Read(secret[:]) // never fails since Go 1.24
	value := "MIIEMU" + base64.RawURLEncoding.EncodeToString(secret[:])
	issued := &token{Hash: tokenHash(value), User: user.AccessKey, Issued: t.now, Expires: t.now.Add(life)}
	t.putToken(issued)
	return value, issued
}

// createToken serves IAM's token call: password method, scope project.
func createToken(rq *request) (*answer, error) {
	auth := rq.body.Get("auth")
	given := auth.Get("identity").Get("password").Get("user")
	methods := auth.Get("identity").Get("methods").Items()
	if len(methods) != 1 || methods[0].Text() != "password" || given == nil {
		return iamRefusal(http.StatusBadRequest, "Request body is invalid."), nil
	}
	if auth.Get("scope").Get("project") == nil {
		return iamRefusal(http.StatusBadRequest, "The scope must be a project; tokens of the whole account are not supported."), nil
	}
	user := rq.e.userByPassword(given)
	if user == nil {
		return iamRefusal(http.StatusUnauthorized, "The username or password is wrong."), nil
	}
	scope := auth.Get("scope").Get("project")
	if name := scope.Str("name"); name != "" && name != DefaultRegion || scope.Str("id") != "" && scope.Str("id") != DefaultIAMProject {
		return iamRefusal(http.StatusUnauthorized, "The project of the scope does not exist; the emulator has "+DefaultRegion+" only."), nil
	}
	value, issued := issueToken(rq.tx, user, rq.e.opts.TokenLife)
	domain := obj("id", str(user.DomainID), "name", str(user.Domain))
	a := jsonAnswer(http.StatusCreated, obj("token", obj(
		"expires_at", str(issued.Expires.UTC().Format(iamTime)),
		"issued_at", str(issued.Issued.UTC().Format(iamTime)),
		"methods", jsontree.Array(str("password")),
		"catalog", jsontree.Array(),
		"roles", jsontree.Array(),
		"project", obj("domain", domain, "id", str(DefaultIAMProject), "name", str(DefaultRegion)),
		"user", obj("domain", domain, "id", str(user.ID), "name", str(user.Name), "password_expires_at", str("")),
	)))
	a.header.Set("X-Subject-Token", value)
	return a, nil
}

const iamTime = "2006-01-02T15:04:05.000000Z"

func (e *Emulator) userByPassword(given *jsontree.Value) *User {
	for i := range e.opts.Users {
		u := &e.opts.Users[i]
		named := given.Str("name") == u.Name || given.Str("id") == u.ID
		domain := given.Get("domain")
		inside := domain.Str("name") == u.Domain || domain.Str("id") == u.DomainID
		if named && inside && subtle.ConstantTimeCompare([]byte(given.Str("password")), []byte(u.Password)) == 1 {
			return u
		}
	}
	return nil
}

// iamRefusal returns an error in IAM's form, which differs from the build API's.
func iamRefusal(status int, message string) *answer {
	return jsonAnswer(status, obj("error", obj("code", num(status), "message", str(message), "title", str(http.StatusText(status)))))
}

// listIAMProjects serves GET /v3/projects (API reference 7.3).
func listIAMProjects(rq *request) (*answer, error) {
	scheme := "http"
	if rq.http.TLS != nil {
		scheme = "https"
	}
	self := scheme + "://" + rq.http.Host + "/v3/projects"
	links := func(url string) *jsontree.Value {
		return obj("next", jsontree.Null(), "previous", jsontree.Null(), "self", str(url))
	}
	rows := jsontree.Array()
	if name := rq.query("name"); name == "" || name == DefaultRegion {
		rows.Append(obj(
			"domain_id", str(rq.user.DomainID), "is_domain", jsontree.Bool(false), "parent_id", str(rq.user.DomainID),
			"name", str(DefaultRegion), "description", str(""), "links", links(self+"/"+DefaultIAMProject),
			"id", str(DefaultIAMProject), "enabled", jsontree.Bool(true),
		))
	}
	return ok(obj("projects", rows, "links", links(self)))
}
