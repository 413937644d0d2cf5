package client

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

var canaries = []string{
	"CANARY-plain-1", `CANARY"quoted\2`, "CANARY\nline-of-3\nlast-line-3", "CANARY.*[regex](4)", "CANARY-é-构建-5", "CANARY'it's-9", "CANARY/?&=+ %6", "<CANARY>&7", "4C4N",
}

func forms(secret string) map[string]string {
	escaped, _ := json.Marshal(secret)
	all := map[string]string{
		"raw": secret, "json": string(escaped), "query": url.QueryEscape(secret), "path": url.PathEscape(secret),
		"html": html.EscapeString(secret), "go": strconv.Quote(secret), "go ASCII": strconv.QuoteToASCII(secret),
		"shell": strings.ReplaceAll(secret, "'", `'\''`),
		"hex":   hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
	}
	for offset := range 3 {
		text := append(bytes.Repeat([]byte("x"), offset), secret+"yy"...)
		all[fmt.Sprintf("base64+%d", offset)] = base64.StdEncoding.EncodeToString(text)
		all[fmt.Sprintf("base64url+%d", offset)] = base64.URLEncoding.EncodeToString(text)
	}
	return all
}

func TestMaskHidesEveryForm(t *testing.T) {
	t.Parallel()
	for _, secret := range canaries {
		for name, form := range forms(secret) {
			text := mask("before "+form+" after", canaries)
			core := form
			if strings.HasPrefix(name, "base64") {
				core = form[4:max(4, len(form)-6)] // its ends have bytes that do not belong to the secret
			}
			if len(core) >= shortest && strings.Contains(text, core) {
				t.Errorf("%q as %s: %s", secret, name, text)
			}
			if !strings.HasPrefix(text, "before ") || !strings.HasSuffix(text, " after") {
				t.Errorf("%q as %s: the rest is damaged: %s", secret, name, text)
			}
		}
	}
	if text := mask(`before CANARY-\u00e9-\u6784\u5efa-\ud83d\udd11 after`, []string{"CANARY-é-构建-🔑"}); text != "before "+masked+" after" {
		t.Errorf("ASCII JSON: %s", text)
	}
	if text := mask("a 1 b", []string{"1", ""}); text != "a 1 b" {
		t.Errorf("a short text was masked: %s", text)
	}
}

func TestMaskLeavesTheRest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringN(4, 40, -1).Draw(t, "secret")
		text := rapid.String().Draw(t, "text") + secret + rapid.String().Draw(t, "rest")
		if have := mask(text, []string{secret}); strings.Contains(have, secret) && !strings.Contains(masked, secret) {
			t.Fatalf("mask(%q, %q) = %q", text, secret, have)
		}
	})
}

// TestNoSecretInErrorsAndLogs checks a server that repeats what it was sent, in every form and
// place. No secret reaches an error or a log line.
func TestNoSecretInErrorsAndLogs(t *testing.T) {
	t.Parallel()
	secrets := append([]string{"AK-CANARY-access", "SK-CANARY-secret", "ST-CANARY-token", "PJ-CANARY-sensitive", "WH-CANARY-webhook"}, canaries[3:]...)
	var echo []string
	for _, secret := range secrets {
		for _, form := range forms(secret) {
			echo = append(echo, form)
		}
	}
	all := strings.Join(echo, " ")
	quoted, _ := json.Marshal(all)
	answers := []struct {
		status int
		body   string
	}{
		{400, `{"error_code":"CB.1","error_msg":` + string(quoted) + `}`},
		{400, `{"error_code":` + string(quoted) + `,"error_msg":"x"}`},
		{200, `{"error":{"code":"X","reason":` + string(quoted) + `}}`},
		{200, `{"status":` + string(quoted) + `}`},
		{200, `{"result":{"job_id":` + string(quoted) + `},"status":"success"}`},
		{200, `{"` + strings.ReplaceAll(secrets[1], `"`, "") + `":1,"` + secrets[1] + `":2}`},
		{502, all},
		{200, "<html>" + all},
	}
	for i, answer := range answers {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Request-Id", "id "+secrets[1])
			w.Header().Set("Location", "https://"+secrets[1])
			w.WriteHeader(answer.status)
			fmt.Fprint(w, answer.body)
		}))
		var log bytes.Buffer
		c, err := New(Config{
			Endpoint: server.URL, Rate: 1e6, Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Credentials: Credentials{Key: signer.Key{Access: secrets[0], Secret: secrets[1], SecurityToken: secrets[2]}},
		})
		if err != nil {
			t.Fatal(err)
		}
		body := sensitive(secrets[3], secrets[5:])
		_, createErr := c.CreateJob(t.Context(), body)
		webhook := secrets[4]
		noticeErr := c.UpdateNotice(t.Context(), testJob, wire.NoticeUpdate{NoticeType: "WECOM", ParamConfig: &webhook})
		server.Close()
		for _, text := range []string{fmt.Sprint(createErr), fmt.Sprintf("%+v", createErr), log.String()} {
			for _, secret := range []string{secrets[0], secrets[1], secrets[2], secrets[3]} {
				if strings.Contains(text, secret) {
					t.Errorf("answer %d: %q in %s", i, secret, text)
				}
			}
			if strings.Contains(text, "\n\x1b") {
				t.Errorf("answer %d: a control character in %q", i, text)
			}
		}
		if noticeErr == nil || strings.Contains(noticeErr.Error(), webhook) {
			t.Errorf("answer %d: %v", i, noticeErr)
		}
		if createErr == nil || !strings.Contains(log.String(), "create job") {
			t.Errorf("answer %d: %v; log %s", i, createErr, log.String())
		}
	}
}

// sensitive returns a job body with these values as sensitive parameters.
func sensitive(values string, more []string) *jsontree.Value {
	body := createBody()
	parameters := jsontree.Array()
	for _, value := range append([]string{values}, more...) {
		param := func(name, value string) *jsontree.Value {
			return jsontree.Object(
				jsontree.Member{Key: "name", Value: jsontree.String(name)},
				jsontree.Member{Key: "value", Value: jsontree.String(value)},
			)
		}
		parameters.Append(jsontree.Object(
			jsontree.Member{Key: "name", Value: jsontree.String(wire.ParameterDefinition)},
			jsontree.Member{Key: "params", Value: jsontree.Array(param("name", "p"), param("defaultValue", value), param("sensitiveVar", "true"))},
		))
	}
	body.Set("parameters", parameters)
	return body
}

// TestMaskHidesWhatAConfigurationHolds checks a webhook's address inside param_config, which an
// answer may also show alone.
func TestMaskHidesWhatAConfigurationHolds(t *testing.T) {
	t.Parallel()
	body := []byte(`{"param_config": "{\"webhook\": \"https://host/?token=CANARY\", \"nested\": [{\"sign\": \"CANARY-sign\"}], \"at\": \"all\"}"}`)
	for _, text := range []string{"cannot reach https://host/?token=CANARY now", "bad sign CANARY-sign"} {
		if have := mask(text, secretsOf(body)); strings.Contains(have, "CANARY") {
			t.Errorf("mask(%q) = %q", text, have)
		}
	}
}

// TestMaskFindsSensitiveParameters checks that every spelling of true marks a parameter's value.
func TestMaskFindsSensitiveParameters(t *testing.T) {
	t.Parallel()
	for value, secret := range map[string]bool{`"true"`: true, `"TRUE"`: true, `true`: true, `" True "`: true, `"1"`: true, `"false"`: false, `""`: false} {
		body := []byte(`{"parameters":[{"params":[{"name":"name","value":"P"},{"name":"sensitiveVar","value":` + value + `},{"name":"defaultValue","value":"CANARY"}]}]}`)
		if have := mask("bad value CANARY", secretsOf(body)); strings.Contains(have, "CANARY") == secret {
			t.Errorf("sensitiveVar %s: %q", value, have)
		}
	}
}

// TestHide checks that secrets of one call are hidden in the errors of every other call.
func TestHide(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error_code": "CB.00060200", "error_msg": "the job has CANARY-early and CANARY-late"}`))
	}))
	defer server.Close()
	c, err := New(Config{Endpoint: server.URL, Credentials: Credentials{Token: "t0ken"}, Hide: []string{"CANARY-early"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Hide("CANARY-late")
	if _, err := c.QueryJob(t.Context(), "48c66c6002964721be537cdc6ce0297b"); err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("the error is %v", err)
	}
}
