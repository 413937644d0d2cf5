package lint_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

func secretsOf(found spec.Diagnostics) (secrets spec.Diagnostics) {
	for _, d := range found {
		if d.HoldsSecret() {
			secrets = append(secrets, d)
		}
	}
	return secrets
}

// TestNoFormatShowsASecret puts secrets wherever a finding may quote a value or
// a name, and looks for them in every format, in the baseline and after a fix.
func TestNoFormatShowsASecret(t *testing.T) {
	t.Parallel()
	token := "ghp_" + strings.Repeat("aB3", 12)
	step := "    arch: arm\n    steps:\n      - sh:\n          name: B\n          inputs:\n            command: "
	for name, c := range map[string]struct{ job, secret string }{
		"a key":                   {"    " + token + ": 1\n    arch: arm\n    steps: []\n", token},
		"a parameter's name":      {"    arch: arm\n    parameters: [{name: " + token + ", default: a}]\n    steps: []\n", token},
		"a step's name":           {"    arch: arm\n    steps:\n      - upload: {file: /a, name: " + token + "}\n", token},
		"an action":               {"    arch: arm\n    steps:\n      - " + token + ": {name: a}\n", token},
		"a wrong value":           {"    arch: " + token + "\n    steps: []\n", token},
		"no YAML":                 {"    arch: @" + token + "\n    steps: []\n", token},
		"a default of digits":     {"    arch: arm\n    parameters: [{name: DB_PASSWORD, default: 0123456789}]\n    steps: []\n", "0123456789"},
		"a default like numbers":  {"    arch: arm\n    parameters: [{name: DB_PASSWORD, default: 123e45678}]\n    steps: []\n", "123e45678"},
		"a default, no option":    {"    arch: arm\n    parameters: [{name: DB_PASSWORD, default: hunter2abc, options: [hunter3abc]}]\n    steps: []\n", "hunter2abc"},
		"an option":               {"    arch: arm\n    parameters: [{name: DB_PASSWORD, default: hunter2abc, options: [hunter3abc]}]\n    steps: []\n", "hunter3abc"},
		"below an unknown key":    {"    arch: arm\n    parameters: [{name: DB_PASSWORD, value: hunter2abc}]\n    steps: []\n", "hunter2abc"},
		"the default of a secret": {"    arch: arm\n    parameters: [{name: X, secret: NAME, default: hunter2abc, options: [hunter2abd]}]\n    steps: []\n", "hunter2abc"},
		"a line that goes on":     {step + "|\n              export TOKEN=\\\n              hunter2abc \\ \n              make\n", "hunter2abc"},
		"a label":                 {"    arch: arm\n    labels: {" + token + ": x}\n    steps: []\n", token},
		"said twice":              {step + "|\n              export TOKEN=hunter2abc\n              rm -rf $X hunter2abc\n", "hunter2abc"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := spec.MapTree{"buildsync.yaml": workspace, "defs.yaml": "version: 1\njobs:\n  - name: a\n" + c.job}
			found := lint.Check(tree, "", lint.Options{})
			if len(found) == 0 {
				t.Fatal("nothing is found")
			}
			for _, name := range format.Names() {
				var out bytes.Buffer
				source := func(name string) []byte { return []byte(tree[name]) }
				if err := format.ByName(name)(&out, found, format.Options{Source: source}); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(out.String(), c.secret) {
					t.Errorf("%s shows the secret:\n%s", name, out.String())
				}
			}
			if len(found) > 1 {
				rest := slices.DeleteFunc(slices.Clone(lint.Check(tree, "", lint.Options{Baseline: lint.NewBaseline(secretsOf(found))})), func(d spec.Diagnostic) bool { return d.HoldsSecret() && !d.Blocking })
				var out bytes.Buffer
				source := func(name string) []byte { return []byte(tree[name]) }
				if err := format.ByName("text")(&out, rest, format.Options{Source: source}); err != nil || strings.Contains(out.String(), c.secret) {
					t.Errorf("with the secret in the baseline: %v, %s", err, out.String())
				}
			}
			if kept := lint.NewBaseline(found).Encode(); bytes.Contains(kept, []byte(c.secret)) {
				t.Errorf("the baseline shows the secret:\n%s", kept)
			}
		})
	}
}
