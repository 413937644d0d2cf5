package main

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// nobody is the user of the image unless another is chosen.
const nobody = "65532"

// image writes an OCI image for the release's Linux programs, as an archive of an OCI layout. It
// needs no container engine.
func (r *release) image(ctx context.Context) error {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	found := false
	for _, m := range r.made {
		if m.goos != "linux" {
			continue
		}
		found = true
		platform := v1.Platform{OS: m.goos, Architecture: m.goarch}
		image, err := r.imageFor(ctx, m, platform)
		if err != nil {
			return fmt.Errorf("the image for %s/%s: %w", m.goos, m.goarch, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &platform}})
	}
	if !found {
		return nil
	}
	labelled, ok := mutate.Annotations(index, r.labels()).(v1.ImageIndex)
	if !ok {
		return errors.New("the index takes no annotations")
	}
	return r.writeLayout(labelled)
}

// labels describe an image with the keys that OCI defines.
func (r *release) labels() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":         "buildsync",
		"org.opencontainers.image.description":   about,
		"org.opencontainers.image.version":       r.version,
		"org.opencontainers.image.revision":      r.commit,
		"org.opencontainers.image.created":       r.time.Format(time.RFC3339),
		"org.opencontainers.image.source":        "https://github.com/buildsync/buildsync",
		"org.opencontainers.image.documentation": "https://github.com/buildsync/buildsync/tree/main/docs",
	}
}

// imageFor adds the program to the base.
func (r *release) imageFor(ctx context.Context, m made, platform v1.Platform) (v1.Image, error) {
	base, err := r.baseFor(ctx, platform)
	if err != nil {
		return nil, err
	}
	layer, err := r.layer(m)
	if err != nil {
		return nil, err
	}
	image, err := mutate.Append(base, mutate.Addendum{
		Layer:     layer,
		MediaType: types.OCILayer,
		History:   v1.History{Created: v1.Time{Time: r.time}, CreatedBy: "make release", Comment: "buildsync " + r.version},
	})
	if err != nil {
		return nil, err
	}
	old, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config := old.DeepCopy()
	config.OS, config.Architecture = platform.OS, platform.Architecture
	config.Created = v1.Time{Time: r.time}
	config.Config.Entrypoint, config.Config.Cmd = []string{"/usr/bin/buildsync"}, nil
	config.Config.WorkingDir = "/work"
	if config.Config.Labels == nil {
		config.Config.Labels = map[string]string{}
	}
	for key, value := range r.labels() {
		config.Config.Labels[key] = value
	}
	if r.base == "" {
		config.Config.User = nobody
		config.Config.Env = []string{"PATH=/usr/bin", "HOME=/tmp", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"}
	}
	return mutate.ConfigFile(image, config)
}

// baseFor returns the base of the image: an empty one, one of a registry, or one of a folder with
// an OCI layout (oci:FOLDER).
func (r *release) baseFor(ctx context.Context, platform v1.Platform) (v1.Image, error) {
	if r.base == "" {
		return mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), nil
	}
	if folder, local := strings.CutPrefix(r.base, "oci:"); local {
		index, err := layout.ImageIndexFromPath(folder)
		if err != nil {
			return nil, err
		}
		images, err := partial.FindImages(index, func(d v1.Descriptor) bool { return d.Platform == nil || d.Platform.Satisfies(platform) })
		if err != nil {
			return nil, err
		}
		if len(images) != 1 {
			return nil, fmt.Errorf("%s holds %d images for this platform, not one", r.base, len(images))
		}
		return images[0], nil
	}
	reference, err := name.ParseReference(r.base)
	if err != nil {
		return nil, err
	}
	if _, pinned := reference.(name.Digest); !pinned {
		return nil, fmt.Errorf("BASE=%s can be another image tomorrow; name it by its digest, NAME@sha256:…", r.base)
	}
	return remote.Image(reference, remote.WithContext(ctx), remote.WithPlatform(platform))
}

// layer holds the program and, without a base, the files that it needs.
func (r *release) layer(m made) (v1.Layer, error) {
	bill, err := os.ReadFile(filepath.Join(r.out, m.bill))
	if err != nil {
		return nil, err
	}
	program, err := os.ReadFile(m.program)
	if err != nil {
		return nil, err
	}
	files := []file{
		{name: "usr/bin/buildsync", text: program, program: true},
		{name: "usr/share/doc/buildsync/buildsync.cdx.json", text: bill},
	}
	if r.base == "" {
		files = append(files,
			file{name: "etc/group", text: []byte("root:x:0:\nnobody:x:" + nobody + ":\n")},
			file{name: "etc/passwd", text: []byte("root:x:0:0:root:/root:/sbin/nologin\nnobody:x:" + nobody + ":" + nobody + ":nobody:/tmp:/sbin/nologin\n")},
			file{name: "etc/ssl/certs/ca-certificates.crt", text: roots()},
			file{name: "tmp/", folder: 0o1777},
			file{name: "work/", folder: 0o1777},
		)
	}
	packed, err := packTar(files, r.time)
	if err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed)), nil },
		tarball.WithMediaType(types.OCILayer))
}

// roots are Mozilla's certificate authorities, as PEM.
func roots() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer accepts everything
	}
	return out.Bytes()
}

// writeLayout writes an index as one archive, sorted and without owners.
func (r *release) writeLayout(index v1.ImageIndex) error {
	folder, err := os.MkdirTemp("", "buildsync-image")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	if err := path.AppendIndex(index, layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": r.version,
		"io.containerd.image.name":          "docker.io/library/buildsync:" + r.version, // what docker and podman load call it
	})); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := tarFolder(&out, folder, r.time); err != nil {
		return err
	}
	name := "buildsync_" + r.version + "_oci.tar"
	if err := os.WriteFile(filepath.Join(r.out, name), out.Bytes(), 0o644); err != nil {
		return err
	}
	r.made = append(r.made, made{goos: "oci", name: name, sum: sha256.Sum256(out.Bytes())})
	fmt.Printf("%s  %.1f MB\n", filepath.Join(r.out, name), float64(out.Len())/1e6)
	return nil
}

// tarFolder packs the files of a folder, sorted by name.
func tarFolder(w io.Writer, folder string, at time.Time) error {
	entries := tar.NewWriter(w)
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil {
			return err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: path, Mode: 0o644, Size: int64(len(text)), ModTime: at, Format: tar.FormatUSTAR}
		if err := entries.WriteHeader(header); err != nil {
			return err
		}
		_, err = entries.Write(text)
		return err
	})
	return errors.Join(err, entries.Close())
}
