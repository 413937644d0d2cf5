package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPlacesExist checks that the files in docs/where-to-change.md exist. Newcomers look there
// first.
func TestPlacesExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "where-to-change.md"))
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	rows := 0
	for _, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || strings.HasPrefix(cells[1], "---") {
			continue
		}
		rows++
		for _, place := range quoted.FindAllStringSubmatch(cells[2], -1) {
			matches, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(place[1])))
			if err != nil || len(matches) == 0 {
				t.Errorf("%s: there is no %s (%v)", strings.TrimSpace(cells[1]), place[1], err)
			}
		}
	}
	if rows < 21 {
		t.Errorf("%d rows, want a heading and 20 changes or more", rows)
	}
}
