//go:build unix

package doctest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestProfiles checks that the page has the table of the emulator's profiles. It is not parallel,
// because -update writes a file that TestDocuments rewrites too.
func TestProfiles(t *testing.T) {
	file := filepath.Join(root, "docs", "emulator-quirks.md")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- profiles -->\n", "<!-- /profiles -->"
	before, rest, found := strings.Cut(string(content), begin)
	shown, after, foundEnd := strings.Cut(rest, end)
	if !found || !foundEnd {
		t.Fatalf("%s has no table between %q and %q", file, begin, end)
	}
	table := profileTable(t)
	if shown == table {
		return
	}
	if !*update {
		t.Fatalf("%s shows\n%s\nthe profiles are\n%s", file, shown, table)
	}
	if err := os.WriteFile(file, []byte(before+begin+table+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// profileTable has a row for each quirk that differs between profiles.
func profileTable(t *testing.T) string {
	t.Helper()
	names := []string{"default", "strict", "lenient", "hostile", "legacy"}
	var columns []map[string]any
	for _, name := range names {
		quirks, ok := emulator.Profile(name)
		if !ok {
			t.Fatalf("there is no profile %s", name)
		}
		columns = append(columns, members(t, quirks))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "\n| | %s |\n|---|%s\n", strings.Join(names, " | "), strings.Repeat("---|", len(names)))
	for _, key := range keys(t, emulator.NoQuirks()) {
		cells, differ := []string{}, false
		for _, column := range columns {
			cells = append(cells, cell(key, column[key]))
			differ = differ || cells[0] != cells[len(cells)-1]
		}
		if differ {
			fmt.Fprintf(&out, "| %s | %s |\n", strings.ReplaceAll(key, "_", " "), strings.Join(cells, " | "))
		}
	}
	return out.String() + "\n"
}

func members(t *testing.T, quirks emulator.Quirks) map[string]any {
	t.Helper()
	text, err := json.Marshal(quirks)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// keys returns the members' names in the order of the type.
func keys(t *testing.T, quirks emulator.Quirks) []string {
	t.Helper()
	text, err := json.Marshal(quirks)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	var names []string
	for i := 0; ; i++ {
		token, err := decoder.Token()
		if err != nil {
			return names
		}
		if name, ok := token.(string); ok && i%2 == 1 {
			names = append(names, name)
		}
	}
}

func cell(key string, value any) string {
	switch v := value.(type) {
	case bool:
		if v {
			return "yes"
		}
		return "–"
	case float64:
		if strings.HasSuffix(key, "lag") {
			return time.Duration(v).String()
		}
		return fmt.Sprintf("%g", v)
	default:
		return fmt.Sprint(v)
	}
}
