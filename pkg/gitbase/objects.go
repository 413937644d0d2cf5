package gitbase

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// errNoFile says that a commit has no file of a name.
var errNoFile = errors.New("no such file in the commit")

// Person is the author of a commit.
type Person struct {
	Name, Email string
	When        time.Time
}

// NewCommit is a commit of one file.
type NewCommit struct {
	File    string
	Content []byte
	Parents []string
	Message string
	By      Person
}

// CommitFile makes a commit whose tree holds one file, and returns its id. No
// ref names it yet, and neither the index nor the work tree is touched.
func (r *Repo) CommitFile(ctx context.Context, c NewCommit) (string, error) {
	blob, err := gitInput(ctx, r.dir, c.Content, nil, "hash-object", "-w", "--no-filters", "--stdin")
	if err != nil {
		return "", fmt.Errorf("storing %s: %w", c.File, err)
	}
	entry := fmt.Sprintf("%s blob %s\t%s\n", modeFile, bytes.TrimSpace(blob), c.File)
	tree, err := gitInput(ctx, r.dir, []byte(entry), nil, "mktree")
	if err != nil {
		return "", fmt.Errorf("storing %s: %w", c.File, err)
	}
	args := []string{"commit-tree", "--no-gpg-sign", string(bytes.TrimSpace(tree))}
	for _, parent := range c.Parents {
		args = append(args, "-p", parent)
	}
	when := fmt.Sprintf("@%d +0000", c.By.When.Unix())
	env := []string{
		"GIT_AUTHOR_NAME=" + c.By.Name, "GIT_AUTHOR_EMAIL=" + c.By.Email, "GIT_AUTHOR_DATE=" + when,
		"GIT_COMMITTER_NAME=" + c.By.Name, "GIT_COMMITTER_EMAIL=" + c.By.Email, "GIT_COMMITTER_DATE=" + when,
	}
	commit, err := gitInput(ctx, r.dir, []byte(c.Message), env, args...)
	if err != nil {
		return "", fmt.Errorf("making a commit of %s: %w", c.File, err)
	}
	return string(bytes.TrimSpace(commit)), nil
}

// FileAt returns a file at the top of a commit's tree. The error wraps
// errNoFile if there is no such file.
func (r *Repo) FileAt(ctx context.Context, commit, name string) ([]byte, error) {
	out, err := git(ctx, r.dir, "cat-file", "blob", commit+":"+name)
	var failed *commandError
	switch {
	case errors.As(err, &failed) && (strings.Contains(failed.said, "does not exist in") || strings.Contains(failed.said, "exists on disk, but not in")):
		return nil, fmt.Errorf("%w: %s in %.12s", errNoFile, name, commit)
	case err != nil:
		return nil, fmt.Errorf("reading %s of commit %.12s: %w", name, commit, err)
	}
	return out, nil
}

// Contains reports whether ancestor is commit or an ancestor of it.
func (r *Repo) Contains(ctx context.Context, commit, ancestor string) (bool, error) {
	_, err := git(ctx, r.dir, "merge-base", "--is-ancestor", "--end-of-options", ancestor, commit)
	var failed *commandError
	switch {
	case errors.As(err, &failed) && failed.said == "":
		return false, nil
	case err != nil:
		return false, fmt.Errorf("comparing the commits %.12s and %.12s: %w", ancestor, commit, err)
	}
	return true, nil
}

// CommonFile returns the best common ancestor of two commits that has file at
// the top of its tree, "" if there is none.
func (r *Repo) CommonFile(ctx context.Context, a, b, file string) (string, error) {
	out, err := git(ctx, r.dir, "merge-base", "--all", "--end-of-options", a, b)
	var failed *commandError
	switch {
	case errors.As(err, &failed) && failed.said == "":
		return "", nil
	case err != nil:
		return "", fmt.Errorf("finding what the commits %.12s and %.12s have in common: %w", a, b, err)
	}
	for _, commit := range strings.Fields(string(out)) {
		switch _, err := r.FileAt(ctx, commit, file); {
		case err == nil:
			return commit, nil
		case !errors.Is(err, errNoFile):
			return "", err
		}
	}
	return "", nil
}

// Refs returns the refs below prefix with the objects that they name.
func (r *Repo) Refs(ctx context.Context, prefix string) (map[string]string, error) {
	out, err := git(ctx, r.dir, "for-each-ref", "--format=%(objectname) %(refname)", "--end-of-options", strings.TrimSuffix(prefix, "/"))
	if err != nil {
		return nil, fmt.Errorf("listing the refs below %s: %w", prefix, err)
	}
	refs := map[string]string{}
	for line := range strings.Lines(string(out)) {
		object, ref, _ := strings.Cut(strings.TrimSpace(line), " ")
		refs[ref] = object
	}
	return refs, nil
}

// Logged is one commit of a history, as people read it.
type Logged struct {
	Commit  string
	By      Person
	Subject string
}

// FirstParents returns up to most commits of a history, newest first. It
// follows first parents as long as they have file.
func (r *Repo) FirstParents(ctx context.Context, commit, file string, most int) ([]Logged, error) {
	out, err := git(ctx, r.dir, "log", "--first-parent", "-z", "--no-show-signature", "--no-ext-diff", "--no-textconv",
		fmt.Sprintf("--max-count=%d", most), "--format=%H%n%an%n%ae%n%at%n%s", "--end-of-options", commit)
	if err != nil {
		return nil, fmt.Errorf("reading the history of %.12s: %w", commit, err)
	}
	var list []Logged
	for record := range strings.SplitSeq(strings.TrimRight(string(out), "\x00\n"), "\x00") {
		lines := strings.SplitN(record, "\n", 5)
		if len(lines) != 5 {
			continue
		}
		if _, err := r.FileAt(ctx, lines[0], file); errors.Is(err, errNoFile) {
			break
		}
		var seconds int64
		if _, err := fmt.Sscan(lines[3], &seconds); err != nil {
			continue
		}
		list = append(list, Logged{Commit: lines[0], Subject: lines[4],
			By: Person{Name: lines[1], Email: lines[2], When: time.Unix(seconds, 0).UTC()}})
	}
	return list, nil
}

// Me returns the name and the e-mail address that the user set for commits, ""
// if none is set.
func (r *Repo) Me(ctx context.Context) Person {
	var me Person
	for key, to := range map[string]*string{"user.name": &me.Name, "user.email": &me.Email} {
		cmd := gitCommand(ctx, r.dir, "config", "--get", key)
		cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "GIT_CONFIG_GLOBAL=") })
		cmd.Env = append(cmd.Env, userConfigEnv()...)
		if out, err := cmd.Output(); err == nil {
			*to = string(bytes.TrimSpace(out))
		}
	}
	return me
}
