//go:build unix && !solaris && !illumos && !aix

package apply

import (
	"errors"
	"os"
	"syscall"
)

// lockFile takes the lock of an open file. Closing the file releases it.
func lockFile(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errLocked
	}
	return err
}
