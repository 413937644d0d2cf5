package render_test

import (
	"bytes"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
)

// TestPageStructure checks the page: it works with the keyboard, loads nothing, and each filter has
// its own input, label and changes.
func TestPageStructure(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]*diff.Plan{"review": review(t), "states": states(t), "hostile": hostile(t)} {
		out := page(t, plan)
		for _, want := range []string{
			`<html lang="en">`, `<meta charset="utf-8">`, `name="viewport"`, "default-src 'none'; style-src 'unsafe-inline'",
			"prefers-color-scheme: dark", "<main>", "<title>",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: the page lacks %s", name, want)
			}
		}
		verdicts := regexp.MustCompile(`<input class="v" type="checkbox" id="show-([a-z-]+)" checked>`).FindAllStringSubmatch(out, -1)
		if len(verdicts) == 0 {
			t.Errorf("%s: there is no filter", name)
		}
		for _, v := range verdicts {
			for _, want := range []string{
				`<label for="show-` + v[1] + `">`,
				`#show-` + v[1] + `:not(:checked) ~ main .k-` + v[1] + ` { display: none }`,
				`#show-` + v[1] + `:focus-visible ~ .filter label`, // the input itself cannot be seen
				` k-` + v[1] + `"`,
			} {
				if !strings.Contains(out, want) {
					t.Errorf("%s: the filter %s lacks %s", name, v[1], want)
				}
			}
		}
		objects := len(regexp.MustCompile(`class="(single )?change v-`).FindAllString(out, -1))
		notices := 0 // each is shown with its job
		for _, c := range plan.Changes {
			if c.Kind == diff.KindNotification {
				notices++
			}
		}
		if objects != len(plan.Changes)-notices {
			t.Errorf("%s: %d objects on the page, %d in the plan", name, objects, len(plan.Changes)-notices)
		}
		if titles := strings.Count(out, "<h2>"); titles != objects {
			t.Errorf("%s: %d headings for %d objects: a screen reader goes from one to the next", name, titles, objects)
		}
		for _, tag := range []string{"details", "summary", "h2", "div", "table", "tr", "th", "td", "dl", "pre", "code", "span"} {
			open, closed := len(regexp.MustCompile(`<`+tag+`[ >]`).FindAllString(out, -1)), strings.Count(out, "</"+tag+">")
			if open != closed {
				t.Errorf("%s: %d <%s>, %d closed", name, open, tag, closed)
			}
		}
	}
}

// TestFilterHasTheWordsOfTheSummary checks that the filter and the summary use the same words.
func TestFilterHasTheWordsOfTheSummary(t *testing.T) {
	t.Parallel()
	labels := regexp.MustCompile(`<label for="show-[a-z-]+">([^<]*)</label>`)
	for name, test := range map[string]struct {
		plan *diff.Plan
		want []string
	}{
		"review": {review(t), []string{"create 1", "update 2", "disable 1"}},
		"an action beside an update": {&diff.Plan{PlanID: "sha256:0", Changes: []diff.Change{
			{Kind: diff.KindJob, Address: "shop/job/a", Name: "a", Verdict: diff.VerdictChange, Actions: []diff.Action{diff.ActionUpdate, diff.ActionDisable}},
			{Kind: diff.KindJob, Address: "shop/job/b", Name: "b", Verdict: diff.VerdictChange, Actions: []diff.Action{diff.ActionEnable}},
			{Kind: diff.KindTemplate, Address: "template/c", Name: "c", Verdict: diff.VerdictChange, Actions: []diff.Action{diff.ActionReplace}},
			{Kind: diff.KindJob, Address: "shop/job/d", Name: "d", Verdict: diff.VerdictRemove, Actions: []diff.Action{diff.ActionDelete}},
			{Kind: diff.KindJob, Address: "shop/job/e", Name: "e", Verdict: diff.VerdictUnchanged},
			{Kind: diff.KindNotification, Address: "shop/notification/e", Name: "e", Verdict: diff.VerdictChange, Actions: []diff.Action{diff.ActionUpdate}},
		}}, []string{"update 1", "replace 1", "enable 1", "disable 1", "delete 1"}},
	} {
		var got []string
		for _, label := range labels.FindAllStringSubmatch(page(t, test.plan), -1) {
			got = append(got, label[1])
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: the filter has %q, want %q", name, got, test.want)
		}
	}
}

// TestPageContrast checks that every text of the page has a contrast of 4.5 to 1 with its
// background, as WCAG 2 asks for at level AA, in the light and the dark scheme.
func TestPageContrast(t *testing.T) {
	t.Parallel()
	schemes := regexp.MustCompile(`:root \{[^}]*--ink[^}]*\}`).FindAllString(page(t, review(t)), -1)
	if len(schemes) != 2 {
		t.Fatalf("%d sets of colours, want one by day and one by night", len(schemes))
	}
	for i, scheme := range schemes {
		light := map[string]float64{}
		for _, m := range regexp.MustCompile(`--([a-z]+): #([0-9a-f]+)`).FindAllStringSubmatch(scheme, -1) {
			light[m[1]] = luminance(t, m[2])
		}
		for text, behind := range map[string][]string{
			"ink": {"paper", "soft", "add", "del"}, "faint": {"paper", "soft"},
			"warn": {"paper", "soft"}, "good": {"paper", "soft", "add"}, "bad": {"paper", "soft"},
		} {
			for _, ground := range behind {
				a, b := light[text], light[ground]
				if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 4.5 {
					t.Errorf("scheme %d: %s on %s has a contrast of %.2f", i, text, ground, ratio)
				}
			}
		}
	}
}

// luminance returns the relative luminance of a colour, as WCAG 2 defines it.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	value, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	linear := func(shift int) float64 {
		c := float64(value>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0)
}

// TestContents checks that every format lists the content of new objects on demand, and that this
// changes neither the plan's id nor what apply does.
func TestContents(t *testing.T) {
	t.Parallel()
	body := `{"arch":"x86-64","flavor":"2u8g","scms":[{"url":"git@host:a.git","branch":"main"}],
		"parameters":[{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"KEY"},
		{"name":"defaultValue","value":"hunter2","limits":null},{"name":"sensitiveVar","value":"true"}]}],
		"steps":[{"module_id":"m","name":"Build","properties":{"command":"make\nmake test\n"}}]}`
	input := diff.Input{
		Head: &compile.Result{Jobs: []*compile.Job{job(t, "new", 4, body)}},
		Live: &diff.Snapshot{Projects: map[string]*diff.LiveProject{project: {ID: project, Complete: true}}},
	}
	short := diff.Compute(input)
	input.Options.Contents = true
	full := diff.Compute(input)
	if short.PlanID != full.PlanID || len(short.Changes[0].Contents) != 0 || len(full.Changes[0].Fields) != 0 || !full.Intact() {
		t.Errorf("ids %s and %s", short.PlanID, full.PlanID)
	}
	if out := text(t, short, render.Options{}); strings.Contains(out, "make test") {
		t.Errorf("listed without being asked for:\n%s", out)
	}
	doc := document(t, full)
	checkSchema(t, doc)
	for format, out := range map[string]string{
		"text": text(t, full, render.Options{}), "markdown": markdown(t, full, 0), "html": page(t, full), "json": doc,
	} {
		for _, want := range []string{"2u8g", "git@host:a.git", "make test", "KEY"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s lacks %q:\n%s", format, want, out)
			}
		}
		if strings.Contains(out, "hunter2") {
			t.Errorf("%s shows a sensitive value", format)
		}
	}
	again, err := render.Read(strings.NewReader(doc))
	if err != nil || page(t, again) != page(t, full) {
		t.Errorf("read again: %v", err)
	}
	golden(t, "contents.txt", text(t, full, render.Options{}))
}

// TestFoldedChanges checks that a folded change names its paths in a long plan, and that a job that
// was edited outside is unfolded even if its definition changed too.
func TestFoldedChanges(t *testing.T) {
	t.Parallel()
	plan := manyJobs(t, 15)
	var out bytes.Buffer
	plan.Changes[3].Fields = append(plan.Changes[3].Fields, diff.Field{Path: "arch", Verdict: diff.VerdictDrift, Before: parse(t, `"arm"`), After: parse(t, `"x86-64"`)})
	if err := render.HTML(&out, plan, render.HTMLOptions{NoGroup: true}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), `<details class="change v-change k-update" open>`); n != 1 {
		t.Errorf("%d changes are open, want the one that was edited outside", n)
	}
	for path, want := range map[string]int{`steps[&#34;Build&#34;].properties.image</span>`: 15, `steps[&#34;Build&#34;].properties.image, arch</span>`: 1} {
		if n := strings.Count(out.String(), `<span class="touched">`+path); n != want {
			t.Errorf("%d changes name %s, want %d", n, path, want)
		}
	}
}
