//go:build unix

// Package doctest runs the documents. A reader who types what a document shows
// must see what it shows, so every fenced block of the kind console is run, in
// order, in one shell for each document, and its output compared:
//
//	$ command        is run; lines that begin with "> " continue it
//	output           is what the command wrote to stdout and stderr, and
//	                 "(exit code N)" where it did not end with 0
//	…                stands for any text within a line, alone for any lines
//
// A block whose fence line carries file=NAME is written to that file, with
// append=NAME to its end. What differs from run to run (commits, ids, hashes,
// times) is compared by its form only.
//
// A document starts in a folder that holds a copy of examples/, in a home of
// its own, with an identity for Git and without credentials. Rewrite the
// outputs with:
//
//	go test ./internal/doctest -update
package doctest

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// root is the repository's folder, relative to this package.
const root = "../.."

// sessionLimit ends a document whose commands hang. It is far more than a document needs on a busy
// machine.
const sessionLimit = 20 * time.Minute

var update = flag.Bool("update", false, "rewrite the outputs in the documents")

// programs is the folder of the buildsync binary that the documents run.
var programs string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := withProgram(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withProgram builds buildsync, and runs the tests.
func withProgram(m *testing.M) (int, error) {
	folder, err := os.MkdirTemp("", "doctest")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	programs = folder
	// go test keeps a result as long as the files that the test opened stay the same. Another
	// process opens the compiler's files, so open them here too.
	for _, sources := range []string{"cmd", "internal", "pkg", "schemas"} {
		if err := filepath.WalkDir(filepath.Join(root, sources), func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			return 0, err
		}
	}
	build := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(folder, "buildsync"), "./cmd/buildsync")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building buildsync: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// documents lists the documents, relative to the root.
func documents(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"docs", "examples"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && strings.HasSuffix(name, ".md") {
				found = append(found, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	names := make([]string, 0, len(found))
	for _, name := range found {
		relative, err := filepath.Rel(root, name)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.ToSlash(relative))
	}
	slices.Sort(names)
	if len(names) < 10 {
		t.Fatalf("found only %q: the test looks at the wrong folder", names)
	}
	return names
}

func readDocument(t *testing.T, name string) *document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := parse(string(text))
	if err != nil {
		t.Fatalf("%s:%v", name, err)
	}
	return doc
}

// TestDocuments runs each document that has commands.
func TestDocuments(t *testing.T) {
	t.Parallel()
	ran := 0
	for _, name := range documents(t) {
		doc := readDocument(t, name)
		if !doc.runs() {
			continue
		}
		ran++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), sessionLimit)
			defer cancel()
			home := t.TempDir()
			got, err := runSession(ctx, home, doc)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			checkDocument(t, name, doc, got)
		})
	}
	if ran < 10 {
		t.Errorf("only %d documents have commands", ran)
	}
}

// checkDocument compares the output of the commands with the document, or updates the document.
func checkDocument(t *testing.T, name string, doc *document, got []string) {
	t.Helper()
	changed := false
	for i, c := range doc.commands() {
		if matches(c.output, got[i]) {
			continue
		}
		if *update {
			c.output, changed = digest.ReplaceAllString(got[i], "$1…"), true
			continue
		}
		t.Errorf("%s:%d: $ %s\nthe document shows:\n%s\nthe command wrote:\n%s", name, c.line, c.text, indent(c.output), indent(got[i]))
	}
	if !changed {
		return
	}
	for i, c := range doc.commands() { // all that is not shortened is of one run, so ids agree
		if !strings.Contains(normal(c.output), elided) {
			c.output = digest.ReplaceAllString(got[i], "$1…")
		}
	}
	if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(doc.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(text, "\n", "\n    ")
}
