package compile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestWayNamesTheTemplateKey checks that the way of a template's value names the key of the job
// that uses the template, and where that name came from.
func TestWayNamesTheTemplateKey(t *testing.T) {
	t.Parallel()
	const shared = `version: 1
fragments:
  - {name: scan, steps: [{sh: {name: Scan}}]}
templates:
  - {name: t, inputs: {x: {default: a}}, parameters: [{name: P}], steps: [{sh: {name: "B-${{ inputs.x }}"}}, {use: scan}]}
families:
  - {name: f, inputs: {s: {}}, jobs: [{name: "${{ inputs.s }}", template: {name: t}}]}
`
	const name, scan = `steps["B-a"].name`, `steps["Scan"].name`
	const inTemplate, inFragment = "definitions/a.yaml:5:87", "definitions/a.yaml:3:38"
	for title, c := range map[string]struct{ config, jobs, path, want string }{
		"a step":          {"", "jobs: [{name: j, template: {name: t}}]", name, inTemplate + " < input x definitions/a.yaml:5:37 < template t definitions/a.yaml:8:35"},
		"a parameter":     {"", "jobs: [{name: j, template: {name: t}}]", `parameters["P"].name`, "definitions/a.yaml:5:62 < template t definitions/a.yaml:8:35"},
		"a fragment":      {"", "jobs: [{name: j, template: {name: t}}]", scan, inFragment + " < fragment scan definitions/a.yaml:5:116 < template t definitions/a.yaml:8:35"},
		"spliced":         {"", "jobs: [{name: j, template: {name: t}, steps: [{use: template}]}]", scan, inFragment + " < fragment scan definitions/a.yaml:5:116 < template t definitions/a.yaml:8:35"},
		"its own step":    {"", "jobs: [{name: j, template: {name: t}, steps: [{sh: {name: B-a}}]}]", name, "definitions/a.yaml:8:59"},
		"by a matrix":     {"", "jobs: [{name: j, matrix: {t: [t]}, template: {name: \"${{ matrix.t }}\"}}]", scan, inFragment + " < fragment scan definitions/a.yaml:5:116 < template t definitions/a.yaml:8:53 < matrix t definitions/a.yaml:8:31"},
		"by the defaults": {"defaults: {job: {template: {name: t}}}\n", "jobs: [{name: j}]", scan, inFragment + " < fragment scan definitions/a.yaml:5:116 < template t buildsync.yaml:6:35 < default defaults.job buildsync.yaml:6:35"},
		"in a family":     {"", "jobs: [{family: {name: f, inputs: {s: j}}}]", scan, inFragment + " < fragment scan definitions/a.yaml:5:116 < template t definitions/a.yaml:7:82 < family f definitions/a.yaml:8:24"},
	} {
		tree := spec.MapTree{"buildsync.yaml": workspace + c.config, "definitions/a.yaml": shared + c.jobs + "\n"}
		result, found := loadWhole(tree, compile.Options{})
		if found.HasErrors() {
			t.Fatalf("%s: %s", title, describe(found))
		}
		job := result.Jobs[0]
		var parts []string
		for _, s := range job.Way(job.Provenance[c.path]) {
			parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %s", s.Kind, s.Name)+" "+s.Pos.String()))
		}
		if have := strings.Join(parts, " < "); have != c.want {
			t.Errorf("%s:\nhave %s\nwant %s", title, have, c.want)
		}
	}
}
