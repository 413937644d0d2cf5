package lint_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// manyDefinitions makes a workspace of n files of some sixty lines.
func manyDefinitions(n int) spec.MapTree {
	tree := spec.MapTree{"buildsync.yaml": `version: 1
definitions: ["jobs/**/*.yaml"]
projects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}
default_project: shop
secrets: [NEXUS_TOKEN]
vars: {maven_image: cloudbuild@maven3.9.5-jdk17}
`}
	for i := range n {
		tree[fmt.Sprintf("jobs/%02d/service-%05d.yaml", i%100, i)] = fmt.Sprintf(definition, i, i, i)
	}
	return tree
}

const definition = `# yaml-language-server: $schema=../../schemas/definitions.schema.json
version: 1
jobs:
  - name: service-%05d-build
    project: shop
    arch: x86-64
    flavor: 4u8g
    host_type: devcloud
    build_config_type: ACTION
    auto_update_sub_module: false
    enabled: true
    scms:
      - scm_type: codehub
        url: git@codehub.example.com:shop00001/service-%05d.git
        repo_id: "2111746211"
        branch: ${codeBranch}
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
      - name: NEXUS_TOKEN
        secret: NEXUS_TOKEN
        description: Upload token
    steps:
      - maven:
          name: Build with Maven
          image: ${{ vars.maven_image }}
          inputs:
            command: |
              set -e
              # the usual goals
              mvn -B -U package -Dmaven.test.failure.ignore=true
              if [ "${target}" = prod ]; then
                mvn -B site
              fi
      - sh:
          name: Smoke test %05d
          inputs:
            command: |
              set -e
              ./smoke.sh --target "${target}" --build "${BUILDNUMBER}"
              curl -fsS -H "Authorization: Bearer ${NEXUS_TOKEN}" https://nexus.example.com/ping
      - module_id: devcloud2018.codeci_action_20018.action
        name: Upload to release repo
        properties:
          file: "**/target/*.?ar"
          buildVersion: ""
          image: shell4.2.46-git1.8.3-zip6.00
    notifications:
      MAIL: [buildJobFail]
      DING_TALK:
        events: [buildJobFail, deleteJob]
    triggers:
      - cron: "53 15 * * 1-5"
        timezone: Asia/Shanghai
    timeout: 1h
    build_if_code_updated: false
`

// BenchmarkLint lints 10,000 definitions cold, and reports the live memory that
// the run held at most.
func BenchmarkLint(b *testing.B) {
	tree := manyDefinitions(10_000)
	runtime.GC()
	b.ResetTimer()
	for b.Loop() {
		if found := lint.Check(tree, "", lint.Options{}); len(found) > 0 {
			b.Fatalf("%d findings, such as %s: %s", len(found), found[0].Range.Start, found[0].Message)
		}
	}
}
