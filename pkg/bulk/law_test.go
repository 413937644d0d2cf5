package bulk_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// failing is the common part of a test and a property test.
type failing interface {
	Helper()
	Fatalf(format string, args ...any)
}

func load(t failing, files spec.MapTree) *compile.Loaded {
	t.Helper()
	loaded, found := compile.Load(files, "", compile.Options{Keep: true})
	if found.HasErrors() {
		t.Fatalf("%v\n%s\n%s", found, files[spec.WorkspaceFile], files["jobs.yaml"])
	}
	return loaded
}

func with(files spec.MapTree, edited map[string][]byte) spec.MapTree {
	after := maps.Clone(files)
	for name, text := range edited {
		after[name] = string(text)
	}
	return after
}

// values lists the compiled values of a workspace, by job and path.
func values(w *compile.Loaded) map[string]string {
	all := map[string]string{}
	for _, job := range w.Result.Jobs {
		for _, v := range bulk.OfJob(job).Values {
			if v.Value.Len() == 0 {
				all[job.Name+" "+v.Path] = bulk.Text(v.Path, v.Value)
			}
		}
	}
	return all
}

// randomWorkspace makes a workspace of templates, fragments, families, inputs,
// variables, defaults, matrices, anchors, merge keys, flow style and comments.
func randomWorkspace(t *rapid.T) spec.MapTree {
	pick := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
	var out strings.Builder
	out.WriteString("# definitions\nversion: 1\ntemplates:\n  - name: t\n    inputs:\n      img: {default: maven3.5.3-jdk8-open}\n    steps:\n")
	out.WriteString("      # builds\n      - maven:\n          name: Build\n          image: " +
		pick("image", "maven3.5.3-jdk8-open", "${{ inputs.img }}", `"${{ vars.img }}" # from vars`, "'maven3.9.9-jdk17'") + "\n")
	out.WriteString("          inputs: {command: mvn package}\n" + pick("in the template", "", "      - use: scan\n"))
	out.WriteString("fragments:\n  - name: scan\n    inputs: {level: {default: low}}\n    steps:\n      - sh: # finds holes\n          name: Scan\n          image: " +
		pick("scan image", "maven3.5.3-jdk8-open", `"${{ vars.img }}"`) + "\n          inputs: {command: \"scan ${{ inputs.level }} ${p}\"}\n")
	out.WriteString("families:\n  - name: pair\n    inputs:\n      s: {}\n      size: {default: 2u8g} # small\n    jobs:\n" +
		"      - name: job9-${{ inputs.s }}-a\n        flavor: " + pick("size", "2u8g # fixed", "${{ inputs.size }}") + "\n        template: {name: t}\n" +
		"      - name: job9-${{ inputs.s }}-b\n        labels: {team: shop}\n        parameters: [{name: p, default: x}]\n        steps:\n          - use: scan\n            inputs: {level: \"${{ inputs.s }}\"}\n" +
		"          - sh: {name: After, inputs: {command: 'echo ${p} $p'}}\njobs:\n")
	if rapid.Bool().Draw(t, "a family") {
		out.WriteString("  - family: {name: pair, inputs: {s: one}} # a family\n  - family:\n      name: pair\n      inputs:\n        s: two\n        size: " + pick("its size", "2u8g", "${{ vars.flavor }}") + " # of two\n")
	}
	n := rapid.IntRange(1, 6).Draw(t, "jobs")
	for i := range n {
		flavor := pick("flavor", "", "    flavor: 2u8g # small\n", "    flavor: ${{ vars.flavor }}\n", "    flavor: &f"+fmt.Sprint(i)+" 4u8g\n")
		extra := pick("extra", "", "    notifications: {MAIL: [buildJobFail]}\n", "    notifications:\n      MAIL:\n        - buildJobFail # red\n", "    timeout: 2h\n")
		switch pick("kind", "template", "own", "matrix", "flow", "merge", "fragment") {
		case "fragment":
			fmt.Fprintf(&out, "  - name: job%d # scanned\n%s    parameters:\n      - {name: p, default: y} # given\n    steps:\n      - use: scan\n%s      - sh: {name: After, inputs: {command: \"run ${p}\"}}\n%s",
				i, flavor, pick("level", "", "        inputs: {level: high}\n"), extra)
		case "template":
			fmt.Fprintf(&out, "  - name: job%d\n    template: {name: t%s}\n%s%s", i, pick("input", "", ", inputs: {img: maven3.5.3-jdk8-open}"), flavor, extra)
		case "own":
			fmt.Fprintf(&out, "\n  # own steps\n  - name: job%d\n%s    steps:\n      - maven: {name: Build, image: %s, inputs: {command: make}}\n      - sh:\n          name: After\n          image: shell4.2.46-git1.8.3-zip6.00\n%s",
				i, flavor, pick("image", "maven3.5.3-jdk8-open", `"${{ vars.img }}"`), extra)
		case "matrix":
			fmt.Fprintf(&out, "  - name: job%d-${{ matrix.m }}\n    matrix: {m: [a, b]}\n    template: {name: t}\n%s%s", i, flavor, extra)
		case "flow":
			fmt.Fprintf(&out, "  - {name: job%d, arch: arm, template: {name: t}} # flow\n", i)
		case "merge":
			fmt.Fprintf(&out, "  - name: base%d\n    template: &u%d {name: t}\n%s  - name: job%d\n    template: *u%d\n%s", i, i, flavor, i, i, extra)
		}
	}
	workspace := "version: 1\ndefinitions: [jobs.yaml]\nprojects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\ndefault_project: shop\n" +
		"vars:\n  img: maven3.5.3-jdk8-open # the image\n  flavor: 2u8g\n" + pick("defaults", "defaults: {job: {arch: x86-64}}\n", "defaults:\n  job:\n    arch: x86-64 # all\n    timeout: 1h\n    flavor: 1u2g\n")
	return spec.MapTree{spec.WorkspaceFile: workspace, "jobs.yaml": out.String()}
}

// TestSetChangesExactlyTheChosenValues checks that set changes the chosen values of the chosen jobs
// and nothing else, and that a second run changes nothing. Lines without an edit keep their bytes.
func TestSetChangesExactlyTheChosenValues(t *testing.T) {
	t.Parallel()
	done := 0
	rapid.Check(t, func(t *rapid.T) {
		files := randomWorkspace(t)
		w := load(t, files)
		change := rapid.SampledFrom([]struct{ path, value, where string }{
			{"steps[*].image", "maven3.9.6-jdk21", "steps[*].image=maven3.5*"},
			{"steps[Build].image", "maven3.9.6-jdk21", ""},
			{"flavor", "8u16g", ""},
			{"flavor", "8u16g", "flavor=2u8g"},
			{"arch", "arm", ""},
			{"timeout", "5h", ""},
			{"enabled", "false", ""},
			{"notifications.MAIL", "[buildJobFail]", ""},
			{"steps[*].command", "set -e\nmvn verify\n", "steps[*].command=mvn*"},
			{"steps[Build].enable", "false", ""},
			{"steps[Scan].image", "maven3.9.6-jdk21", ""},
			{"steps[Scan].command", "scan all", "steps[Scan].command=scan high*"},
			{"labels.team", "pay", ""},
			{"owner", "team-a", ""},
		}).Draw(t, "change")
		only := rapid.SampledFrom([]string{"*", "job0*", "job*", "*-a", "job[01]*", "job9-one-*"}).Draw(t, "only")
		path, err := valuepath.Parse(change.path)
		if err != nil {
			t.Fatal(err)
		}
		r := bulk.Request{Path: path, Value: change.value, All: rapid.Bool().Draw(t, "all"), Override: rapid.Bool().Draw(t, "override"),
			Selects: func(o *bulk.Object) bool { return only == "*" || valuepath.Glob(only, o.Name) }}
		if change.where != "" {
			c, err := bulk.ParseCondition(change.where)
			if err != nil {
				t.Fatal(err)
			}
			r.Where = []bulk.Condition{c}
		}
		result, err := bulk.Set(w, r)
		if err != nil {
			return // refused: nothing was written
		}
		after := load(t, with(files, result.Files))
		have, want := values(after), values(w)
		for key, text := range have {
			name, at, _ := strings.Cut(key, " ")
			same := want[key] == text
			isTarget := path.Covers(valuepath.Own(at)) || valuepath.Own(at).Covers(path)
			if !same && r.All && text == change.value {
				continue // taken along: the place feeds this value too
			}
			if !same && (!isTarget || !r.All && only != "*" && !valuepath.Glob(only, name)) {
				t.Fatalf("%s changed from %q to %q\n%s", key, want[key], text, result.Files["jobs.yaml"])
			}
			chosen := path.Covers(valuepath.Own(at)) && change.where == "" && (only == "*" || valuepath.Glob(only, name))
			if chosen && change.path != "timeout" && !strings.HasPrefix(change.value, "[") && text != change.value {
				t.Fatalf("%s was chosen and is %q, not %q\n%s", key, text, change.value, result.Files["jobs.yaml"])
			}
		}
		for key := range want {
			if _, there := have[key]; !there && !path.Covers(valuepath.Own(key[strings.IndexByte(key, ' ')+1:])) {
				t.Fatalf("%s is gone", key)
			}
		}
		again, err := bulk.Set(after, r)
		if err != nil || len(again.Files) != 0 {
			t.Fatalf("a second set: %v, %d files", err, len(again.Files))
		}
		for name, text := range result.Files {
			keptLines(t, files[name], string(text), len(result.Places))
		}
		if len(result.Files) > 0 {
			done++
		}
	})
	if done == 0 {
		t.Error("no set was carried out: the law says nothing")
	}
}

// keptLines checks that at most one line per edit is gone, or several if an edited value covers
// several lines.
func keptLines(t *rapid.T, before, after string, edits int) {
	left := strings.Split(after, "\n")
	gone := 0
	for _, line := range strings.Split(before, "\n") {
		if i := slices.Index(left, line); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			gone++
		}
	}
	if gone > 2*edits {
		t.Fatalf("%d edits took %d lines away:\n%s\nof\n%s", edits, gone, after, before)
	}
	for _, line := range strings.Split(before, "\n") {
		if i := strings.Index(line, "#"); i >= 0 && !strings.Contains(after, line[i:]) {
			t.Fatalf("the comment %q is gone:\n%s", line[i:], after)
		}
	}
}

// orderedLines checks that the lines which stay keep their order: only so many are
// gone, and only so many are new.
func orderedLines(t *rapid.T, before, after string, edits int) {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for k := len(b) - 1; k >= 0; k-- {
			common[i][k] = max(common[i+1][k], common[i][k+1])
			if a[i] == b[k] {
				common[i][k] = common[i+1][k+1] + 1
			}
		}
	}
	if gone := len(a) - common[0][0]; gone > 8*edits {
		t.Fatalf("%d edits took %d lines away:\n%s\nof\n%s", edits, gone, after, before)
	}
}

// TestBulkChangesTouchNothingElse checks that --delete, --append-step and the renames change only
// their places in the chosen jobs. Lines without an edit keep their bytes and order.
func TestBulkChangesTouchNothingElse(t *testing.T) {
	t.Parallel()
	done := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		files := randomWorkspace(t)
		w := load(t, files)
		only := rapid.SampledFrom([]string{"*", "job0*", "job*", "*-a", "job9-*", "job9-one-*", "*-b"}).Draw(t, "only")
		r := bulk.Request{All: rapid.Bool().Draw(t, "all"), Selects: func(o *bulk.Object) bool { return valuepath.Glob(only, o.Name) }}
		op := rapid.SampledFrom([]string{"delete", "append", "parameter", "job"}).Draw(t, "op")
		var result *bulk.Result
		var err error
		var about func(job, path string) bool // a path that may change
		renamed := func(job string) string { return job }
		text := func(s string) string { return s }
		switch op {
		case "delete":
			path := rapid.SampledFrom([]string{"timeout", "flavor", "notifications.MAIL", "steps[After]", "steps[Scan]", "labels.team", "parameters[p]"}).Draw(t, "path")
			if r.Path, err = valuepath.Parse(path); err != nil {
				t.Fatal(err)
			}
			r.Delete = true
			about = func(job, at string) bool {
				own := valuepath.Own(at)
				return (r.Path.Covers(own) || own.Covers(r.Path)) && (r.All || valuepath.Glob(only, job))
			}
			result, err = bulk.Set(w, r)
		case "append":
			after := rapid.SampledFrom([]string{"", "Build", "Scan", "After"}).Draw(t, "after")
			result, err = bulk.AppendStep(w, r, []byte("- sh: {name: New, inputs: {command: ls}}\n"), after)
			about = func(job, at string) bool {
				return (at == "steps" || strings.HasPrefix(at, `steps["New"]`)) && (r.All || valuepath.Glob(only, job))
			}
		case "parameter":
			result, err = bulk.RenameParameter(w, r, "p", "quality")
			about = func(job, at string) bool {
				return strings.HasPrefix(at, `parameters["p"]`) || strings.HasPrefix(at, `parameters["quality"]`)
			}
			text = func(s string) string {
				return strings.NewReplacer("${p}", "${quality}", "$p", "$quality").Replace(s)
			}
		case "job":
			old, fresh := "job*", "svc*"
			if rapid.Bool().Draw(t, "after") {
				old, fresh = "*-a", "*-first"
			}
			result, err = bulk.RenameJob(w, r, old, fresh)
			about = func(job, at string) bool { return at == "job_name" }
			renamed = func(job string) string {
				if !valuepath.Glob(only, job) || !valuepath.Glob(old, job) {
					return job
				}
				if old == "job*" {
					return "svc" + strings.TrimPrefix(job, "job")
				}
				return strings.TrimSuffix(job, "-a") + "-first"
			}
		}
		if err != nil || len(result.Files) == 0 {
			return // refused, or nothing to do: nothing is written
		}
		done[op]++
		have, want := values(load(t, with(files, result.Files))), values(w)
		for key, before := range want {
			job, at, _ := strings.Cut(key, " ")
			after, there := have[renamed(job)+" "+at]
			if (!there || after != before && after != text(before)) && !about(job, at) {
				t.Fatalf("%s %s (only %s): %s changed from %q to %q (%v)\n%s\nof\n%s", op, r.Path.String(), only, key, before, after, there, result.Files["jobs.yaml"], files["jobs.yaml"])
			}
		}
		known := map[string]bool{}
		for key := range want {
			job, at, _ := strings.Cut(key, " ")
			known[renamed(job)+" "+at] = true
		}
		for key := range have {
			job, at, _ := strings.Cut(key, " ")
			if !known[key] && !about(job, at) {
				t.Fatalf("%s (only %s): %s is new\n%s", op, only, key, result.Files["jobs.yaml"])
			}
		}
		for name, after := range result.Files {
			orderedLines(t, files[name], string(after), max(1, len(result.Places)))
		}
	})
	t.Logf("carried out: %v", done)
	if len(done) == 0 {
		t.Error("nothing was carried out: the law says nothing")
	}
}
