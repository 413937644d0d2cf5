package lint_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// cachedTree has a finding of every severity, so that a cached result differs from an empty one.
func cachedTree() spec.MapTree {
	return tree(job("a", "    flavor: training\n    hots_type: x\n    notifications: {MAIL: [buildJobSuccess]}\n"), "")
}

// TestBrokenCache checks that a damaged entry counts as missing and is written again.
func TestBrokenCache(t *testing.T) {
	t.Parallel()
	files := cachedTree()
	want := lint.Check(files, "", lint.Options{})
	if len(want) != 3 {
		t.Fatal(short(want))
	}
	damage := map[string]func(entry string) error{
		"cut off": func(entry string) error {
			return rewrite(entry, func(text string) string { return text[:len(text)/2] })
		},
		"empty":    func(entry string) error { return os.WriteFile(entry, nil, 0o600) },
		"not JSON": func(entry string) error { return os.WriteFile(entry, []byte("\x00\xff{"), 0o600) },
		"other JSON": func(entry string) error {
			return os.WriteFile(entry, []byte(`{"Files": [1], "Findings": {"a": 1}}`), 0o600)
		},
		"no files": func(entry string) error { return os.WriteFile(entry, []byte(`{"Files": {}, "Findings": []}`), 0o600) },
		"null":     func(entry string) error { return os.WriteFile(entry, []byte("null"), 0o600) },
		"another sum": func(entry string) error {
			return rewrite(entry, func(text string) string { return strings.Replace(text, `":"`, `":"00`, 1) })
		},
		"a folder": func(entry string) error {
			if err := os.Remove(entry); err != nil {
				return err
			}
			return os.Mkdir(entry, 0o700)
		},
		"a link": func(entry string) error {
			if err := os.Rename(entry, entry+".moved"); err != nil {
				return err
			}
			return os.Symlink(entry+".moved", entry)
		},
	}
	for name, spoil := range damage {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := lint.DirStore{Dir: filepath.Join(t.TempDir(), "cache")}
			run := func() {
				t.Helper()
				found, _ := lint.CheckCached(files, "", lint.Options{}, store, "1")
				if diff := cmp.Diff(want, found); diff != "" {
					t.Errorf("findings (-want +got):\n%s", diff)
				}
			}
			run()
			entries, err := filepath.Glob(filepath.Join(store.Dir, "*.json"))
			if err != nil || len(entries) != 1 {
				t.Fatal(entries, err)
			}
			if err := spoil(entries[0]); err != nil {
				t.Fatal(err)
			}
			run()
			run()
		})
	}
}

func rewrite(name string, change func(string) string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(change(string(text))), 0o600)
}

// TestCacheOfConcurrentRuns checks that runs at the same time, as editors and hooks start them,
// find the same and leave a valid entry.
func TestCacheOfConcurrentRuns(t *testing.T) {
	t.Parallel()
	store := lint.DirStore{Dir: filepath.Join(t.TempDir(), "cache")}
	want := lint.Check(cachedTree(), "", lint.Options{})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5 {
				found, err := lint.CheckCached(cachedTree(), "", lint.Options{}, store, "1")
				if diff := cmp.Diff(want, found); diff != "" || err != nil {
					t.Errorf("%v (-want +got):\n%s", err, diff)
				}
			}
		})
	}
	group.Wait()
	left, err := os.ReadDir(store.Dir)
	if err != nil || len(left) != 2 { // the entry and .gitignore
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestCacheKeyedByConfiguration checks that everything that a result depends on is part of the
// cache's key or entry.
func TestCacheKeyedByConfiguration(t *testing.T) {
	t.Parallel()
	store := lint.DirStore{Dir: filepath.Join(t.TempDir(), "cache")}
	changes := map[string]func(spec.MapTree){
		"nothing":       func(spec.MapTree) {},
		"configuration": func(files spec.MapTree) { files["buildsync.yaml"] += "lint: {rules: {flavor: off}}\n" },
		"a table":       func(files spec.MapTree) { files["buildsync.yaml"] += "lint: {tables: {flavors: [training]}}\n" },
		"a definition": func(files spec.MapTree) {
			files["defs.yaml"] = strings.Replace(files["defs.yaml"], "training", "2u8g", 1)
		},
		"a new file":  func(files spec.MapTree) { files["more.yaml"] = files["defs.yaml"] },
		"a lost file": func(files spec.MapTree) { delete(files, "defs.yaml") },
	}
	for range 2 { // from the entry that another change has left as well
		for name, change := range changes {
			files := cachedTree()
			change(files)
			found, err := lint.CheckCached(files, "", lint.Options{}, store, "1")
			if diff := cmp.Diff(lint.Check(files, "", lint.Options{}), found); diff != "" || err != nil {
				t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
			}
		}
	}
}

// TestCacheOutlivesForeignFiles checks that files that no definition can be in leave a stored result
// valid: first of all the stored result itself.
func TestCacheOutlivesForeignFiles(t *testing.T) {
	t.Parallel()
	store := &countingStore{memoryStore: memoryStore{entries: map[string][]byte{}}}
	files := cachedTree()
	for _, name := range []string{"", ".buildsync/cache/0123.json", "package.json", "node_modules/a/package.json", "plan.json", "docs/a.md"} {
		if name != "" {
			files[name] = "{}"
		}
		if _, err := lint.CheckCached(files, "", lint.Options{}, store, "1"); err != nil || store.saved != 1 {
			t.Errorf("after %q: %d results are stored: %v", name, store.saved, err)
		}
	}
}

// TestCacheOfFolder checks a stored result against files on disk, which are read into the memory of
// the file before: a change of each one counts, and no change leaves the result valid.
func TestCacheOfFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string) {
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700), os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	files := cachedTree()
	files["buildsync.yaml"] = strings.Replace(files["buildsync.yaml"], "version: 1\n", "version: 1\ndefinitions: [\"**/*.yaml\"]\n", 1)
	files["more/a.yaml"], files["more/z.yaml"] = "# short\n", "#"+strings.Repeat(" long", 200)+"\n"
	for name, text := range files {
		put(name, text)
	}
	folder, err := spec.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	store := &countingStore{memoryStore: memoryStore{entries: map[string][]byte{}}}
	check := func(change string, saved int) {
		found, err := lint.CheckCached(folder, "", lint.Options{}, store, "1")
		if diff := cmp.Diff(lint.Check(folder, "", lint.Options{}), found); diff != "" || err != nil || store.saved != saved {
			t.Errorf("%s: %d results are stored, want %d; %v (-want +got):\n%s", change, store.saved, saved, err, diff)
		}
	}
	check("the first run", 1)
	check("no change", 1)
	saved := 1
	for name, text := range files {
		put(name, text+"#\n")
		saved++
		check("a line more in "+name, saved)
		check("no change after "+name, saved)
	}
}

// countingStore counts the results that are stored.
type countingStore struct {
	memoryStore
	saved int
}

func (s *countingStore) Save(key string, text []byte) error {
	s.saved++
	return s.memoryStore.Save(key, text)
}

// unreadable is a tree in which one file cannot be read.
type unreadable struct {
	spec.MapTree
	name, why string
}

func (u *unreadable) ReadFile(name string, limit int64) ([]byte, error) {
	if name == u.name {
		return nil, errors.New(u.why)
	}
	return u.MapTree.ReadFile(name, limit)
}

// TestCacheOfUnreadableFile holds a stored result to the reason why a file could
// not be read: it may be another one now.
func TestCacheOfUnreadableFile(t *testing.T) {
	t.Parallel()
	files := tree(job("a", ""), "")
	files["jobs/p.yaml"] = "never read"
	files["buildsync.yaml"] = strings.Replace(files["buildsync.yaml"], "version: 1\n", "version: 1\ndefinitions: [\"**/*.yaml\"]\n", 1)
	store := &memoryStore{entries: map[string][]byte{}}
	at := &unreadable{MapTree: files, name: "jobs/p.yaml"}
	for _, why := range []string{"it is a named pipe", "it leads outside", "it is a named pipe"} {
		at.why = why
		found, err := lint.CheckCached(at, "", lint.Options{}, store, "1")
		if err != nil {
			t.Fatal(err)
		}
		if said := fmt.Sprint(found); !strings.Contains(said, why) {
			t.Errorf("found %s, want %q", said, why)
		}
	}
}
