package render_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
)

func text(t *testing.T, p *diff.Plan, o render.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := render.Text(&out, p, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func document(t *testing.T, p *diff.Plan) string {
	t.Helper()
	var out bytes.Buffer
	if err := render.JSON(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// checkSchema holds a document against the published schema.
func checkSchema(t *testing.T, doc string) {
	t.Helper()
	source, err := os.ReadFile("../../../schemas/plan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plan.json", bytes.NewReader(source)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(doc))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%#v", err)
	}
}

// TestPlanHasItsMembers checks that the document has the members of the contract, and no body.
func TestPlanHasItsMembers(t *testing.T) {
	t.Parallel()
	var doc map[string]any
	if err := json.Unmarshal([]byte(document(t, review(t))), &doc); err != nil {
		t.Fatal(err)
	}
	want := func(where string, have any, members ...string) {
		t.Helper()
		object, _ := have.(map[string]any)
		for _, member := range members {
			if _, ok := object[member]; !ok {
				t.Errorf("%s lacks %s", where, member)
			}
		}
		for _, member := range []string{"body", "desired", "want", "live", "Desired", "Want", "Live"} {
			if _, ok := object[member]; ok {
				t.Errorf("%s holds %s", where, member)
			}
		}
	}
	want("the plan", doc, "format_version", "plan_id", "tool_version", "environment", "endpoint", "base", "head", "summary", "refusals", "changes")
	want("base", doc["base"], "ref", "commit")
	want("head", doc["head"], "commit", "dirty")
	want("summary", doc["summary"], "create", "update", "replace", "enable", "disable", "delete", "unchanged", "drift", "conflict", "adopt", "collision", "unmanaged")
	if doc["format_version"] != "1.2" {
		t.Errorf("format_version is %v", doc["format_version"])
	}
	for _, one := range doc["changes"].([]any) {
		change := one.(map[string]any)
		want("a change", change, "address", "kind", "project_id", "name", "id", "actions", "verdict", "definition", "fields")
		for _, field := range change["fields"].([]any) {
			want("a field", field, "path", "before", "after", "base", "verdict", "sensitive")
		}
	}
	if err := json.Unmarshal([]byte(document(t, states(t))), &doc); err != nil {
		t.Fatal(err)
	}
	for _, refusal := range doc["refusals"].([]any) {
		want("a refusal", refusal, "rule", "message")
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	golden(t, "review.txt", text(t, review(t), render.Options{}))
}

// TestTextFolded checks that only lines of scripts are wider than a narrow terminal.
func TestTextFolded(t *testing.T) {
	t.Parallel()
	const width = 72
	got := text(t, review(t), render.Options{Width: width})
	golden(t, "review-narrow.txt", got)
	script := manyJobs(t, 0)
	script.Changes[0].Verdict = diff.VerdictConflict
	script.Changes[0].Fields = []diff.Field{{Path: `steps["Say hello"].properties.command`, Verdict: diff.VerdictConflict, File: "jobs/hello.yaml", Line: 13,
		Before: parse(t, `"set -e\necho a\n"`), After: parse(t, `"set -e\necho b\n"`), Base: parse(t, `"set -e\necho c\n"`)}}
	got += text(t, script, render.Options{Width: width})
	for line := range strings.Lines(got) {
		line = strings.TrimSuffix(line, "\n")
		script := strings.HasPrefix(line, "        - ") || strings.HasPrefix(line, "        + ") || strings.HasPrefix(line, "          ")
		if utf8.RuneCountInString(line) > width && !script && !strings.HasPrefix(line, "Plan id: ") {
			t.Errorf("a line of %d cells: %s", utf8.RuneCountInString(line), line)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	doc := document(t, review(t))
	golden(t, "review.json", doc)
	checkSchema(t, doc)
}

func markdown(t *testing.T, p *diff.Plan, limit int) string {
	t.Helper()
	var out bytes.Buffer
	if err := render.Markdown(&out, p, render.MarkdownOptions{MaxBytes: limit}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func page(t *testing.T, p *diff.Plan) string {
	t.Helper()
	var out bytes.Buffer
	if err := render.HTML(&out, p, render.HTMLOptions{}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	golden(t, "review.md", markdown(t, review(t), 0))
	golden(t, "review-short.md", markdown(t, review(t), 1100))
}

func TestHTML(t *testing.T) {
	t.Parallel()
	golden(t, "review.html", page(t, review(t)))
}

// TestRoundTrip shows a plan that went through its document as the plan itself.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]*diff.Plan{"review": review(t), "hostile": hostile(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := document(t, plan)
			checkSchema(t, doc)
			back, err := render.Read(strings.NewReader(doc))
			if err != nil {
				t.Fatal(err)
			}
			for format, show := range map[string]func(*diff.Plan) string{
				"json":     func(p *diff.Plan) string { return document(t, p) },
				"text":     func(p *diff.Plan) string { return text(t, p, render.Options{Color: true, Width: 80}) },
				"markdown": func(p *diff.Plan) string { return markdown(t, p, 0) },
				"short":    func(p *diff.Plan) string { return markdown(t, p, 900) },
				"html":     func(p *diff.Plan) string { return page(t, p) },
			} {
				if show(plan) != show(back) {
					t.Errorf("%s shows the stored plan differently", format)
				}
			}
		})
	}
}
