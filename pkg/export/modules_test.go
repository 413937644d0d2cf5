package export_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// TestHarvestMerges checks that a harvest adds new facts to a modules file, and that a second one
// adds nothing.
func TestHarvestMerges(t *testing.T) {
	t.Parallel()
	step := func(id string, properties *jsontree.Value) *jsontree.Value {
		return obj("steps", jsontree.Array(obj("module_id", id, "name", "Build with Gradle", "properties", properties)))
	}
	seen := export.StepsOf("shop", liveJob(step("m.1", obj("command", "canary", "cache", jsontree.Bool(true)))))
	seen = append(seen, export.StepsOfTemplate(wire.Template{Name: "gradle", Scope: "official", Item: obj("template", step("m.2", obj(
		"image", "gradle7.6-jdk17", "command", "gradle build\n", "repository_token", "none", "empty", "", "sometimes", "a")))})...)
	seen = append(seen, export.StepsOfTemplate(wire.Template{Name: "gradle2", Scope: "official", Item: obj("template", step("m.2", obj("sometimes", "b")))})...)
	seen = append(seen, export.StepsOfTemplate(wire.Template{Name: "ours", Scope: "custom", Item: obj("template", step("m.2", obj("own", "canary")))})...)
	const second = `  - module_id: m.2
    name: Build with Gradle
    confidence: harvested
    sources: [template gradle, template gradle2, template ours]
    properties:
      command: {type: string, confidence: harvested, source: template gradle}
      empty:
        type: string
        confidence: harvested
        source: template gradle
        default: ""
        default_basis: official template gradle
      image:
        type: string
        confidence: harvested
        source: template gradle
        default: gradle7.6-jdk17
        default_basis: official template gradle
      own: {type: string, confidence: harvested, source: template ours}
      repository_token: {type: string, confidence: harvested, source: template gradle}
      sometimes: {type: string, confidence: harvested, source: template gradle}
`
	for _, c := range []struct{ name, before, after string }{
		{"comments and spelling stay", `# Ours.
version: 1
modules:
  # the word is ours to give
  - module_id: m.1    # gradle
    actions: [gradle] # build.yml has none
    name: 'Gradle'
    properties:
      # the script
      command: {type: string, secret: true}   # may hold a password
# the end
`, `# Ours.
version: 1
modules:
  # the word is ours to give
  - module_id: m.1    # gradle
    actions: [gradle] # build.yml has none
    name: 'Gradle'
    sources: [job shop/one]
    properties:
      # the script
      command: {type: string, secret: true}   # may hold a password
      cache: {type: bool, confidence: harvested, source: job shop/one}
` + second + "# the end\n"},
		{"a file without modules", "version: 1 # ours\n", "version: 1 # ours\nmodules:\n" + `  - module_id: m.1
    name: Build with Gradle
    confidence: harvested
    sources: [job shop/one]
    properties:
      cache: {type: bool, confidence: harvested, source: job shop/one}
      command: {type: string, confidence: harvested, source: job shop/one}
` + second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			known, diagnostics := catalog.Default().WithModules("modules.yaml", []byte(c.before))
			if diagnostics.HasErrors() {
				t.Fatal(diagnostics)
			}
			after, err := export.MergeModules("modules.yaml", []byte(c.before), catalog.Harvest(known, seen))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.after, string(after)); d != "" {
				t.Error(d)
			}
			again, diagnostics := catalog.Default().WithModules("modules.yaml", after)
			if diagnostics.HasErrors() {
				t.Fatal(diagnostics)
			}
			if news := catalog.Harvest(again, seen); len(news) > 0 {
				t.Errorf("a second harvest learns %+v", news[0])
			}
		})
	}
}
