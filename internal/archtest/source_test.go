package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/buildsync/buildsync"

// root is the module's folder, relative to this package.
const root = "../.."

// source is one Go file of the product: not a test, not a test helper.
type source struct {
	pkg  string // the folder relative to the module, "pkg/spec"
	name string // the file relative to the module
	file *ast.File
	fset *token.FileSet
}

// imports returns the import paths of the file.
func (s source) imports() []string {
	var paths []string
	for _, spec := range s.file.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// local turns an import path into the folder of one of our packages.
func local(importPath string) (folder string, ours bool) {
	folder, ours = strings.CutPrefix(importPath, module+"/")
	return folder, ours
}

// sources returns every Go file of the module that is not a test, parsed once for all tests.
func sources(t *testing.T) []source {
	t.Helper()
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no Go file found: the test looks at the wrong folder")
	}
	return all
}

var parsed = sync.OnceValues(func() (all []source, err error) {
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(relative)
		if entry.IsDir() {
			if slashed != "." && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"testdata", "tools", "test", "dist"}, entry.Name())) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(slashed, ".go") || strings.HasSuffix(slashed, "_test.go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, source{pkg: path.Dir(slashed), name: slashed, file: file, fset: fset})
		return nil
	})
	return all, err
})
