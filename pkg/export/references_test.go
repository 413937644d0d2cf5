package export_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// referring returns a workspace with variables and files, and one job.
func referring(t interface{ Fatalf(string, ...any) }, tree spec.MapTree) (*spec.Set, *compile.Job) {
	set, found := spec.Load(tree, spec.Options{})
	result, more := compile.Compile(set, compile.Options{})
	if found.HasErrors() || more.HasErrors() {
		t.Fatalf("%v %v\n%s", found, more, tree["definitions/a.yaml"])
	}
	return set, result.Jobs[0]
}

// referringTree returns the files of a workspace with variables, files, a template and a fragment.
func referringTree(definition string) spec.MapTree {
	first := ""
	if strings.HasPrefix(definition, "    template:") {
		first, definition = definition, ""
	}
	return spec.MapTree{
		"buildsync.yaml": "version: 1\nprojects: {shop: " + projectID + "}\ndefault_project: shop\n" +
			"vars: {image: shell4.2.46, tag: \"17\", host: nexus.example, base: \"https://${{ vars.host }}/repo\", empty: null, list: [a, b]}\n",
		"definitions/a.yaml": "version: 1\njobs:\n  - name: one\n" + first + "    arch: arm\n" + definition,
		"definitions/shared.yaml": "version: 1\ntemplates:\n  - name: t\n    inputs: {c: {default: make}, d: {default: x}}\n    steps:\n      - sh: {name: T, image: i, inputs: {command: \"${{ inputs.c }}\"}}\n" +
			"fragments:\n  - name: f\n    inputs: {c: {default: make}, d: {default: x}}\n    steps:\n      - sh: {name: F, image: i, inputs: {command: \"${{ inputs.c }}\"}}\n",
		"run.sh": "set -e\nmake\n", "lib/test.sh": "make test\n",
	}
}

// TestReferencesStayAroundADifference changes a live job and brings that into a definition with
// references and included files. What says the same stays as it is written, also in a text, step or
// parameter that differs; a reference that goes is told.
func TestReferencesStayAroundADifference(t *testing.T) {
	t.Parallel()
	command := func(text string) func(*jsontree.Value) {
		return func(b *jsontree.Value) {
			b.Get("steps").Items()[0].Get("properties").Set("command", jsontree.String(text))
		}
	}
	name := func(text string) func(*jsontree.Value) {
		return func(b *jsontree.Value) { b.Get("steps").Items()[0].Set("name", jsontree.String(text)) }
	}
	field := func(parameter int, key, value string) func(*jsontree.Value) {
		return func(b *jsontree.Value) {
			for _, f := range b.Get("parameters").Items()[parameter].Get("params").Items() {
				if f.Str("name") == key {
					f.Set("value", jsontree.String(value))
				}
			}
		}
	}
	both := func(changes ...func(*jsontree.Value)) func(*jsontree.Value) {
		return func(b *jsontree.Value) {
			for _, change := range changes {
				change(b)
			}
		}
	}
	sh := func(command string) string {
		return "    steps:\n      - sh:\n          name: Run\n          image: ${{ vars.image }}\n          inputs:\n            command: " + command + "\n"
	}
	const (
		flow = "    steps:\n      - sh: {name: Run, image: \"${{ vars.image }}\", inputs: {command: {$file: run.sh}}} # ours\n"
		raw  = "    steps:\n      - module_id: devcloud2018.codeci_action_20017.action\n        name: Run\n        properties: {command: {$file: run.sh}, image: \"${{ vars.image }}\"}\n"
	)
	for _, c := range []struct {
		name       string
		definition string
		change     func(*jsontree.Value)
		old, want  string // in the definition
		replaced   string
		file       string // the new text of run.sh
	}{
		{"a renamed step with a file", sh("{$file: run.sh}"), name("Smoke"), "name: Run", "name: Smoke", "", ""},
		{"in brackets", flow, name("Smoke"), "name: Run", "name: Smoke", "", ""},
		{"with the file below its key", strings.Replace(sh("\n              $file: run.sh"), ": \n", ":\n", 1), name("Smoke"), "name: Run", "name: Smoke", "", ""},
		{"with a quoted key", sh("{\"$file\": run.sh}"), name("Smoke"), "name: Run", "name: Smoke", "", ""},
		{"in the raw form", raw, name("Smoke"), "name: Run", "name: Smoke", "", ""},
		{"with another image too", flow, both(name("Smoke"), func(b *jsontree.Value) {
			b.Get("steps").Items()[0].Get("properties").Set("more", jsontree.String("a\nb\n"))
		}), "", "$file: run.sh", "", ""},
		{"a file with another text", flow, command("set -e\nmake all\n"), "", "", "", "set -e\nmake all\n"},
		{"a renamed step before another one", sh("{$file: run.sh}") + "      - sh: {name: Test, image: i, inputs: {command: {$file: lib/test.sh}}}\n", name("Smoke"), "name: Run", "name: Smoke", "", ""},
		{"steps that change places, one renamed", sh("{$file: run.sh}") + "      - sh: {name: Test, image: i, inputs: {command: {$file: lib/test.sh}}}\n", both(name("Smoke"), func(b *jsontree.Value) {
			steps := slices.Clone(b.Get("steps").Items())
			slices.Reverse(steps)
			b.Get("steps").SetItems(steps)
		}), "", "{$file: run.sh}", "", ""},
		{"an input of a template", "    template: {name: t, inputs: {c: \"run ${{ vars.tag }}\"}}\n", command("start 17"), "run ", "start ", "", ""},
		{"an input of a template that is a file", "    template: {name: t, inputs: {c: {$file: run.sh}}}\n", command("make all\n"), "", "{$file: run.sh}", "", "make all\n"},
		{"an input of a template that is not given", "    template: {name: t}\n", command("make all"), "{name: t}", "{name: t, inputs: {c: make all}}", "", ""},
		{"beside one that is", "    template:\n      name: t\n      inputs:\n        d: y\n", command("make all"), "        d: y\n", "        d: y\n        c: make all\n", "", ""},
		{"an input of a fragment", "    steps:\n      - use: f # ours\n        inputs: {c: \"run ${{ vars.tag }}\"}\n", command("start 17"), "run ", "start ", "", ""},
		{"an input of a fragment that is a file", "    steps:\n      - use: f\n        inputs: {c: {$file: run.sh}}\n", command("make all\n"), "", "{$file: run.sh}", "", "make all\n"},
		{"an input of a fragment that is not given", "    steps:\n      - use: f # ours\n", command("make all"), "# ours\n", "# ours\n        inputs:\n          c: make all\n", "", ""},
		{"a renamed parameter", "    parameters:\n      - {name: P, default: \"${{ vars.tag }}-x\", description: {$file: lib/test.sh}}\n    steps: []\n", field(0, "name", "Q"), "name: P", "name: Q", "", ""},
		{"the end of a text", sh("run ${{ vars.tag }} now"), command("run 17 later"), "now", "later", "", ""},
		{"both ends", sh("run ${{ vars.tag }} now"), command("start 17 later"), "run ${{ vars.tag }} now", "start ${{ vars.tag }} later", "", ""},
		{"one of two values", sh("${{ vars.host }}:${{ vars.tag }}"), command("nexus.example:18"), "${{ vars.tag }}", "18", "vars.tag@10", ""},
		{"a value that grows", sh("jdk${{ vars.tag }}"), command("jdk170"), "jdk${{ vars.tag }}", "jdk170", "vars.tag@10", ""},
		{"the whole value", sh("${{ vars.host }}"), command("a.example"), "${{ vars.host }}", "a.example", "vars.host@10", ""},
		{"a variable of variables", sh("curl ${{ vars.base }}/a"), command("curl https://nexus.example/repo/b"), "/a", "/b", "", ""},
		{"the name of the job", sh("echo ${{ job.name }} of ${{ job.project }}"), command("echo one of many"), "echo ${{ job.name }} of ${{ job.project }}", "echo ${{ job.name }} of many", "job.project@10", ""},
		{"an escaped brace", sh("echo $${{ x }} ${{ vars.tag }}"), command("print ${{ x }} 17"), "echo", "print", "", ""},
		{"a line of a script", sh("|\n              a ${{ vars.tag }}\n              b\n              c ${{ vars.host }}"), command("a 17\nnew\nc nexus.example\n"), "              b\n", "              new\n", "", ""},
		{"lines of a script", sh("|\n              a ${{ vars.tag }}\n              b ${{ vars.tag }} b\n              c ${{ vars.host }}"), command("zero\na 17\nb 18 b\nd nexus.example\n"),
			"              a ${{ vars.tag }}\n              b ${{ vars.tag }} b\n              c ", "              zero\n              a ${{ vars.tag }}\n              b 18 b\n              d ", "vars.tag@12", ""},
		{"an item of a list", "    parameters:\n      - {name: P, options: [\"${{ vars.host }}\", b], default: b}\n    steps: []\n", func(b *jsontree.Value) {
			for _, f := range b.Get("parameters").Items()[0].Get("params").Items() {
				if limits := f.Get("limits"); limits.Len() > 0 {
					limits.SetItems(append(slices.Clone(limits.Items()[:1]), jsontree.Object(jsontree.Member{Key: "disable", Value: jsontree.String("0")}, jsontree.Member{Key: "name", Value: jsontree.String("c")}, jsontree.Member{Key: "display_name", Value: jsontree.String("c")}), limits.Items()[1]))
				}
			}
		}, "", "${{ vars.host }}", "", ""},
		{"a member below extra", "    steps: []\n    extra: {group: {path: \"/${{ vars.host }}/x\", more: \"${{ vars.tag }}\"}}\n", func(b *jsontree.Value) {
			b.Get("group").Set("path", jsontree.String("/nexus.example/y"))
		}, "}}/x", "}}/y", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tree := referringTree(c.definition)
			set, job := referring(t, tree)
			live := liveJob(job.BodyCopy())
			c.change(live.Body)
			files, effects, err := export.New(export.Options{Workspace: set}).Update(set, job, live, compile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			want := tree["definitions/a.yaml"]
			for _, f := range files {
				tree[f.Name] = string(f.Text)
			}
			have := tree["definitions/a.yaml"]
			if c.old != "" {
				if want = strings.Replace(want, c.old, c.want, 1); have != want {
					t.Errorf("the definition is\n%s\nwant\n%s", have, want)
				}
			} else if !strings.Contains(have, c.want) {
				t.Errorf("the definition is\n%s\nwant %s in it", have, c.want)
			}
			if c.file != "" && (tree["run.sh"] != c.file || have != want) {
				t.Errorf("run.sh is %q, want %q; the definition is\n%s", tree["run.sh"], c.file, have)
			}
			replaced := ""
			for _, r := range effects.Replaced {
				replaced += r.Reference + "@" + strings.TrimPrefix(strings.SplitN(r.At.String(), ":", 3)[1], ":")
			}
			if replaced != c.replaced {
				t.Errorf("replaced %q, want %q", replaced, c.replaced)
			}
			if _, now := referring(t, tree); len(export.New(export.Options{}).Differences(now, live)) > 0 {
				t.Errorf("the definition is not exact:\n%s", have)
			}
		})
	}
}

// TestReferencesInManyTexts edits random texts with references. The definition is exact, and each
// reference either stays or is told.
func TestReferencesInManyTexts(t *testing.T) {
	t.Parallel()
	pieces := []string{"${{ vars.tag }}", "${{ vars.host }}", "${{ vars.base }}", "${{ vars.empty }}", "${{ job.name }}", "$${{ x }}", "$", "$$", "17", "nexus.example", "one", " ", "\n", "a", "{{", "}}", "é", "${name}", "x: y", "#"}
	check(t, func(t *rapid.T) {
		draw := func(label string, most int) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, most).Draw(t, label), "")
		}
		start, written, end := draw("start", 4), draw("written", 8), draw("end", 4)
		quoted := func(text string) string { return string(jsontree.String(text).AppendJSON(nil)) }
		tree := referringTree("    steps:\n      - sh: {name: Run, image: i, inputs: {command: " + quoted("c"+start+written+end) + "}}\n")
		set, job := referring(discard{t}, tree)
		live := liveJob(job.BodyCopy())
		properties := live.Body.Get("steps").Items()[0].Get("properties")
		text := properties.Str("command")
		cut := rapid.IntRange(0, len(text)).Draw(t, "cut")
		for cut < len(text) && cut > 0 && text[cut]&0xC0 == 0x80 {
			cut--
		}
		properties.Set("command", jsontree.String(text[:cut]+rapid.SampledFrom([]string{"new", "17", "nexus.example", "\nnew line\n", "$", "${{ x }}"}).Draw(t, "new")+text[cut:]))
		files, effects, err := export.New(export.Options{Workspace: set}).Update(set, job, live, compile.Options{})
		if err != nil {
			t.Fatalf("%v\n%s", err, tree["definitions/a.yaml"])
		}
		before := len(spec.References(start + written + end))
		for _, f := range files {
			tree[f.Name] = string(f.Text)
		}
		_, now := referring(t, tree)
		if differ := export.New(export.Options{}).Differences(now, live); len(differ) > 0 {
			t.Fatalf("differs in %v\n%s", differ, tree["definitions/a.yaml"])
		}
		after := strings.Count(strings.ReplaceAll(tree["definitions/a.yaml"], "$${{", ""), "${{")
		if after+len(effects.Replaced) != before {
			t.Fatalf("%d references of %d stay, %v are told\n%s", after, before, effects.Replaced, tree["definitions/a.yaml"])
		}
	})
}

// discard ends a draw whose definition does not compile.
type discard struct{ *rapid.T }

func (d discard) Fatalf(string, ...any) { d.T.Skip() }

// TestAParameterBecomesSecret edits a live parameter that became sensitive in the console, together
// with another change. The value that was written goes, in each form of the definition.
func TestAParameterBecomesSecret(t *testing.T) {
	t.Parallel()
	for _, definition := range []string{
		"    parameters:\n      - {name: P, default: dev}\n    steps: []\n",
		"    parameters:\n      - name: P\n        # ours\n        default: dev\n        description: d\n    steps: []\n",
		"    parameters:\n      - definition: hudson.model.StringParameterDefinition\n        params:\n          - {name: name, value: P}\n          - name: defaultValue\n            # ours\n            value: dev\n          - {name: sensitiveVar, value: \"false\"}\n    steps: []\n",
		"    parameters:\n      - definition: other.Definition\n        params: [{name: name, value: P}, {name: defaultValue, value: \"dev\"}, {name: type, value: \"${{ vars.tag }}\"}]\n    steps: []\n",
	} {
		tree := referringTree(definition)
		set, job := referring(t, tree)
		body := job.BodyCopy()
		params := body.Get("parameters").Items()[0].Get("params")
		give := func(name, value string) {
			for _, f := range params.Items() {
				if f.Str("name") == name {
					f.Set("value", jsontree.String(value))
					return
				}
			}
			params.Append(obj("name", name, "value", value))
		}
		give("sensitiveVar", "true")
		give("defaultValue", "******")
		body.Set("flavor", jsontree.String("4u8g"))
		files, effects, err := export.New(export.Options{Workspace: set}).Update(set, job, liveJob(body), compile.Options{})
		if err != nil {
			t.Errorf("%v\n%s", err, definition)
			continue
		}
		for _, f := range files {
			tree[f.Name] = string(f.Text)
		}
		if have := tree["definitions/a.yaml"]; strings.Contains(have, "dev") || !strings.Contains(have, "secret: ") || len(effects.Secrets) != 1 {
			t.Errorf("the definition is\n%s\nsecrets %v", have, effects.Secrets)
		}
	}
}
