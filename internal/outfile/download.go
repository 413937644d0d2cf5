package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// OpenDownload opens a file that only its owner can read. If kept is true, its content is the
// beginning of the download; otherwise it is emptied.
func OpenDownload(name string, kept bool) (*os.File, error) {
	if err := CheckUnread(name); err != nil {
		return nil, err
	}
	switch info, err := os.Lstat(name); {
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("writing %s: it exists and is not a regular file", name)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	flags := os.O_RDWR | os.O_CREATE
	if !kept {
		flags |= os.O_TRUNC
	}
	file, err := os.OpenFile(name, flags, 0o600)
	if err == nil {
		if err = file.Chmod(0o600); err != nil {
			_ = file.Close() // nothing was written to it
		}
	}
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	return file, nil
}
