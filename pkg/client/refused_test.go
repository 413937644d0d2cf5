package client_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestRenewedTokenGoesAlone checks that one call tries a token that was renewed after a refusal
// before the others use it.
func TestRenewedTokenGoesAlone(t *testing.T) {
	t.Parallel()
	var refused atomic.Int32
	s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		switch {
		case r.URL.Path == "/v3/auth/tokens":
			w.Header().Set("X-Subject-Token", "T")
			reply(w, 201, `{"token":{"expires_at":"2099-01-01T00:00:00.000000Z"}}`)
		case strings.HasSuffix(r.URL.Path, "/jobs"):
			reply(w, 200, `{"total":0,"jobs":[]}`)
		default:
			refused.Add(1)
			reply(w, 401, `{"error_code":"APIGW.0301","error_msg":"wrong token"}`)
		}
	})
	c, _ := newClient(t, s.URL, byPassword(s.URL))
	if _, err := c.Listing(t.Context(), strings.Repeat("a", 32)); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := c.QueryJob(t.Context(), strings.Repeat("b", 32)); err == nil {
				t.Error("a refused call succeeded")
			}
		})
	}
	group.Wait()
	if n := refused.Load(); n > 2 {
		t.Errorf("%d refused authentications, want at most 2", n)
	}
}

// TestRefusalsAreBoundedAtAnyParallelism checks a service that authenticates listings and refuses
// every other call. At most two authentications may be refused, however many calls begin at once,
// because the vendor locks a key after five.
func TestRefusalsAreBoundedAtAnyParallelism(t *testing.T) {
	t.Parallel()
	for _, parallel := range []int{1, 8, 32} {
		var refused atomic.Int32
		s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) {
			if strings.HasSuffix(r.URL.Path, "/jobs") {
				reply(w, 200, `{"total":0,"jobs":[]}`)
				return
			}
			refused.Add(1)
			reply(w, 401, `{"error_code":"APIGW.0301","error_msg":"wrong key"}`)
		})
		c, _ := newClient(t, s.URL)
		if _, err := c.Listing(t.Context(), strings.Repeat("a", 32)); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range parallel {
			group.Go(func() {
				if _, err := c.QueryJob(t.Context(), strings.Repeat("b", 32)); err == nil {
					t.Error("a refused call succeeded")
				}
			})
		}
		group.Wait()
		if n := refused.Load(); n > 2 {
			t.Errorf("%d calls at a time: %d refused authentications", parallel, n)
		}
	}
}
