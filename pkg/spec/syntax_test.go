package spec

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// syntaxDocument has references, quotes and brackets before most lines, so that a
// search for the first odd character would find one that is right.
const syntaxDocument = `version: 1
jobs:
  - name: a-${{ matrix.x }}
    flavor: ${{ vars.size }}
    matrix: {x: [p, q]}
    description: "it is [not] {a} ${{ vars.list }}"
    arch: x86-64
    scms:
      - url: https://a.b/c.git
        branch: 'main'
    parameters: [{name: "p", default: "${{ vars.p }}"}]
    steps:
      - sh: {name: "s [1]", inputs: {command: make}}
      - sh:
          name: run ${{ matrix.x }}
          inputs:
            command: "echo ${A} | sed 's/{/[/'"
            file: "**/*.jar"
      - upload_artifact:
          name: "up"
          inputs: {file: "target/*.jar"}
    triggers: [{cron: "0 2 * * *", timezone: UTC}]
`

func syntaxErrors(text string) Diagnostics {
	_, found := ParseFile("a.yaml", []byte(text))
	return found
}

// TestSyntaxNamesTheLineOfTheMistake makes one mistake in each line of a document
// that has references, quotes and brackets everywhere. Where the result is not
// YAML the first finding is on that line, and it never repeats the library.
func TestSyntaxNamesTheLineOfTheMistake(t *testing.T) {
	t.Parallel()
	if found := syntaxErrors(syntaxDocument); len(found) > 0 {
		t.Fatalf("the document is wrong: %v", found)
	}
	mutations := map[string]func(line string) string{
		"no space after a colon": func(line string) string { return strings.Replace(line, ": ", ":", 1) },
		"a quote not closed": func(line string) string {
			if at := strings.LastIndex(line, `"`); at >= 0 && strings.Count(line, `"`) == 2 {
				return line[:at] + line[at+1:]
			}
			return line
		},
		"a brace not closed": func(line string) string {
			if at := strings.LastIndexAny(line, "}]"); at >= 0 && strings.Contains(line, ": {") {
				return line[:at] + line[at+1:]
			}
			return line
		},
		"a space too many": func(line string) string {
			if strings.TrimSpace(line) == "" || line[0] != ' ' {
				return line
			}
			return " " + line
		},
		"a tab": func(line string) string { return strings.Replace(line, "    ", "\t", 1) },
	}
	lines := strings.Split(strings.TrimSuffix(syntaxDocument, "\n"), "\n")
	for name, mutate := range mutations {
		tried := 0
		for i, line := range lines {
			changed := mutate(line)
			if changed == line {
				continue
			}
			mutated := slices.Clone(lines)
			mutated[i] = changed
			text := strings.Join(mutated, "\n") + "\n"
			found := syntaxErrors(text)
			if !found.HasErrors() {
				continue // valid YAML: the schema check reports it
			}
			tried++
			d := found[0]
			if strings.Contains(d.Message, "this is not YAML") {
				t.Errorf("%s in line %d %q: the library's words: %s", name, i+1, changed, d.Message)
			}
			// A line that is indented too deep is only seen at its neighbour.
			if off := d.Range.Start.Line - (i + 1); off != 0 && (name != "a space too many" || off != 1) {
				t.Errorf("%s in line %d %q is told at %s: %s", name, i+1, changed, d.Range.Start, d.Message)
			}
		}
		if tried == 0 {
			t.Errorf("%s: nothing was tried", name)
		}
	}
}

// TestSyntaxCauses checks the cause and place of mistakes where YAML readers blame a correct later
// line.
func TestSyntaxCauses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, place, message string }{
		{"a reference above a line that is indented wrongly", "jobs:\n  - name: a\n    flavor: ${{ vars.size }}\n   arch: arm\n    steps: []\n", "4:4", "fits no level above"},
		{"a reference before a key without its space", "jobs:\n  - name: a-${{ matrix.x }}\n    matrix:{x: [p, q]}\n    steps: []\n", "3:11", "no space after the colon"},
		{"an action without its space", "steps:\n  - sh:{name: A, inputs: {command: make}}\n", "2:7", "no space after the colon"},
		{"an action without its space, and a key below", "steps:\n  - sh:{name: A}\n    arch: arm\n", "2:7", "no space after the colon"},
		{"a list without its space, and a key below", "a:\n  - b:[c]: 1\n    arch: arm\n", "2:6", "no space after the colon"},
		{"a quote that swallows keys", "a:\n  - name: \"A\n    command: make \"a\" b\n    x: \"**/*.jar\"\n", "2:11", "the quote"},
		{"a quote that swallows keys to the end", "a:\n  file: \"**/*.jar\n  b: c\n  d: e\n", "2:9", "the quote"},
		{"a quoted reference before one that is not", "a: {b: \"${{ job.name }}\", c: ${{ job.name }}, d: 1}\n", "1:30", "as a mapping"},
		{"a dash without its space", "jobs:\n  -name: a\n    arch: arm\n", "2:3", "no space after the dash"},
		{"a later dash without its space", "jobs:\n  - name: a\n    arch: arm\n  -name: b\n    arch: arm\n", "4:3", "no space after the dash"},
		{"an action without its colon", "steps:\n  - sh\n      name: A\n", "2:5", "without a colon"},
		{"a key without its colon, above a comment", "a:\n  inputs\n    # what it runs\n    command: make\n", "2:3", "without a colon"},
		{"a no-break space", "a:\n  b: c\n\u00a0\u00a0d: e\n  f: g\n", "3:1", "U+00A0"},
		{"a wide space", "a:\n  b: c\n\u3000d: e\n  f: g\n", "3:1", "U+3000"},
		{"a block within brackets", "a:\n  b: {c: |\n    text\n  }\n", "2:10", "within brackets"},
	} {
		found := syntaxErrors(c.text)
		if len(found) == 0 {
			t.Errorf("%s: nothing is found", c.name)
			continue
		}
		d := found[0]
		if place := fmt.Sprintf("%d:%d", d.Range.Start.Line, d.Range.Start.Column); place != c.place || !strings.Contains(d.Message, c.message) {
			t.Errorf("%s: %s: %s", c.name, place, d.Message)
		}
	}
}
