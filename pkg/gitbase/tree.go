package gitbase

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/buildsync/buildsync/pkg/spec"
)

// maxLinks is the number of links that one name may pass through.
const maxLinks = 40

// Modes of tree entries, see git help ls-tree.
const (
	modeFile       = "100644"
	modeExecutable = "100755"
	modeLink       = "120000"
)

// Tree is a workspace as it was at a commit. It is a spec.Tree; Close ends its
// git process.
type Tree struct {
	Commit     string
	names      []string // sorted
	submodules []string // their folders
	entries    map[string]entry
	blobs      *blobReader
}

var _ spec.Tree = (*Tree)(nil)

type entry struct{ mode, object string }

// Tree opens the workspace as it was at commit. A commit in which the
// workspace's folder does not exist is an error.
func (r *Repo) Tree(ctx context.Context, commit string) (*Tree, error) {
	object := commit + ":" + strings.TrimSuffix(r.prefix, "/")
	out, err := git(ctx, r.dir, "ls-tree", "-r", "-z", "--full-tree", object)
	var failed *commandError
	switch {
	case errors.As(err, &failed) && r.prefix != "" && strings.Contains(failed.said, "Not a valid object name"):
		return nil, fmt.Errorf("%w in commit %.12s: it has no folder %s", ErrNoWorkspace, commit, r.Folder())
	case err != nil:
		return nil, fmt.Errorf("listing the workspace at commit %.12s: %w", commit, err)
	}
	t := &Tree{Commit: commit, entries: map[string]entry{}}
	for record := range strings.SplitSeq(string(out), "\x00") {
		meta, name, found := strings.Cut(record, "\t")
		fields := strings.Fields(meta)
		if !found || len(fields) != 3 {
			continue // the end of the list
		}
		if fields[1] != "blob" {
			t.submodules = append(t.submodules, name)
			continue
		}
		t.entries[name] = entry{mode: fields[0], object: fields[2]}
		t.names = append(t.names, name)
	}
	slices.Sort(t.names)
	t.blobs, err = startBlobReader(ctx, r.dir)
	if err != nil {
		return nil, fmt.Errorf("reading commit %.12s: %w", commit, err)
	}
	return t, nil
}

// Submodule returns the submodule of this tree that contains a file, "" if none
// does. The tree does not have the files of a submodule.
func (t *Tree) Submodule(name string) string {
	for _, folder := range t.submodules {
		if strings.HasPrefix(name, folder+"/") {
			return folder
		}
	}
	return ""
}

// SubmodulesUnder returns the submodules of this tree in which one of the
// patterns could match a file. Only the first folder of a pattern is compared.
func (t *Tree) SubmodulesUnder(patterns []string) []string {
	inside := func(name, folder string) bool {
		return folder == "." || name == folder || strings.HasPrefix(name, folder+"/")
	}
	var found []string
	for _, folder := range t.submodules {
		if slices.ContainsFunc(patterns, func(pattern string) bool {
			base, _ := doublestar.SplitPattern(path.Clean(pattern))
			return inside(folder, base) || inside(base, folder)
		}) {
			found = append(found, folder)
		}
	}
	return found
}

// Close ends the git process that serves the tree.
func (t *Tree) Close() { t.blobs.close() }

// Describe names the tree for messages.
func (t *Tree) Describe() string { return fmt.Sprintf("commit %.7s", t.Commit) }

// ReadFile returns a file's bytes. A file of more than limit bytes is an error.
// Links are followed as long as they stay inside the workspace.
func (t *Tree) ReadFile(name string, limit int64) ([]byte, error) {
	found, err := t.resolve(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	content, err := t.blobs.read(found.object, limit)
	if large := new(spec.TooLargeError); errors.As(err, &large) {
		return nil, &spec.TooLargeError{Name: name, Limit: limit}
	}
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return content, nil
}

// Glob returns the names of files that match one of the doublestar patterns,
// sorted.
func (t *Tree) Glob(patterns []string) ([]string, error) {
	for _, pattern := range patterns {
		if err := spec.CheckPattern(pattern); err != nil {
			return nil, err
		}
	}
	var names []string
	for _, name := range t.names {
		if !spec.Match(patterns, name) {
			continue
		}
		if _, err := t.resolve(name); err == nil {
			names = append(names, name)
		}
	}
	return names, nil
}

// Same reports whether the commit has content under name. Line ends that Git
// rewrites on checkout make no difference.
func (t *Tree) Same(name string, content []byte) bool { return t.Holds(name, IdentityOf(content)) }

// Holds is Same for content of which only the identity is known.
func (t *Tree) Holds(name string, content Identity) bool {
	found, err := t.resolve(name)
	return err == nil && (content.asIs.is(found.object) || content.unix.is(found.object))
}

// HoldsExactly reports whether the commit holds content under name to the byte.
func (t *Tree) HoldsExactly(name string, content Identity) bool {
	found, err := t.resolve(name)
	return err == nil && content.asIs.is(found.object)
}

// resolve finds the file behind name, through links.
func (t *Tree) resolve(name string) (entry, error) {
	if err := spec.CheckName(name); err != nil {
		return entry{}, err
	}
	name = path.Clean(name)
	for range maxLinks {
		next, found, err := t.step(name)
		if err != nil || found.object != "" {
			return found, err
		}
		name = next
	}
	return entry{}, errors.New("too many links")
}

// step either finds the file called name, or replaces the first link on the
// way to it.
func (t *Tree) step(name string) (next string, found entry, err error) {
	for end := 0; end < len(name); {
		if i := strings.IndexByte(name[end:], '/'); i >= 0 {
			end += i
		} else {
			end = len(name)
		}
		e, ok := t.entries[name[:end]]
		switch {
		case !ok && end == len(name):
			return "", entry{}, fs.ErrNotExist
		case ok && e.mode == modeLink:
			next, err := t.follow(name[:end], e, name[end:])
			return next, entry{}, err
		case ok && end < len(name):
			return "", entry{}, fs.ErrNotExist // a file used as a folder
		case ok && e.mode != modeFile && e.mode != modeExecutable:
			return "", entry{}, fmt.Errorf("mode %s is not a regular file", e.mode)
		case ok:
			return "", e, nil
		}
		end++
	}
	return "", entry{}, fs.ErrNotExist
}

func (t *Tree) follow(link string, e entry, rest string) (string, error) {
	target, err := t.blobs.read(e.object, 4096)
	if err != nil {
		return "", fmt.Errorf("link %q: %w", link, err)
	}
	if path.IsAbs(string(target)) {
		return "", fmt.Errorf("link %q leaves the workspace", link)
	}
	next := path.Join(path.Dir(link), string(target)) + rest
	if !fs.ValidPath(next) {
		return "", fmt.Errorf("link %q leaves the workspace", link)
	}
	return next, nil
}
