//go:build unix

package doctest

import (
	"path"
	"strings"
	"testing"
)

// TestFilesAreNamed checks that the text before a block that becomes a file names that file.
// Readers do not see the fence line.
func TestFilesAreNamed(t *testing.T) {
	t.Parallel()
	for _, name := range documents(t) {
		var before []string // the paragraph above
		for _, p := range readDocument(t, name).pieces {
			text := strings.Join(before, " ")
			switch {
			case p.file != "":
				if shown := strings.TrimPrefix(path.Clean(p.file), "../"); !strings.Contains(text, "`"+shown+"`") && !strings.Contains(text, "`"+p.file+"`") {
					t.Errorf("%s: the text before the block for %s does not name `%s`", name, p.file, shown)
				}
				before = nil
			case p.commands != nil || len(p.lines) > 1:
				before = nil
			case p.lines[0] != "":
				before = append(before, p.lines[0])
			case len(before) > 0 && before[len(before)-1] != "":
				before = append(before, "")
			}
		}
	}
}
