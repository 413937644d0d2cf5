package compile_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// eachFixture calls test with each folder of testdata that is a workspace.
func eachFixture(t *testing.T, test func(t *testing.T, dir string, tree spec.Tree)) {
	t.Helper()
	folders, err := filepath.Glob("testdata/*/buildsync.yaml")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, workspace := range folders {
		dir := filepath.Dir(workspace)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			tree, err := spec.OpenDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tree.Close() }()
			test(t, dir, tree)
		})
	}
}

// TestGolden compiles each folder of testdata and compares the result.
func TestGolden(t *testing.T) {
	t.Parallel()
	eachFixture(t, func(t *testing.T, dir string, tree spec.Tree) {
		set, front := spec.Load(tree, spec.Options{})
		if wantErrors := filepath.Base(dir) == "errors"; front.HasErrors() && !wantErrors {
			t.Fatalf("the fixture does not load:\n%s", describe(front))
		}
		result, diags := compile.Compile(set, compile.Options{})
		golden(t, filepath.Join(dir, "want.json"), dump(result).Indented())
		golden(t, filepath.Join(dir, "want.txt"), []byte(describe(diags)))

		bare, same := compile.Compile(set, compile.Options{NoPlaces: true, NoBodies: true})
		if diff := cmp.Diff(describe(diags), describe(same)); diff != "" || bare.Values != result.Values {
			t.Errorf("without bodies and places: %d values, want %d; findings:\n%s", bare.Values, result.Values, diff)
		}
	})
}

func golden(t *testing.T, name string, have []byte) {
	t.Helper()
	want, err := os.ReadFile(name)
	if os.IsNotExist(err) && len(have) == 0 {
		return
	}
	if *update {
		if len(have) == 0 {
			_ = os.Remove(name)
		} else if err := os.WriteFile(name, have, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	if diff := cmp.Diff(string(want), string(have)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// describe writes diagnostics as lines of place, rule, message, hint.
func describe(diags spec.Diagnostics) string {
	var out strings.Builder
	for _, d := range diags {
		fmt.Fprintf(&out, "%s-%d:%d %s [%s] %s\n", d.Range.Start, d.Range.End.Line, d.Range.End.Column, d.Severity, d.Rule, d.Message)
		if d.Hint != "" {
			fmt.Fprintf(&out, "    hint: %s\n", d.Hint)
		}
		for _, r := range d.Related {
			fmt.Fprintf(&out, "    %s: %s\n", r.Range.Start, r.Message)
		}
		if d.Pointer != "" {
			fmt.Fprintf(&out, "    at %s\n", d.Pointer)
		}
	}
	return out.String()
}

// dump shows a result as JSON.
func dump(r *compile.Result) *jsontree.Value {
	out := jsontree.Object()
	set := func(o *jsontree.Value, key string, v *jsontree.Value) { o.Set(key, v) }
	jobs := jsontree.Array()
	for _, j := range r.Jobs {
		o := jsontree.Object()
		set(o, "address", jsontree.String(j.Address))
		set(o, "body", j.Body())
		settings := jsontree.Object()
		if j.Enabled != nil {
			settings.Set("enabled", jsontree.Bool(*j.Enabled))
		}
		if j.ID != "" {
			settings.Set("id", jsontree.String(j.ID))
		}
		if j.Adopt {
			settings.Set("adopt", jsontree.Bool(true))
		}
		if j.Protect {
			settings.Set("protect", jsontree.Bool(true))
		}
		if len(j.RenamedFrom) > 0 {
			settings.Set("renamed_from", texts(j.RenamedFrom))
		}
		if settings.Len() > 0 {
			o.Set("settings", settings)
		}
		if len(j.Notices) > 0 {
			notices := jsontree.Object()
			for _, n := range j.Notices {
				notice := jsontree.Object(jsontree.Member{Key: "events", Value: texts(n.Events)})
				if n.ParamConfig != nil {
					notice.Set("param_config", jsontree.String(*n.ParamConfig))
				}
				notices.Set(n.Type, notice)
			}
			o.Set("notices", notices)
		}
		for _, s := range j.Secrets {
			o.Set("secret "+s.Parameter, jsontree.String(s.Secret))
		}
		if missing := j.MissingForCreate(); len(missing) > 0 {
			o.Set("missing_for_create", texts(missing))
		}
		jobs.Append(o)
	}
	out.Set("jobs", jobs)
	for _, tpl := range r.Templates {
		out.Set(tpl.Address, tpl.Body)
	}
	for _, rem := range r.Removals {
		out.Set("removed "+rem.Address, jsontree.String(strings.TrimSpace(rem.Action+" "+rem.Reason)))
	}
	return out
}

func texts(list []string) *jsontree.Value {
	v := jsontree.Array()
	for _, s := range list {
		v.Append(jsontree.String(s))
	}
	return v
}

// TestReference compiles the job that API reference 4.26 shows, written in the
// friendly form, and compares it with the reference's answer, in which the
// definition's name is in capitals.
func TestReference(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("testdata/reference-4.26/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	source = bytes.ReplaceAll(source, []byte("HUDSON.MODEL.STRINGPARAMETERDEFINITION"), []byte("hudson.model.StringParameterDefinition"))
	want, err := jsontree.Parse(source, jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := spec.OpenDir("testdata/reference-4.26")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tree.Close() }()
	set, _ := spec.Load(tree, spec.Options{})
	result, diags := compile.Compile(set, compile.Options{})
	if len(diags) > 0 || len(result.Jobs) != 1 {
		t.Fatalf("%d jobs, diagnostics:\n%s", len(result.Jobs), describe(diags))
	}
	have := result.Jobs[0].Body()
	if !jsontree.Equal(want, have) {
		want.SortKeys()
		have.SortKeys()
		t.Errorf("(-want +got):\n%s", cmp.Diff(string(want.Indented()), string(have.Indented())))
	}
}
