package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

const workspaceText = `version: 1
definitions: [jobs.yaml]
projects: {shop: "0123456789abcdef0123456789abcdef", pay: "1123456789abcdef0123456789abcdef"}
default_project: shop
secrets: [NEXUS]
vars: {jdk: "maven:latest"}
`

const jobsText = `version: 1
fragments:
  - name: scan
    inputs: {on: {default: true}}
    steps:
      - sh: {name: Scan, enable: "${{ inputs.on }}", inputs: {command: scan .}}
templates:
  - name: java
    steps:
      - maven: {name: Build, image: "${{ vars.jdk }}", inputs: {command: mvn -B package}}
      - use: scan
jobs:
  - name: order
    arch: arm
    timeout: 300m
    template: {name: java}
    owner: team-shop
    labels: {team: shop}
    triggers: [{cron: "0 2 * * *", timezone: Asia/Shanghai}]
  - name: order-image
    project: pay
    arch: x86-64
    timeout: {limit: "120", unit: minute}
    scms: [{url: "https://example.com/a.git", branch: main, scm_type: codehub}, {url: "https://example.com/b.git", scm_type: codehub}]
    parameters:
      - {name: TOKEN, secret: NEXUS}
      - {name: USER_PASSWORD, default: "hunter2hunter2"}
    steps:
      - sh: {name: Build, image: "swr.cn/corp/base:1", inputs: {command: docker build .}}
      - use: scan
        inputs: {on: false}
`

func findings(t *testing.T, policies, today string) string {
	t.Helper()
	tree := spec.MapTree{"buildsync.yaml": workspaceText, "jobs.yaml": jobsText, "policies/p.yaml": "version: 1\npolicies:\n" + policies}
	var out strings.Builder
	for _, d := range lint.Check(tree, "", lint.Options{Today: today}) {
		if strings.HasPrefix(d.Rule, "policy") {
			fmt.Fprintf(&out, "%s %s %s %s: %s", d.Range.Start, d.Severity, d.Rule, d.Pointer, d.Message)
			if d.Hint != "" {
				fmt.Fprintf(&out, " (%s)", d.Hint)
			}
			out.WriteString("\n")
		}
	}
	return out.String()
}

// TestForms checks what each form finds, and where.
func TestForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, policies, want string }{
		{"a value that a variable says", `  - {name: a, forbid: {"steps[*].image": "*:latest"}}`,
			`buildsync.yaml:6:13 error policy/a vars.jdk: "maven:latest" is forbidden by the policy "a" (forbidden: *:latest)` + "\n"},
		{"help in the place of the hint", `  - {name: a, help: use a version, severity: info, forbid: {"steps[*].image": "*:latest"}}`,
			`buildsync.yaml:6:13 info policy/a vars.jdk: "maven:latest" is forbidden by the policy "a" (use a version)` + "\n"},
		{"allowed images", `  - {name: a, allow: {"steps[*].image": ["maven:*", "swr.*/corp/**"]}}`, ""},
		{"an image that is not allowed", `  - {name: a, allow: {"steps[*].image": ["maven:*"]}}`,
			`jobs.yaml:29:34 error policy/a jobs[order-image].steps[Build].image: "swr.cn/corp/base:1" is not allowed by the policy "a" (allowed: maven:*)` + "\n"},
		{"durations by value", `  - {name: a, max: {timeout: 4h}}` + "\n" + `  - {name: b, min: {timeout: 7200s}}` + "\n" + `  - {name: c, max: {timeout: 0.5d}}`,
			`jobs.yaml:15:14 error policy/a jobs[order].timeout: "5h" is more than the policy "a" allows (at most 4h)` + "\n"},
		{"the least", `  - {name: a, min: {timeout: 181m}}`, `jobs.yaml:23:14 error policy/a jobs[order-image].timeout: "2h" is less than the policy "a" allows (at least 181m)` + "\n"},
		{"what cannot be compared", `  - {name: a, max: {arch: 3}, where: {job: order}}`,
			`jobs.yaml:14:11 error policy/a jobs[order].arch: "arm" is not a number, so that the policy "a" cannot compare it with 3 (write a number such as 3)` + "\n"},
		{"a missing value", `  - {name: a, require: [arch, flavor], where: {project: pay}}`,
			`jobs.yaml:20:11 error policy/a jobs[order-image].name: the job "order-image" has no flavor, which the policy "a" requires` + "\n"},
		{"a value of every item", `  - {name: a, require: ["scms[*].branch"]}`,
			`jobs.yaml:24:81 error policy/a jobs[order-image].scms[1]: scms[1] has no branch, which the policy "a" requires` + "\n"},
		{"a step of a fragment that is switched off", `  - {name: a, require_step: {fragment: scan}}`,
			`jobs.yaml:31:22 error policy/a jobs[order-image].steps[1].inputs.on: the step "Scan" of the fragment "scan" is switched off; the policy "a" requires that it runs` + "\n"},
		{"a fragment that does not exist", `  - {name: a, require_step: {fragment: scann}, where: {job: none}}`,
			`policies/p.yaml:3:40 error policy-file policies[a].require_step.fragment: there is no fragment "scann", which the policy "a" requires (did you mean "scan"?)` + "\npolicies/p.yaml:3:61 warning policy-file policies[a]: no job is called \"none\", which the policy \"a\" names (known: order, order-image)\n"},
		{"a step by its action", `  - {name: a, require_step: {action: maven, name: Bu*}, where: {has_step: sh}}`,
			`jobs.yaml:29:7 error policy/a jobs[order-image].steps: the job "order-image" has no step "maven" called "Bu*", which the policy "a" requires` + "\n"},
		{"an owner", `  - {name: a, require: [owner, labels.team]}`,
			`jobs.yaml:20:11 error policy/a jobs[order-image].name: the job "order-image" has no labels.team, which the policy "a" requires` + "\n" +
				`jobs.yaml:20:11 error policy/a jobs[order-image].name: the job "order-image" has no owner, which the policy "a" requires` + "\n"},
		{"where an owner and a label", `  - {name: a, require: [flavor], where: {owner: team-*, label: {team: shop}}}` + "\n" + `  - {name: b, require: [flavor], where: {label: team!=shop}}`,
			`jobs.yaml:13:11 error policy/a jobs[order].name: the job "order" has no flavor, which the policy "a" requires` + "\n" +
				`jobs.yaml:20:11 error policy/b jobs[order-image].name: the job "order-image" has no flavor, which the policy "b" requires` + "\n"},
		{"names, switches and channels", `  - {name: a, forbid: {name: "order-*", enabled: "false"}}` + "\n" + `  - {name: b, require: ["notifications[MAIL].events"], where: {value: "parameters[TOKEN]"}}` + "\n" + `  - {name: c, allow: {owner: "team-*", "jobs[order].arch": x86-64}}`,
			`jobs.yaml:14:11 error policy/c jobs[order].arch: "arm" is not allowed by the policy "c" (allowed: x86-64)` + "\n" +
				`jobs.yaml:20:11 error policy/a jobs[order-image].name: "order-image" is forbidden by the policy "a" (forbidden: order-*)` + "\n" +
				`jobs.yaml:20:11 error policy/b jobs[order-image].name: the job "order-image" has no notifications[MAIL].events, which the policy "b" requires` + "\n"},
		{"every value at any depth", `  - {name: a, forbid: {"**.command": "*docker build*"}}`,
			`jobs.yaml:29:74 error policy/a jobs[order-image].steps[Build].inputs.command: "docker build ." is forbidden by the policy "a" (forbidden: *docker build*)` + "\n"},
		{"a trigger by its time zone", `  - {name: a, allow: {"triggers[*].timezone": [UTC]}}`,
			`jobs.yaml:19:46 error policy/a jobs[order].triggers[0].timezone: "Asia/Shanghai" is not allowed by the policy "a" (allowed: UTC)` + "\n"},
		{"a key that must not be", `  - {name: a, forbid: [triggers]}`, `jobs.yaml:19:15 error policy/a jobs[order].triggers: a value of triggers is forbidden by the policy "a" (remove it)` + "\n"},
		{"a rule", `  - {name: a, rule: 'job.triggers.all(t, t.timezone == "UTC")'}`,
			`jobs.yaml:13:11 error policy/a jobs[order].name: the job "order" breaks the rule of the policy "a"` + "\n"},
		{"conditions", `  - {name: a, require: [flavor], where: {job: "{order,x}*", value: ["arch=arm", "timeout=5h"], uses: java, has_step: [maven, sh]}}`,
			`jobs.yaml:13:11 error policy/a jobs[order].name: the job "order" has no flavor, which the policy "a" requires` + "\n"},
		{"no secret is shown", `  - {name: a, forbid: {"parameters[*].default": "*"}}` + "\n" + `  - {name: b, allow: {"parameters[*].default": "x"}}`,
			`jobs.yaml:26:31 error policy/a jobs[order-image].parameters[TOKEN].secret: (sensitive) is forbidden by the policy "a" (forbidden: *)` + "\n" +
				`jobs.yaml:26:31 error policy/b jobs[order-image].parameters[TOKEN].secret: (sensitive) is not allowed by the policy "b" (allowed: x)` + "\n" +
				`jobs.yaml:27:40 error policy/a jobs[order-image].parameters[USER_PASSWORD].default: (sensitive) is forbidden by the policy "a" (forbidden: *)` + "\n" +
				`jobs.yaml:27:40 error policy/b jobs[order-image].parameters[USER_PASSWORD].default: (sensitive) is not allowed by the policy "b" (allowed: x)` + "\n"},
		{"an exception", `  - {name: a, require: [flavor], except: [{job: order*, until: 2026-11-29, reason: r}]}`, ""},
		{"an exception for one project", `  - {name: a, require: [flavor], except: [{job: "*", project: shop, reason: r}]}`,
			`jobs.yaml:20:11 error policy/a jobs[order-image].name: the job "order-image" has no flavor, which the policy "a" requires` + "\n"},
		{"an expired exception", `  - {name: a, require: [flavor], except: [{job: order, until: 2026-11-28, reason: r}]}`,
			`jobs.yaml:13:11 error policy/a jobs[order].name: the job "order" has no flavor, which the policy "a" requires` + "\n" +
				`jobs.yaml:20:11 error policy/a jobs[order-image].name: the job "order-image" has no flavor, which the policy "a" requires` + "\n" +
				`policies/p.yaml:3:63 warning policy-exception policies[a].except: the exception from the policy "a" has expired: its last day was 2026-11-28 (remove it, or set a later date)` + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, findings(t, c.policies, "2026-11-29")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestHostilePolicies checks that lint ends soon with a bounded output, whatever a file of policies
// holds.
func TestHostilePolicies(t *testing.T) {
	t.Parallel()
	many := func(n int, text string) string { return strings.Repeat(text, n) }
	for name, policies := range map[string]string{
		"globs that multiply":  `  - {name: a, require: [flavor], where: {job: "` + many(20, "{a,b}") + `*"}}`,
		"stars that backtrack": `  - {name: a, forbid: {"parameters[*].default": "` + many(240, "*a") + `b"}}`,
		"deep paths":           `  - {name: a, forbid: {"` + many(80, "**.") + `x": "*"}}`,
		"paths that branch":    `  - {name: a, forbid: {"` + many(20, "**.*.") + `x": "*"}}`,
		"a rule that loops":    `  - {name: a, rule: 'job.steps.all(a, ` + many(40, "job.steps.all(b, job.steps.all(c, ") + `true` + many(81, ")") + `'}`,
		"a regular expression": `  - {name: a, rule: 'job.name matches "(a{100}){10}(a{100}){10}"'}`,
		"very many policies": func() (text string) {
			for i := range 1100 {
				text += fmt.Sprintf("  - {name: p%d, require: [flavor]}\n", i)
			}
			return text
		}(),
		"a very long list":        `  - {name: a, allow: {"steps[*].image": [` + many(5000, `"x*", `) + `"y"]}}`,
		"aliases that multiply":   "  - &a {name: a, x-a: [1]}\n  - {name: b, x-b: [*a, *a, *a], require: [flavor]}",
		"control characters":      "  - {name: a, help: \"\\e[31m\\u202e\", require: [flavor]}",
		"a number of no size":     `  - {name: a, max: {timeout: 1e999}}` + "\n" + `  - {name: b, max: {timeout: .nan}}`,
		"a date that is not":      `  - {name: a, require: [flavor], except: [{job: "*", until: 2026-13-77, reason: r}]}`,
		"something else entirely": "  - [1, 2]\n  - null\n  - 7\n  - {name: [a]}\n  - {name: b, where: 3, require: {a: b}, allow: [x], rule: [y], except: {a: b}}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := findings(t, policies, "2026-11-29")
			if len(found) > 400_000 || strings.ContainsAny(found, "\x1b\u202e") {
				t.Errorf("%d bytes of findings: %.300q", len(found), found)
			}
		})
	}
}
