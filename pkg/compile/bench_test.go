package compile_test

import (
	"fmt"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// generated makes a workspace of n jobs, one file each, about forty lines long.
func generated(n int) spec.MapTree {
	tree := spec.MapTree{"buildsync.yaml": workspace + "vars: {image: maven3.9.5}\ndefaults: {job: {arch: x86-64, host_type: devcloud}}\n"}
	for i := range n {
		tree[fmt.Sprintf("definitions/job%05d.yaml", i)] = fmt.Sprintf(`version: 1
jobs:
  - name: job-%05d
    flavor: 4u8g
    build_config_type: ACTION
    auto_update_sub_module: false
    scms:
      - scm_type: codehub
        url: git@codehub.example.com:shop00001/service-%05d.git
        repo_id: "2111746211"
        branch: master
        build_type: branch
        depth: 1
    parameters:
      - name: codeBranch
        default: master
        predefined: true
        description: Code branch
      - name: target
        options: [dev, staging, prod]
        default: dev
    steps:
      - maven:
          name: Build with Maven
          image: ${{ vars.image }}
          inputs:
            command: |
              set -e
              mvn -B -U package -Dmaven.test.failure.ignore=true
              ls -l target
      - sh:
          name: Smoke test
          inputs:
            command: ./smoke.sh ${codeBranch} ${{ job.name }}
      - module_id: devcloud2018.codeci_action_20018.action
        name: Upload to release repo
        properties:
          file: "**/target/*.?ar"
          buildVersion: ""
    notifications:
      MAIL: [buildJobFail]
    triggers:
      - cron: "53 15 * * 1-5"
        timezone: Asia/Shanghai
`, i, i)
	}
	return tree
}

// BenchmarkCompile is to be read beside BenchmarkDecode and BenchmarkYAML, over the
// same bytes.
func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{200, 2000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			set := load(b, generated(n), "")
			b.ReportAllocs()
			for b.Loop() {
				if result, diags := compile.Compile(set, compile.Options{}); diags.HasErrors() || len(result.Jobs) != n {
					b.Fatal(describe(diags))
				}
			}
		})
	}
}

// BenchmarkDecode reads the same files to nodes.
func BenchmarkDecode(b *testing.B) {
	tree := generated(200)
	b.ReportAllocs()
	for b.Loop() {
		for name, source := range tree {
			if _, diags := spec.ParseFile(name, []byte(source)); diags.HasErrors() {
				b.Fatal(describe(diags))
			}
		}
	}
}

// BenchmarkYAML measures yaml.v3 alone on the same files.
func BenchmarkYAML(b *testing.B) {
	tree := generated(200)
	b.ReportAllocs()
	for b.Loop() {
		for _, source := range tree {
			if err := yaml.Unmarshal([]byte(source), new(yaml.Node)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
