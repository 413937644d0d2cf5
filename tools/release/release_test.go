//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// clone makes a clone of this repository with its present files, one commit with a fixed date, and
// the tag v1.2.3.
func clone(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), strings.Repeat("x", os.Getpid()%7), "clone")
	for _, name := range sourceFiles(t, root) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // removed but not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "--force", "."}, {"commit", "-q", "-m", "as it is"}, {"tag", "v1.2.3"}} {
		run(t, dir, nil, "git", args...)
	}
	return dir
}

// sourceFiles lists the files that Git tracks, or all if the source has no Git.
func sourceFiles(t *testing.T, root string) []string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, ".git")); err == nil {
		return strings.Split(strings.Trim(run(t, root, nil, "git", "ls-files", "-z"), "\x00"), "\x00")
	}
	var names []string
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			var name string
			name, err = filepath.Rel(root, path)
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func run(t *testing.T, dir string, env []string, program string, args ...string) string {
	t.Helper()
	command := exec.Command(program, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=dev", "GIT_AUTHOR_EMAIL=dev@example.com", "GIT_COMMITTER_NAME=dev",
		"GIT_COMMITTER_EMAIL=dev@example.com", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
	command.Env = append(command.Env, env...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}

// TestRelease checks that two clones make the same bytes, and that the pipelines' script can
// install them.
func TestRelease(t *testing.T) {
	var outs [2]string
	var commit string
	for i := range outs {
		source := clone(t)
		commit = strings.TrimSpace(run(t, source, nil, "git", "rev-parse", "HEAD"))
		outs[i] = filepath.Join(t.TempDir(), "out")
		r := release{source: source, out: outs[i], goCommand: "go", address: "https://releases.example.com/v@VERSION@", targets: []string{runtime.GOOS + "/" + runtime.GOARCH}}
		if err := r.run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	names, err := os.ReadDir(outs[0])
	if err != nil || len(names) != 6 {
		t.Fatalf("%v %v", names, err)
	}
	for _, name := range names {
		first, second := read(t, filepath.Join(outs[0], name.Name())), read(t, filepath.Join(outs[1], name.Name()))
		if !bytes.Equal(first, second) {
			t.Errorf("%s has %d and %d bytes, which differ", name.Name(), len(first), len(second))
		}
	}

	archive := fmt.Sprintf("buildsync_1.2.3_%s_%s.tar.gz", runtime.GOOS, runtime.GOARCH)
	sum := fmt.Sprintf("%x", sha256.Sum256(read(t, filepath.Join(outs[0], archive))))
	if got := string(read(t, filepath.Join(outs[0], "checksums.txt"))); !strings.HasPrefix(got, sum+"  "+archive+"\n") || !strings.HasSuffix(got, "  buildsync_1.2.3_oci.tar\n") {
		t.Errorf("checksums.txt is %q", got)
	}
	formula := string(read(t, filepath.Join(outs[0], "buildsync.rb")))
	if !strings.Contains(formula, sum) || !strings.Contains(formula, "https://releases.example.com/v1.2.3/"+archive) {
		t.Errorf("the formula lacks the archive:\n%s", formula)
	}
	checkBill(t, read(t, filepath.Join(outs[0], strings.TrimSuffix(archive, ".tar.gz")+".cdx.json")), commit)

	checkImage(t, filepath.Join(outs[0], "buildsync_1.2.3_oci.tar"), commit)

	home := t.TempDir()
	run(t, home, nil, "tar", "-xzf", filepath.Join(outs[0], archive))
	if runtime.GOOS == "linux" && runtime.GOARCH == "amd64" {
		install, err := filepath.Abs("../../internal/initfiles/scaffold/install.sh")
		if err != nil {
			t.Fatal(err)
		}
		env := []string{"HOME=" + home, "BUILDSYNC_RELEASES=file://" + outs[0], "BUILDSYNC_VERSION=1.2.3", "BUILDSYNC_SHA256=" + sum}
		if out := run(t, home, env, "sh", "-ec", ". "+install+"; command -v buildsync"); !strings.Contains(out, filepath.Join(home, ".local", "bin", "buildsync")) {
			t.Errorf("installed is %q", out)
		}
	}
	program := filepath.Join(home, "buildsync")
	if got, want := run(t, home, nil, program, "version"), "buildsync 1.2.3 (commit "+commit[:12]+" of 2026-01-02) "; !strings.HasPrefix(got, want) {
		t.Errorf("version says %q, want %q", got, want)
	}
	run(t, home, []string{"BUILDSYNC_ENDPOINT=emulator"}, program, "init", "builds")
	if out := run(t, home, []string{"BUILDSYNC_ENDPOINT=emulator"}, program, "-C", "builds", "plan"); !strings.Contains(out, "1 to create") {
		t.Errorf("plan says\n%s", out)
	}
	for name, want := range map[string]string{
		"man/man1/buildsync.1": ".SH NAME\nbuildsync \\- Git as", "man/man1/buildsync-plan.1": "\\-\\-base REF", "man/man1/buildsync-job-run.1": ".SH SYNOPSIS",
		"completions/buildsync.bash": "complete ", "completions/_buildsync": "compdef", "completions/buildsync.fish": "complete ", "completions/buildsync.ps1": "Register-ArgumentCompleter",
		"README.md": "# buildsync",
	} {
		if text := string(read(t, filepath.Join(home, name))); !strings.Contains(text, want) {
			t.Errorf("%s lacks %q:\n%.300s", name, want, text)
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func checkBill(t *testing.T, text []byte, commit string) {
	t.Helper()
	var bill struct {
		BOMFormat  string
		Metadata   struct{ Component component }
		Components []component
	}
	if err := json.Unmarshal(text, &bill); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, c := range bill.Components {
		listed[c.Name] = c.Version != "" && c.PURL != ""
	}
	if bill.BOMFormat != "CycloneDX" || bill.Metadata.Component.Version != "1.2.3" || !listed["std"] || !listed["github.com/urfave/cli/v2"] || !bytes.Contains(text, []byte(commit)) {
		t.Errorf("the list of materials is\n%s", text)
	}
}

// TestRefusesChanges checks that a release of uncommitted changes is refused.
func TestRefusesChanges(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("1"), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, dir, nil, "git", "init", "-q")
	run(t, dir, nil, "git", "add", "a")
	r := release{source: dir, out: filepath.Join(dir, "out"), targets: []string{"linux/amd64"}}
	if err := r.run(t.Context()); err == nil || !strings.Contains(err.Error(), "commit these changes first") {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(r.out); !os.IsNotExist(err) {
		t.Errorf("the folder was made: %v", err)
	}
}

// TestArchives checks that the order of files and the time do not change an archive's bytes.
func TestArchives(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a, b := file{name: "a/b", text: []byte("text")}, file{name: "tool.exe", text: []byte("program"), program: true}
	for name, pack := range map[string]func([]file, time.Time) ([]byte, error){"tar": packTar, "zip": packZip} {
		first, err := pack([]file{a, b}, at)
		if err != nil {
			t.Fatal(err)
		}
		second, err := pack([]file{b, a}, at)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s: the bytes depend on the order: %v", name, err)
		}
		if name == "zip" {
			entries, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
			if err != nil || len(entries.File) != 2 || !entries.File[1].Modified.Equal(at) {
				t.Errorf("the zip file is not as it should be: %v", err)
			}
		}
	}
}

// TestManualPage checks that a line like a troff request stays text.
func TestManualPage(t *testing.T) {
	page := manualPage("tool-x", "tool x – do 'it'\n\nUsage:\n   tool x\n\nA text.\n.hidden is a\\b\n\nFlags:\n   --help\n", "1.0", time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
	want := `.TH TOOL\-X 1 2026-01-02 "buildsync 1.0"
.SH NAME
tool\-x \- do \(aqit\(aq
.SH SYNOPSIS
.nf
   tool x

.fi
.SH DESCRIPTION
.nf
A text.
\&.hidden is a\eb

.fi
.SH FLAGS
.nf
   \-\-help
.fi
`
	if page != want {
		t.Errorf("the page is\n%s", page)
	}
}
