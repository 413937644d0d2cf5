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

// titleOf names what the plan is for.
func titleOf(plan *diff.Plan) string {
	title := "Plan"
	var projects []string
	for _, c := range plan.Changes {
		if alias, _, ok := strings.Cut(c.Address, "/"); ok && !slices.Contains(projects, alias) {
			projects = append(projects, alias)
		}
	}
	switch {
	case len(projects) > 3:
		title += fmt.Sprintf(" for %d projects", len(projects))
	case len(projects) > 0:
		slices.Sort(projects)
		title += " for " + name(strings.Join(projects, ", "))
	}
	if plan.Environment != "" {
		title += " (" + name(plan.Environment) + ")"
	}
	return title
}

// revisionsOf says which definitions were compared.
func revisionsOf(plan *diff.Plan) string {
	head, live := revision(plan.Head), ""
	if plan.Endpoint == diff.Offline {
		live = "; live: not consulted"
	}
	if plan.Base == nil {
		if head == "" {
			return "no base" + live
		}
		return "no base, head " + head + live
	}
	const checkedOut = "what is checked out" // outside Git, where no revision has a name
	base := revision(*plan.Base)
	if base == "" && head == "" {
		return "base is " + checkedOut + live
	}
	if head == "" {
		return "base " + base + " → " + checkedOut + live
	}
	return "base " + base + " → head " + head + live
}

func revision(r diff.Revision) string {
	const digits = 7
	commit := r.Commit
	if len(commit) > digits {
		commit = commit[:digits]
	}
	out := name(commit)
	if r.Dirty {
		out = strings.TrimSpace(out + " with uncommitted changes")
	}
	return out
}

// onlyAPart introduces what partsOf returns.
const onlyAPart = "Only a part:"

// partsOf names the parts that the plan was asked for as the flags that choose
// them.
func partsOf(plan *diff.Plan) []string {
	var out []string
	for _, part := range plan.Parts {
		var words []string
		for _, glob := range part.Only {
			words = append(words, "--only "+quoted(glob))
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

// quoted writes a word as a shell would need it.
func quoted(word string) string {
	plainIn := func(r rune) bool {
		return r == '-' || r == '_' || r == '.' || r == '/' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	word = name(word)
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plainIn(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// nothingToDo says of a plan without changes what that is true of.
func nothingToDo(plan *diff.Plan) string {
	switch {
	case plan.Endpoint == diff.Offline && plan.Base != nil && (!plan.Partial || plan.Summary.Unchanged > 0):
		return "Nothing to do as far as Git tells: what is defined is what the base defines."
	case !plan.Partial:
		return "Nothing to do: what is defined is what is live."
	case plan.Summary.Unchanged == 0:
		return "Nothing to do: nothing that is defined lies in the part that was asked for."
	}
	return "Nothing to do in the part that was asked for: what is defined there is what is live."
}

// summaryLine counts.
func summaryLine(plan *diff.Plan) string {
	s := plan.Summary
	line := fmt.Sprintf("Plan: %d to create, %d to update, %d to replace", s.Create, s.Update, s.Replace)
	if s.Enable > 0 {
		line += fmt.Sprintf(", %d to enable", s.Enable)
	}
	line += fmt.Sprintf(", %d to disable, %d to delete; ", s.Disable, s.Delete)
	if s.Drift == 1 {
		line += "1 drifted field"
	} else {
		line += fmt.Sprintf("%d drifted fields", s.Drift)
	}
	if s.Conflict == 1 {
		line += ", 1 conflict"
	} else {
		line += fmt.Sprintf(", %d conflicts", s.Conflict)
	}
	if s.Collision > 0 {
		line += fmt.Sprintf(", %s", counted(s.Collision, "collision"))
	}
	line += fmt.Sprintf("; %d unchanged", s.Unchanged)
	if s.Adopt > 0 {
		line += fmt.Sprintf(", %d adopted", s.Adopt)
	}
	return line + fmt.Sprintf(", %d unmanaged.", s.Unmanaged)
}
