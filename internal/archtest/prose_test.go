package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
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

// reportNumber matches the number of a report that readers of the source do not have, such as "F20: …".
var reportNumber = regexp.MustCompile(`^[A-Z]\d{1,2}: |\((quirk|facts|threat|reliability) |\([A-Z]\d{1,2}(, [A-Z]\d{1,2})*\)`)

// vague are names of files that say nothing about what is in them.
var vague = regexp.MustCompile(`^(way|pattern|facts?|part|view_base|yaml|live|memory|stats|misc|utils?|helpers?|common|types)$`)

// things begin what a function returns: "x is the path of" says no less than "x returns the path of", but
// is read as the comment of a type.
var things = []string{"the", "a", "an", "those", "all", "every", "what", "how", "where", "its", "one", "both", "some"}

// goFiles calls visit for every Go file of the project, tests and tools included.
func goFiles(t *testing.T, visit func(files *token.FileSet, file *ast.File)) {
	t.Helper()
	for _, folder := range []string{"cmd", "pkg", "internal", "schemas", "test", "tools"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, name, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err == nil {
				visit(files, file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestCommentsArePlain checks all comments for a few phrases that are certainly hard to read.
// docs/glossary.md has the words for things.
func TestCommentsArePlain(t *testing.T) {
	t.Parallel()
	goFiles(t, func(files *token.FileSet, file *ast.File) {
		for _, group := range file.Comments {
			text := strings.ReplaceAll(group.Text(), "\n", " ")
			for riddle, words := range riddles {
				if found := riddle.FindString(text); found != "" {
					t.Errorf("%s: write %q in place of %q", files.Position(group.Pos()), words, found)
				}
			}
			if found := reportNumber.FindString(text); found != "" {
				t.Errorf("%s: say what happens in place of %q", files.Position(group.Pos()), found)
			}
		}
	})
}

// TestFilesSayWhatIsInThem checks that a file with a vague name is that of a package or an exported type.
func TestFilesSayWhatIsInThem(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		name := strings.TrimSuffix(path.Base(s.name), ".go")
		exports := slices.ContainsFunc(s.file.Decls, func(d ast.Decl) bool {
			types, ok := d.(*ast.GenDecl)
			return ok && slices.ContainsFunc(types.Specs, func(spec ast.Spec) bool {
				declared, ok := spec.(*ast.TypeSpec)
				return ok && declared.Name.IsExported() && strings.EqualFold(declared.Name.Name, name)
			})
		})
		if vague.MatchString(name) && !exports && name != path.Base(s.pkg) {
			t.Errorf("%s: give the file a name that says what is in it", s.name)
		}
	}
}

// TestCommentsBeginWithTheName checks that the comment of a declaration begins with its name. A
// renamed function, or code that was put between a comment and its function, leaves a comment about
// something else. The comments of examples are text for go doc.
func TestCommentsBeginWithTheName(t *testing.T) {
	t.Parallel()
	goFiles(t, func(files *token.FileSet, file *ast.File) {
		check := func(name string, doc *ast.CommentGroup) {
			if text := doc.Text(); text != "" && !strings.HasPrefix(text, name) && !strings.HasPrefix(name, "Example") {
				t.Errorf("%s: the comment of %s begins with %q", files.Position(doc.Pos()), name, strings.Fields(text)[0])
			}
		}
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				check(decl.Name.Name, decl.Doc)
				words := strings.Fields(decl.Doc.Text())
				if decl.Type.Results != nil && len(words) > 2 && (words[1] == "is" || words[1] == "are") && slices.Contains(things, words[2]) {
					t.Errorf("%s: write that %s returns %s …", files.Position(decl.Pos()), words[0], words[2])
				}
			case *ast.GenDecl:
				if decl.Lparen.IsValid() {
					continue
				}
				switch spec := decl.Specs[0].(type) {
				case *ast.TypeSpec:
					check(spec.Name.Name, decl.Doc)
				case *ast.ValueSpec:
					check(spec.Names[0].Name, decl.Doc)
				}
			}
		}
	})
}
