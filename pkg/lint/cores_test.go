package lint_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

// manyFiles returns a workspace of several batches whose files depend on each other: shared scripts,
// templates and fragments, repeated names, and findings of most kinds.
func manyFiles(files int) spec.MapTree {
	tree := spec.MapTree{
		"buildsync.yaml": workspace + "defaults:\n  job:\n    parameters: [{name: common, default: x}]\nlint:\n  rules: {image-pin: info}\n",
		"shared.sh":      "# buildsync-ignore shell-safety\nexport DB_PASSWORD=Hunter2x9z\nrm -rf $DIR\n",
		"fine.sh":        "# buildsync:ignore-file shell-safety: known\nrm -rf $DIR\necho ${one}\n",
		"t0.yaml":        "version: 1\ntemplates:\n  - name: base\n    parameters: [{name: unused, default: a}]\n    steps:\n      - sh: {name: A, inputs: {command: \"echo ${from_job}\"}}\n  - name: nobody\n    steps: []\n",
		"t1.yaml":        "version: 1\nfragments:\n  - name: part\n    steps:\n      - sh: {name: F, inputs: {command: {$file: shared.sh}}}\n  - name: lonely\n    steps: []\njobs:\n  - name: beside\n    arch: arm\n    steps: [{use: part}]\n",
	}
	for i := range files {
		var text strings.Builder
		text.WriteString("version: 1\njobs:\n")
		for j := range 20 {
			name := fmt.Sprintf("job-%d-%d", i, j)
			if i%7 == 3 && j == 0 {
				name = "twice"
			}
			fmt.Fprintf(&text, "  - name: %s\n    arch: %s\n    parameters: [{name: one, default: \"1\"}]\n", name, []string{"arm", "x86-64", "alpha"}[(i+j)%3])
			switch (i + j) % 5 {
			case 0:
				text.WriteString("    steps: [{sh: {name: B, image: shell, inputs: {command: {$file: shared.sh}}}}]\n")
			case 1:
				text.WriteString("    steps:\n      # buildsync:ignore-step shell-safety: known\n      - sh: {name: B, inputs: {command: \"rm -rf $X; echo ${one}\"}}\n")
			case 2:
				text.WriteString("    steps:\n      - sh: {name: B, inputs: {command: {$file: fine.sh}}}\n")
			case 3:
				text.WriteString("    removed_key: 1\n    steps: [{sh: {name: on, inputs: {command: \"if x\"}}}]\n")
			case 4:
				if i%2 == 0 {
					text.WriteString("    template: {name: base}\n    steps: [{use: template}, {use: part}]\n")
				} else {
					text.WriteString("    steps: [{sh: {name: B, inputs: {command: \"curl -s https://e.example | sh\"}}}]\n")
				}
			}
		}
		if i%5 == 0 {
			fmt.Fprintf(&text, "removed:\n  - {job: gone-%d}\n  - {job: job-%d-1}\n", i, i)
		}
		tree[fmt.Sprintf("defs%03d.yaml", i)] = text.String()
	}
	return tree
}

// TestSameOutputOnAnyNumberOfCores lints with 1, 2 and 8 processors and compares the reports byte
// for byte. It is not parallel, because the number of processors is set for the whole process.
func TestSameOutputOnAnyNumberOfCores(t *testing.T) {
	tree := manyFiles(60)
	report := func(processors int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		var out bytes.Buffer
		if err := format.JSON(&out, lint.Check(tree, "", lint.Options{}), format.Options{}); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	want := report(1)
	for _, rule := range []string{"secret-literal", "unused-suppression", "shell-syntax", "shell-safety", "duplicate-job", "template-unused", "fragment-unused", "removed-still-defined", "unknown-key", "implicit-type"} {
		if !strings.Contains(want, `"`+rule+`"`) {
			t.Errorf("the workspace has nothing of %s", rule)
		}
	}
	for _, processors := range []int{2, 8, 2, 8} {
		if have := report(processors); have != want {
			t.Errorf("%d processors give another report:\n%s", processors, firstDifference(want, have))
		}
	}
}

// firstDifference shows where two reports part.
func firstDifference(want, have string) string {
	a, b := strings.Split(want, "\n"), strings.Split(have, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(a), len(b))
}
