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

// drawnFamily is a family with one input, x. Its entries have X! in place of the input.
type drawnFamily struct {
	fallback string
	jobs     []string    // X! for the input
	nested   [][2]string // name of another family, and the value of its x
}

// jobKeys are keys that a job of a family may have.
var jobKeys = []string{
	`owner: "X!"`, `labels: {tier: "X!", keep: null}`, `enabled: false`, `protect: true`, `timeout: 2h`, `arch: arm`,
	`template: {name: t, inputs: {y: "X!"}}`, `parameters: [{name: p, default: "X!"}]`,
	`steps: [{sh: {name: "S X!", inputs: {command: "echo X! ${{ job.name }} ${{ vars.v }}"}}}, {use: f, inputs: {z: "X!"}}]`,
	`notifications: {MAIL: [buildJobFail]}`, `triggers: [{cron: "1 2 * * *", timezone: Asia/Shanghai}]`,
	`scms: [{scm_type: codehub, url: "git@example.com:X!.git", branch: master}]`, `extra: {more: {deep: ["X!"]}}`, `on_commit: true`,
}

func drawFamilies(t *rapid.T) (with, without spec.MapTree) {
	var families []drawnFamily
	for i := range rapid.IntRange(1, 4).Draw(t, "families") {
		f := drawnFamily{}
		if rapid.Bool().Draw(t, "default") {
			f.fallback = fmt.Sprintf("d%d", i)
		}
		for k := range rapid.IntRange(0, 3).Draw(t, "jobs") {
			keys := []string{fmt.Sprintf(`name: "f%d-%d-X!"`, i, k)}
			if rapid.Bool().Draw(t, "matrix") {
				keys = []string{fmt.Sprintf(`name: "f%d-%d-X!-${{ matrix.m }}"`, i, k), `matrix: {m: [1, "X!2"]}`, `flavor: "${{ matrix.m }}"`}
			} else if rapid.Bool().Draw(t, "renamed") {
				keys = append(keys, fmt.Sprintf(`renamed_from: ["was-%d-%d-X!"]`, i, k))
			}
			for _, key := range jobKeys {
				if rapid.IntRange(0, 2).Draw(t, "key") == 0 {
					keys = append(keys, key)
				}
			}
			f.jobs = append(f.jobs, "{"+strings.Join(keys, ", ")+"}")
		}
		if i > 0 && rapid.Bool().Draw(t, "nest") {
			other := rapid.IntRange(0, i-1).Draw(t, "other")
			f.nested = append(f.nested, [2]string{fmt.Sprint(other), fmt.Sprintf("n%d-X!", i)})
		}
		families = append(families, f)
	}
	var declared, uses strings.Builder
	declared.WriteString("version: 1\nfamilies:\n")
	for i, f := range families {
		input := "{}"
		if f.fallback != "" {
			input = "{default: " + f.fallback + "}"
		}
		entries := append([]string{}, f.jobs...)
		for _, n := range f.nested {
			entries = append(entries, fmt.Sprintf("{family: {name: f%s, inputs: {x: %q}}}", n[0], n[1]))
		}
		fmt.Fprintf(&declared, "  - {name: f%d, inputs: {x: %s}, jobs: %s}\n", i, input, strings.ReplaceAll(list(entries), "X!", "${{ inputs.x }}"))
	}
	var written []string
	for n := range rapid.IntRange(1, 4).Draw(t, "uses") {
		i := rapid.IntRange(0, len(families)-1).Draw(t, "family")
		f := families[i]
		switch {
		case f.fallback != "" && n == 0:
			fmt.Fprintf(&uses, "  - {family: {name: f%d}}\n", i)
			written = append(written, f.written(families, f.fallback)...)
		case rapid.Bool().Draw(t, "with a matrix"):
			fmt.Fprintf(&uses, "  - {family: {name: f%d, inputs: {x: \"u%d-${{ matrix.a }}\"}}, matrix: {a: [p, q]}}\n", i, n)
			written = append(append(written, f.written(families, fmt.Sprintf("u%d-p", n))...), f.written(families, fmt.Sprintf("u%d-q", n))...)
		default:
			fmt.Fprintf(&uses, "  - {family: {name: f%d, inputs: {x: u%d}}}\n", i, n)
			written = append(written, f.written(families, fmt.Sprintf("u%d", n))...)
		}
	}
	const rest = "templates: [{name: t, inputs: {y: {}}, steps: [{maven: {name: Build, inputs: {command: \"mvn ${{ inputs.y }}\"}}}]}]\n" +
		"fragments: [{name: f, inputs: {z: {}}, steps: [{sh: {name: F, inputs: {command: \"scan ${{ inputs.z }} ${{ job.name }}\"}}}]}]\n"
	workspaceFile := workspace + "vars: {v: value}\ndefaults: {job: {host_type: devcloud, labels: {keep: yes, from: \"${{ job.name }}\"}, notifications: {MESSAGE: []}}}\n"
	with = spec.MapTree{"buildsync.yaml": workspaceFile, "definitions/z.yaml": declared.String() + rest, "definitions/a.yaml": "version: 1\njobs:\n" + uses.String()}
	without = spec.MapTree{"buildsync.yaml": workspaceFile, "definitions/z.yaml": "version: 1\n" + rest + "jobs: " + list(written) + "\n"}
	return with, without
}

// written writes the jobs of a family out for a value of its input.
func (f drawnFamily) written(families []drawnFamily, value string) []string {
	var out []string
	for _, job := range f.jobs {
		out = append(out, strings.ReplaceAll(job, "X!", value))
	}
	for _, n := range f.nested {
		var other int
		_, _ = fmt.Sscan(n[0], &other)
		out = append(out, families[other].written(families, strings.ReplaceAll(n[1], "X!", value))...)
	}
	return out
}

// TestFamiliesAreWrittenOut checks that a workspace with families compiles to the same bytes as one
// with their jobs written out by hand, at once and file by file.
func TestFamiliesAreWrittenOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		with, without := drawFamilies(t)
		meanTheSame(t, with, without) // an error of both: two uses may make one job
	})
}

// whole returns everything that a job means, as text.
func whole(j *compile.Job) string {
	enabled := "not managed"
	if j.Enabled != nil {
		enabled = fmt.Sprint(*j.Enabled)
	}
	var notices []string
	for _, n := range j.Notices {
		notices = append(notices, n.Type+fmt.Sprint(n.Events))
	}
	return fmt.Sprintln(string(j.CreateBody().Indented()), j.Address, j.ProjectID, enabled, notices, j.ID, j.RenamedFrom, j.Adopt, j.Protect, j.Secrets, j.Owner, j.Labels)
}

// TestFamilyMistakes checks the findings for wrong families and uses.
func TestFamilyMistakes(t *testing.T) {
	t.Parallel()
	const fam = "families:\n  - name: java\n    inputs: {s: {}, jdk: {default: 17}}\n    jobs:\n      - {name: \"${{ inputs.s }}-check\", flavor: \"${{ inputs.jdk }}\"}\n"
	for name, c := range map[string]struct{ definitions, want string }{
		"unknown": {
			fam + "jobs:\n  - family: {name: jaba, inputs: {s: a}}\n",
			`a.yaml:8:20 family-unknown: there is no family "jaba" (did you mean "java"?)`,
		},
		"an input that is missing": {
			fam + "jobs:\n  - family: {name: java}\n",
			"a.yaml:8:13 family-input: the family \"java\" needs the input \"s\" (add it under family.inputs)\n  4:14 declared here",
		},
		"an input that is not known": {
			fam + "jobs:\n  - family: {name: java, inputs: {s: a, jdl: 1}}\n",
			`a.yaml:8:41 family-input: the family "java" has no input "jdl" (did you mean "jdk"?)`,
		},
		"a mistake within, with each use": {
			"families: [{name: f, inputs: {s: {}}, jobs: [{name: \"${{ inputs.s }}\", steps: [{maven: {inputs: {x: 1}, properties: {x: 2}}}]}]}]\njobs:\n  - family: {name: f, inputs: {s: a}}\n  - family: {name: f, inputs: {s: b}}\n",
			"a.yaml:2:118 step-property: the property \"x\" is set twice in this step (keep one of the two)\n  4:20 the family f is used here\n  2:98 first set here\n  5:20 the family f is used here",
		},
		"a mistake in a family that nothing uses": {
			"families: [{name: f, inputs: {s: {}}, jobs: [{name: \"${{ inputs.s }}\", timeout: 5x, on_commit: true, build_if_code_updated: true, arch: \"${{ inputs.t }}\"}]}]\n",
			"a.yaml:2:81 timeout: \"timeout\" must be whole hours such as 4h, or a mapping with limit and unit, not \"5x\" ()\n" +
				"a.yaml:2:125 extra-field: on_commit and build_if_code_updated are one setting (remove one of the two)\n" +
				"a.yaml:2:138 unknown-name: inputs.t is not known here (did you mean inputs.s?)",
		},
		"one name by two uses": {
			fam + "jobs:\n  - family: {name: java, inputs: {s: a}}\n  - family: {name: java, inputs: {s: a, jdk: 8}}\n",
			"a.yaml:9:20 duplicate-job: job \"a-check\" is defined twice in project \"shop\" (put what differs into the name, such as ${{ inputs.jdk }})\n  8:20 first defined here\n  6:16 the name is written here",
		},
		"one name by a job and a family": {
			fam + "jobs:\n  - {name: a-check}\n  - family: {name: java, inputs: {s: a}}\n",
			"a.yaml:9:20 duplicate-job: job \"a-check\" is defined twice in project \"shop\" (rename one of them)\n  8:12 first defined here\n  6:16 the name is written here",
		},
		"one id by two uses": {
			"families: [{name: f, inputs: {s: {}}, jobs: [{name: \"${{ inputs.s }}\", id: 0123456789abcdef0123456789abcdef}]}]\njobs:\n  - family: {name: f, inputs: {s: a}}\n  - family: {name: f, inputs: {s: b}}\n",
			"a.yaml:5:20 duplicate-job: the jobs \"a\" and \"b\" are pinned to one id, \"0123456789abcdef0123456789abcdef\" (only one job can have an id: remove it from the other)\n  4:20 the other one",
		},
		"the matrix of the use": {
			"families: [{name: f, jobs: [{name: \"a-${{ matrix.m }}\"}]}]\njobs:\n  - family: {name: f}\n    matrix: {m: [1, 2]}\n",
			"a.yaml:2:39 unknown-name: matrix.m is not known here (the matrix belongs to the use of the family: give the family an input for it)\n  4:20 the family f is used here",
		},
		"itself": {
			"families:\n  - {name: a, jobs: [{family: {name: a}}]}\njobs: [{family: {name: a}}]\n",
			`a.yaml:3:38 family-cycle: the family "a" uses itself: a → a (remove one of these uses)`,
		},
		"a circle": {
			"families:\n  - {name: b, jobs: [{family: {name: c}}]}\n  - {name: c, jobs: [{family: {name: b}}]}\njobs: [{family: {name: c}}]\n",
			"a.yaml:3:38 family-cycle: the family \"b\" uses itself: b → c → b (remove one of these uses)\n  4:38 then b is used here",
		},
		"twice": {
			"families:\n  - {name: a, jobs: []}\n  - {name: a, jobs: []}\n",
			"a.yaml:4:12 duplicate-family: the family \"a\" is defined twice (rename one of them)\n  3:12 first defined here",
		},
		"a reference in the name": {
			"families:\n  - {name: \"a-${{ vars.x }}\", jobs: []}\n",
			"a.yaml:3:15 expression: the name of a family cannot hold ${{: it is used by its name (write the name without a reference)",
		},
		"keys beside family": {
			fam + "jobs:\n  - family: {name: java, inputs: {s: a}}\n    arch: arm\n",
			`a.yaml:9:5 unknown-key: unknown key "arch" (known here: family, matrix)`,
		},
		"inputs outside": {
			"jobs: [{name: a, flavor: \"${{ inputs.x }}\"}]\n",
			"a.yaml:2:27 unknown-name: inputs.x is not known here (inputs are known in templates, fragments and families only)",
		},
	} {
		checkMistakes(t, name, c.definitions, c.want)
	}
}

// TestDefaultsDoNotSeeInputs checks that defaults.job means the same in a job of a family, whatever
// the family calls its inputs.
func TestDefaultsDoNotSeeInputs(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{
		"buildsync.yaml":     workspace + "defaults: {job: {flavor: \"${{ inputs.s }}\"}}\n",
		"definitions/a.yaml": "version: 1\nfamilies: [{name: f, inputs: {s: {}}, jobs: [{name: \"${{ inputs.s }}\"}]}]\njobs: [{family: {name: f, inputs: {s: a}}}]\n",
	}
	if _, found := loadWhole(tree, compile.Options{}); !hasRule(found, "unknown-name") {
		t.Error(describe(found))
	}
}

// TestFamilyProvenance shows the way of values through a family within a family.
func TestFamilyProvenance(t *testing.T) {
	t.Parallel()
	result, found := compileRaw(t, `families:
  - {name: inner, inputs: {s: {}}, jobs: [{name: "${{ inputs.s }}", arch: arm, flavor: "${{ inputs.s }}"}]}
  - {name: outer, inputs: {s: {}}, jobs: [{family: {name: inner, inputs: {s: "x-${{ inputs.s }}"}}}]}
jobs:
  - {family: {name: outer, inputs: {s: a}}}
`)
	if found.HasErrors() {
		t.Fatal(describe(found))
	}
	for path, want := range map[string][]string{
		"arch":   {"  3:75", "family inner 4:59", "family outer 6:21"},
		"flavor": {"  3:88", "input s 4:78", "input s 6:40", "family inner 4:59", "family outer 6:21"},
	} {
		var have []string
		for _, s := range result.Jobs[0].Provenance[path].Stations() {
			have = append(have, fmt.Sprintf("%s %s %d:%d", s.Kind, s.Name, s.Pos.Line, s.Pos.Column))
		}
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("%s (-want +have):\n%s", path, d)
		}
	}
	job := result.Jobs[0]
	if job.Pos.Line != 3 || job.Use.Line != 6 || job.DefinedAt() != job.Use {
		t.Errorf("defined at %s, used at %s", job.Pos, job.Use)
	}
}

// TestFamilyLimits checks that families can be nested to 100 levels and no more.
func TestFamilyLimits(t *testing.T) {
	t.Parallel()
	holdsRules(t, map[string][2]string{
		"a hundred levels":         {familyChain.of(100, 1, "{name: a}"), ""},
		"a hundred and one levels": {familyChain.of(101, 1, "{name: a}"), "expansion-limit"},
		"a thousand levels":        {familyChain.of(1000, 1, "{name: a}"), "expansion-limit"},
		"a fragment of its name":   {"version: 1\nfamilies: [{name: f, jobs: [{name: a, steps: [{use: f}]}]}]\nfragments: [{name: f, steps: [{sh: {name: s, inputs: {command: ls}}}]}]\njobs: [{family: {name: f}}]\n", ""},
		"too many combinations":    {"version: 1\nfamilies: [{name: f, inputs: {x: {}}, jobs: [{name: \"a${{ inputs.x }}\"}]}]\njobs: [{family: {name: f, inputs: {x: \"${{ matrix.a }}\"}}, matrix: {a: " + list(strings.Split(strings.Repeat("1 ", 32)+"1", " ")) + ", b: " + list(strings.Split(strings.Repeat("1 ", 32)+"1", " ")) + "}}]\n", "matrix"},
	})
}

// TestFamiliesThatMultiply checks that jobs are counted before the first one is compiled, and that
// the finding is placed at the use and shows which uses multiply.
func TestFamiliesThatMultiply(t *testing.T) {
	t.Parallel()
	axis := "matrix: {a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}"
	matrices := strings.ReplaceAll(familyChain.of(8, 1, "{name: a}"), "}}]", "}, "+axis+"}]")
	for name, c := range map[string]struct {
		definitions, want string
		related           int
	}{
		"ten of ten, eight times": {familyChain.of(9, 10, "{name: a}"), `the family "f0" makes 100000000 jobs here, and all definitions together make at most 100000;`, 8},
		"a hundred levels":        {familyChain.of(100, 2, "{name: a}"), `the family "f0" makes more than 2147483647 jobs here`, 10},
		"matrices":                {matrices, `the family "f0" makes 100000000 jobs here`, 7},
		"families without jobs":   {familyChain.of(9, 10, ""), `the family "f0" makes 111111111 uses of families without a job here, and all definitions together make at most 2000000;`, 8},
		"a circle":                {familyChain.of(9, 10, "{family: {name: f0}}, {name: a}"), `the family "f0" uses itself: f0 → f1 → f2 → f3 → f4 → f5 → f6 → f7 → f8 → f0`, 8},
		"only a circle":           {familyChain.of(9, 1, "{family: {name: f0}}"), `the family "f0" uses itself`, 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, found := loadWhole(spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": c.definitions}, compile.Options{})
			if len(found) != 1 || !strings.HasPrefix(found[0].Message, c.want) || found[0].Hint == "" || len(found[0].Related) != c.related {
				t.Errorf("have: %s\nwant %q and %d other places", describe(found), c.want, c.related)
			}
			if len(result.Jobs) > 0 {
				t.Errorf("%d jobs were compiled", len(result.Jobs))
			}
		})
	}
}

// TestFamiliesOfAnEarlierState checks that an earlier state of a workspace with families gives the
// same result as loading it, and that an edited family changes exactly its own jobs.
func TestFamiliesOfAnEarlierState(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		head, _ := drawFamilies(t)
		head["definitions/b.yaml"] = "version: 1\njobs: [{name: other, arch: arm}]\n"
		base := maps.Clone(head)
		edited := rapid.SampledFrom([]string{"definitions/a.yaml", "definitions/b.yaml", "definitions/z.yaml"}).Draw(t, "edited")
		base[edited] = strings.NewReplacer("echo", "print", "arch: arm", "arch: x86-64", "u0", "w0").Replace(base[edited])
		loaded, found := compile.Load(head, "", compile.Options{})
		if found.HasErrors() {
			return // two uses make one job
		}
		have, haveFound := loaded.Earlier(base, func(name string) bool { return head[name] == base[name] })
		want, wantFound := compile.Load(base, "", compile.Options{})
		if d := cmp.Diff(describe(wantFound), describe(haveFound)); d != "" {
			t.Fatalf("(-loaded +taken over):\n%s", d)
		}
		if d := cmp.Diff(text(want.Result), text(have.Result)); d != "" {
			t.Fatalf("(-loaded +taken over):\n%s", d)
		}
		if edited == "definitions/b.yaml" {
			return
		}
		before := jobNamed(want.Result, "other")
		if after := jobNamed(loaded.Result, "other"); !compile.SameBody(before, after) {
			t.Fatal("a job of no family has changed")
		}
	})
}

// TestNameInThePlaceOfAFamily checks that a bare name in place of a mapping gets the form to write,
// as for a template.
func TestNameInThePlaceOfAFamily(t *testing.T) {
	t.Parallel()
	for definitions, want := range map[string]string{
		"families: [{name: f, jobs: []}]\njobs: [{family: f}]\n":              "write {name: f}",
		"templates: [{name: t, steps: []}]\njobs: [{name: a, template: t}]\n": "write {name: t}",
	} {
		_, found := loadWhole(spec.MapTree{"buildsync.yaml": workspace, "definitions/a.yaml": "version: 1\n" + definitions}, compile.Options{})
		if len(found) != 1 || found[0].Hint != want {
			t.Errorf("%s: %s", definitions, describe(found))
		}
	}
}
