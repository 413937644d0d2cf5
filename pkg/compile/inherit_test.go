package compile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestReferencesAreMerged checks that a mapping is merged with that of defaults.job, and dropped
// from it, also if it comes from a reference.
func TestReferencesAreMerged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ vars, defaults, job, want string }{
		"the job refers":            {"v: {b: 2}", "{labels: {a: 1}}", "labels: '${{ vars.v }}'", "labels map[a:1 b:2]"},
		"the defaults refer":        {"v: {a: 1}", "{labels: '${{ vars.v }}'}", "labels: {b: 2}", "labels map[a:1 b:2]"},
		"both refer":                {"v: {a: 1}, w: {b: 2}", "{labels: '${{ vars.v }}'}", "labels: '${{ vars.w }}'", "labels map[a:1 b:2]"},
		"a reference to one":        {"u: {b: 2}, v: '${{ vars.u }}'", "{labels: {a: 1}}", "labels: '${{ vars.v }}'", "labels map[a:1 b:2]"},
		"the name, beside it":       {"v: {b: 2}", "{labels: {a: '${{ job.name }}'}}", "labels: '${{ vars.v }}'", "labels map[a:j b:2]"},
		"an escaped reference":      {"v: {b: '$${{ x }}'}", "{labels: {a: 1}}", "labels: '${{ vars.v }}'", "labels map[a:1 b:${{ x }}]"},
		"an escaped dollar":         {"v: {b: '$$${{ x }}'}", "{labels: {a: 1}}", "labels: '${{ vars.v }}'", "labels map[a:1 b:$${{ x }}]"},
		"a null in it":              {"v: {a: null}", "{labels: {a: 1, b: 2}}", "labels: '${{ vars.v }}'", "labels map[b:2]"},
		"a null":                    {"v: null", "{labels: {a: 1}}", "labels: '${{ vars.v }}'", "labels map[]"},
		"deep":                      {"v: {b: 2}", "{extra: {x: {a: 1}}}", "extra: {x: '${{ vars.v }}'}", `x {"a":1,"b":2}`},
		"deep, in a reference":      {"v: {x: {b: 2}}", "{extra: {x: {a: 1}}}", "extra: '${{ vars.v }}'", `x {"a":1,"b":2}`},
		"a key like an include":     {"v: 1", "{extra: {x: {$$file: 1}}}", "extra: {x: {a: 2}}", `x {"$file":1,"a":2}`},
		"such a key over others":    {"v: 1", "{extra: {x: {a: 2}}}", "extra: {x: {$$file: 1}}", `x {"a":2,"$file":1}`},
		"such a key over itself":    {"v: 1", "{extra: {x: {$$file: 1}}}", "extra: {x: {$$file: 2}}", `x {"$file":2}`},
		"such a key over nothing":   {"v: 1", "{extra: {x: {}}}", "extra: {x: {$$file: 1}}", `x {"$file":1}`},
		"nothing over such a key":   {"v: 1", "{extra: {x: {$$file: 1}}}", "extra: {x: {}}", `x {"$file":1}`},
		"channels":                  {"v: {MAIL: [buildJobFail]}", "{notifications: {MESSAGE: []}}", "notifications: '${{ vars.v }}'", "notices MAIL MESSAGE"},
		"channels of the defaults":  {"v: {MAIL: [buildJobFail]}", "{notifications: '${{ vars.v }}'}", "notifications: {MESSAGE: []}", "notices MAIL MESSAGE"},
		"without a label":           {"v: {a: 1, b: 2}", "{labels: '${{ vars.v }}'}", "without: [labels.a]", "labels map[b:2]"},
		"without a channel":         {"v: {MAIL: [buildJobFail], MESSAGE: []}", "{notifications: '${{ vars.v }}'}", "without: [notifications.MAIL]", "notices MESSAGE"},
		"without a parameter":       {"v: [{name: p}, {name: q}]", "{parameters: '${{ vars.v }}'}", "without: ['parameters.p']", "parameters 1"},
		"a commit trigger":          {"v: true", "{on_commit: '${{ vars.v }}'}", "build_if_code_updated: false", "build_if_code_updated false"},
		"a value of the wrong type": {"v: {b: [1]}", "{labels: {a: 1}}", "labels: '${{ vars.v }}'", "error definitions/a.yaml"},
		"an unknown variable":       {"v: 1", "{labels: {a: 1}}", "labels: '${{ vars.w }}'", "error definitions/a.yaml"},
		"a text for a mapping":      {"v: 1", "{labels: {a: 1}}", "labels: '${{ vars.v }}'", "error definitions/a.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, found := loadWhole(spec.MapTree{
				"buildsync.yaml":     workspace + "vars: {" + test.vars + "}\ndefaults: {job: " + test.defaults + "}\n",
				"definitions/a.yaml": "version: 1\njobs: [{name: j, arch: arm, steps: [], " + test.job + "}]\n",
			}, compile.Options{})
			kind, want, _ := strings.Cut(test.want, " ")
			if kind == "error" {
				if len(found) != 1 || !strings.Contains(describe(found), want) {
					t.Errorf("findings: %s", describe(found))
				}
				return
			}
			if len(found) > 0 {
				t.Fatal(describe(found))
			}
			job := result.Jobs[0]
			have := ""
			switch kind {
			case "labels":
				have = fmt.Sprint(job.Labels)
			case "notices":
				for _, notice := range job.Notices {
					have = strings.TrimSpace(have + " " + notice.Type)
				}
			case "parameters":
				have = fmt.Sprint(job.Body().Get("parameters").Len())
			default:
				have = string(job.Body().Get(kind).AppendJSON(nil))
			}
			if have != want {
				t.Errorf("%s is %s, want %s", kind, have, want)
			}
		})
	}
}

// TestEnvironmentsMergeNoReference checks that an environment cannot put a reference over a
// mapping. Environments are merged before references are resolved.
func TestEnvironmentsMergeNoReference(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ base, over string }{
		{"{a: 1}", "'${{ vars.v }}'"},
		{"'${{ vars.v }}'", "{a: 1}"},
		{"'${{ vars.v }}'", "'${{ vars.w }}'"},
	} {
		_, found := spec.Load(spec.MapTree{
			"buildsync.yaml": workspace + "vars: {v: {b: 2}, w: {c: 3}}\ndefaults: {job: {labels: " + test.base + "}}\n" +
				"environments: {prod: {defaults: {job: {labels: " + test.over + "}}}}\n",
			"definitions/a.yaml": "version: 1\njobs: [{name: j, arch: arm, steps: []}]\n",
		}, spec.Options{Environment: "prod"})
		if len(found) != 1 || len(found[0].Related) != 1 || !strings.Contains(found[0].Message, "merge a reference with a mapping") {
			t.Errorf("%s under %s: %s", test.base, test.over, describe(found))
		}
	}
}

// TestAKeyByReferenceRepeatsADefault refuses a key that a reference makes equal to one of the
// defaults, and shows both.
func TestAKeyByReferenceRepeatsADefault(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"{foo: x}", "{'${{ vars.k }}': x, other: z}"} {
		other := "'${{ vars.k }}'"
		if place != "{foo: x}" {
			other = "foo"
		}
		set, found := spec.Load(spec.MapTree{
			"buildsync.yaml":     workspace + "vars: {k: foo}\ndefaults: {job: {extra: " + place + "}}\n",
			"definitions/a.yaml": "version: 1\njobs: [{name: j, arch: arm, extra: {" + other + ": y}, steps: []}]\n",
		}, spec.Options{})
		if len(found) > 0 {
			t.Fatal(describe(found))
		}
		_, found = compile.Compile(set, compile.Options{})
		if len(found) != 1 || found[0].Rule != "duplicate-key" || len(found[0].Related) != 1 || found[0].Range.Start.File == found[0].Related[0].Range.Start.File {
			t.Errorf("%s under %s: %s", other, place, describe(found))
		}
	}
}

// TestEnvironmentsMergeKeysLikeAnInclude checks that a lone $$file stays the key $file where an
// environment adds further keys.
func TestEnvironmentsMergeKeysLikeAnInclude(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ base, over, want string }{
		{"{$$file: 1}", "{a: 2}", `{"$file":1,"a":2}`},
		{"{a: 2}", "{$$file: 1}", `{"a":2,"$file":1}`},
		{"{$$file: 1}", "{$$file: 2}", `{"$file":2}`},
		{"{}", "{$$file: 1}", `{"$file":1}`},
		{"{$$file: 1}", "{}", `{"$file":1}`},
	} {
		set, found := spec.Load(spec.MapTree{
			"buildsync.yaml": workspace + "defaults: {job: {extra: {x: " + test.base + "}}}\n" +
				"environments: {prod: {defaults: {job: {extra: {x: " + test.over + "}}}}}\n",
			"definitions/a.yaml": "version: 1\njobs: [{name: j, arch: arm, steps: []}]\n",
		}, spec.Options{Environment: "prod"})
		if len(found) > 0 {
			t.Fatal(describe(found))
		}
		result, found := compile.Compile(set, compile.Options{})
		if len(found) > 0 {
			t.Fatal(describe(found))
		}
		if have := string(result.Jobs[0].Body().Get("x").AppendJSON(nil)); have != test.want {
			t.Errorf("%s over %s is %s", test.over, test.base, have)
		}
	}
}
