package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/buildsync/buildsync/pkg/remedy"
)

// fileStore keeps rows in one bbolt file. A commit is on disk when it returns, so a killed process
// loses nothing that was answered.
type fileStore struct {
	path string
	db   *bbolt.DB
}

func openFileStore(path string, wait time.Duration) (*fileStore, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("opening the emulator's data: %w", err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: wait})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("opening the emulator's data: %s is in use by another process, %s", path, remedy.StopEmulator)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the emulator's data: %s: %w; "+
			"if it is not an emulator file or was damaged, move it away and start again", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, table := range tables {
			if _, err := tx.CreateBucketIfNotExists([]byte(table)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		_ = db.Close() // the first error says more
		return nil, fmt.Errorf("opening the emulator's data: %s: %w", path, err)
	}
	return &fileStore{path: path, db: db}, nil
}

func (f *fileStore) get(table, key string) ([]byte, error) {
	var value []byte
	err := f.db.View(func(tx *bbolt.Tx) error {
		value = bytes.Clone(tx.Bucket([]byte(table)).Get([]byte(key)))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the emulator's data: %s: %w", f.path, err)
	}
	return value, nil
}

func (f *fileStore) each(table string, row func(string, []byte) error) error {
	return f.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(table)).ForEach(func(key, value []byte) error {
			return row(string(key), value)
		})
	})
}

func (f *fileStore) commit(writes []write) error {
	err := f.db.Update(func(tx *bbolt.Tx) error {
		for _, w := range writes {
			bucket := tx.Bucket([]byte(w.table))
			if w.value == nil {
				if err := bucket.Delete([]byte(w.key)); err != nil {
					return err
				}
				continue
			}
			if err := bucket.Put([]byte(w.key), w.value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("writing the emulator's data: %s: %w", f.path, err)
	}
	return nil
}

func (f *fileStore) close() error { return f.db.Close() }
