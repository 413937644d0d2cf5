package main

import (
	"strings"
	"testing"
)

// TestFlagsOfNeighbours: a flag that another tool has is answered by the one
// that stands in its place, and no letter is taken for another letter.
func TestFlagsOfNeighbours(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"plan -target x":         "--target; use --only GLOB",
		"apply -auto-approve":    "--auto-approve; use --yes",
		"apply -y":               "-y; use --yes",
		"plan -y":                "-y; this command asks nothing",
		"-chdir=dir plan":        "--chdir; use -C DIR",
		"plan -chdir=dir":        "--chdir; use -C DIR",
		"apply --dry-run":        "--dry-run; buildsync plan shows what apply would do",
		"fmt --dry-run":          "--dry-run; use --check",
		"plan -o json":           "-o; use --format FORMAT, or --out FILE",
		"job list -o wide":       "-o; use --format FORMAT",
		"plan --output json":     "--output; use --format FORMAT",
		"plan --json":            "--json; did you mean --format json?",
		"--json plan":            "--json; write --format json behind the command",
		"plan -e dev":            "-e; use --env NAME",
		"plan -p shop":           "-p; use --project P",
		"-target x plan":         "--target; use --only GLOB",
		"apply -refresh=false":   "--refresh; the live state is read each time",
		"plan -z":                "-z; see buildsync plan --help",
		"plan --detailed-exit":   "--detailed-exit; did you mean --detailed-exitcode?",
		"apply --parallel 3":     "--parallel; use --parallelism N",
		"apply --var-file x.yml": "--var-file; use --var NAME=VALUE",
	} {
		got := runWith(t, "", nil, strings.Fields(line)...)
		if got.code != exitInvalid || got.stdout != "" || !strings.Contains(got.stderr, "has no flag "+want) {
			t.Errorf("%s: %+v, want %q", line, got, want)
		}
	}
}

// TestGroupAlone: a group without a command lists its commands.
func TestGroupAlone(t *testing.T) {
	t.Parallel()
	for _, group := range []string{"job", "template", "modules", "notice", "keystore"} {
		got := runWith(t, "", nil, group)
		if got.code != exitInvalid || !strings.Contains(got.stderr, "\nCommands:\n   ") {
			t.Errorf("%s: %+v", group, got)
		}
	}
}
