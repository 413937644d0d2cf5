package vendored_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/vendored"
)

// standard is a repository to copy from, and a workspace that does.
type standard struct {
	t         *testing.T
	repo, dir string
}

func newStandard(t *testing.T) *standard {
	t.Helper()
	s := &standard{t, t.TempDir(), t.TempDir()}
	s.git("init", "--quiet", "--initial-branch=main", ".")
	s.write("templates/java.yaml", "version: 1\ntemplates:\n  - {name: java, steps: [{use: scan}]}\nfragments:\n  - {name: scan, steps: [{sh: {name: Scan, inputs: {command: scan}}}]}\n")
	s.write("README.md", "outside of the folder\n")
	s.commit()
	s.declare("main", "templates")
	return s
}

func (s *standard) git(args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", s.repo, "-c", "user.name=n", "-c", "user.email=n@example.com", "-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (s *standard) write(name, text string) {
	s.t.Helper()
	full := filepath.Join(s.repo, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, []byte(text), 0o644)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *standard) commit() string {
	s.t.Helper()
	s.git("add", "--all")
	s.git("commit", "--quiet", "--message=x")
	return s.git("rev-parse", "HEAD")
}

func (s *standard) declare(ref, path string) {
	s.t.Helper()
	text := "version: 1\ndefinitions: [\"jobs/*.yaml\"]\nprojects: {shop: 0123456789abcdef0123456789abcdef}\ndefault_project: shop\nsources: {golden: {git: 'file://" + filepath.ToSlash(s.repo) + "', ref: '" + ref + "', path: '" + path + "'}}\n"
	if err := os.WriteFile(filepath.Join(s.dir, "buildsync.yaml"), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *standard) open() (*spec.DirTree, *spec.Workspace) {
	s.t.Helper()
	tree, err := spec.OpenDir(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = tree.Close() })
	w, found := spec.LoadWorkspace(tree, spec.Options{})
	if found.HasErrors() {
		s.t.Fatal(found)
	}
	return tree, w
}

func (s *standard) sync(latest bool) ([]vendored.Copy, error) {
	s.t.Helper()
	tree, w := s.open()
	copies, err := vendored.Fetch(context.Background(), tree, w.Sources, latest)
	if err != nil {
		return nil, err
	}
	return copies, vendored.Write(s.dir, tree, w.Sources, copies)
}

func (s *standard) check() []string {
	s.t.Helper()
	tree, w := s.open()
	var texts []string
	for _, d := range spec.CheckVendored(tree, w) {
		texts = append(texts, d.Message)
	}
	return texts
}

func (s *standard) copied() []string {
	s.t.Helper()
	tree, w := s.open()
	return slices.Sorted(maps.Keys(vendored.Standing(tree, w.Sources[0])))
}

func TestACopyIsWhatTheLockSays(t *testing.T) {
	t.Parallel()
	s := newStandard(t)
	if found := s.check(); len(found) != 1 || !strings.Contains(found[0], "was not copied") {
		t.Fatalf("before: %q", found)
	}
	if _, err := s.sync(false); err != nil {
		t.Fatal(err)
	}
	if found := s.check(); len(found) > 0 {
		t.Fatalf("after: %q", found)
	}
	if have := s.copied(); !slices.Equal(have, []string{"java.yaml"}) {
		t.Errorf("copied %q", have)
	}
	// The branch moves on: the copy stays at the commit of the lock, also when it is made again.
	s.write("templates/java.yaml", "version: 1\ntemplates: []\n")
	second := s.commit()
	full := filepath.Join(s.dir, "vendor", "golden", "java.yaml")
	if err := os.WriteFile(full, []byte("edited"), 0o644); err != nil {
		t.Fatal(err)
	}
	if found := s.check(); len(found) != 1 || !strings.Contains(found[0], "differs from the copy") {
		t.Fatalf("edited: %q", found)
	}
	if _, err := s.sync(false); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(full); !strings.Contains(string(text), "name: java") {
		t.Errorf("not the file of the lock: %q", text)
	}
	tree, w := s.open()
	outdated, err := vendored.Latest(context.Background(), tree, w.Sources)
	if err != nil || len(outdated) != 1 || outdated[0].Latest != second {
		t.Fatalf("outdated: %v %v", outdated, err)
	}
	copies, err := s.sync(true)
	if err != nil || copies[0].Commit != second || !slices.Equal(copies[0].Changed, []string{"java.yaml"}) {
		t.Fatalf("updated: %v %v", copies, err)
	}
	if again, err := s.sync(true); err != nil || again[0].Files != nil {
		t.Errorf("a second update fetches again: %v", err)
	}
}

func TestRefs(t *testing.T) {
	t.Parallel()
	s := newStandard(t)
	first := s.git("rev-parse", "HEAD")
	s.git("tag", "--annotate", "--message=t", "v1")
	s.git("branch", "release/2")
	s.write("templates/more.yaml", "version: 1\ntemplates: []\n")
	s.commit()
	for _, ref := range []string{"v1", "release/2", first} {
		s.declare(ref, "templates")
		copies, err := s.sync(false)
		if err != nil || copies[0].Commit != first {
			t.Errorf("%s: %v, %v", ref, copies, err)
		}
	}
	s.declare("nothing", "templates")
	if _, err := s.sync(false); !errors.Is(err, gitbase.ErrNoRef) {
		t.Errorf("a ref that is not there: %v", err)
	}
	s.declare("main", "no/such")
	if _, err := s.sync(false); err == nil || !strings.Contains(err.Error(), "no folder") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestWhatIsNotCopied checks that the copy in the workspace stays if a source cannot be copied.
func TestWhatIsNotCopied(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(s *standard)
		want string
	}{
		"a link": {func(s *standard) {
			if err := os.Symlink("/etc/passwd", filepath.Join(s.repo, "templates", "x.yaml")); err != nil {
				s.t.Fatal(err)
			}
		}, "is a link"},
		"a submodule": {func(s *standard) {
			s.git("update-index", "--add", "--cacheinfo", "160000,"+s.git("rev-parse", "HEAD")+",templates/sub")
			s.git("commit", "--quiet", "--message=sub")
		}, "is a submodule"},
		"a huge file":           {func(s *standard) { s.write("templates/big.yaml", strings.Repeat("# x\n", 300_000)) }, "big.yaml"},
		"an odd name":           {func(s *standard) { s.write("templates/a\nb.yaml", "x") }, "not every system"},
		"two cases":             {func(s *standard) { s.write("templates/A.yaml", "x"); s.write("templates/a.yaml", "x") }, "case of letters"},
		"two cases of a folder": {func(s *standard) { s.write("templates/Sub/a.yaml", "x"); s.write("templates/sub/b.yaml", "x") }, "case of letters"},
		"a file and a folder":   {func(s *standard) { s.write("templates/SUB", "x"); s.write("templates/sub/b.yaml", "x") }, "case of letters"},
		"two accents":           {func(s *standard) { s.write("templates/\u00e9.yaml", "x"); s.write("templates/e\u0301.yaml", "x") }, "form of accents"},
		"a sharp s":             {func(s *standard) { s.write("templates/stra\u00dfe.yaml", "x"); s.write("templates/STRASSE.yaml", "x") }, "case of letters"},
		"a device":              {func(s *standard) { s.write("templates/CON.yaml", "x") }, "a device of Windows"},
		"a device below":        {func(s *standard) { s.write("templates/aux/a.yaml", "x") }, "a device of Windows"},
		"a device with blanks":  {func(s *standard) { s.write("templates/Lpt1 .b.yaml", "x") }, "a device of Windows"},
		"a dot at the end":      {func(s *standard) { s.write("templates/a.yaml.", "x") }, "ends in a dot"},
		"a colon":               {func(s *standard) { s.write("templates/ab:c.yaml", "x") }, "Windows cannot hold"},
		"a backslash":           {func(s *standard) { s.write("templates/a\\b.yaml", "x") }, "backslash"},
		"a repository": {func(s *standard) {
			s.write("templates/in/HEAD", "ref: refs/heads/x\n")
			s.write("templates/in/objects/x", "x")
			s.write("templates/in/refs/x", "x")
		}, "is a Git repository"},
		"many files": {func(s *standard) {
			for i := range 2001 {
				s.write(fmt.Sprintf("templates/n%d.txt", i), "x")
			}
		}, "more than 2000 files"},
		"no file": {func(s *standard) { s.write("empty/.keep", ""); s.declare("main", "empty") }, "holds no file"},
		"a lot": {func(s *standard) {
			for i := range 17 {
				s.write("templates/"+string(rune('a'+i))+".txt", strings.Repeat("x", 1<<20))
			}
		}, "more than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStandard(t)
			if _, err := s.sync(false); err != nil {
				t.Fatal(err)
			}
			before := s.copied()
			c.make(s)
			if name != "a submodule" {
				s.commit()
			}
			if _, err := s.sync(true); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("the error is %v", err)
			}
			if have := s.copied(); !slices.Equal(have, before) {
				t.Errorf("the copy has become %q", have)
			}
			entries, err := os.ReadDir(filepath.Join(s.dir, "vendor"))
			if err != nil || len(entries) != 2 {
				t.Errorf("left over: %v %v", entries, err)
			}
		})
	}
}

// TestBinaryFilesAreCopiedAsTheyAre checks that no byte of a file changes and that the lock has its
// checksum. A YAML file that is not valid is an error with its place when it is read.
func TestBinaryFilesAreCopiedAsTheyAre(t *testing.T) {
	t.Parallel()
	s := newStandard(t)
	binary := "\x00\x01\xff\r\n\n\x1b[31m" + strings.Repeat("\xfe\x00", 1000)
	s.write("templates/tool.bin", binary)
	s.write("templates/broken.yaml", "version: 1\nfragments:\n\x00\xff\xfe")
	s.commit()
	if _, err := s.sync(true); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"tool.bin": binary, "broken.yaml": "version: 1\nfragments:\n\x00\xff\xfe"} {
		have, err := os.ReadFile(filepath.Join(s.dir, "vendor", "golden", name))
		if err != nil || string(have) != want {
			t.Errorf("%s: %q, %v", name, have, err)
		}
	}
	lock, err := os.ReadFile(filepath.Join(s.dir, spec.LockFile))
	if err != nil || !strings.Contains(string(lock), spec.Sum([]byte(binary))) {
		t.Errorf("the lock lacks the sum: %s, %v", lock, err)
	}
	tree, err := spec.OpenDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	w, _ := spec.LoadWorkspace(tree, spec.Options{})
	if _, found := w.ParseDefinitions("vendor/golden/broken.yaml", []byte("version: 1\nfragments:\n\x00\xff\xfe")); !found.HasErrors() || found[0].Range.Start.Line == 0 {
		t.Errorf("%+v", found)
	}
}

func TestHooksAndFiltersDoNotRun(t *testing.T) {
	t.Parallel()
	s := newStandard(t)
	marker := filepath.Join(t.TempDir(), "ran")
	s.write(".gitattributes", "* filter=evil\n")
	s.write("templates/.gitattributes", "* filter=evil\n")
	s.write(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ext::touch "+marker+"\n")
	s.commit()
	if _, err := s.sync(true); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(marker); !errors.Is(err, fs.ErrNotExist) {
		t.Error("something ran")
	}
	if have := s.copied(); !slices.Equal(have, []string{"java.yaml"}) {
		t.Errorf("copied %q", have)
	}
}

func TestAFolderThatIsALinkIsLeftAlone(t *testing.T) {
	t.Parallel()
	s, elsewhere := newStandard(t), t.TempDir()
	if err := os.Symlink(elsewhere, filepath.Join(s.dir, "vendor")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.sync(false); err == nil {
		t.Error("it is written through")
	}
	if entries, _ := os.ReadDir(elsewhere); len(entries) > 0 {
		t.Errorf("elsewhere: %v", entries)
	}
}

// TestACheckoutWithOtherLineEnds checks that line ends that Git changed on a checkout are told from
// an edit, with advice.
func TestACheckoutWithOtherLineEnds(t *testing.T) {
	t.Parallel()
	s := newStandard(t)
	if _, err := s.sync(false); err != nil {
		t.Fatal(err)
	}
	full := filepath.Join(s.dir, "vendor", "golden", "java.yaml")
	text, err := os.ReadFile(full)
	if err != nil {
		t.Fatal(err)
	}
	for ends, want := range map[string]string{"\r\n": "has other line ends than the copy", "\r\n# more\r\n": "differs from the copy"} {
		if err := os.WriteFile(full, []byte(strings.ReplaceAll(string(text), "\n", ends)), 0o644); err != nil {
			t.Fatal(err)
		}
		tree, w := s.open()
		found := spec.CheckVendored(tree, w)
		if len(found) != 1 || !strings.Contains(found[0].Message, want) || strings.Contains(found[0].Hint, ".gitattributes") != strings.Contains(want, "line ends") {
			t.Errorf("%q: %v", ends, found)
		}
	}
}

// TestAVendoredFolderThatIsALink has a finding with its place and a fix.
func TestAVendoredFolderThatIsALink(t *testing.T) {
	t.Parallel()
	s := newStandard(t)
	if _, err := s.sync(false); err != nil {
		t.Fatal(err)
	}
	folder, elsewhere := filepath.Join(s.dir, "vendor", "golden"), filepath.Join(t.TempDir(), "moved")
	if err := errors.Join(os.Rename(folder, elsewhere), os.Symlink(elsewhere, folder)); err != nil {
		t.Fatal(err)
	}
	tree, w := s.open()
	found := spec.CheckVendored(tree, w)
	if len(found) != 1 || found[0].Range.Start.File != "buildsync.yaml" || !strings.Contains(found[0].Hint, "not a link") {
		t.Errorf("have %v", found)
	}
}

// TestASourceThatIsGone checks that the folder of a removed source is removed, and that a lock
// cannot name a folder outside.
func TestASourceThatIsGone(t *testing.T) {
	t.Parallel()
	s := newStandard(t)
	if _, err := s.sync(false); err != nil {
		t.Fatal(err)
	}
	tree, _ := s.open()
	if err := vendored.Write(s.dir, tree, nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "vendor", "golden")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the folder stays")
	}
	hostile := "version: 1\nsources: {\"../jobs\": {git: x, ref: x, path: x, commit: x, files: {a: \"sha256:0\"}}}\n"
	if err := os.WriteFile(filepath.Join(s.dir, "vendor", "buildsync.lock"), []byte(hostile), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "jobs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := vendored.Write(s.dir, tree, nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "jobs")); err != nil {
		t.Error("a lock leads out of the folder")
	}
}

// TestASourceThatCannotBeRead checks that the message for each kind of address says what to do, and
// that the copy stays.
func TestASourceThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := newStandard(t)
	first := s.git("rev-parse", "HEAD")
	if _, err := s.sync(false); err != nil {
		t.Fatal(err)
	}
	tree, w := s.open()
	fails := func(way string, err error, want ...string) {
		t.Helper()
		for _, text := range want {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v, want %q in it", way, err, text)
			}
		}
	}
	// The commit of the lock is gone: its branch was rewritten.
	s.git("commit", "--quiet", "--amend", "--message=other")
	s.git("reflog", "expire", "--expire=now", "--all")
	s.git("gc", "--quiet", "--prune=now")
	_, err := s.sync(false)
	fails("a commit that is gone", err, "fetching "+first[:12]+" of the source golden", "run buildsync vendor update golden")

	for _, ref := range []string{first[:12], "v9"} {
		s.declare(ref, "templates")
		_, err := s.sync(false)
		fails("the ref "+ref, err, "no such tag, branch or commit called "+ref, "correct its ref in buildsync.yaml")
		if says := strings.Contains(fmt.Sprint(err), "all 40 digits"); says != (ref != "v9") {
			t.Errorf("the ref %s: %v", ref, err)
		}
	}
	s.declare("main", "templates")
	if err := os.RemoveAll(s.repo); err != nil {
		t.Fatal(err)
	}
	const next = "check its address in buildsync.yaml and that Git may read it; the copy stays as it is"
	for _, latest := range []bool{false, true} {
		_, err = s.sync(latest)
		fails("a repository that is gone", err, "asking the source golden for main", next)
	}
	_, err = vendored.Latest(t.Context(), tree, w.Sources)
	fails("outdated", err, next)
	_, err = vendored.Verify(t.Context(), tree, w, w.Sources)
	fails("verify", err, next)
	if found := s.check(); len(found) > 0 {
		t.Errorf("the copy: %v", found)
	}
}

// TestALockThatWasNotWrittenByVendor checks that each part of a lock that vendor did not write is
// reported with its place, and that vendor repairs it.
func TestALockThatWasNotWrittenByVendor(t *testing.T) {
	t.Parallel()
	s := newStandard(t)
	if _, err := s.sync(false); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.dir, "vendor", "buildsync.lock")
	right, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	commit := s.git("rev-parse", "HEAD")
	for name, c := range map[string]struct {
		from, to string
		line     int
		want     string
	}{
		"a short commit":     {commit, commit[:12], 8, "not the full id of a commit"},
		"a branch":           {commit, "main", 8, "not the full id of a commit"},
		"an option":          {commit, "--upload-pack=x", 8, "not the full id of a commit"},
		"no commit":          {"    commit: \"" + commit + "\"\n", "", 4, "not the full id of a commit"},
		"no files":           {"    files:\n", "    x:\n", 4, "no files are named"},
		"a file outside":     {`"java.yaml"`, `"../../../evil"`, 10, "cannot have such a file"},
		"an absolute file":   {`"java.yaml"`, `"/etc/passwd"`, 10, "cannot have such a file"},
		"Git's own folder":   {`"java.yaml"`, `".git/config"`, 10, "cannot have such a file"},
		"a device":           {`"java.yaml"`, `"con"`, 10, "cannot have such a file"},
		"no sum":             {"sha256:", "md5:", 10, "not the sum of a file"},
		"a source outside":   {`"golden"`, `"../golden"`, 4, "is not the name of a source"},
		"a source of blanks": {`"golden"`, `" "`, 4, "is not the name of a source"},
		"another version":    {"version: 1", "version: 2", 1, "cannot be read"},
		"a conflict":         {"version: 1\n", "<<<<<<< ours\nversion: 1\n", 1, "cannot be read"},
	} {
		wrong := strings.Replace(string(right), c.from, c.to, 1)
		if wrong == string(right) {
			t.Fatalf("%s: nothing is wrong", name)
		}
		if err := os.WriteFile(file, []byte(wrong), 0o644); err != nil {
			t.Fatal(err)
		}
		tree, w := s.open()
		found := spec.CheckVendored(tree, w)
		if len(found) == 0 || !strings.Contains(found[0].Message, c.want) || found[0].Range.Start.File != spec.LockFile || found[0].Range.Start.Line != c.line || found[0].Hint == "" {
			t.Errorf("%s: %+v\n%s", name, found, wrong)
		}
		if _, err := s.sync(false); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if now, err := os.ReadFile(file); err != nil || string(now) != string(right) {
			t.Errorf("%s: the lock is not mended: %v\n%s", name, err, now)
		}
	}
}

// TestACopyChangedTogetherWithTheLock checks a copy and a lock that agree but differ from the
// source. Verify finds it, and vendor restores the copy.
func TestACopyChangedTogetherWithTheLock(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(s *standard, lock *spec.Lock)
		want   []string // parts of verify's report; empty if all is well
	}{
		"nothing":        {func(*standard, *spec.Lock) {}, nil},
		"an edited file": {func(s *standard, lock *spec.Lock) { s.forge(lock, "java.yaml", "version: 1\ntemplates: []\n") }, []string{"java.yaml", "is not what the source"}},
		"a new file":     {func(s *standard, lock *spec.Lock) { s.forge(lock, "more.yaml", "version: 1\n") }, []string{"more.yaml", "is not what the source"}},
		"a file removed": {func(s *standard, lock *spec.Lock) { s.forge(lock, "other.yaml", "") }, []string{"other.yaml", "is missing"}},
		"an older commit of the branch": {func(s *standard, lock *spec.Lock) {
			s.write("templates/java.yaml", "version: 1\ntemplates: []\n")
			s.commit()
		}, nil},
		"a commit of another branch": {func(s *standard, lock *spec.Lock) {
			s.git("checkout", "--quiet", "-b", "evil")
			s.write("templates/java.yaml", "version: 1\ntemplates: []\n")
			evil := s.commit()
			s.git("checkout", "--quiet", "main")
			s.write("templates/z.yaml", "version: 1\ntemplates: []\n")
			s.commit()
			l := lock.Sources["golden"]
			l.Commit = evil
			lock.Sources["golden"] = l
			s.forge(lock, "java.yaml", "version: 1\ntemplates: []\n")
		}, []string{"is not in the history of main"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStandard(t)
			s.write("templates/other.yaml", "version: 1\nfragments: []\n")
			s.commit()
			if _, err := s.sync(false); err != nil {
				t.Fatal(err)
			}
			tree, w := s.open()
			lock, _ := spec.ReadLock(tree)
			c.change(s, lock)
			if err := os.WriteFile(filepath.Join(s.dir, "vendor", "buildsync.lock"), lock.Encode(), 0o644); err != nil {
				t.Fatal(err)
			}
			if found := s.check(); len(found) > 0 {
				t.Fatalf("the lock shows it: %q", found)
			}
			found, err := vendored.Verify(context.Background(), tree, w, w.Sources)
			if err != nil || (len(found) > 0) != (len(c.want) > 0) {
				t.Fatalf("verify: %v, %v", found, err)
			}
			for _, part := range c.want {
				if !strings.Contains(found[0].Message, part) || found[0].Hint == "" {
					t.Errorf("verify: %+v, want %q", found[0], part)
				}
			}
			// vendor asks the source: copy and lock are right again.
			_, err = s.sync(strings.Contains(name, "another branch"))
			if err != nil {
				t.Fatal(err)
			}
			tree, w = s.open()
			if found, err := vendored.Verify(context.Background(), tree, w, w.Sources); err != nil || len(found) > 0 {
				t.Errorf("after vendor: %v, %v", found, err)
			}
		})
	}
}

// forge changes a copied file, or removes it, with its line of the lock.
func (s *standard) forge(lock *spec.Lock, name, text string) {
	s.t.Helper()
	full := filepath.Join(s.dir, "vendor", "golden", name)
	if text == "" {
		delete(lock.Sources["golden"].Files, name)
		if err := os.Remove(full); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	lock.Sources["golden"].Files[name] = spec.Sum([]byte(text))
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}
