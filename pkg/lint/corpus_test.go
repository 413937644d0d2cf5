package lint_test

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"gopkg.in/yaml.v3"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// corpusScript is one script of testdata/corpus. bash -n accepts each of them; each is typical of
// many public repositories.
type corpusScript struct{ name, text string }

func readCorpus(t testing.TB) (scripts []corpusScript) {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kind := strings.TrimSuffix(filepath.Base(file), ".txtar")
		for _, f := range archive.Files {
			scripts = append(scripts, corpusScript{kind + "/" + f.Name, string(f.Data)})
		}
	}
	return scripts
}

// scriptStyle writes a script as the value of command, indented by 14.
type scriptStyle struct {
	name  string
	write func(script string) string
}

const scriptIndent = "              "

var scriptStyles = []scriptStyle{
	{"file", func(string) string { return "{$file: run.sh}" }},
	{"literal", func(script string) string {
		return "|2\n" + indented(script) // the indent is named, for scripts that begin with a blank
	}},
	{"folded", foldedScript},
	{"double", func(script string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(script) + `"`
	}},
	{"single", singleQuotedScript},
}

func indented(text string) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = scriptIndent + line
		}
	}
	return strings.Join(lines, "\n")
}

// foldedScript writes a blank line more between lines that YAML would join.
func foldedScript(script string) string {
	var out strings.Builder
	out.WriteString(">2\n")
	before, blanks := "", ""
	for i, line := range strings.Split(strings.TrimSuffix(script, "\n"), "\n") {
		if line == "" {
			blanks += "\n"
			continue
		}
		if i > 0 && before != "" && !strings.ContainsAny(before[:1]+line[:1], " \t") {
			blanks += "\n"
		}
		out.WriteString(blanks + scriptIndent + line + "\n")
		before, blanks = line, ""
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// singleQuotedScript doubles each line break. YAML drops the blanks at both ends
// of the lines, so the text is the same only where there are none.
func singleQuotedScript(script string) string {
	doubled := strings.ReplaceAll(strings.ReplaceAll(script, "'", "''"), "\n", "\n\n")
	lines := strings.Split(doubled, "\n")
	for i, line := range lines[1:] {
		if line != "" {
			lines[i+1] = scriptIndent + line
		}
	}
	return "'" + strings.TrimSuffix(strings.Join(lines, "\n"), "\n") + "\n" + scriptIndent + "'"
}

// scriptTree returns a workspace of one job, whose one step runs a script.
func scriptTree(script string, style scriptStyle) spec.MapTree {
	var params strings.Builder
	for i, name := range parametersOf(script) {
		if i == 0 {
			params.WriteString("    parameters:\n")
		}
		params.WriteString("      - {name: " + name + ", default: x}\n")
	}
	return spec.MapTree{
		"buildsync.yaml": workspace, "run.sh": script,
		"defs.yaml": "version: 1\njobs:\n  - name: a\n    arch: x86-64\n" + params.String() +
			"    steps:\n      - sh:\n          name: Build\n          inputs:\n            command: " + style.write(script) + "\n",
	}
}

// heldText returns the script as YAML reads it from a tree.
func heldText(t *testing.T, tree spec.MapTree) string {
	t.Helper()
	var file struct {
		Jobs []struct {
			Steps []map[string]struct{ Inputs map[string]yaml.Node }
		}
	}
	if err := yaml.Unmarshal([]byte(tree["defs.yaml"]), &file); err != nil {
		t.Fatalf("%v:\n%s", err, tree["defs.yaml"])
	}
	command := file.Jobs[0].Steps[0]["sh"].Inputs["command"]
	if command.Kind == yaml.MappingNode {
		return tree["run.sh"]
	}
	return command.Value
}

// corpusCount counts findings by rule, for each style.
type corpusCount map[string]map[string]int

func (c corpusCount) add(rule, style string) {
	if c[rule] == nil {
		c[rule] = map[string]int{}
	}
	c[rule][style]++
}

// TestCorpus lints scripts as public repositories hold them, each in five styles
// of YAML. No script that bash accepts has an error; where the text is the same,
// so are the findings. The golden file counts the findings by rule and style and
// lists them, so that a change of a rule shows what it does to strangers.
func TestCorpus(t *testing.T) {
	t.Parallel()
	scripts := readCorpus(t)
	if len(scripts) < 600 {
		t.Fatalf("the corpus has %d scripts", len(scripts))
	}
	counts := corpusCount{}
	var list strings.Builder
	for _, script := range scripts {
		inFile := ""
		for _, style := range scriptStyles {
			tree := scriptTree(script.text, style)
			same := heldText(t, tree) == script.text
			if !same && style.name != "single" {
				t.Errorf("%s: the text is another in style %s:\n%s", script.name, style.name, tree["defs.yaml"])
				continue
			}
			counts.add("(scripts)", style.name)
			if same {
				counts.add("(same text)", style.name)
			}
			found := lint.Check(tree, "", lint.Options{})
			for _, d := range found {
				counts.add(d.Severity.String()+" "+d.Rule, style.name)
				if d.Severity == spec.Error {
					t.Errorf("%s, %s: %s: %s", script.name, style.name, d.Rule, d.Message)
				}
			}
			said := corpusFindings(found)
			switch {
			case style.name == "file":
				inFile = said
				for _, d := range found {
					fmt.Fprintf(&list, "%s:%d: %s %s: %s\n", script.name, d.Range.Start.Line, d.Severity, d.Rule, d.Message)
				}
			case same && said != inFile:
				t.Errorf("%s: in a file:\n%sin style %s:\n%s", script.name, inFile, style.name, said)
			}
		}
	}
	golden(t, "testdata/corpus/findings.golden", counts.String()+"\n"+list.String())
}

// corpusFindings are findings without their places, sorted.
func corpusFindings(found spec.Diagnostics) string {
	var lines []string
	for _, d := range found {
		lines = append(lines, fmt.Sprintf("  %s %s: %s\n", d.Severity, d.Rule, d.Message))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// String writes a table: a line for each rule, a column for each style.
func (c corpusCount) String() string {
	var out strings.Builder
	row := func(name string, cell func(scriptStyle) string) {
		fmt.Fprintf(&out, "%-26s", name)
		for _, style := range scriptStyles {
			fmt.Fprintf(&out, "%9s", cell(style))
		}
		out.WriteByte('\n')
	}
	row("", func(s scriptStyle) string { return s.name })
	for _, rule := range slices.SortedFunc(maps.Keys(c), cmp.Compare) {
		row(rule, func(s scriptStyle) string { return fmt.Sprint(c[rule][s.name]) })
	}
	return out.String()
}
