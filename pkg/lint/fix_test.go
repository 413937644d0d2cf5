package lint_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// mendable are parts of a job that have a fix, and some that have none, in the
// styles that people write.
var mendable = []string{
	"    flavor:   3.10   # 大小\n",
	"    scms: [ {url: git@h:a/b.git,  scm_type: git, branch: refs/heads/main } ]\n",
	"    scms:\n      - {url: git@h:a/b.git, scm_type: git, branch: on}   \n",
	"    parameters:\n      - name: p   # the first\n        default: 010\n      - {name: q, default:   1e3 , description: 'a\u200bb'}\n",
	"    parameters: [{name: p, options: [dev, prod], default: pord}]\n",
	"    host_type: devclod\n",
	"    notifications: {MIAL: [buildJobFail]}\n",
	"    # 注释 with a\u00a0space\n",
	"    enabled: true # fl\u200bag\n",
	"    parameters: [{definition: hudson.model.StringParamterDefinition, params: [{name: name, value: p}, {name: defaultValue, value: 'x'}]}]\n",
}

// mendableSteps are steps of the same kind; %s is the step's name.
var mendableSteps = []string{
	"      - sh:\n          name: %\n          inputs:\n            command: |\n              # 构建\n              rm -rf $DIR/订单\n              make \\ \n                all\n              make install\n",
	"      - sh: {name: %, inputs: {command: 'make'}}\n",
	"      - sh:\n          name: %\n          inputs:\n            command: >\n              make\n              make install\n",
	"      - sh: {name: %, inputs: {comand: make}}\n",
	"      - upload_artifact: {name: %, inputs: {file: a\\b.jar}}\n",
	"      - sh: {name: \"%\", inputs: {command: \"rm -rf $X\\nmake\"}}\n",
}

// drawDefinitions writes a file of jobs with things to mend, in Unix or DOS lines,
// with or without a byte-order mark.
func drawDefinitions(t *rapid.T) string {
	text := "version: 1\njobs:\n"
	for i := range rapid.IntRange(1, 3).Draw(t, "jobs") {
		name := string(rune('a' + i))
		text += "  - name: " + name + "\n    arch: arm\n"
		taken := map[string]bool{}
		for _, part := range rapid.SliceOfNDistinct(rapid.SampledFrom(mendable), 0, 4, rapid.ID[string]).Draw(t, "parts") {
			if key, _, _ := strings.Cut(strings.TrimSpace(part), ":"); !taken[key] {
				taken[key] = true
				text += part
			}
		}
		text += "    steps:\n"
		for j, step := range rapid.SliceOfN(rapid.SampledFrom(mendableSteps), 1, 3).Draw(t, "steps") {
			text += strings.ReplaceAll(step, "%", "s"+string(rune('1'+j)))
		}
	}
	if rapid.Bool().Draw(t, "crlf") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if rapid.Bool().Draw(t, "mark") {
		text = "\ufeff" + text
	}
	return text
}

// TestFixesMendAndMoveNothing checks that a fixed finding is gone, every other byte stays, every
// other finding stays, and fixing ends.
func TestFixesMendAndMoveNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]lint.FixMode{lint.SafeFixes, lint.AllFixes}).Draw(t, "mode")
		text := drawDefinitions(t)
		const mostPasses = 10
		for pass := 0; ; pass++ {
			if pass > mostPasses {
				t.Fatalf("there is still something to mend in\n%s", text)
			}
			found := lint.Check(files(text), "", lint.Options{})
			fixed, mended := lint.Fix(definitionsName, []byte(text), found, mode)
			if crlf := strings.Count(text, "\r\n"); crlf > 0 && strings.Count(string(fixed), "\n") != strings.Count(string(fixed), "\r\n") {
				t.Fatalf("a line of the mended file ends in another way than all others: %q", fixed)
			}
			if len(mended) == 0 {
				if text != string(fixed) {
					t.Fatal("nothing was mended, and the text has changed")
				}
				break
			}
			checkUntouched(t, text, string(fixed), mended, mode)
			checkMended(t, found, lint.Check(files(string(fixed)), "", lint.Options{}), mended, mode)
			text = string(fixed)
		}
	})
}

func files(definitions string) spec.MapTree {
	return spec.MapTree{"buildsync.yaml": workspace, definitionsName: definitions}
}

// checkUntouched removes the edits from both texts and compares the rest.
func checkUntouched(t *rapid.T, before, after string, mended spec.Diagnostics, mode lint.FixMode) {
	var edits []spec.Edit
	for _, d := range mended {
		at := slices.IndexFunc(d.Fixes, func(f spec.Fix) bool { return !f.Unsafe || mode == lint.AllFixes })
		for _, e := range d.Fixes[at].Edits {
			if !slices.Contains(edits, e) {
				edits = append(edits, e)
			}
		}
	}
	slices.SortFunc(edits, func(a, b spec.Edit) int { return a.Start - b.Start })
	last := 0
	for _, e := range edits {
		kept := before[last:e.Start]
		rest, same := strings.CutPrefix(after, kept+e.New)
		if !same {
			t.Fatalf("before byte %d: %q is not what follows in %q", e.Start, kept+e.New, after)
		}
		after, last = rest, e.End
	}
	if before[last:] != after {
		t.Fatalf("after the last edit: %q is %q", before[last:], after)
	}
}

// checkMended checks that the fixed findings are gone, and after safe fixes that the others remain.
func checkMended(t *rapid.T, before, after, mended spec.Diagnostics, mode lint.FixMode) {
	name := func(d spec.Diagnostic) string { return d.Rule + " " + d.Pointer + ": " + d.Message }
	list := func(ds spec.Diagnostics) []string {
		names := []string{}
		for _, d := range ds {
			names = append(names, name(d))
		}
		slices.Sort(names)
		return names
	}
	if mode == lint.AllFixes {
		for _, d := range after {
			if d.Rule == "yaml-syntax" {
				t.Fatalf("after mending: %s: %s", d.Range.Start, d.Message)
			}
		}
		return
	}
	rest := list(before)
	for _, d := range mended {
		if at := slices.Index(rest, name(d)); at >= 0 {
			rest = slices.Delete(rest, at, at+1)
		}
	}
	if diff := cmp.Diff(rest, list(after)); diff != "" {
		t.Fatalf("beside what was mended (-before +after):\n%s", diff)
	}
}
