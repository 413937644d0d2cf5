package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// bodies are the packages that use the members of bodies but not the keys of definition files,
// which often have the same names.
var bodies = []string{"pkg/apply", "pkg/diff", "pkg/diff/render", "pkg/live"}

// TestWireKeysAreNamed checks that a member of a body is written in one place, pkg/client/wire.
func TestWireKeysAreNamed(t *testing.T) {
	t.Parallel()
	all := sources(t)
	keys := map[string]string{}
	for _, s := range all {
		if s.name != "pkg/client/wire/keys.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				if key, ok := text(spec.Values[0]); ok && len(key) > len("template") {
					keys[key] = spec.Names[0].Name
				}
			}
			return true
		})
	}
	if len(keys) < 20 {
		t.Fatalf("%d keys were found in pkg/client/wire/keys.go", len(keys))
	}
	for _, key := range []string{"steps", "scms", "params", "arch", "flavor"} { // not the short ones, which are also words of messages
		keys[key] = "Key…"
	}
	for _, s := range all {
		if !slices.Contains(bodies, s.pkg) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if field, ok := n.(*ast.Field); ok && field.Tag != nil {
				return false
			}
			if e, ok := n.(ast.Expr); ok {
				if key, ok := text(e); ok && keys[key] != "" {
					t.Errorf("%s: write wire.%s in place of %q", s.fset.Position(e.Pos()), keys[key], key)
				}
			}
			return true
		})
	}
}

// TestLimitsAreWrittenOnce checks that the limits of the service with a number of their own are
// written in one place, pkg/client/wire, as numbers and in messages.
func TestLimitsAreWrittenOnce(t *testing.T) {
	t.Parallel()
	own := []string{
		"pkg/client/wire/limits.go",
		"pkg/lint/rules.go",     // the page of the rule
		"pkg/emulator/check.go", // the service's own words
	}
	limit := regexp.MustCompile(`\b(115|8192|8,192)\b`)
	for _, s := range sources(t) {
		if slices.Contains(own, s.name) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && limit.MatchString(literal.Value) {
				t.Errorf("%s: ask wire for the limit in %.80s", s.fset.Position(literal.Pos()), literal.Value)
			}
			return true
		})
	}
}

// text returns the value of a string literal.
func text(e ast.Expr) (string, bool) {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	value, err := strconv.Unquote(literal.Value)
	return value, err == nil
}
