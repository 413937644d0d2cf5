//go:build unix

package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// secret is a text that must never be read.
const secret = "TOP-SECRET"

// workspaceWith makes a workspace below a folder that holds a secret, and opens
// it.
func workspaceWith(t *testing.T, lay func(root string)) *DirTree {
	t.Helper()
	above := t.TempDir()
	root := filepath.Join(above, "ws")
	for _, dir := range []string{root, filepath.Join(root, "jobs"), filepath.Join(root, ".git"), filepath.Join(above, "private")} {
		must(t, os.MkdirAll(dir, 0o755))
	}
	must(t, os.WriteFile(filepath.Join(above, "secret.sh"), []byte(secret), 0o644))
	must(t, os.WriteFile(filepath.Join(above, "private", "secret.sh"), []byte(secret), 0o644))
	must(t, os.WriteFile(filepath.Join(root, "inside.sh"), []byte("inside"), 0o644))
	must(t, os.WriteFile(filepath.Join(root, ".git", "config"), []byte(secret), 0o644))
	if lay != nil {
		lay(root)
	}
	tree, err := OpenDir(root)
	must(t, err)
	t.Cleanup(func() { tree.Close() })
	return tree
}

func TestIncludeStaysInside(t *testing.T) {
	t.Parallel()
	link := func(target, name string) func(string) {
		return func(root string) {
			if err := os.Symlink(strings.ReplaceAll(target, "ROOT", root), filepath.Join(root, name)); err != nil {
				panic(err)
			}
		}
	}
	for _, test := range []struct {
		name, include string
		lay           func(root string)
		want          string // of the error
	}{
		{"parent", "../secret.sh", nil, "leaves the workspace"},
		{"parent in the middle", "jobs/../../secret.sh", nil, "leaves the workspace"},
		{"parent at the end", "jobs/..", nil, `goes up with ..; write "."`},
		{"absolute", "/etc/passwd", nil, "absolute path"},
		{"drive", `c:/secret.sh`, nil, "absolute path"},
		{"backslash", `..\secret.sh`, nil, "backslash"},
		{"empty", "", nil, "is empty"},
		{"NUL", "inside.sh\x00.txt", nil, "NUL"},
		{"Git's folder", ".git/config", nil, "Git's own folder"},
		{"Git's folder, other case", ".GIT/config", nil, "Git's own folder"},
		{"Git's folder, dots after", ".git. /config", nil, "Git's own folder"},
		{"relative link out", "out.sh", link("../secret.sh", "out.sh"), "is a link to a place outside the workspace"},
		{"absolute link out", "out.sh", link("ROOT/../secret.sh", "out.sh"), "is a link to a place outside the workspace"},
		{"linked folder out", "jobs/linked/secret.sh", link("../../private", "jobs/linked"), "is a link to a place outside the workspace"},
		{"link to a link out", "a.sh", func(root string) { link("b.sh", "a.sh")(root); link("../secret.sh", "b.sh")(root) }, "is a link to a place outside the workspace"},
		{"link loop", "a.sh", func(root string) { link("b.sh", "a.sh")(root); link("a.sh", "b.sh")(root) }, "too many"},
		{"link to the process environment", "env.sh", link("/proc/self/environ", "env.sh"), "is a link to a place outside the workspace"},
		{"hard link", "hard.sh", func(root string) {
			if err := os.Link(filepath.Join(root, "../secret.sh"), filepath.Join(root, "hard.sh")); err != nil {
				panic(err)
			}
		}, "hard links"},
		{"folder", "jobs", nil, "it is a folder"},
		{"FIFO", "pipe.sh", func(root string) { mkfifo(filepath.Join(root, "pipe.sh")) }, "named pipe"},
		{"link to a FIFO", "pipe.sh", func(root string) { mkfifo(filepath.Join(root, "p")); link("p", "pipe.sh")(root) }, "named pipe"},
		{"socket", "s", func(root string) {
			listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(root, "s")})
			if err != nil {
				panic(err)
			}
			listener.SetUnlinkOnClose(false)
			listener.Close()
		}, "socket"},
		{"too large", "big.sh", func(root string) { sparse(filepath.Join(root, "big.sh"), 10<<30) }, "too large"},
		{"missing", "nothing.sh", nil, "there is no such file"},
		{"binary", "bin.sh", func(root string) { write(root, "bin.sh", "a\x00b") }, "NUL character at byte 1"},
		{"not UTF-8", "latin.sh", func(root string) { write(root, "latin.sh", "\xe9") }, "not valid UTF-8"},
		{"relative to the file", "smoke.sh", func(root string) { write(root, "jobs/smoke.sh", "echo") }, `write "jobs/smoke.sh"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tree := workspaceWith(t, test.lay)
			text, err := ReadInclude(tree, "jobs/a.yaml", test.include)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("have %q and error %v, want an error with %q", text, err, test.want)
			}
			if strings.Contains(fmt.Sprint(err), secret) || strings.Contains(text, secret) {
				t.Error("what lies outside was read")
			}
		})
	}
}

func write(root, name, text string) {
	if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
		panic(err)
	}
}

func mkfifo(name string) {
	if err := syscall.Mkfifo(name, 0o644); err != nil {
		panic(err)
	}
}

func sparse(name string, size int64) {
	file, err := os.Create(name)
	if err == nil {
		err = errors.Join(file.Truncate(size), file.Close())
	}
	if err != nil {
		panic(err)
	}
}

func TestIncludeThatIsAllowed(t *testing.T) {
	t.Parallel()
	tree := workspaceWith(t, func(root string) {
		must(t, os.Symlink("inside.sh", filepath.Join(root, "link.sh")))
		must(t, os.Symlink("../inside.sh", filepath.Join(root, "jobs", "up.sh")))
		must(t, os.Symlink("jobs", filepath.Join(root, "folder")))
		write(root, "jobs/订单 -x'$.sh", "inside")
		write(root, "bom.sh", "\ufeffinside")
		write(root, "empty.sh", "")
		write(root, "full.sh", strings.Repeat("x", MaxFileBytes))
	})
	for name, want := range map[string]string{
		"inside.sh": "inside", "./inside.sh": "inside", "link.sh": "inside", "jobs/up.sh": "inside", "folder/up.sh": "inside",
		"jobs/订单 -x'$.sh": "inside", "bom.sh": "inside", "empty.sh": "", "full.sh": strings.Repeat("x", MaxFileBytes),
	} {
		text, err := ReadInclude(tree, "jobs/a.yaml", name)
		if err != nil || text != want {
			t.Errorf("%s: have %.20q and %v", name, text, err)
		}
	}
}

// TestSwappedLink races a name between a file inside and a link outside: each
// read gives the file inside or an error.
func TestSwappedLink(t *testing.T) {
	t.Parallel()
	tree := workspaceWith(t, nil)
	root := tree.dir
	name, spare := filepath.Join(root, "swapped.sh"), filepath.Join(root, "spare")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			os.Remove(spare)
			switch i % 3 {
			case 0:
				os.Symlink("../secret.sh", spare)
			case 1:
				os.WriteFile(spare, []byte("inside"), 0o644)
			case 2:
				syscall.Mkfifo(spare, 0o644)
			}
			os.Rename(spare, name)
		}
	}()
	const most = 1_000_000 // until each outcome was seen, however the goroutines are scheduled
	read, refused := 0, 0
	for i := 0; i < 10_000 || (read == 0 || refused == 0) && i < most; i++ {
		text, err := tree.ReadFile("swapped.sh", 100)
		switch {
		case err != nil:
			refused++
		case string(text) == "inside":
			read++
		case len(text) > 0:
			t.Errorf("read %q", text)
		}
	}
	close(stop)
	<-stopped
	if read == 0 || refused == 0 {
		t.Errorf("%d reads, %d refusals: the race was not run", read, refused)
	}
}

func TestGlob(t *testing.T) {
	t.Parallel()
	tree := workspaceWith(t, func(root string) {
		must(t, os.MkdirAll(filepath.Join(root, "jobs", "deep"), 0o755))
		for _, name := range []string{"jobs/b.yaml", "jobs/a.yml", "jobs/deep/c.yaml", "jobs/d.txt", ".git/x.yaml"} {
			write(root, name, "version: 1\n")
		}
		must(t, os.Symlink(".", filepath.Join(root, "jobs", "loop")))
		must(t, os.Symlink("../../private", filepath.Join(root, "jobs", "out")))
		must(t, os.Symlink("b.yaml", filepath.Join(root, "jobs", "linked.yaml")))
		must(t, os.MkdirAll(filepath.Join(root, "jobs", "folder.yaml"), 0o755))
		must(t, os.Symlink("deep", filepath.Join(root, "jobs", "linked-folder.yaml")))
		must(t, os.Symlink("user@host.1", filepath.Join(root, "jobs", ".#b.yaml")))
	})
	memory := MapTree{"jobs/b.yaml": "", "jobs/a.yml": "", "jobs/deep/c.yaml": "", "jobs/d.txt": "", ".git/x.yaml": ""}
	for _, test := range []struct{ patterns, want, wantMemory string }{
		{"jobs/**/*.y{a,}ml", "jobs/a.yml jobs/b.yaml jobs/deep/c.yaml jobs/linked.yaml", "jobs/a.yml jobs/b.yaml jobs/deep/c.yaml"},
		{"**/*.yaml", "jobs/b.yaml jobs/deep/c.yaml jobs/linked.yaml", "jobs/b.yaml jobs/deep/c.yaml"},
		{"jobs/*.yaml jobs/b*", "jobs/b.yaml jobs/linked.yaml", "jobs/b.yaml"},
		{"jobs/deep/*.yaml jobs/*.yml", "jobs/a.yml jobs/deep/c.yaml", "jobs/a.yml jobs/deep/c.yaml"},
		{"*.yaml jobs/deep/* jobs/d*", "jobs/d.txt jobs/deep/c.yaml", "jobs/d.txt jobs/deep/c.yaml"},
		{"jobs/**/*.yml jobs/linked-folder.yaml/* jobs/deeper/*", "jobs/a.yml jobs/linked-folder.yaml/c.yaml", "jobs/a.yml"},
		{"./jobs/*.yml", "jobs/a.yml", "jobs/a.yml"},
		{"nothing/*.yaml", "", ""},
	} {
		for tree, want := range map[Tree]string{tree: test.want, &memory: test.wantMemory} {
			names, err := tree.Glob(strings.Fields(test.patterns))
			if err != nil || strings.Join(names, " ") != want {
				t.Errorf("%s in %s: have %v and %v, want %s", test.patterns, tree.Describe(), names, err, want)
			}
		}
	}
	for _, pattern := range []string{"../*.yaml", "/etc/*", "jobs/[", "jobs/{a", "", `jobs\*.yaml`} {
		for _, tree := range []Tree{tree, memory} {
			if names, err := tree.Glob([]string{pattern}); err == nil {
				t.Errorf("%q in %s: have %v", pattern, tree.Describe(), names)
			}
		}
	}
}

// TestNothingIsPassedOver checks that a matching file that cannot be read is an error. Its jobs
// would otherwise look removed.
func TestNothingIsPassedOver(t *testing.T) {
	t.Parallel()
	tree := workspaceWith(t, func(root string) {
		write(root, WorkspaceFile, "version: 1\ndefinitions: [\"jobs/*.yaml\"]\n")
		must(t, os.Symlink("nowhere.yaml", filepath.Join(root, "jobs", "broken.yaml")))
		must(t, os.Symlink("../../secret.sh", filepath.Join(root, "jobs", "outside.yaml")))
		must(t, syscall.Mkfifo(filepath.Join(root, "jobs", "pipe.yaml"), 0o644))
	})
	_, found := Load(tree, Options{})
	for _, name := range []string{"broken", "outside", "pipe"} {
		if !slices.ContainsFunc(found, func(d Diagnostic) bool {
			return d.Rule == "unreadable-file" && d.Severity == Error && d.Range.Start.File == "jobs/"+name+".yaml"
		}) {
			t.Errorf("%s.yaml is passed over:\n%s", name, listing(found))
		}
	}
}

func TestReadNotExist(t *testing.T) {
	t.Parallel()
	for _, tree := range []Tree{workspaceWith(t, nil), MapTree{}} {
		if _, err := tree.ReadFile("none.yaml", 10); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", tree.Describe(), err)
		}
	}
	if _, err := (MapTree{"a": "xx"}).ReadFile("a", 1); !errors.As(err, new(*TooLargeError)) {
		t.Errorf("have %v", err)
	}
}

// TestReadIntoOneBuffer reads files of all sizes into the memory of the one before, as a check of
// stored sums does: nothing of a longer file may stay, and nothing of a shorter one be lost.
func TestReadIntoOneBuffer(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"empty": "", "one": "x", "jobs/short": "ab\n", "jobs/long": strings.Repeat("line\n", 900), "middle": strings.Repeat("y", 64)}
	tree := workspaceWith(t, func(root string) {
		for name, text := range texts {
			write(root, name, text)
		}
	})
	var buffer []byte
	for _, name := range []string{"jobs/long", "empty", "jobs/short", "middle", "none", "one", "jobs/long", "jobs/long", "middle"} {
		text, err := tree.ReadInto(buffer, name, MaxFileBytes)
		want, known := texts[name]
		if string(text) != want || known != (err == nil) {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		buffer = text
	}
	if text, err := tree.ReadInto(make([]byte, 0, 8192), "jobs/long", 100); !errors.As(err, new(*TooLargeError)) {
		t.Errorf("above the limit: %q, %v", text, err)
	}
}

func TestFindWorkspace(t *testing.T) {
	t.Parallel()
	tree := workspaceWith(t, func(root string) {
		write(root, WorkspaceFile, "version: 1\n")
		must(t, os.MkdirAll(filepath.Join(root, "jobs", "deep"), 0o755))
	})
	for _, start := range []string{".", "jobs", "jobs/deep"} {
		dir, err := FindWorkspace(filepath.Join(tree.dir, start))
		if err != nil || dir != tree.dir {
			t.Errorf("%s: have %s and %v", start, dir, err)
		}
	}
	if dir, err := FindWorkspace(filepath.Dir(tree.dir)); err == nil || !strings.Contains(err.Error(), "buildsync init") {
		t.Errorf("have %s and %v", dir, err)
	}
}
