// Package initfiles writes the files of a new workspace: its definitions, and the
// hook and the pipeline where the tools of its repository look for them.
package initfiles

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"unicode"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/gitbase"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
	"github.com/buildsync/buildsync/schemas"
)

//go:embed scaffold
var Scaffold embed.FS

// CiFiles are the pipelines that init can write, with their paths in the repository.
var CiFiles = map[string]struct{ from, To string }{
	"github":   {"github.yml", ".github/workflows/buildsync.yml"},
	"gitlab":   {"gitlab-ci.yml", ".gitlab-ci.yml"},
	"codearts": {"codearts.sh", "ci/buildsync.sh"},
}

// Place is where a new workspace is.
type Place struct {
	Dir    string // as the user wrote it
	root   string // from dir to the root of its repository, "." where it is that root
	inside string // from that root to dir, "." where they are one
	branch string // the main one
	IsRepo bool
}

// NameError refuses a folder that a pipeline cannot name.
type NameError struct{ folder string }

func (e *NameError) Error() string {
	return fmt.Sprintf("the folder %q cannot be named in a pipeline; choose another name", e.folder)
}

// plainBranch matches branch names that a workflow can contain unquoted.
var plainBranch = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`) })

// PlaceOf finds the repository around a folder that may not exist yet. Without a repository the
// folder is treated as the root of a future one.
func PlaceOf(ctx context.Context, dir string) (Place, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return Place{}, err
	}
	p := Place{Dir: dir, root: ".", inside: ".", branch: "main"}
	repository := workspace.RepositoryOf(full)
	if repository == "" {
		return p, nil
	}
	p.IsRepo = true
	if repo, err := gitbase.Open(ctx, repository); err == nil {
		if branch := repo.MainBranch(ctx); plainBranch().MatchString(branch) {
			p.branch = branch
		}
	}
	if p.root, err = filepath.Rel(full, repository); err != nil {
		return Place{}, err
	}
	if p.inside, err = filepath.Rel(repository, full); err != nil {
		return Place{}, err
	}
	p.inside = filepath.ToSlash(p.inside)
	if strings.ContainsFunc(p.inside, unicode.IsControl) || strings.Contains(p.inside, spec.ReferenceStart) {
		return Place{}, &NameError{p.inside}
	}
	return p, nil
}

// call returns how a pipeline or hook at the repository's root calls buildsync.
func (p Place) call() string {
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
func scaffoldFiles(p Place, a Answers) ([]scaffoldFile, error) {
	type source struct{ from, to string }
	atRoot := func(name string) string { return filepath.Join(p.root, filepath.FromSlash(name)) }
	sources := []source{{"buildsync.yaml", "buildsync.yaml"}}
	if a.Example {
		sources = append(sources, source{"job.yaml", filepath.Join("jobs", "hello.yaml")})
	}
	sources = append(sources, source{"gitattributes", ".gitattributes"}, source{"gitignore", ".gitignore"}, source{"pre-commit.yaml", atRoot(".pre-commit-config.yaml")})
	if ci, ok := CiFiles[a.Ci]; ok {
		sources = append(sources, source{ci.from, atRoot(ci.To)})
	}
	install, err := Scaffold.ReadFile("scaffold/install.sh")
	if err != nil {
		return nil, err
	}
	var files []scaffoldFile
	for _, file := range sources {
		content, err := Scaffold.ReadFile("scaffold/" + file.from)
		if err != nil {
			return nil, err
		}
		text := insertLines(string(content), "@INSTALL@", string(install))
		text = strings.NewReplacer(
			"@ALIAS@", a.Alias, "@PROJECT@", a.ProjectID, "@REGION@", a.Region,
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

// Written is a file that init has written, or one that was there.
type Written struct {
	Path     string
	Made     bool
	Uncalled string // what a pipeline or hook that was there does not call; "" if it does
}

// Write writes the files that do not exist yet. It also returns the finished files after an error.
func Write(p Place, a Answers) (done []Written, err error) {
	files, err := scaffoldFiles(p, a)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		made, err := writeNew(p.Dir, file.name, file.content)
		if err != nil {
			return done, err
		}
		w := Written{Path: filepath.Join(p.Dir, file.name), Made: made}
		if !made {
			w.Uncalled = uncalled(w.Path, file.content, p.call())
		}
		done = append(done, w)
	}
	return done, nil
}

// Pipeline returns the file of the pipeline for a CI system.
func (p Place) Pipeline(system string) string {
	return filepath.Join(p.Dir, p.root, CiFiles[system].To)
}

// isSystem reports whether there is a pipeline for a CI system.
func isSystem(name string) bool {
	_, known := CiFiles[name]
	return known
}

// uncalled returns the missing call if an existing pipeline or hook does not call buildsync
// although the one that init would write does. The hook finds each file's workspace by itself.
func uncalled(name, content, call string) string {
	if strings.Contains(content, "buildsync lint --hook") {
		call = "buildsync lint"
	}
	exists, err := os.ReadFile(name)
	if err != nil || !strings.Contains(content, call+" ") || strings.Contains(string(exists), call) {
		return ""
	}
	return call
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

// Answers are the choices for init.
type Answers struct {
	Alias, ProjectID, Region, Ci string
	Example                      bool // write the example job
}
