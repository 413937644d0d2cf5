package export_test

import (
	"context"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestOnlyWhatDiffersIsEdited creates jobs on a service that adds values of its own, changes some in
// a console, and brings that into the definition. What the service added is not written, and
// references and redundant values whose meaning did not change stay as they are written.
func TestOnlyWhatDiffersIsEdited(t *testing.T) {
	t.Parallel()
	const (
		block = "    scms:\n      - scm_type: codehub\n        url: ${{ vars.git }}/audit.git\n        branch: ${{ vars.branch }}\n        build_type: branch\n"
		flow  = "    scms:\n      - {scm_type: codehub, url: \"${{ vars.git }}/audit.git\", branch: \"${{ vars.branch }}\", build_type: branch}\n"
		rest  = "    parameters:\n      - {name: P, options: [a, b], default: a}\n      - {name: Q, default: \"${{ vars.branch }}\", description: d}\n" +
			"    steps:\n      - maven:\n          name: Check\n          image: ${{ vars.image }}\n          inputs:\n            command: mvn -s ${{ vars.git }}\n            pomMode: \"no\"\n" +
			"      - sh: {name: Run, image: \"${{ vars.image }}\", inputs: {command: \"run ${{ vars.branch }}\"}}\n" +
			"      - upload_artifact:\n          name: Upload\n          inputs: {file: a.jar}\n"
	)
	tree := func(definition string) spec.MapTree {
		return spec.MapTree{
			"buildsync.yaml":     "version: 1\nprojects: {shop: " + emulator.DefaultProject + "}\ndefault_project: shop\nvars: {git: 'git@x.example:shop', branch: main, image: i}\n",
			"definitions/a.yaml": "version: 1\njobs:\n  - name: one\n    arch: arm\n" + definition,
		}
	}
	load := func(tree spec.MapTree) (*spec.Set, *compile.Job) {
		set, found := spec.Load(tree, spec.Options{})
		result, more := compile.Compile(set, compile.Options{})
		if found.HasErrors() || more.HasErrors() {
			t.Fatalf("%v %v\n%s", found, more, tree["definitions/a.yaml"])
		}
		return set, result.Jobs[0]
	}
	source := func(b *jsontree.Value) *jsontree.Value { return b.Get("scms").Items()[0] }
	step := func(b *jsontree.Value, i int) *jsontree.Value { return b.Get("steps").Items()[i] }
	text := jsontree.String
	api := connect(t, emulatortest.Start(t, emulator.Options{}))
	for what, scms := range map[string]string{"block": block, "flow": flow} {
		_, job := load(tree(scms + rest))
		body := job.BodyCopy()
		body.Set("project_id", text(emulator.DefaultProject))
		body.Set("job_name", text(what))
		id, err := api.CreateJob(context.Background(), body)
		if err != nil {
			t.Fatal(err)
		}
		created, err := api.QueryJob(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		if source(created).Str("repo_id") == "" || step(created, 0).Get("properties").Get("settingMode") == nil {
			t.Fatalf("the service added nothing:\n%s", created.Indented())
		}
		for _, c := range []struct {
			name    string
			change  func(b *jsontree.Value)
			changes []string // of the definition, old and new
		}{
			{"nothing", func(*jsontree.Value) {}, nil},
			{"the kind of the source and a command", func(b *jsontree.Value) {
				source(b).Set("build_type", text("tag"))
				step(b, 1).Get("properties").Set("command", text("go"))
			}, []string{"build_type: branch", "build_type: tag", `"run ${{ vars.branch }}"`, "go"}},
			{"the address and a name", func(b *jsontree.Value) {
				source(b).Set("url", text("git@x.example:shop/other.git"))
				source(b).Set("repo_name", text("other")) // as the service computes it
				step(b, 0).Set("name", text("Verify"))
			}, []string{"name: Check", "name: Verify", "}}/audit.git", "}}/other.git"}},
			{"a default and an image", func(b *jsontree.Value) {
				for _, field := range b.Get("parameters").Items()[1].Get("params").Items() {
					if field.Str("name") == "defaultValue" {
						field.Set("value", text("next"))
					}
				}
				step(b, 0).Get("properties").Set("image", text("j"))
			}, []string{`default: "${{ vars.branch }}"`, "default: next", "image: ${{ vars.image }}", "image: j"}},
			{"a value that the service had added", func(b *jsontree.Value) {
				step(b, 0).Get("properties").Set("ignoreTest", jsontree.Bool(true))
			}, []string{"            pomMode: \"no\"\n", "            pomMode: \"no\"\n            ignoreTest: true\n"}},
		} {
			live := &diff.LiveJob{ProjectID: emulator.DefaultProject, ID: id, Name: "one", Body: created.Clone()}
			c.change(live.Body)
			set, job := load(tree(scms + rest))
			files, _, err := export.New(export.Options{Workspace: set}).Update(set, job, live, compile.Options{})
			if err != nil {
				t.Fatalf("%s, %s: %v", what, c.name, err)
			}
			after := tree(scms + rest)
			want := strings.NewReplacer(c.changes...).Replace(after["definitions/a.yaml"])
			for _, f := range files {
				after[f.Name] = string(f.Text)
			}
			if have := after["definitions/a.yaml"]; have != want {
				t.Errorf("%s, %s: the definition is\n%s\nwant\n%s", what, c.name, have, want)
			}
			if _, now := load(after); len(export.New(export.Options{}).Differences(now, live)) > 0 {
				t.Errorf("%s, %s: the definition is not exact", what, c.name)
			}
		}
	}
}

// TestByHand checks what an export says of a difference that no edit can make: a job with a pinned
// id was renamed in the console.
func TestByHand(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("a", 32)
	set, result := workspaceOf(t, "version: 1\njobs:\n  - name: one\n    arch: arm\n    steps: []\n    id: "+id+"\n")
	live := liveJob(result.Jobs[0].BodyCopy())
	live.Name = "renamed"
	files, _, err := export.New(export.Options{}).Update(set, result.Jobs[0], live, compile.Options{})
	const want = "its definition at definitions/a.yaml:3 cannot be edited in place; edit it by hand: it differs in job_name (definitions/a.yaml:3)"
	if err == nil || err.Error() != want || len(files) > 0 {
		t.Errorf("%v, %d files; want %s", err, len(files), want)
	}
}
