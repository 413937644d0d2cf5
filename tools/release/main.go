// Command release builds what people install: an archive for each system with the
// program, its completions and its manual pages, checksums, a list of what is
// linked in, an OCI image, and the manifests for Homebrew and Scoop.
//
// The same commit and the same Go make the same bytes, wherever and whenever: the
// version and all times come from Git, paths are trimmed, and the entries of an
// archive are sorted and belong to nobody.
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

// platforms are those that a release is for.
const platforms = "linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var r release
	targets := ""
	flag.StringVar(&r.source, "source", ".", "the clone that is released")
	flag.StringVar(&r.out, "out", "dist/release", "the folder for the release; it is emptied first")
	flag.StringVar(&r.address, "url", "https://github.com/buildsync/buildsync/releases/download/v@VERSION@", "where the archives will be, for the manifests")
	flag.StringVar(&targets, "targets", platforms, "what to build for: OS/ARCH, separated by blanks")
	flag.StringVar(&r.base, "base", "", "the image that the OCI image is laid over: NAME@sha256:…, or oci:FOLDER; empty: none")
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
	time    time.Time // of the commit
	pages   []file    // manual pages and completions
	made    []made
}

// made is an archive.
type made struct {
	goos, goarch, name string
	program, bill      string // the program in it, and the list of what is linked in
	sum                [sha256.Size]byte
}

func (r *release) run(ctx context.Context) error {
	if len(r.targets) == 0 {
		return errors.New("-targets is empty")
	}
	if err := r.readCommit(ctx); err != nil {
		return err
	}
	// Only what an earlier run made is removed.
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

// readCommit reads the time of the commit, and refuses a work tree with changes:
// nobody could build the same again.
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

// output runs a command; what it said on stderr is part of the error.
func (r *release) output(command *exec.Cmd) ([]byte, error) {
	var said bytes.Buffer
	command.Stderr = &said
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(command.Args, " "), err, bytes.TrimSpace(said.Bytes()))
	}
	return out, nil
}

// build builds the program. -buildvcs makes Go put the version, the commit and
// its time into it, and fail where there is no Git to ask.
func (r *release) build(ctx context.Context, goos, goarch, into string) error {
	full, err := filepath.Abs(into)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, r.goCommand, "build", "-trimpath", "-buildvcs=true", "-tags", "urfave_cli_no_docs",
		"-ldflags=-s -w -buildid=", "-o", full, "./cmd/buildsync")
	command.Dir = r.source
	// The caller's settings must not reach the result.
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOFLAGS=-mod=readonly", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOWORK=off")
	_, err = r.output(command)
	return err
}

// readProgram asks the program of this machine for its version, completions and
// manual.
func (r *release) readProgram(ctx context.Context, host string) error {
	info, err := buildinfo.ReadFile(host)
	if err != nil {
		return err
	}
	if r.version = strings.TrimPrefix(info.Main.Version, "v"); r.version == "" || strings.Contains(r.version, "devel") {
		return fmt.Errorf("Go found no version for the program (%q); is %s a clone?", info.Main.Version, r.source)
	}
	if strings.Contains(r.version, "+") { // as in 1.2.3+dirty
		return fmt.Errorf("the version %s names a work tree and not a commit", r.version)
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

// archive builds for one target and packs it.
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
	// The licence is the owner's to choose; the place for it is here.
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
