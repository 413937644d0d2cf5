package compile_test

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
)

func TestSelection(t *testing.T) {
	t.Parallel()
	tier, err := compile.ParseLabelTerms([]string{"tier=one"})
	if err != nil {
		t.Fatal(err)
	}
	labelled := &compile.Job{Name: "pay", Project: "shop", ProjectID: "a1", Labels: map[string]string{"tier": "one"}}
	plain := &compile.Job{Name: "order", Project: "shop", ProjectID: "a1"}
	for name, tc := range map[string]struct {
		selection               compile.Selection
		labelled, plain, nobody bool // of the jobs, and of a live job called order that nothing declares
		template                bool
	}{
		"everything":      {compile.Selection{}, true, true, true, true},
		"a name":          {compile.Selection{Only: []string{"pay"}}, true, false, false, false},
		"a pattern":       {compile.Selection{Only: []string{"o*", "java"}}, false, true, true, true},
		"an alias":        {compile.Selection{Projects: []string{"shop"}}, true, true, true, false},
		"an id":           {compile.Selection{Projects: []string{"a1"}}, true, true, true, false},
		"another project": {compile.Selection{Projects: []string{"sho"}}, false, false, false, false},
		"a label":         {compile.Selection{Labels: tier}, true, false, false, true},
		"all at once":     {compile.Selection{Only: []string{"o*"}, Projects: []string{"shop"}, Labels: tier}, false, false, false, false},
	} {
		s := tc.selection
		for what, pair := range map[string][2]bool{
			"labelled":               {s.HasJob(labelled), tc.labelled},
			"labelled, live":         {s.HasLive("pay", "shop", "a1", labelled), tc.labelled},
			"without labels":         {s.HasJob(plain), tc.plain},
			"declared by nobody":     {s.HasLive("order", "shop", "a1", nil), tc.nobody},
			"a template, but labels": {s.Has("java", "", ""), tc.template},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %s: %t, want %t", name, what, pair[0], pair[1])
			}
		}
		if s.IsAll() != (name == "everything") {
			t.Errorf("%s: IsAll is %t", name, s.IsAll())
		}
	}
}
