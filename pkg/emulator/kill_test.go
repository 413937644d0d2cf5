package emulator_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// writeForEver creates jobs in a file and prints the name of each that was
// answered, until the process is killed.
func writeForEver(file string) int {
	e, err := emulator.New(emulator.Options{Path: file})
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	token, err := e.Token(0)
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	for i := 0; ; i++ {
		name := fmt.Sprintf("job-%d", i)
		req := httptest.NewRequest(http.MethodPost, "/v3/jobs/create", strings.NewReader(jobBody(name)))
		req.Header.Set("X-Auth-Token", token)
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if e.ServeHTTP(w, req); w.Code != http.StatusOK {
			fmt.Println("error:", w.Body)
			return 1
		}
		fmt.Println(name)
	}
}

func TestKilledWhileWriting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	answered := 0
	for round := range 3 {
		file := filepath.Join(dir, fmt.Sprintf("%d.db", round))
		child := exec.CommandContext(t.Context(), program)
		child.Env = append(os.Environ(), writerFile+"="+file)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var names []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			names = append(names, lines.Text())
			if len(names) == 5+3*round {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // it was killed, which Wait tells as an error
		e, err := emulator.New(emulator.Options{Path: file})
		if err != nil {
			t.Fatalf("opening after a kill: %v", err)
		}
		truth, err := e.Truth()
		if err != nil {
			t.Fatalf("reading after a kill: %v", err)
		}
		for _, name := range names {
			if len(truth.Named(emulator.DefaultProject, name)) != 1 {
				t.Errorf("round %d: %s was answered and is not there (%d jobs)", round, name, len(truth.Jobs))
			}
		}
		answered += len(names)
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if answered < 5+8+11 {
		t.Errorf("only %d writes were answered before the kills", answered)
	}
}

// FuzzRequests checks that any body gets an answer of the service, never a panic.
func FuzzRequests(f *testing.F) {
	for _, seed := range []string{jobBody("a"), richBody, buildable, `{"name":"t","template":{"steps":[{"module_id":"m"}]}}`, `[]`, `{"job_id":1}`} {
		f.Add(seed)
	}
	e, err := emulator.New(emulator.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { e.Close() })
	token, err := e.Token(0)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/v3/jobs/create", "/v3/jobs/update", "/v3/templates/create", "/v3/jobs/build", "/v1/job/recycling-restoration", "/v3/jobs/stop"} {
			req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			req.Header.Set("X-Auth-Token", token)
			req.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			if e.ServeHTTP(w, req); w.Code >= 500 {
				t.Errorf("%s answers %d %s", path, w.Code, w.Body)
			}
		}
		if err := e.Reset(); err != nil {
			t.Fatal(err)
		}
	})
}
