package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
)

// TestLockTimeout: an apply of a project that another one is writing to ends at
// once and writes nothing, or waits for as long as it was told.
func TestLockTimeout(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	dir := filepath.Join(home, "w")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(examples, "first-job"))); err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + home}
	release, err := apply.Lock(filepath.Join(home, ".cache", "buildsync", "locks"), []string{"a287e712be6c404ca26e5f69040fa12b"})
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"apply", "--yes", "-C", dir, "--endpoint", "emulator"}
	if got := runWith(t, "", env, args...); got.code != exitFailed || !strings.Contains(got.stderr, "--lock-timeout") {
		t.Errorf("while it is locked: %+v", got)
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
