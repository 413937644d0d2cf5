package spec

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// DirTree is a workspace in a folder. It follows links that stay inside the folder. The operating
// system refuses all others at the moment of opening, so there is no gap between check and use.
type DirTree struct {
	root *os.Root
	dir  string

	mutex sync.Mutex
	last  *os.Root // the folder that a file was last read from; may be nil
	at    string   // its name
}

// OpenDir opens a folder as a Tree. The caller must Close it.
func OpenDir(dir string) (*DirTree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening workspace folder %s: %w", sanitize.Line(dir, 0), err)
	}
	return &DirTree{root: root, dir: dir}, nil
}

// Close releases the folder.
func (t *DirTree) Close() error {
	t.leave()
	return t.root.Close()
}

// leave closes the folder that a file was last read from.
func (t *DirTree) leave() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.last != nil {
		_ = t.last.Close() // nothing was written
		t.last = nil
	}
}

// enter returns the folder of a file and the file's name in it. Files are read folder by folder, and
// a root walks to each file from the top, so the last folder is kept. The root decides
// where that gives an error: for a link that leaves the folder, or a folder that was replaced.
func (t *DirTree) enter(name string) (folder *os.Root, base string) {
	at, base := path.Split(name)
	if at == "" {
		return nil, ""
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.last != nil && t.at == at {
		return t.last, base
	}
	folder, err := t.root.OpenRoot(at)
	if err != nil {
		return nil, ""
	}
	if t.last != nil {
		_ = t.last.Close() // who still reads from it asks the root
	}
	t.last, t.at = folder, at
	return folder, base
}

// Describe names the folder.
func (t *DirTree) Describe() string { return "folder " + sanitize.Line(t.dir, 0) }

// ReadFile returns the bytes of a regular file of at most limit bytes. It refuses other kinds
// before opening, because opening a device can have effects, and checks the descriptor again,
// because the name may have been replaced. The open does not block, so a FIFO put there in between
// does no harm.
func (t *DirTree) ReadFile(name string, limit int64) ([]byte, error) {
	return t.ReadInto(nil, name, limit)
}

// ReadInto is ReadFile into the memory of buffer, whose bytes it replaces. The text is in new memory
// if it does not fit. A caller that reads thousands of files one by one, each for its sum alone, so
// needs memory for one of them.
func (t *DirTree) ReadInto(buffer []byte, name string, limit int64) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	if folder, base := t.enter(name); folder != nil {
		if text, err := readRegular(buffer, folder, base, name, limit); err == nil {
			return text, nil
		}
	}
	text, err := readRegular(buffer, t.root, name, name, limit)
	if refused := new(fs.PathError); errors.As(err, &refused) {
		return nil, t.refused(name, err)
	}
	return text, err
}

// readRegular reads a file of a folder, which errors call name, into buffer or new memory.
func readRegular(buffer []byte, folder *os.Root, base, name string, limit int64) ([]byte, error) {
	info, err := folder.Stat(base)
	if err != nil {
		return nil, err
	}
	if err := checkRegular(name, info, limit); err != nil {
		return nil, err
	}
	file, err := folder.OpenFile(base, os.O_RDONLY|nonBlocking, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, err
	}
	if err := checkRegular(name, info, limit); err != nil {
		return nil, err
	}
	if int64(cap(buffer)) <= info.Size() {
		buffer = make([]byte, 0, info.Size()+1)
	}
	return readAtMost(file, name, buffer[:0], limit)
}

// readAtMost reads all of r into buffer. The file may have grown since its size was read.
func readAtMost(r io.Reader, name string, buffer []byte, limit int64) ([]byte, error) {
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
		n, err := r.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		switch {
		case int64(len(buffer)) > limit:
			return nil, &TooLargeError{Name: name, Limit: limit}
		case err == io.EOF:
			return buffer, nil
		case err != nil:
			return nil, fmt.Errorf("reading %s: %w", quoted(name), sanitize.WithoutPath(err))
		}
	}
}

// TooLargeError reports a file larger than the limit for reading.
type TooLargeError struct {
	Name  string
	Limit int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("reading %s: the file is too large, at most %d bytes are read", quoted(e.Name), e.Limit)
}

func checkRegular(name string, info fs.FileInfo, limit int64) error {
	switch {
	case info.IsDir():
		return fmt.Errorf("reading %s: it is a folder, not a file", quoted(name))
	case !info.Mode().IsRegular():
		return fmt.Errorf("reading %s: it is a %s; only regular files are read", quoted(name), modeName(info.Mode()))
	case hardLinks(info) > 1:
		return fmt.Errorf("reading %s: the file has %d hard links, so it may belong to something outside the workspace; copy it", quoted(name), hardLinks(info))
	case info.Size() > limit:
		return &TooLargeError{Name: name, Limit: limit}
	}
	return nil
}

func modeName(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}

// refused describes an error of the root without the path that the root was opened with.
func (t *DirTree) refused(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return noSuchFile(name, t)
	}
	if err = sanitize.WithoutPath(err); strings.Contains(err.Error(), "path escapes") { // the library exports no error for it
		return fmt.Errorf("reading %s: it is a link to a place outside the workspace; copy the file into the workspace", quoted(name))
	}
	return fmt.Errorf("reading %s: %w", quoted(name), err)
}

// missingFileError reports a missing file. The library's text would repeat the name.
type missingFileError struct{ text string }

func (e *missingFileError) Error() string { return e.text }

// Is makes the error match fs.ErrNotExist.
func (e *missingFileError) Is(target error) bool { return target == fs.ErrNotExist }

func noSuchFile(name string, tree Tree) error {
	return &missingFileError{fmt.Sprintf("reading %s: there is no such file in %s", quoted(name), tree.Describe())}
}

// Glob returns the sorted names that match a pattern and are not folders. It does not walk through
// links to folders, so a loop of links ends, and never searches ".git".
func (t *DirTree) Glob(patterns []string) ([]string, error) {
	searches := make([]*search, 0, len(patterns))
	for _, pattern := range patterns {
		if err := CheckPattern(pattern); err != nil {
			return nil, err
		}
		searches = append(searches, newSearch(pattern))
	}
	slices.SortStableFunc(searches, func(a, b *search) int { return cmp.Compare(len(a.base), len(b.base)) }) // folders before what is in them
	var names []string
	for i, s := range searches {
		if s.done {
			continue // in the walk of another
		}
		found, err := t.walk(s.base, searches[i:])
		if err != nil {
			return nil, fmt.Errorf("searching %s for %s: %w", t.Describe(), quoted(s.written), sanitize.WithoutPath(err))
		}
		names = append(names, found...)
	}
	return sortedNames(names), nil
}

// search is the search for one pattern.
type search struct {
	written, pattern string
	base             string // the folder in which it begins
	deepest          int    // how far below it a file can be
	done             bool
}

func newSearch(written string) *search {
	s := &search{written: written, pattern: path.Clean(written), deepest: 1 << 20} // a brace may hold a slash
	base, rest := doublestar.SplitPattern(s.pattern)
	s.base = base
	if !strings.Contains(rest, "**") && !strings.Contains(rest, "{") {
		s.deepest = strings.Count(rest, "/")
	}
	return s
}

// reaches reports whether the search looks into a folder that a walk has come to. A search that
// begins deeper begins once the walk is there.
func (s *search) reaches(folder string) bool {
	if s.base == folder {
		s.done = true
	}
	return isWithin(s.base, folder) || s.done && isWithin(folder, s.base) && depthBelow(s.base, folder) <= s.deepest
}

// isWithin reports whether a folder is the other, or is in it.
func isWithin(folder, outer string) bool {
	return outer == "." || folder == outer || strings.HasPrefix(folder, outer) && folder[len(outer)] == '/'
}

// walk walks the folders that the searches can reach from base, all in one walk. One that begins in
// a folder which the walk does not come to, such as a link, is left for a walk of its own.
// doublestar.Glob is not used for it: it misses a.yml for *.y{a,}ml.
func (t *DirTree) walk(base string, searches []*search) (names []string, err error) {
	fsys := folderFS{t.root.FS(), t.dir}
	err = fs.WalkDir(fsys, base, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // the base, or gone meanwhile
		case err != nil:
			return fmt.Errorf("%s: %w", quoted(name), sanitize.WithoutPath(err))
		case entry.IsDir():
			reached := false
			for _, s := range searches {
				reached = s.reaches(name) || reached
			}
			if name != base && (strings.EqualFold(entry.Name(), ".git") || !reached) {
				return fs.SkipDir
			}
		case matchesAny(searches, name) && isMeant(fsys, name, entry):
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

func matchesAny(searches []*search, name string) bool {
	return slices.ContainsFunc(searches, func(s *search) bool { return s.done && doublestar.MatchUnvalidated(s.pattern, name) })
}

// folderFS is the file system of a root that lists folders faster. The root asks for the state of
// each entry, since a link may replace it; the kind of an entry is all that a walk needs.
type folderFS struct {
	fs.FS
	dir string
}

// Stat asks the root; without it, a walk would open what may be a device.
func (f folderFS) Stat(name string) (fs.FileInfo, error) { return fs.Stat(f.FS, name) }

// ReadDir lists a folder if it is the one that the root finds, and leaves all else to the root.
func (f folderFS) ReadDir(name string) ([]fs.DirEntry, error) {
	inside, err := f.Stat(name)
	if err == nil && inside.IsDir() {
		if file, err := os.Open(filepath.Join(f.dir, filepath.FromSlash(name))); err == nil {
			defer file.Close()
			if opened, err := file.Stat(); err == nil && os.SameFile(inside, opened) {
				entries, err := file.ReadDir(-1)
				slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
				return entries, err
			}
		}
	}
	return fs.ReadDir(f.FS, name)
}

// depthBelow returns how many folders name lies below base.
func depthBelow(base, name string) int {
	if base == "." {
		return strings.Count(name, "/") + 1
	}
	return strings.Count(name[len(base):], "/")
}

// isMeant reports whether an entry with a matching name should be read: all but folders and links
// to them. A pipe and a link to nowhere or outside count, so that reading them gives an error. If
// they were skipped, their jobs would look removed.
func isMeant(fsys fs.FS, name string, entry fs.DirEntry) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return true
	}
	if strings.HasPrefix(entry.Name(), ".#") {
		return false // Emacs marks a file that is being edited by a link of this name
	}
	info, err := fs.Stat(fsys, name)
	return err != nil || !info.IsDir()
}

// Match reports whether one of the patterns of files matches a name as Glob gives them.
func Match(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return doublestar.MatchUnvalidated(path.Clean(p), name) })
}

// CheckPattern returns why a pattern cannot match files of a workspace. Every Tree calls it.
func CheckPattern(pattern string) error {
	if !doublestar.ValidatePattern(pattern) {
		return fmt.Errorf("the pattern %s is malformed; write [[] for a bracket and [{] for a brace in a name", quoted(pattern))
	}
	if err := CheckName(pattern); err != nil {
		return fmt.Errorf("the pattern %w", err) // which starts with it
	}
	return nil
}

// sortedNames sorts names and drops duplicates and names that must not be read.
func sortedNames(names []string) []string {
	names = slices.DeleteFunc(names, func(name string) bool { return CheckName(name) != nil })
	slices.Sort(names)
	return slices.Compact(names)
}

// CheckName returns why a name cannot be a file of a workspace. Every Tree calls it.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("the file name is empty")
	case strings.ContainsRune(name, 0):
		return errors.New("the file name contains a NUL character")
	case strings.ContainsRune(name, '\\'):
		return fmt.Errorf("%s holds a backslash; write names with /", quoted(name))
	case path.IsAbs(name) || len(name) > 1 && name[1] == ':':
		return fmt.Errorf("%s is an absolute path; write it relative to the workspace", quoted(name))
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			if inside := path.Clean(name); inside != ".." && !strings.HasPrefix(inside, "../") {
				return fmt.Errorf("%s goes up with ..; write %s", quoted(name), quoted(inside))
			}
			return fmt.Errorf("%s leaves the workspace", quoted(name))
		}
		if strings.EqualFold(strings.TrimRight(part, ". "), ".git") {
			return fmt.Errorf("%s is within Git's own folder, which may hold credentials", quoted(name))
		}
	}
	return nil
}
