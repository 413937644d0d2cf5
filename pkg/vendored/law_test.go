package vendored_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/vendored"
)

// TestLawVendoredIsAsWritten checks that copied templates and fragments compile to the same bodies
// as the same ones written in the workspace under their prefixed names.
func TestLawVendoredIsAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shared, jobs := drawStandard(t)
		inSource := strings.ReplaceAll(shared, "@", "")
		lock := &spec.Lock{Sources: map[string]spec.Locked{"golden": {
			Git: "https://h/x.git", Ref: "v1", Path: "templates", Commit: strings.Repeat("c", 40), Files: map[string]string{"a.yaml": spec.Sum([]byte(inSource))},
		}}}
		const workspace = "version: 1\ndefinitions: [\"defs/*.yaml\"]\nprojects: {shop: 0123456789abcdef0123456789abcdef}\ndefault_project: shop\n"
		copied := compiled(t, spec.MapTree{
			"buildsync.yaml":        workspace + "sources: {golden: {git: \"https://h/x.git\", ref: v1, path: templates}}\n",
			"defs/jobs.yaml":        jobs,
			"vendor/golden/a.yaml":  inSource,
			"vendor/buildsync.lock": string(lock.Encode()),
		})
		written := compiled(t, spec.MapTree{
			"buildsync.yaml": workspace, "defs/jobs.yaml": jobs, "defs/a.yaml": strings.ReplaceAll(shared, "@", "golden/"),
		})
		if len(copied.Jobs) == 0 || len(vendored.Effects(written, copied)) > 0 {
			t.Fatalf("%d jobs, %v differ:\n%s\n%s", len(copied.Jobs), vendored.Effects(written, copied), shared, jobs)
		}
	})
}

func compiled(t *rapid.T, tree spec.MapTree) *compile.Result {
	set, found := spec.Load(tree, spec.Options{})
	if found.HasErrors() {
		t.Fatal(found)
	}
	result, found := compile.Compile(set, compile.Options{})
	if found.HasErrors() {
		t.Fatal(found)
	}
	return result
}

// drawStandard draws fragments that may use later ones, templates of them, and jobs that use both.
// @ marks each name that a source declares.
func drawStandard(t *rapid.T) (shared, jobs string) {
	fragments, templates := rapid.IntRange(1, 4).Draw(t, "fragments"), rapid.IntRange(1, 3).Draw(t, "templates")
	use := func(from int) string {
		return fmt.Sprintf("{use: @f%d, inputs: {x: \"%s\"}}", rapid.IntRange(from, fragments-1).Draw(t, "use"), rapid.StringMatching(`[a-z]{1,4}`).Draw(t, "input"))
	}
	var out strings.Builder
	out.WriteString("version: 1\nfragments:\n")
	for i := range fragments {
		steps := fmt.Sprintf("{sh: {name: S%d, inputs: {command: \"make ${{ inputs.x }}\"}}}", i)
		if i+1 < fragments && rapid.Bool().Draw(t, "nested") {
			steps += ", " + use(i+1)
		}
		fmt.Fprintf(&out, "  - {name: @f%d, inputs: {x: {default: d}}, steps: [%s]}\n", i, steps)
	}
	out.WriteString("templates:\n")
	for i := range templates {
		fmt.Fprintf(&out, "  - {name: @t%d, steps: [{sh: {name: B, inputs: {command: build}}}, %s]}\n", i, use(0))
	}
	var of strings.Builder
	of.WriteString("version: 1\njobs:\n")
	for i := range rapid.IntRange(1, 4).Draw(t, "jobs") {
		if rapid.Bool().Draw(t, "templated") {
			fmt.Fprintf(&of, "  - {name: j%d, arch: arm, template: {name: golden/t%d}}\n", i, rapid.IntRange(0, templates-1).Draw(t, "template"))
		} else {
			fmt.Fprintf(&of, "  - {name: j%d, arch: arm, steps: [%s]}\n", i, strings.ReplaceAll(use(0), "@", "golden/"))
		}
	}
	return out.String(), of.String()
}
