package archtest

import (
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// commandLine matches a flag, or a command of the program.
var commandLine = regexp.MustCompile("(^|[\\s\"'(`])--[a-z]|\\bbuildsync (apply|base|compile|doctor|drift|emulator|explain|export|fmt|import|init|job|lint|modules|plan|policy|query|record|run|schema|set|template|vendor)\\b")

// wordsOfOthers are the files below pkg whose texts may hold flags and commands: flags of other
// programs, and names of reports and files.
var wordsOfOthers = map[string]string{
	"pkg/remedy/":          "the catalogue of what people can do",
	"pkg/gitbase/":         "flags of git",
	"pkg/lint/secret/":     "flags of programs in scripts",
	"pkg/lint/shell_":      "flags of programs in scripts",
	"pkg/lint/rule_shell_": "flags of programs in scripts",
	"pkg/lint/shelltool/":  "flags of bash and shellcheck",
	"pkg/lint/format/":     "renders findings",
	"pkg/diff/render/":     "renders plans",
}

// TestOnlyRemediesNameFlags checks that only pkg/remedy names flags, and that no package chooses an
// exit code. Other packages say what is wrong and choose a remedy.
func TestOnlyRemediesNameFlags(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		isOthers := func(prefix string) bool { return strings.HasPrefix(s.name, prefix) }
		if !strings.HasPrefix(s.pkg, "pkg/") || slices.ContainsFunc(slices.Collect(maps.Keys(wordsOfOthers)), isOthers) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if f, ok := n.(*ast.FuncDecl); ok && f.Name.Name == "ExitCode" {
				t.Errorf("%s: %s knows an exit code: return a typed error, which cmd/buildsync gives a code", s.name, f.Name.Name)
			}
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && commandLine.MatchString(text.Value) {
				t.Errorf("%s: %s names a flag or a command: add a remedy to pkg/remedy", s.name, text.Value)
			}
			return true
		})
	}
}
