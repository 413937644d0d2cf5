package compile_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// loadWhole loads and compiles a tree at once, as Load does file by file.
func loadWhole(tree spec.Tree, opts compile.Options) (*compile.Result, spec.Diagnostics) {
	set, found := spec.Load(tree, spec.Options{})
	if set == nil {
		return nil, found
	}
	catalogue, more := catalog.ForWorkspace(set)
	found = append(found, more...)
	opts.Catalogue = catalogue
	result, more := compile.Compile(set, opts)
	found = append(found, more.Besides(found)...)
	found.Sort()
	return result, found
}

// resultOf returns the result of loading file by file, nil if there is none.
func resultOf(l *compile.Loaded) *compile.Result {
	if l == nil {
		return nil
	}
	return l.Result
}

// text shows a whole result: its content and its places.
func text(r *compile.Result) string {
	if r == nil {
		return "none"
	}
	var out strings.Builder
	out.Write(dump(r).Indented())
	fmt.Fprintln(&out, r.Environment, r.Secrets)
	for _, j := range r.Jobs {
		fmt.Fprintln(&out, j.Address, j.Project, j.ProjectID, j.Pos)
		for _, n := range j.Notices {
			fmt.Fprintln(&out, n.Type, n.Pos)
		}
		for _, s := range j.Secrets {
			fmt.Fprintln(&out, s.Parameter, s.Pos)
		}
	}
	for _, t := range r.Templates {
		fmt.Fprintln(&out, t.Address, t.Pos, len(t.Provenance))
	}
	for _, m := range r.Removals {
		fmt.Fprintln(&out, m)
	}
	return out.String()
}

// samePlaces checks that packed jobs have the same bodies as others, and know the places of their
// provenance.
func samePlaces(t interface{ Errorf(string, ...any) }, want, have *compile.Result) {
	for i, job := range want.Jobs {
		for path, from := range job.Provenance {
			if at, ok := have.Jobs[i].PlaceOf(path); !ok || at != from.Pos {
				t.Errorf("%s: %s stands at %v (%v), not %v", job.Address, path, at, ok, from.Pos)
			}
		}
		if _, ok := have.Jobs[i].PlaceOf("nowhere"); ok || !jsontree.Equal(job.Body(), have.Jobs[i].Body()) {
			t.Errorf("%s: there is a place for nothing, or another body", job.Address)
		}
	}
}

// TestLoadFixtures checks that loading file by file gives the same result as loading at once, with
// all errors and warnings.
func TestLoadFixtures(t *testing.T) {
	t.Parallel()
	eachFixture(t, func(t *testing.T, dir string, tree spec.Tree) {
		want, wantFound := loadWhole(tree, compile.Options{})
		for _, packed := range []bool{false, true} {
			loaded, found := compile.Load(tree, "", compile.Options{Pack: packed})
			if d := cmp.Diff(describe(wantFound), describe(found)); d != "" {
				t.Errorf("packed %v: diagnostics (-at once +file by file):\n%s", packed, d)
			}
			if d := cmp.Diff(text(want), text(resultOf(loaded))); d != "" {
				t.Errorf("packed %v: result (-at once +file by file):\n%s", packed, d)
			}
			if packed {
				samePlaces(t, want, loaded.Result)
			}
		}
	})
}

// TestLoadFindsTemplates checks that templates are found in any file and in any spelling of the
// key.
func TestLoadFindsTemplates(t *testing.T) {
	t.Parallel()
	body := "- name: tpl\n    steps: [{sh: {name: s, inputs: {command: ls}}}]\n"
	for name, key := range map[string]string{
		"plain": "templates:\n  " + body, "quoted": "\"templates\":\n  " + body, "escaped": "\"templ\\x61tes\":\n  " + body,
		"in a flow": "removed: []\n? templates\n:\n  " + body,
	} {
		tree := spec.MapTree{
			"buildsync.yaml": workspace, "definitions/a.yaml": "version: 1\njobs: [{name: j, template: {name: tpl}}]\n",
			"definitions/b.yaml": "version: 1\n" + key,
		}
		want, wantFound := loadWhole(tree, compile.Options{})
		loaded, found := compile.Load(tree, "", compile.Options{})
		if d := cmp.Diff(describe(wantFound)+text(want), describe(found)+text(resultOf(loaded))); d != "" || len(want.Jobs) != 1 {
			t.Errorf("%s (-at once +file by file):\n%s", name, d)
		}
	}
}

// revised draws another version of a workspace: files edited, added and removed.
func revised(t *rapid.T, tree spec.MapTree) spec.MapTree {
	out := maps.Clone(tree)
	names := slices.Sorted(maps.Keys(tree))
	edit := func(name, from, to string) {
		out[name] = strings.Replace(out[name], from, to, 1)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "edits") {
		name := rapid.SampledFrom(names).Draw(t, "file")
		switch rapid.SampledFrom([]string{"remove", "add", "rename", "body", "template", "fragment", "variable", "default", "script", "twin", "break", "use"}).Draw(t, "edit") {
		case "remove":
			if name != "buildsync.yaml" {
				delete(out, name)
			}
		case "add":
			out[fmt.Sprintf("definitions/new%d.yaml", i)] = definition(t, 90+i)
		case "rename":
			edit(name, "name: job-", "name: other-")
		case "body":
			edit(name, "flavor: ${{ vars.flavor }}", "flavor: 8u16g")
		case "template":
			edit("definitions/templates.yaml", "from the template", "edited")
		case "fragment":
			edit("definitions/fragments.yaml", "from the fragment", "edited")
		case "variable":
			edit("buildsync.yaml", "flavor: 2u8g", "flavor: 4u8g")
		case "default":
			edit("buildsync.yaml", "arch: arm", "arch: x86-64")
		case "script":
			out["run.sh"] = "false\n"
		case "twin":
			out[fmt.Sprintf("definitions/twin%d.yaml", i)] = "version: 1\njobs: [{name: job-0-0, steps: []}]\n"
		case "break":
			edit(name, "timeout: null", "timeout: soon")
		case "use":
			out[fmt.Sprintf("definitions/use%d.yaml", i)] = "version: 1\njobs: [{name: user, template: {name: tpl, inputs: {dir: x}}}]\n"
		}
	}
	return out
}

// TestEarlier checks that an earlier state is the same whether all of it is compiled or only what
// may have changed.
func TestEarlier(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := drawTree(t)
		now["run.sh"] = "true\n"
		now["definitions/script.yaml"] = "version: 1\njobs:\n  - name: scripted\n    steps: [{sh: {name: s, inputs: {command: {$file: ./run.sh}}}}]\n"
		opts := compile.Options{Pack: true}
		if rapid.Bool().Draw(t, "keep the files") {
			opts = compile.Options{Keep: true}
		}
		head, found := compile.Load(now, "", opts)
		if found.HasErrors() {
			return // there is no head to start from
		}
		then := revised(t, now)
		same := func(name string) bool {
			before, was := then[name]
			return was && before == now[name]
		}
		earlier, narrowFound := head.Earlier(then, same)
		whole, wholeFound := compile.Load(then, "", opts)
		if narrowFound.HasErrors() != wholeFound.HasErrors() {
			t.Fatalf("errors whole:\n%s\nnarrow:\n%s", describe(wholeFound), describe(narrowFound))
		}
		if wholeFound.HasErrors() {
			if d := cmp.Diff(describe(wholeFound), describe(narrowFound)); d != "" {
				t.Fatalf("errors (-whole +narrow):\n%s", d)
			}
			return
		}
		if d := cmp.Diff(text(whole.Result), text(earlier.Result)); d != "" {
			t.Fatalf("result (-whole +narrow):\n%s", d)
		}
		for i, job := range whole.Result.Jobs {
			if !compile.SameBody(job, earlier.Result.Jobs[i]) {
				t.Fatalf("%s has another body", job.Address)
			}
			for _, path := range []string{"arch", "steps", "job_name"} {
				at, ok := job.PlaceOf(path)
				if have, found := earlier.Result.Jobs[i].PlaceOf(path); have != at || found != ok {
					t.Fatalf("%s: %s stands at %v, not %v", job.Address, path, have, at)
				}
			}
		}
	})
}

// TestWithAndUnder checks that a workspace with replaced files, or for another environment, equals
// a newly loaded one, also several times in a row.
func TestWithAndUnder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := drawTree(t)
		now["buildsync.yaml"] += "environments: {prod: {vars: {flavor: 8u16g}}}\n"
		loaded, found := compile.Load(now, "", compile.Options{Keep: true})
		environment := ""
		for range 3 {
			if loaded == nil || found.HasErrors() {
				return
			}
			if rapid.Bool().Draw(t, "environment") {
				environment = rapid.SampledFrom([]string{"", "prod"}).Draw(t, "of")
				loaded, found = loaded.Under(environment)
			} else {
				then, edits := revised(t, now), map[string][]byte{}
				for name, text := range then {
					if now[name] != text && now[name] != "" {
						now[name], edits[name] = text, []byte(text)
					}
				}
				loaded, found = loaded.With(edits)
			}
			fresh, freshFound := compile.Load(now, environment, compile.Options{})
			if d := cmp.Diff(text(resultOf(fresh)), text(resultOf(loaded))); d != "" || found.HasErrors() != freshFound.HasErrors() {
				t.Fatalf("errors %v and %v, result (-fresh +again):\n%s", freshFound.HasErrors(), found.HasErrors(), d)
			}
		}
	})
}

// TestEarlierCompilesLittle checks that only what an edit can have changed is compiled again.
func TestEarlierCompilesLittle(t *testing.T) {
	t.Parallel()
	now := spec.MapTree{
		"buildsync.yaml": workspace + "vars: {text: {$file: shared.txt}}\n", "shared.txt": "x", "run.sh": "true\n",
		"definitions/templates.yaml": "version: 1\ntemplates: [{name: tpl, steps: [{sh: {name: s, inputs: {command: ls}}}]}]\n",
		"definitions/plain.yaml":     "version: 1\njobs: [{name: plain, steps: []}]\n",
		"definitions/user.yaml":      "version: 1\njobs: [{name: user, template: {name: tpl}}]\n",
		"definitions/script.yaml":    "version: 1\njobs: [{name: script, steps: [{sh: {name: s, inputs: {command: {$file: run.sh}}}}]}]\n",
	}
	for name, tc := range map[string]struct {
		edits map[string]string
		anew  string // jobs
	}{
		"nothing":              {nil, ""},
		"one job":              {map[string]string{"definitions/plain.yaml": "version: 1\njobs: [{name: plain, arch: arm, steps: []}]\n"}, "plain"},
		"a script":             {map[string]string{"run.sh": "false\n"}, "script"},
		"a template":           {map[string]string{"definitions/templates.yaml": now["definitions/templates.yaml"] + "# edited\n"}, "user"},
		"a new template":       {map[string]string{"definitions/more.yaml": "version: 1\ntemplates: [{name: other, steps: []}]\n"}, "user"},
		"the workspace":        {map[string]string{"buildsync.yaml": now["buildsync.yaml"] + "# edited\n"}, "plain script user"},
		"a text of a variable": {map[string]string{"shared.txt": "y"}, "plain script user"},
	} {
		opts := compile.Options{Pack: true}
		head, found := compile.Load(now, "", opts)
		if found.HasErrors() {
			t.Fatal(describe(found))
		}
		then := maps.Clone(now)
		maps.Copy(then, tc.edits)
		earlier, found := head.Earlier(then, func(name string) bool { return then[name] == now[name] })
		if found.HasErrors() {
			t.Fatal(describe(found))
		}
		var anew []string
		for _, job := range earlier.Result.Jobs {
			if !slices.Contains(head.Result.Jobs, job) {
				anew = append(anew, job.Name)
			}
		}
		if got := strings.Join(anew, " "); got != tc.anew {
			t.Errorf("%s: compiled again: %q, want %q", name, got, tc.anew)
		}
	}
}
