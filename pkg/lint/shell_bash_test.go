package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
)

// fakeBash refuses scripts that hold a word, and counts how often it is asked.
type fakeBash struct {
	refuses string
	err     error // it does not answer
	asked   int
}

func (f *fakeBash) Identity() string { return "fake" }

func (f *fakeBash) Refusal(script string) (int, string, error) {
	f.asked++
	if f.err != nil {
		return 0, "", f.err
	}
	if before, _, found := strings.Cut(script, f.refuses); found && f.refuses != "" {
		return strings.Count(before, "\n") + 1, "syntax error near it", nil
	}
	return 0, "", nil
}

// TestBashSettles asks bash about scripts that the parser cannot read. bash decides; without bash
// they are reported as information.
func TestBashSettles(t *testing.T) {
	t.Parallel()
	const (
		clear     = "set -e\nmake"
		broken    = "make\nif true; then make"
		masked    = "declare -A m=([my-own.net]=x)\necho \"${m[my-own.net]}\""
		unclear   = "echo $((x y z))\necho a"
		strayElse = "make\nelse"
	)
	stopped := &lint.StoppedError{Program: "bash", Reason: "took too long"}
	cases := []struct {
		name, script string
		bash         *fakeBash
		asked        int
		want         string // severity, rule, line
	}{
		{"what parses is not asked about", clear, &fakeBash{refuses: "make"}, 0, ""},
		{"no bash, broken", broken, nil, 0, "error shell-syntax 2"},
		{"bash refuses it too", broken, &fakeBash{refuses: "if"}, 1, "error shell-syntax 2"},
		{"bash takes what the parser refuses", broken, &fakeBash{}, 1, "info shell-syntax 2"},
		{"bash does not answer", broken, &fakeBash{err: lint.ErrNoAnswer}, 1, "error shell-syntax 2"},
		{"bash was stopped", broken, &fakeBash{err: stopped}, 1, "info shell-syntax 2"},
		{"bash was stopped, unclear", unclear, &fakeBash{err: stopped}, 1, "info shell-syntax 1"},
		{"bash was stopped, and it never takes it", strayElse + "\n" + unclear, &fakeBash{err: stopped}, 1, "error shell-syntax 2, info shell-syntax 3"},
		{"no bash, a known limit", masked, nil, 0, ""},
		{"bash takes a known limit", masked, &fakeBash{}, 1, ""},
		{"bash refuses after a known limit", masked, &fakeBash{refuses: "echo"}, 1, "error shell-syntax 2"},
		{"no bash, unclear", unclear, nil, 0, "info shell-syntax 1"},
		{"bash takes what is unclear", unclear, &fakeBash{}, 1, ""},
		{"bash refuses what is unclear", unclear, &fakeBash{refuses: "echo $"}, 1, "error shell-syntax 1, info shell-syntax 1"},
		{"what the parser took and bash never does", strayElse, &fakeBash{}, 0, "error shell-syntax 2"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			options := lint.Options{}
			if c.bash != nil {
				options.Bash = c.bash
			}
			tree := scriptTree(c.script+"\n", scriptStyles[0])
			var have []string
			for _, d := range lint.Check(tree, "", options) {
				if d.Rule == "shell-syntax" {
					have = append(have, fmt.Sprintf("%s %s %d", d.Severity, d.Rule, d.Range.Start.Line))
				}
			}
			if said := strings.Join(have, ", "); said != c.want {
				t.Errorf("reported: %s; want: %s", said, c.want)
			}
			if c.bash != nil && c.bash.asked != c.asked {
				t.Errorf("bash was asked %d times, want %d", c.bash.asked, c.asked)
			}
		})
	}
}
