package main

import (
	"strings"
	"testing"

	kit "github.com/buildsync/buildsync/internal/cli"
)

// TestFlagsOfNeighbours checks that the message about a flag of another tool names our flag, and
// that no one-letter flag is confused with another.
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
		"--json plan":            "--json; write --format json after the command",
		"plan -e dev":            "-e; use --env NAME",
		"plan -p shop":           "-p; use --project P",
		"-target x plan":         "--target; use --only GLOB",
		"apply -refresh=false":   "--refresh; the live state is read each time",
		"plan -z":                "-z; see buildsync plan --help",
		"plan --detailed-exit":   "--detailed-exit; did you mean --detailed-exitcode?",
		"fmt -w":                 "-w; files are rewritten in place",
		"fmt --write":            "--write; files are rewritten in place",
		"fmt -recursive":         "--recursive; every definition file",
		"job history x -w":       "-w; use --watch",
		"job logs x -w":          "-w; use --follow",
		"plan --watch":           "--watch; run the plan again",
		"job list --limit 3":     "--limit; all of them are read",
		"job list --jq .":        "--jq; pipe --format json into jq",
		"job show j --web":       "--web; the address of a job in the console is published nowhere",
		"plan -replace=x":        "--replace; see buildsync plan --help",
		"apply --parallel 3":     "--parallel; use --parallelism N",
		"apply --var-file x.yml": "--var-file; use --var NAME=VALUE",
	} {
		got := runWith(t, "", nil, strings.Fields(line)...)
		if got.code != exitInvalid || got.stdout != "" || !strings.Contains(got.stderr, "has no flag "+want) {
			t.Errorf("%s: %+v, want %q", line, got, want)
		}
	}
}

// TestGroupAlone checks that a group without a command lists its commands.
func TestGroupAlone(t *testing.T) {
	t.Parallel()
	for _, group := range []string{"job", "template", "modules", "notice", "keystore"} {
		got := runWith(t, "", nil, group)
		if got.code != exitInvalid || !strings.Contains(got.stderr, "\nCommands:\n   ") {
			t.Errorf("%s: %+v", group, got)
		}
	}
}

// TestCommandsOfNeighbours checks that the message about a command of another tool names our
// command.
func TestCommandsOfNeighbours(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"validate":      `did you mean "lint"?`,
		"status":        `did you mean "plan"?`,
		"destroy":       "remove the definition and apply",
		"taint x":       "each plan reads the live state",
		"state list":    "there is no state file",
		"login":         `"buildsync doctor" checks them`,
		"workspace new": "--env NAME",
		"mv a b":        "renamed_from",
		"console":       `did you mean "query"?`,
		"ls":            `did you mean "job list"?`,
		"get jobs":      `did you mean "job show"?`,
		"job ls":        `did you mean "job list"?`,
		"job view x":    `did you mean "job show"?`,
		"job watch":     `"job logs --follow"`,
		"job rerun x":   `did you mean "job run"?`,
		"job rm x":      `did you mean "job delete"?`,
		"job create":    "write a definition and apply it",
		"template ls":   `did you mean "template list"?`,
		"base pull":     `did you mean "base fetch"?`,
	} {
		got := runWith(t, "", nil, strings.Fields(line)...)
		if got.code != exitInvalid || got.stdout != "" || !strings.Contains(got.stderr, "unknown command") || !strings.Contains(got.stderr, want) || strings.Contains(got.stderr, "it is one of") {
			t.Errorf("%s: %+v, want %q", line, got, want)
		}
	}
}

// TestNeighboursNameRealCommands checks that these messages name existing commands, and that none
// of our own words is listed as another tool's.
func TestNeighboursNameRealCommands(t *testing.T) {
	t.Parallel()
	ours := map[string]bool{}
	groups := map[string][]string{"": nil}
	for _, c := range (&program{}).commands() {
		ours[c.Name] = true
		groups[""] = append(groups[""], c.Name)
		for _, sub := range c.Subcommands {
			ours[c.Name+" "+sub.Name] = true
			groups[c.Name] = append(groups[c.Name], sub.Name)
		}
	}
	for group, names := range groups {
		for _, name := range names {
			if answer := kit.NeighbourCommand(group, name); answer != "" {
				t.Errorf("%s %s is a command of ours: %s", group, name, answer)
			}
		}
	}
	for _, target := range kit.NeighbourTargets() {
		if !ours[target] {
			t.Errorf("an answer names %q, which is not a command", target)
		}
	}
}
