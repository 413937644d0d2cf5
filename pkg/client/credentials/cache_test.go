package credentials_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/client/credentials"
)

func TestCache(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tokens")
	cache, err := credentials.OpenCache(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := cache.Load("who"); ok {
		t.Error("an empty cache holds a token")
	}
	end := time.Now().Add(24 * time.Hour).Round(0)
	if err := cache.Store("who", "T1", end); err != nil {
		t.Fatal(err)
	}
	token, expires, ok := cache.Load("who")
	if !ok || token != "T1" || !expires.Before(end) {
		t.Errorf("Load = %q, %v, %v", token, expires, ok)
	}
	if _, _, ok := cache.Load("somebody else"); ok {
		t.Error("the token of another account was loaded")
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("files: %v, %v", files, err)
	}
	if strings.Contains(files[0].Name(), "who") {
		t.Error("the name of the file shows the token's account")
	}
	if runtime.GOOS == "windows" {
		return
	}
	path := filepath.Join(dir, files[0].Name())
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := cache.Load("who"); ok {
		t.Error("a token that others could read was used")
	}
}

// stored returns a cache with one token, and its file.
func stored(t *testing.T) (cache *credentials.Cache, path string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tokens")
	cache, err := credentials.OpenCache(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := cache.Store("who", "T1", time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return cache, filepath.Join(dir, files[0].Name())
}

func TestCacheDoesNotFollowPlantedLinks(t *testing.T) {
	t.Parallel()
	cache, path := stored(t)
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, path); err != nil {
		t.Fatal(err)
	}
	if err := cache.Store("who", "T2", time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(victim); err != nil || string(data) != "mine" {
		t.Errorf("the link's target now holds %q, %v", data, err)
	}
}

func TestOpenCacheRefusesSharedDirectories(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := credentials.OpenCache(dir); err == nil {
		t.Error("a directory that others can enter was accepted")
	}
}

func TestDamagedEntriesAreNoTokens(t *testing.T) {
	t.Parallel()
	cache, path := stored(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if token, _, ok := cache.Load("who"); ok {
			t.Fatalf("cut after %d bytes, the entry gave %q", n, token)
		}
	}
}
