package record_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/record"
)

// TestAMergedRecordHidesTheAddress checks that the message of a merged record hides the remote's
// address. Records are pushed, and an address may hold a token.
func TestAMergedRecordHidesTheAddress(t *testing.T) {
	t.Parallel()
	const address = "https://s3cr3tT0ken@host.invalid/records"
	ctx, root := context.Background(), t.TempDir()
	theirs, ours := filepath.Join(root, "theirs"), filepath.Join(root, "ours")
	git(t, root, "init", "-q", theirs)
	if err := os.WriteFile(filepath.Join(theirs, "a"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	git(t, theirs, "add", "a")
	git(t, theirs, "commit", "-q", "-m", "first")
	commit := git(t, theirs, "rev-parse", "HEAD")
	git(t, root, "clone", "-q", theirs, ours)
	git(t, ours, "config", "url."+theirs+".insteadOf", address)

	ref := record.Scope{Endpoint: "https://endpoint.invalid"}.Ref()
	var repos []*gitbase.Repo
	for i, dir := range []string{theirs, ours} {
		repo, err := gitbase.Open(ctx, dir)
		if err != nil {
			t.Fatal(err)
		}
		found := []string{"shop/job/a", "shop/job/b"}[i]
		if _, err := record.Write(ctx, repo, ref, nil, &record.Record{Commit: commit, Found: []string{found}}, "Apply\n"); err != nil {
			t.Fatal(err)
		}
		repos = append(repos, repo)
	}
	moved, err := record.Fetch(ctx, repos[1], address)
	if err != nil || len(moved) != 1 || !moved[0].Merged {
		t.Fatalf("%+v, %v", moved, err)
	}
	message := git(t, ours, "log", "-1", "--format=%B", ref)
	if !strings.Contains(message, "https://***@host.invalid/records") {
		t.Errorf("the message is %q", message)
	}
	if all := git(t, ours, "log", "--format=fuller", "--patch", ref) + git(t, ours, "for-each-ref"); strings.Contains(all, "s3cr3t") {
		t.Errorf("the record holds the token:\n%s", all)
	}
}

// git runs Git in a folder, without the configuration of who runs the test.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %s\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
