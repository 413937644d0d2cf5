package export_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestUpdateWritesCanonicalEntries checks that an edited entry is written completely in the form of
// fmt, and that the entries beside it stay byte for byte.
func TestUpdateWritesCanonicalEntries(t *testing.T) {
	t.Parallel()
	const other = "  -   flavor:   2u8g\n      name:   'other'   # beside\n      arch: arm\n      steps: [ ]\n"
	for _, c := range []struct{ name, in, want string }{
		{
			"flow style", "version: 1\njobs: [{steps: [], flavor: 2u8g, arch: arm, name: one}]\n",
			"version: 1\njobs: [{name: one, arch: arm, flavor: 4u8g, steps: []}]\n",
		},
		{
			"flow style beside another", "version: 1\njobs: [{steps: [], flavor: 2u8g, arch: arm, name: one}, {arch: arm, name: two, flavor: 2u8g, steps: []}]\n",
			"version: 1\njobs: [{name: one, arch: arm, flavor: 4u8g, steps: []}, {arch: arm, name: two, flavor: 2u8g, steps: []}]\n",
		},
		{
			"flow style on lines", "version: 1\njobs: [\n      {flavor: 2u8g, name: one,\n   arch: arm, steps: []} # end\n ]\n",
			"version: 1\njobs: [\n  {flavor: 4u8g, name: one,\n    arch: arm, steps: []} # end\n  ]\n",
		},
		{
			"block style", "jobs:\n- steps: [ ]   # none\n  flavor: 2u8g\n  # about the arch\n  arch:   arm\n  name: one\n  # the end\nversion: 1\n",
			"version: 1\njobs:\n  - name: one\n    # about the arch\n    arch: arm\n    flavor: 4u8g\n    steps: []   # none\n    # the end\n",
		},
		{
			"block style beside another",
			"version:   1\n\n\njobs:\n" + other + "  # about one\n  -   steps: [ ]\n      flavor:   2u8g # small\n      name: one\n      arch: arm\n" + strings.ReplaceAll(other, "other", "third"),
			"version:   1\n\n\njobs:\n" + other + "  # about one\n  -   name: one\n      arch: arm\n      flavor: 4u8g # small\n      steps: []\n" + strings.ReplaceAll(other, "other", "third"),
		},
		{
			"a list further left", "version: 1\njobs:\n" + strings.ReplaceAll("\n"+other, "\n  ", "\n")[1:] + "- steps:\n  - sh:\n      name: s\n      inputs: {command: \"a\\nb\\n\"}\n  flavor: 2u8g\n  name: one\n  arch: arm\n",
			"version: 1\njobs:\n" + strings.ReplaceAll("\n"+other, "\n  ", "\n")[1:] + "- name: one\n  arch: arm\n  flavor: 4u8g\n  steps: []\n",
		},
		{
			"JSON", `{"jobs":[{"steps":[],"flavor":"2u8g","arch":"arm","name":"one"}],"version":1}` + "\n",
			"{version: 1, jobs: [{name: one, arch: arm, flavor: 4u8g, steps: []}]}\n",
		},
	} {
		for _, ends := range []string{"\n", "\r\n"} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				in, want := strings.ReplaceAll(c.in, "\n", ends), strings.ReplaceAll(c.want, "\n", ends)
				set, result := workspaceOf(t, in)
				live := liveJob(obj("job_name", "one", "arch", "arm", "flavor", "4u8g", "steps", jsontree.Array()))
				for _, job := range result.Jobs {
					if job.Name != "one" {
						continue
					}
					files, _, err := export.New(export.Options{}).Update(set, job, live, compile.Options{})
					if err != nil || len(files) != 1 {
						t.Fatalf("%d files, %v", len(files), err)
					}
					if diff := cmp.Diff(want, string(files[0].Text)); diff != "" {
						t.Errorf("-want +got\n%s", diff)
					}
					canonical, err := format.Source("a.yaml", files[0].Text, format.Definitions)
					if err != nil {
						t.Fatal(err)
					}
					if len(result.Jobs) == 1 && string(canonical) != string(files[0].Text) {
						t.Errorf("fmt would change it to\n%s", canonical)
					}
				}
			})
		}
	}
}
