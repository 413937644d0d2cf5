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
		{"much", many.String(), []string{"lint"}, 0, fmt.Sprintf("Next: buildsync lint --baseline lint-baseline.json --update-baseline remembers these %d findings", muchFound)},
		{"much in one file that was named", many.String(), []string{"lint", "jobs/a.yaml"}, 0, ""},
		{"much, and a baseline", many.String(), []string{"lint", "--baseline", "old.json", "--update-baseline"}, 0, ""},
		{"little", "version: 1\njobs:\n" + job(1, "arm"), []string{"lint"}, 0, ""},
		{"little, and mendable", "version: 1\njobs:\n" + strings.Replace(job(1, "arm"), "name: B", "name: 1e3", 1), []string{"lint"}, 0, "Next: buildsync lint --fix mends 1 of them"},
		{"quiet", many.String(), []string{"lint", "--quiet"}, 0, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, dir, env := terminalBench(t)
			if err := os.WriteFile(filepath.Join(dir, "jobs", "a.yaml"), []byte(c.jobs), 0o644); err != nil {
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
