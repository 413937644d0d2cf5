package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// causeCase is a change in one file that makes a finding in another.
type causeCase struct {
	name   string
	before map[string]string
	after  map[string]string // "" removes a file
	asked  string            // the file that lint is asked about
	want   string            // in the report
	inGit  bool              // only the last commit shows the cause
}

const causeWorkspace = `version: 1
definitions: ["jobs/*.yaml"]
projects: {demo: 6ecbc5bac7c8442fb3d2563d53c13582, two: 6ecbc5bac7c8442fb3d2563d53c13583}
default_project: demo
secrets: [TOKEN]
vars: {size: 2u8g, limit: 5h}
modules: modules.yaml
lint: {rules: {notification: off}}
`

const causeModules = `version: 1
modules:
  - module_id: devcloud2018.codeci_action_90001.action
    properties: {command: {type: string}}
`

// causeNoise is a job with a warning of its own, which no change here causes.
const causeNoise = "version: 1\njobs:\n  - name: noise\n    arch: x86-64\n    steps:\n      - sh: {name: s, image: noisy, inputs: {command: echo a}}\n"

func causeJob(name, rest string) string {
	return "version: 1\njobs:\n  - name: " + name + "\n    arch: x86-64\n" + rest
}

func causeTemplate(name, rest string) string {
	return "version: 1\ntemplates:\n  - name: " + name + "\n" + rest
}

const (
	noSteps   = "    steps: []\n"
	usesT     = "    template: {name: t, inputs: {x: a}}\n"
	withInput = "    inputs: {x: {}}\n    steps:\n      - sh: {name: s, image: \"shell:1\", inputs: {command: \"echo ${{ inputs.x }}\"}}\n"
	runsFile  = "    steps:\n      - sh: {name: s, image: \"shell:1\", inputs: {command: {$file: scripts/a.sh}}}\n"
	brokenSh  = "if true; then\n"
	usesF     = "    steps:\n      - use: f\n"
	fragmentF = "version: 1\nfragments:\n  - name: f\n    steps:\n      - sh: {name: s, image: \"shell:1\", inputs: {command: make}}\n"
	familyF   = "version: 1\nfamilies:\n  - name: f\n    inputs: {lib: {}}\n    jobs:\n      - name: ${{ inputs.lib }}-check\n        arch: x86-64\n        steps: []\n"
	entryF    = "version: 1\njobs:\n  - family: {name: f, inputs: {lib: a}}\n"
	matrixJob = "version: 1\njobs:\n  - name: m-${{ matrix.k }}\n    matrix: {k: [a]}\n    arch: x86-64\n    steps: []\n"
	policyF   = "version: 1\npolicies:\n  - {name: owned, require: [flavor]}\n"
)

func causeCases() []causeCase {
	return []causeCase{
		{name: "a duplicate before the other",
			before: map[string]string{"jobs/m.yaml": causeJob("hello", noSteps)},
			after:  map[string]string{"jobs/a.yaml": causeJob("hello", noSteps)}, asked: "jobs/a.yaml", want: "[duplicate-job]"},
		{name: "a duplicate template before the other",
			before: map[string]string{"jobs/m.yaml": causeTemplate("t", withInput), "jobs/j.yaml": causeJob("j", usesT)},
			after:  map[string]string{"jobs/a.yaml": causeTemplate("t", withInput)}, asked: "jobs/a.yaml", want: "[duplicate-template]"},
		{name: "one id pinned twice",
			before: map[string]string{"jobs/m.yaml": causeJob("m", noSteps+"    id: 0123456789abcdef0123456789abcdef\n")},
			after:  map[string]string{"jobs/a.yaml": causeJob("a", noSteps+"    id: 0123456789abcdef0123456789abcdef\n")}, asked: "jobs/a.yaml", want: "pinned to one id"},
		{name: "a look-alike before the other",
			before: map[string]string{"jobs/m.yaml": causeJob("order", noSteps)},
			after:  map[string]string{"jobs/a.yaml": causeJob("Order", noSteps)}, asked: "jobs/a.yaml", want: "[look-alike-name]"},
		{name: "a job renamed from one that is defined",
			before: map[string]string{"jobs/a.yaml": causeJob("new", noSteps+"    renamed_from: [old]\n")},
			after:  map[string]string{"jobs/m.yaml": causeJob("old", noSteps)}, asked: "jobs/m.yaml", want: "[renamed-from]"},
		{name: "a removal of a job that is defined",
			before: map[string]string{"jobs/a.yaml": causeJob("gone", noSteps)},
			after:  map[string]string{"jobs/m.yaml": "version: 1\nremoved:\n  - {job: gone, action: disable}\n"}, asked: "jobs/m.yaml", want: "[removed-still-defined]"},
		{name: "a job that is ignored",
			before: map[string]string{"buildsync.yaml": causeWorkspace + "policy: {ignore: [{job: \"x-*\"}]}\n"},
			after:  map[string]string{"jobs/a.yaml": causeJob("x-a", noSteps)}, asked: "jobs/a.yaml", want: "[ignore-unused]"},
		{name: "a script breaks, the job asked about",
			before: map[string]string{"jobs/a.yaml": causeJob("a", runsFile), "scripts/a.sh": "set -e\nmake\n"},
			after:  map[string]string{"scripts/a.sh": brokenSh}, asked: "jobs/a.yaml", want: "scripts/a.sh:1:"},
		{name: "a script breaks, the script asked about",
			before: map[string]string{"jobs/a.yaml": causeJob("a", runsFile), "scripts/a.sh": "set -e\nmake\n"},
			after:  map[string]string{"scripts/a.sh": brokenSh}, asked: "scripts/a.sh", want: "scripts/a.sh:1:"},
		{name: "a script of two jobs",
			before: map[string]string{"jobs/a.yaml": causeJob("a", runsFile), "jobs/b.yaml": causeJob("b", runsFile), "scripts/a.sh": "set -e\nmake\n"},
			after:  map[string]string{"scripts/a.sh": brokenSh}, asked: "jobs/b.yaml", want: "scripts/a.sh:1:"},
		{name: "a script with a dot before its name",
			before: map[string]string{"jobs/a.yaml": causeJob("a", strings.Replace(runsFile, "scripts/", "./scripts/", 1)), "scripts/a.sh": "set -e\nmake\n"},
			after:  map[string]string{"scripts/a.sh": brokenSh}, asked: "scripts/a.sh", want: "scripts/a.sh:1:"},
		{name: "a script that a template names by an input",
			before: map[string]string{"jobs/a.yaml": causeJob("a", usesT), "scripts/a.sh": "set -e\nmake\n",
				"jobs/t.yaml": causeTemplate("t", strings.Replace(withInput, `"echo ${{ inputs.x }}"`, `{$file: "scripts/${{ inputs.x }}.sh"}`, 1))},
			after: map[string]string{"scripts/a.sh": brokenSh}, asked: "jobs/a.yaml", want: "scripts/a.sh:1:"},
		{name: "a template is renamed",
			before: map[string]string{"jobs/a.yaml": causeJob("a", usesT), "jobs/t.yaml": causeTemplate("t", withInput)},
			after:  map[string]string{"jobs/t.yaml": causeTemplate("tt", withInput)}, asked: "jobs/t.yaml", want: "[template-unknown]"},
		{name: "a file loses its only template", inGit: true,
			before: map[string]string{"jobs/a.yaml": causeJob("a", usesT), "jobs/t.yaml": causeTemplate("t", withInput)},
			after:  map[string]string{"jobs/t.yaml": "version: 1\njobs: []\n"}, asked: "jobs/t.yaml", want: "[template-unknown]"},
		{name: "a template gets another input",
			before: map[string]string{"jobs/a.yaml": causeJob("a", usesT), "jobs/t.yaml": causeTemplate("t", withInput)},
			after:  map[string]string{"jobs/t.yaml": causeTemplate("t", strings.Replace(withInput, "{x: {}}", "{x: {}, y: {}}", 1))}, asked: "jobs/t.yaml", want: "needs the input"},
		{name: "a template loses an input",
			before: map[string]string{"jobs/a.yaml": causeJob("a", usesT), "jobs/t.yaml": causeTemplate("t", withInput)},
			after:  map[string]string{"jobs/t.yaml": causeTemplate("t", "    steps: []\n")}, asked: "jobs/t.yaml", want: "has no input"},
		{name: "the last user of a template leaves", inGit: true,
			before: map[string]string{"jobs/a.yaml": causeJob("a", usesT), "jobs/t.yaml": causeTemplate("t", withInput)},
			after:  map[string]string{"jobs/a.yaml": causeJob("a", noSteps)}, asked: "jobs/a.yaml", want: "[template-unused]"},
		{name: "a project leaves",
			before: map[string]string{"jobs/a.yaml": causeJob("a", noSteps+"    project: two\n")},
			after:  map[string]string{"buildsync.yaml": strings.Replace(causeWorkspace, ", two: 6ecbc5bac7c8442fb3d2563d53c13583", "", 1)}, asked: "buildsync.yaml", want: "jobs/a.yaml:6:14: error"},
		{name: "a secret leaves",
			before: map[string]string{"jobs/a.yaml": causeJob("a", noSteps+"    parameters: [{name: P, secret: TOKEN}]\n")},
			after:  map[string]string{"buildsync.yaml": strings.Replace(causeWorkspace, "[TOKEN]", "[OTHER]", 1)}, asked: "buildsync.yaml", want: "[secret-unknown]"},
		{name: "a variable leaves",
			before: map[string]string{"jobs/a.yaml": causeJob("a", noSteps+"    flavor: ${{ vars.size }}\n")},
			after:  map[string]string{"buildsync.yaml": strings.Replace(causeWorkspace, "size: 2u8g, ", "", 1)}, asked: "buildsync.yaml", want: "[unknown-name]"},
		{name: "a variable gets another type", inGit: true,
			before: map[string]string{"jobs/a.yaml": causeJob("a", noSteps+"    timeout: ${{ vars.limit }}\n")},
			after:  map[string]string{"buildsync.yaml": strings.Replace(causeWorkspace, "limit: 5h", "limit: [5h]", 1)}, asked: "buildsync.yaml", want: "[wrong-type]"},
		{name: "a module leaves the modules file",
			before: map[string]string{"jobs/a.yaml": causeJob("a", "    steps:\n      - {module_id: devcloud2018.codeci_action_90001.action, name: s, properties: {command: a}}\n")},
			after:  map[string]string{"modules.yaml": strings.Replace(causeModules, "action_90001", "action_90002", 1)}, asked: "modules.yaml", want: "[module-unknown]"},
		{name: "a fragment is renamed",
			before: map[string]string{"jobs/a.yaml": causeJob("a", usesF), "jobs/f.yaml": fragmentF},
			after:  map[string]string{"jobs/f.yaml": strings.Replace(fragmentF, "name: f", "name: g", 1)}, asked: "jobs/f.yaml", want: "[fragment-unknown]"},
		{name: "the script of a fragment breaks",
			before: map[string]string{"jobs/a.yaml": causeJob("a", usesF), "jobs/f.yaml": strings.Replace(fragmentF, "command: make", "command: {$file: scripts/a.sh}", 1), "scripts/a.sh": "set -e\nmake\n"},
			after:  map[string]string{"scripts/a.sh": brokenSh}, asked: "scripts/a.sh", want: "scripts/a.sh:1:"},
		{name: "a fragment gets another input",
			before: map[string]string{"jobs/a.yaml": causeJob("a", usesF), "jobs/f.yaml": fragmentF},
			after:  map[string]string{"jobs/f.yaml": strings.Replace(fragmentF, "    steps:", "    inputs: {y: {}}\n    steps:", 1)}, asked: "jobs/f.yaml", want: "needs the input"},
		{name: "a family is renamed",
			before: map[string]string{"jobs/a.yaml": entryF, "jobs/f.yaml": familyF},
			after:  map[string]string{"jobs/f.yaml": strings.Replace(familyF, "name: f", "name: g", 1)}, asked: "jobs/f.yaml", want: "[family-unknown]"},
		{name: "a family gets another input",
			before: map[string]string{"jobs/a.yaml": entryF, "jobs/f.yaml": familyF},
			after:  map[string]string{"jobs/f.yaml": strings.Replace(familyF, "{lib: {}}", "{lib: {}, y: {}}", 1)}, asked: "jobs/f.yaml", want: "needs the input"},
		{name: "a family makes a job that is defined",
			before: map[string]string{"jobs/a.yaml": entryF, "jobs/f.yaml": familyF, "jobs/b.yaml": causeJob("a-test", noSteps)},
			after:  map[string]string{"jobs/f.yaml": strings.Replace(familyF, "-check", "-test", 1)}, asked: "jobs/f.yaml", want: "[duplicate-job]"},
		{name: "an entry of a family makes a job that is defined",
			before: map[string]string{"jobs/z.yaml": entryF, "jobs/f.yaml": familyF, "jobs/b.yaml": causeJob("b-check", noSteps)},
			after:  map[string]string{"jobs/z.yaml": strings.Replace(entryF, "lib: a", "lib: b", 1)}, asked: "jobs/z.yaml", want: "[duplicate-job]"},
		{name: "a matrix makes a job that is defined",
			before: map[string]string{"jobs/a.yaml": matrixJob, "jobs/b.yaml": causeJob("m-b", noSteps)},
			after:  map[string]string{"jobs/a.yaml": strings.Replace(matrixJob, "[a]", "[a, b]", 1)}, asked: "jobs/a.yaml", want: "[duplicate-job]"},
		{name: "a policy comes", inGit: true,
			before: map[string]string{},
			after:  map[string]string{"policies/p.yaml": policyF}, asked: "policies/p.yaml", want: "jobs/noise.yaml"},
		{name: "a policy demands more", inGit: true,
			before: map[string]string{"policies/p.yaml": strings.Replace(policyF, "flavor", "arch", 1)},
			after:  map[string]string{"policies/p.yaml": policyF}, asked: "policies/p.yaml", want: "jobs/noise.yaml"},
		{name: "a job leaves a policy",
			before: map[string]string{"policies/p.yaml": strings.Replace(policyF, "flavor", "labels.x", 1), "jobs/a.yaml": causeJob("a", noSteps+"    labels: {x: y}\n"), "jobs/noise.yaml": causeNoise + "    labels: {x: z}\n"},
			after:  map[string]string{"jobs/a.yaml": causeJob("a", noSteps)}, asked: "jobs/a.yaml", want: "[policy/owned]"},
		{name: "the globs leave out a template", inGit: true,
			before: map[string]string{"jobs/a.yaml": causeJob("a", usesT), "jobs/t.yaml": causeTemplate("t", withInput)},
			after:  map[string]string{"buildsync.yaml": strings.Replace(causeWorkspace, `"jobs/*.yaml"`, `"jobs/[a-s]*.yaml"`, 1)}, asked: "buildsync.yaml", want: "[template-unknown]"},
		{name: "a rule is made an error", inGit: true,
			before: map[string]string{},
			after:  map[string]string{"buildsync.yaml": strings.Replace(causeWorkspace, "notification: off", "notification: off, image-pin: error", 1)}, asked: "buildsync.yaml", want: "jobs/noise.yaml:6:30: error"},
		{name: "the defaults name a template that is not there", inGit: true,
			before: map[string]string{"jobs/t.yaml": causeTemplate("t", withInput), "jobs/u.yaml": causeJob("u", usesT)},
			after:  map[string]string{"buildsync.yaml": causeWorkspace + "defaults: {job: {arch: x}}\n"}, asked: "buildsync.yaml", want: "arch"},
	}
}

// TestCausedElsewhere asks lint about the one file that a change is in. What the
// change causes in other files is reported, and what was there before is not: with
// the file named, in a repository and outside one, and with --changed-since.
func TestCausedElsewhere(t *testing.T) {
	t.Parallel()
	for _, c := range causeCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			home := []string{"HOME=" + t.TempDir()}
			before := map[string]string{"buildsync.yaml": causeWorkspace, "modules.yaml": causeModules, "jobs/noise.yaml": causeNoise}
			maps.Copy(before, c.before)
			repository, plain := t.TempDir(), t.TempDir()
			writeTree(t, repository, before)
			git(t, repository, "init", "-q")
			git(t, repository, "add", ".")
			git(t, repository, "commit", "-q", "-m", "before")
			if clean := runWith(t, "", home, "lint", "-C", repository, "--fail-on", "error"); clean.code != 0 {
				t.Fatalf("the state before has errors:\n%s%s", clean.stdout, clean.stderr)
			}
			writeTree(t, repository, c.after)
			writeTree(t, plain, before)
			writeTree(t, plain, c.after)

			hold := func(how string, got result) {
				t.Helper()
				if !strings.Contains(got.stdout, c.want) {
					t.Errorf("%s: the report has no %q:\n%s%s", how, c.want, got.stdout, got.stderr)
				}
				if strings.Contains(got.stdout, "noise.yaml") && !strings.Contains(c.want, "noise.yaml") {
					t.Errorf("%s: what was there before is reported:\n%s", how, got.stdout)
				}
			}
			hold("named, in a repository", runWith(t, "", home, "lint", "-C", repository, c.asked))
			hold("--changed-since", runWith(t, "", home, "lint", "-C", repository, "--changed-since", "HEAD"))
			if !c.inGit {
				hold("named, outside a repository", runWith(t, "", home, "lint", "-C", plain, c.asked))
			}
		})
	}
}

// writeTree writes files below a folder; one without text is removed.
func writeTree(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if text == "" {
			if err := os.Remove(full); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		writeTestFile(t, full, text)
	}
}
