package emulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// writerFile, where it is set, makes the test binary the process that
// TestKilledWhileWriting kills.
const writerFile = "BUILDSYNC_TEST_WRITER_FILE"

func TestMain(m *testing.M) {
	if file := os.Getenv(writerFile); file != "" {
		os.Exit(writeForEver(file))
	}
	goleak.VerifyTestMain(m)
}

func TestManyClientsAtOnce(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	const clients, each = 6, 10
	var created, refused sync.Map
	var wait sync.WaitGroup
	for client := range clients {
		wait.Go(func() {
			for i := range each {
				for _, name := range []string{fmt.Sprintf("own-%d-%d", client, i), fmt.Sprintf("shared-%d", i)} {
					r, err := c.send(c.request("POST", "/v3/jobs/create", jobBody(name)))
					switch {
					case err != nil:
						t.Error(err)
					case r.status == http.StatusOK:
						if _, twice := created.LoadOrStore(name, true); twice {
							t.Errorf("%s was created twice", name)
						}
					default:
						refused.Store(fmt.Sprint(name, client), r.status)
					}
				}
			}
		})
	}
	wait.Wait()
	truth := c.srv.MustTruth(t)
	if len(truth.Jobs) != clients*each+each {
		t.Errorf("%d jobs, want %d", len(truth.Jobs), clients*each+each)
	}
	if n := len(c.srv.Calls()); n != 2*clients*each {
		t.Errorf("%d calls recorded, want %d", n, 2*clients*each)
	}
	refused.Range(func(name, status any) bool {
		if !strings.HasPrefix(name.(string), "shared") || status != http.StatusConflict {
			t.Errorf("%v was refused with %v", name, status)
		}
		return true
	})
}

// TestFakeTime checks that the emulator uses the clock of a synctest bubble.
func TestFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := emulator.New(emulator.Options{Latency: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if err := e.Fail(emulator.Fault{Kind: emulator.FaultDelay, Delay: time.Hour}); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v3/projects", nil))
		if took := time.Since(begun); took != time.Hour+time.Minute || w.Code != http.StatusUnauthorized {
			t.Errorf("%d after %v, want 401 after 1h1m", w.Code, took)
		}
	})
}
