package format_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

// FuzzSource checks that any text is refused with one of two errors or has a canonical form.
// Formatting that form changes nothing, and it is valid YAML if the text was.
func FuzzSource(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*/in.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range seeds {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range []string{
		"a: 1", "a:\n- b\n-\n  - c\n", "? a\n: b\n", "a: &x\n  b: *x\n", "--- \na: |+\n\n\n", "%YAML 1.1\n---\na: b\n...\n",
		"a: 'b\n\n  c'\n", "a: !!str\n  b: c\n", "a: {b: c,\n d: [e,\nf]}\n", "a: >2-\n    b\n\n   c\n", "\ufeffa: b\r\n", "a:\n  # b\n  \n  c: d # e\n", "- - - a\n",
		"a: \"b\\\n  c\"\n", "*a : b\n", "\r\r\n", "a: b\r\r\nc: d\r\n", "a: b\n# c\n # d\n  # e\n", "a: !!null\nb: &c\nd: *c\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		once, err := format.Source("a.yaml", text, format.Definitions)
		if err != nil {
			if !errors.As(err, new(*format.InvalidError)) && !errors.As(err, new(*format.UnsupportedError)) {
				t.Fatalf("%v", err)
			}
			return
		}
		if _, found := spec.ParseFile("a.yaml", once); found.HasErrors() {
			t.Fatalf("%v\n%q\nof %q", found, once, text)
		}
		twice, err := format.Source("a.yaml", once, format.Definitions)
		if err != nil || string(twice) != string(once) {
			t.Fatalf("%v\nonce  %q\ntwice %q\nof    %q", err, once, twice, text)
		}
	})
}
