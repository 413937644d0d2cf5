package compile_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestPackedJobsReadLikeOthers checks that a packed job reads like any other. Each method gives the
// same result, and a caller changes only its own copy.
func TestPackedJobsReadLikeOthers(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{
		"buildsync.yaml": "version: 1\nprojects: {shop: 48c66c6002964721be537cdc6ce0297b}\ndefault_project: shop\ndefinitions: [jobs.yaml]\nsecrets: [TOKEN]\n",
		"jobs.yaml": "version: 1\njobs:\n" +
			"  - {name: whole, arch: arm, timeout: 4h, parameters: [{name: T, secret: TOKEN}], steps: [{sh: {name: s, inputs: {command: make}}}]}\n" +
			"  - {name: partial, scms: [], steps: null}\n",
	}
	load := func(pack bool) []*compile.Job {
		loaded, found := compile.Load(tree, "", compile.Options{Pack: pack})
		if found.HasErrors() {
			t.Fatal(found)
		}
		return loaded.Result.Jobs
	}
	plain := load(false)
	for i, packed := range load(true) {
		want := plain[i]
		same := func(what string, have, want *jsontree.Value) {
			if !jsontree.Equal(have, want) {
				t.Errorf("%s of %s: have %s, want %s", what, packed.Name, have.Indented(), want.Indented())
			}
		}
		body := want.Body().Clone()
		for _, job := range []*compile.Job{packed, want} {
			same("body", job.Body(), body)
			job.BodyCopy().Set("arch", jsontree.String("changed"))
			job.CreateBody().Set("arch", jsontree.String("changed"))
			same("body after changes to copies", job.Body(), body)
		}
		same("create body", packed.CreateBody(), want.CreateBody())
		if have, missing := packed.MissingForCreate(), want.MissingForCreate(); len(have) != len(missing) {
			t.Errorf("%s lacks %v, want %v", packed.Name, have, missing)
		}
		if !compile.SameBody(packed, want) || !compile.SameBody(want, packed) {
			t.Errorf("%s does not have the body of itself", packed.Name)
		}
		other := jsontree.Object(jsontree.Member{Key: "arch", Value: jsontree.String("other")})
		at, _ := want.PlaceOf("steps")
		for _, job := range []*compile.Job{packed, want} {
			changed := *job
			same("another body", changed.WithBody(other).Body(), other)
			same("the first body", job.Body(), body)
			if place, ok := changed.PlaceOf("steps"); !ok || place != at {
				t.Errorf("%s: steps stand at %v (%t), want %v", job.Name, place, ok, at)
			}
		}
	}
}
