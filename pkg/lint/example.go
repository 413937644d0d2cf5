package lint

import (
	"embed"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// fixtures are the examples of `buildsync explain` and docs/rules, so users see what the tests
// check.
//
//go:embed testdata/*/*.yaml testdata/*/*.out testdata/*/*.txt testdata/*/*/*
var fixtures embed.FS

// Example is a workspace that a rule reports, with the output of lint, and a correct one. It leaves
// out unrelated files.
type Example struct {
	Wrong  []ExampleFile `json:"wrong"`
	Output string        `json:"output"`
	Right  []ExampleFile `json:"right"`
}

// ExampleFile is a file of an example. If Name is empty, Text describes files that are not text or
// too long to show.
type ExampleFile struct {
	Name string `json:"name,omitempty"`
	Text string `json:"text"`
}

// ExampleEnvironment returns the environment with which the example of a rule is
// linted, "" for none.
func ExampleEnvironment(rule string) string {
	if rule == "unknown-environment" {
		return "prod"
	}
	return ""
}

// ExampleOf returns the example of a rule; ok is false if it has none.
func ExampleOf(rule string) (example Example, ok bool) {
	folders, err := fs.Sub(fixtures, "testdata")
	if err != nil {
		return Example{}, false
	}
	return exampleIn(folders, rule)
}

// exampleIn reads an example from the folders of the rules.
func exampleIn(folders fs.FS, rule string) (example Example, ok bool) {
	output, err := fs.ReadFile(folders, rule+"/bad.out")
	if err != nil {
		return Example{}, false
	}
	example.Output = string(output)
	wrong, right := exampleFiles(folders, rule, "bad"), exampleFiles(folders, rule, "ok")
	for _, name := range slices.Sorted(maps.Keys(wrong)) {
		other, both := right[name]
		if name == definitionsName && wrong[name] == other && !strings.Contains(example.Output, name+":") {
			continue // the matter is with another file
		}
		example.Wrong = append(example.Wrong, ExampleFile{name, shortened(wrong[name])})
		if both && (wrong[name] != other || name == definitionsName) {
			example.Right = append(example.Right, ExampleFile{name, shortened(other)})
		}
	}
	if text, err := fs.ReadFile(folders, rule+"/bad.txt"); err == nil {
		example.Wrong = []ExampleFile{{"", string(text)}}
		example.Right = []ExampleFile{{definitionsName, right[definitionsName]}}
	}
	return example, len(example.Wrong) > 0
}

// definitionsName is what an example calls its definitions.
const definitionsName = "jobs.yaml"

// exampleFiles returns the files of a rule's folder for one state, bad or ok: its own definitions
// (bad.yaml) and files (bad/…), and the common ones.
func exampleFiles(folders fs.FS, rule, state string) map[string]string {
	files := map[string]string{}
	own := map[string]string{}
	_ = fs.WalkDir(folders, rule, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil // what cannot be listed is missed by the test of the fixture
		}
		text, err := fs.ReadFile(folders, name)
		if err != nil {
			return nil
		}
		within := strings.TrimPrefix(name, rule+"/")
		first, rest, deeper := strings.Cut(within, "/")
		switch {
		case deeper && first == state:
			own[rest] = string(text)
		case deeper && (first == "bad" || first == "ok"):
		case within == state+".yaml":
			own[definitionsName] = string(text)
		case slices.Contains([]string{"bad.yaml", "ok.yaml", "fixed.yaml"}, within) || slices.Contains([]string{".out", ".ranges", ".txt"}, path.Ext(within)):
		default:
			files[within] = string(text)
		}
		return nil
	})
	maps.Copy(files, own)
	return files
}

// longestLine is how many characters of a line an example shows.
const longestLine = 160

// shortened cuts very long lines of a text.
func shortened(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if runes := []rune(line); len(runes) > longestLine {
			lines[i] = string(runes[:longestLine]) + "…"
		}
	}
	return strings.Join(lines, "\n")
}
