package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// policyBar is the limit for 30 policies over 10,000 jobs, in CPU time.
const policyBar = 500 // ms

// policy measures how much 30 policies add to lint.
func (b *bench) policy() error {
	n := b.count(10_000)
	alone := []string{"BUILDSYNC_SHELLCHECK=off"} // not measured
	var commands []command
	for _, with := range []bool{false, true} {
		name, dir := "`buildsync lint`", filepath.Join(b.dir, "plain")
		if with {
			name, dir = "with 30 policies", filepath.Join(b.dir, "judged")
		}
		if err := definitions(dir, n); err != nil {
			return err
		}
		if with {
			if err := write(filepath.Join(dir, "policies", "bench.yaml"), thirtyPolicies()); err != nil {
				return err
			}
		}
		commands = append(commands, command{name: name, dir: dir, env: alone, args: []string{b.buildsync, "lint"}, before: func() error {
			return os.RemoveAll(filepath.Join(dir, ".buildsync"))
		}})
	}
	times := b.times(5)
	medians, err := b.compare(times, commands...)
	if err != nil {
		return err
	}
	out := newTable("command", "CPU", "wall", "peak memory")
	for i, c := range commands {
		out.add(c.name, milliseconds(medians[i].cpu), milliseconds(medians[i].wall), mebibytes(medians[i].rss))
	}
	fmt.Printf("%d jobs, medians of %d runs in turns.\n\n", n, times)
	out.print()
	added := (medians[1].cpu - medians[0].cpu).Milliseconds()
	fmt.Printf("\nThe policies add %d ms of CPU; the bar is %d ms.\n", added, policyBar)
	if n == 10_000 && added > policyBar {
		return fmt.Errorf("the policies add more than %d ms", policyBar)
	}
	return nil
}

// thirtyPolicies returns a file with policies of every form. All jobs keep them.
func thirtyPolicies() string {
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
	return text.String()
}
