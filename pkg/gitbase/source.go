package gitbase

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// ErrNoRef says that a source has no tag, branch or commit of a name.
var ErrNoRef = errors.New("no such tag, branch or commit")

// sourceRef is the ref of a fetched commit of a source, in a temporary
// repository.
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

// OpenSource prepares to read a source. Nothing is sent yet. An address is
// refused if it contains credentials, or if its protocol is not https, ssh or
// file.
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

// remote runs a command that talks to the source. It may use only the protocol
// of the source's address, even if an answer redirects to another.
func (s *Source) remote(ctx context.Context, args ...string) (string, error) {
	protocol := "ssh"
	if scheme, _, found := strings.Cut(s.source.Git, "://"); found {
		protocol = scheme
	}
	return remoteOutput(ctx, s.dir, append([]string{"-c", "protocol.version=2", "-c", "fetch.fsckObjects=true", "-c", "submodule.recurse=false"}, args...),
		"GIT_ALLOW_PROTOCOL="+protocol, "GIT_NO_LAZY_FETCH=1")
}

// Resolve returns the commit that the source's ref names now, and the ref's full
// name, "" if the ref is the id of a commit.
func (s *Source) Resolve(ctx context.Context) (commit, full string, err error) {
	ref := s.source.Ref
	if spec.IsCommitID(ref) {
		return ref, "", nil
	}
	said, err := s.remote(ctx, "ls-remote", "--quiet", "--", s.source.Git, "refs/tags/"+ref, "refs/tags/"+ref+"^{}", "refs/heads/"+ref)
	if err != nil {
		return "", "", fmt.Errorf("asking the source %s for %s: %w", s.source.Name, ref, err)
	}
	found := map[string]string{}
	for line := range strings.Lines(said) {
		object, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if spec.IsCommitID(object) {
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
	return "", "", fmt.Errorf("the source %s: %w called %s; correct its ref in %s", s.source.Name, ErrNoRef, sanitize.Line(ref, 200), spec.WorkspaceFile)
}

// Fetch reads the files of the source's folder at a commit. full is the ref
// that names the commit; it is fetched if the source does not serve commits by
// id.
func (s *Source) Fetch(ctx context.Context, commit, full string) (*SourceFiles, error) {
	if !spec.IsCommitID(commit) {
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

// historyRef is where the history of a source's ref is kept.
const historyRef = "refs/buildsync/history"

// WasNamed reports whether a commit is in the history of a source's ref:
// whether the ref names it now, or can have named it before. full is the ref's
// full name; where it is empty, the ref is the id of another commit. Only
// commits are fetched, if the server can leave out the rest.
func WasNamed(ctx context.Context, source spec.Source, full, commit string) (bool, error) {
	if full == "" || !spec.IsCommitID(commit) {
		return false, nil
	}
	s, err := OpenSource(ctx, source)
	if err != nil {
		return false, err
	}
	defer s.Close()
	_, err = s.remote(ctx, "-c", "remote.source.url="+source.Git, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
		"--refmap=", "--filter=tree:0", "--end-of-options", "source", "+"+full+":"+historyRef)
	if err != nil {
		return false, fmt.Errorf("fetching the history of %s of the source %s: %w", source.Ref, source.Name, err)
	}
	r := &Repo{dir: s.dir}
	if _, err := git(ctx, s.dir, "cat-file", "-e", commit+"^{commit}"); err != nil {
		return false, context.Cause(ctx)
	}
	return r.Contains(ctx, historyRef, commit)
}

// files reads the folder. A link, a submodule or too much content refuses the
// whole source: an incomplete copy would be a different standard.
func (s *Source) files(ctx context.Context, r *Repo, commit string) (*SourceFiles, error) {
	if folder := path.Clean(s.source.Path); folder != "." {
		r.prefix = folder + "/"
	}
	tree, err := r.Tree(ctx, commit)
	switch {
	case errors.Is(err, ErrNoWorkspace):
		return nil, fmt.Errorf("the source %s has no folder %s at %.12s; correct its path in %s", s.source.Name, sanitize.Line(s.source.Path, 200), commit, spec.WorkspaceFile)
	case err != nil:
		return nil, fmt.Errorf("reading the source %s: %w", s.source.Name, err)
	}
	defer tree.Close()
	refuse := func(name, reason string) error {
		return fmt.Errorf("the source %s is refused: %s %s", s.source.Name, sanitize.Line(path.Join(s.source.Path, name), 200), reason)
	}
	out := &SourceFiles{Commit: commit, Files: map[string][]byte{}}
	if len(tree.submodules) > 0 {
		return nil, refuse(tree.submodules[0], "is a submodule, which is not copied")
	}
	names := slices.DeleteFunc(slices.Clone(tree.names), isHidden)
	if len(names) > spec.MaxVendoredFiles {
		return nil, refuse("", fmt.Sprintf("holds more than %d files; name a folder of it with path", spec.MaxVendoredFiles))
	}
	if at, isRepository := repositoryWithin(names); isRepository {
		return nil, refuse(at, "is a Git repository, whose settings could run programs")
	}
	total, spellings := 0, spellings{}
	for _, name := range names {
		mode := tree.entries[name].mode
		switch {
		case mode == modeLink:
			return nil, refuse(name, "is a link, which is not copied")
		case mode != modeFile && mode != modeExecutable:
			return nil, refuse(name, "is not a plain file")
		case spec.CheckPortableName(name) != nil:
			return nil, fmt.Errorf("the source %s is refused: it has a name that not every system can hold: %w", s.source.Name, spec.CheckPortableName(name))
		}
		if part, other := spellings.add(name); other != "" {
			return nil, refuse(part, "differs from "+sanitize.Line(other, 200)+" in the case of letters or in the form of accents only")
		}
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

// isHidden reports whether a file is in a place for files of other tools.
func isHidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") {
			return true
		}
	}
	return false
}

// spellings finds names of files and folders that differ only in case, as some
// systems do not distinguish them.
type spellings map[string]string

// add enters a file with its folders. If part of the name differs only in case
// from a known one, add returns both.
func (known spellings) add(name string) (part, other string) {
	for end := 0; end < len(name); end++ {
		next := strings.IndexByte(name[end:], '/')
		if end += next; next < 0 {
			end = len(name)
		}
		part := name[:end]
		folded := cases.Fold().String(norm.NFC.String(part))
		if other, taken := known[folded]; taken && other != part {
			return part, other
		}
		known[folded] = part
	}
	return "", ""
}

// repositoryWithin returns the folder of a repository without a .git folder.
// Git would use it as a repository when somebody works in that folder.
func repositoryWithin(names []string) (folder string, found bool) {
	for _, name := range names {
		if !strings.EqualFold(path.Base(name), "HEAD") {
			continue
		}
		folder := strings.ToLower(name[:len(name)-len("HEAD")])
		for _, other := range names {
			rest, within := strings.CutPrefix(strings.ToLower(other), folder)
			if top, _, _ := strings.Cut(rest, "/"); within && (top == "objects" || top == "refs" || top == "commondir") {
				return path.Dir(name), true
			}
		}
	}
	return "", false
}
