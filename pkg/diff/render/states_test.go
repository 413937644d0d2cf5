package render_test

import (
	"html"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
)

// states returns a plan with everything that refuses. review has the rest.
func states(t testing.TB) *diff.Plan {
	t.Helper()
	body := func(arch, rest string) string { return `{"arch":"` + arch + `"` + rest + `,"steps":[]}` }
	off := false
	disabled := job(t, "nightly", 4, body("arm", ""))
	disabled.Enabled = &off
	gone := liveJob(t, "edited-and-gone", body("x86-64", ""))
	scm := func(branch string) string {
		return `,"scms":[{"url":"git@host:a.git","branch":"` + branch + `"}]`
	}
	template := &compile.Template{Address: "shop/template/java", Name: "java", Body: parse(t, `{"name":"java","description":"new","template":{"steps":[]}}`), Pos: spec.Pos{File: "templates/java.yaml", Line: 3}}
	live := &diff.Snapshot{
		Projects: map[string]*diff.LiveProject{project: {ID: project, Complete: true, Jobs: []*diff.LiveJob{
			liveJob(t, "both", body("arm", scm("live"))), liveJob(t, "foreign", body("x86-64", "")), liveJob(t, "ours-now", body("arm", "")),
			liveJob(t, "nightly", body("arm", "")), gone, {ProjectID: project, ID: "second", Name: "foreign-too", Body: parse(t, body("arm", ""))},
		}}},
		Templates: []*diff.LiveTemplate{{UUID: "2d9031c079624376824fe1e2731615dc", Name: "java", Body: parse(t, `{"name":"java","description":"old","template":{"steps":[]}}`)}},
	}
	head := &compile.Result{Templates: []*compile.Template{template}, Jobs: []*compile.Job{
		job(t, "both", 4, body("arm", scm("head"))), job(t, "foreign", 4, body("arm", "")), job(t, "ours-now", 4, body("arm", "")), disabled, job(t, "deleted-outside", 4, body("arm", "")),
	}}
	base := &compile.Result{Templates: []*compile.Template{template}, Jobs: []*compile.Job{
		job(t, "both", 4, body("arm", scm("base"))), job(t, "nightly", 4, body("arm", "")), job(t, "edited-and-gone", 4, body("arm", "")), job(t, "deleted-outside", 4, body("arm", "")),
	}}
	return diff.Compute(diff.Input{
		Head: head, HeadRevision: diff.Revision{Commit: "a81e003d5f0c4d54a2f2b4b2c2c9a6f0a0d7e111", Dirty: true},
		Base: base, BaseRevision: &diff.Revision{Commit: "4f1c2d9b1f0c4d54a2f2b4b2c2c9a6f0a0d7e222"},
		Live: live, ToolVersion: "0.1.0", Policy: spec.Policy{OnRemove: "delete", MaxRemovals: 1, MaxRemovalShare: 0.25, Drift: "fail"},
	})
}

func TestStates(t *testing.T) {
	t.Parallel()
	p := states(t)
	golden(t, "states.txt", text(t, p, render.Options{}))
	golden(t, "states.md", markdown(t, p, 0))
	doc := document(t, p)
	golden(t, "states.json", doc)
	checkSchema(t, doc)
}

// TestRevisionsOutsideGit checks the title outside Git: it has no revision and no gap.
func TestRevisionsOutsideGit(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]*diff.Plan{
		"no base":                            {},
		"base is what is checked out":        {Base: &diff.Revision{}},
		"base abcdef0 → what is checked out": {Base: &diff.Revision{Commit: "abcdef0123"}},
	} {
		p.Refusals = []diff.Refusal{{Rule: diff.RuleNoDefinitions}}
		if first, _, _ := strings.Cut(text(t, p, render.Options{}), "\n"); !strings.HasSuffix(first, "  "+want) {
			t.Errorf("%q, want %q", first, want)
		}
	}
}

// TestParts checks that a plan of a part names its flags at its top in every format, and a whole
// plan does not.
func TestParts(t *testing.T) {
	t.Parallel()
	whole, some, joined := review(t), review(t), review(t)
	some.Parts = []diff.Part{{Only: []string{"order-*", "it's"}, Projects: []string{"shop"}, Changed: true, Shard: "3/8"}}
	joined.Parts = []diff.Part{{Shard: "1/3"}, {Shard: "2/3"}}
	const flags = `--only 'order-*' --only 'it'\''s' --project shop --changed --shard 3/8`
	for name, test := range map[string]struct {
		plan                 *diff.Plan
		text, markdown, html string
	}{
		"a part": {some, "\nOnly a part: " + flags + "\n", "\n\nOnly a part: <code>" + sanitize.MarkdownText(flags, 0) + "</code>\n\n**",
			"<p><strong>Only a part:</strong> <code>" + html.EscapeString(flags) + "</code></p>"},
		"joined": {joined, "\nOnly a part: --shard 1/3; --shard 2/3\n", "\n\nOnly a part: <code>&#45;-shard 1/3</code>; <code>&#45;-shard 2/3</code>\n\n",
			"<code>--shard 1/3</code>; <code>--shard 2/3</code></p>"},
	} {
		if out := text(t, test.plan, render.Options{}); !strings.Contains(out, test.text) {
			t.Errorf("%s: text lacks %q\n%s", name, test.text, out)
		}
		if out := markdown(t, test.plan, 0); !strings.Contains(out, test.markdown) {
			t.Errorf("%s: markdown lacks %q\n%s", name, test.markdown, out)
		}
		if out := markdown(t, test.plan, 1500); !strings.Contains(out, test.markdown) {
			t.Errorf("%s: short markdown lacks %q\n%s", name, test.markdown, out)
		}
		if out := page(t, test.plan); !strings.Contains(out, test.html) {
			t.Errorf("%s: the page lacks %q\n%s", name, test.html, out)
		}
		doc := document(t, test.plan)
		checkSchema(t, doc)
		read, err := render.Read(strings.NewReader(doc))
		if err != nil || text(t, read, render.Options{}) != text(t, test.plan, render.Options{}) {
			t.Errorf("%s: what was stored shows something else: %v", name, err)
		}
	}
	for format, out := range map[string]string{
		"text": text(t, whole, render.Options{}), "markdown": markdown(t, whole, 0), "html": page(t, whole), "json": document(t, whole),
	} {
		if strings.Contains(out, "Only a part") || strings.Contains(out, `"parts"`) {
			t.Errorf("%s: the plan of everything is called a part", format)
		}
	}
}

// TestItemsOfOneSide checks that the lines of a whole step show which side has it, also if the step
// was edited outside: - is live, + is in the definitions.
func TestItemsOfOneSide(t *testing.T) {
	t.Parallel()
	step := parse(t, `{"name":"X"}`)
	for _, verdict := range []diff.Verdict{diff.VerdictChange, diff.VerdictDrift, diff.VerdictConflict} {
		for sign, field := range map[string]diff.Field{"-": {Before: step}, "+": {After: step}} {
			field.Path, field.Verdict = `steps["X"]`, verdict
			p := &diff.Plan{Changes: []diff.Change{{
				Kind: diff.KindJob, Address: "shop/job/j", Name: "j", Verdict: verdict, Actions: []diff.Action{diff.ActionUpdate}, Fields: []diff.Field{field},
			}}}
			if out := text(t, p, render.Options{}); !strings.Contains(out, "\n        "+sign+" name: \"X\"\n") {
				t.Errorf("%s, text, want %s:\n%s", verdict, sign, out)
			}
			if out := markdown(t, p, 0); !strings.Contains(out, sign+"   name: \"X\"\n") {
				t.Errorf("%s, Markdown, want %s:\n%s", verdict, sign, out)
			}
		}
	}
}

// TestNothingToDo checks that every format has the same sentence, which answers the question of the command.
func TestNothingToDo(t *testing.T) {
	t.Parallel()
	const body = `{"arch":"arm","steps":[]}`
	live := &diff.Snapshot{Projects: map[string]*diff.LiveProject{project: {ID: project, Complete: true, Jobs: []*diff.LiveJob{liveJob(t, "j", body)}}}}
	compute := func(change func(*diff.Plan)) *diff.Plan {
		p := diff.Compute(diff.Input{Head: &compile.Result{Jobs: []*compile.Job{job(t, "j", 4, body)}}, Live: live})
		change(p)
		return p
	}
	base := func(p *diff.Plan) {
		p.Question, p.Base, p.Head = diff.QuestionDrift, &diff.Revision{Commit: "4f1c2d9"}, diff.Revision{Commit: "4f1c2d9"}
	}
	for want, p := range map[string]*diff.Plan{
		"shop is in step: 1 job.": compute(func(*diff.Plan) {}),
		"shop (prod) on the emulator is in step: 300 jobs. 2 live jobs are unmanaged.": compute(func(p *diff.Plan) {
			p.Environment, p.Endpoint, p.Jobs, p.Summary.Unmanaged = "prod", diff.BuiltInEmulator, 300, 2
		}),
		"shop is in step: 2 jobs and 1 template.": compute(func(p *diff.Plan) { p.Jobs, p.Templates = 2, 1 }),
		"In step on the emulator: 2 templates.": compute(func(p *diff.Plan) {
			p.Projects, p.Endpoint, p.Jobs, p.Templates = nil, diff.BuiltInEmulator, 0, 2
		}),
		"shop is in step: nothing is defined.":           compute(func(p *diff.Plan) { p.Jobs = 0 }),
		"No drift: 1 job is as 4f1c2d9 declares it.":     compute(base),
		"No drift: 3 jobs are as 4f1c2d9 declares them.": compute(func(p *diff.Plan) { base(p); p.Jobs = 3 }),
		"No drift: 1 template is as 4f1c2d9 declares it.": compute(func(p *diff.Plan) {
			base(p)
			p.Jobs, p.Templates = 0, 1
		}),
		"No drift: 12 jobs are as 4f1c2d9 declares them. Not live yet: 2 declared objects; buildsync plan shows what an apply creates.": compute(func(p *diff.Plan) {
			base(p)
			p.Jobs, p.NotLive, p.Head.Commit = 12, 2, "a81e003"
		}),
		"No drift: nothing was compared. Not live yet: 1 declared object; buildsync plan shows what an apply creates.": compute(func(p *diff.Plan) {
			base(p)
			p.Jobs, p.NotLive, p.Partial, p.Summary.Unchanged = 0, 1, true, 0
		}),
		"No drift: nothing is defined. Newer commits are not applied: buildsync plan shows them.": compute(func(p *diff.Plan) {
			base(p)
			p.Jobs, p.Head.Commit, p.Unapplied = 0, "a81e003", 1
		}),
		"No drift: 2 jobs are as 4f1c2d9 declares them. Changed definitions are not applied: buildsync plan shows them.": compute(func(p *diff.Plan) {
			base(p)
			p.Jobs, p.Head, p.Unapplied = 2, diff.Revision{Commit: p.Base.Commit, Dirty: true}, 1
		}),
		"No drift: 4 jobs are as 4f1c2d9 declares them.": compute(func(p *diff.Plan) {
			base(p)
			p.Jobs, p.Head.Commit = 4, "a81e003" // of a page, say
		}),
	} {
		if out := text(t, p, render.Options{}); out != want+"\n" {
			t.Errorf("text is %q, want %q", out, want)
		}
		comment := markdown(t, p, 0)
		if !strings.Contains(comment, "\n**"+want+"**\n") {
			t.Errorf("markdown lacks %q:\n%s", want, comment)
		}
		out := page(t, p)
		if !strings.Contains(out, "<strong>"+want+"</strong>") {
			t.Errorf("the page lacks %q", want)
		}
		if drift := p.Question == diff.QuestionDrift; drift == strings.Contains(comment, "Plan id") || drift == strings.Contains(out, "Plan id") {
			t.Errorf("%s: only a plan that can be approved shows its id", want)
		}
	}
	refused := compute(func(p *diff.Plan) {
		p.Refusals = []diff.Refusal{{Rule: diff.RuleUnreadable, Message: "it could not be read"}}
	})
	if out := text(t, refused, render.Options{}); !strings.HasPrefix(out, "Plan for shop ") {
		t.Errorf("the header of a plan without changes is %q", out)
	}
	if coloured := text(t, states(t), render.Options{Color: true}); !strings.Contains(coloured, "\x1b[31m") {
		t.Error("no colour where it was asked for")
	}
}
