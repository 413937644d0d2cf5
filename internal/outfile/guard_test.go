package outfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/internal/outfile"
)

// TestCheckUnread tries every way in which a result could replace a file that a workspace reads.
func TestCheckUnread(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{
		"buildsync.yaml": "version: 1\ndefinitions: [\"./jobs/**/*.{yaml,YAML}\"]\nmodules: ./mods.json\nprojects: {p: 6ecbc5bac7c8442fb3d2563d53c13582}\n" +
			"environments: {prod: {definitions: [\"prod/*.def\"]}}\n",
		"jobs/a.yaml":      "version: 1\njobs: [{name: a, steps: [{sh: {inputs: {command: {$file: scripts/build.sh}}}}]}]\n",
		"mods.json":        "{}",
		"scripts/build.sh": "make\n",
		"scripts/other.sh": "make\n",
		"jobs/b.yaml": "version: 1\ntemplates: [{name: t, inputs: {f: {}}, steps: [{sh: {inputs: {command: {$file: '${{ inputs.f }}'}}}}]}]\n" +
			"jobs:\n  - {name: b, template: {name: t, inputs: {f: ./scripts/given.sh}}}\n  - {name: 'c-${{ matrix.os }}', matrix: {os: [linux]}, steps: [{sh: {inputs: {command: {$file: 'scripts/on-${{ matrix.os }}.sh'}}}}]}\n",
		"jobs/d.yaml":          "version: 1\njobs: [{name: d, steps: [{sh: {inputs: {command: {$file: .//scripts/../scripts/spelled.sh}}}}, {sh: {inputs: {command: {\"\\u0024file\": \"scripts/esc\\x61ped.sh\"}}}}]}]\n",
		"scripts/given.sh":     "make\n",
		"scripts/on-linux.sh":  "make\n",
		"scripts/spelled.sh":   "make\n",
		"scripts/escaped.sh":   "make\n",
		"inner/buildsync.yaml": "version: 1\ndefinitions: [\"x/*.yaml\"]\n",
	} {
		full := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("jobs", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(root, "mods.json"), filepath.Join(root, "twin.json")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"twin.json":              "another name of a file that the workspace reads",
		"jobs/a.yaml":            "definitions file",
		"jobs/deep/B.YAML":       "definitions file",
		"jobs/../jobs/new.yaml":  "definitions file",
		"link/a.yaml":            "definitions file",
		"prod/x.def":             "definitions file",
		"mods.json":              "modules file",
		"buildsync.yaml":         "the workspace's own file",
		"inner/buildsync.yaml":   "the workspace's own file",
		"inner/x/a.yaml":         "definitions file",
		"scripts/build.sh":       "jobs/a.yaml includes",
		"scripts/given.sh":       "jobs/b.yaml includes",
		"scripts/on-linux.sh":    "jobs/b.yaml includes",
		"scripts/spelled.sh":     "jobs/d.yaml includes",
		"scripts/escaped.sh":     "jobs/d.yaml includes",
		"scripts/other.sh":       "",
		"report.json":            "",
		"jobs/report.json":       "",
		"inner/jobs/report.yaml": "",
	} {
		err := outfile.CheckUnread(filepath.Join(root, filepath.FromSlash(name)))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s is refused: %v", name, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v; want %q", name, err, want)
		}
	}
}
