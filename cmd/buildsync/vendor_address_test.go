package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnAddressIsNeverShown gives a secret in every place of a source's address
// to every command that reads buildsync.yaml: none prints it, whatever else is
// wrong with the line.
func TestAnAddressIsNeverShown(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3tT"
	rests := []string{"ref: v1, path: t}", `ref: "a b", path: t}`, "ref: v1, path: t, nokey: 1}"}
	for _, address := range []string{
		"https://s3cr3tT@host/x", "https://u:s3cr3tT@host/x", "https://s3cr3tT:@host/x", "https://host/x?private_token=s3cr3tT",
		"https://host/x#s3cr3tT", "https://u%3As3cr3tT@host/x", "https://u:s3cr3tT%zz@host/x", "https://s3cr3tT@ho st/x",
		"http://s3cr3tT@host/x", "git://u:s3cr3tT@host/x", "ssh://u:s3cr3tT@host/x", "ssh://u%3As3cr3tT@host/x",
		"u:s3cr3tT@host:x", "file://s3cr3tT@host/x", "ftp://s3cr3tT@host/x",
	} {
		for _, rest := range rests {
			neverShows(t, secret, `{git: "`+address+`", `+rest)
		}
	}
	neverShows(t, secret, `{git: "https://s3cr3tT@host/x", ref: "v1, path: t}`) // a line that cannot be read
}

func neverShows(t *testing.T, secret, source string) {
	t.Helper()
	dir := t.TempDir()
	text := "version: 1\ndefinitions: [\"jobs/*.yaml\"]\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\nsources:\n  golden: " + source + "\n"
	if err := os.WriteFile(filepath.Join(dir, "buildsync.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{
		"lint", "lint --format json", "lint --format sarif", "lint --format github", "fmt --check", "vendor", "vendor --check", "vendor outdated",
		"vendor update", "vendor update --dry-run", "compile", "plan --offline", "policy check", "policy test", "query name", "explain a", "export --dry-run",
	} {
		got := runWith(t, "", nil, append([]string{"-C", dir}, strings.Fields(command)...)...)
		if all := got.stdout + got.stderr; strings.Contains(all, secret) {
			t.Errorf("buildsync %s with %s prints the secret:\n%s", command, source, all)
		}
		if got.code == 0 && strings.HasPrefix(command, "vendor") {
			t.Errorf("buildsync %s with %s ends with 0", command, source)
		}
	}
}

// TestARemoteWithCredentialsIsRefused checks that base fetch and push refuse an address with a
// token before Git starts, and do not show it.
func TestARemoteWithCredentialsIsRefused(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"fetch", "push"} {
		for _, address := range []string{"https://s3cr3tT@host.invalid/x", "https://u:s3cr3tT@host.invalid/x", "https://host.invalid/x?token=s3cr3tT", "ssh://u:s3cr3tT@host.invalid/x"} {
			got := runWith(t, "", nil, "base", command, "--remote", address)
			if got.code != exitInvalid || !strings.Contains(got.stderr, "--remote contains credentials") || strings.Contains(got.stdout+got.stderr, "s3cr3tT") {
				t.Errorf("base %s --remote %s ends with %d:\n%s%s", command, address, got.code, got.stdout, got.stderr)
			}
		}
	}
}
