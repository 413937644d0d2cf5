package policy_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestFindingsNameTheOwners checks that each format of lint names the owners of the jobs that break
// a policy. For a value in a template all its users are named, and no finding appears twice.
func TestFindingsNameTheOwners(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{
		"buildsync.yaml": "version: 1\ndefinitions: [\"*.jobs.yaml\"]\nregion: cn-north-4\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\n",
		"t.jobs.yaml":    "version: 1\ntemplates: [{name: java, steps: [{maven: {name: Build, image: \"maven:latest\", inputs: {command: mvn}}}]}]\n",
		"a.jobs.yaml":    "version: 1\njobs:\n  - {name: a, owner: team-b, arch: x86-64, template: {name: java}}\n  - {name: b, owner: team-a, arch: x86-64, template: {name: java}}\n",
		"b.jobs.yaml":    "version: 1\njobs:\n  - {name: c, owner: team-a, arch: x86-64, template: {name: java}}\n  - {name: d, arch: x86-64, template: {name: java}}\n",
		"policies/p.yaml": "version: 1\npolicies:\n  - {name: latest, forbid: {\"steps[*].image\": [\"*:latest\"]}}\n" +
			"  - {name: zone, where: {job: [a, d]}, require: [triggers]}\n",
	}
	var found spec.Diagnostics
	for _, d := range lint.Check(tree, "", lint.Options{}) {
		if strings.HasPrefix(d.Rule, "policy/") {
			found = append(found, d)
		}
	}
	var have []string
	for _, d := range found {
		have = append(have, d.Rule+" "+strings.Join(d.Owners, ","))
	}
	if got, want := strings.Join(have, "; "), "policy/zone team-b; policy/zone ; policy/latest team-a,team-b"; got != want {
		t.Fatalf("have %s, want %s", got, want)
	}
	for _, name := range format.Names() {
		var out bytes.Buffer
		if err := format.ByName(name)(&out, found, format.Options{}); err != nil {
			t.Fatal(err)
		}
		want := []string{"owner team-b", "owners team-a, team-b"}
		if name == "json" {
			want = []string{`"owners"`, `"team-a"`, `"team-b"`}
		}
		for _, text := range want {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s lacks %s:\n%s", name, text, out.String())
			}
		}
	}
}
