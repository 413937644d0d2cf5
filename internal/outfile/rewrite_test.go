package outfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/internal/outfile"
)

func TestRewrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	edit := func(name string) outfile.Edit {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("old\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return outfile.Edit{Name: name, Path: path, Before: []byte("old\n"), After: []byte("new\n")}
	}
	read := func(e outfile.Edit) string {
		content, err := os.ReadFile(e.Path)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	a, b := edit("a.yaml"), edit("b.yaml")
	b.Before = []byte("older\n")
	if err := outfile.Rewrite([]outfile.Edit{a, b}); err == nil || !strings.Contains(err.Error(), "writing b.yaml: it has changed") {
		t.Errorf("a file that has changed: %v", err)
	}
	if got := read(a); got != "old\n" {
		t.Errorf("a.yaml was written before b.yaml was refused: %q", got)
	}
	c := edit("c.yaml")
	c.Path = filepath.Join(dir, "missing.yaml")
	if err := outfile.Rewrite([]outfile.Edit{a, c}); err == nil || read(a) != "old\n" {
		t.Errorf("a file that is gone: %v, and a.yaml is %q", err, read(a))
	}
	b = edit("b.yaml")
	if err := outfile.Rewrite([]outfile.Edit{a, b}); err != nil || read(a)+read(b) != "new\nnew\n" {
		t.Errorf("both: %v, %q", err, read(a)+read(b))
	}
	a, b = edit("a.yaml"), edit("b.yaml")
	made := outfile.Edit{Name: "new.yaml", Path: filepath.Join(dir, "folder", "new.yaml"), After: []byte("new\n")}
	b.Before = []byte("older\n")
	if err := outfile.Rewrite([]outfile.Edit{made, b}); err == nil {
		t.Error("a file that has changed beside a new one is written")
	}
	if _, err := os.Stat(made.Path); err == nil {
		t.Error("the new file was written, and the error says that nothing was")
	}
	if err := outfile.Rewrite([]outfile.Edit{made, a}); err != nil || read(made)+read(a) != "new\nnew\n" {
		t.Errorf("a new file: %v", err)
	}
	if err := outfile.Rewrite([]outfile.Edit{made}); err == nil {
		t.Error("a new file replaces one that exists by now")
	}
}

// TestRewriteThroughALink checks that writing to a link changes its target and keeps the link.
func TestRewriteThroughALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file.yaml"), filepath.Join(dir, "link.yaml")
	if err := os.WriteFile(file, []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := outfile.Rewrite([]outfile.Edit{{Name: "link.yaml", Path: link, Before: []byte("old\n"), After: []byte("new\n")}}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info.Mode(), err)
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "new\n" {
		t.Errorf("the file holds %q, %v", content, err)
	}
}
