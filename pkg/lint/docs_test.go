package lint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
)

// docsFolder is the folder of the rules' pages, relative to this package.
const docsFolder = "../../docs/rules"

// checkPages compares docs/rules with the fixtures' results, or writes it with -update.
func checkPages(t *testing.T) {
	want := map[string]bool{"README.md": true}
	golden(t, filepath.Join(docsFolder, "README.md"), rulesIndex())
	for _, rule := range lint.Rules() {
		want[rule.Name+".md"] = true
		golden(t, filepath.Join(docsFolder, rule.Name+".md"), rulePage(t, rule))
	}
	entries, err := os.ReadDir(docsFolder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !want[entry.Name()] {
			t.Errorf("docs/rules/%s belongs to no rule", entry.Name())
		}
	}
}

func rulesIndex() string {
	var page strings.Builder
	page.WriteString("# Rules\n\nWhat `buildsync lint` reports. Generated from the rules; `buildsync explain RULE` prints a page.\n\n" +
		"Severities are set under `lint.rules` in `buildsync.yaml`. A rule marked *fixed* is found while loading or compiling: " +
		"it keeps `plan` and `apply` from running as well, so it can be neither lowered nor suppressed.\n\n" +
		"| rule | severity | reports |\n|---|---|---|\n")
	for _, rule := range lint.Rules() {
		severity := rule.Severity.String()
		if rule.Fixed {
			severity += ", fixed"
		}
		fmt.Fprintf(&page, "| [`%s`](%s.md) | %s | %s |\n", rule.Name, rule.Name, severity, rule.Summary)
	}
	return page.String()
}

func rulePage(t *testing.T, rule lint.Rule) string {
	t.Helper()
	var page strings.Builder
	fmt.Fprintf(&page, "# %s\n\nReports: %s.\n\nSeverity: %s", rule.Name, rule.Summary, rule.Severity)
	if rule.Fixed {
		page.WriteString(" (fixed: `plan` and `apply` do not run with it)")
	}
	page.WriteString(".\n")
	if rule.Why != "" {
		page.WriteString("\n" + rule.Why + "\n")
	}
	example, ok := lint.ExampleIn(os.DirFS("testdata"), rule.Name) // the files as they are: with -update the embedded ones are a run behind
	if !ok {
		t.Fatalf("%s has no example", rule.Name)
	}
	page.WriteString("\n## Wrong\n\n" + exampleBlocks(example.Wrong))
	command := "buildsync lint"
	if environment := lint.ExampleEnvironment(rule.Name); environment != "" {
		command += " --env " + environment
	}
	fmt.Fprintf(&page, "`%s` says:\n\n```\n%s```\n\n## Right\n\n%s", command, example.Output, strings.TrimSuffix(exampleBlocks(example.Right), "\n"))
	if !rule.Fixed {
		fmt.Fprintf(&page, "\nTo accept one case, write a comment above the line or at its end:\n\n```yaml\n# buildsync:ignore %s: why it is right here\n```\n", rule.Name)
	}
	return page.String()
}

// exampleBlocks shows files, with their names where there are several or the
// name says more than "a file of definitions".
func exampleBlocks(files []lint.ExampleFile) string {
	var out strings.Builder
	for _, file := range files {
		switch {
		case file.Name == "":
			out.WriteString(file.Text + "\n")
			continue
		case len(files) > 1 || file.Name != definitionsName:
			out.WriteString("`" + file.Name + "`:\n\n")
		}
		out.WriteString("```" + strings.TrimPrefix(filepath.Ext(file.Name), ".") + "\n" + file.Text + "```\n\n")
	}
	return out.String()
}
