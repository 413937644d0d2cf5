//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// standIn answers tools/demo.sh as buildsync does, as far as its exit codes go.
const standIn = `#!/bin/sh
case "$*" in
*init*) mkdir -p builds/jobs && echo 'name: hello, arch: x86-64, world' >builds/jobs/hello.yaml ;;
lint) exit 2 ;;
*force-conflicts*) ;;
*' --quiet') if grep -q 'name: hello.*friends' jobs/hello.yaml; then exit 5; fi ;;
esac
`

// TestDemoIsPaced checks that make demo waits between its five parts on a terminal, so that a person
// can read along.
func TestDemoIsPaced(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	waits := filepath.Join(dir, "waits")
	for name, text := range map[string]string{"buildsync": standIn, "sleep": "#!/bin/sh\necho \"$1\" >>" + waits + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command("sh", filepath.Join(root, "tools", "demo.sh"))
	command.Env = append(os.Environ(), "BUILDSYNC="+filepath.Join(dir, "buildsync"), "PATH="+dir+":"+os.Getenv("PATH"), "DEMO_PACE=")
	person, err := pty.Start(command)
	if err != nil {
		t.Fatal(err)
	}
	defer person.Close()
	shown, _ := io.ReadAll(person) // a terminal that ends is an error on some systems
	if err := command.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	if got, _ := os.ReadFile(waits); string(got) != strings.Repeat("3\n", 5) {
		t.Errorf("the demo waits %q on a terminal, want five times 3 seconds\n%s", got, shown)
	}
}
