package schemas_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/schemas"
)

// guess marks a member whose meaning no source gives. Its text must say so.
const guess = "guess"

// evidence is where the meaning of each member of the API's bodies is from: a
// section of the reference, or a source of docs/api/newer-routes.md. The words
// are those of the schema's text, so a member without a row fails the test.
var evidence = map[string]map[string]string{
	"option": {"name": "4.18", "display_name": "4.18", "disable": guess},
	"friendlyParameter": {
		"name": "4.18", "options": "4.18", "default": "user guide", "predefined": "provider", "static": guess, "deletable": guess,
		"description": "4.18", "secret": "",
	},
	"rawParameter": {"definition": "4.18", "params": "4.18", "secret": ""},
	"action":       {"name": "4.18", "image": "4.20", "enable": guess, "version": guess, "properties": "4.18", "inputs": "user guide"},
	"rawStep":      {"module_id": "4.18", "name": "4.18", "properties": "4.18", "version": guess, "enable": guess},
	"scm": {
		"scm_type": "4.18", "url": "4.18", "repo_id": "4.18", "branch": "4.18", "build_type": guess, "depth": "4.18", "is_auto_build": guess,
		"end_point_id": guess, "source": guess, "web_url": "4.18", "enable_git_lfs": "SDK", "group_name": "SDK", "repo_name": "SDK",
	},
	"channel": {"events": "4.24", "param_config": guess},
	"trigger": {"name": "SDK", "parameters": "SDK", "cron": "provider", "timezone": "provider"},
	"timeout": {"limit": "SDK", "unit": "SDK"},
	"job": {
		"name": "4.18", "arch": "4.18", "flavor": "4.18", "host_type": guess, "build_config_type": "user guide", "auto_update_sub_module": "4.18",
		"enabled": "4.16", "scms": "4.18", "parameters": "4.18", "steps": "4.18", "notifications": "4.24", "triggers": "SDK", "timeout": "SDK",
		"on_commit": "SDK", "build_if_code_updated": "SDK", "group_id": "SDK", "id": "4.19", "extra": "4.18",
		"project": "", "owner": "", "labels": "", "matrix": "", "template": "", "without": "", "renamed_from": "", "adopt": "", "protect": "",
	},
	"template": {
		"name": "4.21", "description": "4.21", "parameters": "4.21", "steps": "4.21", "tool_type": guess, "extra": "4.21", "publish": "4.21", "inputs": "",
	},
}

// TestGuessesSaySo holds the text of each member to where its meaning is from:
// a guess says that it is one, and nothing else does.
func TestGuessesSaySo(t *testing.T) {
	t.Parallel()
	text, err := schemas.Files.ReadFile("definitions.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := jsontree.Parse(text, jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for definition, want := range evidence {
		found := map[string]string{}
		propertiesOf(tree.Get("$defs").Get(definition), found)
		if got, named := slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(want)); !slices.Equal(got, named) {
			t.Errorf("%s has the members %q, and the table of evidence %q", definition, got, named)
		}
		for name, text := range found {
			says := strings.Contains(text, "guess") || strings.Contains(text, "not documented")
			if guessed := want[name] == guess; guessed != says {
				t.Errorf("%s.%s is a guess: %t; its text says so: %t: %q", definition, name, guessed, says, text)
			}
		}
	}
	events := tree.Get("$defs").Get("events").Get("items").Str("description")
	if !strings.Contains(events, "guess") {
		t.Errorf("what an event means is a guess, and the text does not say so: %q", events)
	}
}

// propertiesOf collects the texts of a mapping's members, those of its forms
// included.
func propertiesOf(schema *jsontree.Value, found map[string]string) {
	for _, m := range schema.Get("properties").Members() {
		found[m.Key] = m.Value.Str("description")
	}
	for _, form := range []string{"then", "else"} {
		if inner := schema.Get(form); inner != nil {
			propertiesOf(inner, found)
		}
	}
}
