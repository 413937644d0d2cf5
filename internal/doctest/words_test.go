//go:build unix

package doctest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// avoided returns the words that the glossary does not want, each with the right word.
func avoided(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "glossary.md"))
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.Contains(cells[1], "---") || strings.TrimSpace(cells[1]) == "word" {
			continue
		}
		for word := range strings.SplitSeq(cells[3], ",") {
			if word = strings.TrimSpace(word); word != "" {
				words[word] = strings.TrimSpace(cells[1])
			}
		}
	}
	if len(words) < 10 {
		t.Fatalf("the glossary avoids only %v: its table is read wrongly", words)
	}
	return words
}

// stiff are hard phrases, with the plain ones.
var stiff = map[string]string{
	"it is not said":         "no … selected",
	"tells whether":          "reports whether",
	"tell whether":           "show whether",
	"otherwise than":         "differently from",
	"what is defined is":     "is in step",
	"as it stands there":     "as it is there",
	"of which nothing is":    "and nothing of it is",
	"nobody is there to ask": "there is no terminal to ask on",
}

// isNo finds "is no pattern", for which people write "is not a pattern".
var isNo = regexp.MustCompile(`(?i)(\w*)\W+is no (\w+)`)

// TestWords checks that documents and messages use the words of the glossary, and plain English.
func TestWords(t *testing.T) {
	t.Parallel()
	instead := avoided(t)
	for phrase, better := range stiff {
		instead[phrase] = better
	}
	patterns := map[*regexp.Regexp]string{}
	for word, better := range instead {
		patterns[regexp.MustCompile(`(?i)\b`+regexp.QuoteMeta(word)+`s?\b`)] = better
	}
	check := func(where, text string) {
		for pattern, better := range patterns {
			if found := pattern.FindString(text); found != "" {
				t.Errorf("%s says %q; the word is %q", where, found, better)
			}
		}
		for _, found := range isNo.FindAllStringSubmatch(text, -1) {
			if !strings.EqualFold(found[1], "there") && !slices.Contains([]string{"longer", "more", "less", "other"}, found[2]) {
				t.Errorf("%s says %q; write \"is not a\"", where, found[0])
			}
		}
	}
	for _, name := range documents(t) {
		if name == "docs/glossary.md" || name == "docs/decisions.md" || name == "CHANGELOG.md" {
			continue // these pages speak of the words themselves, and of the past
		}
		for _, line := range readDocument(t, name).prose() {
			check(name, line)
		}
	}
	for _, folder := range []string{"cmd", "pkg", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, entry fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
				eachMessage(t, name, check)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// eachMessage calls check for each text of a source file that contains a blank.
func eachMessage(t *testing.T, name string, check func(where, text string)) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil && strings.Contains(text, " ") {
				check(files.Position(literal.Pos()).String(), text)
			}
		}
		return true
	})
}
