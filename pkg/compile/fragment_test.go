package compile_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// drawnSteps draws items of steps, with fragments and written out by hand. depth is the number of
// fragments below that it may use; own is the text for an input.
type drawnSteps struct{ used, written []string }

// drawnFragment is a fragment with one input, x.
type drawnFragment struct {
	steps    drawnSteps // in written, X replaces x
	fallback string     // of the input; "": it has to be given
}

// drawSteps draws a list of steps, each on a line of its own.
func drawSteps(t *rapid.T, fragments []drawnFragment, input string, atLeast int) drawnSteps {
	var out drawnSteps
	reference, value := "plain", "plain"
	if input != "" {
		reference, value = "${{ inputs.x }}", input
	}
	for range rapid.IntRange(atLeast, 3).Draw(t, "steps") {
		if len(fragments) > 0 && rapid.Bool().Draw(t, "use") {
			i := rapid.IntRange(0, len(fragments)-1).Draw(t, "which")
			f := fragments[i]
			given, stands := "", f.fallback
			if f.fallback == "" || rapid.Bool().Draw(t, "give") {
				given, stands = ", inputs: {x: \"<"+reference+">\"}", "<"+value+">"
			}
			out.used = append(out.used, fmt.Sprintf("{use: f%d%s}", i, given))
			for _, step := range f.steps.written {
				out.written = append(out.written, strings.ReplaceAll(step, "X!", stands))
			}
			continue
		}
		form := rapid.SampledFrom([]string{
			`{sh: {name: "N %s", inputs: {command: "echo %s ${{ job.name }} ${{ vars.v }}"}}}`,
			`{maven: {image: "%s", inputs: {command: "%s"}}}`,
			`{module_id: devcloud2018.codeci_action_20017.action, name: "%s", properties: {command: "%s", list: [1.10, {a: null}]}}`,
			`{sh: {name: "%s", enable: false, inputs: {command: {$file: run.sh}}, properties: {x: "%s"}}}`,
		}).Draw(t, "form")
		out.used = append(out.used, fmt.Sprintf(form, reference, reference))
		out.written = append(out.written, fmt.Sprintf(form, value, value))
	}
	return out
}

func list(items []string) string { return "[" + strings.Join(items, ", ") + "]" }

// drawFragments draws a workspace with fragments, and the same one in which they
// are written out by hand.
func drawFragments(t *rapid.T) (with, without spec.MapTree) {
	var fragments []drawnFragment
	var file strings.Builder
	file.WriteString("version: 1\nfragments:\n")
	for i := range rapid.IntRange(1, 5).Draw(t, "fragments") {
		f := drawnFragment{steps: drawSteps(t, fragments, "X!", 0)}
		input := "{}"
		if rapid.Bool().Draw(t, "default") {
			f.fallback = fmt.Sprintf("d%d", i)
			input = "{default: " + f.fallback + "}"
		}
		fragments = append(fragments, f)
		fmt.Fprintf(&file, "  - {name: f%d, inputs: {x: %s}, steps: %s}\n", i, input, list(f.steps.used))
	}
	template, job := drawSteps(t, fragments, "", 0), drawSteps(t, fragments, "", 1)
	around := rapid.IntRange(0, len(job.used)).Draw(t, "at")
	spliced := append(append(append([]string{}, job.used[:around]...), "{use: template}"), job.used[around:]...)
	plain := drawSteps(t, nil, "", 0)
	all := func(template, job, wrapped []string) string {
		return "version: 1\ntemplates:\n  - {name: t, steps: " + list(template) + "}\njobs:\n" +
			"  - {name: a, template: {name: t}}\n" +
			"  - {name: b, steps: " + list(job) + "}\n" +
			"  - {name: \"c-${{ matrix.m }}\", matrix: {m: [1, 2]}, template: {name: t}, steps: " + list(wrapped) + "}\n"
	}
	shared := spec.MapTree{"buildsync.yaml": workspace + "vars: {v: value}\n", "run.sh": "true\n"}
	with, without = maps.Clone(shared), maps.Clone(shared)
	with["definitions/z.yaml"], with["definitions/a.yaml"] = file.String(), all(template.used, job.used, append(spliced, plain.used...))
	without["definitions/a.yaml"] = all(template.written, job.written, append(wrapped(job, fragments, around, template.written), plain.written...))
	return with, without
}

// wrapped writes out the steps of a job that hold those of its template after
// the first used ones.
func wrapped(job drawnSteps, fragments []drawnFragment, used int, template []string) []string {
	behind := 0
	for _, item := range job.used[:used] {
		behind += len(writtenOut(item, fragments))
	}
	return append(append(append([]string{}, job.written[:behind]...), template...), job.written[behind:]...)
}

// writtenOut returns the number of steps that an item becomes.
func writtenOut(item string, fragments []drawnFragment) []string {
	var i int
	if _, err := fmt.Sscanf(item, "{use: f%d", &i); err != nil {
		return []string{item}
	}
	return fragments[i].steps.written
}

// TestFragmentsAreWrittenOut checks that a workspace with fragments compiles to the same bytes as
// one with their steps written out by hand, at once and file by file.
func TestFragmentsAreWrittenOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		with, without := drawFragments(t)
		if meanTheSame(t, with, without) {
			t.Fatalf("errors in\n%s\n%s", with["definitions/z.yaml"], with["definitions/a.yaml"])
		}
	})
}

// meanTheSame checks that a workspace with shared definitions compiles to the same bytes as one
// with the definitions written out, at once and file by file. It reports whether both have errors.
func meanTheSame(t *rapid.T, with, without spec.MapTree) (errors bool) {
	have, haveFound := loadWhole(with, compile.Options{})
	want, wantFound := loadWhole(without, compile.Options{})
	files := with["definitions/z.yaml"] + with["definitions/a.yaml"]
	if haveFound.HasErrors() != wantFound.HasErrors() {
		t.Fatalf("shared:\n%s\nwritten out:\n%s\n%s", describe(haveFound), describe(wantFound), files)
	}
	if len(have.Jobs) != len(want.Jobs) {
		t.Fatalf("%d jobs, want %d", len(have.Jobs), len(want.Jobs))
	}
	for i := range want.Jobs {
		if d := cmp.Diff(whole(want.Jobs[i]), whole(have.Jobs[i])); d != "" {
			t.Fatalf("%s (-written out +shared):\n%s\n%s", want.Jobs[i].Address, d, files)
		}
		if d := cmp.Diff(want.Jobs[i].Paths(), have.Jobs[i].Paths()); d != "" {
			t.Fatalf("%s: paths (-written out +shared):\n%s", want.Jobs[i].Address, d)
		}
	}
	loaded, _ := compile.Load(with, "", compile.Options{})
	if d := cmp.Diff(text(have), text(loaded.Result)); d != "" {
		t.Fatalf("(-at once +file by file):\n%s", d)
	}
	return haveFound.HasErrors()
}

// TestFragmentMistakes checks the findings for wrong uses, with the place in the fragment and at
// each use.
func TestFragmentMistakes(t *testing.T) {
	t.Parallel()
	jobs := func(steps string) string { return "jobs:\n  - name: j\n    steps: [" + steps + "]\n" }
	for name, c := range map[string]struct{ definitions, want string }{
		"unknown": {
			"fragments: [{name: scan, steps: []}]\n" + jobs("{use: scam}"),
			`a.yaml:5:19 fragment-unknown: there is no fragment "scam" (did you mean "scan"?)`,
		},
		"an input that is missing": {
			"fragments:\n  - {name: scan, inputs: {level: {}}, steps: []}\n" + jobs("{use: scan}"),
			"a.yaml:6:13 fragment-input: the fragment \"scan\" needs the input \"level\" (add it under inputs, beside use)\n  3:27 declared here",
		},
		"an input that is not known": {
			"fragments:\n  - {name: scan, inputs: {level: {default: 1}}, steps: []}\n" + jobs("{use: scan, inputs: {lebel: 1}}"),
			`a.yaml:6:34 fragment-input: the fragment "scan" has no input "lebel" (did you mean "level"?)`,
		},
		"a mistake within": {
			"fragments:\n  - {name: scan, steps: [{maven: {inputs: {x: 1}, properties: {x: 2}}}]}\n" + jobs("{use: scan}, {use: scan}"),
			"a.yaml:3:64 step-property: the property \"x\" is set twice in this step (keep one of the two)\n  6:19 the fragment scan is used here\n  3:44 first set here\n  6:32 the fragment scan is used here",
		},
		"a reference within": {
			"fragments:\n  - {name: scan, inputs: {level: {default: 1}}, steps: [{sh: {name: \"${{ inputs.lebel }}\"}}]}\n" + jobs("{use: scan}"),
			"a.yaml:3:70 unknown-name: inputs.lebel is not known here (did you mean inputs.level?)\n  6:19 the fragment scan is used here",
		},
		"itself": {
			"fragments:\n  - {name: a, steps: [{use: a}]}\n" + jobs("{use: a}"),
			`a.yaml:3:29 fragment-cycle: the fragment "a" uses itself: a → a (remove one of these uses)`,
		},
		"a circle that is entered at two places": {
			"fragments:\n  - {name: b, steps: [{use: c}]}\n  - {name: c, steps: [{use: a}]}\n  - {name: a, steps: [{use: b}]}\n" + jobs("{use: b}, {use: c}"),
			"a.yaml:5:29 fragment-cycle: the fragment \"a\" uses itself: a → b → c → a (remove one of these uses)\n  3:29 then c is used here\n  4:29 then a is used here",
		},
		"a circle that nothing enters": {
			"fragments:\n  - {name: a, steps: [{use: b}]}\n  - {name: b, steps: [{use: a}]}\n",
			"a.yaml:3:29 fragment-cycle: the fragment \"a\" uses itself: a → b → a (remove one of these uses)\n  4:29 then a is used here",
		},
		"the name template": {
			"fragments:\n  - {name: template, steps: []}\n",
			"a.yaml:3:12 duplicate-fragment: a fragment cannot be called \"template\": `use: template` stands for the steps of the job's template (choose another name)",
		},
		"one name twice": {
			"fragments:\n  - {name: a, steps: []}\n  - {name: a, steps: []}\n",
			"a.yaml:4:12 duplicate-fragment: the fragment \"a\" is defined twice (rename one of them)\n  3:12 first defined here",
		},
		"the template's steps without a template": {
			jobs("{use: template}"),
			"a.yaml:4:19 template-unknown: the job has no template that has steps to use here (write template: {name: …} in the job, or remove this step)",
		},
		"the template's steps in a fragment": {
			"fragments:\n  - {name: a, steps: [{use: template}]}\n",
			"a.yaml:3:29 template-unknown: `use: template` belongs in the steps of a job (write it in the steps of the job)",
		},
		"inputs for the template's steps": {
			"templates: [{name: t, steps: []}]\njobs:\n  - {name: j, template: {name: t}, steps: [{use: template, inputs: {x: 1}}]}\n",
			"a.yaml:4:60 template-input: the steps of the template take their inputs from the key template (write them under template.inputs of the job)",
		},
	} {
		checkMistakes(t, name, c.definitions, c.want)
	}
}

// checkMistakes checks the findings of a file of definitions, loaded as a whole and file by file.
func checkMistakes(t *testing.T, name, definitions, want string) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		tree := spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": "version: 1\n" + definitions}
		_, whole := loadWhole(tree, compile.Options{})
		_, loaded := compile.Load(tree, "", compile.Options{})
		for _, found := range []spec.Diagnostics{whole, loaded} {
			if d := cmp.Diff(want, withPlaces(found)); d != "" {
				t.Errorf("(-want +have):\n%s", d)
			}
		}
	})
}

// withPlaces writes findings with the other places that they name.
func withPlaces(found spec.Diagnostics) string {
	var out []string
	for _, d := range found {
		at := d.Range.Start
		text := fmt.Sprintf("%s:%d:%d %s: %s (%s)", strings.TrimPrefix(at.File, "definitions/"), at.Line, at.Column, d.Rule, d.Message, d.Hint)
		for _, r := range d.Related {
			text += fmt.Sprintf("\n  %d:%d %s", r.Range.Start.Line, r.Range.Start.Column, r.Message)
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

// chain is a kind of definitions that can use each other.
type chain struct{ list, items, use, job string }

var (
	fragmentChain = chain{"fragments", "steps", "{use: f%d}", "{name: j, steps: [{use: f0}]}"}
	familyChain   = chain{"families", "jobs", "{family: {name: f%d}}", "{family: {name: f0}}"}
)

// of writes n definitions that each use the next one times.
func (c chain) of(n, times int, last string) string {
	var out strings.Builder
	out.WriteString("version: 1\n" + c.list + ":\n")
	for i := range n - 1 {
		uses := strings.TrimSuffix(strings.Repeat(fmt.Sprintf(c.use+", ", i+1), times), ", ")
		fmt.Fprintf(&out, "  - {name: f%d, %s: [%s]}\n", i, c.items, uses)
	}
	fmt.Fprintf(&out, "  - {name: f%d, %s: [%s]}\njobs: [%s]\n", n-1, c.items, last, c.job)
	return out.String()
}

// holdsRules compiles each case's definitions to one job, or to an error of a rule.
func holdsRules(t *testing.T, cases map[string][2]string) {
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, found := loadWhole(spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": c[0]}, compile.Options{})
			if c[1] == "" && (found.HasErrors() || len(result.Jobs) != 1) || c[1] != "" && !hasRule(found, c[1]) {
				t.Errorf("want %q, have:\n%s", c[1], describe(found))
			}
		})
	}
}

// TestFragmentLimits checks that fragments can be nested to 100 levels and no more, and cannot
// multiply without end, with or without steps.
func TestFragmentLimits(t *testing.T) {
	t.Parallel()
	step := "{sh: {name: s, inputs: {command: ls}}}"
	holdsRules(t, map[string][2]string{
		"a hundred levels":         {fragmentChain.of(100, 1, step), ""},
		"a hundred and one levels": {fragmentChain.of(101, 1, step), "expansion-limit"},
		"a thousand levels":        {fragmentChain.of(1000, 1, step), "expansion-limit"},
		"doubling":                 {fragmentChain.of(60, 2, step), "expansion-limit"},
		"doubling of nothing":      {fragmentChain.of(90, 2, ""), "expansion-limit"},
	})
}

// TestFragmentProvenance shows the way of a value through a fragment within a
// fragment.
func TestFragmentProvenance(t *testing.T) {
	t.Parallel()
	result, found := compileRaw(t, `fragments:
  - {name: inner, inputs: {level: {}}, steps: [{sh: {name: Scan, inputs: {command: "scan ${{ inputs.level }}"}}}]}
  - {name: outer, steps: [{use: inner, inputs: {level: high}}]}
jobs:
  - {name: j, steps: [{use: outer}]}
`)
	if found.HasErrors() {
		t.Fatal(describe(found))
	}
	stations := result.Jobs[0].Provenance[`steps["Scan"].properties.command`].Stations()
	var have []string
	for _, s := range stations {
		have = append(have, fmt.Sprintf("%s %s %d:%d", s.Kind, s.Name, s.Pos.Line, s.Pos.Column))
	}
	if d := cmp.Diff([]string{"  3:84", "input level 4:56", "fragment inner 4:33", "fragment outer 6:29"}, have); d != "" {
		t.Errorf("(-want +have):\n%s", d)
	}
}

// TestDefaultsWrapTemplates checks that steps of defaults.job with `use: template` are put around
// the steps of each job's template.
func TestDefaultsWrapTemplates(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{
		"buildsync.yaml": workspace + "defaults: {job: {steps: [{use: template}, {use: scan}]}}\n",
		"definitions/a.yaml": `version: 1
fragments: [{name: scan, steps: [{sh: {name: Scan}}]}]
templates: [{name: t, steps: [{sh: {name: Build}}]}]
jobs: [{name: j, template: {name: t}}, {name: k, steps: [{sh: {name: Own}}]}]
`,
	}
	result, found := loadWhole(tree, compile.Options{})
	if found.HasErrors() {
		t.Fatal(describe(found))
	}
	for i, want := range []string{"Build Scan", "Own"} {
		var have []string
		for _, step := range result.Jobs[i].Body().Get("steps").Items() {
			have = append(have, step.Str("name"))
		}
		if strings.Join(have, " ") != want {
			t.Errorf("%s has the steps %s, want %s", result.Jobs[i].Address, have, want)
		}
	}
}
