package sdk

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdksigner "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/client/signer"
)

// TestMain draws 20,000 random requests unless the command line says how many.
func TestMain(m *testing.M) {
	err := errors.Join(flag.Set("rapid.checks", "20000"), flag.Set("rapid.nofailfile", "true"))
	if err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const endpoint = "https://build.example.com"

var (
	keys = signer.Key{Access: "EXAMPLEACCESSKEY", Secret: "example-secret-key-for-tests"}

	// oddBytes are bytes that canonical forms treat differently; the last is invalid UTF-8.
	odd      = []string{" ", "+", "%", "/", "=", "&", ";", ",", "~", "*", "'", "(", "!", "@", ":", "?", "#", "\"", "\\", "|", "\t", "é", "构建", "\u00a0", "🙂", "\xff"}
	fragment = rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9_.-]{1,6}`), rapid.SampledFrom(odd))
	text     = rapid.Map(rapid.SliceOfN(fragment, 0, 5), func(parts []string) string { return strings.Join(parts, "") })
	nonEmpty = rapid.Map(rapid.SliceOfN(fragment, 1, 5), func(parts []string) string { return strings.Join(parts, "") })
)

// sdkRequest draws a request in the SDK's own type.
//
// Names of query parameters are not empty: the SDK signs "=value" and sends "value", so no server
// could accept such a request.
func sdkRequest(t *rapid.T, date time.Time) *request.DefaultHttpRequest {
	builder := request.NewHttpRequestBuilder().WithEndpoint(endpoint).
		WithMethod(rapid.SampledFrom([]string{"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"}).Draw(t, "method")).
		WithPath(rapid.SampledFrom([]string{"", "/"}).Draw(t, "no path"))
	if segments := rapid.SliceOfN(text, 0, 5).Draw(t, "segments"); len(segments) > 0 {
		builder.WithPath("/" + strings.Join(segments, "/"))
	}
	for range rapid.IntRange(0, 4).Draw(t, "parameters") {
		var value any
		switch rapid.IntRange(0, 3).Draw(t, "kind of value") {
		case 0:
			value = rapid.Int32().Draw(t, "number")
		case 1:
			value = rapid.SliceOfN(text, 0, 4).Draw(t, "values")
		default:
			value = text.Draw(t, "value")
		}
		builder.AddQueryParam(nonEmpty.Draw(t, "name"), reflect.ValueOf(value))
	}
	builder.AddHeaderParam(signer.HeaderDate, date.Format(signer.DateLayout))
	for _, name := range rapid.SliceOfNDistinct(headerName, 0, 5, http.CanonicalHeaderKey).Draw(t, "headers") {
		builder.AddHeaderParam(name, headerValue.Draw(t, "header"))
	}
	if kind := contentType.Draw(t, "content type"); kind != "" {
		builder.AddHeaderParam("Content-Type", kind)
	}
	switch rapid.IntRange(0, 2).Draw(t, "body") {
	case 0:
		builder.WithBody("", rapid.String().Draw(t, "text"))
	case 1:
		builder.WithBody("", map[string]any{"name": text.Draw(t, "member"), "list": []int{1, 2}, "html": "<&>"})
	}
	return builder.Build()
}

var (
	headerName = rapid.Map(
		rapid.StringMatching(`[A-Za-z][A-Za-z0-9_-]{0,10}`).Filter(func(s string) bool {
			return !slices.Contains([]string{"host", "authorization", "content-type"}, strings.ToLower(s))
		}),
		func(s string) string { return "X-" + s })
	headerValue = rapid.StringMatching(`[ \t]{0,2}[!-~ é]{0,12}[ \t]{0,2}`)
	contentType = rapid.SampledFrom([]string{"", "application/json", "application/json;charset=utf8", "text/plain", "application/octet-stream"})
)

// TestSignerEqualsTheSDK checks that buildsync signs a request with the same bytes as the SDK, and
// accepts the SDK's signature as a server. buildsync signs the request as the SDK sends it.
func TestSignerEqualsTheSDK(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		date := time.Unix(rapid.Int64Range(1_500_000_000, 2_000_000_000).Draw(t, "date"), 0).UTC()
		req := sdkRequest(t, date)
		key := keys
		if key.SecurityToken = rapid.StringMatching(`|[A-Za-z0-9+/=]{8,40}`).Draw(t, "token"); key.SecurityToken != "" {
			req.AddHeaderParam(signer.HeaderSecurityToken, key.SecurityToken)
		}
		added, err := sdksigner.Sign(req, key.Access, key.Secret)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := req.ConvertRequest()
		if err != nil {
			t.Fatal(err)
		}
		body := read(t, theirs)
		ours := theirs.Clone(t.Context())
		ours.Header.Del(signer.HeaderDate)
		ours.Header.Del(signer.HeaderSecurityToken)
		if err := signer.Sign(ours, key, date); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(added["Authorization"], ours.Header.Get("Authorization")); diff != "" {
			t.Fatalf("%s %s (-SDK +buildsync):\n%s", ours.Method, ours.URL, diff)
		}
		theirs.Header.Set("Authorization", added["Authorization"])
		if err := signer.Verify(theirs, body, key.Secret, date, time.Minute); err != nil {
			t.Fatalf("a request that the SDK signed is refused: %v", err)
		}
	})
}

// read returns the body of a request and rewinds it.
func read(t *rapid.T, req *http.Request) []byte {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// TestQueryNamesKeepTheirCase checks that the SDK signs the names of query parameters as written. A
// signer that lower-cases them makes another signature.
func TestQueryNamesKeepTheirCase(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	sign := func(name string) (theirs, ours string) {
		req := request.NewHttpRequestBuilder().WithEndpoint(endpoint).WithMethod("GET").WithPath("/v3/jobs").
			AddQueryParam(name, reflect.ValueOf("1")).AddHeaderParam(signer.HeaderDate, date.Format(signer.DateLayout)).Build()
		added, err := sdksigner.Sign(req, keys.Access, keys.Secret)
		if err != nil {
			t.Fatal(err)
		}
		mine, err := http.NewRequest("GET", endpoint+"/v3/jobs?"+name+"=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := signer.Sign(mine, keys, date); err != nil {
			t.Fatal(err)
		}
		return added["Authorization"], mine.Header.Get("Authorization")
	}
	upper, ourUpper := sign("Page_Index")
	lower, ourLower := sign("page_index")
	if upper == lower {
		t.Error("the SDK folds the case of query names: the signer must do the same, and docs/api-notes.md say so")
	}
	if diff := cmp.Diff([]string{upper, lower}, []string{ourUpper, ourLower}); diff != "" {
		t.Errorf("(-SDK +buildsync):\n%s", diff)
	}
}
