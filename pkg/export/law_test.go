package export_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestLawOverBodies checks the law for bodies that the service may never have accepted.
func TestLawOverBodies(t *testing.T) {
	t.Parallel()
	check(t, func(t *rapid.T) {
		d := emulatortest.Draw{T: t, Short: export.UnderRace}
		name := d.Name()
		live := &diff.LiveJob{ProjectID: projectID, ID: strings.Repeat("a", 32), Name: name, Body: d.Body(name)}
		live.Item.Disabled = d.Chance(30)
		for _, key := range []string{"steps", "scms", "parameters", "triggers", "arch", "flavor", "timeout", "auto_update_sub_module"} {
			if d.Chance(3) {
				live.Body.Set(key, d.Value(4))
			}
		}
		holds(t, []*diff.LiveJob{live})
	})
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

// holds exports live jobs, compiles all of them in one workspace, compares, and
// plans.
func holds(t failer, jobs []*diff.LiveJob) {
	t.Helper()
	planIsEmpty(t, exportedTree(t, jobs), jobs)
}

// exportedTree returns a workspace with live jobs, a file each.
func exportedTree(t failer, jobs []*diff.LiveJob) spec.MapTree {
	t.Helper()
	e := export.New(export.Options{})
	tree := spec.MapTree{}
	var secrets []string
	for i, live := range jobs {
		d, err := e.Job(shop, live)
		if err != nil {
			t.Fatalf("%s: %v\n%s", live.Name, err, live.Body.Indented())
		}
		file, scripts := d.Source("", fmt.Sprint(i))
		isCanonical(t, "a.yaml", file)
		tree[fmt.Sprintf("definitions/%d.yaml", i)] = string(file)
		for _, script := range scripts {
			tree[script.Name] = string(script.Text)
		}
		for _, secret := range d.Secrets {
			secrets = append(secrets, secret.Name)
		}
	}
	workspace, err := export.DeclareSecrets([]byte("version: 1\nprojects: {shop: "+projectID+"}\n"), secrets)
	if err != nil {
		t.Fatalf("%v", err)
	}
	isCanonical(t, spec.WorkspaceFile, workspace)
	tree["buildsync.yaml"] = string(workspace)
	return tree
}

// isCanonical demands that fmt would leave a file as it is.
func isCanonical(t failer, name string, file []byte) {
	t.Helper()
	canonical, err := format.Source(name, file, format.KindOf(name))
	if err != nil || string(canonical) != string(file) {
		t.Fatalf("fmt would change it (%v):\n%s\nto\n%s", err, file, canonical)
	}
}

func planIsEmpty(t failer, tree spec.MapTree, jobs []*diff.LiveJob) {
	t.Helper()
	set, diagnostics := spec.Load(tree, spec.Options{})
	if diagnostics.HasErrors() {
		t.Fatalf("%v\n%v", diagnostics, tree)
	}
	result, diagnostics := compile.Compile(set, compile.Options{})
	if diagnostics.HasErrors() || len(result.Jobs) != len(jobs) {
		t.Fatalf("%v\n%v", diagnostics, tree)
	}
	plan := diff.Compute(diff.Input{
		Head: result, Policy: set.Workspace.Policy, Modules: diff.ModulesOf(defaultCatalogue()),
		Live: &diff.Snapshot{Projects: map[string]*diff.LiveProject{projectID: {ID: projectID, Complete: true, Jobs: jobs}}},
	})
	if len(plan.Refusals) > 0 {
		t.Fatalf("the plan is refused: %+v\n%v", plan.Refusals, tree)
	}
	if len(plan.Changes) > 0 {
		t.Fatalf("the plan is not empty: %+v\n%v\n%s", plan.Changes[0].Fields, tree, jobs[0].Body.Indented())
	}
}

// TestLawOverTheService checks the law for random jobs, created and read with each profile of the
// service.
func TestLawOverTheService(t *testing.T) {
	t.Parallel()
	check(t, func(r *rapid.T) {
		d := emulatortest.Draw{T: r, Short: true}
		quirks, _ := emulator.Profile(d.OneOf(emulator.ProfileNames()...))
		quirks.ListLag, quirks.WrongTotal, quirks.EmptyPages = 0, false, false
		seed := emulator.Seed{}
		for i := range 1 + d.Count(2) {
			name := fmt.Sprintf("job-%d", i)
			if i == 0 {
				name = d.Name()
			}
			seed.Bodies = append(seed.Bodies, emulator.SeedJob{Body: d.Body(name), Disabled: d.Chance(30), Notices: d.Notices()})
		}
		jobs, ok := serve(t, emulator.Options{Seed: seed, Quirks: &quirks})
		if !ok {
			r.Skip("the service refuses such a job")
		}
		holds(r, jobs)
	})
}

// TestLongScript exports a script of 5,000 lines with each kind of white space.
func TestLongScript(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for _, ends := range [][]string{{"\n"}, {"\n", " \n", "\t\n"}, {"\r\n"}, {"\n", "\r\n", "\r", "\n\n"}} {
		var script strings.Builder
		for i := range 5000 {
			fmt.Fprintf(&script, "%secho %d ${x}%s", strings.Repeat(" ", random.IntN(4)), i, ends[random.IntN(len(ends))])
		}
		body := obj("job_name", "long", "arch", "arm", "steps", jsontree.Array(obj("module_id", "devcloud2018.codeci_action_20017.action", "name", "x",
			"properties", obj("command", script.String()))))
		holds(t, []*diff.LiveJob{{ProjectID: projectID, ID: strings.Repeat("a", 32), Name: "long", Body: body}})
	}
}

// TestLawOverTemplates checks the law for build templates. Their steps hold only texts: other
// property values have a place under extra in a job only, and such a template is refused with the
// path.
func TestLawOverTemplates(t *testing.T) {
	t.Parallel()
	check(t, func(t *rapid.T) {
		d := emulatortest.Draw{T: t, Short: export.UnderRace}
		name, steps, parameters := d.Name(), jsontree.Array(), jsontree.Array()
		for range d.Count(3) {
			properties := jsontree.Object()
			for range d.Count(4) {
				properties.Set(d.Key(), str(d.Text()))
			}
			if d.Chance(20) {
				properties.Set("command", str(d.Script()))
			}
			steps.Append(obj(d.OneOf("module_id", "moduleId"), "devcloud2018.codeci_action_"+d.OneOf("20043", "20017", "20999")+".action", "name", d.Text()+"x", "properties", properties))
		}
		for i := range d.Count(3) {
			parameters.Append(d.Parameter(fmt.Sprintf("P%d", i)))
		}
		inner := obj("steps", steps)
		for range d.Count(3) {
			inner.Set(d.OneOf("image", "image_source", "actions", "auto_update_sub_module", d.Key()), d.Value(3))
		}
		item := obj("name", name, "description", d.Text(), "template", inner, "parameters", parameters)
		live := &diff.LiveTemplate{UUID: "u", Name: name, Body: item}
		e := export.New(export.Options{})
		definition, err := e.Template(live)
		if err != nil {
			if holdsSecret(item) && strings.Contains(err.Error(), "sensitive") {
				return // a published template holds none
			}
			t.Fatalf("%v\n%s", err, item.Indented())
		}
		file, scripts := definition.Source("", "t")
		isCanonical(t, "a.yaml", file)
		tree := spec.MapTree{"buildsync.yaml": "version: 1\nprojects: {shop: " + projectID + "}\ndefault_project: shop\n", "definitions/t.yaml": string(file)}
		for _, script := range scripts {
			tree[script.Name] = string(script.Text)
		}
		set, diagnostics := spec.Load(tree, spec.Options{})
		result, more := compile.Compile(set, compile.Options{})
		if diagnostics = append(diagnostics, more...); diagnostics.HasErrors() || len(result.Templates) != 1 {
			t.Fatalf("%v\n%s", diagnostics, file)
		}
		if paths := e.TemplateDifferences(result.Templates[0], live); len(paths) > 0 {
			t.Fatalf("%v\n%s\n%s", paths, file, item.Indented())
		}
		plan := diff.Compute(diff.Input{Head: result, Modules: diff.ModulesOf(defaultCatalogue()), Live: &diff.Snapshot{Templates: []*diff.LiveTemplate{live}}})
		if len(plan.Changes) > 0 {
			t.Fatalf("the plan is not empty: %+v\n%s\n%s", plan.Changes[0].Fields, file, item.Indented())
		}
	})
}

// TestKeysThatMeanMore checks that a member whose name would be read as an include or a reference is
// exported from every object of a job and of a template in which it can stand alone.
func TestKeysThatMeanMore(t *testing.T) {
	t.Parallel()
	const step = `"module_id": "devcloud2018.codeci_action_20017.action", "name": "s"`
	for _, key := range []string{"$file", "$$file", "$$$file", "${{ vars.x }}", "a $${{ b"} {
		member := fmt.Sprintf("%q: true", key)
		text := fmt.Sprintf("%q: %q", key, "a")
		for _, body := range []string{
			member, `"new": {` + member + `}`, `"steps": [{` + step + `, "properties": {` + text + `}}]`, `"steps": [{` + step + `, ` + member + `}]`,
			`"scms": [{` + text + `}]`, `"triggers": [{"name": "other", "parameters": [{` + text + `}]}]`,
		} {
			tree, err := jsontree.Parse([]byte(`{"job_name": "one", "arch": "arm", `+body+`}`), jsontree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			holds(t, []*diff.LiveJob{liveJob(tree)})
		}
		for _, body := range []string{
			`"template": {"steps": [], ` + member + `}`, `"template": {"steps": []}, ` + member, `"template": {"steps": [], "new": {` + member + `}}`,
			`"template": {"steps": [{` + step + `, "properties": {` + text + `}}]}`, `"template": {"steps": [], ` + member + `, "image": null}`,
		} {
			tree, err := jsontree.Parse([]byte(`{"name": "one", "description": "", `+body+`}`), jsontree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := export.New(export.Options{}).Template(&diff.LiveTemplate{UUID: "u", Name: "one", Body: tree}); err != nil {
				t.Errorf("%s: %v", body, err)
			}
		}
	}
}

func holdsSecret(item *jsontree.Value) bool {
	for _, definition := range item.Get("parameters").Items() {
		for _, field := range definition.Get("params").Items() {
			if field.Str("name") == "sensitiveVar" && strings.EqualFold(field.Str("value"), "true") {
				return true
			}
		}
	}
	return false
}

// factor shares what the definitions of a tree have in common. A second time moves nothing.
func factor(t *rapid.T, tree spec.MapTree) *export.Factoring {
	factoring := factorOnce(t, tree)
	if again := factorOnce(t, tree); len(again.Files) > 0 {
		t.Fatalf("a second time:\n%s", again.Files)
	}
	return factoring
}

func factorOnce(t *rapid.T, tree spec.MapTree) *export.Factoring {
	set, diagnostics := spec.Load(tree, spec.Options{})
	if diagnostics.HasErrors() {
		t.Fatalf("%v", diagnostics)
	}
	factoring, err := export.Factor(set, export.NewLayout(set.Workspace.Definitions, ""), compile.Options{})
	if err != nil {
		t.Fatalf("%v\n%v", err, tree)
	}
	for name, text := range factoring.Files {
		isCanonical(t, name, text)
		tree[name] = string(text)
	}
	return factoring
}

// TestLawOfFactoring factors random estates, in which jobs are alike but for a
// few values: no plan sees it.
func TestLawOfFactoring(t *testing.T) {
	t.Parallel()
	check(t, func(t *rapid.T) {
		d := emulatortest.Draw{T: t, Short: true}
		var jobs []*diff.LiveJob
		for kind := range 1 + d.Count(1) {
			model := d.Body("model")
			for i := range 1 + d.Count(3) {
				body := model.Clone()
				body.Set("job_name", str(fmt.Sprintf("job-%d-%d", kind, i)))
				for _, step := range body.Get("steps").Items() {
					if d.Chance(40) && step.Get("properties") != nil {
						step.Get("properties").Set(d.Key(), str(d.Text()))
					}
				}
				if d.Chance(20) {
					body.Set("flavor", str(d.OneOf("2u8g", "4u8g")))
				}
				jobs = append(jobs, &diff.LiveJob{ProjectID: projectID, ID: fmt.Sprintf("%032d", len(jobs)), Name: body.Str("job_name"), Body: body})
			}
		}
		tree := exportedTree(t, jobs)
		factor(t, tree)
		planIsEmpty(t, tree, jobs)
	})
}

// TestLawOfReuse factors an estate beside the templates and fragments that were made of it before:
// no plan sees it.
func TestLawOfReuse(t *testing.T) {
	t.Parallel()
	check(t, func(t *rapid.T) {
		d := emulatortest.Draw{T: t, Short: true}
		model := d.Body("model")
		var jobs []*diff.LiveJob
		for i := range 3 + d.Count(4) {
			body := model.Clone()
			body.Set("job_name", str(fmt.Sprintf("job-%d", i)))
			for _, step := range body.Get("steps").Items() {
				if d.Chance(40) && step.Get("properties") != nil {
					step.Get("properties").Set("command", str(d.Text()))
				}
			}
			jobs = append(jobs, &diff.LiveJob{ProjectID: projectID, ID: fmt.Sprintf("%032d", i), Name: body.Str("job_name"), Body: body})
		}
		plain := exportedTree(t, jobs)
		before := maps.Clone(plain)
		factor(t, before)
		for name, text := range before {
			if _, had := plain[name]; !had {
				plain[name] = text
			}
		}
		factor(t, plain)
		planIsEmpty(t, plain, jobs)
	})
}

// TestLawOfFragments factors random estates whose jobs share sequences of steps. The plan does not
// change, and each sequence that enough jobs have is written once.
func TestLawOfFragments(t *testing.T) {
	t.Parallel()
	check(t, func(t *rapid.T) {
		d := emulatortest.Draw{T: t, Short: true}
		step := func(name, command string) *jsontree.Value {
			return object("module_id", "devcloud2018.codeci_action_20017.action", "name", name, "properties", object("image", "shell4.2.46-git1.8.3-zip6.00", "command", command))
		}
		var tails [][]*jsontree.Value
		for k := range 1 + d.Count(2) {
			var tail []*jsontree.Value
			for i := range 2 + d.Count(2) {
				tail = append(tail, step(fmt.Sprintf("Tail %d-%d", k, i), d.Text()))
			}
			tails = append(tails, tail)
		}
		var jobs []*diff.LiveJob
		for i := range 5 + d.Count(6) {
			var steps []*jsontree.Value
			own := func(where string) {
				for k := range d.Count(2) {
					steps = append(steps, step(fmt.Sprintf("%s %d-%d", where, i, k), fmt.Sprintf("echo %s %d", where, i)))
				}
			}
			own("Before")
			tail := tails[0]
			if i >= 5 {
				tail = tails[d.Count(len(tails)-1)]
			}
			for _, s := range tail {
				steps = append(steps, s.Clone())
			}
			own("After")
			body := object("arch", "x86-64", "flavor", "2u8g", "host_type", "devcloud", "build_config_type", "ACTION", "steps", jsontree.Array(steps...))
			name := fmt.Sprintf("job-%d", i)
			body.Set("job_name", str(name))
			jobs = append(jobs, &diff.LiveJob{ProjectID: projectID, ID: fmt.Sprintf("%032d", i), Name: name, Body: body})
		}
		tree := exportedTree(t, jobs)
		factoring := factor(t, tree)
		if len(factoring.Fragments)+len(factoring.Templates) == 0 {
			t.Fatalf("nothing was factored: %v", tree)
		}
		planIsEmpty(t, tree, jobs)
		written := 0
		for name, text := range tree {
			if strings.HasSuffix(name, ".yaml") {
				written += strings.Count(text, "name: Tail 0-0\n")
			}
		}
		if written > 1+len(factoring.Templates) {
			t.Errorf("the first tail is written %d times, with %d templates and %d fragments: %v", written, len(factoring.Templates), len(factoring.Fragments), tree)
		}
	})
}

// TestFactorBesideFamilies checks that defaults that every job has are shared, also with jobs of
// families. A value that a job of a family lacks stays where it is.
func TestFactorBesideFamilies(t *testing.T) {
	t.Parallel()
	const workspace = "version: 1\nregion: eu-west-101\nprojects: {p: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: p\n"
	for flavor, want := range map[string][]string{"": {"owner", "arch"}, ", flavor: 2u8g": {"owner", "arch", "flavor"}} {
		tree := spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": `version: 1
families:
  - {name: f, inputs: {s: {}}, jobs: [{name: "${{ inputs.s }}", owner: a, arch: arm` + flavor + `}]}
jobs:
  - family: {name: f, inputs: {s: x}}
  - name: one
    owner: a
    arch: arm
    flavor: 2u8g
  - name: two
    owner: a
    arch: arm
    flavor: 2u8g
`}
		factoring := factored(t, tree)
		if !slices.Equal(factoring.Defaults, want) || factoring.Jobs != 2 {
			t.Errorf("with %q: %v of %d jobs, want %v", flavor, factoring.Defaults, factoring.Jobs, want)
		}
	}
}

// factored moves what the jobs of a workspace have in common.
func factored(t *testing.T, tree spec.Tree) *export.Factoring {
	t.Helper()
	set, found := spec.Load(tree, spec.Options{})
	if found.HasErrors() {
		t.Fatal(found)
	}
	factoring, err := export.Factor(set, export.NewLayout(set.Workspace.Definitions, ""), compile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return factoring
}
