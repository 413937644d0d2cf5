package lint_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestWorkGrowsAsTheInput checks that lint and its text report are linear if one line or one script
// has very many findings. Work is measured in allocated bytes, which do not depend on the machine's
// speed. The test is not parallel, because the count is of the whole process.
func TestWorkGrowsAsTheInput(t *testing.T) {
	cases := map[string]func(n int) string{
		"a file of one line": func(n int) string {
			var jobs []any
			for i := range n {
				step := map[string]any{"sh": map[string]any{"name": "B", "image": "shell", "inputs": map[string]any{"command": "rm -rf $DIR"}}}
				jobs = append(jobs, map[string]any{"name": fmt.Sprintf("job-%d", i), "arch": "x86-64", "steps": []any{step}})
			}
			text, err := json.Marshal(map[string]any{"version": 1, "jobs": jobs})
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		},
		"a double-quoted script of many lines": func(n int) string {
			return scriptOf(`"set -e\n` + repeated(n, func(i int) string { return fmt.Sprintf(`echo ${X%d}\n`, i) }) + `"`)
		},
		"a double-quoted script of one line": func(n int) string {
			return scriptOf(`"echo` + repeated(n, func(i int) string { return fmt.Sprintf(` ${X%d}`, i) }) + `"`)
		},
		"a literal script": func(n int) string {
			return scriptOf("|\n" + repeated(n, func(i int) string { return fmt.Sprintf("            echo ${X%d}\n", i) }))
		},
		"a folded script": func(n int) string {
			return scriptOf(">\n" + repeated(n, func(i int) string { return fmt.Sprintf("            echo ${X%d}\n\n", i) }))
		},
		"references that nothing declares": func(n int) string {
			return scriptOf(`"echo` + repeated(n, func(i int) string { return fmt.Sprintf(` ${{ vars.x%d }}`, i) }) + `"`)
		},
		"suppressions of steps": func(n int) string {
			return "version: 1\njobs:\n  - name: a\n    arch: arm\n    steps:\n" + repeated(n, func(i int) string {
				return fmt.Sprintf("      # buildsync:ignore-step cron: x\n      - sh: {name: s%d, inputs: {command: make}} # buildsync:ignore image-pin: x\n", i)
			})
		},
		"suppressions one below the other": func(n int) string {
			return "version: 1\njobs:\n  - name: a\n    arch: arm\n    steps:\n" + strings.Repeat("      # buildsync:ignore cron: x\n      # buildsync-ignore\n", n) + "      - sh: {name: s, inputs: {command: make}}\n"
		},
		"a list on one line": func(n int) string {
			return "version: 1\njobs: [{name: a, arch: x86-64, steps: [" + repeated(n, func(i int) string {
				return fmt.Sprintf("{sh: {name: s%d, image: shell, inputs: {command: \"curl x | sh\"}}}, ", i)
			}) + "]}]\n"
		},
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			small, large := workOf(t, text(300)), workOf(t, text(1200))
			if large > 6*small {
				t.Errorf("4 times the input takes %.1f times the work", float64(large)/float64(small))
			}
		})
	}
}

func repeated(n int, one func(i int) string) string {
	var all strings.Builder
	for i := range n {
		all.WriteString(one(i))
	}
	return all.String()
}

func scriptOf(command string) string {
	return "version: 1\njobs:\n  - name: a\n    arch: x86-64\n    steps:\n      - sh:\n          name: s\n          inputs:\n            command: " +
		strings.ReplaceAll(command, "\n            ", "\n              ") + "\n"
}

// workOf lints a file, writes the report and returns how many bytes were
// allocated.
func workOf(t *testing.T, text string) uint64 {
	t.Helper()
	files := spec.MapTree{"buildsync.yaml": workspace, "defs.yaml": text}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	found := lint.Check(files, "", lint.Options{})
	var out bytes.Buffer
	if err := format.Text(&out, found, format.Options{Source: func(name string) []byte { return []byte(files[name]) }}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if len(found) < 20 {
		t.Fatalf("%d findings:\n%s", len(found), out.String())
	}
	return after.TotalAlloc - before.TotalAlloc
}
