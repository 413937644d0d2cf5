//go:build unix

package doctest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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

// TestSwitchesInDocuments checks that each switch that a page names exists. The help, from which a
// page is made, has them all.
func TestSwitchesInDocuments(t *testing.T) {
	read := func(parts ...string) string {
		content, err := os.ReadFile(filepath.Join(append([]string{root, "docs"}, parts...)...))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	words := regexp.MustCompile("`([a-z0-9]+(?:-[a-z0-9]+)+)`")
	named := 0
	for _, page := range []string{"emulator.md", "emulator-quirks.md", "api-notes.md", "api/newer-routes.md", "api/sdk.md"} {
		for _, found := range words.FindAllStringSubmatch(read(filepath.FromSlash(page)), -1) {
			_, err := emulator.ParseQuirks(found[1]) // former names are accepted
			if named++; err != nil && !notSwitches[found[1]] {
				t.Errorf("%s names %s, which is not a switch", page, found[1])
			}
		}
	}
	if named < 20 {
		t.Errorf("only %d switches were found in the pages", named)
	}
	for _, command := range regexp.MustCompile(`--quirks ([a-z0-9,-]+)`).FindAllStringSubmatch(read("emulator-quirks.md")+read("emulator.md")+read("commands", "emulator.md"), -1) {
		if _, err := emulator.ParseQuirks(command[1]); err != nil {
			t.Errorf("--quirks %s: %v", command[1], err)
		}
	}
	help := read("commands", "emulator.md")
	first, last := false, false
	for _, s := range emulator.Switches() {
		first = first || s.Name == "v3-hidden-fields"
		if first && !last && !s.Alone {
			t.Errorf("the page says that %s is in no profile", s.Name)
		}
		last = last || s.Name == "slow-under-load"
		if !strings.Contains(help, "   "+s.Name+" ") {
			t.Errorf("the help does not name %s", s.Name)
		}
	}
	if !first || !last {
		t.Error("the group of switches that the page names is gone")
	}
}

// notSwitches are words of these pages that look like one.
var notSwitches = map[string]bool{"huaweicloud-sdk-go-v3": true}

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
