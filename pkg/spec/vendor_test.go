package spec_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

func TestGitAddresses(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://git.example.com/platform/std.git": true, "ssh://git@git.example.com:2222/std.git": true, "git@git.example.com:platform/std.git": true, "file:///srv/std.git": true,
		"https://user:hunter2hunter2@git.example.com/std.git": false, "https://tok3ntok3n@git.example.com/std.git": false, "ssh://git:hunter2hunter2@git.example.com/std.git": false,
		"http://git.example.com/std.git": false, "git://git.example.com/std.git": false, "ext::sh -c touch% /tmp/x": false, "ext::sh": false, "--upload-pack=touch /tmp/x": false, "-oProxyCommand=x@h:p": false,
		"ssh://-oProxyCommand=touch/x": false, "file://host/std.git": false, "../std": false, "/srv/std": false, "https://git.example.com/std.git?token=x": false, "https:///std": false, "": false, "fd::17": false,
		"https://git.example.com/a b": false, "git@-oProxyCommand=x:p": false,
	} {
		_, err := spec.CheckGitAddress(address)
		if (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "tok3n")) {
			t.Errorf("%q: the error holds the secret: %v", address, err)
		}
	}
}

func TestNamesOfASource(t *testing.T) {
	t.Parallel()
	text := `version: 1
templates:
  - name: java
    publish: true
    steps:
      - use: scan
      - use: golden/scan
      - use: "${{ inputs.which }}"
      - sh: {name: A, inputs: {command: {$file: templates/a.sh}, use: scan, template: x}}
fragments:
  - {name: scan, steps: [{sh: {name: Scan, inputs: {command: scan}}}]}
families:
  - name: service
    jobs:
      - {name: a, arch: arm, template: {name: java}}
      - {name: b, arch: arm, steps: [{use: scan}]}
      - family: {name: other}
  - {name: other, jobs: [{name: c, arch: arm}]}
jobs:
  - {name: sample, arch: arm, template: {name: java}}
`
	lock := &spec.Lock{Sources: map[string]spec.Locked{"golden": {Git: "https://h/x.git", Ref: "v1", Path: "templates", Commit: strings.Repeat("c", 40), Files: map[string]string{"a.yaml": spec.Sum([]byte(text)), "other.yaml": spec.Sum([]byte("a: 1\n"))}}}}
	tree := spec.MapTree{
		"buildsync.yaml":           "version: 1\ndefinitions: [\"**/*.yaml\"]\nprojects: {shop: 0123456789abcdef0123456789abcdef}\ndefault_project: shop\nsources: {golden: {git: \"https://h/x.git\", ref: v1, path: templates}}\n",
		"vendor/golden/a.yaml":     text,
		"vendor/golden/other.yaml": "a: 1\n",
		"vendor/buildsync.lock":    string(lock.Encode()),
		"jobs.yaml":                "version: 1\njobs: [{name: order, arch: arm}]\n",
	}
	set, found := spec.Load(tree, spec.Options{})
	if len(found) > 0 {
		t.Fatal(found)
	}
	var file *spec.File
	for _, f := range set.Files {
		if f.Name == "vendor/golden/a.yaml" {
			file = f
		}
	}
	if len(file.Jobs) > 0 || file.Templates[0].Str("name") != "golden/java" || file.Templates[0].Get("publish") != nil || file.Fragments[0].Str("name") != "golden/scan" {
		t.Errorf("%d jobs, %q, %q", len(file.Jobs), file.Templates[0].Str("name"), file.Fragments[0].Str("name"))
	}
	steps := file.Templates[0].Get("steps").Items
	for i, want := range []string{"golden/scan", "golden/scan", "${{ inputs.which }}"} {
		if have := steps[i].Str("use"); have != want {
			t.Errorf("step %d uses %q, want %q", i, have, want)
		}
	}
	jobs := file.Families[0].Get("jobs").Items
	if have := []string{file.Families[0].Str("name"), jobs[0].Get("template").Str("name"), jobs[1].Get("steps").Items[0].Str("use"), jobs[2].Get("family").Str("name")}; !slices.Equal(have, []string{"golden/service", "golden/java", "golden/scan", "golden/other"}) {
		t.Errorf("the family: %q", have)
	}
	inputs := steps[3].Get("sh").Get("inputs")
	if have := inputs.Get("command").Str("$file"); have != "vendor/golden/a.sh" {
		t.Errorf("the script is %q", have)
	}
	if inputs.Str("use") != "scan" || inputs.Str("template") != "x" {
		t.Errorf("an input that is called like a key: %q, %q", inputs.Str("use"), inputs.Str("template"))
	}
}
