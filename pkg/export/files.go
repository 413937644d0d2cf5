package export

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// Layout chooses the files for definitions. It never chooses one file for two objects, also on file
// systems that ignore letter case.
type Layout struct {
	globs []string
	out   string
	taken map[string]string // address by lower-case file name
}

// OutFolder returns the folder out, which may be absolute, relative to the workspace; "" stays "".
// It is an error if it is outside.
func OutFolder(workspace, out string) (string, error) {
	if !filepath.IsAbs(out) {
		if out != "" && !filepath.IsLocal(filepath.FromSlash(out)) {
			return "", fmt.Errorf("%s %s lies outside the workspace %s; name a folder in it", remedy.Out, out, workspace)
		}
		return filepath.ToSlash(out), nil
	}
	workspace, err := realPath(workspace)
	if err != nil {
		return "", fmt.Errorf("finding %s %s: %w", remedy.Out, out, err)
	}
	full, err := realPath(out)
	if err != nil {
		return "", fmt.Errorf("finding %s %s: %w", remedy.Out, out, err)
	}
	relative, err := filepath.Rel(workspace, full)
	if err != nil || !filepath.IsLocal(relative) {
		return "", fmt.Errorf("%s %s lies outside the workspace %s; name a folder in it", remedy.Out, out, workspace)
	}
	return filepath.ToSlash(relative), nil
}

// realPath returns an absolute path with its links resolved, as far as it exists.
func realPath(name string) (string, error) {
	name, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(name); err == nil || filepath.Dir(name) == name {
		return real, err
	}
	parent, err := realPath(filepath.Dir(name))
	return filepath.Join(parent, filepath.Base(name)), err
}

// NewLayout makes a layout for a workspace with these globs. out is the folder for files, "" for
// that of the globs.
func NewLayout(globs []string, out string) *Layout {
	return &Layout{globs: globs, out: path.Clean(strings.TrimPrefix(out+"/", "/")), taken: map[string]string{}}
}

// File returns the file of an object: one per job, in a folder of its project. folder is the
// project's alias, or "templates". It is an error if the workspace would not read the file.
func (l *Layout) File(folder, name, address string) (string, error) {
	base := l.out
	if base == "." {
		base = l.base(folder)
	}
	stem := outfile.Stem(name)
	for n := 1; ; n++ {
		file := path.Join(base, stem+".yaml")
		if path.Base(base) != folder {
			file = path.Join(base, folder, stem+".yaml")
		}
		if n > 1 {
			file = strings.TrimSuffix(file, ".yaml") + fmt.Sprintf("-%d.yaml", n)
		}
		key := strings.ToLower(file)
		if first, taken := l.taken[key]; taken && first != address {
			continue
		}
		l.taken[key] = address
		if !l.isRead(file) {
			return "", fmt.Errorf("%s matches none of the globs under definitions (%s); %s",
				file, strings.Join(l.globs, ", "), remedy.ChooseOut)
		}
		return file, nil
	}
}

// ScriptFolder returns the folder, below scripts/, for the includes of a definition file: the
// file's own path and name.
func (l *Layout) ScriptFolder(file string) string {
	stem := strings.TrimSuffix(file, path.Ext(file))
	for _, glob := range l.globs {
		dir, _ := doublestar.SplitPattern(path.Clean(glob))
		if below, found := strings.CutPrefix(stem, dir+"/"); found {
			return below
		}
	}
	return stem
}

// base returns the folder of the best fitting glob: for templates one that mentions them.
func (l *Layout) base(folder string) string {
	first := ""
	for i, glob := range l.globs {
		dir, _ := doublestar.SplitPattern(path.Clean(glob))
		if i == 0 {
			first = dir
		}
		if path.Base(dir) == folder {
			return dir
		}
	}
	return first
}

func (l *Layout) isRead(file string) bool {
	for _, glob := range l.globs {
		if doublestar.MatchUnvalidated(path.Clean(glob), file) {
			return true
		}
	}
	return false
}
