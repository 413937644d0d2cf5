//go:build linux

package faults

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// offlineLines are commands that need no network and no credentials.
func offlineLines() []string {
	return []string{
		"plan --offline --base HEAD", "plan --offline --base HEAD --format json", "plan --offline",
		"lint", "lint --format sarif", "compile", "schema plan", "version", "fmt --check", "modules list",
		"explain shop/job/a.steps",
	}
}

// offlineBench returns a workspace with an uncommitted change.
func offlineBench(t testing.TB) *bench {
	b := newBench(t, emulator.Options{}, map[string]string{"jobs/j.yaml": jobFile("echo old", "a", "b")})
	b.commit("first")
	b.write("jobs/j.yaml", jobFile("echo new", "a", "b"))
	return b
}

// TestOfflineReadsNoCredentials poisons every credential: half a key is an error for every reader,
// a profile in a FIFO blocks its reader, and every address leads to a listener that counts
// connections.
func TestOfflineReadsNoCredentials(t *testing.T) {
	t.Parallel()
	b := offlineBench(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var reached atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			conn.Close()
		}
	}()
	profile := filepath.Join(b.root, "home", ".huaweicloud", "credentials")
	if err := os.MkdirAll(filepath.Dir(profile), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(profile, 0o600); err != nil {
		t.Fatal(err)
	}
	trap := "http://" + listener.Addr().String()
	poison := []string{
		"HUAWEICLOUD_SDK_AK=half", "HUAWEICLOUD_SDK_SK=", "HW_ACCESS_KEY=half", "HW_USER_NAME=half",
		"HUAWEICLOUD_SDK_CREDENTIALS_FILE=" + profile, "BUILDSYNC_TOKEN=bad\ntoken",
		"BUILDSYNC_ENDPOINT=" + trap, "HTTPS_PROXY=" + trap, "HTTP_PROXY=" + trap, "HW_AUTH_URL=" + trap,
	}
	for _, line := range offlineLines() {
		clean, poisoned := b.run(strings.Fields(line)...), b.runWith(poison, strings.Fields(line)...)
		// The note on the missing record names the endpoint.
		clean.stderr, poisoned.stderr = strings.ReplaceAll(clean.stderr, b.URL, "URL"), strings.ReplaceAll(poisoned.stderr, trap, "URL")
		if clean.code != poisoned.code || clean.stdout != poisoned.stdout || clean.stderr != poisoned.stderr {
			t.Errorf("poisoned it ends otherwise.\nclean: %v\npoisoned: %v", clean, poisoned)
		}
	}
	listener.Close()
	if n := reached.Load(); n > 0 {
		t.Errorf("%d connections were made", n)
	}
	if n := len(b.Calls()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
	// Proof that the poison works: a command that reads the credentials fails.
	if got := b.runWith(poison[:2], "plan"); got.code == 0 {
		t.Errorf("a plan that reads half a key: %v", got)
	}
}

// TestOfflineInAnEmptyNetwork runs the same commands without any network interface, not even
// loopback.
func TestOfflineInAnEmptyNetwork(t *testing.T) {
	t.Parallel()
	b := offlineBench(t)
	for _, line := range offlineLines() {
		want := b.run(strings.Fields(line)...)
		run := b.begin(strings.Fields(line)...)
		run.cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
		}
		if err := run.cmd.Start(); err != nil {
			run.cancel()
			t.Logf("not run: this machine gives no network namespace: %v", err)
			return
		}
		close(run.ready)
		code := exitCode(t, run.cmd.Wait())
		run.cancel()
		if got := run.out.String(); code != want.code || got != want.stdout || run.errOut.text.String() != want.stderr {
			t.Errorf("%s: code %d, stdout %q, stderr %q; with a network %v", line, code, got, run.errOut.text.String(), want)
		}
	}
}
