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

// TestDeleteOfInheritedValues checks that --override deletes an inherited value in the chosen job
// alone, where a job can drop it.
func TestDeleteOfInheritedValues(t *testing.T) {
	t.Parallel()
	files := spec.MapTree{
		"buildsync.yaml": "version: 1\ndefinitions: [\"*.yaml\"]\nprojects: {p: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: p\n" +
			"defaults: {job: {flavor: 2u8g, labels: {team: x, other: y}, notifications: {MAIL: [buildJobFail]}, parameters: [{name: P, default: v}], extra: {z: {y: 1}, \"a.b\": 1}}}\n",
		"jobs.yaml": "version: 1\njobs:\n  - {name: a, arch: arm, steps: []}\n  - {name: b, arch: arm, steps: []}\n  - {name: \"m-${{ matrix.k }}\", matrix: {k: [1, 2]}, arch: arm, steps: []}\n  - {name: w, without: [labels.other], arch: arm, steps: []}\n",
	}
	for _, test := range []struct{ job, path, want, problem string }{
		{"a", "labels.team", "without: [labels.team]}", ""},
		{"a", "labels[*]", "without: [labels.other, labels.team]}", ""},
		{"a", "flavor", "without: [flavor]}", ""},
		{"a", "notifications.MAIL", "without: [notifications.MAIL]}", ""},
		{"a", "parameters[P]", "without: ['parameters[\"P\"]']}", ""},
		{"a", "extra.z", "without: [extra.z]}", ""},
		{"a", `["a.b"]`, "without: ['extra[\"a.b\"]']}", ""},
		{"w", "labels.team", "without: [labels.other, labels.team]", ""},
		{"a", "extra.z.y", "", "a job cannot drop a part"},
		{"a", "parameters[P].defaultValue", "", "a job cannot drop a part"},
		{"m-1", "flavor", "", "also of p/job/m-2"},
	} {
		path, err := valuepath.Parse(test.path)
		if err != nil {
			t.Fatal(err)
		}
		request := bulk.Request{Path: path, Delete: true, Override: true, Selects: func(o *bulk.Object) bool { return o.Name == test.job }}
		result, err := bulk.Set(load(t, files), request)
		switch {
		case test.problem != "":
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("%s %s: %v", test.job, test.path, err)
			}
		case err != nil:
			t.Errorf("%s %s: %v", test.job, test.path, err)
		case !strings.Contains(string(result.Files["jobs.yaml"]), test.want):
			t.Errorf("%s %s: wrote\n%s", test.job, test.path, result.Files["jobs.yaml"])
		}
		request.Override = false
		if _, err := bulk.Set(load(t, files), request); err == nil {
			t.Errorf("%s %s: deleted without --override", test.job, test.path)
		}
	}
}
