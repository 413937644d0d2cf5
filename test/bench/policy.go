package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
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
			if err := write(filepath.Join(dir, "policies", "bench.yaml"), thirtyPolicies); err != nil {
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

// thirtyPolicies is a file with policies of every form. All jobs keep them. The benchmark of pkg/policy
// uses it too.
//
//go:embed policies.txt
var thirtyPolicies string
