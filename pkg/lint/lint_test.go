package lint_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

func job(name, rest string) string {
	return "  - name: " + name + "\n    arch: x86-64\n    steps: [{sh: {name: Build, inputs: {command: make}}}]\n" + rest
}

func tree(definitions string, lintSection string) spec.MapTree {
	return spec.MapTree{"buildsync.yaml": workspace + lintSection, "defs.yaml": "version: 1\njobs:\n" + definitions}
}

// short lists findings as rule:line:column:severity.
func short(ds spec.Diagnostics) []string {
	list := []string{}
	for _, d := range ds {
		list = append(list, fmt.Sprintf("%s %s %s", d.Range.Start, d.Severity, d.Rule))
	}
	return list
}

func TestConfiguration(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, lint string
		want       []string
	}{
		{"as shipped", "", []string{"defs.yaml:6:13 warning flavor"}},
		{"off", "lint: {rules: {flavor: off}}\n", []string{}},
		{"raised", "lint: {rules: {flavor: error}}\n", []string{"defs.yaml:6:13 error flavor"}},
		{"lowered", "lint: {rules: {flavor: info}}\n", []string{"defs.yaml:6:13 info flavor"}},
		{"off for the file", "lint: {overrides: [{files: \"d*.yaml\", rules: {flavor: off}}]}\n", []string{}},
		{"off for other files", "lint: {overrides: [{files: [\"legacy/**\"], rules: {flavor: off}}]}\n", []string{"defs.yaml:6:13 warning flavor"}},
		{"the later override wins", "lint: {rules: {flavor: off}, overrides: [{files: \"*\", rules: {flavor: info}}, {files: \"defs.*\", rules: {flavor: error}}]}\n", []string{"defs.yaml:6:13 error flavor"}},
		{"a table", "lint: {tables: {flavors: [training]}}\n", []string{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := lintTree(t, tree(job("a", "    flavor: training\n"), c.lint), lint.Options{})
			if diff := cmp.Diff(c.want, short(found)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSuppressions(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, rest string
		want       []string
	}{
		{"end of line", "    flavor: training # buildsync:ignore flavor: ours\n", []string{}},
		{"above", "    # buildsync:ignore flavor: ours\n    flavor: training\n", []string{}},
		{"above, with a comment and a blank line between", "    # buildsync:ignore flavor\n    # the pool\n\n    flavor: training\n", []string{}},
		{"two rules", "    # buildsync:ignore flavor, host-type: ours\n    flavor: training\n", []string{"defs.yaml:6:32 warning unused-suppression"}},
		{"not the line after next", "    # buildsync:ignore flavor: ours\n    host_type: devcloud\n    flavor: training\n", []string{"defs.yaml:6:24 warning unused-suppression", "defs.yaml:8:13 warning flavor"}},
		{"another rule", "    flavor: training # buildsync:ignore arch: ours\n", []string{"defs.yaml:6:13 warning flavor", "defs.yaml:6:41 warning unused-suppression"}},
		{"no rule", "    flavor: training # buildsync:ignore\n", []string{"defs.yaml:6:13 warning flavor", "defs.yaml:6:24 error unknown-rule"}},
		{"an error of loading stays", "    arches: arm # buildsync:ignore unknown-key: why not\n", []string{"defs.yaml:6:5 error unknown-key", "defs.yaml:6:36 warning unused-suppression"}},
		{"not a comment", "    flavor: \"training#buildsync:ignore flavor\"\n", []string{"defs.yaml:6:13 warning flavor"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := lintTree(t, tree(job("a", c.rest), ""), lint.Options{})
			if diff := cmp.Diff(c.want, short(found)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSuppressionsInScripts checks that a comment at a block scalar covers all of it, and one
// inside the script covers its line.
func TestSuppressionsInScripts(t *testing.T) {
	t.Parallel()
	script := "set -e\nrm -r $A\nrm -r $B # buildsync:ignore shell-safety: B is set\n# buildsync:ignore shell-safety: so is C\nrm -r $C \\\n  $D\n"
	inline := strings.ReplaceAll("\n"+strings.TrimSuffix(script, "\n"), "\n", "\n              ") + "\n"
	step := func(comment, command string) string {
		return "  - name: a\n    arch: arm\n    steps:\n      - sh:\n          name: Clean\n          inputs:\n            " + comment + "\n            command: " + command
	}
	files := tree(step("# a comment", "|"+inline), "")
	if diff := cmp.Diff([]string{"defs.yaml:12:21 warning shell-safety"}, short(lintTree(t, files, lint.Options{}))); diff != "" {
		t.Errorf("inline (-want +got):\n%s", diff)
	}
	files = tree(step("# buildsync:ignore shell-safety: all of it", "|"+inline), "")
	if found := lintTree(t, files, lint.Options{}); len(found) != 0 {
		t.Errorf("covered as a whole: %v", short(found))
	}
	files = tree(step("# a comment", `"`+strings.ReplaceAll(strings.ReplaceAll(script, `\`, `\\`), "\n", `\n\`+"\n              ")+`echo"`+"\n"), "")
	if diff := cmp.Diff([]string{"defs.yaml:10:22 info old-form", "defs.yaml:11:21 warning shell-safety"}, short(lintTree(t, files, lint.Options{}))); diff != "" {
		t.Errorf("in quotes (-want +got):\n%s", diff)
	}
	quoted := `"set -e\n\` + "\n              rm -r $A # buildsync:ignore shell-safety: A is set" + `\n\` + "\n              rm -r $B\"\n"
	if diff := cmp.Diff([]string{"defs.yaml:10:22 info old-form", "defs.yaml:12:21 warning shell-safety"}, short(lintTree(t, tree(step("# a comment", quoted), ""), lint.Options{}))); diff != "" {
		t.Errorf("the last line in quotes (-want +got):\n%s", diff)
	}
	files = tree(step("# a comment", "{$file: clean.sh}\n"), "")
	files["clean.sh"] = script
	if diff := cmp.Diff([]string{"clean.sh:2:7 warning shell-safety"}, short(lintTree(t, files, lint.Options{}))); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}

func TestBaseline(t *testing.T) {
	t.Parallel()
	old := lintTree(t, tree(job("a", "    flavor: training\n"), ""), lint.Options{})
	text := lint.NewBaseline(old).Encode()
	baseline, err := lint.ReadBaseline(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), string(baseline.Encode())); diff != "" {
		t.Errorf("read and written (-want +got):\n%s", diff)
	}
	moved := tree("  # moved\n"+job("a", "    host_type: devcloud\n    flavor: training\n")+job("b", "    flavor: training\n"), "")
	found := lintTree(t, moved, lint.Options{Baseline: baseline})
	if diff := cmp.Diff([]string{"defs.yaml:12:13 warning flavor"}, short(found)); diff != "" {
		t.Errorf("findings beyond the baseline (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "[]", `{"version": 2}`, `{"version": 1, "findings": [{"rule": "x"}]}`, `{"version": 1} x`} {
		if _, err := lint.ReadBaseline([]byte(bad)); err == nil {
			t.Errorf("ReadBaseline(%q) has no error", bad)
		}
	}
	for name, line := range map[string]string{
		"loading": "    arches: arm\n", "schema": "    host_type: [a]\n", "compiling": "    template: {name: nowhere}\n",
	} {
		hard := lintTree(t, tree(job("a", line), ""), lint.Options{})
		again := lintTree(t, tree(job("a", line), ""), lint.Options{Baseline: lint.NewBaseline(hard)})
		if diff := cmp.Diff(errorsOf(hard), errorsOf(again)); diff != "" || len(errorsOf(hard)) == 0 {
			t.Errorf("errors of %s with a baseline (-want +got):\n%s", name, diff)
		}
	}
}

func errorsOf(ds spec.Diagnostics) []string {
	return short(slices.DeleteFunc(slices.Clone(ds), func(d spec.Diagnostic) bool { return d.Severity != spec.Error }))
}

// changesOf returns a change of lines that are known beforehand.
func changesOf(byFile map[string][]lint.Lines) lint.Changes {
	return func(file string) ([]lint.Lines, bool) {
		lines, touched := byFile[file]
		return lines, touched
	}
}

func TestChangesAndOnly(t *testing.T) {
	t.Parallel()
	files := tree(job("a", "    flavor: training\n")+job("b", "    flavor: training\n"), "")
	files["more.yaml"] = "version: 1\njobs:\n" + job("b", "")
	cases := []struct {
		name string
		opts lint.Options
		want []string
	}{
		{"all", lint.Options{}, []string{"defs.yaml:6:13 warning flavor", "defs.yaml:10:13 warning flavor", "more.yaml:3:11 error duplicate-job"}},
		{"a line", lint.Options{Changed: changesOf(map[string][]lint.Lines{"defs.yaml": {{First: 9, Last: 11}}})}, []string{"defs.yaml:10:13 warning flavor"}},
		{"a related line", lint.Options{Changed: changesOf(map[string][]lint.Lines{"defs.yaml": {{First: 7, Last: 7}}})}, []string{"more.yaml:3:11 error duplicate-job"}},
		{"a new file", lint.Options{Changed: changesOf(map[string][]lint.Lines{"more.yaml": nil})}, []string{"more.yaml:3:11 error duplicate-job"}},
		{"nothing", lint.Options{Changed: changesOf(map[string][]lint.Lines{})}, []string{}},
		{"one file", lint.Options{Only: func(file string) bool { return file == "more.yaml" }}, []string{"more.yaml:3:11 error duplicate-job"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, short(lintTree(t, files, c.opts))); diff != "" {
				t.Errorf("Run (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, short(lint.Check(files, "", c.opts))); diff != "" {
				t.Errorf("Check (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNextRuns(t *testing.T) {
	t.Parallel()
	files := tree(job("a", "    triggers: [{cron: \"53 15 * * 1-5\", timezone: Asia/Shanghai}, {cron: \"0 6 * * 5-7\"}]\n"), "")
	now := time.Date(2026, time.January, 2, 8, 0, 0, 0, time.UTC) // a Friday
	found := lintTree(t, files, lint.Options{Now: now})
	want := []string{
		"the next runs are Mon 2026-01-05 15:53 CST, Tue 2026-01-06 15:53 CST, Wed 2026-01-07 15:53 CST",
		"the next runs are Sat 2026-01-03 06:00 UTC, Sun 2026-01-04 06:00 UTC, Fri 2026-01-09 06:00 UTC",
	}
	var have []string
	for _, d := range found {
		if d.Rule == "cron" && d.Severity == spec.Info && d.Hint == "" {
			have = append(have, d.Message)
		}
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("next runs (-want +got):\n%s", diff)
	}
	if found := lintTree(t, files, lint.Options{}); len(found) != 0 {
		t.Errorf("without a clock: %v", short(found))
	}
}

// memoryStore counts its hits.
type memoryStore struct {
	entries map[string][]byte
	saves   int
}

func (s *memoryStore) Load(key string) ([]byte, bool) { e, ok := s.entries[key]; return e, ok }
func (s *memoryStore) Save(key string, entry []byte) error {
	s.saves++
	s.entries[key] = entry
	return nil
}

func TestCache(t *testing.T) {
	t.Parallel()
	files := tree(strings.Replace(job("a", "    flavor: ${{ vars.size }}\n"), "command: make", "command: {$file: build.sh}", 1), "vars: {size: training}\n")
	files["build.sh"] = "set -e\nmake\n"
	for _, store := range []lint.Store{&memoryStore{entries: map[string][]byte{}}, lint.DirStore{Dir: t.TempDir() + "/cache"}} {
		run := func(version string, opts lint.Options) spec.Diagnostics {
			t.Helper()
			found, err := lint.CheckCached(files, "", opts, store, version)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(lint.Check(files, "", opts), found); diff != "" {
				t.Errorf("cached findings (-want +got):\n%s", diff)
			}
			return found
		}
		cold := run("1", lint.Options{})
		if len(cold) != 1 {
			t.Fatalf("findings: %v", short(cold))
		}
		run("1", lint.Options{})
		run("1", lint.Options{Only: func(string) bool { return false }})
		run("1", lint.Options{})
		if counting, ok := store.(*memoryStore); ok && counting.saves != 1 {
			t.Errorf("%d runs were stored; the last three had nothing new", counting.saves)
		}
		run("2", lint.Options{})
		run("1", lint.Options{Vars: map[string]string{"size": "4u8g"}})
		script := files["build.sh"]
		files["build.sh"] = "if\n"
		if len(run("1", lint.Options{})) != 2 {
			t.Error("a changed script is not seen")
		}
		files["build.sh"] = script
		files["new.yaml"] = "version: 1\njobs:\n" + job("a", "")
		if len(run("1", lint.Options{})) != 2 {
			t.Error("a new file is not seen")
		}
		delete(files, "new.yaml")
	}
}

func TestFixKeepsEveryOtherByte(t *testing.T) {
	t.Parallel()
	source := "\ufeffversion: 1\r\njobs:\r\n  # 订单\r\n  - name: a   # kept\r\n    arch: x86-64\r\n    steps: []\r\n    parameters:\r\n      -   {name: 订单, default:   3.10}\r\n      - {name: b, default: on }\r\n"
	files := spec.MapTree{"buildsync.yaml": workspace, "defs.yaml": source}
	found := lintTree(t, files, lint.Options{})
	fixed, mended := lint.Fix("defs.yaml", []byte(source), found, lint.SafeFixes)
	want := strings.NewReplacer("3.10}", `"3.10"}`, "on }", `"on" }`).Replace(source)
	if diff := cmp.Diff(want, string(fixed)); diff != "" || len(mended) != 2 {
		t.Errorf("%d mended (-want +got):\n%s", len(mended), diff)
	}
}

func TestFixTakesOneOfTwoThatOverlap(t *testing.T) {
	t.Parallel()
	edit := func(start, end int, text string) spec.Edit {
		return spec.Edit{File: "f", Start: start, End: end, New: text}
	}
	ds := spec.Diagnostics{
		{Rule: "a", Fixes: []spec.Fix{{Edits: []spec.Edit{edit(0, 2, "AB"), edit(6, 7, "G")}}}},
		{Rule: "b", Fixes: []spec.Fix{{Edits: []spec.Edit{edit(1, 3, "xx")}}}},
		{Rule: "c", Fixes: []spec.Fix{{Unsafe: true, Edits: []spec.Edit{edit(4, 5, "E")}}}},
		{Rule: "d", Fixes: []spec.Fix{{Edits: []spec.Edit{edit(4, 400, "")}}}},
		{Rule: "e", Fixes: []spec.Fix{{Edits: []spec.Edit{{File: "other", Start: 4, End: 5}}}}},
	}
	fixed, mended := lint.Fix("f", []byte("abcdefgh"), ds, lint.SafeFixes)
	if string(fixed) != "ABcdefGh" || len(mended) != 1 {
		t.Errorf("safe fixes make %q of %d findings", fixed, len(mended))
	}
	if fixed, _ := lint.Fix("f", []byte("abcdefgh"), ds, lint.AllFixes); string(fixed) != "ABcdEfGh" {
		t.Errorf("all fixes make %q", fixed)
	}
}

// TestCheckFindsWhatRunFinds checks that Check, batch by batch, finds the same as Run with
// everything in memory.
func TestCheckFindsWhatRunFinds(t *testing.T) {
	t.Parallel()
	parts := []string{
		job("a", "    flavor: training\n"), job("b", "    renamed_from: [a]\n"), job("a", ""), job("0rder", ""), job("Order", ""),
		"  - {name: t1, arch: arm, template: {name: shared}}\n", "  - {name: t2, arch: arm, template: {name: missing}, parameters: [{name: extra, default: x}]}\n",
		"  - {name: t3, arch: arm, template: {name: shared}, parameters: [{name: extra, default: x}]}\n", "  - {name: m-${{ matrix.n }}, arch: arm, matrix: {n: [1, 2]}, steps: []}\n",
	}
	template := "templates:\n  - name: shared\n    parameters: [{name: unused, default: x}]\n    steps: [{sh: {name: Build, inputs: {command: \"make ${extra}\"}}}]\n"
	rapid.Check(t, func(t *rapid.T) {
		files := spec.MapTree{"buildsync.yaml": workspace}
		for i := range rapid.IntRange(1, 6).Draw(t, "files") {
			text := "version: 1\n"
			if rapid.IntRange(0, 3).Draw(t, "template") == 0 {
				text += template
			}
			chosen := rapid.SliceOfN(rapid.SampledFrom(parts), 1, 4).Draw(t, "jobs")
			files[fmt.Sprintf("f%d.yaml", i)] = text + "jobs:\n" + strings.Join(chosen, "")
		}
		want := findings(lintAll(files))
		have := findings(lint.Check(files, "", lint.Options{}))
		if diff := cmp.Diff(want, have); diff != "" {
			t.Fatalf("Check (-Run +Check):\n%s", diff)
		}
	})
}

// findings returns the places, rules and messages, without which of several jobs of
// one name was met first.
func findings(ds spec.Diagnostics) []string {
	list := []string{}
	for _, d := range ds {
		if d.Rule != "duplicate-job" && d.Rule != "duplicate-template" {
			list = append(list, fmt.Sprint(d.Range.Start, d.Rule, d.Message))
		}
	}
	slices.Sort(list)
	return list
}

// FuzzCheck looks for input on which a rule panics, or whose fixes cannot be
// applied.
func FuzzCheck(f *testing.F) {
	for _, rule := range lint.Rules() {
		if example, ok := lint.ExampleOf(rule.Name); ok {
			f.Add(example.Wrong[len(example.Wrong)-1].Text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		files := spec.MapTree{"buildsync.yaml": workspace, "defs.yaml": text}
		found := lint.Check(files, "", lint.Options{})
		for _, d := range found {
			for _, fix := range d.Fixes {
				for _, e := range fix.Edits {
					if e.File == "defs.yaml" && (e.Start < 0 || e.End < e.Start || e.End > len(text)) {
						t.Fatalf("%s: a fix edits %d to %d of %d bytes", d.Rule, e.Start, e.End, len(text))
					}
				}
			}
			if d.Range.End.Compare(d.Range.Start) < 0 && d.Range.End.File != "" {
				t.Fatalf("%s: the range ends before it starts: %v", d.Rule, d.Range)
			}
		}
		lint.Fix("defs.yaml", []byte(text), found, lint.AllFixes)
	})
}

// TestBaselineIsVisible checks that hidden characters of a pointer are visible in a baseline,
// because people review it.
func TestBaselineIsVisible(t *testing.T) {
	t.Parallel()
	ds := spec.Diagnostics{{Rule: "look-alike-name", Severity: spec.Warning, Pointer: "templates[ja\u200bva\U000e0041订单].name"}}
	text := lint.NewBaseline(ds).Encode()
	if !strings.Contains(string(text), `templates[ja\u200bva\udb40\udc41订单].name`) {
		t.Errorf("the baseline is %s", text)
	}
	baseline, err := lint.ReadBaseline(text)
	if err != nil {
		t.Fatal(err)
	}
	if left := baseline.Filter(ds); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestCronFields checks the messages about malformed fields: they name the field, in our own words.
func TestCronFields(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"x 2 * * *": `"x" is not a valid minute`, "*/x 2 * * *": `"*/x" is not a valid minute`, "1-x 2 * * *": `"1-x" is not a valid minute`,
		"1#1 2 * * *": `"1#1" is not a valid minute`, "1,,2 2 * * *": `"1,,2" is not a valid minute`, "0 2 L * *": `"L" is not a valid day of the month`,
		"0 2 * foo *": `"foo" is not a valid month`, "0 2 * * ?": "has no ?", "? 2 * * 1": "has no ?", "5-1 2 * * *": "is not a valid cron expression",
		"0 2 * jan-mar MON,fri": "", "*/5 1-3,7 1/2 * 1-5/2": "", "0 2 * * 7": "",
	} {
		found := slices.DeleteFunc(lint.Check(tree(job("a", "    triggers: [{cron: \""+expression+"\", timezone: UTC}]\n"), ""), "", lint.Options{}),
			func(d spec.Diagnostic) bool { return d.Rule != "cron" })
		switch {
		case want == "" && len(found) > 0:
			t.Errorf("%s: %v", expression, found)
		case want != "" && (len(found) != 1 || found[0].Severity != spec.Error || !strings.Contains(found[0].Message, want) || strings.Contains(found[0].Message+found[0].Hint, "strconv")):
			t.Errorf("%s, want %s: %v", expression, want, found)
		}
	}
}

// TestFormerNames checks that the former name of a rule still works in the configuration, in a
// suppression and in a baseline.
func TestFormerNames(t *testing.T) {
	t.Parallel()
	for _, section := range []string{"", "lint: {rules: {unknown-project: error}}\n"} {
		files := tree(job("a", "    project: nowhere # buildsync:ignore unknown-project: later\n"), section)
		found := lint.Check(files, "", lint.Options{Baseline: lint.NewBaseline(nil)})
		if want := []string{"defs.yaml:6:14 error project-unknown"}; !slices.Equal(errorsOf(found), want) {
			t.Errorf("%q: errors %q, want %q", section, errorsOf(found), want)
		}
	}
	if rule, known := lint.RuleByName("unknown-project"); !known || rule.Name != "project-unknown" {
		t.Errorf("the rule is %q, %t", rule.Name, known)
	}
	if _, err := lint.ReadBaseline([]byte(`{"version": 1, "findings": [{"file": "defs.yaml", "rule": "unknown-project", "pointer": "default_project", "count": 1}]}`)); err != nil {
		t.Error(err)
	}
}

// TestZonesAreSuggested checks that the words people write for a time zone lead to its name.
func TestZonesAreSuggested(t *testing.T) {
	t.Parallel()
	for name, words := range map[string][]string{
		"Asia/Shanghai":   {"CST", "cst", "GMT+8", "utc+8", "UTC+08:00", "GMT+08:00", "+08:00", "Beijing", "Asia/Beijing", "shanghai", "Asia/Shangai", "asia/shanghai"},
		"Asia/Tokyo":      {"JST", "Asia/Tokio"},
		"Europe/Berlin":   {"CET", "Europe/Berln"},
		"UTC":             {"Z", "utc"},
		"nothing like it": {"Mars/Olympus_Mons", "Local"},
	} {
		for _, word := range words {
			found := slices.DeleteFunc(lint.Check(tree(job("a", "    triggers: [{cron: \"0 2 * * *\", timezone: \""+word+"\"}]\n"), ""), "", lint.Options{}),
				func(d spec.Diagnostic) bool { return d.Rule != "cron" })
			want := `did you mean "` + name + `"?`
			if name == "nothing like it" {
				want = "write a name of the time-zone database, such as Asia/Shanghai"
			}
			if len(found) != 1 || found[0].Severity != spec.Error || found[0].Hint != want {
				t.Errorf("%s, want %s: %+v", word, want, found)
			}
		}
	}
}
