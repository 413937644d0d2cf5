package lint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// Store keeps the results of runs by key.
type Store interface {
	// Load returns what was saved under key; ok is false if there is nothing,
	// or nothing that can be read.
	Load(key string) (entry []byte, ok bool)
	// Save keeps an entry under key.
	Save(key string, entry []byte) error
}

// CheckCached is Check with a store of results. version is that of buildsync. A stored result is
// used only if every file and list of files that it depends on is the same, byte for byte; so an
// unchanged workspace costs one read of its files. err explains why the result was not stored; the
// findings are right in any case.
func CheckCached(tree spec.Tree, environment string, opts Options, store Store, version string) (found spec.Diagnostics, err error) {
	if opts.Catalogue != nil { // it is not part of the key
		return Check(tree, environment, opts), nil
	}
	key := cacheKey(version, environment, opts)
	if text, ok := store.Load(key); ok {
		var entry cacheEntry
		if json.Unmarshal(text, &entry) == nil && (entry.LastDay == "" || opts.Today <= entry.LastDay) && entry.stillHolds(tree) {
			return opts.wanted(entry.Findings, environment), nil
		}
	}
	recorded := &trackedTree{Tree: tree, entry: cacheEntry{Files: map[string]digest{}}}
	checked := check(recorded, environment, opts)
	if !checked.readable {
		return checked.all, nil // quick to find again, and of no use to other runs
	}
	if checked.stopped {
		return opts.wanted(checked.all, environment), nil
	}
	recorded.entry.Findings, recorded.entry.LastDay = checked.all, checked.lastDay
	text, err := json.Marshal(recorded.entry)
	if err == nil {
		err = store.Save(key, text)
	}
	if err != nil {
		err = fmt.Errorf("storing the result of the lint run: %w", err)
	}
	return opts.wanted(slices.Clone(checked.all), environment), err
}

// cacheKey combines what a result depends on besides files.
func cacheKey(version, environment string, opts Options) string {
	parts := []string{version, environment}
	for _, name := range slices.Sorted(maps.Keys(opts.Vars)) {
		parts = append(parts, name, opts.Vars[name])
	}
	if !opts.Now.IsZero() {
		parts = append(parts, "with next runs")
	}
	if opts.ShellCheckMode != "" {
		parts = append(parts, "shellcheck is", string(opts.ShellCheckMode))
	}
	if opts.ShellCheck != nil {
		parts = append(parts, "shellcheck", opts.ShellCheck.Identity())
	}
	if opts.Bash != nil {
		parts = append(parts, "bash", opts.Bash.Identity())
	}
	text, err := json.Marshal(parts)
	if err != nil {
		panic("bug in buildsync: texts do not encode: " + err.Error())
	}
	key := sha256.Sum256(text)
	return hex.EncodeToString(key[:])
}

// digest is the checksum of a file or list, or of the error that prevented reading it: the findings
// contain that error.
type digest [sha256.Size]byte

// MarshalText implements encoding.TextMarshaler.
func (d digest) MarshalText() ([]byte, error) {
	return hex.AppendEncode(make([]byte, 0, hex.EncodedLen(len(d))), d[:]), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *digest) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(d)) {
		return fmt.Errorf("a sum has %d digits, not %d", hex.EncodedLen(len(d)), len(text))
	}
	_, err := hex.Decode(d[:], text)
	return err
}

// cacheEntry is a result with what it depends on.
type cacheEntry struct {
	Files    map[string]digest // of the files that were read
	Globs    []cachedGlob
	LastDay  string // of a policy exception; "" for none
	Findings spec.Diagnostics
}

type cachedGlob struct {
	Patterns []string
	Sum      digest
}

func (e *cacheEntry) stillHolds(tree spec.Tree) bool {
	for _, glob := range e.Globs {
		if globSum(tree.Glob(glob.Patterns)) != glob.Sum {
			return false
		}
	}
	read := reader(tree)
	// A folder stays open while its files follow each other, so the order of names saves most calls.
	for _, name := range slices.Sorted(maps.Keys(e.Files)) {
		if fileSum(read(name)) != e.Files[name] {
			return false
		}
	}
	return len(e.Files) > 0
}

// reader returns a function that reads a file of tree. The text holds until the next call: where
// tree can do that, all files use the same memory.
func reader(tree spec.Tree) func(name string) ([]byte, error) {
	into, ok := tree.(interface {
		ReadInto(buffer []byte, name string, limit int64) ([]byte, error)
	})
	if !ok {
		return func(name string) ([]byte, error) { return tree.ReadFile(name, spec.MaxFileBytes) }
	}
	var buffer []byte
	return func(name string) ([]byte, error) {
		text, err := into.ReadInto(buffer, name, spec.MaxFileBytes)
		buffer = text
		return text, err
	}
}

func fileSum(text []byte, err error) digest {
	if err != nil {
		return unreadSum(err)
	}
	return sha256.Sum256(text)
}

func globSum(names []string, err error) digest {
	if err != nil {
		return unreadSum(err)
	}
	return sha256.Sum256([]byte(strings.Join(names, "\x00")))
}

// unreadSum returns the digest for an error. No text or list has the same, since neither can begin like
// that.
func unreadSum(err error) digest {
	return sha256.Sum256([]byte("\xff\x00unread\x00" + err.Error()))
}

// trackedTree is a tree that notes what is taken from it.
type trackedTree struct {
	spec.Tree
	entry cacheEntry
}

// ReadFile implements spec.Tree.
func (r *trackedTree) ReadFile(name string, limit int64) ([]byte, error) {
	text, err := r.Tree.ReadFile(name, limit)
	r.entry.Files[name] = fileSum(text, err)
	return text, err
}

// Glob implements spec.Tree.
func (r *trackedTree) Glob(patterns []string) ([]string, error) {
	names, err := r.Tree.Glob(patterns)
	r.entry.Globs = append(r.entry.Globs, cachedGlob{patterns, globSum(names, err)})
	return names, err
}

// DirStore keeps results as files in a folder, which it creates with a .gitignore. Other users
// cannot read them.
type DirStore struct{ Dir string }

// maxEntry is the largest entry that is read.
const maxEntry = 64 << 20

// Load implements Store.
func (s DirStore) Load(key string) ([]byte, bool) {
	path := filepath.Join(s.Dir, key+".json")
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxEntry {
		return nil, false
	}
	text, err := os.ReadFile(path)
	return text, err == nil
}

// Save implements Store. A reader sees the old entry or the new one, never a mixture.
func (s DirStore) Save(key string, entry []byte) error {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	if err := s.write(".gitignore", []byte("*\n")); err != nil {
		return err
	}
	return s.write(key+".json", entry)
}

func (s DirStore) write(name string, text []byte) error {
	file, err := os.CreateTemp(s.Dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // nothing is there once it has been renamed
	if _, err := file.Write(text); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), filepath.Join(s.Dir, name))
}
