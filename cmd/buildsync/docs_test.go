package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"
)

// docsFolder is where the reference of commands is, seen from this package.
const docsFolder = "../../docs"

const helpNote = "<!-- Made by `go test ./cmd/buildsync -run TestHelp -update` from the help of the commands; edit that. -->\n\n"

// helpPages returns the pages of the reference, by their names below docs: an index,
// and one page for each command with its subcommands.
func helpPages(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	var contents strings.Builder
	eachCommand(allCommands(), nil, func(words []string, c *cli.Command) {
		if c.Name == "help" {
			return
		}
		name := strings.Join(words, " ")
		page := "commands/" + words[0] + ".md"
		link := page
		if len(words) > 1 {
			link += "#" + strings.Join(words, "-")
		}
		contents.WriteString(strings.Repeat("  ", len(words)-1) + "- [" + name + "](" + link + "): " + c.Usage + "\n")
		help := runWith(t, "", nil, append(words, "--help")...).stdout
		// Text that is the same on every page is only in the index.
		help, _, _ = strings.Cut(help, "\nEvery flag --some-flag")
		help, _, _ = strings.Cut(help, "\nGlobal flags and exit codes:")
		pages[page] += strings.Repeat("#", len(words)) + " " + name + "\n\n"
		if len(words) == 1 {
			pages[page] += helpNote
		}
		pages[page] += "```\n" + strings.TrimRight(help, "\n") + "\n```\n\n"
	})
	for name, text := range pages {
		pages[name] = text + "Global flags and exit codes: [commands](../commands.md).\n"
	}
	pages["commands.md"] = "# Commands\n\n" + helpNote + "`buildsync help COMMAND` prints the same.\n\n" +
		contents.String() + "\n```\n" + strings.TrimRight(runWith(t, "", nil, "--help").stdout, "\n") + "\n```\n"
	return pages
}

// TestHelpPage makes docs/commands.md and the pages in docs/commands from the help
// of the commands.
func TestHelpPage(t *testing.T) {
	t.Parallel()
	pages := helpPages(t)
	old, err := filepath.Glob(filepath.Join(docsFolder, "commands", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range old {
		if name := "commands/" + filepath.Base(file); pages[name] == "" {
			t.Errorf("docs/%s is about a command that is not there", name)
		}
	}
	for name, got := range pages {
		file := filepath.Join(docsFolder, filepath.FromSlash(name))
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("docs/%s is not what the help says; go test ./cmd/buildsync -run TestHelp -update (-want +got):\n%s", name, diff)
		}
	}
}
