package bulk_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// TestSetAListOfNumbers checks that a list of numbers and booleans keeps their types.
func TestSetAListOfNumbers(t *testing.T) {
	t.Parallel()
	files, path := oneStep(t, "{name: s, module_id: devcloud2018.x.action, properties: {ports: [8080, true]}}", "steps[s].properties.ports")
	for _, value := range []string{"[80, 443, false]", "{https: 443, tls: true}"} {
		result, err := bulk.Set(load(t, files), bulk.Request{Path: path, Value: value, Selects: func(*bulk.Object) bool { return true }})
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		if text := string(result.Files["jobs.yaml"]); !strings.Contains(text, "ports: "+value) {
			t.Errorf("%s: wrote\n%s", value, text)
		}
	}
}

// TestSetWritesTheWholeText checks that set writes a text exactly as given. As YAML it would lose a
// comment and spaces at the ends.
func TestSetWritesTheWholeText(t *testing.T) {
	t.Parallel()
	files, path := oneStep(t, "sh: {name: s, inputs: {command: \"ls\"}}", "steps[s].command")
	for value, want := range map[string]string{
		"make # all":         "make # all",
		" make":              " make",
		"make ":              "make ",
		"set -e\nmake\n":     "set -e\nmake\n",
		"set -e\nmake":       "set -e\nmake",
		"&x make":            "&x make",
		"\"make\"":           "make",
		"'make # all'":       "make # all",
		"\"$a\" # is \"$b\"": "\"$a\" # is \"$b\"",
		"0755":               "0755",
		"yes":                "yes",
	} {
		all := bulk.Request{Path: path, Value: value, Selects: func(*bulk.Object) bool { return true }}
		result, err := bulk.Set(load(t, files), all)
		if err != nil {
			t.Errorf("%q: %v", value, err)
			continue
		}
		after := load(t, with(files, result.Files))
		if got := values(after)[`a steps["s"].properties.command`]; got != want {
			t.Errorf("%q: the command is %q, not %q\n%s", value, got, want, result.Files["jobs.yaml"])
		}
		if again, err := bulk.Set(after, all); err != nil || len(again.Files) != 0 {
			t.Errorf("%q: a second set: %v", value, err)
		}
	}
}

// oneStep makes a workspace of one job with one step, and a path into it.
func oneStep(t *testing.T, step, in string) (spec.MapTree, valuepath.Path) {
	t.Helper()
	path, err := valuepath.Parse(in)
	if err != nil {
		t.Fatal(err)
	}
	return spec.MapTree{
		spec.WorkspaceFile: "version: 1\ndefinitions: [jobs.yaml]\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\n",
		"jobs.yaml":        "version: 1\njobs:\n  - name: a\n    arch: arm\n    steps:\n      - " + step + "\n",
	}, path
}
