package spec

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// details writes diagnostics with all that a user sees of them.
func details(ds Diagnostics) string {
	var out strings.Builder
	for _, d := range ds {
		end := fmt.Sprintf("%d:%d", d.Range.End.Line, d.Range.End.Column)
		fmt.Fprintf(&out, "%s-%s %s [%s] %s\n", d.Range.Start, end, d.Severity, d.Rule, d.Message)
		if d.Hint != "" {
			fmt.Fprintf(&out, "    hint: %s\n", d.Hint)
		}
		if d.Pointer != "" {
			fmt.Fprintf(&out, "    at: %s\n", d.Pointer)
		}
		for _, related := range d.Related {
			fmt.Fprintf(&out, "    %s %s\n", related.Range.Start, related.Message)
		}
	}
	return out.String()
}

// TestBadFiles checks the messages about files with mistakes of users. A file called workspace-… is
// used as buildsync.yaml.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yaml")
	must(t, err)
	if len(files) < 50 {
		t.Fatalf("only %d files", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			must(t, err)
			tree := MapTree{WorkspaceFile: "version: 1\n", "definitions/a.yaml": string(text)}
			if strings.HasPrefix(filepath.Base(file), "workspace-") {
				tree = MapTree{WorkspaceFile: string(text), "definitions/a.yaml": "version: 1\n"}
			}
			_, found := Load(tree, Options{})
			if !found.HasErrors() {
				t.Error("no error")
			}
			have := details(found)
			golden := strings.TrimSuffix(file, ".yaml") + ".out"
			if *update {
				must(t, os.WriteFile(golden, []byte(have), 0o644))
			}
			want, err := os.ReadFile(golden)
			must(t, err)
			if diff := cmp.Diff(string(want), have); diff != "" {
				t.Errorf("(-want +got), -update rewrites:\n%s", diff)
			}
		})
	}
}

const shop = `version: 1
definitions: ["jobs/**/*.yaml"]
projects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582, lab: 6ecbc5bac7c8442fb3d2563d53c13583}
default_project: shop
vars: {image: old, keep: 1.10}
defaults: {job: {arch: arm, notifications: {MAIL: [a], MESSAGE: [b]}}}
secrets: [TOKEN]
policy: {max_removals: 5, ignore: [{job: x}]}
modules: modules.yaml
environments:
  prod:
    projects: {shop: 8391ec48637849f384dd3db5c8d61aaa}
    vars: {image: new, more: yes}
    defaults: {job: {notifications: {MAIL: []}}}
    policy: {on_remove: delete, ignore: []}
  plain:
`

func TestEnvironmentOverrides(t *testing.T) {
	t.Parallel()
	set, found := Load(MapTree{WorkspaceFile: shop, "jobs/a.yaml": "version: 1\n"}, Options{Environment: "prod"})
	if len(found) > 0 {
		t.Fatal(details(found))
	}
	w := set.Workspace
	want := Policy{OnRemove: "delete", MaxRemovals: 5, MaxRemovalShare: 0.25, Drift: "revert"}
	if diff := cmp.Diff(want, w.Policy); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	if w.Environment != "prod" || w.Projects["shop"].ID != "8391ec48637849f384dd3db5c8d61aaa" || w.Projects["lab"].ID[31:] != "3" {
		t.Errorf("have %s and %v", w.Environment, w.Projects)
	}
	for name, origin := range map[string]bool{"image": true, "more": true, "keep": false} {
		v := w.Vars[name]
		if v == nil || (v.Origin != nil) != origin || origin && (v.Origin.Kind != FromEnvironment || v.Origin.Name != "prod" || v.Origin.Pos.Line != 13) {
			t.Errorf("%s: have %+v", name, v)
		}
	}
	if w.Vars["image"].Text != "new" || w.Vars["keep"].Text != "1.10" || w.Vars["more"].Text != "yes" {
		t.Errorf("have %v", w.Vars)
	}
	if have := render(w.JobDefaults); have != "{arch: arm, notifications: {MAIL: [], MESSAGE: [b]}}" {
		t.Errorf("defaults are merged deeply, lists replaced; have %s", have)
	}
	if have := render(w.Root.Get("vars")); have != "{image: old, keep: 1.10}" {
		t.Errorf("Root is the file as it stands; have %s", have)
	}
}

func TestWithoutEnvironment(t *testing.T) {
	t.Parallel()
	for _, environment := range []string{"", "plain"} {
		set, found := Load(MapTree{WorkspaceFile: shop, "jobs/a.yaml": "version: 1\n"}, Options{Environment: environment})
		if len(found) > 0 {
			t.Fatal(details(found))
		}
		w := set.Workspace
		if w.Policy.OnRemove != "keep" || len(w.Policy.Ignore) != 1 || w.Vars["image"].Text != "old" || w.Secrets[0].Text != "TOKEN" ||
			w.Modules.Text != "modules.yaml" || w.Projects["shop"].Pos.String() != "buildsync.yaml:3:18" {
			t.Errorf("%q: have %+v", environment, w)
		}
	}
}

func TestUnknownEnvironment(t *testing.T) {
	t.Parallel()
	set, found := Load(MapTree{WorkspaceFile: shop}, Options{Environment: "prdo"})
	if set != nil || details(found) != `buildsync.yaml:10:1-10:13 error [unknown-environment] environment "prdo" is not declared
    hint: did you mean "prod"?
    at: environments
` {
		t.Errorf("have\n%s", details(found))
	}
	_, found = Load(MapTree{WorkspaceFile: "version: 1\n"}, Options{Environment: "prod"})
	if !strings.Contains(details(found), "the workspace declares no environments") {
		t.Errorf("have\n%s", details(found))
	}
}

// TestAllErrorsOfAllFiles checks that one run reports everything, in order.
func TestAllErrorsOfAllFiles(t *testing.T) {
	t.Parallel()
	set, found := Load(MapTree{
		WorkspaceFile:          "version: 1\nregoin: x\n",
		"definitions/c.yaml":   "version: 1\njobs: [{name: ok}]\n",
		"definitions/b.yml":    "version: 1\njob: []\ntemplate: []\n",
		"definitions/a/x.yaml": "a: [\n",
		"definitions/note.txt": "not: [read\n",
	}, Options{})
	want := `buildsync.yaml:2:1 unknown-key
definitions/a/x.yaml:1:4 yaml-syntax
definitions/b.yml:2:1 unknown-key
definitions/b.yml:3:1 unknown-key
`
	var have strings.Builder
	for _, d := range found {
		fmt.Fprintf(&have, "%s %s\n", d.Range.Start, d.Rule)
	}
	if diff := cmp.Diff(want, have.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(set.Files) != 2 || set.Files[0].Name != "definitions/b.yml" || set.Files[1].Jobs[0].Str("name") != "ok" {
		t.Errorf("have %d files", len(set.Files))
	}
}

func TestWorkspaceThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		tree MapTree
		want string
	}{
		{"missing", MapTree{}, "there is no buildsync.yaml in memory"},
		{"empty", MapTree{WorkspaceFile: ""}, "the file is empty"},
		{"a list", MapTree{WorkspaceFile: "- a\n"}, "the file must be a mapping that starts with version: 1"},
		{"no YAML", MapTree{WorkspaceFile: "a: [\n"}, "yaml-syntax"},
		{"too large", MapTree{WorkspaceFile: strings.Repeat("#", MaxFileBytes+1)}, "file-limit"},
	} {
		if set, found := Load(test.tree, Options{}); set != nil || !strings.Contains(details(found), test.want) {
			t.Errorf("%s: have\n%s", test.name, details(found))
		}
	}
}

func TestDefinitionFiles(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, definitions, want string }{
		{"nothing matches", `["nothing/*.yaml"]`, `buildsync.yaml:2:14-2:32 warning [definitions] no file in memory matches "nothing/*.yaml"`},
		{"a pattern that leaves", `["../**"]`, `error [definitions] the pattern "../**" leaves the workspace`},
		{"a malformed pattern", `["jobs/["]`, `error [definitions] the pattern "jobs/[" is malformed`},
	} {
		tree := MapTree{WorkspaceFile: "version: 1\ndefinitions: " + test.definitions + "\n"}
		if _, found := Load(tree, Options{}); !strings.Contains(details(found), test.want) {
			t.Errorf("%s: have\n%s", test.name, details(found))
		}
	}
	for _, modules := range []string{"modules.yaml", "./modules.yaml", ".//modules.yaml"} {
		set, found := Load(MapTree{
			WorkspaceFile:  "version: 1\ndefinitions: ['**/*.yaml']\nmodules: " + modules + "\n",
			"modules.yaml": "[]\n", "jobs/a.yaml": "version: 1\n",
		}, Options{})
		if len(found) > 0 || len(set.Files) != 1 {
			t.Errorf("the workspace file and the modules %s are not definitions: %s", modules, details(found))
		}
	}
}

// manyFiles is a tree of equal files without the memory for them.
type manyFiles struct {
	MapTree
	count int
	text  string
}

func (m manyFiles) Glob([]string) ([]string, error) {
	names := make([]string, m.count)
	for i := range names {
		names[i] = fmt.Sprintf("jobs/%06d.yaml", i)
	}
	return names, nil
}

func (m manyFiles) ReadFile(name string, limit int64) ([]byte, error) {
	if name == WorkspaceFile {
		return m.MapTree.ReadFile(name, limit)
	}
	return []byte(m.text), nil
}

func TestTotalLimits(t *testing.T) {
	t.Parallel()
	workspace := MapTree{WorkspaceFile: "version: 1\n"}
	_, found := Load(manyFiles{workspace, maxFiles + 1, "version: 1\n"}, Options{})
	if !strings.Contains(details(found), "20001 files match; at most 20000 are read") {
		t.Errorf("have\n%s", details(found))
	}
	big := "\xff\xfe" + strings.Repeat("#", MaxFileBytes-2) // refused at once, and counted all the same
	_, found = Load(manyFiles{workspace, 40, big}, Options{})
	if last := found[len(found)-1]; len(found) != 33 || !strings.Contains(last.Message, "more than 32 MiB together") || last.Range.Start.File != "jobs/000032.yaml" {
		t.Errorf("have %d diagnostics\n%s", len(found), details(found))
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	keys := []string{"arch", "name", "flavor", "host_type", "build_config_type", "auto_update_sub_module", "scms", "steps", "id", "group_id"}
	for word, want := range map[string]string{
		"arhc": "arch", "Arch": "arch", "flavour": "flavor", "host-type": "host_type", "hosttype": "host_type", "nmae": "name",
		"step": "steps", "scm": "scms", "di": "id", "xyzzy": "", "": "", "autoUpdateSubModule": "auto_update_sub_module",
		strings.Repeat("a", 1000): "", "buildconfigtype": "build_config_type", "group": "group_id", "build": "build_config_type", "auto": "auto_update_sub_module", "hos": "",
	} {
		if have := Nearest(word, keys); have != want {
			t.Errorf("%q: have %q, want %q", word, have, want)
		}
	}
}

// TestFileNamesInDiagnostics checks that no file name can send control characters to a terminal.
func TestFileNamesInDiagnostics(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a\nb", "a\rb", "a\x1b[31m", "a\u202eb", "-rf", "::error::x", `a"b`, "a'b", "a b", "订单", "a\u2028b", "a\tb", "a\u009bb", "\xff"} {
		tree := MapTree{WorkspaceFile: "version: 1\n", "definitions/" + name + ".yaml": "x: 1\n"}
		_, found := Load(tree, Options{})
		text := details(found)
		if !found.HasErrors() || strings.ContainsAny(strings.ReplaceAll(text, "\n    ", ""), "\r\x1b\u202e\u2028\u009b\t") {
			t.Errorf("%q: %q", name, text)
		}
		if lines := strings.Count(found[0].Range.Start.String(), "\n"); lines > 0 {
			t.Errorf("%q: a place of several lines: %q", name, found[0].Range.Start)
		}
	}
}
