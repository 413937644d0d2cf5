//go:build linux

package main

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// unpack writes the files of a tar file into a folder.
func unpack(t *testing.T, from io.Reader, into string) {
	t.Helper()
	entries := tar.NewReader(from)
	for {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(into, header.Name)
		if header.Typeflag == tar.TypeDir {
			err = errors.Join(os.MkdirAll(name, 0o755), os.Chmod(name, 0o777|os.ModeSticky))
		} else {
			text, readErr := io.ReadAll(entries)
			err = errors.Join(readErr, os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, text, header.FileInfo().Mode()))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// imageOf opens the image for this machine in an archive of an OCI layout.
func imageOf(t *testing.T, archive string) v1.Image {
	t.Helper()
	folder := t.TempDir()
	unpack(t, bytes.NewReader(read(t, archive)), folder)
	outer, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := outer.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 {
		t.Fatalf("%v %v", manifest, err)
	}
	index, err := outer.ImageIndex(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Errorf("the image is not valid: %v", err)
	}
	list, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list.Manifests {
		if d.Platform.OS == runtime.GOOS && d.Platform.Architecture == runtime.GOARCH {
			image, err := index.Image(d.Digest)
			if err != nil {
				t.Fatal(err)
			}
			return image
		}
	}
	t.Fatalf("no image for this machine: %v", list.Manifests)
	return nil
}

// checkImage checks that a release's image holds all that the program needs, and has its labels.
func checkImage(t *testing.T, archive, commit string) {
	t.Helper()
	image := imageOf(t, archive)
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	labels := config.Config.Labels
	if labels["org.opencontainers.image.version"] != "1.2.3" || labels["org.opencontainers.image.revision"] != commit || config.Config.User != nobody ||
		strings.Join(config.Config.Entrypoint, " ") != "/usr/bin/buildsync" || !config.Created.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("the configuration is %+v", config)
	}
	root := t.TempDir()
	unpack(t, mutate.Extract(image), root)
	if !x509.NewCertPool().AppendCertsFromPEM(read(t, filepath.Join(root, "etc/ssl/certs/ca-certificates.crt"))) {
		t.Error("the image trusts nobody")
	}
	checkBill(t, read(t, filepath.Join(root, "usr/share/doc/buildsync/buildsync.cdx.json")), commit)
	inside := func(args ...string) string {
		t.Helper()
		command := exec.Command("/usr/bin/buildsync", args...)
		command.Env = append(config.Config.Env, "BUILDSYNC_ENDPOINT=emulator")
		command.Dir = config.Config.WorkingDir
		if os.Geteuid() == 0 {
			command.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		} else { // not allowed to change the root: run outside of the image
			command.Path, command.Dir = filepath.Join(root, "usr/bin/buildsync"), filepath.Join(root, "work")
		}
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	inside("init", "builds")
	if out := inside("-C", "builds", "plan"); !strings.Contains(out, "1 to create") {
		t.Errorf("plan says\n%s", out)
	}
	if out := inside("-C", "builds", "apply", "--yes"); !strings.Contains(out, "Apply: 1 applied.") {
		t.Errorf("apply says\n%s", out)
	}
}

// TestImageOverABase checks that the base's files stay, and that a base without a digest is
// refused.
func TestImageOverABase(t *testing.T) {
	layer := func(files ...file) v1.Layer {
		packed, err := packTar(files, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed)), nil })
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	base, err := mutate.AppendLayers(empty.Image, layer(file{name: "usr/bin/git", text: []byte("git"), program: true}))
	if err == nil {
		base, err = mutate.Config(base, v1.Config{User: "builder", Env: []string{"PATH=/usr/bin"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path, err := layout.Write(folder, empty.Index)
	if err == nil {
		err = path.AppendImage(base, layout.WithPlatform(v1.Platform{OS: runtime.GOOS, Architecture: runtime.GOARCH}))
	}
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	for name, text := range map[string]string{"program": "buildsync", "bill": "{}"} {
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := release{
		out: out, base: "oci:" + folder, version: "1.2.3", time: time.Unix(0, 0).UTC(),
		made: []made{{goos: runtime.GOOS, goarch: runtime.GOARCH, program: filepath.Join(out, "program"), bill: "bill"}},
	}
	if err := r.image(t.Context()); err != nil {
		t.Fatal(err)
	}
	image := imageOf(t, filepath.Join(out, "buildsync_1.2.3_oci.tar"))
	config, err := image.ConfigFile()
	if err != nil || config.Config.User != "builder" || config.Config.Labels["org.opencontainers.image.version"] != "1.2.3" {
		t.Errorf("%+v %v", config, err)
	}
	root := t.TempDir()
	unpack(t, mutate.Extract(image), root)
	if string(read(t, filepath.Join(root, "usr/bin/git"))) != "git" || string(read(t, filepath.Join(root, "usr/bin/buildsync"))) != "buildsync" {
		t.Error("a program is missing")
	}
	r.base = "registry.example.com/git:latest"
	if err := r.image(t.Context()); err == nil || !strings.Contains(err.Error(), "name it by its digest") {
		t.Errorf("a base by its tag: %v", err)
	}
}
