package apply

import (
	"errors"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"os"
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
	if text := (&LockedError{Owner: "process 1"}).Error(); !strings.Contains(text, "the account's build templates") {
		t.Errorf("where there is no project, the message is %q", text)
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
