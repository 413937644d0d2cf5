package main

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/workspace"
	"github.com/buildsync/buildsync/schemas"
)

//go:embed scaffold
var scaffold embed.FS

// ciFiles are the pipelines that init writes, and where in the repository their
// systems look for them.
var ciFiles = map[string]struct{ from, to string }{
	"github":   {"github.yml", ".github/workflows/buildsync.yml"},
	"gitlab":   {"gitlab-ci.yml", ".gitlab-ci.yml"},
	"codearts": {"codearts.sh", "ci/buildsync.sh"},
}

// place is where a new workspace is.
type place struct {
	dir    string // as the user wrote it
	root   string // from dir to the root of its repository, "." where it is that root
	inside string // from that root to dir, "." where they are one
	branch string // the main one
	isRepo bool
}

// plainBranch is a branch's name that a workflow can hold as it is.
var plainBranch = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`)

// placeOf finds the repository around a folder that may not exist yet. Without
// a repository the folder itself is taken for the root of one to come.
func placeOf(ctx context.Context, dir string) (place, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return place{}, err
	}
	p := place{dir: dir, root: ".", inside: ".", branch: "main"}
	repository := workspace.RepositoryOf(full)
	if repository == "" {
		return p, nil
	}
	p.isRepo = true
	if repo, err := gitbase.Open(ctx, repository); err == nil {
		if branch := repo.MainBranch(ctx); plainBranch.MatchString(branch) {
			p.branch = branch
		}
	}
	if p.root, err = filepath.Rel(full, repository); err != nil {
		return place{}, err
	}
	if p.inside, err = filepath.Rel(repository, full); err != nil {
		return place{}, err
	}
	p.inside = filepath.ToSlash(p.inside)
	if strings.ContainsFunc(p.inside, unicode.IsControl) || strings.Contains(p.inside, "${{") {
		return place{}, kit.UsageError{Text: fmt.Sprintf("the folder %q cannot be named in a pipeline; choose another name", p.inside)}
	}
	return p, nil
}

// call is how a pipeline or hook that runs at the repository's root calls
// buildsync.
func (p place) call() string {
	switch {
	case p.inside == ".":
		return "buildsync"
	case strings.HasPrefix(p.inside, "-"):
		return "buildsync -C " + kit.ShellWord("./"+p.inside)
	}
	return "buildsync -C " + kit.ShellWord(p.inside)
}

// scaffoldFile is a file that init writes.
type scaffoldFile struct {
	name    string // from the workspace's folder
	content string
}

// scaffoldFiles returns the files of a new workspace.
func scaffoldFiles(p place, a answers) ([]scaffoldFile, error) {
	type source struct{ from, to string }
	atRoot := func(name string) string { return filepath.Join(p.root, filepath.FromSlash(name)) }
	sources := []source{{"buildsync.yaml", "buildsync.yaml"}}
	if a.example {
		sources = append(sources, source{"job.yaml", filepath.Join("jobs", "hello.yaml")})
	}
	sources = append(sources, source{"gitattributes", ".gitattributes"}, source{"pre-commit.yaml", atRoot(".pre-commit-config.yaml")})
	if ci, ok := ciFiles[a.ci]; ok {
		sources = append(sources, source{ci.from, atRoot(ci.to)})
	}
	install, err := scaffold.ReadFile("scaffold/install.sh")
	if err != nil {
		return nil, err
	}
	var files []scaffoldFile
	for _, file := range sources {
		content, err := scaffold.ReadFile("scaffold/" + file.from)
		if err != nil {
			return nil, err
		}
		text := insertLines(string(content), "@INSTALL@", string(install))
		text = strings.NewReplacer(
			"@ALIAS@", a.alias, "@PROJECT@", a.projectID, "@REGION@", a.region,
			"@BUILDSYNC@", p.call(), "@BRANCH@", p.branch,
		).Replace(text)
		files = append(files, scaffoldFile{file.to, text})
	}
	for _, name := range []string{"definitions", "workspace"} {
		content, err := schemas.Files.ReadFile(name + ".schema.json")
		if err != nil {
			return nil, err
		}
		files = append(files, scaffoldFile{filepath.Join(".schemas", name+".schema.json"), string(content)})
	}
	return files, nil
}

// insertLines replaces the line that holds nothing but a mark by lines, each
// indented as the mark is.
func insertLines(text, mark, lines string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != mark {
			out.WriteString(line)
			continue
		}
		for inserted := range strings.Lines(lines) {
			out.WriteString(line[:strings.Index(line, mark)] + inserted)
		}
	}
	return out.String()
}

// writeScaffold writes the files that do not exist yet, and says which.
func (in *invocation) writeScaffold(p place, a answers) error {
	files, err := scaffoldFiles(p, a)
	if err != nil {
		return err
	}
	var kept []string
	for _, file := range files {
		made, err := writeNew(p.dir, file.name, file.content)
		if err != nil {
			return err
		}
		name := sanitize.Line(filepath.Join(p.dir, file.name), 0)
		if !made {
			kept = append(kept, name)
			in.noteUncalled(filepath.Join(p.dir, file.name), file.content, p.call())
			continue
		}
		if _, err := fmt.Fprintf(in.Stdout, "wrote %s\n", name); err != nil {
			return err
		}
	}
	if len(kept) > 0 {
		in.Note("kept as they are: %s", strings.Join(kept, ", "))
	}
	if a.ci != "none" {
		in.Note("set BUILDSYNC_RELEASES, BUILDSYNC_VERSION and BUILDSYNC_SHA256 in %s to the archive that is to be installed", filepath.Join(p.dir, p.root, ciFiles[a.ci].to))
		if !p.isRepo {
			in.Note("there is no Git repository around %s yet: run git init in it", cmp.Or(p.dir, "."))
		}
	}
	return nil
}

// noteUncalled says what is left to do where a pipeline or hook that exists does
// not call buildsync, and the one that would have been written does. The hook
// finds the workspace of each file by itself.
func (in *invocation) noteUncalled(name, content, call string) {
	if strings.Contains(content, "buildsync lint --hook") {
		call = "buildsync lint"
	}
	exists, err := os.ReadFile(name)
	if err != nil || !strings.Contains(content, call+" ") || strings.Contains(string(exists), call) {
		return
	}
	in.Note("%s does not call %s yet; buildsync init in an empty folder writes one to copy from", sanitize.Line(name, 0), call)
}

// writeNew writes a file unless it exists.
func writeNew(dir, name, content string) (made bool, err error) {
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return false, fmt.Errorf("writing %s: %w", full, err)
	}
	file, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("writing %s: %w", full, err)
	}
	_, err = file.WriteString(content)
	if err := errors.Join(err, file.Close()); err != nil {
		return false, fmt.Errorf("writing %s: %w", full, err)
	}
	return true, nil
}
