//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNextAfterLint offers a baseline where much is found in a whole workspace, and
// --fix where it mends something.
func TestNextAfterLint(t *testing.T) {
	t.Parallel()
	job := func(i int, arch string) string {
		return fmt.Sprintf("  - name: job-%d\n    arch: %s\n    steps: [{sh: {name: B, image: shell, inputs: {command: make}}}]\n", i, arch)
	}
	var many strings.Builder
	many.WriteString("version: 1\njobs:\n")
	for i := range muchFound {
		many.WriteString(job(i, "arm"))
	}
	cases := []struct {
		name, jobs string
		args       []string
		code       int
		want       string // "" for no next step
	}{
		{"much", many.String(), []string{"lint"}, 0, fmt.Sprintf("Next: buildsync lint --baseline lint-baseline.json --update-baseline (writes these %d findings to a baseline", muchFound)},
		{"much in one file that was named", many.String(), []string{"lint", "jobs/a.yaml"}, 0, ""},
		{"much, and a baseline", many.String(), []string{"lint", "--baseline", "old.json", "--update-baseline"}, 0, ""},
		{"little", "version: 1\njobs:\n" + job(1, "arm"), []string{"lint"}, 0, ""},
		{"little, and mendable", "version: 1\njobs:\n" + strings.Replace(job(1, "arm"), "name: B", "name: 1e3", 1), []string{"lint"}, 0, "Next: buildsync lint --fix fixes 1 of them"},
		{"breaches of a policy alone", "policy", []string{"lint", "--statistics"}, exitDifferent, fmt.Sprintf("Next: buildsync policy check lists the %d findings of policies", muchFound+1)},
		{"breaches of a policy among much else", "both", []string{"lint"}, exitDifferent, fmt.Sprintf("Next: buildsync policy check lists the %d findings of policies", muchFound+1)},
		{"quiet", many.String(), []string{"lint", "--quiet"}, 0, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, dir, env := terminalBench(t)
			jobs := c.jobs
			switch jobs {
			case "policy":
				jobs = breachesAlone(t, dir)
			case "both":
				if err := os.WriteFile(filepath.Join(dir, "jobs", "b.yaml"), []byte(breachesAlone(t, dir)), 0o644); err != nil {
					t.Fatal(err)
				}
				jobs = strings.ReplaceAll(many.String(), "    arch:", "    owner: us\n    arch:")
			}
			if err := os.WriteFile(filepath.Join(dir, "jobs", "a.yaml"), []byte(jobs), 0o644); err != nil {
				t.Fatal(err)
			}
			code, screen := sit(t, 160, dir, env, c.args...).end()
			if code != c.code {
				t.Errorf("code %d, want %d\n%s", code, c.code, screen)
			}
			if c.want == "" && strings.Contains(screen, "Next:") || !strings.Contains(strings.Join(strings.Fields(screen), " "), c.want) {
				t.Errorf("want %q:\n%s", c.want, screen)
			}
		})
	}
}

// breachesAlone writes a policy that each job of the workspace breaks, and returns
// as many jobs as a baseline is offered for. Nothing else is wrong with them.
func breachesAlone(t *testing.T, dir string) string {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "policies"), 0o755); err != nil {
		t.Fatal(err)
	}
	policy := "version: 1\npolicies: [{name: owned, require: [owner]}]\n"
	if err := os.WriteFile(filepath.Join(dir, "policies", "owned.yaml"), []byte(policy), 0o644); err != nil {
		t.Fatal(err)
	}
	var list []string
	for i := range muchFound {
		list = append(list, fmt.Sprintf("n%d", i))
	}
	return "version: 1\njobs:\n  - name: matrix-${{ matrix.n }}\n    matrix: {n: [" + strings.Join(list, ", ") + "]}\n    arch: x86-64\n    steps: [{sh: {name: B, inputs: {command: make}}}]\n"
}
