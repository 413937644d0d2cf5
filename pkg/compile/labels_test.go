package compile_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestBelongings compiles owners and labels: merged with those of defaults.job,
// taken away by null, made of references, and never in the body.
func TestBelongings(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{
		"buildsync.yaml": workspace + "defaults: {job: {owner: platform, labels: {team: none, tier: gold}}}\nvars: {people: pay}\n",
		"definitions/a.yaml": `version: 1
jobs:
  - {name: inherits, arch: arm}
  - {name: own, owner: 42, labels: {team: 1.10, critical: true}}
  - {name: nobody, owner: null, labels: null}
  - {name: fewer, labels: {tier: null}}
  - {name: "m-${{ matrix.team }}", matrix: {team: [x, y]}, owner: "${{ matrix.team }}@${{ vars.people }}", labels: {team: "${{ matrix.team }}", job: "${{ job.name }}"}}
`,
	}
	for _, pack := range []bool{false, true} {
		result, found := loadWhole(tree, compile.Options{Pack: pack})
		if len(found) > 0 {
			t.Fatal(describe(found))
		}
		for name, want := range map[string]struct {
			owner  string
			labels map[string]string
		}{
			"inherits": {"platform", map[string]string{"team": "none", "tier": "gold"}},
			"own":      {"42", map[string]string{"team": "1.10", "tier": "gold", "critical": "true"}},
			"nobody":   {"", nil},
			"fewer":    {"platform", map[string]string{"team": "none"}},
			"m-x":      {"x@pay", map[string]string{"team": "x", "tier": "gold", "job": "m-x"}},
			"m-y":      {"y@pay", map[string]string{"team": "y", "tier": "gold", "job": "m-y"}},
		} {
			job := jobNamed(result, name)
			if job == nil || job.Owner != want.owner || !maps.Equal(job.Labels, want.labels) {
				t.Errorf("%s: got %+v, want %+v", name, job, want)
				continue
			}
			if body := string(job.CreateBody().AppendJSON(nil)); strings.Contains(body, "labels") || strings.Contains(body, "owner") || strings.Contains(body, "platform") {
				t.Errorf("%s would be sent with its owner: %s", name, body)
			}
		}
	}
}

func jobNamed(result *compile.Result, name string) *compile.Job {
	for _, job := range result.Jobs {
		if job.Name == name {
			return job
		}
	}
	return nil
}

func TestLabelTerms(t *testing.T) {
	t.Parallel()
	job := &compile.Job{Name: "a", Owner: "team/shop", Labels: map[string]string{"team": "shop", "empty": "", "a.b/c": "x"}}
	for text, want := range map[string]bool{
		"team=shop": true, "team=sh*": true, "team=*": true, "team={pay,shop}": true, "team=pay": false, "team=": false,
		"team": true, "empty": true, "empty=": true, "other": false, "other=*": false, "a.b/c=x": true,
		"team!=shop": false, "team!=pay": true, "other!=x": true,
		"owner=team/*": true, "owner=*": false, "owner=**": true, "owner": true, "owner!=x": true,
	} {
		terms, err := compile.ParseLabelTerms([]string{text})
		if err != nil || terms.Select(job) != want {
			t.Errorf("%s: %v (%v), want %v", text, terms.Select(job), err, want)
		}
	}
	both, err := compile.ParseLabelTerms([]string{"team=shop", "other"})
	if err != nil || both.Select(job) || !(compile.LabelTerms)(nil).Select(job) {
		t.Errorf("terms are joined by and: %v", err)
	}
	for _, text := range []string{"", "=x", "!=x", "a b=c", "team*=x", "team=[", "a,b=c", "!team"} {
		if _, err := compile.ParseLabelTerms([]string{text}); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	if term, near, unknown := both.Unknown([]*compile.Job{job}); !unknown || term != "other" || near != "" {
		t.Errorf("unknown: %q, near %q", term, near)
	}
}
