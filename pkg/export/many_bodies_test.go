package export_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// TestLawOfManyBodies holds the whole law for many random live bodies, in
// workspaces without defaults and with some: the export is exact, the plan right
// after is empty, fmt has nothing to change, and lint finds no error: what it says
// of a live value is suppressed by the comments that export writes.
func TestLawOfManyBodies(t *testing.T) {
	t.Parallel()
	workspaces := []string{
		"", "defaults: {job: {flavor: 2u8g}}\n",
		"defaults: {job: {host_type: custom_host, timeout: 2h, notifications: {MAIL: [buildJobFail]}, extra: {description: d}}}\n",
		"defaults: {job: {steps: [{sh: {name: s, inputs: {command: c}}}], parameters: [{name: P, default: x}], enabled: false}}\n",
	}
	jobs := rapid.Custom(func(t *rapid.T) *diff.LiveJob {
		d := emulatortest.Draw{T: t, Short: true}
		name := d.Name()
		live := &diff.LiveJob{ProjectID: projectID, ID: strings.Repeat("a", 32), Name: name, Body: d.Body(name)}
		live.Item.Disabled = d.Chance(30)
		return live
	})
	for i := emulatortest.First(t); i < emulatortest.First(t)+manyBodies; i++ {
		head := "version: 1\nprojects: {shop: " + projectID + "}\n" + workspaces[i%len(workspaces)]
		live := jobs.Example(i)
		set, found := spec.Load(spec.MapTree{spec.WorkspaceFile: head}, spec.Options{})
		if found.HasErrors() {
			t.Fatal(found)
		}
		definition, err := export.New(export.Options{Workspace: set}).Job(shop, live)
		if err != nil {
			t.Fatalf("body %d in %q: %v\n%s", i, head, err, live.Body.Indented())
		}
		file, scripts := definition.Source("", fmt.Sprint(i))
		isCanonical(t, "a.yaml", file)
		if strings.Contains(string(file), "HUDSON.MODEL.STRINGPARAMETERDEFINITION") {
			t.Fatalf("body %d: the name of a definition stands in capitals:\n%s", i, file)
		}
		var secrets []string
		for _, s := range definition.Secrets {
			secrets = append(secrets, s.Name)
		}
		workspace, err := export.DeclareSecrets([]byte(head), secrets)
		if err != nil {
			t.Fatal(err)
		}
		tree := spec.MapTree{spec.WorkspaceFile: string(workspace), "definitions/a.yaml": string(file)}
		for _, script := range scripts {
			tree[script.Name] = string(script.Text)
		}
		planIsEmpty(t, tree, []*diff.LiveJob{live})
		files, _ := lint.Accept(tree, "", lint.Options{}, "live value", func(*spec.Diagnostic) bool { return true })
		for name, text := range files {
			isCanonical(t, name, text)
			tree[name] = string(text)
		}
		if len(files) > 0 {
			planIsEmpty(t, tree, []*diff.LiveJob{live})
		}
		for _, d := range lint.Check(tree, "", lint.Options{}) {
			if d.Severity == spec.Error || d.Rule == "unused-suppression" {
				t.Errorf("body %d in %q: lint: %s %s [%s]\n%s", i, head, d.Range.Start, d.Message, d.Rule, tree["definitions/a.yaml"])
			}
		}
	}
}
