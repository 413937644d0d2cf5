package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// row is a line of the table: a package and its allowed imports of this module.
type row struct {
	pkg  string
	may  []string // folders; nil with all set
	all  bool
	line int
}

var (
	tableRow = regexp.MustCompile("^\\| `([a-z/]+)` \\|.*\\| ([^|]*) \\|$")
	ourName  = regexp.MustCompile(`^[a-z/]+$`)
)

// readTable parses the section "Packages" of docs/architecture.md.
func readTable(t *testing.T) []row {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	section := ""
	for i, line := range strings.Split(string(text), "\n") {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			section = heading
		}
		match := tableRow.FindStringSubmatch(line)
		if section != "Packages" || match == nil {
			continue
		}
		r := row{pkg: match[1], line: i + 1}
		switch match[2] {
		case "all":
			r.all = true
		case "–":
		default:
			for name := range strings.SplitSeq(match[2], ", ") {
				if !ourName.MatchString(name) {
					t.Fatalf("docs/architecture.md:%d: %q is not a package name", r.line, name)
				}
				r.may = append(r.may, folder(name))
			}
		}
		rows = append(rows, r)
	}
	if len(rows) < 10 {
		t.Fatalf("docs/architecture.md: found %d rows of the table of packages", len(rows))
	}
	return rows
}

// folder turns the short names of the table's last column into folders.
func folder(name string) string {
	if name == "schemas" || strings.HasPrefix(name, "internal/") {
		return name
	}
	return "pkg/" + name
}

func TestImportsFollowTheTable(t *testing.T) {
	t.Parallel()
	rows := readTable(t)
	find := func(pkg string) (row, bool) {
		i := slices.IndexFunc(rows, func(r row) bool { return r.pkg == pkg })
		if i < 0 {
			return row{}, false
		}
		return rows[i], true
	}
	for _, s := range sources(t) {
		if s.pkg == "internal/archtest" {
			continue
		}
		r, ok := find(s.pkg)
		if !ok {
			t.Errorf("%s: package %s has no row in docs/architecture.md", s.name, s.pkg)
			continue
		}
		for _, importPath := range s.imports() {
			if folder, ours := local(importPath); ours && !r.all && !slices.Contains(r.may, folder) {
				t.Errorf("%s imports %s, which docs/architecture.md:%d does not allow", s.name, folder, r.line)
			}
		}
	}
}

// TestTableNamesOnlyImports checks that no row allows an import that no source of its package has.
func TestTableNamesOnlyImports(t *testing.T) {
	t.Parallel()
	imported := map[string]bool{} // "importer imported"
	for _, s := range sources(t) {
		for _, importPath := range s.imports() {
			if folder, ours := local(importPath); ours {
				imported[s.pkg+" "+folder] = true
			}
		}
	}
	for _, r := range readTable(t) {
		for _, name := range r.may {
			if !imported[r.pkg+" "+name] {
				t.Errorf("docs/architecture.md:%d: %s may import %s, but does not", r.line, r.pkg, name)
			}
		}
	}
}

// TestTableRunsDownwards checks that each package imports only packages in rows above its own. Go
// refuses cycles; this keeps the order readable.
func TestTableRunsDownwards(t *testing.T) {
	t.Parallel()
	above := map[string]bool{}
	for _, r := range readTable(t) {
		for _, name := range r.may {
			if !above[name] {
				t.Errorf("docs/architecture.md:%d: %s may import %s, which does not stand above it", r.line, r.pkg, name)
			}
		}
		above[r.pkg] = true
	}
}
