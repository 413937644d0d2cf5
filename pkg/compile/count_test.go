package compile_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestLawWhatFitsIsCompiled checks that counting before compiling refuses nothing that fits, and
// that one value more is always refused, by the count or by the compiler.
func TestLawWhatFitsIsCompiled(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tree, _ := drawFragments(t)
		if rapid.Bool().Draw(t, "families") {
			tree, _ = drawFamilies(t)
		}
		set, found := spec.Load(tree, spec.Options{})
		result, more := compile.Compile(set, compile.Options{})
		if found.HasErrors() || more.HasErrors() {
			return // equal names of jobs
		}
		fits, found := compile.Compile(set, compile.Options{Spent: compile.MaxTotal - result.Values})
		if hasRule(found, "expansion-limit") || fits.Exhausted || len(fits.Jobs) != len(result.Jobs) {
			t.Fatalf("%d values fit, and are refused: %s", result.Values, describe(found))
		}
		beyond, found := compile.Compile(set, compile.Options{Spent: compile.MaxTotal - result.Values + 1})
		if len(found) == 0 || found[0].Rule != "expansion-limit" || !beyond.Exhausted {
			t.Fatalf("%d values are one too many, and pass: %s", result.Values, describe(found))
		}
	})
}

// TestFragmentsThatMultiply checks that steps are counted before the first job is compiled, and
// that the finding is placed at the job and shows which uses multiply.
func TestFragmentsThatMultiply(t *testing.T) {
	t.Parallel()
	const step = "{sh: {name: s, inputs: {command: ls}}}"
	chain := fragmentChain.of(5, 10, step)
	jobs := func(n int, entry string) string {
		var entries []string
		for i := range n {
			entries = append(entries, strings.ReplaceAll(entry, "%d", strconv.Itoa(i)))
		}
		return strings.Replace(chain, fragmentChain.job, strings.Join(entries, ", "), 1)
	}
	template := "templates: [{name: t, steps: [{use: f0}]}]\n"
	for name, c := range map[string]struct {
		definitions, want string
		related           int
	}{
		"many jobs":       {jobs(34, "{name: j%d, steps: [{use: f0}]}"), "the jobs of this file come to at least 2077774 values, 61111 of them by this entry", 5},
		"a matrix":        {jobs(1, "{name: \"j%d-${{ matrix.a }}\", steps: [{use: f0}], matrix: {a: ["+numbers(41)+"]}}"), "the jobs of this file come to at least 2505551 values", 5},
		"a template":      {jobs(34, "{name: j%d, template: {name: t}}") + template, "the jobs of this file come to at least 2077774 values", 5},
		"use: template":   {jobs(34, "{name: j%d, template: {name: t}, steps: [{use: template}]}") + template, "the jobs of this file come to at least 2077808 values", 5},
		"within a family": {jobs(1, "{family: {name: g}}") + "families: [{name: g, jobs: [" + strings.Join(slices.Repeat([]string{"{name: a, steps: [{use: f0}]}"}, 34), ", ") + "]}]\n", `the family "g" makes 34 jobs of at least 2077775 values here, and all definitions together make at most 2000000 values`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, found := loadWhole(spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": c.definitions}, compile.Options{})
			if len(found) != 1 || found[0].Rule != "expansion-limit" || !strings.HasPrefix(found[0].Message, c.want) || found[0].Hint == "" || len(found[0].Related) != c.related {
				t.Errorf("have: %s\nwant %q and %d other places", describe(found), c.want, c.related)
			}
			if len(result.Jobs) > 0 {
				t.Errorf("%d jobs were compiled", len(result.Jobs))
			}
		})
	}
}

// TestPlacesOfATextAreBounded checks that places do not multiply if each fragment passes its input
// on twice in one text.
func TestPlacesOfATextAreBounded(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString("version: 1\nfragments:\n")
	const levels = 16
	for i := range levels {
		file.WriteString("  - {name: f" + strconv.Itoa(i) + ", inputs: {x: {}}, steps: [{use: f" + strconv.Itoa(i+1) + ", inputs: {x: \"${{ inputs.x }}${{ inputs.x }}\"}}]}\n")
	}
	file.WriteString("  - {name: f" + strconv.Itoa(levels) + ", inputs: {x: {}}, steps: [{sh: {name: S, inputs: {command: \"${{ inputs.x }}\"}}}]}\njobs: [{name: j, steps: [{use: f0, inputs: {x: a}}]}]\n")
	result, found := loadWhole(spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": file.String()}, compile.Options{})
	if found.HasErrors() || len(result.Jobs) != 1 {
		t.Fatal(describe(found))
	}
	const command = `steps["S"].properties.command`
	if n := len(result.Jobs[0].Body().Get("steps").Items()[0].Get("properties").Str("command")); n != 1<<levels {
		t.Errorf("the command has %d bytes", n)
	}
	if n := len(result.Jobs[0].Provenance[command].Stations()); n < levels || n > 5000 {
		t.Errorf("the command has %d places", n)
	}
}

// numbers lists the numbers below n.
func numbers(n int) string {
	var out []string
	for i := range n {
		out = append(out, strconv.Itoa(i))
	}
	return strings.Join(out, ", ")
}
