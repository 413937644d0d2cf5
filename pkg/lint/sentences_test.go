package lint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

// sentences are the promises about lint beside its rules (see TestCells), each with the test or
// script that would fail if it were false.
var sentences = []struct{ promise, heldBy string }{
	{"rules look across files", "lint_test.go TestCheckFindsWhatRunFinds"},
	{"findings are of the files that were asked about", "../../cmd/buildsync/testdata/script/lint.txtar"},
	{"a finding has a rule, a severity, a message, a range with start and end, in characters", "fixtures_test.go TestRules"},
	{"related places have labels", "fixtures_test.go TestRules"},
	{"a fix is safe or unsafe", "../../cmd/buildsync/testdata/script/lint_fix.txtar"},
	{"a pointer has names in the place of indexes, and stays when lines move", "contract_test.go TestPointersAndBaselines"},
	{"the caret is right after Chinese text, tabs and wide characters", "format/text_test.go TestCaretCoversTheText"},
	{"places in scripts are exact in every style and in files", "contract_test.go TestPlacesInScripts"},
	{"findings are sorted and none is repeated", "../../cmd/buildsync/lint_test.go TestNoFindingTwice"},
	{"work is linear in the number of findings", "sentences_test.go TestLinearInFindings"},
	{"errors of YAML have a line, a column and the likely cause", "../spec/load_test.go TestBadFiles"},
	{"severities, overrides by path and tables are configured", "lint_test.go TestConfiguration"},
	{"a comment suppresses above and at the end of a line", "lint_test.go TestSuppressions"},
	{"and inside a script", "lint_test.go TestSuppressionsInScripts"},
	{"a baseline remembers by rule and pointer", "lint_test.go TestBaseline"},
	{"only what a change touches", "../../cmd/buildsync/testdata/script/lint_repository.txtar"},
	{"a fixed file lints clean of what was fixed, and nothing else in it moved", "fix_test.go TestFixesMendAndMoveNothing"},
	{"a cache is keyed by content, configuration and version", "cache_test.go TestCacheKeyedByConfiguration"},
	{"a cache that is damaged does no harm", "cache_test.go TestBrokenCache"},
	{"runs side by side share the cache", "cache_test.go TestCacheOfConcurrentRuns"},
	{"json, gitlab, junit and checkstyle conform to a schema", "format/schema_test.go TestReportsConform"},
	{"SARIF conforms to the schema of OASIS", "../../test/judges/sarif_test.go TestAnyFindings"},
	{"github is workflow commands", "format/writers_test.go TestWriters"},
	{"no format shows a secret", "format/writers_test.go TestSecretsAreNotShown"},
	{"explain and docs/rules show a bad and a good example with the real output", "../../cmd/buildsync/lint_test.go TestExplainEveryRule"},
	{"the hooks work from the repository alone", "../../cmd/buildsync/precommit_test.go TestPreCommit"},
	{"the problem matcher reads real output", "integration_files_test.go TestProblemMatcher"},
	{"real scripts give no alarm", "scripts_test.go TestRealScriptsGiveNoAlarm"},
	{"every file that a $file stands for is linted", "scripts_test.go TestScriptsOfEveryValue"},
}

// TestSentences checks that the test of each promise exists.
func TestSentences(t *testing.T) {
	t.Parallel()
	for _, s := range sentences {
		file, name, isGo := strings.Cut(s.heldBy, " ")
		text, err := os.ReadFile(filepath.FromSlash(file))
		switch {
		case err != nil:
			t.Errorf("%s: %v", s.promise, err)
		case isGo && !strings.Contains(string(text), "\nfunc "+name+"(t *testing.T)"):
			t.Errorf("%s: %s has no %s", s.promise, file, name)
		}
	}
}

// TestLinearInFindings checks that four times the findings cost about four times the work, from the
// files to the text. It is not parallel, because it measures allocations.
func TestLinearInFindings(t *testing.T) {
	work := func(jobs int) uint64 {
		var text strings.Builder
		text.WriteString("version: 1\njobs:\n")
		for i := range jobs {
			text.WriteString(job(fmt.Sprintf("job-%05d", i), "    flavor: training\n    parameters: [{name: unused, default: 3.10}]\n"))
		}
		tree := spec.MapTree{"buildsync.yaml": workspace, definitionsName: text.String()}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		found := lint.Check(tree, "", lint.Options{})
		if err := format.Text(discard{}, found, format.Options{Source: func(string) []byte { return []byte(tree[definitionsName]) }}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if len(found) != 3*jobs {
			t.Fatalf("%d findings of %d jobs", len(found), jobs)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	work(10) // results that are computed once
	if few, many := work(500), work(2000); many > 6*few {
		t.Errorf("500 jobs with findings take %d bytes, 2000 take %d", few, many)
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
