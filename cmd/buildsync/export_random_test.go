package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// randomEstate is what TestExportOfRandomEstates draws: live jobs at two times, a
// workspace, and how they are exported.
type randomEstate struct {
	before, after       emulator.Seed
	workspace           string
	definitions         string // of some of the jobs, "" for none
	crlf, first, factor bool   // first: a job is defined already
	loose               bool   // the files do not have the form of fmt
	out                 int
}

var randomWorkspaces = []string{
	"",
	"# ours\ndefaults:\n  job:\n    # about the flavor\n    flavor: 2u8g # small\n    host_type: devcloud\n",
	"defaults: {job: {timeout: 2h, notifications: {MAIL: [buildJobFail]}, extra: {description: d}, enabled: false}}\n",
	"vars: {zone: Asia/Shanghai, size: 4u8g}\ndefaults:\n  job:\n    flavor: ${{ vars.size }}\n    parameters:\n      - {name: P_1, default: x}\n    triggers: [{cron: \"1 2 * * *\", timezone: \"${{ vars.zone }}\"}]\n",
	"defaults:\n  job:\n    template: {name: t-of-all} # every job\n",
	"policy: {on_remove: disable}\nlint:\n  rules: {image-pin: off}\n",
}

// randomDefinitions define the job %s in different ways.
var randomDefinitions = []string{
	"version: 1\n# the jobs\njobs:\n  # about it\n  - name: %q # beside\n    # where it runs\n    arch: arm\n    steps:\n      # about the step\n      - sh: {name: Build, inputs: {command: make}} # beside the step\n      # the end of the steps\n",
	"version: 1\njobs: [{name: %q, arch: arm, steps: []}, {name: other-of-ours, arch: arm, enabled: false, steps: []}]\n",
	"jobs:\n- steps:\n  - {sh: {inputs: {command: make}, name: Build}}\n  arch:   arm\n  name: %q\nversion: 1\n",
	"version: 1\ntemplates:\n  # the template\n  - name: t-of-ours\n    inputs: {what: {default: all}}\n    parameters: [{name: P_1, default: a}]\n    steps:\n      - sh: {name: Build, inputs: {command: \"make ${{ inputs.what }}\"}} # the build\n\njobs:\n  - name: %q\n    template: {name: t-of-ours, inputs: {what: one}} # from the template\n    arch: arm\n",
	"version: 1\nx-steps: &steps\n  - sh: {name: Build, inputs: {command: make}}\n\njobs:\n  - name: %q\n    arch: arm\n    steps: *steps\n\n  - name: other-of-ours\n    arch: arm\n    enabled: false\n    steps: *steps\n",
	"version: 1\nx-job: &job\n  arch: arm\n  steps:\n    - sh: {name: Build, inputs: {command: make}}\n\njobs:\n  - <<: *job\n    name: %q\n\n  - <<: *job\n    name: other-of-ours\n    enabled: false\n",
	"version: 1\njobs:\n  - &job\n    name: %q\n    # where it runs\n    arch: arm\n    steps: [{sh: {name: Build, inputs: {command: make}}}]\n\n  - <<: *job\n    name: other-of-ours\n    enabled: false\n",
	"version: 1\nfragments:\n  - name: f-of-ours\n    steps:\n      - sh: {name: Build, inputs: {command: make}}\n\njobs:\n  - name: %q\n    arch: arm\n    steps:\n      - use: f-of-ours # shared\n      - sh: {name: Test, inputs: {command: \"test ${{ job.project }}\"}}\n",
}

func drawEstate(t *rapid.T) randomEstate {
	d := emulatortest.Draw{T: t, Short: true}
	e := randomEstate{workspace: randomWorkspaces[d.Count(len(randomWorkspaces)-1)], crlf: d.Chance(15), first: d.Chance(60), factor: d.Chance(40), out: d.Count(3)}
	name, model := d.Name(), d.Body("model")
	taken := map[string]bool{}
	for i := range 1 + d.Count(4) {
		if i > 0 {
			name = fmt.Sprintf("%s-%d", d.OneOf("job", "作业"), i)
		}
		body := d.Body(name)
		if d.Chance(50) {
			body = model.Clone()
			body.Set("job_name", jsontree.String(name))
		}
		changed := body
		switch {
		case d.Chance(30):
			changed = d.Body(name)
		case d.Chance(50) && body.Get("steps").Len() > 0:
			changed = body.Clone()
			step := changed.Get("steps").Items()[0]
			step.Set("properties", jsontree.Object(jsontree.Member{Key: "command", Value: jsontree.String(d.Script())}))
		}
		if taken[strings.ToLower(name)] {
			continue
		}
		taken[strings.ToLower(name)] = true
		for _, one := range []*jsontree.Value{body, changed} {
			one.Set("project_id", jsontree.String(emulator.DefaultProject))
		}
		e.before.Bodies = append(e.before.Bodies, emulator.SeedJob{Body: body, Disabled: d.Chance(30), Notices: d.Notices()})
		e.after.Bodies = append(e.after.Bodies, emulator.SeedJob{Body: changed, Disabled: d.Chance(30), Notices: d.Notices()})
	}
	other := plainBody("other-of-ours")
	e.before.Bodies, e.after.Bodies = append(e.before.Bodies, other), append(e.after.Bodies, other)
	if e.first {
		first := e.before.Bodies[d.Count(len(e.before.Bodies)-2)].Body.Str("job_name")
		e.definitions = fmt.Sprintf(randomDefinitions[d.Count(len(randomDefinitions)-1)], first)
	}
	e.loose = d.Chance(25)
	return e
}

// TestExportOfRandomEstates holds the whole law of export for random live states and
// workspaces, with the commands that people run: all is exact, the plan right after is
// empty, lint finds no error, fmt nothing to change, and a second run writes nothing. Then the live
// jobs change, and --force follows them.
func TestExportOfRandomEstates(t *testing.T) {
	t.Parallel()
	estates := rapid.Custom(drawEstate)
	for seed := emulatortest.First(t); seed < emulatortest.First(t)+randomEstates; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			drawn := estates.Example(seed)
			e := &estate{dir: t.TempDir()}
			if !e.serve(t, seed, drawn.before) {
				return // no service stores it
			}
			e.write(t, "buildsync.yaml", "version: 1\nprojects: {shop: "+emulator.DefaultProject+"}\ndefault_project: shop\n"+drawn.workspace)
			if drawn.definitions != "" {
				e.write(t, "definitions/ours.yaml", drawn.definitions)
			}
			if strings.Contains(drawn.workspace, "t-of-all") {
				e.write(t, "definitions/t.yaml", "version: 1\ntemplates:\n  - name: t-of-all\n    parameters: [{name: OF_ALL, default: x}]\n    steps:\n      - sh: {name: Scan, inputs: {command: scan}}\n")
			}
			if !drawn.loose {
				e.run(t, exitDone, []string{"fmt"})
			}
			if drawn.crlf {
				e.toCRLF(t)
			}
			export := []string{"export", "--verify"}
			if drawn.first {
				export = append(export, "--force")
			}
			if drawn.factor {
				export = append(export, "--factor")
			}
			switch drawn.out {
			case 1:
				export = append(export, "--out", filepath.Join(e.dir, "definitions", "live"))
			case 2:
				export = append(export, "--out", "definitions/live")
			}
			e.holdsLaw(t, export, drawn.loose)
			if e.serve(t, randomEstates+seed, drawn.after) {
				e.holdsLaw(t, append(export, "--force"), false)
			}
			if t.Failed() {
				t.Log(e.contents(t))
			}
		})
	}
}

// serve starts a service with live jobs, whose ids, and so their order, come from a number; false
// where it refuses them.
func (e *estate) serve(t *testing.T, number int, seed emulator.Seed) bool {
	t.Helper()
	ids := func() func() string {
		var given atomic.Uint64
		return func() string {
			random := rand.New(rand.NewPCG(uint64(number), given.Add(1)))
			return fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64())
		}
	}
	core, err := emulator.New(emulator.Options{Seed: seed, ID: ids()})
	if err != nil {
		return false
	}
	_ = core.Close()
	e.Emulator = serveWith(t, emulator.Options{Seed: seed, ID: ids()}, &e.env)
	return true
}

// holdsLaw exports and checks the law. What of loose files was not edited is formatted first.
func (e *estate) holdsLaw(t *testing.T, export []string, loose bool) {
	t.Helper()
	before := e.contents(t)
	fail := func(args []string, got result) {
		t.Fatalf("%v after %v: code %d\n%s%s\nin %s\nbefore it was %s", args, export, got.code, got.stdout, got.stderr, e.contents(t), before)
	}
	run := func(args ...string) {
		if got := runWith(t, "", e.env, append([]string{"-C", e.dir}, args...)...); got.code != exitDone {
			fail(args, got)
		}
	}
	run(export...)
	run("plan", "--detailed-exitcode", "--allow-empty")
	run("lint", "--fail-on", "error")
	if loose {
		run("fmt")
	}
	run("fmt", "--check")
	written := e.contents(t)
	run(export...)
	if again := e.contents(t); again != written {
		t.Errorf("a second %v writes\n%s\nafter\n%s", export, again, written)
	}
}

// contents returns all files of the workspace.
func (e *estate) contents(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(e.dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(name, ".buildsync") {
			return err
		}
		text, err := os.ReadFile(name)
		fmt.Fprintf(&all, "-- %s --\n%s\n", strings.TrimPrefix(name, e.dir), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func (e *estate) toCRLF(t *testing.T) {
	t.Helper()
	for _, name := range []string{"buildsync.yaml", "definitions/ours.yaml"} {
		if _, err := os.Stat(filepath.Join(e.dir, name)); err == nil {
			e.write(t, name, strings.ReplaceAll(e.read(t, name), "\n", "\r\n"))
		}
	}
}
