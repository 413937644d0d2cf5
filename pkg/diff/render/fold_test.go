package render_test

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// manyJobs returns a plan in which n jobs get one change from a template's line, and
// one job gets the same change from a line of its own.
func manyJobs(t testing.TB, n int) *diff.Plan {
	plan := &diff.Plan{
		FormatVersion: diff.FormatVersion, PlanID: "sha256:" + strings.Repeat("0", 64), Endpoint: diff.BuiltInEmulator,
		Projects: []string{"shop"}, Jobs: n + 1, Refusals: []diff.Refusal{}, Summary: diff.Summary{Update: n + 1},
	}
	for i := range n + 1 {
		name := fmt.Sprintf("order-%04d", i)
		field := diff.Field{Path: `steps["Build"].properties.image`, Verdict: diff.VerdictChange, File: "templates/java.yaml", Line: 12,
			Before: parse(t, `"maven3.5.3-jdk8-open"`), After: parse(t, `"maven3.9.5-jdk17"`)}
		if i == n {
			field.File, field.Line = "jobs/own.yaml", 7
		}
		id := fmt.Sprintf("%032d", i)
		plan.Changes = append(plan.Changes, diff.Change{
			Kind: diff.KindJob, Address: "shop/job/" + name, Name: name, ProjectID: project, ID: &id, Verdict: diff.VerdictChange,
			Actions: []diff.Action{diff.ActionUpdate}, Definition: &diff.Definition{File: "jobs/all.yaml", Line: i + 1}, Fields: []diff.Field{field},
		})
	}
	return plan
}

// TestGroups checks that changes with one cause are shown once in every format, and one by one with
// --no-group.
func TestGroups(t *testing.T) {
	t.Parallel()
	plan := manyJobs(t, 75)
	out := text(t, plan, render.Options{Width: 100})
	for _, want := range []string{
		"~ 75 jobs get the same change", "templates/java.yaml:12", `"maven3.5.3-jdk8-open" → "maven3.9.5-jdk17"`,
		"order-0000, order-0001, order-0002 … and 72 more   (--no-group lists each)", "~ job order-0075", "jobs/own.yaml:7", "76 to update.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the text lacks %q:\n%s", want, out)
		}
	}
	if lines := strings.Count(out, "\n"); lines > 14 {
		t.Errorf("the text has %d lines", lines)
	}
	for _, one := range plan.Changes {
		if !strings.Contains(markdown(t, plan, 0), one.Name) || !strings.Contains(page(t, plan), one.Name) {
			t.Fatalf("%s is not in the comment or not on the page", one.Name)
		}
	}
	if got := strings.Count(page(t, plan), "maven3.9.5"); got != 2 {
		t.Errorf("the page shows the change %d times", got)
	}
	each := text(t, plan, render.Options{Width: 100, NoGroup: true})
	if strings.Count(each, "maven3.9.5") != 76 || strings.Contains(each, "same change") {
		t.Errorf("--no-group:\n%s", each)
	}
	doc := document(t, plan)
	checkSchema(t, doc)
	stored, err := render.Read(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	if len(stored.Groups) != 1 || len(stored.Groups[0].Addresses) != 75 || stored.Groups[0].Place != "templates/java.yaml:12" {
		t.Errorf("the document has the groups %+v", stored.Groups)
	}
}

// TestOneEditOfManyPlaces checks that jobs whose change has a line in each of them are one group, as
// after an edit of a variable, and that the page names each line.
func TestOneEditOfManyPlaces(t *testing.T) {
	t.Parallel()
	plan := manyJobs(t, 74)
	for i := range plan.Changes {
		plan.Changes[i].Fields[0].File, plan.Changes[i].Fields[0].Line = fmt.Sprintf("jobs/%d.yaml", i), 8
		plan.Changes[i].Fields = append(plan.Changes[i].Fields, diff.Field{
			Path: "arch", Verdict: diff.VerdictChange, File: "templates/java.yaml", Line: 3, Before: parse(t, `"x86-64"`), After: parse(t, `"arm"`)})
	}
	out := text(t, plan, render.Options{Width: 100})
	for _, want := range []string{"~ 75 jobs get the same change", "in 76 places\n", "→ \"maven3.9.5-jdk17\"\n", "→ \"arm\"", "templates/java.yaml:3\n", "… and 72 more"} {
		if !strings.Contains(out, want) {
			t.Errorf("the text lacks %q:\n%s", want, out)
		}
	}
	if lines := strings.Count(out, "\n"); lines > 9 {
		t.Errorf("the text has %d lines", lines)
	}
	html := page(t, plan)
	if strings.Count(html, "maven3.9.5") != 1 || !strings.Contains(html, "<code>order-0074</code> <small class=\"place\">jobs/74.yaml:8 · templates/java.yaml:3</small>") {
		t.Errorf("the page:\n%s", html)
	}
	stored, err := render.Read(strings.NewReader(document(t, plan)))
	if err != nil {
		t.Fatal(err)
	}
	if len(stored.Groups) != 1 || len(stored.Groups[0].Addresses) != 75 || stored.Groups[0].Place != "" {
		t.Errorf("the document has the groups %+v", stored.Groups)
	}
}

// TestNoGroups checks that changes with another value or note are shown apart, as are removals, new
// objects and conflicts.
func TestNoGroups(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*diff.Change){
		"value":    func(c *diff.Change) { c.Fields[0].After = parse(t, `"other"`) },
		"before":   func(c *diff.Change) { c.Fields[0].Before = parse(t, `"other"`) },
		"path":     func(c *diff.Change) { c.Fields[0].Path += "x" },
		"actions":  func(c *diff.Change) { c.Actions = append(c.Actions, diff.ActionDisable) },
		"drift":    func(c *diff.Change) { c.Fields[0].Verdict = diff.VerdictDrift },
		"conflict": func(c *diff.Change) { c.Verdict = diff.VerdictConflict },
		"edited":   func(c *diff.Change) { c.LastEdit = &diff.LastEdit{User: "li.wei", Time: time.Unix(0, 0)} },
	} {
		plan := manyJobs(t, 1)
		change(&plan.Changes[1])
		if out := text(t, plan, render.Options{}); strings.Contains(out, "same change") {
			t.Errorf("%s:\n%s", name, out)
		}
	}
}

// TestOneObject checks that a job with its notifications is one object in the list and in the
// counts.
func TestOneObject(t *testing.T) {
	t.Parallel()
	plan := manyJobs(t, 1)
	plan.Changes = slices.Insert(plan.Changes[:1], 1, diff.Change{
		Kind: diff.KindNotification, Address: "shop/notification/order-0000", Name: "order-0000", Verdict: diff.VerdictChange, Actions: []diff.Action{diff.ActionUpdate},
		Fields: []diff.Field{{Path: `notifications["MAIL"].events`, Verdict: diff.VerdictChange, After: parse(t, `["buildJobFail"]`)}},
	})
	out := text(t, plan, render.Options{})
	if !strings.Contains(out, "1 to update.") || strings.Contains(out, "notification order") || !strings.Contains(out, `notifications["MAIL"].events`) {
		t.Errorf("update:\n%s", out)
	}
	plan.Changes[0].Actions, plan.Changes[0].Verdict, plan.Changes[0].Fields = []diff.Action{diff.ActionCreate}, diff.VerdictCreate, nil
	out = text(t, plan, render.Options{})
	if !strings.Contains(out, "1 to create.") || strings.Contains(out, "notification") {
		t.Errorf("create:\n%s", out)
	}
	plan.Changes = plan.Changes[1:]
	out = text(t, plan, render.Options{})
	if !strings.Contains(out, "~ job order-0000") || !strings.Contains(out, "1 to update.") {
		t.Errorf("the notification alone:\n%s", out)
	}
}

// TestNothingRead checks that the reason is printed alone, without a line for each job.
func TestNothingRead(t *testing.T) {
	t.Parallel()
	plan := manyJobs(t, 20)
	for i := range plan.Changes {
		plan.Changes[i].Verdict, plan.Changes[i].Actions, plan.Changes[i].Fields = diff.VerdictUnknown, nil, nil
	}
	plan.Refusals = []diff.Refusal{{Rule: "listing-unread", Message: "the service does not answer"}}
	for format, out := range map[string]string{"text": text(t, plan, render.Options{}), "markdown": markdown(t, plan, 0), "html": page(t, plan)} {
		if strings.Count(out, "the service does not answer") != 1 || strings.Contains(out, "order-0") || strings.Contains(out, "Plan id") {
			t.Errorf("%s:\n%s", format, out)
		}
	}
}

// TestValuesKeepTheirRoom checks that a value is printed in full where it fits, and always in a
// pipe.
func TestValuesKeepTheirRoom(t *testing.T) {
	t.Parallel()
	plan := manyJobs(t, 1)
	for _, width := range []int{0, 60, 80, 160} {
		out := text(t, plan, render.Options{Width: width})
		if !strings.Contains(out, `"maven3.5.3-jdk8-open" → "maven3.9.5-jdk17"`) {
			t.Errorf("%d columns:\n%s", width, out)
		}
	}
	before, after := parse(t, `"`+strings.Repeat("a", 300)+`"`), parse(t, `"`+strings.Repeat("b", 300)+`"`)
	plan.Changes[0].Fields = []diff.Field{{Path: "name", Verdict: diff.VerdictChange, Before: before, After: after}}
	if out := text(t, plan, render.Options{}); !strings.Contains(out, strings.Repeat("a", 300)+`" → "`+strings.Repeat("b", 300)) {
		t.Errorf("a pipe:\n%s", out)
	}
	plan = manyJobs(t, 1)
	if out := text(t, plan, render.Options{Width: 40}); !strings.Contains(out, "5.3-jdk8") || !strings.Contains(out, "9.5-jdk17") {
		t.Errorf("40 columns: what differs is cut away:\n%s", out)
	}
}

// TestRefusalsOfManyObjects checks that a refusal of many objects is printed once with their
// number. Refusals that differ, or of few objects, are printed one by one.
func TestRefusalsOfManyObjects(t *testing.T) {
	t.Parallel()
	plan := manyJobs(t, 1)
	for i := range 300 {
		address := fmt.Sprintf("shop/job/j%03d", i)
		plan.Refusals = append(plan.Refusals, diff.Refusal{Rule: "create-incomplete", Address: address, Message: strconv.Quote(address) + " requires arch"})
	}
	for _, other := range []string{"a", "b", "c"} {
		plan.Refusals = append(plan.Refusals, diff.Refusal{Rule: "collision", Address: "shop/job/" + other, Message: "shop/job/" + other + " exists already"})
	}
	plan.Refusals = append(plan.Refusals, diff.Refusal{Rule: "max-removals", Message: "too many"})
	out := text(t, plan, render.Options{Width: 80})
	const once = `Refused (create-incomplete): "shop/job/j000" requires arch; the same holds for 299 more: shop/job/j001, shop/job/j002, shop/job/j003 …`
	if n := strings.Count(out, "Refused ("); n != 5 || !strings.Contains(strings.Join(strings.Fields(out), " "), once) {
		t.Errorf("%d refusals:\n%s", n, out)
	}
	if n := strings.Count(text(t, plan, render.Options{Width: 80, NoGroup: true}), "Refused ("); n != 304 {
		t.Errorf("%d refusals with --no-group", n)
	}
	if html := page(t, plan); strings.Count(html, "<strong>Refused") != 5 || !strings.Contains(html, "j150") {
		t.Error("the page says each, or does not name all")
	}
	var document bytes.Buffer
	if err := render.JSON(&document, plan); err != nil || strings.Count(document.String(), "requires arch") != 300 {
		t.Errorf("the document does not keep each refusal: %v", err)
	}
}

// TestAfterRefusal checks which command is named after a plan that is refused.
func TestAfterRefusal(t *testing.T) {
	t.Parallel()
	refusal := func(rule string, flag remedy.Remedy) diff.Refusal {
		return diff.Refusal{Rule: rule, Message: "x", Flag: flag}
	}
	conflict := refusal(diff.RuleConflict, remedy.ForceConflictsFlag)
	for name, test := range map[string]struct {
		refusals []diff.Refusal
		want     string
	}{
		"a conflict":              {[]diff.Refusal{conflict}, "export --force takes the edits into the definitions; plan --force-conflicts shows what the definitions overwrite"},
		"two conflicts":           {[]diff.Refusal{conflict, conflict}, "export --force takes the edits into the definitions; plan --force-conflicts shows what the definitions overwrite"},
		"drift":                   {[]diff.Refusal{refusal(diff.RuleDrift, "")}, "export --force takes the edits into the definitions"},
		"drift and a conflict":    {[]diff.Refusal{refusal(diff.RuleDrift, ""), conflict}, "export --force takes the edits into the definitions"},
		"removals":                {[]diff.Refusal{refusal(diff.RuleMaxRemovals, remedy.AllowRemovalsFlag(12))}, "plan --allow-removals 12, if that is intended; otherwise change the definitions"},
		"removals and collisions": {[]diff.Refusal{refusal(diff.RuleMaxRemovals, remedy.AllowRemovalsFlag(1)), refusal(diff.RuleCollision, remedy.AdoptFlag)}, "plan --allow-removals 1 --adopt, if that is intended; otherwise change the definitions"},
		"a protected job":         {[]diff.Refusal{refusal(diff.RuleProtected, "")}, "change what is refused, then plan"},
		"protected and a flag":    {[]diff.Refusal{refusal(diff.RuleProtected, ""), conflict}, "change what is refused, then plan --force-conflicts"},
		"a new workspace":         {[]diff.Refusal{refusal(diff.RuleNoDefinitions, remedy.AllowEmptyFlag)}, "export writes the existing jobs; or write your own below jobs/"},
		"policies":                {[]diff.Refusal{refusal(diff.RulePolicy, "")}, "policy check"},
		"a short listing":         {[]diff.Refusal{refusal(diff.RuleListingIncomplete, "")}, "plan"},
		"one of several unread":   {[]diff.Refusal{refusal(diff.RuleUnreadable, "")}, "apply writes the others"},
	} {
		plan := &diff.Plan{Refusals: test.refusals, Changes: []diff.Change{{Actions: []diff.Action{diff.ActionUpdate}}}, Summary: diff.Summary{Update: 1, Unchanged: 1}}
		if name == "a new workspace" {
			plan.Changes = nil
		}
		got := render.AfterRefusal(plan, func(command string) string { return command })
		if string(got) != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
