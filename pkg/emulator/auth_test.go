package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
)

const tokenRequest = `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"NAME","password":"PASSWORD",
"domain":{"name":"emulator"}}}},"scope":SCOPE}}`

func tokenBody(name, password, scope string) string {
	return strings.NewReplacer("NAME", name, "PASSWORD", password, "SCOPE", scope).Replace(tokenRequest)
}

func TestTokenCall(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{Now: fixedClock})
	project := `{"project":{"name":"cn-north-4"}}`
	tests := []struct {
		name, body string
		status     int
	}{
		{"right", tokenBody(emulator.DefaultUser, emulator.DefaultPassword, project), 201},
		{"wrong password", tokenBody(emulator.DefaultUser, "x", project), 401},
		{"unknown user", tokenBody("x", emulator.DefaultPassword, project), 401},
		{"global scope", tokenBody(emulator.DefaultUser, emulator.DefaultPassword, `{"domain":{"name":"emulator"}}`), 400},
		{"another region", tokenBody(emulator.DefaultUser, emulator.DefaultPassword, `{"project":{"name":"mars-1"}}`), 401},
		{"no body", "", 400},
		{"no identity", `{"auth":{}}`, 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := c.call("POST", "/v3/auth/tokens", test.body)
			token := r.header.Get("X-Subject-Token")
			if r.status != test.status || (token != "") != (test.status == 201) {
				t.Fatalf("got %d with token %t, want %d: %s", r.status, token != "", test.status, r.text)
			}
			if test.status != 201 {
				return
			}
			if got, want := r.body.Get("token").Str("expires_at"), "2026-03-03T09:30:00.000000Z"; got != want {
				t.Errorf("expires_at = %s, want %s", got, want)
			}
			c.token = token
			if r := c.call("GET", "/v3/projects", ""); r.status != 200 || r.body.Get("projects").Items()[0].Str("id") != emulator.DefaultIAMProject {
				t.Errorf("the token is good for %d %s", r.status, r.text)
			}
		})
	}
}

func TestTokensAge(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{TokenLife: time.Hour})
	list := "/v3/" + emulator.DefaultProject + "/jobs?page_index=0&page_size=10"
	c.good("GET", list, "")
	c.srv.Advance(time.Hour)
	if r := c.call("GET", list, ""); r.status != 401 || r.code() != "APIGW.0307" {
		t.Errorf("an old token: %d %s", r.status, r.text)
	}
	c.token, _ = c.srv.Token(0)
	c.good("GET", list, "")
	if err := c.srv.ExpireTokens(); err != nil {
		t.Fatal(err)
	}
	if r := c.call("GET", list, ""); r.status != 401 {
		t.Errorf("after ExpireTokens: %d", r.status)
	}
	c.token = "nonsense"
	if r := c.call("GET", list, ""); r.status != 401 || r.code() != "APIGW.0301" {
		t.Errorf("an unknown token: %d %s", r.status, r.text)
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	temporary := emulator.User{
		ID: "u", Name: "u", Domain: "d", DomainID: emulator.DefaultDomainID, AccessKey: "TEMPORARY", SecretKey: "s", SecurityToken: "st",
	}
	tests := []struct {
		name           string
		access, secret string
		skew           time.Duration
		change         func(*http.Request)
		status         int
	}{
		{"right", emulator.DefaultAccessKey, emulator.DefaultSecretKey, 0, nil, 200},
		{"a clock 14 minutes behind", emulator.DefaultAccessKey, emulator.DefaultSecretKey, -14 * time.Minute, nil, 200},
		{"a clock 16 minutes behind", emulator.DefaultAccessKey, emulator.DefaultSecretKey, -16 * time.Minute, nil, 401},
		{"a clock 16 minutes ahead", emulator.DefaultAccessKey, emulator.DefaultSecretKey, 16 * time.Minute, nil, 401},
		{"wrong secret", emulator.DefaultAccessKey, "x", 0, nil, 401},
		{"unknown key", "NOBODY", emulator.DefaultSecretKey, 0, nil, 401},
		{"body changed after signing", emulator.DefaultAccessKey, emulator.DefaultSecretKey, 0,
			func(r *http.Request) { r.Method = "PATCH" }, 404},
		{"query changed after signing", emulator.DefaultAccessKey, emulator.DefaultSecretKey, 0,
			func(r *http.Request) { r.URL.RawQuery += "&x=1" }, 401},
		{"temporary key without its token", "TEMPORARY", "s", 0, nil, 401},
		{"no signature at all", "", "", 0, func(r *http.Request) { r.Header.Del("Authorization") }, 401},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			users := []emulator.User{temporary, {
				ID: "d", Name: "d", DomainID: emulator.DefaultDomainID,
				AccessKey: emulator.DefaultAccessKey, SecretKey: emulator.DefaultSecretKey,
			}}
			c := start(t, emulator.Options{Now: fixedClock, Users: users})
			req := signed(t, c.request("GET", "/v3/"+emulator.DefaultProject+"/jobs?page_index=0&page_size=10", ""), test.access, test.secret, epoch.Add(test.skew))
			if test.change != nil {
				test.change(req)
			}
			r, err := c.send(req)
			if err != nil || r.status != test.status {
				t.Fatalf("got %d %s %v, want %d", r.status, r.text, err, test.status)
			}
			if r.header.Get("Date") != epoch.Format(http.TimeFormat) {
				t.Errorf("Date = %s: a client must see the server's clock", r.header.Get("Date"))
			}
		})
	}
}

func TestKeyIsLockedAfterFailures(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{Now: fixedClock})
	try := func(secret string) reply {
		req := signed(t, c.request("GET", "/v3/projects", ""), emulator.DefaultAccessKey, secret, c.srv.Now())
		r, err := c.send(req)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for range 6 {
		try("wrong")
	}
	if r := try(emulator.DefaultSecretKey); r.status != 401 || !strings.Contains(r.text, "forbidden") {
		t.Errorf("after six failures the right key gets %d %s, want a lock", r.status, r.text)
	}
	c.srv.Advance(5 * time.Minute)
	if r := try(emulator.DefaultSecretKey); r.status != 200 {
		t.Errorf("five minutes later: %d %s", r.status, r.text)
	}
}
