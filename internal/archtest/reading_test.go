package archtest

import (
	"go/ast"
	"slices"
	"testing"
)

// readers are the packages that may call the service's reading calls themselves: the client, which
// has them, and pkg/live. Apply only reads back what it has written.
var readers = []string{"pkg/client", "pkg/live", "pkg/apply"}

// TestLiveStateIsReadInOnePlace checks that commands read listings, bodies, notifications and
// templates through pkg/live or a jobs.Finder above it, which checks whose answer it is and which errors end a run.
func TestLiveStateIsReadInOnePlace(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if slices.Contains(readers, s.pkg) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"Listing", "QueryJob", "FullJob", "Notices", "AllTemplates"}, selector.Sel.Name) {
				return true
			}
			switch x := selector.X.(type) {
			case *ast.Ident:
				if x.Name == "live" || x.Name == "reading" {
					return true
				}
			case *ast.SelectorExpr:
				if x.Sel.Name == "find" {
					return true
				}
			}
			t.Errorf("%s calls %s of the service: read through pkg/live", s.fset.Position(call.Pos()), selector.Sel.Name)
			return true
		})
	}
}
