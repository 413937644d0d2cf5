package workspace_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/workspace"
)

func TestLockFolder(t *testing.T) {
	t.Parallel()
	const service = "https://cloudbuild.example.com"
	folder := func(cache, endpoint, file string) string {
		name, err := workspace.LockFolder(cache, endpoint, file)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	common := folder("cache", service, "")
	if want := filepath.Join("cache", "buildsync", "locks"); filepath.Dir(common) != want {
		t.Errorf("the folder is %s, not in %s", common, want)
	}
	for _, spelling := range []string{service + "/", "https://CLOUDBUILD.example.com.:443"} {
		if again := folder("cache", spelling, ""); again != common {
			t.Errorf("%s has the folder %s, not %s", spelling, again, common)
		}
	}
	seen := map[string]string{}
	for _, place := range [][2]string{
		{service}, {"https://cloudbuild2.example.com"}, {service + ":8443"},
		{"http://127.0.0.1:8001"}, {"http://127.0.0.1:8002"}, {"http://[::1]:8001"},
		{"emulator"}, {"emulator", "one.db"}, {"emulator", "two.db"},
	} {
		name := folder("cache", place[0], place[1])
		if filepath.Dir(name) != filepath.Dir(common) || strings.ContainsAny(filepath.Base(name), `:*?"<>|`) {
			t.Errorf("%v has the folder %s", place, name)
		}
		if other := seen[name]; other != "" {
			t.Errorf("%v and %s share the folder %s", place, other, name)
		}
		seen[name] = place[0] + place[1]
	}
	if one, again := folder("cache", "emulator", "one.db"), folder("cache", "emulator", filepath.Join("x", "..", "one.db")); again != one {
		t.Errorf("another spelling of one file: %s, not %s", again, one)
	}
	if name := folder("", service, ""); !filepath.IsAbs(name) {
		t.Errorf("without a cache: %s", name)
	}
}
