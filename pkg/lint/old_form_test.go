package lint_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// aged writes a definition file as earlier versions did.
func aged(t *testing.T, name, text string) string {
	t.Helper()
	_, root, found := spec.ParseWritten(name, []byte(text))
	if found.HasErrors() {
		t.Fatal(found)
	}
	var blocks []*spec.Written
	var walk func(w *spec.Written)
	walk = func(w *spec.Written) {
		if w.Style == spec.LiteralStyle && !w.Alias {
			blocks = append(blocks, w)
		}
		for _, item := range w.Items {
			walk(item)
		}
	}
	walk(root)
	for _, w := range slices.Backward(blocks) {
		end := strings.LastIndexByte(text[:w.End], '\n') // of the line that the block ends on
		if w.End == len(text) || text[w.End-1] != '\n' {
			end = w.End
		}
		header, _, _ := strings.Cut(text[w.Value:], "\n")
		text = text[:w.Value] + strings.ReplaceAll(yamltext.Compact(yamltext.Text(w.Text)), `\n`, "\\n\\\n                ") + strings.TrimLeft(header, "|+-0123456789") + text[end:]
	}
	text = regexp.MustCompile(`\bon_commit:`).ReplaceAllString(text, "build_if_code_updated:")
	text = regexp.MustCompile(`disable: true`).ReplaceAllString(text, `disable: "1"`)
	return text
}

// TestOldFormsOfTheExamples writes the examples as earlier versions did. The fixes bring them back:
// the same is sent, every comment is there, and nothing old is left.
func TestOldFormsOfTheExamples(t *testing.T) {
	t.Parallel()
	comment := regexp.MustCompile(`(?m)(^|\s)#.*$`)
	moved := 0
	for _, example := range []string{"kinds", "monorepo", "shop", "first-job"} {
		now, old := spec.MapTree{}, spec.MapTree{}
		files := os.DirFS("../../examples/" + example)
		err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(files, name)
			now[name], old[name] = string(text), string(text)
			if strings.HasSuffix(name, ".yaml") && !strings.HasPrefix(name, ".") {
				old[name] = aged(t, name, string(text))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		want := compiled(t, now)
		if have := compiled(t, old); have != want || want == "" {
			t.Fatalf("%s: the old forms send something else:\n%s", example, cmp.Diff(want, have))
		}
		for range 5 {
			found := lint.Check(old, "", lint.Options{})
			for name := range old {
				text, mended := lint.Fix(name, []byte(old[name]), ofRule(found, "old-form"), lint.SafeFixes)
				old[name] = string(text)
				moved += len(mended)
			}
		}
		if left := ofRule(lint.Check(old, "", lint.Options{}), "old-form"); len(left) > 0 {
			t.Errorf("%s: left: %v", example, left)
		}
		if have := compiled(t, old); have != want {
			t.Errorf("%s: after the fixes something else is sent:\n%s", example, cmp.Diff(want, have))
		}
		for name := range now {
			if diff := cmp.Diff(comment.FindAllString(now[name], -1), comment.FindAllString(old[name], -1)); diff != "" && strings.HasSuffix(name, ".yaml") {
				t.Errorf("%s: the comments of %s differ:\n%s", example, name, diff)
			}
		}
	}
	if moved < 10 {
		t.Errorf("only %d old forms were moved", moved)
	}
}

func ofRule(ds spec.Diagnostics, rule string) spec.Diagnostics {
	return slices.DeleteFunc(slices.Clone(ds), func(d spec.Diagnostic) bool { return d.Rule != rule })
}
