package client_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestRefusalsAreBoundedAtAnyParallelism: the service authenticates listings
// and refuses every other call. However many calls begin at once, two refused
// authentications are the most, since the vendor locks a key after five.
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
