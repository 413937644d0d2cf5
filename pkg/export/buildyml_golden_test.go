package export_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestImportOfBuildFiles imports typical build.yml files. The definition and the list of lost
// values are in the golden file, fmt changes nothing, and converting back and forth again loses
// nothing more.
func TestImportOfBuildFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/buildyml/*.yml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			made, err := export.New(export.Options{}).Import("build.yml", text, export.ImportOptions{Name: "j"})
			if err != nil {
				fmt.Fprintf(&got, "error: %v\n", err)
			} else {
				got.Write(made.Text)
				for _, lost := range made.Lost {
					fmt.Fprintf(&got, "# lost: %s: %s\n", lost.Path, lost.Reason)
				}
				goesRound(t, made.Text)
			}
			golden := strings.TrimSuffix(file, ".yml") + ".want"
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || got.String() != string(want) {
				t.Errorf("%v\nhave:\n%s\nwant:\n%s", err, got.String(), want)
			}
		})
	}
}

// goesRound writes a definition as a build.yml and imports that: the two definitions
// are one.
func goesRound(t *testing.T, text []byte) {
	t.Helper()
	isCanonical(t, "a.yaml", text)
	tree := spec.MapTree{spec.WorkspaceFile: "version: 1\nprojects: {shop: " + projectID + "}\ndefault_project: shop\n", "definitions/a.yaml": string(text)}
	for _, d := range lint.Check(tree, "", lint.Options{}) {
		if d.Severity == spec.Error && d.Rule != "scm-url" && d.Rule != "flavor" && d.Rule != "step-property" {
			t.Errorf("lint: %s [%s]\n%s", d.Message, d.Rule, text)
		}
	}
	job := compiledOf(t, text)
	e := export.New(export.Options{})
	back, lost, err := e.ToBuildYML(job)
	if err != nil {
		t.Fatal(err)
	}
	again, err := e.Import("build.yml", back, export.ImportOptions{Name: "j"})
	if err != nil {
		t.Fatalf("%v\n%s", err, back)
	}
	if !jsontree.Equal(compiledOf(t, again.Text).Body(), job.Body()) && len(lost)+len(again.Lost) == 0 {
		t.Errorf("it is lost without a word:\n%s\nthen\n%s\nthen\n%s", text, back, again.Text)
	}
}

// compiledOf compiles the one job of a definitions file.
func compiledOf(t *testing.T, text []byte) *compile.Job {
	t.Helper()
	_, result := workspaceOf(t, string(text))
	return result.Jobs[0]
}

// TestToBuildYMLLosesNothing checks that each value that a build.yml cannot hold is listed as
// staying with the job.
func TestToBuildYMLLosesNothing(t *testing.T) {
	t.Parallel()
	const steps = "    steps: [{sh: {name: s, inputs: {command: ls}}}]\n"
	for keys, path := range map[string]string{
		steps + "    parameters: [{name: P, default: a, predefined: true}]\n":                                                   `parameters["P"].predefined`,
		steps + "    parameters: [{name: P, default: a, static: true}]\n":                                                       `parameters["P"].static`,
		steps + "    parameters: [{name: P, default: a, deletable: true}]\n":                                                    `parameters["P"].deletable`,
		steps + "    parameters: [{name: P, options: [a, b]}]\n":                                                                `parameters["P"].options`,
		steps + "    parameters: [{definition: x.Y, params: [{name: name, value: P}, {name: odd, value: v}]}]\n":                `parameters["P"].odd`,
		steps + "    scms: [{scm_type: git, url: u, build_type: tag}]\n":                                                        "scms[0].build_type",
		steps + "    scms: [{scm_type: git, url: u, branch: b, is_auto_build: true}]\n":                                         "scms[0].is_auto_build",
		steps + "    host_type: custom_host\n":                                                                                  "host_type",
		steps + "    timeout: 2h\n":                                                                                             "timeout",
		steps + "    triggers: [{cron: 0 2 * * *}]\n":                                                                           "triggers",
		steps + "    enabled: false\n":                                                                                          "enabled",
		steps + "    notifications: {MAIL: [buildJobFail]}\n":                                                                   "notifications",
		"    steps: [{sh: {name: s, version: \"3\", inputs: {command: ls}}}]\n":                                                 `steps["s"].version`,
		"    steps: [{sh: {name: s, enable: false, inputs: {command: ls}}}]\n":                                                  `steps["s"]`,
		"    steps: [{sh: {name: s, inputs: {command: ls}, properties: {odd: 1}}}]\n":                                           `steps["s"].properties.odd`,
		"    steps: [{module_id: devcloud2018.codeci_action_20017.action, name: s, condition: x, properties: {command: ls}}]\n": `steps["s"].condition`,
		steps + "    flavor: null\n":                                                                                            "flavor",
		steps + "    triggers: []\n":                                                                                            "triggers",
		steps + "    group_id: ''\n":                                                                                            "group_id",
		steps + "    scms: [{scm_type: git, url: u, branch: ''}]\n":                                                             "scms[0].branch",
		steps + "    scms: [{scm_type: git, url: u, end_point_id: null}]\n":                                                     "scms[0].end_point_id",
		"    steps: [{sh: {name: s, image: '', inputs: {command: ls}}}]\n":                                                      `steps["s"].properties.image`,
		"    steps: [{sh: {name: s, inputs: {command: ''}}}]\n":                                                                 `steps["s"].properties.command`,
		"    steps: [{sh: {name: s, version: null, inputs: {command: ls}}}]\n":                                                  `steps["s"].version`,
		"    steps: [{sh: {name: s, inputs: {command: ls}, properties: {odd: []}}}]\n":                                          `steps["s"].properties.odd`,
		"    steps: [{maven: {name: s, inputs: {command: m, pomMode: 'no'}}}]\n":                                                `steps["s"].properties.pomMode`,
		"    steps: [{maven: {name: s, inputs: {command: m}, properties: {releaseArtifact: {displayName: '', value: ''}}}}]\n":  `steps["s"].properties.releaseArtifact`,
		"    steps: [{upload_artifact: {name: s, inputs: {file: a, buildVersion: ''}}}]\n":                                      `steps["s"].properties.buildVersion`,
		steps + "    extra: {description: d}\n":                                                                                 "description",
	} {
		job := compiledOf(t, []byte("version: 1\njobs:\n  - name: j\n    arch: arm\n"+keys))
		text, lost, err := export.New(export.Options{}).ToBuildYML(job)
		if err != nil {
			t.Errorf("%s: %v", keys, err)
			continue
		}
		if !slices.ContainsFunc(lost, func(l export.Lost) bool { return l.Path == path }) {
			t.Errorf("%s: %s is not among %v\n%s", keys, path, lost, text)
		}
	}
	text, lost, err := export.New(export.Options{}).ToBuildYML(compiledOf(t, []byte("version: 1\njobs:\n  - name: j\n    arch: arm\n    parameters: [{name: P, description: what}]\n"+steps)))
	if err != nil || len(lost) > 0 || !strings.Contains(string(text), "description: what") {
		t.Errorf("%v %v\n%s", err, lost, text)
	}
}
