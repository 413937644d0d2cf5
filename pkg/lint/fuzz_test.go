package lint_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
)

// FuzzScript lints scripts with a bash that accepts all, one that refuses all, and a shellcheck
// that finds one word. Every place must be inside its text.
func FuzzScript(f *testing.F) {
	for _, script := range readCorpus(f) {
		f.Add(script.text)
	}
	f.Fuzz(func(t *testing.T, script string) {
		for _, style := range scriptStyles[:2] {
			tree := scriptTree(script, style)
			for _, bash := range []lint.Bash{nil, &fakeBash{}, &fakeBash{refuses: "e"}} {
				found := lint.Check(tree, "", lint.Options{Bash: bash, ShellCheck: &fakeShellCheck{word: "e", code: 2046}})
				for _, d := range found {
					lines := strings.Split(tree[d.Range.Start.File], "\n")
					if d.Range.Start.File != "" && d.Range.Start.Line > len(lines)+1 {
						t.Errorf("%s stands in line %d of %d: %s", d.Rule, d.Range.Start.Line, len(lines), d.Message)
					}
				}
			}
		}
	})
}

// FuzzComments lints a file of jobs with a comment at several places.
func FuzzComments(f *testing.F) {
	for _, comment := range []string{"# buildsync:ignore-step shell-safety: known", "# buildsync:ignore-job", "# buildsync-ignore x", "# buildsync:ignore-file a, b : c", "#", ""} {
		f.Add(comment, uint8(1))
	}
	places := []string{"top", "above-a", "behind-a", "above-first", "in-first", "script-first", "behind-second", "in-b", "above-t", "above-fifth"}
	f.Fuzz(func(t *testing.T, comment string, place uint8) {
		text := scopedJobs
		for i, name := range places {
			with := "#"
			if i == int(place)%len(places) {
				with = comment
			}
			text = strings.Replace(text, "@"+name+"\n", with+"\n", 1)
		}
		tree := scriptTree("rm -rf $THIRD\n", scriptStyles[0])
		tree["defs.yaml"] = text
		lint.Check(tree, "", lint.Options{})
	})
}
