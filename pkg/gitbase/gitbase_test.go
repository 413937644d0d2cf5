package gitbase

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// repository is a real Git repository in a temporary folder.
type repository struct {
	t   testing.TB
	dir string
}

func newRepository(t testing.TB, initArgs ...string) *repository {
	t.Helper()
	r := &repository{t: t, dir: t.TempDir()}
	r.git(append([]string{"init", "-q", "-b", "main"}, initArgs...)...)
	return r
}

func (r *repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r *repository) write(name, content string) {
	r.t.Helper()
	full := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repository) link(name, target string) {
	r.t.Helper()
	full := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Symlink(target, full); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repository) commit(message string) string {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "--no-verify", "-m", message)
	return r.git("rev-parse", "HEAD")
}

func open(t testing.TB, dir string) *Repo {
	t.Helper()
	repo, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

func openTree(t testing.TB, repo *Repo, commit string) *Tree {
	t.Helper()
	tree, err := repo.Tree(t.Context(), commit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tree.Close)
	return tree
}

func TestTreeIsTheCommitAndNotTheWorkTree(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("ci/buildsync.yaml", "version: 1\n")
	r.write("ci/jobs/a.yaml", "a: 1\n")
	r.write("ci/jobs/deep/b.yml", "b: 1\n")
	r.write("ci/jobs/Umlaut ä\"quote.yaml", "c: 1\n")
	r.write("other/d.yaml", "d: 1\n")
	commit := r.commit("first")
	r.write("ci/jobs/a.yaml", "a: changed\n")
	r.write("ci/jobs/new.yaml", "new: 1\n")

	tree := openTree(t, open(t, filepath.Join(r.dir, "ci")), commit)
	names, err := tree.Glob([]string{"jobs/**/*.y{a,}ml"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"jobs/Umlaut ä\"quote.yaml", "jobs/a.yaml", "jobs/deep/b.yml"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	content, err := tree.ReadFile("jobs/a.yaml", 100)
	if err != nil || string(content) != "a: 1\n" {
		t.Errorf("jobs/a.yaml = %q, %v; want what was committed", content, err)
	}
	if got, want := tree.Describe(), "commit "+commit[:7]; got != want {
		t.Errorf("Describe() = %q, want %q", got, want)
	}
	if tree.Same("jobs/a.yaml", []byte("a: changed\n")) || !tree.Same("jobs/a.yaml", []byte("a: 1\n")) {
		t.Error("Same does not tell the committed content from another")
	}
	if !tree.Same("jobs/a.yaml", []byte("a: 1\r\n")) {
		t.Error("Same takes a checkout with CRLF for a change")
	}
	if tree.HoldsExactly("jobs/a.yaml", IdentityOf([]byte("a: 1\r\n"))) || !tree.HoldsExactly("jobs/a.yaml", IdentityOf([]byte("a: 1\n"))) {
		t.Error("HoldsExactly does not look at every byte")
	}
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("ws/plain.yaml", "12345")
	r.write("ws/scripts/run.sh", "echo")
	r.write("outside.txt", "secret")
	r.link("ws/inside", "scripts/run.sh")
	r.link("ws/folder", "scripts")
	r.link("ws/up", "../outside.txt")
	r.link("ws/absolute", "/etc/hostname")
	r.link("ws/loop", "loop")
	r.link("ws/dangling", "nowhere")
	tree := openTree(t, open(t, filepath.Join(r.dir, "ws")), r.commit("files"))

	for _, tc := range []struct {
		name, file string
		limit      int64
		want       string
		fault      string
	}{
		{name: "a file", file: "plain.yaml", limit: 5, want: "12345"},
		{name: "a link inside", file: "inside", limit: 100, want: "echo"},
		{name: "a linked folder", file: "folder/run.sh", limit: 100, want: "echo"},
		{name: "over the limit", file: "plain.yaml", limit: 4, fault: "at most 4 bytes are read"},
		{name: "a link to outside", file: "up", limit: 100, fault: "leaves the workspace"},
		{name: "an absolute link", file: "absolute", limit: 100, fault: "leaves the workspace"},
		{name: "a link loop", file: "loop", limit: 100, fault: "too many links"},
		{name: "a dangling link", file: "dangling", limit: 100, fault: "not exist"},
		{name: "a name that climbs", file: "../outside.txt", limit: 100, fault: "leaves the workspace"},
		{name: "an absolute name", file: "/etc/passwd", limit: 100, fault: "is an absolute path"},
		{name: "a folder", file: "scripts", limit: 100, fault: "not exist"},
		{name: "a file as a folder", file: "plain.yaml/x", limit: 100, fault: "not exist"},
		{name: "after an error the stream is in step", file: "plain.yaml", limit: 5, want: "12345"},
	} {
		content, err := tree.ReadFile(tc.file, tc.limit)
		switch {
		case tc.fault == "" && (err != nil || string(content) != tc.want):
			t.Errorf("%s: ReadFile(%q) = %q, %v; want %q", tc.name, tc.file, content, err, tc.want)
		case tc.fault != "" && (err == nil || !strings.Contains(err.Error(), tc.fault)):
			t.Errorf("%s: ReadFile(%q): error %v, want one with %q", tc.name, tc.file, err, tc.fault)
		}
	}
	if _, err := tree.ReadFile("missing", 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v, want fs.ErrNotExist", err)
	}
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	repo := open(t, r.dir)
	if head, err := repo.Head(t.Context()); err != nil || head != "" {
		t.Errorf("Head of an empty repository = %q, %v", head, err)
	}
	r.write("f", "1")
	first := r.commit("first")
	r.git("rm", "-q", "f")
	r.write("g", "1")
	second := r.commit("second")

	if head, err := repo.Head(t.Context()); err != nil || head != second {
		t.Errorf("Head = %q, %v; want %q", head, err, second)
	}
	if got, err := repo.Resolve(t.Context(), "HEAD~1"); err != nil || got != first {
		t.Errorf("Resolve(HEAD~1) = %q, %v; want %q", got, err, first)
	}
	for _, revision := range []string{"nowhere", "--help", "-n1", "", "a..b", strings.Repeat("0", 40)} {
		if got, err := repo.Resolve(t.Context(), revision); !errors.Is(err, ErrUnknownRevision) {
			t.Errorf("Resolve(%q) = %q, %v; want ErrUnknownRevision", revision, got, err)
		}
	}
}

func TestMoveRef(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("f", "1")
	first := r.commit("first")
	r.write("f", "2")
	second := r.commit("second")
	repo, ref := open(t, r.dir), "refs/buildsync/prod@host"

	if err := repo.MoveRef(t.Context(), ref, first, ""); err != nil {
		t.Fatal(err)
	}
	if err := repo.MoveRef(t.Context(), ref, second, ""); err == nil {
		t.Error("a ref that exists was created a second time")
	}
	if err := repo.MoveRef(t.Context(), ref, second, second); err == nil {
		t.Error("a ref was moved although it named another commit")
	}
	if err := repo.MoveRef(t.Context(), ref, second, first); err != nil {
		t.Fatal(err)
	}
	if got := r.git("rev-parse", "refs/buildsync/prod@host"); got != second {
		t.Errorf("the ref names %q, want %q", got, second)
	}
	if err := repo.MoveRef(t.Context(), "refs/heads/main", first, second); err == nil {
		t.Error("a branch was moved")
	}
}

func TestShallowCloneSaysSo(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("f", "1")
	first := r.commit("first")
	r.write("f", "2")
	r.commit("second")
	clone := &repository{t: t, dir: t.TempDir()}
	clone.git("clone", "-q", "--depth", "1", "file://"+r.dir, ".")

	repo := open(t, clone.dir)
	if !repo.Shallow {
		t.Error("Shallow is false in a clone of depth 1")
	}
	_, err := repo.Resolve(t.Context(), first)
	if !errors.Is(err, ErrUnknownRevision) || !strings.Contains(err.Error(), "shallow") {
		t.Errorf("Resolve: %v, want a message about the shallow clone", err)
	}
}

func TestOpenOutsideARepository(t *testing.T) {
	t.Parallel()
	if _, err := Open(t.Context(), t.TempDir()); !errors.Is(err, ErrNoRepository) {
		t.Errorf("Open: %v, want ErrNoRepository", err)
	}
}

func TestCancelledContext(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	why := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := Open(ctx, r.dir); !errors.Is(err, why) {
		t.Errorf("Open: %v, want what ended the context", err)
	}
}

// TestHostileRepositoryRunsNothing plants a program at every place of a
// repository from which Git would start one.
func TestHostileRepositoryRunsNothing(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("buildsync.yaml", "version: 1\n")
	r.write(".gitattributes", "* filter=evil diff=evil\n")
	commit := r.commit("first")
	marker := filepath.Join(t.TempDir(), "ran")
	program := filepath.Join(t.TempDir(), "evil")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho ran > '"+marker+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"core.fsmonitor", "core.pager", "pager.log", "core.sshCommand", "core.editor", "diff.external", "gpg.program",
		"filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv", "diff.evil.command", "core.alternateRefsCommand",
	} {
		r.git("config", key, program)
	}
	r.git("config", "log.showSignature", "true")
	for _, hook := range []string{"reference-transaction", "post-index-change", "pre-commit"} {
		content, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(r.dir, ".git", "hooks", hook), content, 0o755); err != nil {
			t.Fatal(err)
		}
	}

	repo := open(t, r.dir)
	tree := openTree(t, repo, commit)
	if _, err := tree.ReadFile("buildsync.yaml", 100); err != nil {
		t.Error(err)
	}
	tree.Same("buildsync.yaml", []byte("x"))
	if err := repo.MoveRef(t.Context(), "refs/buildsync/prod@host", commit, ""); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(marker); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a program from the repository's configuration was started (%v)", err)
	}
}

// TestBlobIDIsGits compares with git hash-object.
func TestBlobIDIsGits(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "content")
		cmd := exec.Command("git", "hash-object", "--stdin")
		cmd.Dir, cmd.Stdin = r.dir, bytes.NewReader(content)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.TrimSpace(string(out)); !IdentityOf(content).asIs.is(want) {
			t.Fatalf("IdentityOf(%q) is not %s", content, want)
		}
	})
}

// TestSHA256Repository checks that object ids with SHA-256 are found like those with SHA-1.
func TestSHA256Repository(t *testing.T) {
	t.Parallel()
	r := newRepository(t, "--object-format=sha256")
	r.write("a.yaml", "a: 1\n")
	commit := r.commit("first")
	repo := open(t, r.dir)
	tree := openTree(t, repo, commit)
	if len(commit) != 64 || !tree.Same("a.yaml", []byte("a: 1\n")) || tree.Same("a.yaml", []byte("a: 2\n")) {
		t.Errorf("commit %s: Same does not tell contents apart", commit)
	}
	if err := repo.MoveRef(t.Context(), "refs/buildsync/default@host", commit, ""); err != nil {
		t.Error(err)
	}
}

func TestChangedLines(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, before, after string
		want                [][2]int
	}{
		{"nothing", "a\nb\n", "a\nb\n", nil},
		{"a line changed", "a\nb\nc\n", "a\nB\nc\n", [][2]int{{2, 2}}},
		{"lines added", "a\nb\n", "a\nx\ny\nb\n", [][2]int{{2, 3}}},
		{"a line gone", "a\nb\nc\n", "a\nc\n", [][2]int{{2, 2}}},
		{"two places", "a\nb\nc\nd\n", "A\nb\nc\nD\n", [][2]int{{1, 1}, {4, 4}}},
		{"all new", "", "a\nb\n", [][2]int{{1, 2}}},
		{"no final break", "a\nb", "a\nb\n", [][2]int{{2, 2}}},
	} {
		if diff := cmp.Diff(tc.want, ChangedLines([]byte(tc.before), []byte(tc.after))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// TestMainBranch checks that the main branch is the remote's, and only without a remote the
// checked-out one.
func TestMainBranch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		if _, err := git(t.Context(), dir, args...); err != nil {
			t.Fatal(err)
		}
	}
	run("init", "-q", "-b", "work")
	repo, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := repo.MainBranch(t.Context()); got != "work" {
		t.Errorf("without a remote: %q", got)
	}
	run("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/release/1")
	if got := repo.MainBranch(t.Context()); got != "release/1" {
		t.Errorf("with a remote: %q", got)
	}
}
