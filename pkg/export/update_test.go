package export_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

func liveJob(body *jsontree.Value) *diff.LiveJob {
	return &diff.LiveJob{ProjectID: projectID, ID: strings.Repeat("a", 32), Name: "one", Body: body}
}

// workspaceOf returns a workspace with one definitions file.
func workspaceOf(t failer, definitions string, secrets ...string) (*spec.Set, *compile.Result) {
	t.Helper()
	text, err := export.DeclareSecrets([]byte("version: 1\nprojects: {shop: "+projectID+"}\ndefault_project: shop\nvars: {image: i}\n"), secrets)
	if err != nil {
		t.Fatalf("%v", err)
	}
	set, diagnostics := spec.Load(spec.MapTree{"buildsync.yaml": string(text), "definitions/a.yaml": definitions}, spec.Options{})
	if diagnostics.HasErrors() {
		t.Fatalf("%v\n%s", diagnostics, definitions)
	}
	result, diagnostics := compile.Compile(set, compile.Options{})
	if diagnostics.HasErrors() || len(result.Jobs) == 0 {
		t.Fatalf("%v\n%s", diagnostics, definitions)
	}
	return set, result
}

// TestFieldsCalledLikeAnInclude writes live fields that are called like an include, new and into a
// definition, beside defaults that add further fields or fields of such a name.
func TestFieldsCalledLikeAnInclude(t *testing.T) {
	t.Parallel()
	for _, defaults := range []string{"", "{description: d}", "{$$file: d}", "{$$$file: d}", "{$file: d, description: d}", "{$file: d, $$file: d}"} {
		for _, names := range [][]string{nil, {"$file"}, {"$$file"}, {"$file", "$$file"}, {"$file", "other"}, {"description", "$file"}, {"description"}} {
			for _, written := range []string{"", "{$$file: w}", "{$$$file: w, other: w}", "{description: w}"} {
				body := obj("job_name", "one", "arch", "arm", "steps", jsontree.Array())
				for _, name := range names {
					body.Set(name, jsontree.String("live"))
				}
				head := "version: 1\nprojects: {shop: " + projectID + "}\ndefault_project: shop\n"
				if defaults != "" {
					head += "defaults: {job: {extra: " + defaults + "}}\n"
				}
				tree := spec.MapTree{"buildsync.yaml": head}
				if written != "" {
					tree["definitions/a.yaml"] = "version: 1\njobs:\n  - name: one\n    arch: x86-64\n    steps: []\n    extra: " + written + "\n"
				}
				set, found := spec.Load(tree, spec.Options{})
				result, more := compile.Compile(set, compile.Options{})
				if found.HasErrors() || more.HasErrors() {
					t.Fatalf("%v %v", found, more)
				}
				e := export.New(export.Options{Workspace: set})
				if written == "" {
					definition, err := e.Job(shop, liveJob(body))
					if err != nil {
						t.Fatalf("%s: %v: %v", defaults, names, err)
					}
					text, _ := definition.Source("", "")
					tree["definitions/a.yaml"] = string(text)
				} else {
					files, _, err := e.Update(set, result.Jobs[0], liveJob(body), compile.Options{})
					if err != nil {
						t.Fatalf("%s: %v into %s: %v", defaults, names, written, err)
					}
					tree["definitions/a.yaml"] = string(files[0].Text)
				}
				text := tree["definitions/a.yaml"]
				isCanonical(t, "a.yaml", []byte(text))
				if !strings.Contains(text, "\n    arch: arm\n") {
					t.Errorf("%s: %v into %s: arch is under extra:\n%s", defaults, names, written, text)
				}
				planIsEmpty(t, tree, []*diff.LiveJob{liveJob(body)})
			}
		}
	}
}

// TestAnEditChangesNoOtherObject checks that an edit of a job leaves the other jobs and the template
// of its file as they are, where their aliases stand for what is edited.
func TestAnEditChangesNoOtherObject(t *testing.T) {
	t.Parallel()
	const templates = "templates:\n  - {name: t, publish: true, steps: [{sh: {name: S, inputs: {command: make}}}]}\n"
	for _, file := range []string{
		"version: 1\njobs:\n  - name: one\n    arch: arm\n    flavor: &f 2u8g\n    labels: &l {team: a}\n    notifications: {DING_TALK: &n {events: [buildJobFail], param_config: '{}'}}\n" +
			"    steps:\n      - &s\n        sh: {name: &name S, inputs: {command: &c make}}\n" +
			"  - name: two\n    arch: arm\n    flavor: *f\n    labels: *l\n    notifications: {DING_TALK: *n}\n    steps: [{sh: {name: *name, inputs: {command: *c}}}, *s]\n" +
			"templates:\n  - {name: t, publish: true, steps: [*s]}\n",
		"version: 1\nx-job: &job\n  arch: arm\n  flavor: 2u8g\n  steps: [{sh: {name: S, inputs: {command: make}}}]\njobs:\n  - {<<: *job, name: one}\n  - <<: *job\n    name: two\n" + templates,
		"version: 1\njobs:\n  - &job\n    name: one\n    arch: arm\n    flavor: 2u8g\n    steps: [{sh: {name: S, inputs: {command: make}}}]\n  - <<: *job\n    name: two\n" + templates,
	} {
		canonical, err := format.Source("a.yaml", []byte(file), format.KindOf("a.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		set, result := workspaceOf(t, string(canonical))
		for what, change := range map[string]func(body *jsontree.Value){
			"a name": func(b *jsontree.Value) { b.Get("steps").Items()[0].Set("name", jsontree.String("R")) },
			"a command": func(b *jsontree.Value) {
				b.Get("steps").Items()[0].Get("properties").Set("command", jsontree.String("make all"))
			},
			"a flavor": func(b *jsontree.Value) { b.Set("flavor", jsontree.String("4u8g")) },
			"no step":  func(b *jsontree.Value) { b.Set("steps", jsontree.Array()) },
			"a step that fits under extra only": func(b *jsontree.Value) {
				b.Get("steps").Items()[0].Set("versions", jsontree.String("x"))
			},
			"all of it": func(b *jsontree.Value) {
				b.Set("flavor", jsontree.String("4u8g"))
				b.Set("arch", jsontree.String("x86-64"))
				b.Set("steps", jsontree.Array())
				b.Set("timeout", obj("limit", "3", "unit", "hour"))
			},
		} {
			body := result.Jobs[0].Body().Clone()
			change(body)
			files, _, err := export.New(export.Options{}).Update(set, result.Jobs[0], liveOf(result.Jobs[0], body), compile.Options{})
			if err != nil || len(files) != 1 {
				t.Errorf("%s of\n%s%v, %d files", what, canonical, err, len(files))
				continue
			}
			isCanonical(t, "a.yaml", files[0].Text)
			_, after := workspaceOf(t, string(files[0].Text))
			if !jsontree.Equal(after.Jobs[1].Body(), result.Jobs[1].Body()) || !jsontree.Equal(after.Templates[0].Body, result.Templates[0].Body) {
				t.Errorf("%s: the edit of one changes others\n%s", what, files[0].Text)
			}
			if !jsontree.Equal(after.Jobs[0].Body(), body) {
				t.Errorf("%s: one is not as it is live\n%s", what, files[0].Text)
			}
		}
	}
}

// TestFinalLineBreaksAboveABlankLine brings texts that end with line breaks into definitions where
// blank lines follow: those do not become part of the text.
func TestFinalLineBreaksAboveABlankLine(t *testing.T) {
	t.Parallel()
	const two = "  - name: two\n    arch: arm\n"
	for _, file := range []string{
		"jobs:\n  - name: one\n\n" + two,
		"jobs:\n  - name: one\n    flavor: x\n\n\n" + two,
		"jobs:\n  - name: one\n    flavor: x\n\n    # about two\n\n" + two,
		"jobs:\n  - name: one\n    flavor: x # beside\n\n    timeout: 4h\n\n" + two,
		"jobs:\n  - name: one\n    timeout: 4h\n\n" + two,
		"jobs:\n  - name: one\n    flavor: |+\n      x\n\n    timeout: 4h\n\n" + two,
		"jobs:\n  - name: one\n    flavor: x\n\ntemplates: []\n",
		"x-job: &job {arch: arm}\njobs:\n  - <<: *job\n    name: one\n    timeout: 4h\n\n" + two,
	} {
		canonical, err := format.Source("a.yaml", []byte("version: 1\n"+file), format.KindOf("a.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		set, result := workspaceOf(t, string(canonical))
		for _, text := range []string{"\n", "a\n\n", "\n\n", "a\n\n\n", " \n \n", "a\n"} {
			for _, timeout := range []bool{true, false} {
				body := result.Jobs[0].Body().Clone()
				body.Set("flavor", jsontree.String(text))
				if !timeout {
					body.Delete("timeout")
				}
				e, live := export.New(export.Options{}), liveOf(result.Jobs[0], body)
				files, _, err := e.Update(set, result.Jobs[0], live, compile.Options{})
				if err != nil {
					t.Errorf("%q, timeout %t: %v\n%s", text, timeout, err, file)
					continue
				}
				if len(files) == 0 {
					continue
				}
				isCanonical(t, "a.yaml", files[0].Text)
				if _, after := workspaceOf(t, string(files[0].Text)); len(e.Differences(after.Jobs[0], live)) > 0 || strings.Contains(string(files[0].Text), "null") {
					t.Errorf("%q, timeout %t: the definition is\n%s\nbefore it was\n%s", text, timeout, files[0].Text, canonical)
				}
			}
		}
	}
}

// TestNullOverWhatIsMerged removes values from jobs that merge a mapping with the same keys: null is
// laid over those, in the job only, and comments stay.
func TestNullOverWhatIsMerged(t *testing.T) {
	t.Parallel()
	const (
		step   = "[{sh: {name: S, inputs: {command: make}}}]"
		anchor = "version: 1\nx-base: &base {arch: arm, timeout: 4h}\nx-job: &job\n  <<: *base\n  flavor: 2u8g\n  steps: " + step + "\njobs:\n"
		own    = "    name: one\n    flavor: 4u8g\n    timeout: 5h\n    steps: null\n    parameters:\n      # why\n      - {name: \"$${{ a\", default: \"$${{ b }}\"}\n    extra: {\"$${{ k\": \"$${{ x }}\"}\n"
		two    = "  - {<<: *job, name: two}\n"
	)
	for what, file := range map[string]string{
		"one":                anchor + "  - <<: *job\n" + own + two,
		"a list":             anchor + "  - <<: [*base, *job]\n" + own + two,
		"a list over lines":  anchor + "  - <<:\n      - *job\n      - {auto_update_sub_module: true}\n" + own + two,
		"behind other keys":  anchor + "  - protect: true\n" + own + "    <<: *job\n" + two,
		"an anchor again":    strings.Replace(anchor, "x-job:", "x-first: &job {}\nx-job:", 1) + "  - <<: *job\n" + own + two,
		"written in place":   anchor + "  - <<: {flavor: a, timeout: 3h, steps: " + step + "}\n" + own + two,
		"a job with anchors": "version: 1\njobs:\n  - &job\n    name: two\n    arch: arm\n    flavor: 2u8g\n    timeout: 4h\n    steps: " + step + "\n  - <<: *job\n" + own,
	} {
		canonical, err := format.Source("a.yaml", []byte(file), format.KindOf("a.yaml"))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		set, result := workspaceOf(t, string(canonical))
		for _, keys := range [][]string{{"flavor"}, {"timeout"}, {"flavor", "timeout"}, {"steps"}, {"steps", "flavor"}, {"parameters", "$${{ k"}} {
			for i := range result.Jobs { // the job that merges, and the one whose anchor it may be
				body := result.Jobs[i].Body().Clone()
				for _, key := range keys {
					body.Delete(spec.UnescapeReferences(key))
				}
				if keys[0] == "steps" && result.Jobs[i].Name == "one" { // a form that stands under extra only
					body.Set("steps", jsontree.Array(obj("module_id", "m", "name", "${{ s", "versions", "1")))
				}
				if keys[0] == "flavor" && result.Jobs[i].Name == "one" {
					body.Get("parameters").Items()[0].Get("params").Items()[2].Set("value", jsontree.String("${{ c"))
				}
				live := liveOf(result.Jobs[i], body)
				live.Name = result.Jobs[i].Name
				e := export.New(export.Options{})
				files, _, err := e.Update(set, result.Jobs[i], live, compile.Options{})
				if err != nil {
					t.Errorf("%s, %s without %v: %v\n%s", what, result.Jobs[i].Name, keys, err, canonical)
					continue
				}
				if len(files) == 0 {
					continue
				}
				isCanonical(t, "a.yaml", files[0].Text)
				if keys[0] != "parameters" && !strings.Contains(string(files[0].Text), "# why") {
					t.Errorf("%s, %s without %v: a comment is lost in\n%s", what, result.Jobs[i].Name, keys, files[0].Text)
				}
				_, after := workspaceOf(t, string(files[0].Text))
				for j, job := range after.Jobs {
					if j == i && len(e.Differences(job, live)) > 0 || j != i && !jsontree.Equal(job.Body(), result.Jobs[j].Body()) {
						t.Errorf("%s, %s without %v: %s is wrong in\n%s\nbefore it was\n%s", what, result.Jobs[i].Name, keys, job.Name, files[0].Text, canonical)
					}
				}
			}
		}
	}
}

// TestEitherNameOfTheCommitTrigger brings a live commit trigger into definitions with either of its
// names, beside defaults with either. The name that is written stays, and a new one is on_commit.
func TestEitherNameOfTheCommitTrigger(t *testing.T) {
	t.Parallel()
	lines := []string{"", "on_commit: true", "on_commit: false", "build_if_code_updated: true", "build_if_code_updated: false"}
	for _, defaults := range lines {
		for _, written := range lines {
			for _, live := range []string{"", "true", "false"} {
				body := obj("job_name", "one", "arch", "arm", "steps", jsontree.Array())
				if live != "" {
					body.Set("build_if_code_updated", jsontree.Bool(live == "true"))
				}
				tree := spec.MapTree{
					"buildsync.yaml":     "version: 1\nprojects: {shop: " + projectID + "}\ndefault_project: shop\ndefaults: {job: {" + defaults + "}}\n",
					"definitions/a.yaml": "version: 1\njobs:\n  - name: one\n    arch: x86-64\n    steps: []\n",
				}
				if written != "" {
					tree["definitions/a.yaml"] += "    " + written + "\n"
				}
				set, _ := spec.Load(tree, spec.Options{})
				result, _ := compile.Compile(set, compile.Options{})
				files, _, err := export.New(export.Options{Workspace: set}).Update(set, result.Jobs[0], liveJob(body), compile.Options{})
				if err != nil {
					t.Errorf("%q into %q below %q: %v", live, written, defaults, err)
					continue
				}
				text := string(files[0].Text)
				tree["definitions/a.yaml"] = text
				planIsEmpty(t, tree, []*diff.LiveJob{liveJob(body)})
				isCanonical(t, "a.yaml", files[0].Text)
				if name, _, _ := strings.Cut(written, ":"); name != "" && !strings.Contains(text, name) && live != "" {
					t.Errorf("%q into %q below %q: wrote\n%s", live, written, defaults, text)
				}
				if !strings.HasPrefix(written, "build") && strings.Contains(text, "build_if_code_updated") {
					t.Errorf("%q into %q below %q: wrote the API's name:\n%s", live, written, defaults, text)
				}
			}
		}
	}
}

// TestChannelsThatDidNotChangeStay lets one channel of a live job change. The others stay as they are
// written, references and configuration included, and a channel that is declared is not dropped.
func TestChannelsThatDidNotChangeStay(t *testing.T) {
	t.Parallel()
	const written = "    notifications: {MAIL: \"${{ vars.events }}\", MESSAGE: [], DING_TALK: {events: [buildJobFail], param_config: '{\"a\": 1}'}, WECOM: [deleteJob]}\n"
	for _, test := range []struct {
		mail, message, ding, wecom, want string
	}{
		{"deleteJob", "", "buildJobFail", "deleteJob", strings.Replace(written, "\"${{ vars.events }}\"", "[deleteJob]", 1)},
		{"", "", "buildJobFail", "deleteJob", strings.Replace(written, "\"${{ vars.events }}\"", "[]", 1)},
		{"buildJobFail", "deleteJob", "buildJobFail", "deleteJob", strings.Replace(written, "MESSAGE: []", "MESSAGE: [deleteJob]", 1)},
		{"buildJobFail", "", "deleteJob", "deleteJob", strings.Replace(written, "events: [buildJobFail]", "events: [deleteJob]", 1)},
		{"buildJobFail", "", "", "deleteJob", strings.Replace(written, "events: [buildJobFail]", "events: []", 1)},
		{"buildJobFail", "", "buildJobFail", "", strings.Replace(written, "WECOM: [deleteJob]", "WECOM: []", 1)},
	} {
		tree := spec.MapTree{
			"buildsync.yaml":     "version: 1\nprojects: {shop: " + projectID + "}\ndefault_project: shop\nvars: {events: [buildJobFail]}\n",
			"definitions/a.yaml": "version: 1\njobs:\n  - name: one\n    arch: arm\n    steps: []\n" + written,
		}
		set, _ := spec.Load(tree, spec.Options{})
		result, _ := compile.Compile(set, compile.Options{})
		live := liveJob(obj("job_name", "one", "arch", "arm", "steps", jsontree.Array()))
		for channel, event := range map[string]string{"MAIL": test.mail, "MESSAGE": test.message, "DING_TALK": test.ding, "WECOM": test.wecom} {
			row := wire.Notice{NoticeType: channel, EnableMap: map[string]bool{}}
			if event != "" {
				row.EnableMap[event] = true
			}
			live.Notices = append(live.Notices, row)
		}
		files, _, err := export.New(export.Options{Workspace: set}).Update(set, result.Jobs[0], live, compile.Options{})
		if err != nil {
			t.Errorf("%+v: %v", test, err)
			continue
		}
		if _, have, _ := strings.Cut(string(files[0].Text), "steps: []\n"); have != test.want {
			t.Errorf("wrote\n%swant\n%s", have, test.want)
		}
		live.Notices, live.NoticesUnseen = nil, true
		if files, _, err := export.New(export.Options{Workspace: set}).Update(set, result.Jobs[0], live, compile.Options{}); err != nil || len(files) > 0 {
			t.Errorf("channels that are not shown are a change: %v\n%s", err, files)
		}
		live.Body.Set("arch", jsontree.String("x86-64"))
		files, _, err = export.New(export.Options{Workspace: set}).Update(set, result.Jobs[0], live, compile.Options{})
		if err != nil || len(files) != 1 || !strings.HasSuffix(string(files[0].Text), "steps: []\n"+written) {
			t.Errorf("channels that are not shown: %v\n%s", err, files)
		}
	}
}

// TestUpdateLaw exports one random state, lets the job become another one, and
// brings the definition there.
func TestUpdateLaw(t *testing.T) {
	t.Parallel()
	check(t, func(t *rapid.T) {
		d := emulatortest.Draw{T: t, Short: true}
		before := liveJob(d.Body("one"))
		e := export.New(export.Options{})
		definition, err := e.Job(shop, before)
		if err != nil {
			t.Fatalf("%v", err)
		}
		after := liveJob(before.Body.Clone())
		after.Item.Disabled = d.Chance(20)
		if d.Chance(20) {
			after.Body = d.Body("one")
		} else {
			other := d.Body("one")
			for range 1 + d.Count(2) {
				key := d.OneOf("steps", "parameters", "scms", "triggers", "flavor", "timeout", "description", "resource_limit")
				after.Body.Set(key, other.Get(key))
			}
			if steps := after.Body.Get("steps").Items(); len(steps) > 0 && d.Chance(50) {
				steps[0].Set("properties", obj("command", d.Text(), "image", "i"))
			}
		}
		if _, err := e.Job(shop, after); err != nil {
			t.Fatalf("%v", err)
		}
		var secrets []string
		for _, s := range definition.Secrets {
			secrets = append(secrets, s.Name)
		}
		fresh, err := e.Job(shop, after)
		if err != nil {
			t.Fatalf("%v", err)
		}
		for _, s := range fresh.Secrets {
			secrets = append(secrets, s.Name)
		}
		text, _ := definition.Source("", "")
		source := "# at the top\n" + string(text) + "# at the end\n"
		set, result := workspaceOf(t, source, secrets...)
		files, _, err := e.Update(set, result.Jobs[0], after, compile.Options{})
		if err != nil {
			want, _ := fresh.Source("", "")
			t.Fatalf("%v\n%s\n%s", err, source, want)
		}
		text = []byte(source)
		if len(files) > 0 {
			text = files[0].Text
		}
		if !strings.HasPrefix(string(text), "# at the top\n") || !strings.HasSuffix(string(text), "# at the end\n") {
			t.Fatalf("comments are lost:\n%s", text)
		}
		isCanonical(t, "a.yaml", text)
		_, result = workspaceOf(t, string(text), secrets...)
		if paths := e.Differences(result.Jobs[0], after); len(paths) > 0 {
			t.Fatalf("%v\n%s", paths, text)
		}
	})
}

// TestUpdateLawOfSharing factors a random estate, changes one job into another one, and updates its
// definition. The other jobs, which share its defaults and template, do not change.
func TestUpdateLawOfSharing(t *testing.T) {
	t.Parallel()
	check(t, func(t *rapid.T) {
		d := emulatortest.Draw{T: t, Short: true}
		model := d.Body("model")
		var jobs []*diff.LiveJob
		for i := range 3 + d.Count(2) {
			body := model.Clone()
			body.Set("job_name", str(fmt.Sprintf("job-%d", i)))
			if steps := body.Get("steps").Items(); len(steps) > 0 {
				steps[0].Set("properties", obj("command", fmt.Sprintf("make %d\n", i), "image", "i"))
			}
			jobs = append(jobs, &diff.LiveJob{ProjectID: projectID, ID: fmt.Sprintf("%032d", i), Name: body.Str("job_name"), Body: body})
		}
		tree := exportedTree(t, jobs)
		load := func() (*spec.Set, *compile.Result) {
			set, diagnostics := spec.Load(tree, spec.Options{})
			result, more := compile.Compile(set, compile.Options{})
			if diagnostics = append(diagnostics, more...); diagnostics.HasErrors() {
				t.Fatalf("%v", diagnostics)
			}
			return set, result
		}
		set, _ := load()
		factoring, err := export.Factor(set, export.NewLayout(set.Workspace.Definitions, ""), compile.Options{})
		if err != nil {
			t.Fatalf("%v\n%v", err, tree)
		}
		for name, text := range factoring.Files {
			tree[name] = string(text)
		}
		changed, other := jobs[d.Count(len(jobs)-1)], d.Body("model")
		parameters := changed.Body.Get("parameters")
		for range 1 + d.Count(1) {
			key := d.OneOf("steps", "parameters", "scms", "flavor", "timeout", "resource_limit", "arch")
			changed.Body.Set(key, other.Get(key))
		}
		if steps := changed.Body.Get("steps").Items(); len(steps) > 0 && d.Chance(60) {
			steps[0].Set("properties", obj("command", d.Text(), "image", d.OneOf("i", "j")))
		}
		set, result := load()
		for _, job := range result.Jobs {
			if job.Name != changed.Name {
				continue
			}
			undeclared := func(secret string) bool { return !slices.Contains(result.Secrets, secret) }
			if slices.ContainsFunc(tellSecrets(changed), undeclared) { // the caller declares new secrets first
				changed.Body.Set("parameters", parameters)
			}
			files, _, err := export.New(export.Options{}).Update(set, job, changed, compile.Options{})
			if err != nil {
				t.Fatalf("%v\n%v\n%s", err, tree, changed.Body.Indented())
			}
			for _, f := range files {
				tree[f.Name] = string(f.Text)
			}
		}
		planIsEmpty(t, tree, jobs)
	})
}

// tellSecrets returns the names that an export of a job alone would give.
func tellSecrets(live *diff.LiveJob) []string {
	d, err := export.New(export.Options{}).Job(shop, live)
	if err != nil {
		return nil
	}
	var names []string
	for _, s := range d.Secrets {
		names = append(names, s.Name)
	}
	return names
}

// TestUpdateKeepsComments checks the updated file as its author sees it.
func TestUpdateKeepsComments(t *testing.T) {
	t.Parallel()
	source := `# Orders.
version: 1
jobs:
  # owned by team blue
  - name: one
    project: shop
    arch: x86-64   # no arm yet
    flavor: 2u8g

    steps:
      # first the tests
      - sh:
          name: Test
          image: ${{ vars.image }}
          inputs:
            command: make test    # fast
      - sh:
          name: Old
          image: i
          inputs: {command: make old}
      # then the rest
      - sh:
          name: Ship
          image: i
          inputs:
            command: |
              make ship
`
	sh := func(name, command string) *jsontree.Value {
		return obj("module_id", "devcloud2018.codeci_action_20017.action", "name", name, "properties", obj("image", "i", "command", command))
	}
	live := liveJob(obj("job_name", "one", "arch", "arm", "flavor", "2U8G", "host_type", "custom_host",
		"steps", jsontree.Array(sh("Test", "make check"), sh("Lint", "make lint"), sh("Ship", "make ship\nmake tag\n"))))
	want := `# Orders.
version: 1
jobs:
  # owned by team blue
  - name: one
    project: shop
    arch: arm   # no arm yet
    flavor: 2u8g
    host_type: custom_host

    steps:
      # first the tests
      - sh:
          name: Test
          image: ${{ vars.image }}
          inputs:
            command: make check    # fast
      - sh:
          name: Lint
          image: i
          inputs:
            command: make lint
      # then the rest
      - sh:
          name: Ship
          image: i
          inputs:
            command: |
              make ship
              make tag
`
	set, result := workspaceOf(t, source)
	files, _, err := export.New(export.Options{}).Update(set, result.Jobs[0], live, compile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || string(files[0].Text) != want {
		t.Errorf("have:\n%s", files)
	}
}

// TestUpdateEditsScripts checks that a script in its own file is edited there, unless that would
// change another job.
func TestUpdateEditsScripts(t *testing.T) {
	t.Parallel()
	job := func(name string) string {
		return "  - name: " + name + "   # mine\n    arch: arm\n    steps:\n      - sh: {name: s, inputs: {command: {$file: run.sh}}}\n      - sh:\n          name: t\n          inputs:\n            command: {$file: run.sh}   # the same\n"
	}
	step := func(name, command string) *jsontree.Value {
		return obj("module_id", "devcloud2018.codeci_action_20017.action", "name", name, "properties", obj("command", command))
	}
	live := func(first, second string) *diff.LiveJob {
		return liveJob(obj("job_name", "one", "arch", "arm", "steps", jsontree.Array(step("s", first), step("t", second))))
	}
	once := strings.Replace(job("one"), "{$file: run.sh}}}", "old}}", 1)
	for _, c := range []struct {
		name, definitions string
		live              *diff.LiveJob
		want              map[string]string
	}{
		{"the file alone", once, live("old", "echo ${{ new }}\n"), map[string]string{"run.sh": "echo ${{ new }}\n"}},
		{"the file and the definition", once, live("also new", "new"), map[string]string{
			"run.sh": "new", "definitions/a.yaml": strings.Replace(once, "{command: old}", "{command: also new}", 1)}},
		{"nothing, for line ends mean nothing", once, live("old", "echo\r\n"), map[string]string{}},
		{"not a file that the same job includes twice", job("one"), live("echo\n", "new"), map[string]string{
			"definitions/a.yaml": strings.Replace(job("one"), "{$file: run.sh}   # the same", "new   # the same", 1)}},
		{"not a file that another job includes", once + job("two"), live("old", "new"), map[string]string{
			"definitions/a.yaml": strings.Replace(once, "{$file: run.sh}   # the same", "new   # the same", 1) + job("two")}},
		{"not with what no file can hold", once, live("old", "\x00new"), map[string]string{
			"definitions/a.yaml": strings.Replace(once, "{$file: run.sh}   # the same", `"\x00new"   # the same`, 1)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tree := spec.MapTree{
				"buildsync.yaml":     "version: 1\nprojects: {shop: " + projectID + "}\ndefault_project: shop\n",
				"definitions/a.yaml": "version: 1\njobs:\n" + c.definitions, "run.sh": "echo\n",
			}
			set, diagnostics := spec.Load(tree, spec.Options{})
			result, more := compile.Compile(set, compile.Options{})
			if diagnostics = append(diagnostics, more...); diagnostics.HasErrors() {
				t.Fatal(diagnostics)
			}
			files, _, err := export.New(export.Options{}).Update(set, result.Jobs[0], c.live, compile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			have := map[string]string{}
			for _, f := range files {
				have[f.Name] = strings.TrimPrefix(string(f.Text), "version: 1\njobs:\n")
			}
			if d := cmp.Diff(c.want, have); d != "" {
				t.Error(d)
			}
		})
	}
}
