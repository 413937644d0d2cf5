package gitbase

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// ErrNoRef says that a source has no tag, branch or commit of a name.
var ErrNoRef = errors.New("no such tag, branch or commit")

// sourceRef is where a fetched commit of a source is kept, in a repository of its
// own that is thrown away.
const sourceRef = "refs/buildsync/source"

// SourceFiles are the files of one folder of another repository at a commit.
type SourceFiles struct {
	Commit string
	Files  map[string][]byte // by the name in the folder
}

// Source reads another repository. Close removes what it has fetched.
type Source struct {
	source spec.Source
	dir    string // a bare repository
}

// OpenSource prepares to read a source. Nothing is sent yet. An address that
// holds credentials, or is not one over https, ssh or file, is refused.
func OpenSource(ctx context.Context, source spec.Source) (*Source, error) {
	if _, err := spec.CheckGitAddress(source.Git); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "buildsync-source-")
	if err != nil {
		return nil, fmt.Errorf("making a folder to fetch into: %w", err)
	}
	s := &Source{source: source, dir: dir}
	if _, err := git(ctx, dir, "init", "--quiet", "--bare", "--template=", "--initial-branch=none", "."); err != nil {
		s.Close()
		return nil, fmt.Errorf("making a repository to fetch into: %w", err)
	}
	return s, nil
}

// Close removes what was fetched.
func (s *Source) Close() { _ = os.RemoveAll(s.dir) }

// remote runs a command that talks to the source. It may use the protocol of the
// source's address and no other, whatever the answer asks for.
func (s *Source) remote(ctx context.Context, args ...string) (string, error) {
	protocol := "ssh"
	if scheme, _, found := strings.Cut(s.source.Git, "://"); found {
		protocol = scheme
	}
	return remoteOutput(ctx, s.dir, append([]string{"-c", "protocol.version=2", "-c", "fetch.fsckObjects=true", "-c", "submodule.recurse=false"}, args...),
		"GIT_ALLOW_PROTOCOL="+protocol, "GIT_NO_LAZY_FETCH=1")
}

// commitID matches the full id of a commit.
var commitID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// Resolve returns the commit that the source's ref names now, and the ref's full
// name, "" where the ref is the id of a commit.
func (s *Source) Resolve(ctx context.Context) (commit, full string, err error) {
	ref := s.source.Ref
	if commitID.MatchString(ref) {
		return ref, "", nil
	}
	said, err := s.remote(ctx, "ls-remote", "--quiet", "--", s.source.Git, "refs/tags/"+ref, "refs/tags/"+ref+"^{}", "refs/heads/"+ref)
	if err != nil {
		return "", "", fmt.Errorf("asking the source %s for %s: %w", s.source.Name, ref, err)
	}
	found := map[string]string{}
	for line := range strings.Lines(said) {
		object, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if commitID.MatchString(object) {
			found[name] = object
		}
	}
	for _, name := range []string{"refs/tags/" + ref, "refs/heads/" + ref} {
		if commit = found[name+"^{}"]; commit == "" {
			commit = found[name]
		}
		if commit != "" {
			return commit, name, nil
		}
	}
	return "", "", fmt.Errorf("the source %s: %w called %s", s.source.Name, ErrNoRef, sanitize.Line(ref, 200))
}

// Fetch reads the files of the source's folder at a commit. full is the ref that
// names it, which is fetched where the source does not hand out commits by id.
func (s *Source) Fetch(ctx context.Context, commit, full string) (*SourceFiles, error) {
	if !commitID.MatchString(commit) {
		return nil, fmt.Errorf("the source %s: %q is not the id of a commit", s.source.Name, commit)
	}
	fetch := func(what string) error {
		_, err := s.remote(ctx, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=",
			"--end-of-options", s.source.Git, "+"+what+":"+sourceRef)
		return err
	}
	err := fetch(commit)
	if err != nil && full != "" {
		err = fetch(full)
	}
	if err != nil {
		return nil, fmt.Errorf("fetching %.12s of the source %s: %w", commit, s.source.Name, err)
	}
	r := &Repo{dir: s.dir}
	have, err := r.Resolve(ctx, sourceRef)
	if err != nil {
		return nil, fmt.Errorf("the source %s: %w", s.source.Name, err)
	}
	if have != commit {
		return nil, fmt.Errorf("the source %s sent commit %.12s for %.12s: somebody moves %s; try again", s.source.Name, have, commit, s.source.Ref)
	}
	return s.files(ctx, r, commit)
}

// files reads the folder. What is not a plain file, or more than fits, is refused as
// a whole: a copy that lacks something would be another standard.
func (s *Source) files(ctx context.Context, r *Repo, commit string) (*SourceFiles, error) {
	if folder := path.Clean(s.source.Path); folder != "." {
		r.prefix = folder + "/"
	}
	tree, err := r.Tree(ctx, commit)
	if err != nil {
		return nil, fmt.Errorf("the source %s at %.12s has no folder %s: %w", s.source.Name, commit, sanitize.Line(s.source.Path, 200), err)
	}
	defer tree.Close()
	refuse := func(name, reason string) error {
		return fmt.Errorf("the source %s is refused: %s %s", s.source.Name, sanitize.Line(path.Join(s.source.Path, name), 200), reason)
	}
	out := &SourceFiles{Commit: commit, Files: map[string][]byte{}}
	if len(tree.submodules) > 0 {
		return nil, refuse(tree.submodules[0], "is a submodule, which is not copied")
	}
	total, folded := 0, map[string]string{}
	for _, name := range tree.names {
		if isHidden(name) {
			continue
		}
		mode := tree.entries[name].mode
		switch {
		case mode == modeLink:
			return nil, refuse(name, "is a link, which is not copied")
		case mode != modeFile && mode != modeExecutable:
			return nil, refuse(name, "is not a plain file")
		case !isPlainName(name):
			return nil, refuse(name, "has a name that not every system can hold")
		case folded[strings.ToLower(name)] != "":
			return nil, refuse(name, "differs from "+sanitize.Line(folded[strings.ToLower(name)], 200)+" in the case of letters only")
		case len(out.Files) == spec.MaxVendoredFiles:
			return nil, refuse("", fmt.Sprintf("holds more than %d files; name a folder of it with path", spec.MaxVendoredFiles))
		}
		folded[strings.ToLower(name)] = name
		text, err := tree.ReadFile(name, spec.MaxFileBytes)
		if err != nil {
			return nil, fmt.Errorf("the source %s at %.12s: %w", s.source.Name, commit, err)
		}
		if total += len(text); total > spec.MaxVendoredBytes {
			return nil, refuse("", fmt.Sprintf("holds more than %d MiB; name a folder of it with path", spec.MaxVendoredBytes>>20))
		}
		out.Files[name] = text
	}
	if len(out.Files) == 0 {
		return nil, refuse("", "holds no file")
	}
	return out, nil
}

// isHidden reports whether a file lies where other tools keep theirs.
func isHidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") {
			return true
		}
	}
	return false
}

// isPlainName reports whether a name can be that of a file on every system, and
// printed.
func isPlainName(name string) bool {
	if spec.CheckName(name) != nil || !filepath.IsLocal(filepath.FromSlash(name)) {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.ContainsAny(part, `<>:"|?*`) || strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") {
			return false
		}
	}
	return strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
