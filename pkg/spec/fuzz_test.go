package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func addSeeds(f *testing.F) {
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for _, text := range []string{everything, wholeWorkspace, shop, definition("a"), laughs(3, 3), "a: &x\n  <<: *x\n", "\ufeffa: b\r\n", "a: >+\n  \n   b\n\n"} {
		f.Add(text)
	}
}

// FuzzParseFile checks that any bytes give a node or an error, and that a node's position is right.
func FuzzParseFile(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		root, found := ParseFile("a.yaml", []byte(text))
		if root == nil && !found.HasErrors() {
			t.Fatal("neither a node nor an error")
		}
		lines := strings.Split(text, "\n")
		for _, d := range found {
			checkRange(t, d.Range, lines)
			if d.Message == "" || d.Rule == "" || strings.Contains(d.Message, "\n") {
				t.Fatalf("%+v", d)
			}
		}
		seen := map[*Node]bool{}
		var walk func(n *Node, depth int)
		walk = func(n *Node, depth int) {
			if depth > maxDepth {
				t.Fatal("deeper than the limit")
			}
			if seen[n] {
				return
			}
			seen[n] = true
			checkRange(t, n.Range, lines)
			for i := range n.Text {
				if i > 100 {
					break
				}
				checkRange(t, Range{n.Range.Start, n.TextPos([]byte(text), i)}, lines)
			}
			keys := map[string]bool{}
			for _, field := range n.Fields {
				if keys[field.Key.Text] {
					t.Fatalf("key %q twice", field.Key.Text)
				}
				keys[field.Key.Text] = true
				walk(field.Key, depth+1)
				walk(field.Value, depth+1)
			}
			for _, item := range n.Items {
				walk(item, depth+1)
			}
		}
		if root != nil {
			walk(root, 1)
		}
	})
}

func checkRange(t *testing.T, r Range, lines []string) {
	t.Helper()
	for _, p := range []Pos{r.Start, r.End} {
		if p.Line == 0 {
			continue
		}
		if p.Line > len(lines) || p.Column < 1 || p.Column > utf8.RuneCountInString(lines[p.Line-1])+1 {
			t.Fatalf("%s is not a place of the file", p)
		}
	}
	if r.End.Line > 0 && r.End.Compare(r.Start) < 0 {
		t.Fatalf("the range ends before it starts: %s, %s", r.Start, r.End)
	}
}

// FuzzLoad checks that any two files load or are refused with a message, and that our check of them
// agrees with the library's.
func FuzzLoad(f *testing.F) {
	f.Add(wholeWorkspace, everything, "prod")
	f.Add(shop, definition("a"), "")
	f.Add("version: 1\n", "version: 1\njobs: [{nme: x}]\n", "")
	f.Fuzz(func(t *testing.T, workspace, definitions, environment string) {
		tree := MapTree{WorkspaceFile: workspace, "definitions/a.yaml": definitions, "jobs/a.yaml": definitions, "scripts/a.sh": definitions}
		set, found := Load(tree, Options{Environment: environment})
		if set == nil {
			if !found.HasErrors() {
				t.Fatal("no set and no error")
			}
			return
		}
		for _, file := range set.Files {
			own := language().root(definitionsSchema).valid(file.Root)
			if library := compiled[0]().Validate(instance(file.Root)) == nil; own != library {
				t.Fatalf("own check says %v, the library %v", own, library)
			}
		}
		ReadInclude(tree, "jobs/a.yaml", environment)
	})
}

// FuzzMayDeclareShared checks that no file declares or uses a shared definition without a sign of
// it in its text.
func FuzzMayDeclareShared(f *testing.F) {
	addSeeds(f)
	for _, key := range []string{`"\x74emplates"`, `"f\u0072agments"`, "? \"fam\\\n   ilies\"\n", "? |-\n  templates\n", "a: 'b\\'\ntemplates"} {
		f.Add("version: 1\n" + key + ":\n  - name: a\n")
		f.Add("version: 1\njobs:\n  - name: a\\\n    template: {name: b}\n    steps:\n      - name: c\\\n        use: d\n")
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, _ := ParseDefinitions("a.yaml", []byte(text))
		if file == nil {
			return
		}
		if file.Shares() && !MayDeclareShared([]byte(text)) {
			t.Fatalf("it shares something:\n%s", text)
		}
		for _, job := range file.Jobs {
			uses := job.Get("template") != nil || job.Get("family") != nil
			if steps := job.Get("steps"); steps != nil {
				for _, step := range steps.Items {
					uses = uses || step.Get("use") != nil
				}
			}
			if uses && !MayUseShared([]byte(text)) {
				t.Fatalf("a job uses something:\n%s", text)
			}
		}
	})
}
