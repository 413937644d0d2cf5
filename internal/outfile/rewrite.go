package outfile

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Edit is new content for a file that buildsync reads.
type Edit struct {
	Name          string // for people
	Path          string // may lead through links
	Before, After []byte // nil before: the file is new
}

// Rewrite writes edits. If a file has changed since its edit was made, or a new one exists by now, it
// writes none of them.
func Rewrite(edits []Edit) error {
	type target struct {
		path    string
		content []byte
		mode    fs.FileMode
	}
	var targets []target
	for _, e := range edits {
		if e.Before == nil {
			if _, err := os.Lstat(e.Path); err == nil {
				return changedSince(e.Name)
			}
			targets = append(targets, target{e.Path, e.After, 0o644})
			continue
		}
		path, err := filepath.EvalSymlinks(e.Path)
		if err != nil {
			return fmt.Errorf("writing %s: %w", e.Name, err)
		}
		now, mode, err := ReadSource(path)
		if err != nil {
			return fmt.Errorf("writing %s: %w", e.Name, err)
		}
		if !bytes.Equal(e.Before, now) {
			return changedSince(e.Name)
		}
		targets = append(targets, target{path, e.After, mode})
	}
	for _, t := range targets {
		if err := os.MkdirAll(filepath.Dir(t.path), 0o755); err != nil {
			return err
		}
		if err := WriteSource(t.path, t.content, t.mode); err != nil {
			return err
		}
	}
	return nil
}

func changedSince(name string) error {
	return fmt.Errorf("writing %s: it has changed since it was read, so nothing was written; run the command again", name)
}
