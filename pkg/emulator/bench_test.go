package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// BenchmarkQuery is one query of a job through the handler: authentication,
// reading, the forms of the default profile.
func BenchmarkQuery(b *testing.B) {
	e, err := emulator.New(emulator.Options{Seed: emulator.Seed{Jobs: 1000}})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	token, err := e.Token(0)
	if err != nil {
		b.Fatal(err)
	}
	truth, err := e.Truth()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		req := httptest.NewRequest(http.MethodGet, "/v3/jobs/"+truth.Jobs[i%1000].ID+"/query?get_all_params=true", nil)
		req.Header.Set("X-Auth-Token", token)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, req)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkQueryOverHTTP is the same over a kept-alive connection on loopback;
// the client's part is in the figure.
func BenchmarkQueryOverHTTP(b *testing.B) {
	c := start(b, emulator.Options{Seed: emulator.Seed{Jobs: 100}})
	id := c.srv.MustTruth(b).Jobs[0].ID
	for b.Loop() {
		c.call("GET", "/v3/jobs/"+id+"/query?get_all_params=true", "")
	}
}

// BenchmarkList is one page of 100 out of 10,000 jobs.
func BenchmarkList(b *testing.B) {
	e, err := emulator.New(emulator.Options{Seed: emulator.Seed{Jobs: 10_000}})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	token, err := e.Token(0)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		req := httptest.NewRequest(http.MethodGet, "/v3/"+emulator.DefaultProject+"/jobs?page_index=7&page_size=100", nil)
		req.Header.Set("X-Auth-Token", token)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, req)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkOpen opens a file that holds 10,000 jobs.
func BenchmarkOpen(b *testing.B) {
	opts := emulator.Options{Path: filepath.Join(b.TempDir(), "emulator.db"), Seed: emulator.Seed{Jobs: 10_000}}
	e, err := emulator.New(opts)
	if err != nil {
		b.Fatal(err)
	}
	e.Close()
	for b.Loop() {
		e, err := emulator.New(opts)
		if err != nil {
			b.Fatal(err)
		}
		e.Close()
	}
}
