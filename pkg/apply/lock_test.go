package apply

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func TestLockExcludes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "locks")
	release, err := Lock(dir, []string{"two", "one", "two"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Lock(dir, []string{"zero", "two"})
	var locked *LockedError
	if !errors.As(err, &locked) || locked.ProjectID != "two" {
		t.Fatalf("a second lock: %v, want that project two is locked", err)
	}
	if owner := "process " + strconv.Itoa(os.Getpid()); !strings.Contains(err.Error(), owner) && runtime.GOOS != "windows" {
		t.Errorf("the message %q does not name the owner, %s", err, owner)
	}
	if text := (&LockedError{Owner: "process 1"}).Error(); !strings.Contains(text, "to build templates at this endpoint") {
		t.Errorf("where there is no project, the message is %q", text)
	}
	if text := (&LockedError{Path: "p.lock"}).Error(); !strings.Contains(text, "(lock file p.lock)") {
		t.Errorf("before the owner has written its note, the message is %q", text)
	}
	other, err := Lock(dir, []string{"zero"})
	if err != nil {
		t.Fatalf("the lock that was taken before the failure was not released: %v", err)
	}
	other()
	release()
	again, err := Lock(dir, []string{"one", "two"})
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	again()
}

func TestLockNameStaysInTheFolder(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"../../x", "/etc/x", `a\b`, "", "a\x00b", "名"} {
		if name := lockName(id); filepath.Base(name) != name || strings.ContainsAny(name, "/\\\x00") {
			t.Errorf("project %q has the lock file %q", id, name)
		}
	}
}

// TestLockThatCannotBeTaken checks that a failed lock has its own error and leaves no lock behind.
func TestLockThatCannotBeTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "apply-b.lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	var locked *LockedError
	if _, err := Lock(file, []string{"a"}); err == nil || errors.As(err, &locked) {
		t.Errorf("a file in place of the folder: %v", err)
	}
	if _, err := Lock(dir, []string{"a", "b"}); err == nil || errors.As(err, &locked) || !strings.Contains(err.Error(), "project b") {
		t.Errorf("a folder in place of the lock: %v", err)
	}
	release, err := Lock(dir, []string{"a"})
	if err != nil {
		t.Fatalf("the lock of the other project was kept: %v", err)
	}
	defer release()
	if _, err := Lock(dir, []string{"a"}); !errors.As(err, &locked) || !strings.Contains(err.Error(), "project a") {
		t.Errorf("a lock that is held: %v", err)
	}
}
