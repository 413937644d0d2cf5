//go:build unix

package outfile_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/buildsync/buildsync/internal/outfile"
)

func TestWriteFileRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	link, fifo, folder := filepath.Join(dir, "link"), filepath.Join(dir, "fifo"), filepath.Join(dir, "folder")
	socket := filepath.Join(dir, "s") // not /dev/null: a bug here, run as root, would destroy it
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	for _, err := range []error{
		os.WriteFile(target, []byte("old"), 0o600), os.Symlink(target, link), syscall.Mkfifo(fifo, 0o600), os.Mkdir(folder, 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{link, fifo, folder, socket, filepath.Join(dir, "missing", "plan.json")} {
		err := outfile.Write(name, []byte("new"))
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("writing to %s: %v; want an error that names it", name, err)
		}
	}
	if got, err := os.ReadFile(target); err != nil || string(got) != "old" {
		t.Errorf("the link's target is now %q, %v", got, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 5 {
		t.Errorf("temporary files are left: %v", entries)
	}
}
