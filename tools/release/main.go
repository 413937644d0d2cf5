// Command release builds the files of a release: for each system an archive with the program, its
// completions and manual pages; checksums; a list of the linked modules; an OCI image; and
// manifests for Homebrew and Scoop.
//
// The same commit and the same Go give the same bytes on every machine: the version and all times
// come from Git, paths are trimmed, and archive entries are sorted and have no owner.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// platforms are the systems of a release.
const platforms = "linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var r release
	targets := ""
	flag.StringVar(&r.source, "source", ".", "the clone to release")
	flag.StringVar(&r.out, "out", "dist/release", "the folder for the release; it is emptied first")
	flag.StringVar(&r.address, "url", "https://github.com/buildsync/buildsync/releases/download/v@VERSION@", "the address of the archives, for the manifests")
	flag.StringVar(&targets, "targets", platforms, "the systems to build for: OS/ARCH, separated by blanks")
	flag.StringVar(&r.base, "base", "", "the base of the OCI image: NAME@sha256:… or oci:FOLDER; empty for none")
	flag.StringVar(&r.goCommand, "go", "go", "the go command")
	flag.Parse()
	r.targets = strings.Fields(targets)
	if err := r.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// release is one run.
type release struct {
	source, out, address, goCommand string
	base                            string
	targets                         []string

	version string
	commit  string
	time    time.Time // time of the commit
	pages   []file    // manual pages and completions
	made    []made
}

// made is an archive.
type made struct {
	goos, goarch, name string
	program, bill      string // holds the program and the list of linked modules
	sum                [sha256.Size]byte
}

func (r *release) run(ctx context.Context) error {
	if len(r.targets) == 0 {
		return errors.New("-targets is empty")
	}
	if err := r.readCommit(ctx); err != nil {
		return err
	}
	// Only files of an earlier run are removed.
	old, err := filepath.Glob(filepath.Join(r.out, "buildsync*"))
	if err != nil {
		return err
	}
	for _, name := range append(old, filepath.Join(r.out, "checksums.txt")) {
		if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "buildsync-release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	host := filepath.Join(work, "buildsync-host"+suffix(runtime.GOOS))
	if err := r.build(ctx, runtime.GOOS, runtime.GOARCH, host); err != nil {
		return err
	}
	if err := r.readProgram(ctx, host); err != nil {
		return err
	}
	for _, target := range r.targets {
		goos, goarch, ok := strings.Cut(target, "/")
		if !ok {
			return fmt.Errorf("-targets: %q is not OS/ARCH", target)
		}
		if err := r.archive(ctx, work, goos, goarch); err != nil {
			return fmt.Errorf("%s: %w", target, err)
		}
	}
	if err := r.image(ctx); err != nil {
		return err
	}
	return r.writeManifests()
}

// readCommit reads the time of the commit, and refuses a working tree with changes: nobody could
// build it again.
func (r *release) readCommit(ctx context.Context) error {
	changed, err := r.git(ctx, "status", "--porcelain", "--untracked-files=no")
	if err != nil {
		return err
	}
	if changed != "" {
		return fmt.Errorf("commit these changes first; a release is made from a commit:\n%s", changed)
	}
	if r.commit, err = r.git(ctx, "rev-parse", "HEAD"); err != nil {
		return err
	}
	text, err := r.git(ctx, "log", "-1", "--format=%cI")
	if err != nil {
		return err
	}
	r.time, err = time.Parse(time.RFC3339, text)
	r.time = r.time.UTC()
	return err
}

func (r *release) git(ctx context.Context, args ...string) (string, error) {
	out, err := r.output(exec.CommandContext(ctx, "git", append([]string{"-C", r.source}, args...)...))
	return strings.TrimSpace(string(out)), err
}

// output runs a command; an error contains the command's stderr.
func (r *release) output(command *exec.Cmd) ([]byte, error) {
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(command.Args, " "), err, bytes.TrimSpace(said.Bytes()))
	}
	return out, nil
}

// build builds the program. -buildvcs stamps the version, the commit and its time, and fails
// without Git.
func (r *release) build(ctx context.Context, goos, goarch, into string) error {
	full, err := filepath.Abs(into)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, r.goCommand, "build", "-trimpath", "-buildvcs=true", "-tags", "urfave_cli_no_docs",
		"-ldflags=-s -w -buildid=", "-o", full, "./cmd/buildsync")
	command.Dir = r.source
	// The caller's settings must not change the result.
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOFLAGS=-mod=readonly", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOWORK=off")
	_, err = r.output(command)
	return err
}

// readProgram asks this machine's program for its version, completions and manual.
func (r *release) readProgram(ctx context.Context, host string) error {
	info, err := buildinfo.ReadFile(host)
	if err != nil {
		return err
	}
	if r.version = strings.TrimPrefix(info.Main.Version, "v"); r.version == "" || strings.Contains(r.version, "devel") {
		return fmt.Errorf("the program has no version (%q): build it in a clone of the repository; %s is not one", info.Main.Version, r.source)
	}
	if strings.Contains(r.version, "+") { // as in 1.2.3+dirty
		return fmt.Errorf("the version %s is of a working tree, not of a commit", r.version)
	}
	r.address = strings.ReplaceAll(r.address, "@VERSION@", r.version)
	for _, shell := range [][2]string{{"bash", "buildsync.bash"}, {"zsh", "_buildsync"}, {"fish", "buildsync.fish"}, {"powershell", "buildsync.ps1"}} {
		script, err := r.output(exec.CommandContext(ctx, host, "completion", shell[0]))
		if err != nil {
			return err
		}
		r.pages = append(r.pages, file{name: "completions/" + shell[1], text: script})
	}
	help := func(command ...string) (string, error) {
		out, err := r.output(exec.CommandContext(ctx, host, append(command, "--help")...))
		return string(out), err
	}
	manual, err := manualPages(help, r.version, r.time)
	r.pages = append(r.pages, manual...)
	return err
}

// archive builds and packs the program for one system.
func (r *release) archive(ctx context.Context, work, goos, goarch string) error {
	program := filepath.Join(work, goos+"-"+goarch+suffix(goos))
	if err := r.build(ctx, goos, goarch, program); err != nil {
		return err
	}
	text, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	files := append([]file{{name: "buildsync" + suffix(goos), text: text, program: true}}, r.pages...)
	// A licence file, once the owner has chosen one, belongs here.
	for _, name := range []string{"README.md", "CHANGELOG.md", "LICENSE"} {
		text, err := os.ReadFile(filepath.Join(r.source, name))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		files = append(files, file{name: name, text: text})
	}
	name, pack := fmt.Sprintf("buildsync_%s_%s_%s", r.version, goos, goarch), packTar
	ending := ".tar.gz"
	if goos == "windows" {
		pack, ending = packZip, ".zip"
	}
	packed, err := pack(files, r.time)
	if err != nil {
		return err
	}
	list, err := billOfMaterials(program, r.version, r.time)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.out, name+".cdx.json"), list, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.out, name+ending), packed, 0o644); err != nil {
		return err
	}
	r.made = append(r.made, made{goos, goarch, name + ending, program, name + ".cdx.json", sha256.Sum256(packed)})
	fmt.Printf("%s  %.1f MB\n", filepath.Join(r.out, name+ending), float64(len(packed))/1e6)
	return nil
}

func suffix(goos string) string {
	if goos == "windows" {
		return ".exe"
	}
	return ""
}
