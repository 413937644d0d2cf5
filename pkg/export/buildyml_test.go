package export_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/export"
)

// TestImportOfWrongKinds checks that each value of the wrong kind is listed as not carried over.
func TestImportOfWrongKinds(t *testing.T) {
	const steps = "steps: {BUILD: [{sh: {inputs: {command: ls}}}]}\n"
	for text, path := range map[string]string{
		steps + "env: docker\n":                                                     "env",
		steps + "env: {resource: docker}\n":                                         "env.resource",
		steps + "env: {resource: [docker]}\n":                                       "env.resource",
		steps + "params: {p: v}\n":                                                  "params",
		"steps: {BUILD: {sh: {inputs: {command: ls}}}}\n":                           "steps.BUILD",
		"steps: {BUILD: [{sh: ls}]}\n":                                              "steps.BUILD[0].sh",
		"steps: {BUILD: [{sh: {inputs: ls}}]}\n":                                    "steps.BUILD[0].sh.inputs",
		"steps: {BUILD: [{sh: {inputs: [ls]}}]}\n":                                  "steps.BUILD[0].sh.inputs",
		"steps: {PRE_BUILD: [{checkout: main}], BUILD: [{sh: {name: s}}]}\n":        "steps.PRE_BUILD[0].checkout",
		"steps: {PRE_BUILD: [{checkout: {inputs: x}}], BUILD: [{sh: {name: s}}]}\n": "steps.PRE_BUILD[0].checkout.inputs",
	} {
		got, err := export.New(export.Options{}).Import("build.yml", []byte("version: 2.0\n"+text), export.ImportOptions{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var lost []string
		for _, l := range got.Lost {
			lost = append(lost, l.Path+": "+l.Reason)
		}
		if all := strings.Join(lost, "\n") + "\n"; !strings.Contains(all, path+": it must be a ") {
			t.Errorf("%s: %s is not named in:\n%s", text, path, all)
		}
	}
}

// TestImportKeepsSecretNames checks that a body that compile printed keeps the names of its secrets.
func TestImportKeepsSecretNames(t *testing.T) {
	t.Parallel()
	const body = `{"job_name": "one", "arch": "arm", "steps": [], "parameters": [{"name": "hudson.model.StringParameterDefinition", "params": [
		{"name": "name", "value": "P"}, {"name": "type", "value": "normalparam"}, {"name": "defaultValue", "value": "%s"}, {"name": "sensitiveVar", "value": "true"}]}]}`
	for value, want := range map[string]string{"<secret NEXUS>": "secret: NEXUS", "<secret >": "secret: ONE_P", "<secret 1>": "secret: ONE_P", "<secret a b>": "secret: ONE_P", "******": "secret: ONE_P"} {
		got, err := export.New(export.Options{}).Import("a.json", []byte(strings.Replace(body, "%s", value, 1)), export.ImportOptions{})
		if err != nil || !strings.Contains(string(got.Text), want) {
			t.Errorf("%s: %v, want %s", value, err, want)
		}
	}
}
