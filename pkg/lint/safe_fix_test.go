package lint_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestSafeFixesSendTheSame checks that safe fixes do not change a byte of the compiled result.
func TestSafeFixesSendTheSame(t *testing.T) {
	t.Parallel()
	script := func(command string) string {
		return oneJob("    description: some text\n    steps:\n      - sh: {name: s, image: \"shell:1\", inputs: {command: {$file: s.sh}}}\n      - sh:\n          name: t\n          inputs:\n            command: |\n" + command)
	}
	for name, files := range map[string]map[string]string{
		"a no-break space in a script":  {"defs.yaml": script("              sed -i \"s/\u00a0/ /g\" f.txt\n")},
		"a zero-width space in a value": {"defs.yaml": oneJob("    description: \"a\u200bb\"\n    steps: []\n")},
		"a zero-width space in a plain": {"defs.yaml": oneJob("    description: a\u200bb\n    steps: []\n")},
		"a no-break space in a comment": {"defs.yaml": oneJob("    steps: [] # a\u00a0b\n"), "mended": "yes"},
		"a comment of a script":         {"defs.yaml": script("              # a\u00a0b\n              make\n")},
		"an inner byte-order mark":      {"defs.yaml": script("              echo \ufeffa\n")},
		"carriage returns in a script":  {"defs.yaml": script("              make\n"), "s.sh": "make\r\nmake test\r\n"},
		"numbers and words":             {"defs.yaml": oneJob("    description: 3.10\n    parameters: [{name: p, default: on}, {name: q, default: 0x1f}, {name: r, default: 010}]\n    steps: []\n"), "mended": "yes"},
		"a branch with its prefix":      {"defs.yaml": oneJob("    scms: [{url: \"https://a.example.org/b.git\", scm_type: codehub, branch: refs/heads/main}]\n    steps: []\n")},
		"the API's name of on_commit":   {"defs.yaml": oneJob("    ? build_if_code_updated\n    : true\n    steps: []\n  - name: b\n    arch: arm\n    \"build_if_code_updated\": null\n    steps: []\n"), "mended": "yes"},
		"in a template of parameters":   {"defs.yaml": oneJob("    template: {name: t}\ntemplates:\n  - name: t\n    parameters: [{name: p, options: [a, {name: b, disable: \"1\"}]}]\n    steps: []\n"), "mended": "yes"},
		"with CRLF and no final break":  {"defs.yaml": strings.ReplaceAll(oneJob("    build_if_code_updated: true\n    steps:\n      - sh:\n          name: s\n          inputs:\n            command: \"a \\n\\\n              b\\n\\\n              \\n\" # two\n              # deeper"), "\n", "\r\n"), "mended": "yes"},
		"a quoted script at the end":    {"defs.yaml": oneJob("    steps:\n      - module_id: devcloud2018.codeci_action_20017.action\n        name: s\n        properties:\n          command: \"  a\\n\\\n            b\""), "mended": "yes"},
		"an anchor of the API's words":  {"defs.yaml": "  - &base {name: a, arch: arm, build_if_code_updated: true, steps: []}\n  - {name: b, arch: arm, steps: [], extra: {odd: *base}}\n"},
		"an anchor of options":          {"defs.yaml": oneJob("    parameters:\n      - {name: p, options: &all [{name: x, disable: \"1\"}, {name: z}]}\n      - {params: [{name: name, value: q}, {name: defaultValue, value: z, limits: *all}]}\n    steps: []\n")},
		"a merged mapping":              {"defs.yaml": "  - {name: a, arch: arm, build_if_code_updated: true, steps: [], <<: &m {flavor: 2u8g}}\n  - {name: b, arch: arm, steps: [], extra: *m}\n", "mended": "yes"},
		"a misspelt class":              {"defs.yaml": oneJob("    parameters: [{name: p, default: a, definition: hudson.model.StringParameterDefinitio}]\n    steps: []\n")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := spec.MapTree{"buildsync.yaml": workspace, "s.sh": "make\n"}
			for file, text := range files {
				if file != "mended" {
					if file == "defs.yaml" {
						text = "version: 1\njobs:\n" + text
					}
					tree[file] = text
				}
			}
			before := compiled(t, tree)
			mended := 0
			for pass := 0; pass < 5; pass++ {
				found := lint.Check(tree, "", lint.Options{})
				for _, file := range []string{"defs.yaml", "s.sh"} {
					text, fixed := lint.Fix(file, []byte(tree[file]), found, lint.SafeFixes)
					tree[file] = string(text)
					mended += len(fixed)
				}
			}
			if after := compiled(t, tree); after != before {
				t.Errorf("what is sent has changed:\n%s\n%s", before, after)
			}
			if (mended > 0) != (files["mended"] != "") {
				t.Errorf("%d findings are mended", mended)
			}
		})
	}
}

// compiled returns the bodies that a workspace compiles to, "" if it does not.
func compiled(t *testing.T, tree spec.MapTree) string {
	t.Helper()
	set, _ := spec.Load(tree, spec.Options{})
	result, _ := compile.Compile(set, compile.Options{Partly: true})
	var all strings.Builder
	for _, j := range result.Jobs {
		text, err := json.Marshal(j.Body())
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

func oneJob(rest string) string { return "  - name: a\n    arch: x86-64\n" + rest }
