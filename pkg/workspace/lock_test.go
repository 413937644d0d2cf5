package workspace_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/workspace"
)

func TestLockFolder(t *testing.T) {
	t.Parallel()
	folder := func(cache, file string) string {
		name, err := workspace.LockFolder(cache, file)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	common := folder("cache", "")
	if common != filepath.Join("cache", "buildsync", "locks") {
		t.Errorf("the common folder is %s", common)
	}
	one, other := folder("cache", "one.db"), folder("cache", "two.db")
	if one == other || one == common || !strings.HasPrefix(one, common) {
		t.Errorf("two files of projects: %s, %s", one, other)
	}
	if again := folder("cache", filepath.Join("x", "..", "one.db")); again != one {
		t.Errorf("another spelling of one file: %s, not %s", again, one)
	}
	if name := folder("", ""); !filepath.IsAbs(name) {
		t.Errorf("without a cache: %s", name)
	}
}
