package archtest

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// ban forbids a name of the standard library, or an import, outside the named places.
type ban struct {
	name    string // "os.Exit", or an import path
	allowed []string
	reason  string
}

var bans = []ban{
	{"os.Exit", []string{"cmd/buildsync", "internal/cli"}, "only main and a second signal end the process, so that reports are written and defers run"},
	{"fmt.Print", nil, "streams are passed in"},
	{"fmt.Printf", nil, "streams are passed in"},
	{"fmt.Println", nil, "streams are passed in"},
	{"time.Sleep", nil, "waiting selects on a context"},
	{"http.DefaultClient", nil, "it follows redirects, and X-Auth-Token goes along"},
	{"http.Get", nil, "it follows redirects, and X-Auth-Token goes along"},
	{"gopkg.in/yaml.v3", []string{"pkg/spec"}, "one place works around its faults"},
	{"os/exec", []string{"pkg/gitbase", "pkg/lint/shelltool"}, "git, bash -n and shellcheck are the only programs that are ever started"},
	{"github.com/urfave/cli/v2", []string{"cmd/buildsync", "internal/cli"}, "packages know no command line"},
	{"github.com/expr-lang/expr", []string{"pkg/policy/rule"}, "definitions hold no expressions, and policies bounded ones"},
	{"go.etcd.io/bbolt", []string{"pkg/emulator"}, "there is no state file"},
	{"time.FixedZone", []string{"pkg/client/wire"}, "wire.ServiceZone is the zone of the service"},
	{"spec.Load", nil, "compile.Load is the one way to load definitions; spec.Load with compile.Compile is for tests that compare with it"},
	{"compile.Compile", []string{"pkg/lint", "pkg/policy"}, "compile.Load is the one way to load definitions; lint compiles batches of files, and policy its fixtures"},
	{"github.com/google/go-cmp/cmp", nil, "it panics on unexported fields, and its text is unstable on purpose"},
}

// pure packages give the same bytes for the same input.
var pure = []string{"pkg/spec", "pkg/catalog", "pkg/compile", "pkg/policy", "pkg/policy/rule", "pkg/lint", "pkg/diff", "pkg/diff/render", "pkg/format", "pkg/bulk", "pkg/valuepath", "pkg/sanitize", "pkg/jsontree"}

var impureNames = []string{"time.Now", "time.Since", "os.Getenv", "os.LookupEnv", "os.Environ", "os.Stdout", "os.Stderr", "os.Stdin"}

func TestBannedNames(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		used := s.imports()
		ast.Inspect(s.file, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := selector.X.(*ast.Ident); ok {
					used = append(used, x.Name+"."+selector.Sel.Name)
				}
			}
			return true
		})
		for _, b := range bans {
			if slices.Contains(used, b.name) && !slices.Contains(b.allowed, s.pkg) {
				t.Errorf("%s uses %s: %s", s.name, b.name, b.reason)
			}
		}
		if !slices.Contains(pure, s.pkg) {
			continue
		}
		for _, name := range used {
			if slices.Contains(impureNames, name) || name == "net" || strings.HasPrefix(name, "net/http") {
				t.Errorf("%s uses %s: %s gives the same bytes for the same input", s.name, name, s.pkg)
			}
		}
	}
}

// TestOneClock checks that apply waits by its Clock alone, so that tests and the emulator move
// time, and no timer outlives a run.
func TestOneClock(t *testing.T) {
	t.Parallel()
	timers := []string{"AfterFunc", "After", "NewTimer", "NewTicker", "Tick", "Sleep"}
	for _, s := range sources(t) {
		if s.pkg != "pkg/apply" && s.pkg != "pkg/live" || s.name == "pkg/apply/clock.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := selector.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(timers, selector.Sel.Name) {
					t.Errorf("%s uses time.%s: wait by the Clock", s.name, selector.Sel.Name)
				}
			}
			return true
		})
	}
}

// TestReferencesAreReadOnce checks that only pkg/spec finds ${{ }} in texts, so that an escaped one
// is plain text for every stage.
func TestReferencesAreReadOnce(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.name == "pkg/spec/references.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			for _, e := range call.Args {
				if literal, ok := text(e); ok && (literal == "${{" || literal == "$${{") {
					t.Errorf("%s: ask spec.References, spec.HasReference or spec.SplitReferences", s.fset.Position(e.Pos()))
				}
			}
			return true
		})
	}
}
