package policy

import (
	"slices"
	"testing"

	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// TestAWalkFindsWhatQueryFinds compares the walk, which follows only the parts of a path, with
// query's list of all values: same paths, same texts.
func TestAWalkFindsWhatQueryFinds(t *testing.T) {
	t.Parallel()
	patterns := []string{
		"arch", "name", "on_commit", "timeout", "owner", "labels.team", "steps", "steps[*]", "steps[*].image", "steps[*].inputs.command", "steps[Build*].enable", "steps[*].module_id",
		"parameters[*].default", "parameters[*].name", "parameters", "scms[*].branch", "scms[0].url", "triggers[*].cron", "triggers[*].timezone", "triggers[0].name",
		"notifications[*].events", "notifications[MAIL].events[*]", "**.command", "**", "*", "*_type", "steps.*.properties.*", "**.image", "steps[*].properties.**", "enabled", "protect", "id",
	}
	compared := 0
	for _, example := range []string{"first-job", "kinds", "shop", "standard", "governed"} {
		tree, err := spec.OpenDir("../../examples/" + example)
		if err != nil {
			t.Fatal(err)
		}
		defer tree.Close()
		environment := map[string]string{"shop": "prod"}[example]
		loaded, found := compile.Load(tree, environment, compile.Options{})
		if found.HasErrors() {
			t.Fatal(found)
		}
		set := &Set{catalogue: catalog.Default()}
		for _, job := range loaded.Result.Jobs {
			all := bulk.OfJob(job)
			for _, pattern := range patterns {
				path, err := valuepath.Parse(pattern)
				if err != nil {
					t.Fatal(err)
				}
				var want, have []string
				for _, v := range all.Values {
					if path.Matches(valuepath.Own(v.Path)) {
						want = append(want, v.Path+" = "+bulk.Text(v.Path, v.Value))
					}
				}
				s, _ := newSelector(pattern, path)
				s.each(set.OfJob(job), func(h *hit) bool {
					have = append(have, h.path()+" = "+h.text())
					return true
				})
				slices.Sort(want)
				slices.Sort(have)
				have = slices.DeleteFunc(have, func(text string) bool { return text[:7] == "labels " }) // query lists each label
				if !slices.Equal(want, have) {
					t.Errorf("%s, %s:\nquery %q\nwalk  %q", job.Address, pattern, want, have)
				}
				compared += len(want)
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d values were compared", compared)
	}
}
