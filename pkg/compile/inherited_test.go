package compile_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestNullDropsWhatIsInherited shows that a job can do without the template and
// the notifications of defaults.job.
func TestNullDropsWhatIsInherited(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{
		"buildsync.yaml": workspace + "defaults: {job: {template: {name: t}, notifications: {MAIL: [buildJobFail]}}}\n",
		"definitions/a.yaml": `version: 1
templates: [{name: t, parameters: [{name: p}], steps: [{sh: {name: Build}}]}]
jobs: [{name: a}, {name: b, template: null, notifications: null}]
`,
	}
	result, found := loadWhole(tree, compile.Options{})
	if len(found) > 0 {
		t.Fatal(describe(found))
	}
	a, b := result.Jobs[0], result.Jobs[1]
	if a.Body().Get("steps").Len() != 1 || len(a.Notices) != 1 {
		t.Errorf("what a inherits: %s, %v", a.Body().Indented(), a.Notices)
	}
	if b.Body().Len() != 0 || len(b.Notices) != 0 {
		t.Errorf("what b inherits: %s, %v", b.Body().Indented(), b.Notices)
	}
}

// TestKeysForAnchors shows that a file may keep its anchors under a key of its
// own, which means nothing by itself; other unknown keys stay errors.
func TestKeysForAnchors(t *testing.T) {
	t.Parallel()
	load := func(definitions string) (*compile.Result, spec.Diagnostics) {
		return loadWhole(spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": "version: 1\n" + definitions}, compile.Options{})
	}
	result, found := load("x-image: &image cloudbuild@maven3.9.5-jdk17\nx-any: {a: [1, null, \"${{ vars.none }}\"]}\njobs:\n  - {name: j, arch: arm, steps: [{maven: {name: Build, image: *image}}]}\n")
	if len(found) > 0 {
		t.Fatal(describe(found))
	}
	if have := result.Jobs[0].Body().Get("steps").Items()[0].Get("properties").Str("image"); have != "cloudbuild@maven3.9.5-jdk17" {
		t.Errorf("the image is %q", have)
	}
	for _, definitions := range []string{"y-image: a\njobs: []\n", "jobs: [{name: j, x-image: a}]\n"} {
		if _, found := load(definitions); !strings.Contains(describe(found), "unknown-key") {
			t.Errorf("%s: %s", definitions, describe(found))
		}
	}
}
