package policy_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestRefusalsStaySmall checks that many jobs of one place make one part of the message, and that
// packed jobs are checked like others.
func TestRefusalsStaySmall(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{
		"buildsync.yaml": "version: 1\ndefinitions: [jobs.yaml]\nprojects: {shop: 0123456789abcdef0123456789abcdef}\ndefault_project: shop\n",
		"policies/p.yaml": "version: 1\npolicies:\n  - {name: owned, help: say whose it is, require: [owner]}\n  - {name: tidy, severity: warning, require: [flavor]}\n" +
			"  - {name: arm, require: [arch], where: {value: arch=arm}}\n",
		"jobs.yaml": "version: 1\njobs:\n  - {name: \"a${{ matrix.n }}\", arch: arm, matrix: {n: [10, 20, 30, 40, 50]}}\n" +
			"  - {name: b, arch: arm}\n  - {name: c, arch: arm, owner: team}\n",
	}
	for _, pack := range []bool{false, true} {
		loaded, found := compile.Load(tree, "", compile.Options{Pack: pack})
		set, mistakes := policy.Load(tree, loaded.Set.Workspace, catalog.Default())
		if found.HasErrors() || mistakes.HasErrors() {
			t.Fatal(found, mistakes)
		}
		verdict := set.Refuse(loaded.Result.Jobs, "2026-11-29")
		if len(verdict.Refusals) != 1 || len(verdict.Refusals[0].Jobs) != 6 || verdict.Milder != 7 || verdict.Jobs != 7 {
			t.Fatalf("%+v", verdict)
		}
		want := `6 jobs break the policy "owned" of policies/p.yaml:3:12: shop/job/a10, shop/job/a20, shop/job/a30 and 2 more (jobs.yaml:3:12): the job "a10" has no owner, which the policy "owned" requires; ` +
			`shop/job/b (jobs.yaml:4:12): the job "b" has no owner, which the policy "owned" requires; what to do: say whose it is`
		if have := verdict.Refusals[0].Message; have != want {
			t.Errorf("packed %t:\n%s\nwant\n%s", pack, have, want)
		}
	}
}
