package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// riddles are phrases of old comments that a reader had to solve, with the usual words.
var riddles = map[*regexp.Regexp]string{
	regexp.MustCompile(`\b(tells?|says?) whether\b`):                    "reports whether",
	regexp.MustCompile(`\botherwise than\b`):                            "differently from",
	regexp.MustCompile(`\bwhat the matter is\b`):                        "what is wrong",
	regexp.MustCompile(`\bbehind (a|the|its) (colon|dash|key|value)\b`): "after",
}

// TestCommentsArePlain checks the comments of all Go files, tests included, for a few phrases that
// are certainly hard to read. docs/glossary.md has the words for things.
func TestCommentsArePlain(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"cmd", "pkg", "internal", "schemas", "test", "tools"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, name, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, group := range file.Comments {
				text := strings.ReplaceAll(group.Text(), "\n", " ")
				for riddle, words := range riddles {
					if found := riddle.FindString(text); found != "" {
						t.Errorf("%s: write %q in place of %q", files.Position(group.Pos()), words, found)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestCommentsBeginWithTheName checks that the comment of a declaration begins with its name. A
// renamed function, or code that was put between a comment and its function, leaves a comment about
// something else.
func TestCommentsBeginWithTheName(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		check := func(name string, doc *ast.CommentGroup) {
			if text := doc.Text(); text != "" && !strings.HasPrefix(text, name) {
				t.Errorf("%s: the comment of %s begins with %q", s.fset.Position(doc.Pos()), name, strings.Fields(text)[0])
			}
		}
		for _, decl := range s.file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				check(decl.Name.Name, decl.Doc)
			case *ast.GenDecl:
				if named, ok := decl.Specs[0].(*ast.TypeSpec); ok && len(decl.Specs) == 1 {
					check(named.Name.Name, decl.Doc)
				}
			}
		}
	}
}
