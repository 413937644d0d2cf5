package workspace_test

import (
	"context"
	"testing"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/record"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// TestChangedAgainstAnotherBase checks the record after apply --changed with a base that the user
// named. A job whose policy differs from that of the record's commit was perhaps not looked at, so it
// keeps its commit. A job that is as in the record moves to the new one.
func TestChangedAgainstAnotherBase(t *testing.T) {
	t.Parallel()
	old, other := spec.Policy{OnRemove: "keep"}, spec.Policy{OnRemove: "disable"}
	ignoring := spec.Policy{OnRemove: "keep", Ignore: []spec.Ignore{{Job: "a", Fields: []string{"timeout"}}}}
	elsewhere := spec.Policy{OnRemove: "keep", Ignore: []spec.Ignore{{Job: "b", Fields: []string{"timeout"}}}}
	for name, test := range map[string]struct {
		recorded, head spec.Policy
		named          bool // a base was named
		want           string
	}{
		"the same policy":               {old, old, true, "new"},
		"another policy":                {old, other, true, "old"},
		"no policy before":              {spec.Policy{}, old, true, "old"},
		"no policy now":                 {old, spec.Policy{}, true, "old"},
		"a field is ignored now":        {old, ignoring, true, "old"},
		"a field is ignored no longer":  {ignoring, old, true, "old"},
		"another job's field":           {old, elsewhere, true, "new"},
		"the same field is ignored":     {ignoring, ignoring, true, "new"},
		"another policy, by the record": {old, other, false, "new"}, // --changed looked at it
	} {
		head := &compile.Result{Jobs: []*compile.Job{{Name: "a", Project: "shop", ProjectID: "1", Address: "shop/job/a"}}}
		before := &record.Record{Commit: "old"}
		base, err := record.Compose(t.Context(), before, func(context.Context, string) (*compile.Loaded, error) {
			return &compile.Loaded{Result: head, Set: &spec.Set{Workspace: &spec.Workspace{Policy: test.recorded}}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		s := workspace.Settling{
			Commit: "new", Head: head, Base: base, Before: before, Scope: apply.Scope{Changed: true}, Policy: test.head,
			Given: &workspace.Revision{Result: base.Result},
		}
		if test.named {
			s.Given.Result = head
		}
		if got := s.States()["shop/job/a"].Commit; got != test.want {
			t.Errorf("%s: the job is recorded at the commit %q, want %q", name, got, test.want)
		}
	}
}
