package policy_test

import (
	"os"
	"testing"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// BenchmarkJudge judges one job of 60 lines by 30 policies of every form. 50 µs for a job are half a
// second for 10,000 jobs.
func BenchmarkJudge(b *testing.B) {
	policies, err := os.ReadFile("../../test/bench/policies.txt")
	if err != nil {
		b.Fatal(err)
	}
	tree := spec.MapTree{
		"buildsync.yaml":  "version: 1\ndefinitions: [jobs.yaml]\nprojects: {shop: 0123456789abcdef0123456789abcdef}\ndefault_project: shop\n",
		"policies/p.yaml": string(policies),
		"jobs.yaml": `version: 1
jobs:
  - name: service-build
    arch: x86-64
    flavor: 4u8g
    timeout: 1h
    scms: [{scm_type: codehub, url: "git@codehub.example.com:shop/s.git", repo_id: "2111746211", branch: "${codeBranch}", build_type: branch, depth: 1}]
    parameters: [{name: codeBranch, default: master}, {name: target, options: [dev, staging, prod], default: dev}]
    steps:
      - maven: {name: Build with Maven, image: cloudbuild@maven3.9.5-jdk17, inputs: {command: "set -e\nmvn -B -U package -Dmaven.test.failure.ignore=true\nif [ \"${target}\" = prod ]; then\n  mvn -B site\nfi\n"}}
      - sh: {name: Smoke test, inputs: {command: "set -e\nfor port in 8080 8443; do\n ./smoke.sh --target \"${target}\" --port \"$port\"\ndone\nsha256sum target/*.jar >target/checksums.txt\n"}}
      - {module_id: devcloud2018.codeci_action_20018.action, name: Upload, properties: {file: "**/target/*.?ar", buildVersion: "", image: shell4.2.46-git1.8.3-zip6.00}}
    triggers: [{cron: "53 15 * * 1-5", timezone: Asia/Shanghai}]
`}
	loaded, found := spec.Load(tree, spec.Options{})
	result, more := compile.Compile(loaded, compile.Options{})
	set, mistakes := policy.Load(tree, loaded.Workspace, catalog.Default())
	if found.HasErrors() || more.HasErrors() || mistakes.HasErrors() || len(set.Policies) != 30 {
		b.Fatal(found, more, mistakes)
	}
	run := set.NewRun("2026-11-29")
	b.ReportAllocs()
	for b.Loop() {
		if breaches := run.Judge(set.OfJob(result.Jobs[0])); len(breaches) > 0 {
			b.Fatal(breaches[0].Message)
		}
	}
}
