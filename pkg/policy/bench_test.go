package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// BenchmarkJudge is 30 policies of every form over one job of 60 lines. 50 µs is
// what half a second for 10,000 jobs comes to.
func BenchmarkJudge(b *testing.B) {
	forms := []string{
		`allow: {"steps[*].image": ["cloudbuild@maven3.9*", "swr.*/corp/**", "shell4*"]}`,
		`forbid: {"steps[*].image": ["*:latest", "*latest"]}`,
		`max: {timeout: 4h}`,
		`min: {"scms[*].depth": 1}`,
		`require: [arch, flavor, "scms[*].branch", "triggers[*].cron"]`,
		`require_step: {action: maven}, where: {job: "service-*", project: shop}`,
		`forbid: {"steps[*].inputs.command": ["*sudo *", "*curl *| sh*"]}`,
		`forbid: ["extra.description"]`,
		`rule: 'job.triggers.all(t, t.timezone == "Asia/Shanghai")'`,
		`rule: 'job.steps.exists(s, s.action == "maven" && s.enable)', where: {has_step: sh, value: "arch=x86-64"}`,
	}
	var text strings.Builder
	text.WriteString("version: 1\npolicies:\n")
	for i := range 30 {
		fmt.Fprintf(&text, "  - {name: policy-%d, %s}\n", i, forms[i%len(forms)])
	}
	tree := spec.MapTree{
		"buildsync.yaml":  "version: 1\ndefinitions: [jobs.yaml]\nprojects: {shop: 0123456789abcdef0123456789abcdef}\ndefault_project: shop\n",
		"policies/p.yaml": text.String(),
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
