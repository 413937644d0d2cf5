package compile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/format"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// emptyForms are the forms in which a key is empty. A key of one kind takes some of them.
var emptyForms = map[string]yaml.Node{
	"null": {Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"},
	`""`:   {Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle},
	"[]":   {Kind: yaml.SequenceNode, Style: yaml.FlowStyle},
	"{}":   {Kind: yaml.MappingNode, Style: yaml.FlowStyle},
}

// TestNullAndEmptyMeanTheSame checks each key of the language: null and the empty text, list and
// mapping mean the same in lint, compile, plan and fmt, or all of them are refused. An empty
// mapping may also mean the same as an absent key, because mappings are merged and it adds nothing.
func TestNullAndEmptyMeanTheSame(t *testing.T) {
	t.Parallel()
	law, at := newEmptyLaw(t), 0
	law.eachKey(t, lawDefinitions, func(where string, set func(form string) string) {
		if at++; at%emptyStride != 0 {
			return
		}
		text := func(form string) (string, string) { return lawWorkspace, set(form) }
		law.check(t, where, text)
	})
	law.eachKey(t, lawWorkspace, func(where string, set func(form string) string) {
		if at++; at%emptyStride != 0 {
			return
		}
		text := func(form string) (string, string) { return set(form), lawDefinitions }
		law.check(t, "buildsync.yaml "+where, text)
	})
}

// TestAbsentKeysStay checks that an absent key of a job, a code source or a step is not managed:
// the live value stays.
func TestAbsentKeysStay(t *testing.T) {
	t.Parallel()
	law := newEmptyLaw(t)
	law.eachKey(t, lawDefinitions, func(where string, set func(form string) string) {
		place := strings.Split(where, ".")
		owner := strings.Join(place[:len(place)-1], ".")
		if owner != "jobs[1]" && owner != "jobs[2]" && !strings.HasPrefix(owner, "jobs[1].scms") && !strings.HasPrefix(owner, "jobs[1].steps") {
			return
		}
		switch place[len(place)-1] {
		case "template", "parameters", "steps": // then the whole list is inherited
			return
		}
		have := law.outcome(lawWorkspace, set("absent"))
		if strings.Contains(where, ".properties.") || strings.Contains(where, "$file") {
			return // inside a value
		}
		if !have.refused && have.plan != law.whole.plan && !strings.Contains(have.plan, ".name") {
			t.Errorf("%s is absent, and the plan has\n%s", where, have.plan)
		}
	})
}

// emptyLaw compares the results of all stages for a definition with one key changed.
type emptyLaw struct {
	live  *diff.Snapshot // of the whole language
	whole outcome
}

// outcome holds the results of each stage.
type outcome struct {
	refused bool   // by compile
	lint    string // the rules of its findings
	errors  bool   // of lint
	plan    string
	result  *compile.Result
}

func newEmptyLaw(t *testing.T) *emptyLaw {
	t.Helper()
	law := &emptyLaw{}
	result, found := compiledLaw(lawWorkspace, lawDefinitions)
	if found.HasErrors() {
		t.Fatal(found)
	}
	law.live = liveOf(result)
	law.whole = law.outcome(lawWorkspace, lawDefinitions)
	return law
}

// eachKey calls visit with each key of a file. set returns the file with the key in a
// form; "absent" is without it.
func (law *emptyLaw) eachKey(t *testing.T, file string, visit func(where string, set func(form string) string)) {
	t.Helper()
	root := parseYAML(t, file)
	text := func() string {
		out, err := yaml.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	var walk func(n *yaml.Node, where string)
	walk = func(n *yaml.Node, where string) {
		if n.Kind == yaml.SequenceNode {
			for i, item := range n.Content {
				walk(item, fmt.Sprintf("%s[%d]", where, i))
			}
		}
		if n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i < len(n.Content); i += 2 {
			at := strings.TrimPrefix(where+"."+n.Content[i].Value, ".")
			visit(at, func(form string) string {
				all := n.Content
				defer func() { n.Content = all }()
				if form == "absent" {
					n.Content = slices.Delete(slices.Clone(all), i, i+2)
				} else {
					empty := emptyForms[form]
					n.Content = slices.Clone(all)
					n.Content[i+1] = &empty
				}
				return text()
			})
			walk(n.Content[i+1], at)
		}
	}
	walk(root, "")
}

func (law *emptyLaw) check(t *testing.T, where string, files func(form string) (workspace, definitions string)) {
	t.Helper()
	null, absent := law.outcome(files("null")), law.outcome(files("absent"))
	law.agree(t, where+": null", null)
	for _, form := range []string{`""`, "[]", "{}"} {
		have := law.outcome(files(form))
		law.agree(t, where+": "+form, have)
		switch {
		case have.refused:
		case form == "{}" && have.same(absent):
		case null.refused:
			t.Errorf("%s: null is refused (%s), and %s is not", where, null.lint, form)
		case isVerbatim(where): // a value like any other
		case !have.same(null):
			t.Errorf("%s: %s means\n%s\n%s\nand null means\n%s\n%s", where, form, have.lint, have.plan, null.lint, null.plan)
		}
	}
}

// isVerbatim reports whether a value goes to the service as JSON, which tells empty texts, lists and
// null apart: a property of a step, a member of extra, and a variable's or an input's value.
func isVerbatim(where string) bool {
	for _, part := range []string{".properties.", ".inputs.", ".image", ".limits[", "extra.", "vars.", ".default"} {
		if strings.Contains(where, part) {
			return true
		}
	}
	return false
}

// agree checks that lint refuses what compile refuses.
func (law *emptyLaw) agree(t *testing.T, where string, o outcome) {
	t.Helper()
	if o.refused && !o.errors {
		t.Errorf("%s: compile refuses it, and lint does not", where)
	}
}

// same reports whether two outcomes have the same findings and the same plan, and whether each
// leaves the other's live state in step.
func (o outcome) same(other outcome) bool {
	return o.refused == other.refused && o.lint == other.lint && o.plan == other.plan &&
		(o.refused || planText(o.result, liveOf(other.result)) == planText(other.result, liveOf(other.result)))
}

// outcome has all stages look at a workspace.
func (law *emptyLaw) outcome(workspace, definitions string) (o outcome) {
	found := lint.Check(lawTree(workspace, definitions), "e", lint.Options{})
	o.errors = found.HasErrors()
	rules := map[string]bool{}
	for _, d := range found {
		rules[d.Severity.String()+" "+d.Rule] = true
	}
	var said []string
	for rule := range rules {
		said = append(said, rule)
	}
	slices.Sort(said)
	o.lint = strings.Join(said, ", ")
	var refusals spec.Diagnostics
	o.result, refusals = compiledLaw(workspace, definitions)
	if o.refused = refusals.HasErrors(); o.refused {
		return o
	}
	o.plan = planText(o.result, law.live)
	formatted, err := format.Source("a.yaml", []byte(definitions), format.Definitions)
	if err != nil {
		o.plan += "fmt: " + err.Error()
		return o
	}
	again, _ := compiledLaw(workspace, string(formatted))
	if plan := planText(again, law.live); plan != o.plan {
		o.plan += "after fmt: " + plan
	}
	return o
}

func lawTree(workspace, definitions string) spec.MapTree {
	return spec.MapTree{spec.WorkspaceFile: workspace, "definitions/a.yaml": definitions, "s.sh": "make\n"}
}

func compiledLaw(workspace, definitions string) (*compile.Result, spec.Diagnostics) {
	set, found := spec.Load(lawTree(workspace, definitions), spec.Options{Environment: "e"})
	if set == nil {
		return nil, found
	}
	result, more := compile.Compile(set, compile.Options{})
	return result, append(found, more...)
}

// liveOf returns the service after the creation of all jobs of a result.
func liveOf(result *compile.Result) *diff.Snapshot {
	projects := map[string]*diff.LiveProject{}
	for i, job := range result.Jobs {
		project := projects[job.ProjectID]
		if project == nil {
			project = &diff.LiveProject{ID: job.ProjectID, Complete: true}
			projects[job.ProjectID] = project
		}
		live := &diff.LiveJob{ProjectID: job.ProjectID, ID: job.ID, Name: job.Name, Body: job.CreateBody()}
		if live.ID == "" {
			live.ID = fmt.Sprintf("%032d", i)
		}
		for _, n := range job.Notices {
			notice := wire.Notice{NoticeType: n.Type, EnableMap: map[string]bool{}, ParamConfig: n.ParamConfig}
			for _, event := range n.Events {
				notice.EnableMap[event] = true
			}
			live.Notices = append(live.Notices, notice)
		}
		project.Jobs = append(project.Jobs, live)
	}
	return &diff.Snapshot{Projects: projects}
}

// planText lists the places that a plan changes.
func planText(result *compile.Result, live *diff.Snapshot) string {
	plan := diff.Compute(diff.Input{Head: result, Modules: diff.ModulesOf(catalog.Default()), Live: live})
	var out strings.Builder
	for _, r := range plan.Refusals {
		fmt.Fprintf(&out, "refused: %s\n", r.Rule)
	}
	for _, c := range plan.Changes {
		fmt.Fprintf(&out, "%s %v\n", c.Address, c.Actions)
		for _, f := range c.Fields {
			fmt.Fprintf(&out, "  %s\n", f.Path)
		}
	}
	return out.String()
}
