package compile

import (
	"testing"

	"github.com/buildsync/buildsync/pkg/spec"
)

func TestJSONNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1": "1", "-1": "-1", "1.10": "1.10", "1e3": "1e3", "+5": "5", "007": "7", "0x1F": "31", "0o17": "15", ".5": "0.5", "5.": "5", "-.5e1": "-5",
		"123456789012345678901234567890": "123456789012345678901234567890", "0xFFFFFFFFFFFFFFFF": "18446744073709551615",
		".inf": "", "-.inf": "", ".nan": "", "1e999": "1e999", "x": "", "": "",
	} {
		if have := jsonNumber(text); have != want {
			t.Errorf("%q: have %q, want %q", text, have, want)
		}
	}
}

// TestTotalLimit checks that a template that is used too often gives one finding and does not fill
// the memory.
func TestTotalLimit(t *testing.T) {
	t.Parallel()
	set, diags := spec.Load(spec.MapTree{
		"buildsync.yaml": "version: 1\nregion: eu-west-101\nprojects: {p: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: p\n",
		"definitions/a.yaml": `version: 1
templates: [{name: t, steps: [{module_id: m, name: n, properties: {a: [1, 2, 3, 4, 5, 6, 7, 8, 9], b: [1, 2, 3, 4, 5, 6, 7, 8, 9], c: [1, 2, 3, 4, 5, 6, 7, 8, 9]}}]}]
jobs: [{name: "j-${{ matrix.a }}", template: {name: t}, matrix: {a: [1, 2, 3, 4, 5, 6, 7, 8, 9]}}, {name: later}]
`,
	}, spec.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	c := newCompiler(set, Options{}, nil)
	c.maxTotal = 200 // as if each of the ten jobs had the least number of values
	result, found := c.compile()
	if len(found) != 1 || found[0].Rule != "expansion-limit" {
		t.Fatalf("want one expansion-limit: %+v", found)
	}
	if n := len(result.Jobs); n != 6 {
		t.Errorf("%d jobs were compiled", n)
	}
}

// TestCountingRefusesNothingThatFits checks that the count of a family's jobs is a lower bound: a
// workspace that fits is not refused.
func TestCountingRefusesNothingThatFits(t *testing.T) {
	t.Parallel()
	set, diags := spec.Load(spec.MapTree{
		"buildsync.yaml": "version: 1\nregion: eu-west-101\nprojects: {p: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: p\n",
		"definitions/a.yaml": `version: 1
families:
  - name: inner
    inputs: {x: {}}
    jobs:
      - {name: "${{ inputs.x }}-a"}
      - {name: "${{ inputs.x }}-b-${{ matrix.m }}", matrix: {m: [1, 2, 3], exclude: [{m: 1}, {m: 2}]}}
      - {name: "${{ inputs.x }}-c-${{ matrix.m }}", matrix: {m: [1, 2], include: [{m: 3}, {m: 4}]}}
  - name: none
    jobs: []
  - name: outer
    inputs: {x: {}}
    jobs:
      - {family: {name: inner, inputs: {x: "${{ inputs.x }}-${{ matrix.m }}"}}, matrix: {m: [1, 2, 3]}}
      - {family: {name: none}}
jobs:
  - {family: {name: outer, inputs: {x: "${{ matrix.k }}"}}, matrix: {k: [u, v]}}
  - {name: last}
`,
	}, spec.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	all := newCompiler(set, Options{}, nil)
	result, found := all.compile()
	if found.HasErrors() || len(result.Jobs) != 2*3*(1+1+4)+1 {
		t.Fatalf("%d jobs: %+v", len(result.Jobs), found)
	}
	fits := newCompiler(set, Options{}, nil)
	fits.maxTotal = result.Values
	if _, found := fits.compile(); found.HasErrors() {
		t.Errorf("%+v", found)
	}
	tight := newCompiler(set, Options{}, nil)
	tight.maxTotal = 300
	if result, found := tight.compile(); len(found) != 1 || found[0].Rule != "expansion-limit" || len(result.Jobs) != 0 {
		t.Errorf("%d jobs: %+v", len(result.Jobs), found)
	}
}

// TestUnusedCountsWithoutPlaces checks that templates, fragments and families that nothing uses come
// to as many values without their places, as lint compiles them: the same limit ends both.
func TestUnusedCountsWithoutPlaces(t *testing.T) {
	t.Parallel()
	const steps = `steps: [{module_id: m, name: n, properties: {a: [1, 2, 3], b: {c: d}}}]`
	for what, unused := range map[string]string{
		"template": "templates: [{name: t, " + steps + "}]", "fragment": "fragments: [{name: t, " + steps + "}]",
		"family": "families: [{name: t, jobs: [{name: a, " + steps + "}]}]",
	} {
		set, diags := spec.Load(spec.MapTree{
			"buildsync.yaml":     "version: 1\nregion: eu-west-101\nprojects: {p: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: p\n",
			"definitions/a.yaml": "version: 1\n" + unused + "\n",
		}, spec.Options{})
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		whole, short := newCompiler(set, Options{}, nil), newCompiler(set, Options{NoPlaces: true, NoBodies: true}, nil)
		whole.compile()
		short.compile()
		if whole.total < 5 || whole.total != short.total {
			t.Errorf("%s: %d values with places, %d without", what, whole.total, short.total)
		}
	}
}
