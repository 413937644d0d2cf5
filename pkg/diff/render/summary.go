package render

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// sanitizeMessage makes a message of a rail safe for one line.
func sanitizeMessage(s string) string { return sanitize.Line(s, messageLimit) }

// titleOf says what the plan is for and where it would be applied.
func titleOf(plan *diff.Plan) string {
	title := "Plan"
	if plan.Question == diff.QuestionDrift {
		title = "Drift"
	}
	switch subject := Subject(plan); {
	case strings.HasPrefix(subject, "on "): // templates alone, which belong to no project
		title += " " + subject
	case subject != "":
		title += " for " + subject
	}
	return title
}

// Subject names projects, environment and place: shop (prod) on cn-north-4.
func Subject(plan *diff.Plan) string {
	projects := slices.Clone(plan.Projects)
	for _, c := range plan.Changes {
		if alias, _, ok := strings.Cut(c.Address, "/"); ok && c.Kind != diff.KindTemplate && !slices.Contains(projects, alias) {
			projects = append(projects, alias)
		}
	}
	slices.Sort(projects)
	var subject string
	switch {
	case len(projects) > 3:
		subject = fmt.Sprintf("%d projects", len(projects))
	case len(projects) > 0:
		subject = name(strings.Join(projects, ", "))
	}
	if plan.Environment != "" {
		subject = strings.TrimSpace(subject + " (" + name(plan.Environment) + ")")
	}
	if where := whereOf(plan); where != "" {
		subject = strings.TrimSpace(subject + " on " + where)
	}
	return subject
}

// whereOf names the service so that nobody takes one for another: the region,
// the host of an endpoint that belongs to none, or the emulator.
func whereOf(plan *diff.Plan) string {
	switch plan.Endpoint {
	case "", diff.Offline:
		return ""
	case diff.BuiltInEmulator:
		return "the emulator"
	}
	if plan.Region != "" {
		return name(plan.Region)
	}
	_, host, found := strings.Cut(plan.Endpoint, "://")
	if !found {
		host = plan.Endpoint
	}
	return name(strings.TrimSuffix(host, "/"))
}

// revisionsOf says which revisions were compared.
func revisionsOf(plan *diff.Plan) string {
	head, live := revision(plan.Head), ""
	if plan.Endpoint == diff.Offline {
		live = "; live: not read"
	}
	if plan.Base == nil {
		if head == "" {
			return "no base" + live
		}
		return "no base, head " + head + live
	}
	const checkedOut = "what is checked out" // outside Git there is no revision
	base := revision(*plan.Base)
	if base == "" && head == "" {
		return "base is " + checkedOut + live
	}
	if base == "" { // this clone has applied only to another endpoint
		return "empty base → head " + head + live
	}
	if head == "" {
		return "base " + base + " → " + checkedOut + live
	}
	return "base " + base + " → head " + head + live
}

func revision(r diff.Revision) string {
	out := name(sanitize.ShortCommit(r.Commit))
	if r.Dirty {
		out = strings.TrimSpace(out + " with uncommitted changes")
	}
	return out
}

// onlyAPart introduces what partsOf returns.
const onlyAPart = "Only a part:"

// partsOf lists the parts of a plan as the flags that select them.
func partsOf(plan *diff.Plan) []string {
	var out []string
	for _, part := range plan.Parts {
		var words []string
		for _, glob := range part.Only {
			words = append(words, "--only "+quoted(glob))
		}
		for _, term := range part.Labels {
			words = append(words, "--label "+quoted(term))
		}
		for _, project := range part.Projects {
			words = append(words, "--project "+quoted(project))
		}
		if part.Changed {
			words = append(words, "--changed")
		}
		if part.Shard != "" {
			words = append(words, "--shard "+quoted(part.Shard))
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

// quoted quotes a word for a shell if necessary.
func quoted(word string) string {
	plainIn := func(r rune) bool {
		return r == '-' || r == '_' || r == '.' || r == '/' || r == '=' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	word = name(word)
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plainIn(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// nothingToDo says for a plan without changes what was compared.
func nothingToDo(plan *diff.Plan) string {
	subject := Subject(plan)
	switch {
	case plan.Endpoint == diff.Offline && plan.Base != nil && (!plan.Partial || plan.Summary.Unchanged > 0):
		return "No change: the definitions are the same as in the base. The live state was not read."
	case plan.NotLive > 0:
		return noDrift(plan)
	case plan.Partial && plan.Summary.Unchanged == 0 && slices.ContainsFunc(plan.Parts, func(p diff.Part) bool { return p.Changed }):
		return "Nothing to do: no selected definition has changed since the base."
	case plan.Partial && plan.Summary.Unchanged == 0:
		return "Nothing to do: the selected part has no definitions."
	case plan.Question == diff.QuestionDrift:
		return noDrift(plan)
	case plan.Partial:
		return "In step in the selected part: " + compared(plan) + "."
	case subject == "" || strings.HasPrefix(subject, "on "):
		return "In step" + strings.TrimRight(" "+subject, " ") + ": " + compared(plan) + "." + unmanaged(plan)
	}
	is := " is"
	if len(plan.Projects) > 1 {
		is = " are"
	}
	return subject + is + " in step: " + compared(plan) + "." + unmanaged(plan)
}

// compared counts the declared objects that were compared. A plan of templates only does not speak
// of jobs.
func compared(plan *diff.Plan) string {
	jobs, templates := sanitize.Counted(plan.Jobs, "job"), sanitize.Counted(plan.Templates, "template")
	switch {
	case plan.Jobs+plan.Templates == 0:
		return "nothing is defined"
	case plan.Templates == 0:
		return jobs
	case plan.Jobs == 0:
		return templates
	}
	return jobs + " and " + templates
}

// answerOf returns the sentence that answers the question of the command: what there is to do, or that
// there is nothing.
func answerOf(plan *diff.Plan, doc *document) string {
	if len(doc.changes) == 0 && len(plan.Refusals) == 0 {
		return nothingToDo(plan)
	}
	return Summary(plan)
}

// planIDOf returns the id by which the plan can be approved; "" if it cannot, as the one of drift.
func planIDOf(plan *diff.Plan) string {
	if plan.Question == diff.QuestionDrift {
		return ""
	}
	return name(plan.PlanID)
}

// Unread reports whether nothing of the live state could be read. Then only the first refusal is
// shown; the others follow from it.
func Unread(plan *diff.Plan) bool {
	if len(plan.Refusals) == 0 || len(plan.Changes) == 0 || plan.Summary.Unchanged > 0 {
		return false
	}
	other := func(r diff.Refusal) bool {
		return r.Rule != diff.RuleListingUnread && r.Rule != diff.RuleListingIncomplete && r.Rule != diff.RuleListingEmpty
	}
	return !slices.ContainsFunc(plan.Refusals, other) &&
		!slices.ContainsFunc(plan.Changes, func(c diff.Change) bool { return c.Verdict != diff.VerdictUnknown })
}

// withoutChanges returns a plan with only the first refusal.
func withoutChanges(plan *diff.Plan) *diff.Plan {
	short := *plan
	short.Changes, short.Refusals, short.PlanID, short.Summary, short.Needs = nil, plan.Refusals[:1], "", diff.Summary{}, nil
	return &short
}

// unmanaged counts the live jobs without a definition.
func unmanaged(plan *diff.Plan) string {
	switch n := plan.Summary.Unmanaged; n {
	case 0:
		return ""
	case 1:
		return " 1 live job is unmanaged."
	default:
		return fmt.Sprintf(" %d live jobs are unmanaged.", n)
	}
}

// noDrift returns the answer of drift: which definitions the live state matches, and whether there are
// newer ones.
func noDrift(plan *diff.Plan) string {
	are, them := "are", "them"
	if plan.Jobs+plan.Templates == 1 {
		are, them = "is", "it"
	}
	as, later := "the files here declare "+them, ""
	if plan.Base != nil && plan.Base.Commit != "" {
		as = revision(*plan.Base) + " declares " + them
		switch {
		case plan.Unapplied == 0: // what was committed since then changes nothing here, or is live
		case plan.Head.Dirty:
			later = " Changed definitions are not applied: buildsync plan shows them."
		case plan.Head.Commit != "" && plan.Head.Commit != plan.Base.Commit:
			later = " Newer commits are not applied: buildsync plan shows them."
		}
	}
	if n := plan.NotLive; n > 0 {
		later = fmt.Sprintf(" Not live yet: %s; buildsync plan shows what an apply creates.", sanitize.Counted(n, "declared object"))
	}
	if plan.Jobs+plan.Templates+plan.NotLive == 0 {
		return "No drift: " + compared(plan) + "." + later
	}
	if plan.Jobs+plan.Templates == 0 {
		return "No drift: nothing was compared." + later
	}
	return fmt.Sprintf("No drift: %s %s as %s.%s", compared(plan), are, as, later)
}

// countGone counts the objects that were deleted outside. The summary of a plan counts each as a
// field.
func countGone(plan *diff.Plan) int {
	n := 0
	for i := range plan.Changes {
		if c := &plan.Changes[i]; c.Verdict == diff.VerdictDrift && !slices.ContainsFunc(c.Fields, func(f diff.Field) bool { return f.Verdict == diff.VerdictDrift }) {
			n++
		}
	}
	return n
}

// Summary counts what a plan does and what needs attention. It leaves out zeros.
func Summary(plan *diff.Plan) string {
	s := plan.Summary
	var sentences []string
	add := func(counts string) {
		if counts != "" {
			sentences = append(sentences, counts+".")
		}
	}
	objects := countObjects(plan)
	if plan.Question == diff.QuestionDrift {
		objects = objectCounts{} // it writes nothing
	}
	type count = sanitize.Count
	add(sanitize.Counts(
		count{N: objects.create, What: "to create"}, count{N: objects.update, What: "to update"}, count{N: objects.replace, What: "to replace"},
		count{N: objects.enable, What: "to enable"}, count{N: objects.disable, What: "to disable"}, count{N: objects.delete, What: "to delete"},
	))
	was := func(n int, one, many string) {
		switch {
		case n == 1:
			sentences = append(sentences, "1 "+one+".")
		case n > 1:
			sentences = append(sentences, fmt.Sprintf("%d %s.", n, many))
		}
	}
	gone := countGone(plan)
	was(s.Drift-gone, "field was edited outside", "fields were edited outside")
	if plan.Base == nil {
		was(gone, "declared object is not live", "declared objects are not live")
	} else {
		was(gone, "object was deleted outside", "objects were deleted outside")
	}
	was(s.Conflict, "conflict", "conflicts")
	was(s.Collision, "collision", "collisions")
	was(s.Adopt, "adopted", "adopted")
	add(sanitize.Counts(count{N: s.Unchanged, What: "unchanged"}, count{N: s.Unmanaged, What: "unmanaged"}))
	return strings.Join(sentences, " ")
}

// needLines says which secrets apply will need.
func needLines(plan *diff.Plan) []string {
	var lines []string
	for _, need := range plan.Needs {
		objects, seen := make([]string, 0, len(need.Addresses)), map[string]bool{}
		for _, address := range need.Addresses { // of a job and its notifications, one is enough
			if job := strings.Replace(address, "/notification/", "/job/", 1); !seen[job] {
				seen[job] = true
				objects = append(objects, name(job[strings.LastIndexByte(job, '/')+1:]))
			}
		}
		line := "Needs at apply: secret " + name(need.Secret) + " (" + sanitize.Some(objects, 3) + ")"
		if need.Missing {
			line += ", not set here"
		}
		lines = append(lines, line+".")
	}
	return lines
}
