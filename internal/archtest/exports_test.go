package archtest

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// calledByOthers are methods that the standard library or a library calls.
var calledByOthers = []string{"GoString", "LogValue", "MarshalJSON", "UnmarshalJSON", "Temporary", "WithAttrs", "WithGroup", "Less", "Swap", "Visit"}

// forTests are packages whose interface is for tests, those of embedders too.
var forTests = []string{"pkg/emulator", "pkg/emulator/emulatortest"}

// forOurTests are functions that a test of another package needs, which sees the whole command line.
var forOurTests = []string{"NeighbourTargets"}

// TestExportedNamesAreUsed checks that the product uses each exported function and method. One that only
// tests use is a second way beside the one that the product takes.
func TestExportedNamesAreUsed(t *testing.T) {
	t.Parallel()
	all := sources(t)
	used := map[string]bool{} // "package name", and " name" for methods
	for _, s := range all {
		packages := map[string]string{} // by their names in the file
		for _, spec := range s.file.Imports {
			folder := strings.TrimPrefix(strings.Trim(spec.Path.Value, `"`), module+"/")
			packages[path.Base(folder)] = folder
			if spec.Name != nil {
				packages[spec.Name.Name] = folder
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Body != nil { // not the name itself
					ast.Inspect(n.Body, func(n ast.Node) bool {
						if name, ok := n.(*ast.Ident); ok {
							used[s.pkg+" "+name.Name], used[" "+name.Name] = true, true
						}
						return true
					})
				}
			case *ast.SelectorExpr:
				used[" "+n.Sel.Name] = true
				if x, ok := n.X.(*ast.Ident); ok && packages[x.Name] != "" {
					used[packages[x.Name]+" "+n.Sel.Name] = true
				}
			case *ast.Field, *ast.ValueSpec: // of an interface, a struct, or a table of functions
				ast.Inspect(n, func(n ast.Node) bool {
					if name, ok := n.(*ast.Ident); ok {
						used[s.pkg+" "+name.Name], used[" "+name.Name] = true, true
					}
					return true
				})
			}
			return true
		})
	}
	for _, s := range all {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || slices.Contains(forTests, s.pkg) || slices.Contains(slices.Concat(calledByOthers, forOurTests), f.Name.Name) {
				continue
			}
			pkg := s.pkg
			if f.Recv != nil {
				pkg = ""
			}
			if !used[pkg+" "+f.Name.Name] {
				t.Errorf("%s: only tests use %s: test the way that the product takes", s.name, f.Name.Name)
			}
		}
	}
}
