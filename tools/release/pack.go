package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"slices"
	"time"
)

// file is an entry of an archive.
type file struct {
	name    string
	text    []byte
	program bool
	folder  int64 // the mode; 0 means a file with the usual mode. A folder's name ends with a slash
}

func (f file) mode() int64 {
	switch {
	case f.folder != 0:
		return f.folder
	case f.program:
		return 0o755
	}
	return 0o644
}

func sorted(files []file) []file {
	return slices.SortedFunc(slices.Values(files), func(a, b file) int { return cmp.Compare(a.name, b.name) })
}

func packTar(files []file, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	packed, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	entries := tar.NewWriter(packed)
	for _, f := range sorted(files) {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode(), Size: int64(len(f.text)), ModTime: at, Format: tar.FormatUSTAR}
		if f.folder != 0 {
			header.Typeflag = tar.TypeDir
		}
		if err := entries.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := entries.Write(f.text); err != nil {
			return nil, err
		}
	}
	err = errors.Join(entries.Close(), packed.Close())
	return out.Bytes(), err
}

func packZip(files []file, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	entries := zip.NewWriter(&out)
	for _, f := range sorted(files) {
		entry, err := entries.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: at})
		if err != nil {
			return nil, err
		}
		if _, err := entry.Write(f.text); err != nil {
			return nil, err
		}
	}
	err := entries.Close()
	return out.Bytes(), err
}
