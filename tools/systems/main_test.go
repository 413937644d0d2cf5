package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheck checks that a fault is found that only another system has, in a test as well.
func TestCheck(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":           "module example.com/m\n\ngo 1.26\n",
		"a.go":             "package m\n\nimport \"os\"\n\nvar pid = os.Getpid\n",
		"b_windows.go":     "package m\n\nvar wrong int = \"text\"\n",
		"c_darwin_test.go": "package m\n\nimport \"syscall\"\n\nvar gone = syscall.NoSuchCall\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for system, want := range map[string]string{"windows/amd64": "b_windows.go:3", "darwin/arm64": "c_darwin_test.go:5", "linux/amd64": ""} {
		faults, err := check(folder, system)
		if found := strings.Join(faults, "\n"); err != nil || want == "" && found != "" || !strings.Contains(found, want) {
			t.Errorf("%s: %q %v", system, found, err)
		}
	}
	if faults, err := check(filepath.Join(folder, "gone"), "linux/amd64"); err == nil {
		t.Errorf("a folder that is not there: %q", faults)
	}
}
