package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"
)

// commandsPage is the reference of commands, seen from this package.
const commandsPage = "../../docs/commands.md"

// TestHelpPage makes docs/commands.md from the help of the commands.
func TestHelpPage(t *testing.T) {
	t.Parallel()
	var contents, body strings.Builder
	eachCommand(allCommands(), nil, func(words []string, c *cli.Command) {
		if c.Name == "help" {
			return
		}
		name := strings.Join(words, " ")
		link := strings.ToLower(strings.Join(words, "-"))
		contents.WriteString(strings.Repeat("  ", len(words)-1) + "- [" + name + "](#" + link + "): " + c.Usage + "\n")
		help := runWith(t, "", nil, append(words, "--help")...).stdout
		// What is the same on every page stands once, above.
		help, _, _ = strings.Cut(help, "\nEvery flag --some-flag")
		help, _, _ = strings.Cut(help, "\nGlobal flags and exit codes:")
		body.WriteString("\n" + strings.Repeat("#", len(words)+1) + " " + name + "\n\n```\n" + strings.TrimRight(help, "\n") + "\n```\n")
	})
	got := "# Commands\n\n<!-- Made by `go test ./cmd/buildsync -run TestHelp -update` from the help of the commands; edit that. -->\n\n" +
		contents.String() + "\n```\n" + strings.TrimRight(runWith(t, "", nil, "--help").stdout, "\n") + "\n```\n" + body.String()
	if *update {
		if err := os.WriteFile(commandsPage, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(commandsPage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/commands.md is not what the help says; go test ./cmd/buildsync -run TestHelp -update (-want +got):\n%s", diff)
	}
}
