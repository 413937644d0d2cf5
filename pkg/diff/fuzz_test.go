package diff_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// FuzzCompute compares bodies of any shape: nothing that the service or a raw
// form can hold makes it fail, and once the desired body is live nothing is
// left to do.
func FuzzCompute(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"arch":"a","steps":[]}`, `{"arch":"b","steps":null}`},
		{steps(step("A", "a"), step("A", "b")), steps(step("A", "b"), `{}`, `7`)},
		{params(`{"name":"defaultValue","value":"x","limits":[{"name":"x"}]}`), params(`{"name":"defaultValue"}`)},
		{`{"scms":[{"url":"u","endpoint_id":1}],"triggers":[[],{"parameters":{}}]}`, `{"scms":{"url":"u"},"triggers":"x","parameters":[{"params":7},null]}`},
		{`{"timeout":{"limit":4},"limit_time":null,"steps":[{"properties":[]}]}`, `{"timeout":4,"steps":[{"properties":"x","name":{}}]}`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, live, want string) {
		l, err := jsontree.Parse([]byte(live), jsontree.Limits{Bytes: 1 << 12})
		if err != nil || l.Kind() != jsontree.KindObject {
			return
		}
		w, err := jsontree.Parse([]byte(want), jsontree.Limits{Bytes: 1 << 12})
		if err != nil || w.Kind() != jsontree.KindObject {
			return
		}
		for _, key := range []string{"job_name", "job_id", "project_id", "limit_time", "domain_id", "actions", "build_environment_type", "cluster_selected"} {
			w.Delete(key) // a definition cannot hold the object's names, or members that only the service writes
		}
		in := input(compiled(jobOf("j", w)), nil, listed(liveOf("j", l)))
		in.Options.Explain, in.Options.ShowUndeclared = true, true
		p := diff.Compute(in)
		for _, c := range p.Changes {
			if len(c.Actions) == 0 {
				continue
			}
			in.Live = listed(liveOf("j", c.DesiredBody()))
			if again := diff.Compute(in); again.HasChanges() {
				t.Fatalf("%s\nsent %s", outline(again), c.DesiredBody().AppendJSON(nil))
			}
		}
		if p := diff.Compute(input(compiled(jobOf("j", w)), compiled(jobOf("j", w)), listed(liveOf("j", l)))); p == nil {
			t.Fatal("no plan")
		}
	})
}
