// Package outfile writes files in one step: the old content stays until the new one is safely on
// disk. A result never replaces a file that a workspace reads, whichever flag named it.
package outfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/buildsync/buildsync/internal/failpoint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Write writes a result that only its owner can read.
func Write(name string, content []byte) error { return WriteMode(name, content, 0o600) }

// WriteMode is replaceFile for content that is there as a whole.
func WriteMode(name string, content []byte, mode fs.FileMode) error {
	return Replace(name, mode, whole(content))
}

// WriteSource replaces a file that buildsync reads, such as a definition.
func WriteSource(name string, content []byte, mode fs.FileMode) error {
	return replaceSource(name, mode, whole(content))
}

// ReadSource reads a regular file up to the limit of a definition file: a pipe would block, and a
// device never end.
func ReadSource(path string) ([]byte, fs.FileMode, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, 0, err
	case !info.Mode().IsRegular():
		return nil, 0, errors.New("it is not a regular file")
	case info.Size() > spec.MaxFileBytes:
		return nil, 0, fmt.Errorf("it has %d bytes; at most %d are read", info.Size(), spec.MaxFileBytes)
	}
	text, err := os.ReadFile(path)
	return text, info.Mode().Perm(), err
}

// whole writes content that is there as a whole.
func whole(content []byte) func(w io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

// Check checks whether a result can be written to name, before the work for it begins. It leaves
// nothing behind.
func Check(name string) error {
	if err := CheckUnread(name); err != nil {
		return err
	}
	if err := notReplaceable(name); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	temporary, err := createBeside(name)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := errors.Join(temporary.Close(), os.Remove(temporary.Name())); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// createBeside creates a file in the folder of another. Errors do not show its temporary name.
func createBeside(name string) (*os.File, error) {
	folder := filepath.Dir(name)
	file, err := os.CreateTemp(folder, ".buildsync-*")
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s", folder)
	case errors.As(err, &at):
		return nil, fmt.Errorf("in the folder %s: %w", folder, at.Err)
	}
	return file, err
}

// notReplaceable returns why a file must not be replaced, nil if it may.
func notReplaceable(name string) error {
	switch info, err := os.Lstat(name); {
	case err == nil && !info.Mode().IsRegular():
		return errors.New("it exists and is not a regular file")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}

// Replace is replaceAny for results. It is the one place through which they
// go, so it refuses every file that a workspace reads, whatever its ending.
func Replace(name string, mode fs.FileMode, write func(io.Writer) error) error {
	if err := CheckUnread(name); err != nil {
		return err
	}
	return replaceSource(name, mode, write)
}

// replaceSource replaces a file in one step by the output of write: the old content stays until the
// new one is safely on disk. It replaces only regular files, never a link, a device or a pipe.
func replaceSource(name string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing %s: %w", name, err)
		}
	}()
	if err := notReplaceable(name); err != nil {
		return err
	}
	if err := failpoint.Fail("file.create"); err != nil {
		return err
	}
	temporary, err := createBeside(name)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary.Name())
		}
	}()
	err = errors.Join(write(temporary), failpoint.Fail("file.write"))
	if err == nil && mode != 0o600 {
		err = temporary.Chmod(mode)
	}
	if err == nil {
		err = errors.Join(temporary.Sync(), failpoint.Fail("file.sync"))
	}
	if closed := temporary.Close(); err == nil {
		err = errors.Join(closed, failpoint.Fail("file.rename"))
	}
	if err != nil {
		return err
	}
	failpoint.At("file written")
	return os.Rename(temporary.Name(), name)
}
