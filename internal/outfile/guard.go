package outfile

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// InputError refuses a place for a result because a workspace reads the file.
type InputError struct {
	Name string
	Why  string // what the workspace reads it as
}

func (e *InputError) Error() string {
	return fmt.Sprintf("%s is %s; a result never goes into a file that buildsync reads: name another file", e.Name, e.Why)
}

// CheckUnread refuses to write a result to a file that a workspace reads: it would replace a
// definition, or be read as one in the next run. It checks every workspace around the file.
func CheckUnread(name string) error {
	full, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	// An unresolvable folder cannot be written to either.
	if folder, err := filepath.EvalSymlinks(filepath.Dir(full)); err == nil {
		full = filepath.Join(folder, filepath.Base(full))
	}
	for below := filepath.Dir(full); ; {
		dir, err := spec.FindWorkspace(below)
		if err != nil {
			return nil // there is none above
		}
		if why := readBy(dir, full); why != "" {
			return &InputError{name, why}
		}
		if below = filepath.Dir(dir); below == dir {
			return nil
		}
	}
}

// readBy says as what the workspace in dir reads the file full, "" if it
// reads no such file, nor what full is another name of.
func readBy(dir, full string) string {
	name, err := filepath.Rel(dir, full)
	if err != nil {
		return ""
	}
	tree, err := spec.OpenDir(dir)
	if err != nil {
		return ""
	}
	defer func() { _ = tree.Close() }() // nothing was written
	if why := spec.ReadAs(tree, filepath.ToSlash(name)); why != "" {
		return why
	}
	target, err := os.Stat(full)
	if err != nil {
		return ""
	}
	names, workspace := spec.ReadNames(tree)
	if slices.ContainsFunc(names, func(name string) bool { return isFile(filepath.Join(dir, name), target) }) {
		return "another name of a file that the workspace reads"
	}
	if workspace == nil {
		return ""
	}
	if from := spec.IncludedBy(tree, names, filepath.ToSlash(name)); from != "" {
		return "a file that " + from + " includes"
	}
	return ""
}

// isFile reports whether a path leads to a file.
func isFile(path string, file fs.FileInfo) bool {
	info, err := os.Stat(path)
	return err == nil && os.SameFile(info, file)
}
