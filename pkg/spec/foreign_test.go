package spec_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

// TestForeignFiles checks that a file of another tool gives one finding with advice. A definition
// file with mistakes gives its own findings.
func TestForeignFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       spec.ForeignKind
		hint       string
	}{
		{"build.yml", "version: 2.0\nparams:\n  - name: x\nsteps:\n  PRE_BUILD:\n    - checkout: {}\n", spec.ForeignBuildYML, "buildsync import jobs/x.yaml"},
		{"build.yml without a version", "steps:\n  BUILD:\n    - sh: {}\n", spec.ForeignBuildYML, "import"},
		{"build.yml of several jobs", "version: 2.0\nbuildflow:\n  jobs:\n    - {job: a, build_ref: a.yml}\n", spec.ForeignBuildFlow, "build_ref"},
		{"build.yml with jobs of its own", "version: 2.0\njobs:\n  a:\n    steps: {BUILD: [{sh: {}}]}\n", spec.ForeignBuildFlow, ""},
		{"API body", `{"job_name": "a", "arch": "arm", "steps": [{"module_id": "x"}], "project_id": "p"}`, spec.ForeignAPIBody, "import"},
		{"answer of the API", `{"result": {"job_name": "a", "job_id": "1", "steps": []}, "status": "success", "error": null}`, spec.ForeignAPIBody, "import"},
		{"GitHub", "name: ci\non: [push]\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n", spec.ForeignGitHub, "move it out"},
		{"GitLab", "stages: [build]\nbuild:\n  script:\n    - make\n", spec.ForeignGitLab, "move it out"},
		{"GitLab with an include", "include:\n  - local: a.yml\n", spec.ForeignGitLab, ""},
		{"Jenkinsfile", "// builds\npipeline {\n  agent any\n  stages { stage('x') { steps { sh 'make' } } }\n}\n", spec.ForeignJenkins, "move it out"},
		{"Jenkinsfile of one line", "node { sh 'make' }\n", spec.ForeignJenkins, ""},
		{"Kubernetes", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\n", spec.ForeignKubernetes, "move it out"},
		{"pre-commit", "repos:\n  - repo: local\n    hooks: []\n", spec.ForeignPreCommit, "narrow those patterns"},
		{"Ansible", "- hosts: all\n  tasks: []\n", spec.ForeignAnsible, ""},
		{"a job alone", "version: 1\nname: x\narch: arm\nsteps: []\n", spec.ForeignJob, `"jobs:"`},
		{"a job alone, without a version", "name: x\nsteps: []\n", spec.ForeignJob, `"version: 1"`},
		{"step modules", "version: 1\nmodules: []\n", spec.ForeignModules, "modules:"},
		{"definitions", "version: 1\njobs: []\n", "", ""},
		{"definitions without a version", "jobs:\n  - name: x\n", "", ""},
		{"definitions with a misspelt key", "version: 1\njob:\n  - name: x\n", "", ""},
		{"definitions with a key too many", "version: 1\nname: x\njobs: []\n", "", ""},
		{"a version alone", "version: 1\n", "", ""},
		{"a text", "hello", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			file, found := spec.ParseDefinitions("jobs/x.yaml", []byte(c.text))
			if c.want == "" {
				for _, d := range found {
					if d.Rule == "foreign-file" {
						t.Errorf("have %v", d)
					}
				}
				return
			}
			if len(found) != 1 || found[0].Rule != "foreign-file" || !strings.Contains(found[0].Message, string(c.want)) || !strings.Contains(found[0].Hint, c.hint) {
				t.Errorf("have %+v", found)
			}
			if file == nil || len(file.Jobs) > 0 {
				t.Errorf("the file is %+v", file)
			}
		})
	}
}
