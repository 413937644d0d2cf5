package archtest

import (
	"go/ast"
	"go/token"
	pathpkg "path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The limits of the command, in lines without tests. They only ever go down.
const (
	mostOfCommand     = 6760
	mostOfCommandFile = 400
)

// TestCommandStaysThin bounds the number of lines of the command. Logic belongs in packages, where
// it can be tested and embedded without a command line.
func TestCommandStaysThin(t *testing.T) {
	t.Parallel()
	all := 0
	for _, s := range sources(t) {
		if s.pkg != "cmd/buildsync" {
			continue
		}
		lines := s.fset.File(s.file.Pos()).LineCount()
		if all += lines; lines > mostOfCommandFile {
			t.Errorf("%s has %d lines, more than %d: move what it does into a package", s.name, lines, mostOfCommandFile)
		}
	}
	if all > mostOfCommand {
		t.Errorf("cmd/buildsync has %d lines, more than %d: move what a command does into a package", all, mostOfCommand)
	}
}

// TestOptionsAreTyped checks that a command's flags fill its options struct, so that a misspelled
// name of a flag does not compile. Only the global flags, which may be on both sides of a
// command's name, are looked up by name, in one place.
func TestOptionsAreTyped(t *testing.T) {
	t.Parallel()
	lookups := []string{"Text", "Texts", "On", "Number", "Duration", "OneOf", "String", "StringSlice", "Bool", "Int", "Generic"}
	for _, s := range sources(t) {
		if s.pkg != "cmd/buildsync" || strings.HasSuffix(s.name, "/flags.go") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			selector, isSelector := call.Fun.(*ast.SelectorExpr)
			text, isText := call.Args[0].(*ast.BasicLit)
			if isSelector && isText && text.Kind == token.STRING && slices.Contains(lookups, selector.Sel.Name) && !isPackage(s.file, selector.X) {
				t.Errorf("%s looks up the flag %s by name: give the flag a Destination in the command's options", s.fset.Position(call.Pos()), text.Value)
			}
			return true
		})
	}
}

// isPackage reports whether an expression is the name of an imported package.
func isPackage(file *ast.File, x ast.Expr) bool {
	name, ok := x.(*ast.Ident)
	return ok && slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool {
		path, _ := strconv.Unquote(i.Path.Value)
		return i.Name != nil && i.Name.Name == name.Name || i.Name == nil && pathpkg.Base(path) == name.Name
	})
}

// The limits of a function and a file, in lines without tests.
const (
	mostOfFunction = 60
	mostOfFile     = 500
)

// TestFunctionsAndFilesAreShort bounds the lines of functions and files. A longer function does
// several things. A function that only returns a table may be as long as the table.
func TestFunctionsAndFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if lines := s.fset.File(s.file.Pos()).LineCount(); lines > mostOfFile {
			t.Errorf("%s has %d lines, more than %d", s.name, lines, mostOfFile)
		}
		for _, declaration := range s.file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || f.Body == nil || len(f.Body.List) == 1 {
				continue
			}
			if lines := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1; lines > mostOfFunction {
				t.Errorf("%s: %s has %d lines, more than %d", s.name, f.Name.Name, lines, mostOfFunction)
			}
		}
	}
}
