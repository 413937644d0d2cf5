//go:build unix

package doctest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mostWords is the longest page that a person reads at a sitting.
const mostWords = 1700

// longPages are pages to look things up in, each with the reason.
var longPages = map[string]string{
	"CHANGELOG.md":          "a list",
	"docs/decisions.md":     "a list",
	"docs/commands/job.md":  "the help of fourteen commands",
	"docs/rules/README.md":  "a table of rules",
	"docs/language/jobs.md": "a table of keys",
}

// TestPagesAreShort checks that a page is short enough to read at a sitting, README above all.
func TestPagesAreShort(t *testing.T) {
	t.Parallel()
	for _, name := range documents(t) {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		most := mostWords
		if name == "README.md" {
			most = 700
		}
		if words := len(strings.Fields(string(text))); words > most && longPages[name] == "" {
			t.Errorf("%s has %d words, above %d: split it by task, or cut it", name, words, most)
		}
	}
}
