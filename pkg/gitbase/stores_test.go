package gitbase

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

// TestStoresReadNamesAlike checks that all stores of a workspace, and a store over another, read a
// name and a pattern alike, in any spelling.
func TestStoresReadNamesAlike(t *testing.T) {
	t.Parallel()
	files := map[string]string{"jobs/a.yaml": "a", "jobs/b.yaml": "b", "mods.yaml": "m", "w[7]/c.yaml": "c"}
	r := newRepository(t)
	for name, text := range files {
		r.write(name, text)
	}
	commit := openTree(t, open(t, r.dir), r.commit("files"))
	folder, err := spec.OpenDir(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })

	stale := spec.MapTree{"jobs/a.yaml": "an older text", "jobs/b.yaml": "b", "jobs/gone.yaml": "no longer there", "w[7]/c.yaml": "older"}
	edits := map[string][]byte{"jobs/a.yaml": []byte("a"), "mods.yaml": []byte("m"), "w[7]/c.yaml": []byte("c")}
	without := spec.Overlay(stale, spec.MapTree{}, func(name string) bool { return name == "jobs/gone.yaml" })
	for name, tree := range map[string]spec.Tree{
		"folder": folder, "memory": spec.MapTree(files), "commit": commit, "edited": spec.Edited(without, edits),
		"overlay": spec.Overlay(stale, folder, func(name string) bool { return name != "jobs/b.yaml" }),
	} {
		for spelling, want := range map[string]string{
			"mods.yaml": "m", "./mods.yaml": "m", "jobs//a.yaml": "a", "./jobs/./b.yaml": "b", "w[7]/c.yaml": "c",
		} {
			if got, err := tree.ReadFile(spelling, 100); err != nil || string(got) != want {
				t.Errorf("%s: %s holds %q, %v; want %q", name, spelling, got, err, want)
			}
		}
		for _, pattern := range []string{"jobs/*.yaml", "./jobs/*.yaml", "jobs//*.yaml", "./jobs/./*.yaml"} {
			got, err := tree.Glob([]string{pattern})
			if want := []string{"jobs/a.yaml", "jobs/b.yaml"}; err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %s matches %v, %v; want %v", name, pattern, got, err, want)
			}
		}
		var large *spec.TooLargeError
		if _, err := tree.ReadFile("./mods.yaml", 0); !errors.As(err, &large) {
			t.Errorf("%s: a file above the limit is answered with %v", name, err)
		}
		if _, err := tree.ReadFile("jobs/./gone.yaml", 100); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a missing file is answered with %v", name, err)
		}
		if got, err := tree.Glob([]string{"w[[]7]/**", "./jobs//*.yaml"}); err != nil || !slices.Equal(got, []string{"jobs/a.yaml", "jobs/b.yaml", "w[7]/c.yaml"}) {
			t.Errorf("%s: two patterns match %v, %v", name, got, err)
		}
		if _, err := tree.ReadFile("jobs/../mods.yaml", 100); err == nil || !strings.Contains(err.Error(), "goes up with ..; write ") {
			t.Errorf("%s: a name that climbs is answered with %v", name, err)
		}
		if _, err := tree.Glob([]string{"other/../jobs/*.yaml"}); err == nil || !strings.Contains(err.Error(), "goes up with ..; write ") {
			t.Errorf("%s: a pattern that climbs is answered with %v", name, err)
		}
	}
}
