package format_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/format"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestGolden checks the canonical form of testdata/*/in.yaml, and that formatting it again changes
// nothing.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*/in.yaml")
	if err != nil || len(cases) < 8 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, name := range cases {
		dir := filepath.Dir(name)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			kind := format.Definitions
			if filepath.Base(dir) == "workspace" {
				kind = format.Workspace
			}
			got := canonical(t, name, read(t, name), kind)
			file := filepath.Join(dir, "want.yaml")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(read(t, file)), string(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// canonical formats a text, and demands that formatting again changes nothing.
func canonical(t testing.TB, name string, text []byte, kind format.Kind) []byte {
	t.Helper()
	once, err := format.Source(name, text, kind)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	twice, err := format.Source(name, once, kind)
	if err != nil {
		t.Fatalf("again: %v\n%s", err, once)
	}
	if diff := cmp.Diff(string(once), string(twice)); diff != "" {
		t.Errorf("formatting again changes it (-once +twice):\n%s", diff)
	}
	return once
}

// TestOwnFiles checks that the examples are in canonical form, and that every readable definition
// file of this repository has one.
func TestOwnFiles(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"../../examples/*/*.yaml", "../../examples/*/*/*.yaml", "../*/testdata/*/*.yaml", "../*/testdata/*/*/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, name := range files {
			text := read(t, name)
			got, err := format.Source(name, text, format.KindOf(name))
			if errors.As(err, new(*format.InvalidError)) {
				continue // some test's broken file
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			canonical(t, name, got, format.KindOf(name))
			if strings.Contains(pattern, "examples") && string(got) != string(text) {
				t.Errorf("%s is not in its canonical form: run buildsync fmt there", name)
			}
		}
	}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"blank lines", "\n \n", ""},
		{"only a comment", "\n  # later\n\n", "# later\n"},
		{"only a mark", "---\n", "---\n"},
		{"no line break at the end", "version: 1", "version: 1\n"},
		{"CRLF", "version: 1\r\njobs:\r\n- name: a\r\n  description: |\r\n    b\r\n", "version: 1\r\njobs:\r\n  - name: a\r\n    description: |\r\n      b\r\n"},
		{"one CRLF among LF", "version: 1\r\nvars:\n  a: 1\n", "version: 1\nvars:\n  a: 1\n"},
		{"a byte-order mark", "\ufeffversion: 1\n", "version: 1\n"},
		{"blanks at the end", "version: 1   \n\n\n", "version: 1\n"},
		{"a script that is kept to the end", "a: |+\n  b\n\n\n", "a: |+\n  b\n\n\n"},
		{"a script without a line break at the end", "a: |\n  b", "a: |-\n  b\n"},
		{"a mark at the end", "version: 1\n...\n", "version: 1\n"},
		{"a comment beside and after the mark at the end", "version: 1\n... # b\n\n# c\n", "version: 1\n# b\n\n# c\n"},
		{"a key with a question mark", "version: 1\n? jobs\n: []\n", "version: 1\njobs: []\n"},
		{"a key with a question mark, a list and comments", "? jobs # a\n# b\n: # c\n  - name: x\n", "# a\n# b\njobs: # c\n  - name: x\n"},
		{"a key with a question mark and no value", "x:\n  ? a\n  ? b\n", "x:\n  a:\n  b:\n"},
		{"a key of several lines", "x:\n  ? |\n    a\n    b\n  : 1\n", "x:\n  \"a\\nb\\n\": 1\n"},
		{"JSON", "{\n    \"version\": 1,\n    \"jobs\": []\n}\n", "{\n  \"version\": 1,\n  \"jobs\": []\n}\n"},
		{"JSON on one line", "{\"jobs\": [], \"version\": 1}", "{version: 1, jobs: []}\n"},
		{"a comment that closes a group", "jobs:\n  # <group 1>\n  - name: a\n    arch: arm\n  # </group 1>\n\n  # <group 2>\n  - name: b\n  # </group 2>\n  - name: c\n",
			"jobs:\n  # <group 1>\n  - name: a\n    arch: arm\n  # </group 1>\n\n  # <group 2>\n  - name: b\n  # </group 2>\n  - name: c\n"},
		{"comments that close what is above, and one that does not", "jobs:\n  - name: a\n    arch: arm\n  # </group 1>\n  - name: b\n    arch: arm\n  #endregion\n  # about c\n  - name: c\n    arch: arm\n  # End of the tests\n  - name: d\n    arch: arm\n",
			"jobs:\n  - name: a\n    arch: arm\n  # </group 1>\n\n  - name: b\n    arch: arm\n  #endregion\n\n  # about c\n  - name: c\n    arch: arm\n  # End of the tests\n\n  - name: d\n    arch: arm\n"},
		{"a comment below a key that moves", "jobs: []\n# about jobs\n\n# about version\nversion: 1\n", "# about version\nversion: 1\njobs: []\n# about jobs\n"},
		{"a comment at the end", "a: 1\n\n\n# b", "a: 1\n\n# b\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := string(canonical(t, "a.yaml", []byte(c.in), format.Definitions)); got != c.want {
				t.Errorf("have %q, want %q", got, c.want)
			}
		})
	}
}

// TestRefusals checks that fmt leaves a text alone that it cannot write again with certainty, and
// names the place.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"a list", "- a\n", ""},
		{"a text", "hello\n", "a.yaml:1:1: "},
		{"after the mark", "--- {version: 1}\n", "a.yaml:1:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := format.Source("a.yaml", []byte(c.in), format.Definitions)
			unsupported := new(format.UnsupportedError)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
			} else if !errors.As(err, &unsupported) || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("have %v, want %q", err, c.want)
			}
		})
	}
	_, err := format.Source("a.yaml", []byte("a: [\n"), format.Definitions)
	invalid := new(format.InvalidError)
	if !errors.As(err, &invalid) || !strings.Contains(err.Error(), "a.yaml:1:4") || len(invalid.Diagnostics) != 1 {
		t.Errorf("broken YAML: %v", err)
	}
}
