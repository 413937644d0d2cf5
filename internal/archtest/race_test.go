package archtest

import (
	"go/ast"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPackagesWithGoroutinesRunWithTheRaceDetector holds CONCURRENT of the Makefile to the
// code. The detector makes a test five times slower, so "make test" uses it only there.
// cmd/buildsync starts processes, not goroutines; "make test-long" runs it with the detector.
func TestPackagesWithGoroutinesRunWithTheRaceDetector(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, line := range strings.Split(string(makefile), "\n") {
		if list, ok := strings.CutPrefix(line, "CONCURRENT "); ok {
			listed = strings.Fields(strings.TrimLeft(list, " :="))
		}
	}
	if len(listed) == 0 {
		t.Fatal("the Makefile has no line that begins with CONCURRENT")
	}
	starts := map[string]string{}
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if startsGoroutine(n) {
				starts[s.pkg] = s.name
			}
			return true
		})
	}
	delete(starts, "cmd/buildsync")
	for pkg, file := range starts {
		if !slices.Contains(listed, "./"+pkg) {
			t.Errorf("%s starts a goroutine: name ./%s in CONCURRENT of the Makefile", file, pkg)
		}
	}
	for _, name := range listed {
		if _, ok := starts[strings.TrimPrefix(name, "./")]; !ok {
			t.Errorf("CONCURRENT of the Makefile names %s, which starts no goroutine", name)
		}
	}
}

// startsGoroutine recognises a go statement, and a call of Go on a group.
func startsGoroutine(n ast.Node) bool {
	if _, ok := n.(*ast.GoStmt); ok {
		return true
	}
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	return ok && method.Sel.Name == "Go"
}
