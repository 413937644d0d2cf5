package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// TestLockTimeout checks that an apply ends at once without a write if another one writes to the
// project, or waits for as long as --lock-timeout says.
func TestLockTimeout(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	dir := filepath.Join(home, "w")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(examples, "first-job"))); err != nil {
		t.Fatal(err)
	}
	serve := func() string {
		core, err := emulator.New(emulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(core)
		t.Cleanup(func() {
			server.Close()
			_ = core.Close()
		})
		return server.URL
	}
	url := serve()
	env := []string{
		"HOME=" + home, "BUILDSYNC_RATE=600000/min",
		"HUAWEICLOUD_SDK_AK=" + emulator.DefaultAccessKey, "HUAWEICLOUD_SDK_SK=" + emulator.DefaultSecretKey,
	}
	folder, err := workspace.LockFolder(filepath.Join(home, ".cache"), url+"/", "")
	if err != nil {
		t.Fatal(err)
	}
	release, err := apply.Lock(folder, []string{"a287e712be6c404ca26e5f69040fa12b"})
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"apply", "--yes", "-C", dir, "--endpoint", url}
	if got := runWith(t, "", env, args...); got.code != exitFailed || !strings.Contains(got.stderr, "--lock-timeout") {
		t.Errorf("while it is locked: %+v", got)
	}
	// The projects of each service are its own, whatever their ids are.
	for _, other := range []string{"emulator", serve()} {
		if got := runWith(t, "", env, "apply", "--yes", "-C", dir, "--endpoint", other); got.code != exitDone {
			t.Errorf("the project of %s is locked too: %+v", other, got)
		}
	}
	var out bytes.Buffer
	said := watched{seen: make(chan struct{}), word: []byte("note: ")}
	go func() {
		<-said.seen
		release()
	}()
	args = append([]string{"buildsync"}, append(args, "--lock-timeout", "1m")...)
	if code := run(context.Background(), args, env, strings.NewReader(""), &out, &said); code != exitDone || !strings.Contains(out.String(), "1 applied") {
		t.Errorf("code %d\n%s\n%s", code, out.String(), said.text.String())
	}
}
