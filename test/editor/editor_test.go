//go:build editor

package editor

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// cursor marks the place in a document to ask about.
const cursor = "█"

// document is a text as an editor holds it. Its first line names the schema for the language
// server.
type document struct {
	uri  string
	line int
	at   int
}

// open shows the server a definitions file. It removes the cursor from the text.
func (c *client) open(text string) document { return c.openAs("definitions", text) }

// openAs does as open, for a file of another schema.
func (c *client) openAs(kind, text string) document {
	c.t.Helper()
	schema, err := filepath.Abs("../../schemas/" + kind + ".schema.json")
	if err != nil {
		c.t.Fatal(err)
	}
	text = "# yaml-language-server: $schema=" + fileURI(schema) + "\n" + strings.TrimPrefix(text, "\n")
	before, _, _ := strings.Cut(text, cursor)
	d := document{
		uri:  fileURI(filepath.Join(c.t.TempDir(), "jobs.yaml")),
		line: strings.Count(before, "\n"),
		at:   len(before) - strings.LastIndexByte(before, '\n') - 1,
	}
	c.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{
		"uri": d.uri, "languageId": "yaml", "version": 1, "text": strings.Replace(text, cursor, "", 1),
	}})
	return d
}

func fileURI(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

func (d document) position() map[string]any {
	return map[string]any{
		"textDocument": map[string]any{"uri": d.uri}, "position": map[string]any{"line": d.line, "character": d.at},
	}
}

// item is one offered completion.
type item struct {
	Label         string          `json:"label"`
	Documentation json.RawMessage `json:"documentation"`
}

func TestCompletion(t *testing.T) {
	c := start(t)
	for _, tc := range []struct {
		name, text string
		want       []string
		explained  string // part of the documentation of the first item
	}{
		{"an action word", `
version: 1
jobs:
  - name: a
    steps:
      - █
`, []string{"maven", "sh", "npm", "upload_artifact", "module_id"}, "Runs Maven commands"},
		{"a key of a step", `
version: 1
jobs:
  - name: a
    steps:
      - maven:
          █
`, []string{"inputs", "image", "properties", "enable"}, "The step's inputs"},
		{"a key of a parameter", `
version: 1
jobs:
  - name: a
    parameters:
      - █
`, []string{"name", "default", "options", "secret"}, "The parameter's name"},
		{"a key of a trigger", `
version: 1
jobs:
  - name: a
    triggers:
      - █
`, []string{"cron", "timezone"}, "Five fields"},
		{"a key of a raw step", `
version: 1
jobs:
  - name: a
    steps:
      - module_id: devcloud2018.codeci_action_20018.action
        █
`, []string{"properties", "name"}, "The step's properties"},
		{"a property of a job", `
version: 1
jobs:
  - name: a
    fl█
`, []string{"flavor"}, "The size of the executor"},
		{"a value", `
version: 1
jobs:
  - name: a
    arch: █
`, []string{"x86-64", "arm"}, ""},
		{"a channel", `
version: 1
jobs:
  - name: a
    notifications:
      █
`, []string{"MAIL", "DING_TALK", "WECOM", "FEISHU", "MESSAGE"}, "Events that are sent by mail"},
		{"an event", `
version: 1
jobs:
  - name: a
    notifications:
      MAIL:
        - █
`, []string{"buildJobFail", "deleteJob"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c.t = t
			var list struct {
				Items []item `json:"items"`
			}
			c.call("textDocument/completion", c.open(tc.text).position(), &list)
			var labels []string
			for _, offered := range list.Items {
				labels = append(labels, offered.Label)
				if offered.Label == tc.want[0] && !strings.Contains(string(offered.Documentation), tc.explained) {
					t.Errorf("%s is explained by %s, want %q", offered.Label, offered.Documentation, tc.explained)
				}
			}
			for _, want := range tc.want {
				if !slices.Contains(labels, want) {
					t.Errorf("%q is not offered, but %q", want, labels)
				}
			}
		})
	}
}

// TestCompletionOfTheStandard checks the completion of families, fragments, sources and policies,
// which a platform team writes.
func TestCompletionOfTheStandard(t *testing.T) {
	c := start(t)
	for _, tc := range []struct {
		name, kind, text string
		want             []string
	}{
		{"what a file can hold", "definitions", "version: 1\n█\n", []string{"jobs", "families", "fragments", "templates"}},
		{"a key of a family", "definitions", "version: 1\nfamilies:\n  - █\n", []string{"name", "inputs", "jobs"}},
		{"a key of a fragment", "definitions", "version: 1\nfragments:\n  - █\n", []string{"name", "inputs", "steps"}},
		{"a step that uses a fragment", "definitions", "version: 1\njobs:\n  - name: a\n    steps:\n      - █\n", []string{"use"}},
		{"an entry of a family", "definitions", "version: 1\njobs:\n  - █\n", []string{"family", "name", "owner", "labels"}},
		{"the family that an entry uses", "definitions", "version: 1\njobs:\n  - family:\n      █\n", []string{"name", "inputs"}},
		{"a key of a source", "workspace", "version: 1\nsources:\n  golden:\n    █\n", []string{"git", "ref", "path"}},
		{"a key of a policy", "policies", "version: 1\npolicies:\n  - █\n", []string{"name", "where", "require", "require_step", "allow", "forbid", "max", "min", "rule", "except", "severity", "help"}},
		{"a condition", "policies", "version: 1\npolicies:\n  - name: a\n    where:\n      █\n", []string{"project", "job", "has_step", "uses", "owner", "label", "value"}},
		{"a required step", "policies", "version: 1\npolicies:\n  - name: a\n    require_step:\n      █\n", []string{"fragment", "action", "name"}},
		{"a severity", "policies", "version: 1\npolicies:\n  - name: a\n    severity: █\n", []string{"error", "warning", "info"}},
		{"a key of an exception", "policies", "version: 1\npolicies:\n  - name: a\n    except:\n      - █\n", []string{"job", "until", "reason", "approved_by"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c.t = t
			var list struct {
				Items []item `json:"items"`
			}
			c.call("textDocument/completion", c.openAs(tc.kind, tc.text).position(), &list)
			var labels []string
			for _, offered := range list.Items {
				labels = append(labels, offered.Label)
			}
			for _, want := range tc.want {
				if !slices.Contains(labels, want) {
					t.Errorf("%q is not offered, but %q", want, labels)
				}
			}
		})
	}
}

func TestHover(t *testing.T) {
	c := start(t)
	var hover struct {
		Contents struct {
			Value string `json:"value"`
		} `json:"contents"`
	}
	c.call("textDocument/hover", c.open("version: 1\njobs:\n  - name: a\n    flav█or: 2u8g\n").position(), &hover)
	if !strings.Contains(hover.Contents.Value, "The size of the executor") {
		t.Errorf("flavor is explained by %q", hover.Contents.Value)
	}
}

// diagnostic is one finding as an editor shows it.
type diagnostic struct {
	Message string `json:"message"`
	Range   struct {
		Start struct {
			Line int `json:"line"`
		} `json:"start"`
	} `json:"range"`
}

// diagnostics waits for the server's findings in a document.
func (c *client) diagnostics(d document) []diagnostic {
	c.t.Helper()
	var params struct {
		URI         string       `json:"uri"`
		Diagnostics []diagnostic `json:"diagnostics"`
	}
	c.await("diagnostics", func(m message) bool {
		return m.Method == "textDocument/publishDiagnostics" && json.Unmarshal(m.Params, &params) == nil && params.URI == d.uri
	})
	return params.Diagnostics
}

func TestUnknownKey(t *testing.T) {
	c := start(t)
	found := c.diagnostics(c.open("version: 1\njobs:\n  - name: a\n    flavour: 2u8g\n"))
	if len(found) != 1 || !strings.Contains(found[0].Message, "flavour") || found[0].Range.Start.Line != 4 {
		t.Errorf("have %+v, want one finding about flavour on line 4", found)
	}
}

// TestCorrectFileHasNoFindings checks that the editor finds nothing in a correct file.
func TestCorrectFileHasNoFindings(t *testing.T) {
	c := start(t)
	found := c.diagnostics(c.open(`
version: 1
jobs:
  - name: ${{ matrix.arch }}
    matrix: {arch: [arm]}
    arch: ${{ matrix.arch }}
    flavor: 2u8g
    enabled: true
    steps:
      - maven: {name: Build, image: maven3.9.5-jdk17, inputs: {command: mvn package}}
      - own_module: {inputs: {command: {$file: run.sh}}}
      - {module_id: devcloud2018.codeci_action_20018.action, name: Upload, properties: {file: a}}
    parameters:
      - {name: target, options: [dev, prod], default: dev}
      - {definition: hudson.model.StringParameterDefinition, params: [{name: name, value: raw}]}
    notifications: {MAIL: [buildJobFail], DING_TALK: {events: []}, MESSAGE: []}
    triggers: [{cron: "0 2 * * *"}]
    timeout: 1h
removed:
  - {job: old, action: delete, reason: gone}
`))
	if len(found) > 0 {
		t.Errorf("have %+v, want nothing", found)
	}
}
