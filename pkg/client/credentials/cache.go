package credentials

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Cache keeps IAM tokens in a directory, each in a file that only its owner can
// read. Nothing is cached unless the user asked for it.
type Cache struct{ dir string }

// margin is how much of a token's life is left unused.
const margin = 10 * time.Minute

// OpenCache returns the cache in dir, which is made if it is missing. A
// directory that others can read or write is refused.
func OpenCache(dir string) (*Cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the token cache: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the token cache: %w", err)
	}
	if !info.IsDir() || !private(info.Mode()) {
		return nil, fmt.Errorf("the token cache %q must be a directory that only its owner can enter: chmod 700 it", dir)
	}
	return &Cache{dir: dir}, nil
}

type entry struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

// path returns the file of a key. The name is a hash, to hide the owner of the token.
func (c *Cache) path(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(c.dir, hex.EncodeToString(sum[:])+".json")
}

// Load returns a token that is still valid. An unusable file counts as no token, because the cache
// is only a convenience.
func (c *Cache) Load(key string) (token string, expires time.Time, ok bool) {
	f, err := os.Open(c.path(key))
	if err != nil {
		return "", time.Time{}, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || !private(info.Mode()) {
		return "", time.Time{}, false
	}
	data, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return "", time.Time{}, false
	}
	var e entry
	if json.Unmarshal(data, &e) != nil || e.Token == "" {
		return "", time.Time{}, false
	}
	return e.Token, e.Expires, true
}

// Store keeps a token for less than its life.
func (c *Cache) Store(key, token string, expires time.Time) (err error) {
	data, err := json.Marshal(entry{Token: token, Expires: expires.Add(-margin)})
	if err != nil {
		return err
	}
	// CreateTemp makes an unguessable name and mode 0600; the rename replaces a
	// link instead of following it.
	f, err := os.CreateTemp(c.dir, ".token-*")
	if err != nil {
		return fmt.Errorf("writing the token cache: %w", sanitize.WithoutPath(err))
	}
	defer func() {
		if removeErr := os.Remove(f.Name()); removeErr != nil && !errors.Is(removeErr, fs.ErrNotExist) && err == nil {
			err = removeErr
		}
	}()
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), c.path(key))
	}
	if err != nil {
		return fmt.Errorf("writing the token cache: %w", sanitize.WithoutPath(err))
	}
	return nil
}
